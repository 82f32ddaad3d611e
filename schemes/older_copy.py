"""A body whose rows came back from a backup that is older than what was published of it: nothing goes out of it.

What was released, sent or told after the backup was made would be decided on, sent and told once more. So the body is
held, in the database, where every process sees it, until an operator has asked the bank what arrived.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from schemes import audit
from schemes.body import get_body
from schemes.errors import Refused


class OlderCopy(Refused):
    """The body is held: this database was restored, and lacks what happened after the backup."""


def hold(session: Session, *, position: int, published: int, at: datetime) -> None:
    """Hold the body of this transaction, once. position: where its chain ends here; published: where it had come to."""
    body = get_body(session)
    if body.held_since is None:
        body.held_since = at
        audit.record(session, "body.held", by=None, about=body, at=at, position=position, published=published)


def let_go_on(session: Session, *, position: int, published: int, at: datetime) -> None:
    """An operator knows what happened since the backup. What the body lacks stays in the trail as these two numbers."""
    body = get_body(session)
    body.held_since = None
    audit.record(session, "body.let_go_on", by=None, about=body, at=at, position=position, published=published)


def is_held(session: Session) -> bool:
    return get_body(session).held_since is not None


def must_not_be_held(session: Session) -> None:
    """Before anybody decides about money or gets a file that asks for it. Raises OlderCopy."""
    if is_held(session):
        raise OlderCopy
