"""What can go wrong with a call, each kind with a stable name, its cause and what to do about it (RFC 9457).

`docs/api-errors.md` is written from this table, and a test holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class Kind(NamedTuple):
    """A kind of problem: its status, its title, how it comes about, and how it is put right."""

    status: int
    title: str
    cause: str
    cure: str


PROBLEMS: dict[str, Kind] = {
    "bad-request": Kind(
        400,
        "The request could not be read",
        "The body is not JSON, or holds something that no JSON text may hold.",
        "Send valid JSON in UTF-8. Nothing was changed.",
    ),
    "idempotency-key-missing": Kind(
        400,
        "The Idempotency-Key is missing",
        "Every POST needs an `Idempotency-Key` header of 1 to 200 printable characters, and this one had none.",
        "Make a new key for each thing that you want done (a UUID will do), and send the same one when you try again.",
    ),
    "no-key": Kind(
        401,
        "No API key was sent",
        "There is no `Authorization: Bearer …` header.",
        "Send the secret of an API key. An administrator of the body makes one under Settings, API keys.",
    ),
    "key-refused": Kind(
        403,
        "This key does not open this",
        "The key is wrong, was revoked or replaced, is used from a network that it is not for, or lacks the right. "
        "Which of these it is stands in the body’s audit trail only.",
        "Ask an administrator of the body. Trying again does not help.",
    ),
    "not-allowed": Kind(
        403,
        "This key may not do this",
        "The key has the right in general, but not for this scheme; or only a person may do this.",
        "Use a key for the scheme, or let a person do it on the pages.",
    ),
    "not-on-the-team-list": Kind(
        403,
        "This payee is not on the list of the team key",
        "A team key has effects only on the payees that it lists.",
        "Use a payee of the list, or a live key.",
    ),
    "not-found": Kind(
        404,
        "Nothing was found here",
        "There is no such thing in the body that the key is for, or no such address.",
        "Check the id or reference. What belongs to another body or scheme is not found either.",
    ),
    "method-not-allowed": Kind(
        405,
        "This address does something else",
        "The address exists, and this method does not.",
        "See the `Allow` header for what it takes.",
    ),
    "already-there": Kind(
        409,
        "There is one already",
        "What should be made exists: a payee of the reference, an award of the beneficiary, a contact.",
        "Read the one that is there and change that.",
    ),
    "waiting-already": Kind(
        409,
        "A change of this waits already",
        "A proposal waits for a person’s decision, and there can be only one at a time.",
        "Wait until it is confirmed or rejected, then send yours.",
    ),
    "nothing-to-change": Kind(
        409,
        "This is how it is now",
        "What was sent is what stands there.",
        "Nothing has to be done.",
    ),
    "not-now": Kind(
        409,
        "This cannot be done now",
        "The thing is in a state in which this cannot be done to it.",
        "Read it again: its state says what can be done.",
    ),
    "refused": Kind(
        409,
        "This was refused",
        "A rule of the body or of the scheme stands against it; `detail` says which.",
        "Put right what `detail` says.",
    ),
    "idempotency-key-reused": Kind(
        409,
        "The Idempotency-Key was used for something else",
        "The same key came before with another address or another body.",
        "Make a new key for each new thing. With the first request’s body the first reply is given again.",
    ),
    "erased": Kind(
        410,
        "This was erased",
        "The person’s records were destroyed when they were no longer needed.",
        "Nothing personal can be had any more. Amounts stay.",
    ),
    "changed-since": Kind(
        412,
        "Somebody else was first",
        "The `If-Match` header names a version that is no longer the newest.",
        "Read the thing again, decide anew, and send the new `ETag`.",
    ),
    "too-large": Kind(
        413,
        "The request is too large",
        "A body may have 1 MB, and a file of an import as much as the service takes.",
        "Send less at once.",
    ),
    "unsupported-media-type": Kind(
        415,
        "The type of the body is not known here",
        "The `Content-Type` is missing, or is not one that this address takes; or the body is compressed.",
        "Send `application/json`; for an import `text/csv` or `application/x-ndjson`.",
    ),
    "invalid": Kind(
        422,
        "Some fields have to be put right",
        "A field is missing, unknown, or cannot be what it says. `errors` has an entry for each: `pointer` leads into "
        "the body, `parameter` names one of the address.",
        "Put the fields right. Nothing was changed.",
    ),
    "too-many-requests": Kind(
        429,
        "Too many requests",
        "The key made more requests in this minute than it may.",
        "Wait as many seconds as `Retry-After` says. The `RateLimit` headers tell what is left.",
    ),
    "broken": Kind(
        500,
        "There is a problem with the service",
        "Something failed that should not. Nothing was changed.",
        "Try again with the same `Idempotency-Key`. If it goes on, tell whoever runs the service the `Request-Id`.",
    ),
    "unavailable": Kind(
        503,
        "The service is unavailable",
        "The database does not answer, or a clock is wrong.",
        "Try again after `Retry-After` seconds, with the same `Idempotency-Key`.",
    ),
}


class Refusal(Exception):
    """A call that is answered with a problem of the table. `errors`: an entry for each field to put right."""

    def __init__(
        self,
        name: str,
        detail: str = "",
        *,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{name}: {detail}" if detail else name)
        self.kind = PROBLEMS[name]
        self.name = name
        self.detail = detail
        self.errors = list(errors)
        self.headers = dict(headers or {})

    def content(self, base_url: str, request_id: str) -> dict[str, Any]:
        """The problem as it is sent."""
        content: dict[str, Any] = {
            "type": f"{base_url}/api/v1/errors/{self.name}",
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail or self.kind.cause,
            "request_id": request_id,
        }
        return {**content, "errors": self.errors} if self.errors else content


def invalid(field: str, detail: str) -> Refusal:
    """A field of the body that has to be put right: `award/inputs/units`, or empty for the body as a whole."""
    return Refusal("invalid", errors=[{"pointer": f"#/{field}" if field else "#", "detail": detail}])


def as_markdown() -> str:
    """The table as a page of the documentation."""
    lines = [
        "# Errors of the API",
        "",
        "Every error is `application/problem+json` ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)). Go by `type`:",
        "its last part is one of the names below and never changes, while `title` and `detail` are for people. The",
        "`request_id`, which every answer has as `Request-Id` too, finds a call in the log. After an error nothing was",
        "changed.",
    ]
    for name, kind in PROBLEMS.items():
        lines += [
            "",
            f"## {name}",
            "",
            f"**{kind.status}** {kind.title}.",
            "",
            f"{kind.cause}",
            "",
            f"*Cure:* {kind.cure}",
        ]
    return "\n".join(lines) + "\n"
