"""Who may see a page: each view is marked with its roles, and whoever asks is let in, sent to sign in, or refused."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import TypeVar
from urllib.parse import urlsplit
from uuid import UUID

from flask import Flask, abort, current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from payouts.web.pages import pages, service
from schemes.before_body import BodyRoles
from schemes.body import get_body
from schemes.errors import NotAllowed
from schemes.person import READERS, Role
from schemes.sign_in import actor, memberships, signed_in_person


class Audience(Enum):
    """Whom a page is for, when it isn't for certain roles."""

    PUBLIC = "anyone, signed in or not"
    BEFORE_A_BODY = "anyone signed in, whether or not they have chosen a body"
    ANYONE_SIGNED_IN = "anyone signed in to a body, but for those who only make enquiries"
    EVERY_ROLE = "anyone signed in to a body, whatever their role"


PUBLIC = Audience.PUBLIC
BEFORE_A_BODY = Audience.BEFORE_A_BODY
ANYONE_SIGNED_IN = Audience.ANYONE_SIGNED_IN
EVERY_ROLE = Audience.EVERY_ROLE

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])

MARK = "payouts_allowed"
TOKEN = "token"  # noqa: S105  the name of an entry in the session
BODY = "body"
OWN = "own_token"
"""In the session of somebody who works as a practice colleague: the token of their own."""


class ViewNotMarked(Exception):
    """A view that nobody said who may see: the app doesn't start with it."""


def allowed(*who: Role | Audience) -> Callable[[View], View]:
    """Mark a view with who may see it."""

    def mark(view: View) -> View:
        setattr(view, MARK, frozenset(who))
        return view

    return mark


def audience_of(app: Flask, endpoint: str) -> frozenset[Role | Audience]:
    """Who may see an endpoint's page. Raises ViewNotMarked."""
    found: frozenset[Role | Audience] | None = getattr(app.view_functions[endpoint], MARK, None)
    if not found:
        raise ViewNotMarked(endpoint)
    return found


@pages.before_request
def admit() -> ResponseReturnValue | None:
    """Let the visitor through to the page, or answer in its place."""
    assert request.endpoint is not None
    if any("\0" in value for value in request.values.values()):
        abort(400)  # no field can hold it, and PostgreSQL refuses it
    who = audience_of(current_app, request.endpoint)
    if PUBLIC in who:
        if request.endpoint not in CHEAP:
            recognise()
        return None
    recognise()
    if g.person is None:
        return redirect(url_for("pages.sign_in", next=way_back(), ended=g.get("ended")), 303)
    if BEFORE_A_BODY in who:
        return None
    if g.actor is None:
        return redirect(url_for("pages.choose_body"), 303)
    roles = roles_for(who)
    if not g.actor.roles.intersection(roles):
        raise NotAllowed(" or ".join(sorted(roles)))
    return None


def roles_for(who: frozenset[Role | Audience]) -> frozenset[Role]:
    """The roles that a mark lets in."""
    if EVERY_ROLE in who:
        return frozenset(Role)
    if ANYONE_SIGNED_IN in who:
        return frozenset(READERS)
    return frozenset(role for role in who if isinstance(role, Role))


def may_see(endpoint: str) -> bool:
    """Whether whoever is signed in may see a page: a link is only shown to those whom it leads somewhere."""
    return bool(g.actor.roles.intersection(roles_for(audience_of(current_app, endpoint))))


def way_back() -> str | None:
    """The page that was asked for; for a form, the page that it stands on."""
    if request.method == "GET":
        return request.full_path.rstrip("?")
    came_from = urlsplit(request.referrer or "")
    return came_from.path if came_from.netloc == request.host else None


# asked for by every page besides itself, and alike for everyone: no question to the database
CHEAP = frozenset({"pages.asset", "pages.body_colour"})


def recognise() -> None:
    """Find who is signed in and in which body, once for each request: `g.person`, `g.actor`, `g.body`, `g.bodies`."""
    if "person" in g:
        return
    g.person, g.actor, g.body, g.bodies = None, None, None, []
    token = session.get(TOKEN)
    if not token:
        return
    with service().transaction(None) as transaction:
        g.person = signed_in_person(transaction, token, at=service().now())
        if g.person is None:
            session.clear()
            g.ended = 1
            return
        g.bodies = memberships(transaction, g.person.id)
    membership = chosen(g.bodies)
    if membership:
        g.actor = actor(g.person, membership)
        with service().transaction(membership.body_id) as transaction:
            g.body = get_body(transaction)


def chosen(bodies: list[BodyRoles]) -> BodyRoles | None:
    """The body that the person chose, or their only one. A choice they no longer belong to counts for nothing."""
    if len(bodies) == 1:
        return bodies[0]
    choice = session.get(BODY)
    return next((body for body in bodies if str(body.body_id) == choice), None)


def choose(body_id: UUID) -> None:
    session[BODY] = str(body_id)


def safe_next(address: str | None) -> str | None:
    """An address to go back to after signing in, if it is a page of ours and not a way to someone else's site."""
    # browsers read a backslash as a slash, and drop tabs and line ends: //evil, /\\evil and /<tab>/evil lead away
    if not address or not address.startswith("/") or address.startswith("//"):
        return None
    if any(character == "\\" or ord(character) < 32 for character in address):
        return None
    parts = urlsplit(address)
    return address if not parts.scheme and not parts.netloc else None


def every_view_is_marked(app: Flask) -> None:
    """Raises ViewNotMarked, so that a page nobody decided about never goes out."""
    for endpoint in app.view_functions:
        if endpoint.startswith(f"{pages.name}."):
            audience_of(app, endpoint)
