"""The description of the API (OpenAPI 3.1), generated from the views and their schemas."""

from __future__ import annotations

import http
from collections.abc import Callable
from enum import StrEnum
from typing import Any, cast

import flask_smorest
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask_smorest.utils import prepare_response
from marshmallow import Schema, fields

from payouts.api.door import allowed
from payouts.api.fields import Parser
from payouts.api.problem import PROBLEMS
from schemes.api_key import Scope

ABOUT = """\
Payees, awards and payments of a public body, for its other systems. A key proposes; people confirm and approve.

* Amounts are whole pence, days are `2026-11-23`, instants are in UTC.
* Wherever an address has `{payee}`, `{beneficiary}`, `{scheme}` or `{payroll}`, our id and the body’s own reference
  (code, number) lead to the same thing.
* Every `POST` needs an `Idempotency-Key`: the first reply is kept for 7 days and given again.
* Lists go on at `next_cursor`. Changes take `If-Match` with the `ETag` that was read.
* `GET /events` tells what happened; a webhook is told of it, signed (see `webhooks` below).
* Errors are `application/problem+json`, each with a stable `type`.
"""


class YesNo(StrEnum):
    """A choice in an address."""

    YES = "true"
    NO = "false"


class FieldFaultSchema(Schema):
    pointer = fields.String(metadata={"description": "Where in the body, as a JSON pointer."})
    parameter = fields.String(metadata={"description": "Which parameter of the address."})
    detail = fields.String(required=True, metadata={"description": "What is wrong, for people."})


class ProblemSchema(Schema):
    type = fields.String(required=True, metadata={"description": "The kind of problem; it never changes."})
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    request_id = fields.String(required=True)
    errors = fields.List(fields.Nested(FieldFaultSchema))


class NothingSchema(Schema):
    """An empty object."""


class Api(flask_smorest.Api):
    """flask-smorest's, but for its errors: ours are problems."""

    ERROR_SCHEMA = ProblemSchema

    def _register_error_handlers(self) -> None:
        """Ours stand in `payouts.api.errors`."""

    def _register_responses(self) -> None:
        statuses = {kind.status for kind in PROBLEMS.values()}
        for status in http.HTTPStatus:
            response: dict[str, Any] = {"description": status.phrase}
            if status in statuses:
                response["schema"] = self.ERROR_SCHEMA
            prepare_response(response, self.spec, "application/problem+json")
            self.spec.components.response(status.name, response, lazy=True)
        response = {"description": "What went wrong", "schema": self.ERROR_SCHEMA}
        prepare_response(response, self.spec, "application/problem+json")
        self.spec.components.response("DEFAULT_ERROR", response, lazy=True)


View = Callable[..., Any]


class Resource(flask_smorest.Blueprint):
    """A resource and what can be done to it."""

    ARGUMENTS_PARSER = Parser()

    def posting(
        self,
        path: str,
        takes: type[Schema],
        gives: type[Schema],
        *scopes: Scope,
        status: int = 201,
        every: bool = False,
        example: dict[str, Any] | None = None,
    ) -> Callable[[View], View]:
        """A view that does something once: what it takes and gives, and the rights of which a key needs one."""

        def put_up(view: View) -> View:
            view = self.arguments(takes, example=example)(self.response(status, gives)(view))
            view = self.doc(parameters=[IDEMPOTENCY_KEY])(allowed(*scopes, every=every)(view))
            return cast("View", self.route(path, methods=["POST"])(view))

        return put_up

    def patching(self, path: str, takes: type[Schema], gives: type[Schema], *scopes: Scope) -> Callable[[View], View]:
        """A view that changes something, unless somebody else was first."""

        def put_up(view: View) -> View:
            view = self.arguments(takes)(self.response(200, gives)(view))
            view = self.doc(parameters=[IF_MATCH])(allowed(*scopes)(view))
            return cast("View", self.route(path, methods=["PATCH"])(view))

        return put_up


def config() -> dict[str, Any]:
    """flask-smorest's settings."""
    return {
        "API_TITLE": "Payouts",
        "API_VERSION": "v1",
        "OPENAPI_VERSION": "3.1.0",
        "OPENAPI_URL_PREFIX": "/",
        "API_SPEC_OPTIONS": {
            "info": {"description": ABOUT},
            "servers": [{"url": "/api/v1"}],
            "webhooks": WEBHOOKS,
            "security": [{"key": []}],
        },
    }


def name_of(schema: Any) -> str:
    """How a schema is called in the description: `Payee`, not `PayeeSchema`."""
    given = schema if isinstance(schema, type) else type(schema)
    return given.__name__.removesuffix("Schema")


def plugin() -> MarshmallowPlugin:
    return MarshmallowPlugin(schema_name_resolver=name_of)


def describe(spec: APISpec) -> None:
    """What concerns every call."""
    scheme = {"type": "http", "scheme": "bearer", "description": "The secret of an API key."}
    spec.components.security_scheme("key", scheme)


class IdempotencySchema(Schema):
    """The header, for an address that has other parameters."""

    key = fields.String(
        required=True,
        data_key="Idempotency-Key",
        metadata={"minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$", "description": "As for every POST."},
    )


IDEMPOTENCY_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": True,
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"},
    "description": "A new one for each thing that you want done; the same one when you try it again.",
}
IF_MATCH = {
    "in": "header",
    "name": "If-Match",
    "schema": {"type": "string", "pattern": '^"[0-9a-f]{32}"$'},
    "description": "The `ETag` that you read: nothing is changed if somebody else was first.",
}

# what a webhook is sent (OpenAPI 3.1 describes calls that we make as it does those that we take)
WEBHOOKS = {
    "happened": {
        "post": {
            "summary": "Something happened",
            "description": (
                "Signed by the convention of Standard Webhooks: `webhook-signature` has `v1,` and the base64 "
                "HMAC-SHA-256 of `{webhook-id}.{webhook-timestamp}.{body}` under the webhook’s secret, one for each "
                "secret that counts. Answer with 2xx within 15 seconds; anything else is sent again under the same "
                "`webhook-id`, for three days. 410 pauses the webhook. Of one thing a later event is not sent while an "
                "earlier one is on its way."
            ),
            "security": [],
            "parameters": [
                {
                    "in": "header",
                    "name": name,
                    "required": True,
                    "schema": {"type": "string"},
                    "description": description,
                }
                for name, description in (
                    ("webhook-id", "The event’s id, the same at every attempt: do nothing twice for one."),
                    ("webhook-timestamp", "When this attempt was made, in seconds since 1970. Refuse what is old."),
                    ("webhook-signature", "One or more signatures, with spaces between them."),
                )
            ],
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {
                        "schema": {"$ref": "#/components/schemas/Message"},
                        "example": {
                            "type": "payroll.moved",
                            "timestamp": "2026-11-23T09:30:00.000Z",
                            "data": {
                                "id": "019ab0f4-7c5e-7b1a-9f5e-0c8f2d6f7a11",
                                "type": "payroll.moved",
                                "at": "2026-11-23T09:30:00.000Z",
                                "position": 482,
                                "subject_type": "payroll",
                                "subject_id": "019ab0f4-6d3b-7c22-8a41-5b1e9c3d2f00",
                            },
                        },
                    }
                },
            },
            "responses": {"2XX": {"description": "Taken."}, "410": {"description": "Nobody is here any more."}},
        }
    }
}
