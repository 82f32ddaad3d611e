"""The pages that answer when something can't be shown: in plain words, with what to do now."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from flask import Flask, Response, current_app, g, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from bacs.errors import DateBeyondCalendar
from payouts.web import words
from payouts.web.access import recognise
from payouts.web.figures import day, file_size, wait
from payouts.web.pages import service, transaction
from schemes.audit import record
from schemes.errors import KeyDestroyed, NotAllowed, NotFound, SignInSlowed
from schemes.person import people

log = logging.getLogger(__name__)


def not_found(error: Exception) -> ResponseReturnValue:
    return page(
        404,
        "Page not found",
        "If you typed the address, check it is correct. If you pasted it, check you copied all of it.",
        "It may also belong to another body than the one you are working in.",
    )


def no_such_thing(error: NotFound) -> ResponseReturnValue:
    """A page not found, and an event: whoever asks for another body's ids again and again is worth a look."""
    if g.get("actor"):
        asked_for = str(error.asked_for)[:80]
        with transaction() as session:
            record(session, "access.not_found", by=g.actor, at=service().now(), kind=error.kind, asked_for=asked_for)
    return not_found(error)


def not_allowed(error: NotAllowed) -> ResponseReturnValue:
    """Says who can do it: the person to ask is the way on."""
    wanted = set(error.role.split(" or "))
    with transaction() as session:
        able = [person.name for person, roles in people(session) if wanted.intersection(role.value for role in roles)]
    return page(
        403,
        "You can’t do this",
        f"This needs {words.a_person_with(sorted(wanted))}. In your body these people can do it:"
        if able
        else f"This needs {words.a_person_with(sorted(wanted))}, and nobody in your body is one. Ask an administrator.",
        people=able,
    )


def slowed(error: SignInSlowed) -> ResponseReturnValue:
    seconds = (error.until - service().now()).total_seconds()
    response = page(429, "Too many wrong codes", f"Wait {wait(seconds)}, then go back and try again.")
    response.headers["Retry-After"] = str(max(1, round(seconds)))
    return response


def beyond_calendar(error: DateBeyondCalendar) -> ResponseReturnValue:
    return page(
        503,
        "The bank holidays of that time are not known yet",
        f"They are known up to {day(error.last)}. Nothing is planned beyond, since it could fall on a holiday.",
        "Tell the people who run the service: a newer version of it has the days of the next years.",
    )


def erased(error: KeyDestroyed) -> ResponseReturnValue:
    return page(
        410,
        "This was erased",
        "It was destroyed when the records were no longer needed, so nobody can open it any more.",
        "Amounts and digests are kept, and still add up.",
    )


def form_expired(error: CSRFError) -> ResponseReturnValue:
    return page(
        400,
        "Send the form again",
        "Nothing was changed. The form came from a page that is no longer valid, mostly because you signed out and in "
        "again in another tab.",
        "Go back, load the page again and send the form once more.",
    )


def http_error(error: HTTPException) -> ResponseReturnValue:
    code = error.code or 500
    if code < 400:
        return error.get_response()
    match code:
        case 400:
            return page(400, "We could not read what was sent", "Nothing was changed. Go back and try again.")
        case 403:
            return page(403, "You can’t see this page", "Ask an administrator of your body if you should.")
        case 404:
            return not_found(error)
        case 405:
            return page(405, "This address does something else", "Go back and use the buttons of the page.")
        case 413:
            limit = file_size(current_app.config["MAX_CONTENT_LENGTH"] or 0)
            return page(
                413,
                "The file is too large",
                f"Nothing was kept of it. A file can be up to {limit}. Send the register in several files.",
            )
        case 429:
            return page(429, "Too many requests", "Wait a minute, then try again.")
        case 503:
            return unavailable(error)
    return page(code, "Sorry, that did not work", "Nothing was changed. Go back and try again.")


def unavailable(error: Exception) -> ResponseReturnValue:
    log.error("the database is not available: %s", type(error).__name__)
    response = page(
        503,
        "Sorry, the service is unavailable",
        "You can use it again in a few minutes. Nothing that was already saved is lost.",
        number_to_quote(),
    )
    response.headers["Retry-After"] = "60"
    return response


def broken(error: Exception) -> ResponseReturnValue:
    when = datetime.now(UTC)
    return page(
        500,
        "Sorry, there is a problem with the service",
        "Try again in a few minutes."
        if request.method == "GET"
        else "What you just did was not saved. Try again in a few minutes.",
        f"If it goes on, tell the people who run the service that it happened at {when:%H:%M:%S} UTC.",
        number_to_quote(),
    )


def number_to_quote() -> str:
    """By which the request is found in the log."""
    return f"Quote this number if you tell them about it: {g.get('request_id', '')}"


def page(status: int, title: str, *paragraphs: str, people: list[str] | None = None) -> Response:
    """An error page, with the header of whoever is signed in where that can still be found out."""
    try:
        recognise()
    except Exception:  # the database may be what failed: the page goes out without a name on it
        g.person, g.actor, g.body, g.bodies = None, None, None, []
    rendered = render_template("errors/error.html", title=title, paragraphs=paragraphs, people=people or [])
    return make_response(rendered, status)


def register(app: Flask) -> None:
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(CSRFError, form_expired)
    app.register_error_handler(NotFound, no_such_thing)
    app.register_error_handler(KeyDestroyed, erased)
    app.register_error_handler(NotAllowed, not_allowed)
    app.register_error_handler(SignInSlowed, slowed)
    app.register_error_handler(DateBeyondCalendar, beyond_calendar)
    app.register_error_handler(OperationalError, unavailable)
    app.register_error_handler(500, broken)
