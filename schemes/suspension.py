"""Suspending an award: nothing is due for some days, or until a second person lifts it and says what of them is paid.

A hold (`schemes.hold`) stops money that is due; for a suspended day nothing is due at all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import CheckConstraint, ColumnElement, Index, select
from sqlalchemy.orm import Mapped, Session

from bacs.calendar import LONDON
from schemes import audit
from schemes.award import Award
from schemes.award_history import DAY, Suspended
from schemes.database import Base, BodyOwned, take_turns, to_body_row
from schemes.errors import NotFound, NotNow, ReasonNotGiven, Refused, SamePerson
from schemes.hold import LIFTERS, PLACERS
from schemes.payee import Beneficiary
from schemes.person import Actor


class SuspensionDay(StrEnum):
    """What is wrong with the days of a suspension."""

    ENDS_BEFORE_START = "ends_before_start"
    REVIEW_MISSING = "review_missing"
    REVIEW_PAST = "review_past"


class SuspensionDayRefused(Refused):
    """Days that cannot be."""

    def __init__(self, why: SuspensionDay) -> None:
        super().__init__(f"a suspension's days: {why}")
        self.why = why


class Spell(NamedTuple):
    """A suspension as a value, with when it was placed and lifted: what was known of it at any instant."""

    from_day: date
    last_day: date | None
    placed_at: datetime
    lifted_at: datetime | None = None
    due_from: date | None = None
    pays_arrears: bool | None = None

    def days(self) -> Suspended | None:
        """The days that are not due, as it stands."""
        if self.lifted_at is None:
            return Suspended(self.from_day, self.last_day)
        assert self.due_from is not None
        if self.pays_arrears or self.due_from <= self.from_day:
            return None
        last = self.due_from - DAY
        return Suspended(self.from_day, last if self.last_day is None else min(last, self.last_day))

    def days_known_at(self, at: datetime) -> Suspended | None:
        """The days that were not due, as it stood at an instant."""
        if self.placed_at > at:
            return None
        lifted = self.lifted_at is not None and self.lifted_at <= at
        return (self if lifted else self._replace(lifted_at=None)).days()


SPELL = Spell._fields


class Suspension(BodyOwned, Base):
    """That an award is not due from `from_day` to `last_day` (included; None: until it is lifted).

    Only the lifting is ever written later. pays_arrears: whether the suspended days become due after all; if not, the
    award is due again from `due_from` on.
    """

    __tablename__ = "suspension"
    __table_args__ = (
        Index("ix_suspension_award", "body_id", "award_id"),
        to_body_row("award", "award_id"),
        CheckConstraint("last_day is null or last_day >= from_day", name="days"),
        CheckConstraint("last_day is not null or review_on is not null", name="review"),
        CheckConstraint("reason <> ''", name="reason"),
        CheckConstraint("lifted_by is null or lifted_by <> placed_by", name="two_people"),
        CheckConstraint(
            "num_nulls(lifted_by, lifted_at, lifted_because, due_from, pays_arrears) in (0, 5) "
            "and coalesce(lifted_because, 'x') <> ''",
            name="lifted",
        ),
    )

    award_id: Mapped[UUID]
    from_day: Mapped[date]
    last_day: Mapped[date | None]
    reason: Mapped[str]
    review_on: Mapped[date | None]
    placed_by: Mapped[UUID]
    placed_at: Mapped[datetime]
    lifted_by: Mapped[UUID | None]
    lifted_at: Mapped[datetime | None]
    lifted_because: Mapped[str | None]
    due_from: Mapped[date | None]
    pays_arrears: Mapped[bool | None]

    def days(self) -> Suspended | None:
        """The days that are not due, as it stands."""
        return Spell(*(getattr(self, name) for name in SPELL)).days()


def suspend(
    session: Session,
    award: Award,
    *,
    suspension_id: UUID,
    from_day: date,
    last_day: date | None,
    reason: str,
    review_on: date | None,
    by: Actor,
    at: datetime,
) -> Suspension:
    """Suspend an award, at once, by one person. The same id again is the same suspension.

    review_on: needed where no last day is known. Raises SuspensionDayRefused, ReasonNotGiven, NotFound, NotAllowed.
    """
    by.must_be(*PLACERS, scheme=award.scheme_id)
    take_turns(session, f"award {award.id}")
    there = session.get(Suspension, (by.body_id, suspension_id))
    if there is not None:
        if there.award_id != award.id:
            raise NotFound("suspension", suspension_id)
        return there
    if last_day is not None and last_day < from_day:
        raise SuspensionDayRefused(SuspensionDay.ENDS_BEFORE_START)
    if last_day is None and review_on is None:
        raise SuspensionDayRefused(SuspensionDay.REVIEW_MISSING)
    if review_on is not None and review_on <= at.astimezone(LONDON).date():
        raise SuspensionDayRefused(SuspensionDay.REVIEW_PAST)
    if not reason.strip():
        raise ReasonNotGiven("suspend this award")
    suspension = Suspension(
        body_id=by.body_id,
        id=suspension_id,
        award_id=award.id,
        from_day=from_day,
        last_day=last_day,
        reason=reason.strip(),
        review_on=review_on,
        placed_by=by.person_id,
        placed_at=at,
    )
    session.add(suspension)
    session.flush()
    of, first = str(suspension_id), from_day.isoformat()
    audit.record(session, "award.suspended", by=by, about=award, at=at, suspension=of, from_day=first)
    return suspension


def lift(
    session: Session,
    suspension: Suspension,
    award: Award,
    *,
    pays_arrears: bool,
    reason: str,
    by: Actor,
    at: datetime,
) -> None:
    """A second person makes an award due again, on a row locked by the caller.

    pays_arrears: whether the days that were suspended are paid after all; else it is due from today on. Raises
    SamePerson for whoever suspended it, NotNow, ReasonNotGiven, NotAllowed.
    """
    by.must_be(*LIFTERS, scheme=award.scheme_id)
    if suspension.lifted_by == by.person_id:
        return
    if suspension.lifted_at is not None:
        raise NotNow("suspension", "lifted", "lifted again")
    if by.person_id == suspension.placed_by:
        raise SamePerson("suspended this award")
    if not reason.strip():
        raise ReasonNotGiven("lift this suspension")
    suspension.lifted_by, suspension.lifted_at, suspension.lifted_because = by.person_id, at, reason.strip()
    suspension.due_from, suspension.pays_arrears = at.astimezone(LONDON).date(), pays_arrears
    session.flush()
    of = str(suspension.id)
    audit.record(
        session, "award.suspension_lifted", by=by, about=award, at=at, suspension=of, pays_arrears=pays_arrears
    )


def get_suspension(session: Session, award_id: UUID, suspension_id: UUID, *, lock: bool = False) -> Suspension:
    """Raises NotFound, for another award's too."""
    found = session.get(Suspension, (session.info["body_id"], suspension_id), with_for_update=lock or None)
    if found is None or found.award_id != award_id:
        raise NotFound("suspension", suspension_id)
    return found


def suspensions_of(session: Session, award_id: UUID) -> Sequence[Suspension]:
    """All suspensions of an award, the newest first."""
    return session.scalars(
        select(Suspension).where(Suspension.award_id == award_id).order_by(Suspension.id.desc())
    ).all()


def suspended_days(session: Session, which: ColumnElement[bool]) -> dict[UUID, tuple[Suspended, ...]]:
    """The days that are not due, by award, of the suspensions that a condition picks."""
    found: dict[UUID, list[Suspended]] = defaultdict(list)
    for suspension in session.scalars(select(Suspension).where(which).order_by(Suspension.id)):
        days = suspension.days()
        if days is not None:
            found[suspension.award_id].append(days)
    return {award_id: tuple(spans) for award_id, spans in found.items()}


def spells(session: Session, which: ColumnElement[bool]) -> dict[UUID, tuple[Spell, ...]]:
    """The suspensions that a condition picks, by award and in order, as values."""
    found: dict[UUID, list[Spell]] = defaultdict(list)
    columns = (getattr(Suspension, name) for name in SPELL)
    for award_id, *spell in session.execute(select(Suspension.award_id, *columns).where(which).order_by(Suspension.id)):
        found[award_id].append(Spell(*spell))
    return {award_id: tuple(one) for award_id, one in found.items()}


class Review(NamedTuple):
    """A suspension whose review is due, and whose award it is."""

    suspension: Suspension
    beneficiary: Beneficiary


def reviews_due(session: Session, today: date, *, limit: int = 20) -> list[Review]:
    """The suspensions whose review day has come and that still hold, the oldest first."""
    holds = (Suspension.last_day.is_(None)) | (Suspension.last_day >= today)
    rows = session.execute(
        select(Suspension, Beneficiary)
        .join(Award, (Award.body_id == Suspension.body_id) & (Award.id == Suspension.award_id))
        .join(Beneficiary, (Beneficiary.body_id == Award.body_id) & (Beneficiary.id == Award.beneficiary_id))
        .where(Suspension.lifted_at.is_(None), Suspension.review_on <= today, holds)
        .order_by(Suspension.review_on, Suspension.id)
        .limit(limit)
    )
    return [Review(*row) for row in rows]
