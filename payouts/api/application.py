"""The API's application, beside that of the pages, so that no cookie, form token or page reaches it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from payouts import request_log
from payouts.api import (
    award_changes,
    award_overpayments,
    awards,
    bank_details,
    beneficiaries,
    beneficiary_changes,
    body,
    calendar,
    door,
    errors,
    events,
    explaining,
    import_rows,
    imports,
    links,
    messages,
    notes,
    one_off_files,
    one_off_payments,
    payee_changes,
    payee_outlook,
    payees,
    payments,
    payroll_contents,
    payrolls,
    reports,
    returns,
    safe_contacts,
    sandbox,
    schemes,
    spec,
    traces,
    webhooks,
)
from payouts.api.cursor import Cursors
from payouts.api.pace import Pace

if TYPE_CHECKING:
    from payouts.app import Service

PREFIX = "/api/v1"
MOST_BYTES = 1024 * 1024
"""Of a body; a file of an import has a limit of its own."""

# their import puts more calls onto the resources
MORE = (
    award_changes,
    award_overpayments,
    beneficiary_changes,
    import_rows,
    notes,
    payee_changes,
    payee_outlook,
    payroll_contents,
    safe_contacts,
    traces,
)
RESOURCES = (
    body.resource,
    schemes.resource,
    beneficiaries.resource,
    payees.resource,
    bank_details.resource,
    awards.resource,
    one_off_payments.resource,
    one_off_files.resource,
    payrolls.resource,
    payments.resource,
    reports.resource,
    returns.resource,
    imports.resource,
    calendar.resource,
    events.resource,
    webhooks.resource,
    sandbox.resource,
)


def mount(app: Flask) -> None:
    """Answer below /api/v1. The service is looked up at each call: `app.extensions["payouts"]`."""
    api = make(app)
    app.extensions["payouts_api"] = api
    app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {PREFIX: api.wsgi_app})  # type: ignore[method-assign]


def make(parent: Flask) -> Flask:
    """The API's application."""
    service: Service = parent.extensions["payouts"]
    app = Flask("payouts.api", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MOST_BYTES
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions["payouts_of"] = lambda: parent.extensions["payouts"]
    app.extensions["payouts_cursors"] = Cursors(service.settings.secret_key)
    paces: dict[str, Pace] = {}

    def pace_of(given: Service) -> Pace:
        settings = given.settings
        if settings.redis_url not in paces:
            paces[settings.redis_url] = Pace(settings.redis_url, settings.api_rate)
        return paces[settings.redis_url]

    app.extensions["payouts_pace"] = pace_of
    request_log.register(app, part="api", counted=bool(service.settings.metrics_token))
    errors.register(app)
    app.before_request(door.begin_request)
    app.after_request(door.end_request)
    app.register_blueprint(explaining.pages)
    add_resources(app)
    return app


def add_resources(app: Flask) -> spec.Api:
    """The resources, with their description at /openapi.json."""
    app.config.update(spec.config())
    api = spec.Api(app, spec_kwargs={"marshmallow_plugin": spec.plugin()})
    spec.describe(api.spec)
    api.spec.components.schema("Message", schema=messages.MessageSchema)
    for resource in RESOURCES:
        api.register_blueprint(resource)
    links.link(api.spec)
    return api


def description() -> dict[str, Any]:
    """The OpenAPI description, without a service behind it."""
    described: dict[str, Any] = add_resources(Flask("payouts.api")).spec.to_dict()
    return described
