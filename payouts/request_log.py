"""One line of the log for each request, of the pages and of the API: which route, by whom, how it went, how long."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Any

from flask import Flask, Response, g, request

from payouts import logs
from schemes.database import new_id

UNKNOWN_ROUTE = "(none)"


def register(app: Flask, *, part: str, counted: bool) -> None:
    """Register before all else: it then names a request first and looks at its answer last.

    part: pages or api. counted: for the metrics too, which an installation asks for or does without.
    """

    def begin() -> None:
        g.request_id = str(new_id())
        g.began = time.perf_counter()

    def end(response: Response) -> Response:
        response.headers["Request-Id"] = g.request_id
        method = request.method if request.method in METHODS else "(other)"
        seconds = time.perf_counter() - g.began
        logs.happened(
            "request",
            part=part,
            method=method,
            route=route(),
            status=response.status_code,
            ms=round(seconds * 1000, 1),
            **by_whom(),
        )
        if counted:
            from payouts import metrics

            metrics.count(part=part, method=method, route=route(), status=response.status_code, seconds=seconds)
        return response

    def failed(exc_info: tuple[type, BaseException, TracebackType] | tuple[None, None, None]) -> None:
        """In place of Flask's own line, which has the path in it."""
        if exc_info[1] is not None:
            logs.happened("request.failed", part=part, route=route(), **logs.error_facts(exc_info[1]))

    app.before_request(begin)
    app.after_request(end)
    app.log_exception = failed  # type: ignore[method-assign]


METHODS = frozenset({"GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"})


def route() -> str:
    """The pattern, never the path: paths hold secret links, references, and whatever somebody typed."""
    return request.script_root + request.url_rule.rule if request.url_rule is not None else UNKNOWN_ROUTE


def by_whom() -> dict[str, Any]:
    """Body and person, or key of the API, by id."""
    key, actor, person = g.get("key"), g.get("actor"), g.get("person")
    if key is not None:
        return {"body": key.actor.body_id, "key": key.actor.person_id}
    return {"body": actor.body_id if actor else None, "person": person.id if person else None}
