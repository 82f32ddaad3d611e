"""Days on which a body releases nothing, or only what cannot wait: year end, a move to another system."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, select
from sqlalchemy.orm import Mapped, Session

from schemes import audit, change
from schemes.change import Change, ChangeKind
from schemes.database import Base, BodyOwned, to_body_row
from schemes.duties import london_day
from schemes.errors import NotFound, NotNow, Refused
from schemes.person import Actor, Role

MOST_DAYS = 31
"""A body that pays nobody for longer has another trouble than a freeze."""


class FreezeFault(StrEnum):
    """Why days cannot be frozen."""

    ENDS_BEFORE_IT_BEGINS = "ends_before_it_begins"
    OVER = "over"
    TOO_LONG = "too_long"


class FreezeRefused(Refused):
    """Days that cannot be frozen."""

    def __init__(self, fault: FreezeFault) -> None:
        super().__init__(f"these days can't be frozen: {fault}")
        self.fault = fault


class Freeze(BodyOwned, Base):
    """Two people's word that nothing is released on these days (London's). Only its end by two people comes later.

    urgent_allowed: what cannot wait is released all the same, if whoever releases it says why.
    """

    __tablename__ = "release_freeze"
    __table_args__ = (
        Index("ix_release_freeze_last_day", "body_id", "last_day"),
        to_body_row("change", "change_id"),
        CheckConstraint("last_day >= first_day", name="days"),
    )

    change_id: Mapped[UUID]
    first_day: Mapped[date]
    last_day: Mapped[date]
    urgent_allowed: Mapped[bool]
    made_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    def facts(self) -> dict[str, Any]:
        return terms(self.first_day, self.last_day, urgent_allowed=self.urgent_allowed)


def terms(first_day: date, last_day: date, *, urgent_allowed: bool) -> dict[str, Any]:
    """A freeze as a proposal's facts."""
    days = {"first_day": first_day.isoformat(), "last_day": last_day.isoformat()}
    return {**days, "urgent_allowed": urgent_allowed}


def facts_of(session: Session, freeze_id: UUID) -> dict[str, Any]:
    """What stands there: nothing, or a freeze that may be ended."""
    there = session.get(Freeze, (session.info["body_id"], freeze_id))
    return there.facts() if there is not None and there.ended_at is None else {}


def freezes_between(session: Session, first: date, last: date) -> Sequence[Freeze]:
    """The freezes that touch these days and were not ended, in order."""
    live = Freeze.ended_at.is_(None) & (Freeze.last_day >= first) & (Freeze.first_day <= last)
    return session.scalars(select(Freeze).where(live).order_by(Freeze.first_day, Freeze.id)).all()


def propose(
    session: Session,
    first_day: date,
    last_day: date,
    *,
    urgent_allowed: bool,
    change_id: UUID,
    reason: str,
    by: Actor,
    at: datetime,
) -> Change:
    """Propose to release nothing on these days, both included; the change's id is the freeze's.

    Raises FreezeRefused, NotAllowed, and as `change.propose`.
    """
    by.must_be(Role.ADMINISTRATOR, Role.FINANCE)
    there = session.get(Change, (by.body_id, change_id))
    if there is not None:
        return there
    must_be_possible(first_day, last_day, today=london_day(at))
    return change.propose(
        session,
        ChangeKind.FREEZE,
        change_id=change_id,
        subject_id=change_id,
        before={},
        after=terms(first_day, last_day, urgent_allowed=urgent_allowed),
        reason=reason,
        by=by,
        at=at,
    )


def must_be_possible(first_day: date, last_day: date, *, today: date) -> None:
    """Raises FreezeRefused."""
    if last_day < first_day:
        raise FreezeRefused(FreezeFault.ENDS_BEFORE_IT_BEGINS)
    if last_day < today:
        raise FreezeRefused(FreezeFault.OVER)
    if last_day - first_day >= timedelta(days=MOST_DAYS):
        raise FreezeRefused(FreezeFault.TOO_LONG)


def propose_end(session: Session, freeze_id: UUID, *, change_id: UUID, reason: str, by: Actor, at: datetime) -> Change:
    """Propose that a freeze ends now. Raises NotFound, NotNow, NotAllowed, and as `change.propose`."""
    by.must_be(Role.ADMINISTRATOR, Role.FINANCE)
    there = session.get(Freeze, (by.body_id, freeze_id))
    if there is None:
        raise NotFound("freeze", freeze_id)
    if there.ended_at is not None:
        raise NotNow("freeze", "ended", "ended again")
    return change.propose(
        session,
        ChangeKind.FREEZE,
        change_id=change_id,
        subject_id=freeze_id,
        before=there.facts(),
        after={},
        reason=reason,
        by=by,
        at=at,
    )


def apply(session: Session, confirmed: Change, by: Actor, at: datetime) -> None:
    """A confirmed freeze counts at once, for payrolls that are at the gates too. Raises FreezeRefused."""
    if confirmed.before:
        there = session.get_one(Freeze, (confirmed.body_id, confirmed.subject_id), with_for_update=True)
        there.ended_at = at
        session.flush()
        audit.record(session, "freeze.ended", by=by, about=there, at=at)
        return
    first_day, last_day = (date.fromisoformat(confirmed.after[name]) for name in ("first_day", "last_day"))
    must_be_possible(first_day, last_day, today=london_day(at))
    frozen = Freeze(
        body_id=confirmed.body_id,
        id=confirmed.subject_id,
        change_id=confirmed.id,
        first_day=first_day,
        last_day=last_day,
        urgent_allowed=confirmed.after["urgent_allowed"],
        made_at=at,
    )
    session.add(frozen)
    session.flush()
    audit.record(session, "freeze.begun", by=by, about=frozen, at=at, **confirmed.after)
