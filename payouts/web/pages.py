"""The blueprint that every page belongs to, and the transaction that a page's view owns."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime
from typing import TYPE_CHECKING, cast
from uuid import UUID

from flask import Blueprint, current_app, g, request
from sqlalchemy.orm import Session

if TYPE_CHECKING:
    from payouts.app import Service
    from schemes.person import Actor

pages = Blueprint("pages", __name__, template_folder="templates")


def service() -> Service:
    """The database, clock, keys and clients that create_app() chose."""
    return cast("Service", current_app.extensions["payouts"])


def actor() -> Actor:
    """Who is signed in. Only for views that someone must be signed in for."""
    return cast("Actor", g.actor)


def transaction() -> AbstractContextManager[Session]:
    """One transaction in the body of the person who is signed in: commits at the end, rolls back on an error."""
    return service().transaction(actor().body_id)


def now() -> datetime:
    return service().now()


def number_given(name: str) -> int | None:
    """A number from the address's query; what is not one, or fits no column, counts as not given."""
    given = request.args.get(name, type=int)
    return given if given is not None and 0 <= given < 2**31 else None


def id_given(name: str) -> UUID | None:
    """An id from the address's query; what is not one counts as not given."""
    try:
        return UUID(request.args[name]) if name in request.args else None
    except ValueError:
        return None
