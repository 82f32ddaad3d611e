"""The app of a test process: its hundreds of addresses are compiled once, as a server's are, not for each test."""

from __future__ import annotations

from flask import Flask

from payouts.app import Service, create_app
from payouts.config import Settings

made: dict[tuple[str, str, int], tuple[Flask, dict[str, object]]] = {}


def app_on(service: Service, **config: object) -> Flask:
    """The app upon a test's service, with nothing left of the test before: all that it keeps is its configuration.

    For one request at a time: a test that serves pages from a thread makes its own.
    """
    what_it_goes_by = made_from(service.settings)
    if what_it_goes_by not in made:
        app = create_app(service)
        made[what_it_goes_by] = app, dict(app.config)
    app, as_made = made[what_it_goes_by]
    app.config.clear()
    app.config.update(as_made, TESTING=True, **config)
    app.extensions["payouts"] = service
    return app


def made_from(settings: Settings) -> tuple[str, str, int]:
    """The settings that are read when the app is made: all others are looked up at each request."""
    return settings.secret_key, settings.base_url, settings.upload_limit
