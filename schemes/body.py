"""A public body: the tenant. Sandbox and live bodies are separate bodies, never a flag on rows."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from schemes import audit
from schemes.database import Base, stored
from schemes.errors import OutOfRange

MOST_COOLING_OFF_DAYS = 20


class BodyKind(StrEnum):
    """A sandbox body behaves like a live one and moves no money."""

    SANDBOX = "sandbox"
    LIVE = "live"


class Body(Base):
    """Its `id` is the `body_id` of all its rows.

    cooling_off_days: working days between the confirmation of changed bank details and their first use.
    """

    __tablename__ = "body"
    __table_args__ = (CheckConstraint("cooling_off_days between 0 and 20", name="cooling_off_days"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[BodyKind] = mapped_column(stored(BodyKind))
    name: Mapped[str]
    colour: Mapped[str]
    contact_email: Mapped[str]
    made_at: Mapped[datetime]
    cooling_off_days: Mapped[int] = mapped_column(default=2, server_default=text("2"))

    @property
    def is_sandbox(self) -> bool:
        return self.kind is BodyKind.SANDBOX


def add_body(
    session: Session, body_id: UUID, *, kind: BodyKind, name: str, contact_email: str, colour: str, at: datetime
) -> Body:
    """Add a body, inside a transaction that was opened for its id."""
    body = Body(id=body_id, kind=kind, name=name, colour=colour, contact_email=contact_email, made_at=at)
    session.add(body)
    session.flush()
    audit.record(session, "body.added", by=None, about=body, at=at, kind=kind.value)
    return body


def get_body(session: Session) -> Body:
    """The body whose transaction this is."""
    return session.get_one(Body, session.info["body_id"])


def set_cooling_off(session: Session, days: int, *, at: datetime) -> Body:
    """How many working days changed bank details wait from now on; what is confirmed keeps its day. Raises OutOfRange.

    A setting of whoever runs the service, so the trail names no person.
    """
    if not 0 <= days <= MOST_COOLING_OFF_DAYS:
        raise OutOfRange("cooling-off", days, 0, MOST_COOLING_OFF_DAYS)
    body = get_body(session)
    audit.record(
        session, "body.cooling_off_set", by=None, about=body, at=at, days=days, days_before=body.cooling_off_days
    )
    body.cooling_off_days = days
    return body
