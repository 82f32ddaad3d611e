"""How a body shares out the gates of a payroll among its people: its pattern of duties, and cover by two for a time.

The pattern is four or three people. Two are cover while others are away: until a day, up to an amount, looked at
afterwards by somebody from outside. A payroll keeps the pattern that it was created under.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bacs.calendar import LONDON
from schemes import audit, change
from schemes.body import DutyPattern, get_body
from schemes.change import Change, ChangeKind
from schemes.database import Base, BodyOwned, new_id, to_body_row
from schemes.errors import Refused
from schemes.person import Actor, Role

# long enough for a holiday or an illness; whoever is away for longer is replaced
MOST_COVER_DAYS = 31


class CoverFault(StrEnum):
    """What is wrong with the terms of a cover."""

    UNTIL_MISSING = "until_missing"
    UNTIL_PAST = "until_past"
    TOO_LONG = "too_long"
    CEILING_MISSING = "ceiling_missing"


class CoverTermsRefused(Refused):
    """A cover without an end or a ceiling, or that lasts too long."""

    def __init__(self, fault: CoverFault) -> None:
        super().__init__(f"a cover by two people: {fault}")
        self.fault = fault


class ReviewsMissing(Refused):
    """Payrolls that two people released under an earlier cover still wait for somebody to look at them (`count`)."""

    def __init__(self, count: int) -> None:
        super().__init__(f"{count} payrolls released under cover wait for a review: they come first")
        self.count = count


class Cover(BodyOwned, Base):
    """That two people may run a payroll. Both days are London's; `until` is the last day of it.

    released, reviewed: how many payrolls were released under it, and how many of these somebody from outside looked at.
    """

    __tablename__ = "cover"
    __table_args__ = (
        to_body_row("change", "change_id"),
        CheckConstraint("ceiling_pence > 0", name="ceiling"),
        CheckConstraint("reviewed between 0 and released", name="reviews"),
    )

    change_id: Mapped[UUID]
    until: Mapped[date]
    ceiling_pence: Mapped[int] = mapped_column(BigInteger)
    begun_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    released: Mapped[int] = mapped_column(default=0)
    reviewed: Mapped[int] = mapped_column(default=0)

    def runs_on(self, day: date) -> bool:
        return self.ended_at is None and day <= self.until


class Duties(NamedTuple):
    """The pattern that counts, with the cover if it is two people."""

    pattern: DutyPattern
    cover: Cover | None


def london_day(at: datetime) -> date:
    return at.astimezone(LONDON).date()


def last_cover(session: Session) -> Cover | None:
    """The cover that was not ended; its day may have passed."""
    return session.scalars(
        select(Cover).where(Cover.ended_at.is_(None)).order_by(Cover.begun_at.desc(), Cover.id.desc()).limit(1)
    ).one_or_none()


def duties_on(session: Session, day: date) -> Duties:
    """What a payroll that is created on a day is run by."""
    cover = last_cover(session)
    if cover is not None and cover.runs_on(day):
        return Duties(DutyPattern.TWO, cover)
    return Duties(get_body(session).duty_pattern, None)


def reviews_missing(session: Session) -> int:
    """How many payrolls that two people released wait for somebody from outside to look at them."""
    return sum(session.scalars(select(Cover.released - Cover.reviewed).where(Cover.released > Cover.reviewed)))


def duties(session: Session) -> dict[str, Any]:
    """The body's duties as a proposal's facts."""
    cover = last_cover(session)
    terms = {"until": cover.until.isoformat(), "ceiling_pence": cover.ceiling_pence} if cover else None
    return {"pattern": get_body(session).duty_pattern.value, "cover": terms}


def propose_duties(
    session: Session,
    pattern: DutyPattern,
    *,
    until: date | None = None,
    ceiling_pence: int | None = None,
    change_id: UUID,
    reason: str,
    by: Actor,
    at: datetime,
) -> Change:
    """Propose four or three people, which ends a cover; or two, until a day (London's) and up to an amount a payroll.

    The same change id again is the same proposal.
    Raises CoverTermsRefused, ReviewsMissing, NotAllowed, and as `change.propose`.
    """
    by.must_be(Role.ADMINISTRATOR)
    there = session.get(Change, (by.body_id, change_id))
    if there is not None:
        return there
    before = duties(session)
    after: dict[str, Any] = {"pattern": pattern.value, "cover": None}
    if pattern is DutyPattern.TWO:
        terms = cover_terms(until, ceiling_pence, today=london_day(at))
        must_be_reviewed(session)
        after = {"pattern": before["pattern"], "cover": terms}
    return change.propose(
        session,
        ChangeKind.DUTIES,
        change_id=change_id,
        subject_id=by.body_id,
        before=before,
        after=after,
        reason=reason,
        by=by,
        at=at,
    )


def cover_terms(until: date | None, ceiling_pence: int | None, *, today: date) -> dict[str, Any]:
    """Raises CoverTermsRefused."""
    if until is None:
        raise CoverTermsRefused(CoverFault.UNTIL_MISSING)
    if until < today:
        raise CoverTermsRefused(CoverFault.UNTIL_PAST)
    if until > today + timedelta(days=MOST_COVER_DAYS):
        raise CoverTermsRefused(CoverFault.TOO_LONG)
    if ceiling_pence is None or ceiling_pence <= 0:
        raise CoverTermsRefused(CoverFault.CEILING_MISSING)
    return {"until": until.isoformat(), "ceiling_pence": ceiling_pence}


def must_be_reviewed(session: Session) -> None:
    """Raises ReviewsMissing."""
    missing = reviews_missing(session)
    if missing:
        raise ReviewsMissing(missing)


def apply_duties(session: Session, confirmed: Change, by: Actor, at: datetime) -> None:
    """A confirmed proposal counts for payrolls created from now on. Raises CoverTermsRefused, ReviewsMissing."""
    body, terms = get_body(session), confirmed.after["cover"]
    running = last_cover(session)
    if running is not None:
        running.ended_at = at
    body.duty_pattern = DutyPattern(confirmed.after["pattern"])
    if terms is not None:
        until = date.fromisoformat(terms["until"])
        cover_terms(until, terms["ceiling_pence"], today=london_day(at))
        must_be_reviewed(session)
        cover = Cover(
            body_id=body.id,
            id=new_id(),
            change_id=confirmed.id,
            until=until,
            ceiling_pence=terms["ceiling_pence"],
            begun_at=at,
        )
        session.add(cover)
    session.flush()
    pattern = DutyPattern.TWO if terms is not None else body.duty_pattern
    audit.record(session, "body.duties_set", by=by, about=body, at=at, pattern=pattern.value)
