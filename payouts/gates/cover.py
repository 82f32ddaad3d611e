"""What holds for a payroll that two people run as cover, and the review of it by somebody from outside."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, aliased

from bacs.calendar import LONDON, Calendar
from payouts.gates.first_use import paid_before
from payouts.payment import Payment, in_payroll
from payouts.payroll import Payroll
from schemes import audit
from schemes.change import Change
from schemes.database import Base, BodyOwned, new_id, to_body_row
from schemes.duties import Cover, london_day
from schemes.errors import NotFound, NotNow, ReasonNotGiven, Refused, SamePerson
from schemes.payee import Payee
from schemes.person import Actor, Role

REVIEWERS = (Role.APPROVER, Role.FINANCE, Role.ADMINISTRATOR)
REVIEW_WITHIN = 5
"""Working days from the release."""
TOLD = 5


class CoverEnded(Refused):
    """The cover that a payroll was created under ended on its day (`until`)."""

    def __init__(self, until: date) -> None:
        super().__init__(f"the cover by two people ended on {until}")
        self.until = until


class OverCeiling(Refused):
    """The payroll is more than two people may pay under the cover. Both in pence."""

    def __init__(self, total_pence: int, ceiling_pence: int) -> None:
        super().__init__(f"the payroll is {total_pence} pence, and the cover's ceiling is {ceiling_pence}")
        self.ceiling_pence = ceiling_pence


class NewBankDetails(Refused):
    """Payments go to bank details that no released payroll has paid to. `references`: of the first such payees."""

    def __init__(self, count: int, references: list[str]) -> None:
        super().__init__(f"{count} payments go to new or changed bank details: {', '.join(references)}")
        self.count = count
        self.references = references


class CoverReview(BodyOwned, Base):
    """That somebody from outside is to look at a payroll that two people released; only their word is written later."""

    __tablename__ = "cover_review"
    __table_args__ = (
        UniqueConstraint("body_id", "payroll_id"),
        to_body_row("payroll", "payroll_id"),
        to_body_row("cover", "cover_id"),
        CheckConstraint(
            "(reviewed_by is null) = (reviewed_at is null) and (reviewed_by is null or coalesce(found, '') <> '')",
            name="reviewed",
        ),
    )

    payroll_id: Mapped[UUID]
    cover_id: Mapped[UUID]
    released_at: Mapped[datetime]
    reviewed_by: Mapped[UUID | None]
    reviewed_at: Mapped[datetime | None]
    found: Mapped[str | None]

    def due_on(self, calendar: Calendar) -> date:
        """The last day for the review. Raises DateBeyondCalendar."""
        return calendar.add_working_days(self.released_at.astimezone(LONDON).date(), REVIEW_WITHIN)


def cover_of(session: Session, payroll: Payroll) -> Cover | None:
    return session.get_one(Cover, (payroll.body_id, payroll.cover_id)) if payroll.cover_id else None


def must_run(session: Session, payroll: Payroll, *, at: datetime) -> None:
    """Raises CoverEnded for a payroll whose cover is over. Of any other pattern nothing is asked."""
    cover = cover_of(session, payroll)
    if cover is not None and london_day(at) > cover.until:
        raise CoverEnded(cover.until)


def must_be_coverable(session: Session, payroll: Payroll, *, at: datetime) -> None:
    """What two people may pay, asked of a built payroll before its files are. Raises CoverEnded, OverCeiling,
    NewBankDetails.
    """
    cover = cover_of(session, payroll)
    if cover is None:
        return
    must_run(session, payroll, at=at)
    if payroll.total_pence > cover.ceiling_pence:
        raise OverCeiling(payroll.total_pence, cover.ceiling_pence)
    earlier = aliased(Payment)
    used = paid_before(payroll, earlier, earlier.account_id == Payment.account_id)
    new = (
        select(Payee.reference)
        .join(Payment, (Payment.body_id == Payee.body_id) & (Payment.payee_id == Payee.id))
        .where(in_payroll(payroll.id), ~used)
    )
    count = session.scalar(select(func.count()).select_from(new.subquery())) or 0
    if count:
        raise NewBankDetails(count, list(session.scalars(new.order_by(Payee.reference).distinct().limit(TOLD))))


def plan_review(session: Session, payroll: Payroll, *, at: datetime) -> None:
    """List a payroll that was just released for review, if two people ran it."""
    if payroll.cover_id is None:
        return
    cover = session.get_one(Cover, (payroll.body_id, payroll.cover_id), with_for_update=True)
    cover.released += 1
    session.add(
        CoverReview(
            body_id=payroll.body_id, id=new_id(), payroll_id=payroll.id, cover_id=payroll.cover_id, released_at=at
        )
    )
    session.flush()


def review_of(session: Session, payroll_id: UUID, *, lock: bool = False) -> CoverReview | None:
    review = select(CoverReview).where(CoverReview.payroll_id == payroll_id)
    return session.scalars(review.with_for_update() if lock else review).one_or_none()


def reviews_waiting(session: Session, *, limit: int = 50) -> Sequence[tuple[CoverReview, Payroll]]:
    """The payrolls that two people released and nobody else has looked at, the oldest first."""
    rows = session.execute(
        select(CoverReview, Payroll)
        .join(Payroll, (Payroll.body_id == CoverReview.body_id) & (Payroll.id == CoverReview.payroll_id))
        .where(CoverReview.reviewed_at.is_(None))
        .order_by(CoverReview.released_at, CoverReview.id)
        .limit(limit)
    )
    return [(review, payroll) for review, payroll in rows]


def is_insider(session: Session, payroll: Payroll, person_id: UUID, *, took_part: frozenset[UUID]) -> bool:
    """Whether a person had a part in a payroll (`took_part`), or in letting two people run it."""
    cover = cover_of(session, payroll)
    assert cover is not None, "only a payroll under cover is reviewed"
    agreed = session.get_one(Change, (cover.body_id, cover.change_id))
    return person_id in took_part | {agreed.proposed_by, agreed.confirmed_by}


def review(
    session: Session, payroll: Payroll, *, found: str, took_part: frozenset[UUID], by: Actor, at: datetime
) -> CoverReview:
    """Somebody from outside looked at a payroll that two people released, and says what they found.

    took_part: everybody who had a part in it. Raises SamePerson, ReasonNotGiven, NotFound, NotNow, NotAllowed.
    """
    by.must_be(*REVIEWERS, scheme=payroll.scheme_id)
    there = review_of(session, payroll.id, lock=True)
    if there is None:
        raise NotFound("review", payroll.id)
    if there.reviewed_by == by.person_id:
        return there
    if there.reviewed_at is not None:
        raise NotNow("payroll", "reviewed", "reviewed again")
    if is_insider(session, payroll, by.person_id, took_part=took_part):
        raise SamePerson("had a part in this payroll, or in letting two people run it")
    if not found.strip():
        raise ReasonNotGiven("think that this payroll is right, or what is wrong")
    cover = session.get_one(Cover, (payroll.body_id, there.cover_id), with_for_update=True)
    there.reviewed_by, there.reviewed_at, there.found = by.person_id, at, found.strip()
    cover.reviewed += 1
    session.flush()
    audit.record(session, "payroll.cover_reviewed", by=by, about=payroll, at=at)
    return there
