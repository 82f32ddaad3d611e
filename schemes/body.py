"""A public body: the tenant. Sandbox and live bodies are separate bodies, never a flag on rows."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from schemes import audit, change
from schemes.change import Change, ChangeKind
from schemes.database import Base, stored
from schemes.errors import OutOfRange
from schemes.person import Actor, Role

MOST_COOLING_OFF_DAYS = 20


class BodyKind(StrEnum):
    """A sandbox body behaves like a live one and moves no money."""

    SANDBOX = "sandbox"
    LIVE = "live"


class DutyPattern(StrEnum):
    """How many people run a payroll at the least. Two only as cover, for a time (`schemes.duties`)."""

    FOUR = "four"
    THREE = "three"
    TWO = "two"


class Body(Base):
    """Its `id` is the `body_id` of all its rows.

    cooling_off_days: working days between the confirmation of changed bank details and their first use.
    duty_pattern: four or three people, for the days on which no cover runs.
    """

    __tablename__ = "body"
    __table_args__ = (
        CheckConstraint("cooling_off_days between 0 and 20", name="cooling_off_days"),
        CheckConstraint("duty_pattern <> 'two'", name="never_two_for_good"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[BodyKind] = mapped_column(stored(BodyKind))
    name: Mapped[str]
    colour: Mapped[str]
    contact_email: Mapped[str]
    made_at: Mapped[datetime]
    cooling_off_days: Mapped[int] = mapped_column(default=2, server_default=text("2"))
    duty_pattern: Mapped[DutyPattern] = mapped_column(
        stored(DutyPattern), default=DutyPattern.FOUR, server_default=DutyPattern.FOUR.value
    )

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


def must_be_cooling_off(days: int) -> None:
    """Raises OutOfRange."""
    if not 0 <= days <= MOST_COOLING_OFF_DAYS:
        raise OutOfRange("cooling-off", days, 0, MOST_COOLING_OFF_DAYS)


def set_cooling_off(session: Session, days: int, *, by: Actor | None = None, at: datetime) -> Body:
    """How many working days changed bank details wait from now on; what is confirmed keeps its day. Raises OutOfRange.

    by: the person who confirmed it; None when whoever runs the service sets it.
    """
    must_be_cooling_off(days)
    body = get_body(session)
    audit.record(
        session, "body.cooling_off_set", by=by, about=body, at=at, days=days, days_before=body.cooling_off_days
    )
    body.cooling_off_days = days
    return body


def cooling_off(session: Session) -> dict[str, Any]:
    """The setting as a proposal's facts."""
    return {"days": get_body(session).cooling_off_days}


def propose_cooling_off(
    session: Session, days: int, *, change_id: UUID, reason: str, by: Actor, at: datetime
) -> Change:
    """Propose how many working days changed details wait. Raises OutOfRange, NotAllowed, and as `change.propose`."""
    by.must_be(Role.ADMINISTRATOR)
    must_be_cooling_off(days)
    return change.propose(
        session,
        ChangeKind.COOLING_OFF,
        change_id=change_id,
        subject_id=by.body_id,
        before=cooling_off(session),
        after={"days": days},
        reason=reason,
        by=by,
        at=at,
    )


def apply_cooling_off(session: Session, confirmed: Change, by: Actor, at: datetime) -> None:
    set_cooling_off(session, confirmed.after["days"], by=by, at=at)
