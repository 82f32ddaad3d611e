"""What a view of the API stands on: the service, the call's transaction, and the key that it was made with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, cast

from flask import Flask, current_app, g
from sqlalchemy.orm import Session

if TYPE_CHECKING:
    from payouts.api.cursor import Cursors
    from payouts.api.pace import Pace
    from payouts.app import Service
    from schemes.api_secret import Found
    from schemes.person import Actor


def service() -> Service:
    """The service of the app that the API is part of: a test's may change from one call to the next."""
    return cast("Service", current_app.extensions["payouts_of"]())


def cursors() -> Cursors:
    return cast("Cursors", current_app.extensions["payouts_cursors"])


def pace() -> Pace:
    return cast("Pace", current_app.extensions["payouts_pace"](service()))


def session() -> Session:
    """The call's one transaction, in the body of its key."""
    return cast("Session", g.session)


def key() -> Found:
    return cast("Found", g.key)


def actor() -> Actor:
    """Who acts: the key. It prepares; people confirm."""
    return key().actor


def now() -> datetime:
    return service().now()


@contextmanager
def standing_on(given: Service, transaction: Session) -> Iterator[None]:
    """For a job that tells things as the API does: what a call would stand on, but for a key."""
    app = Flask("payouts.api.job", static_folder=None)
    app.extensions["payouts_of"] = lambda: given
    with app.app_context():
        g.session = transaction
        yield
