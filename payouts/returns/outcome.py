"""What becomes of a returned pound that is not paid again: set off, written off, or kept for now. Always two people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from payouts.ledger.entry import Event
from payouts.ledger.posting import post
from payouts.returns.reissue import payrolls_paying
from payouts.returns.returned import OPEN, CaseStatus, ReturnedPayment
from schemes import audit, proposal
from schemes.bank_details import london_day
from schemes.database import Base, stored, take_turns, to_body_row
from schemes.errors import NotFound, NotNow, ReasonNotGiven, Refused
from schemes.person import Actor, Role
from schemes.proposal import WAITING, Proposal, two_people, waits

PROPOSERS = (Role.PREPARER, Role.FINANCE)
CONFIRMERS = (Role.FINANCE, Role.APPROVER)


class Outcome(StrEnum):
    """Where a returned pound goes instead."""

    KEEP = "keep"
    """It is owed, and waits until a day: for an estate, or for a court."""
    SET_OFF = "set_off"
    """It is owed to nobody any more: an overpayment, or an award that had ended, is made good with it."""
    WRITE_OFF = "write_off"
    """Nobody was found to pay it to, and the body keeps it."""


ENDS = {Outcome.SET_OFF: CaseStatus.RECOVERED, Outcome.WRITE_OFF: CaseStatus.WRITTEN_OFF}
EVENTS = {Outcome.SET_OFF: Event.RECOVERED, Outcome.WRITE_OFF: Event.WRITTEN_OFF}


class ReviewDayRefused(Refused):
    """What is kept is looked at again, on a day that is still to come."""


class BeingPaidAgain(Refused):
    """A payroll is about to pay this payment again."""

    def __init__(self, number: int) -> None:
        super().__init__(f"payroll {number} pays it again")
        self.number = number


class ReturnOutcome(Proposal, Base):
    """A proposal of what becomes of a returned payment. review_on: when what is kept is looked at again."""

    __tablename__ = "return_outcome"
    __table_args__ = (
        Index("uq_return_outcome_waiting", "body_id", "returned_payment_id", unique=True, postgresql_where=WAITING),
        Index("ix_return_outcome_case", "body_id", "returned_payment_id"),
        to_body_row("returned_payment", "returned_payment_id"),
        CheckConstraint("reason <> ''", name="reason"),
        CheckConstraint("(outcome = 'keep') = (review_on is not null)", name="review"),
        *two_people(),
    )

    returned_payment_id: Mapped[UUID]
    outcome: Mapped[Outcome] = mapped_column(stored(Outcome))
    review_on: Mapped[date | None]


def propose(
    session: Session,
    case: ReturnedPayment,
    *,
    outcome_id: UUID,
    outcome: Outcome,
    reason: str,
    review_on: date | None,
    by: Actor,
    at: datetime,
) -> ReturnOutcome:
    """Propose what becomes of a returned payment, on a row locked by the caller. The same id again is the same.

    Raises NotNow, BeingPaidAgain, ReviewDayRefused, ReasonNotGiven, NotAllowed.
    """
    by.must_be(*PROPOSERS, scheme=case.scheme_id)
    take_turns(session, f"returned payment {case.id}")
    there = session.get(ReturnOutcome, (by.body_id, outcome_id))
    if there is not None:
        return there
    must_be_open(session, case)
    if waiting_of(session, case.id) is not None:
        raise NotNow("returned payment", "waiting for a second person", "decided otherwise")
    if not reason.strip():
        raise ReasonNotGiven("do that with the money")
    if outcome is Outcome.KEEP and (review_on is None or review_on <= london_day(at)):
        raise ReviewDayRefused
    made = ReturnOutcome(
        body_id=by.body_id,
        id=outcome_id,
        returned_payment_id=case.id,
        outcome=outcome,
        review_on=review_on if outcome is Outcome.KEEP else None,
        reason=reason.strip(),
        proposed_by=by.person_id,
        proposed_at=at,
    )
    session.add(made)
    session.flush()
    audit.record(session, "return.outcome_proposed", by=by, about=case, at=at, outcome=outcome.value)
    return made


def must_be_open(session: Session, case: ReturnedPayment) -> None:
    """Raises NotNow, BeingPaidAgain."""
    if case.status not in OPEN:
        raise NotNow("returned payment", case.status.replace("_", " "), "decided otherwise")
    payroll = payrolls_paying(session, case)
    if payroll is not None:
        raise BeingPaidAgain(payroll.number)


def confirm(session: Session, case: ReturnedPayment, made: ReturnOutcome, *, by: Actor, at: datetime) -> None:
    """A second person confirms it, on rows locked by the caller: the money goes there.

    Raises SamePerson, NotNow, BeingPaidAgain, NotAllowed.
    """
    by.must_be(*CONFIRMERS, scheme=case.scheme_id)
    if not proposal.may_be_confirmed(made, "proposal", by=by):
        return
    must_be_open(session, case)
    proposal.confirm(session, made, by=by, at=at)
    if made.outcome is Outcome.KEEP:
        case.status = CaseStatus.KEPT
    else:
        case.status, case.ended_at = ENDS[made.outcome], at
        post(session, EVENTS[made.outcome], [case.payment_id], at=at)
    session.flush()
    audit.record(session, "return.outcome_confirmed", by=by, about=case, at=at, outcome=made.outcome.value)


def reject(
    session: Session, case: ReturnedPayment, made: ReturnOutcome, *, reason: str, by: Actor, at: datetime
) -> None:
    """Reject a proposal, or withdraw one's own, on rows locked by the caller.

    Raises NotNow, ReasonNotGiven, NotAllowed.
    """
    if by.person_id != made.proposed_by:
        by.must_be(*CONFIRMERS, scheme=case.scheme_id)
    if proposal.reject(session, made, "proposal", reason=reason, by=by, at=at):
        audit.record(session, "return.outcome_rejected", by=by, about=case, at=at, outcome=made.outcome.value)


def get_outcome(session: Session, case: ReturnedPayment, outcome_id: UUID, *, lock: bool = False) -> ReturnOutcome:
    """Raises NotFound, for another case's proposal too."""
    made = session.get(ReturnOutcome, (session.info["body_id"], outcome_id), with_for_update=lock or None)
    if made is None or made.returned_payment_id != case.id:
        raise NotFound("proposal", outcome_id)
    return made


def waiting_of(session: Session, case_id: UUID) -> ReturnOutcome | None:
    mine = select(ReturnOutcome).where(ReturnOutcome.returned_payment_id == case_id, waits(ReturnOutcome))
    return session.scalars(mine).one_or_none()


def outcomes_of(session: Session, case_id: UUID) -> Sequence[ReturnOutcome]:
    """All that was proposed about a case, the newest first."""
    mine = select(ReturnOutcome).where(ReturnOutcome.returned_payment_id == case_id)
    return session.scalars(mine.order_by(ReturnOutcome.proposed_at.desc())).all()


def waiting(session: Session, *, limit: int = 20) -> Sequence[tuple[ReturnOutcome, ReturnedPayment]]:
    """The proposals that wait for a second person, the oldest first."""
    rows = session.execute(
        select(ReturnOutcome, ReturnedPayment)
        .join(
            ReturnedPayment,
            (ReturnedPayment.body_id == ReturnOutcome.body_id)
            & (ReturnedPayment.id == ReturnOutcome.returned_payment_id),
        )
        .where(waits(ReturnOutcome))
        .order_by(ReturnOutcome.proposed_at, ReturnOutcome.id)
        .limit(limit)
    )
    return [(made, case) for made, case in rows]
