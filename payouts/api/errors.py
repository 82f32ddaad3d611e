"""Every error of the API as problem+json, whether a view, an operation, Flask or the database raised it."""

from __future__ import annotations

import json
import logging

from flask import Flask, Response, g
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from bacs.errors import DateBeyondCalendar
from payouts import logs, request_log
from payouts.api.ground import service
from payouts.api.problem import Refusal
from payouts.api.refusals import problem_of
from schemes import audit
from schemes.errors import KeyDestroyed, NotFound, Refused

log = logging.getLogger(__name__)

OF_STATUS = {
    400: "bad-request",
    404: "not-found",
    405: "method-not-allowed",
    413: "too-large",
    415: "unsupported-media-type",
    503: "unavailable",
}
# what PostgreSQL says to a request that waited too long for another of its Idempotency-Key
LOCK_NOT_AVAILABLE = "55P03"


def answer(refusal: Refusal) -> Response:
    """The problem as it goes out."""
    content = refusal.content(service().settings.base_url, g.request_id)
    response = Response(
        json.dumps(content, ensure_ascii=False), refusal.kind.status, mimetype="application/problem+json"
    )
    response.headers.update(refusal.headers)
    return response


def refused(error: Refused) -> Response:
    problem = problem_of(error)
    if isinstance(error, NotFound):
        note_not_found(error)
    if problem.kind.status == 503:
        problem.headers["Retry-After"] = "60"
    return answer(problem)


def note_not_found(error: NotFound) -> None:
    """An event: a key that asks for another body's ids again and again is worth a look."""
    key = g.get("key")
    if key is None:
        return
    asked_for = str(error.asked_for)[:80]
    with service().transaction(key.actor.body_id) as session:
        at = service().now()
        audit.record(session, "access.not_found", by=key.actor, at=at, kind=error.kind, asked_for=asked_for)


def erased(error: KeyDestroyed) -> Response:
    return answer(Refusal("erased"))


def beyond_calendar(error: DateBeyondCalendar) -> Response:
    return answer(Refusal("refused", f"Bank holidays are known up to {error.last}, and nothing is planned beyond."))


def of_http(error: HTTPException) -> Response:
    """What Flask or werkzeug raised."""
    code = error.code or 500
    if code < 400:
        return error.get_response()  # type: ignore[return-value]
    refusal = Refusal(OF_STATUS.get(code, "bad-request" if code < 500 else "broken"))
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        refusal.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return answer(refusal)


def database_gone(error: DBAPIError | PoolTimeout) -> Response:
    code = getattr(getattr(error, "orig", None), "sqlstate", None)
    if isinstance(error, OperationalError | PoolTimeout) or code == LOCK_NOT_AVAILABLE:
        log.error("the database is not available: %s", type(error).__name__)
        return answer(Refusal("unavailable", headers={"Retry-After": "10"}))
    return broken(error)


def broken(error: Exception) -> Response:
    # of the error only its kind: what it says may hold somebody's details
    logs.happened("request.failed", part="api", route=request_log.route(), **logs.error_facts(error))
    return answer(Refusal("broken"))


def register(app: Flask) -> None:
    app.register_error_handler(Refusal, answer)
    app.register_error_handler(Refused, refused)
    app.register_error_handler(KeyDestroyed, erased)
    app.register_error_handler(DateBeyondCalendar, beyond_calendar)
    app.register_error_handler(HTTPException, of_http)
    app.register_error_handler(DBAPIError, database_gone)
    app.register_error_handler(PoolTimeout, database_gone)
    app.register_error_handler(Exception, broken)
