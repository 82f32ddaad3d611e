"""Calls to the service: tried again where that is safe, with the same Idempotency-Key, and read into what they give."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import quote
from uuid import UUID, uuid4

import httpx
import msgspec

from payouts_client.answers import Versioned
from payouts_client.problems import NoAnswer, PayoutsError, problem_of

T = TypeVar("T")

# what passes by itself; 500, too: the service did nothing, and the same key is safe to send again
TRIED_AGAIN = frozenset({429, 500, 502, 503, 504})
NEVER_ARRIVED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
READ = frozenset({"GET", "HEAD"})

log = logging.getLogger("payouts_client")


@dataclass(frozen=True)
class Tries:
    """How often a call is tried, and how long is waited in between: each wait is drawn from zero up to twice the last
    one's limit, so that many systems do not come back at one moment.

    Waits are in seconds. Whoever is asked to wait longer than `patience` is told at once instead.
    """

    most: int = 6
    first_wait: float = 0.5
    longest_wait: float = 20.0
    patience: float = 90.0
    sleep: Callable[[float], None] = time.sleep
    draw: Callable[[], float] = random.random

    def wait_before(self, number: int, asked: float | None) -> float:
        """How long before try `number` (the second is 2). `asked`: what Retry-After said."""
        drawn = self.draw() * min(self.longest_wait, self.first_wait * 2.0 ** (number - 2))
        return drawn if asked is None else asked + drawn


class Body:
    """What is sent: JSON as bytes, or something that is read from its beginning for each try."""

    def __init__(self, content_type: str, open_: Callable[[], bytes | Iterable[bytes]], *, again: bool = True) -> None:
        self.content_type = content_type
        self.open = open_
        self.again = again


def as_json(content: Any) -> Body:
    encoded = msgspec.json.encode(content)
    return Body("application/json", lambda: encoded)


class Connection:
    """One service, one key."""

    def __init__(self, http: httpx.Client, tries: Tries) -> None:
        self.http = http
        self.tries = tries

    def get(self, path: str, into: type[T], params: Mapping[str, Any] | None = None) -> T:
        return self.call("GET", path, into, params=params)

    def post(
        self,
        path: str,
        content: Any,
        into: type[T],
        *,
        params: Mapping[str, Any] | None = None,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> T:
        """Ask for something once: under a key of its own, unless one is given."""
        body = content if isinstance(content, Body) else as_json(content)
        headers = {"Idempotency-Key": idempotency_key or str(uuid4()), **match(if_match)}
        return self.call("POST", path, into, params=params, body=body, headers=headers)

    def patch(self, path: str, content: Any, into: type[T], *, if_match: str | None = None) -> T:
        return self.call("PATCH", path, into, body=as_json(content), headers=match(if_match))

    def call(
        self,
        method: str,
        path: str,
        into: type[T],
        *,
        params: Mapping[str, Any] | None = None,
        body: Body | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> T:
        """Raises PayoutsError."""
        sent = dict(headers or {})
        if body is not None:
            sent["Content-Type"] = body.content_type
        try:
            answer = self.answer(method, path, written(params or {}), body, sent)
        except PayoutsError as failed:
            failed.idempotency_key = sent.get("Idempotency-Key", "")
            raise
        read = msgspec.json.decode(answer.content, type=into)
        if isinstance(read, Versioned):
            read.etag = answer.headers.get("ETag", "")
        return read

    def answer(
        self, method: str, path: str, params: Mapping[str, str], body: Body | None, headers: Mapping[str, str]
    ) -> httpx.Response:
        """The answer to the first try that has one to keep. Raises PayoutsError."""
        number, repeatable = 1, method in READ or "Idempotency-Key" in headers
        while True:
            try:
                answer = self.http.request(
                    method, path, params=params, content=body.open() if body else None, headers=headers
                )
            except httpx.TransportError as error:
                failed: PayoutsError = NoAnswer(f"{method} {path}: {type(error).__name__}")
                again, asked = repeatable or isinstance(error, NEVER_ARRIVED), None
            else:
                log.debug("%s %s: %s, try %s", method, path, answer.status_code, number)
                if answer.is_success:
                    return answer
                asked = retry_after(answer)
                failed = problem_of(answer, asked)
                # before 429 and 503 nothing was done, so a change may be asked for once more, too
                again = answer.status_code in (TRIED_AGAIN if repeatable else {429, 503})
            if not again or number >= self.tries.most or (body is not None and not body.again):
                raise failed
            if asked is not None and asked > self.tries.patience:
                raise failed
            number += 1
            wait = self.tries.wait_before(number, asked)
            log.info("%s %s: %s; tried again in %.1f s", method, path, type(failed).__name__, wait)
            self.tries.sleep(wait)


def match(etag: str | None) -> dict[str, str]:
    return {"If-Match": etag} if etag else {}


def retry_after(answer: httpx.Response) -> float | None:
    """Seconds, from a number or a date (RFC 9110)."""
    said = answer.headers.get("Retry-After", "")
    if not said:
        return None
    if said.isascii() and said.isdigit():
        return float(said)
    try:
        until = parsedate_to_datetime(said)
    except ValueError:
        return None
    return max(0.0, (until - datetime.now(UTC)).total_seconds())


def written(params: Mapping[str, Any]) -> dict[str, str]:
    """Parameters of an address; what is None is left out."""
    return {name: text(value) for name, value in params.items() if value is not None}


def text(value: Any) -> str:
    """Raises ValueError for an instant without its distance to UTC: it could be another one."""
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)


def part(name: str | UUID) -> str:
    """An id or reference as a part of an address. Raises ValueError: another address must not come of it."""
    written_name = str(name)
    if not written_name or "/" in written_name or written_name in (".", ".."):
        raise ValueError("an address cannot hold this reference: look it up in the list")
    return quote(written_name, safe="")
