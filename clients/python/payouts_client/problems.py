"""What can go wrong with a call: one class for each `type` of the service's problems (RFC 9457), and silence.

Nothing here holds what was sent: bank details must not reach a log by way of an exception.
"""

from __future__ import annotations

from typing import Any

import httpx
import msgspec


class FieldFault(msgspec.Struct, frozen=True):
    """A field to put right: `pointer` leads into the body that was sent, `parameter` names one of the address."""

    detail: str
    pointer: str = ""
    parameter: str = ""


class PayoutsError(Exception):
    """A call that did not do what it was asked to do.

    idempotency_key: the one that it was sent with, if it had one. Sent with the same key later on, the same call is
    done at most once, whatever became of this one.
    """

    idempotency_key: str = ""


class NoAnswer(PayoutsError):
    """No answer came, however often it was tried: what was asked for may have been done or not."""


class UnexpectedAnswer(PayoutsError):
    """An answer that is not the service's: a proxy's page, for one."""

    def __init__(self, status: int) -> None:
        super().__init__(f"{status} without a problem that could be read")
        self.status = status


class Problem(PayoutsError):
    """The service refused. Go by the class, or by `name`, which never changes; `detail` is for people."""

    name = ""

    def __init__(self, content: Described, retry_after: float | None = None) -> None:
        faults = "; ".join(f"{each.pointer or each.parameter}: {each.detail}" for each in content.errors)
        super().__init__(" ".join(filter(None, (f"{content.status} {content.title}.", content.detail, faults))))
        self.type = content.type
        self.title = content.title
        self.status = content.status
        self.detail = content.detail
        self.request_id = content.request_id
        self.errors = content.errors
        self.retry_after = retry_after


class Described(msgspec.Struct, frozen=True):
    """A problem as it comes in."""

    type: str
    title: str
    status: int
    detail: str = ""
    request_id: str = ""
    errors: tuple[FieldFault, ...] = ()


class BadRequest(Problem):
    """The request could not be read."""


class IdempotencyKeyMissing(Problem):
    """A POST came without its Idempotency-Key, or with one that cannot be."""


class NoKey(Problem):
    """No API key was sent."""


class KeyRefused(Problem):
    """The key is wrong, revoked, replaced, used from elsewhere, or lacks the right."""


class NotAllowed(Problem):
    """The key has the right in general but not for this, or only a person may do it."""


class NotOnTheTeamList(Problem):
    """A team key has effects only on the payees that it lists."""


class NotFound(Problem):
    """There is no such thing in the body that the key is for."""


class MethodNotAllowed(Problem):
    """The address does something else."""


class AlreadyThere(Problem):
    """What should be made exists."""


class WaitingAlready(Problem):
    """A proposal waits for a person's decision, and there can be only one at a time."""


class NothingToChange(Problem):
    """What was sent is what stands there."""


class NotNow(Problem):
    """The thing is in a state in which this cannot be done to it."""


class Refused(Problem):
    """A rule of the body or of the scheme stands against it: `detail` says which."""


class IdempotencyKeyReused(Problem):
    """The same Idempotency-Key came before with something else."""


class Erased(Problem):
    """The person's records were destroyed when they were no longer needed."""


class ChangedSince(Problem):
    """Somebody else changed it since it was read."""


class TooLarge(Problem):
    """The request is too large."""


class UnsupportedMediaType(Problem):
    """The type of the body is not one that this address takes."""


class Invalid(Problem):
    """Fields have to be put right: `errors` has an entry for each."""


class TooManyRequests(Problem):
    """The key made more requests in this minute than it may; `retry_after` seconds are left of it."""


class Broken(Problem):
    """Something failed inside the service that should not."""


class Unavailable(Problem):
    """The service cannot answer now."""


def name_of(kind: type[Problem]) -> str:
    """`NotOnTheTeamList` -> `not-on-the-team-list`: how the service calls it."""
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in kind.__name__).lstrip("-")


PROBLEMS: dict[str, type[Problem]] = {}
for _kind in Problem.__subclasses__():
    _kind.name = name_of(_kind)
    PROBLEMS[_kind.name] = _kind


def problem_of(answer: httpx.Response, retry_after: float | None) -> Problem | UnexpectedAnswer:
    """What an answer of 400 or more says. A kind that is newer than this client is a plain `Problem`."""
    content: Any = answer.content if "problem+json" in answer.headers.get("Content-Type", "") else b""
    try:
        described = msgspec.json.decode(content, type=Described)
    except msgspec.MsgspecError:
        return UnexpectedAnswer(answer.status_code)
    kind = PROBLEMS.get(described.type.rpartition("/")[2], Problem)
    return kind(described, retry_after)
