"""The work list of what came back: how old each case is, whose it is, and what has to be done next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from payouts.payment import Payment
from payouts.payroll import Payroll
from payouts.returns.reason import Reason
from payouts.returns.returned import OPEN, CaseStatus, ReturnedPayment
from schemes import audit
from schemes.account import Account, in_use_on
from schemes.bank_details import london_day, proposal_of
from schemes.claim import standing_of
from schemes.claim import waiting_of as claim_waiting_of
from schemes.errors import NotNow
from schemes.hold import Hold, HoldKind
from schemes.payee import Beneficiary, Payee
from schemes.person import Actor, Role

WORKERS = (Role.PREPARER, Role.FINANCE)


class Next(StrEnum):
    """What has to be done next about a case, worked out from the register as it is."""

    CONFIRM_DEATH = "confirm_death"
    CONFIRM_CLAIM = "confirm_claim"
    LIFT_HOLD = "lift_hold"
    ASK_FOR_DETAILS = "ask_for_details"
    CONFIRM_DETAILS = "confirm_details"
    WAIT = "wait"
    FIND_OUT = "find_out"
    PAY_AGAIN = "pay_again"
    NOTHING = "nothing"


class CaseRow(NamedTuple):
    """A case as a person reads it, with the payment, its payroll and the people."""

    case: ReturnedPayment
    payment: Payment
    payroll: Payroll
    payee: Payee
    beneficiary: Beneficiary


def cases(session: Session, *, after: UUID | None = None, mine: UUID | None = None, limit: int = 50) -> list[CaseRow]:
    """The cases that somebody has to do something about, the oldest first, those after one; or only somebody's own."""
    rows = joined().where(ReturnedPayment.status.in_(OPEN)).order_by(ReturnedPayment.opened_at, ReturnedPayment.id)
    if mine is not None:
        rows = rows.where(ReturnedPayment.owner_id == mine)
    if after is not None:
        there = session.get(ReturnedPayment, (session.info["body_id"], after))
        if there is not None:
            later = (ReturnedPayment.opened_at > there.opened_at) | (
                (ReturnedPayment.opened_at == there.opened_at) & (ReturnedPayment.id > there.id)
            )
            rows = rows.where(later)
    return [CaseRow(*row) for row in session.execute(rows.limit(limit))]


def row_of(session: Session, case: ReturnedPayment) -> CaseRow:
    return CaseRow(*session.execute(joined().where(ReturnedPayment.id == case.id)).one())


def joined() -> Select[ReturnedPayment, Payment, Payroll, Payee, Beneficiary]:
    return (
        select(ReturnedPayment, Payment, Payroll, Payee, Beneficiary)
        .join(Payment, (Payment.body_id == ReturnedPayment.body_id) & (Payment.id == ReturnedPayment.payment_id))
        .join(Payroll, (Payroll.body_id == ReturnedPayment.body_id) & (Payroll.id == ReturnedPayment.payroll_id))
        .join(Payee, (Payee.body_id == Payment.body_id) & (Payee.id == Payment.payee_id))
        .join(Beneficiary, (Beneficiary.body_id == Payment.body_id) & (Beneficiary.id == Payment.beneficiary_id))
    )


class Waiting(NamedTuple):
    """How many cases are open, their pence, and since when the oldest."""

    cases: int
    pence: int
    oldest: datetime | None


def waiting(session: Session, *, payroll_id: UUID | None = None) -> Waiting:
    """What came back and is not put right, in the body or of one payroll."""
    found = select(func.count(), func.sum(ReturnedPayment.amount_pence), func.min(ReturnedPayment.opened_at)).where(
        ReturnedPayment.status.in_(OPEN)
    )
    if payroll_id is not None:
        found = found.where(ReturnedPayment.payroll_id == payroll_id)
    count, pence, oldest = session.execute(found).one()
    return Waiting(count, int(pence or 0), oldest)


def next_of(session: Session, row: CaseRow, *, at: datetime) -> Next:
    """What has to be done next about one case. One look at a case, not for lists."""
    case, payment = row.case, row.payment
    if case.status not in OPEN:
        return Next.NOTHING
    instead = standing_of(session, payment.payee_id, payment.beneficiary_id, day=london_day(at))
    if instead is None and claim_waiting_of(session, payment.payee_id, payment.beneficiary_id) is not None:
        return Next.CONFIRM_CLAIM
    payee_id = instead.to_payee_id if instead else payment.payee_id
    held = select(Hold.kind).where(
        (Hold.payee_id == payee_id) | (Hold.beneficiary_id == payment.beneficiary_id), Hold.lifted_at.is_(None)
    )
    kinds = set(session.scalars(held)) - ({HoldKind.DECEASED} if instead else set())
    if kinds:
        died = case.reason is Reason.DECEASED or HoldKind.DECEASED in kinds
        return Next.CONFIRM_DEATH if died else Next.LIFT_HOLD
    return next_of_details(session, case, payment, payee_id, at=at)


def next_of_details(session: Session, case: ReturnedPayment, payment: Payment, payee_id: UUID, *, at: datetime) -> Next:
    """What has to be done next where nobody's payments are stopped: it hangs on the bank details."""
    account = in_use_on(session, payee_id, london_day(at))
    if account is None or account.stopped_as is not None:
        if proposal_of(session, payee_id):
            return Next.CONFIRM_DETAILS
        cools_off = select(Account.id).where(
            Account.payee_id == payee_id,
            Account.confirmed_at.is_not(None),
            Account.stopped_at.is_(None),
            Account.usable_from > london_day(at),
        )
        return Next.WAIT if session.scalars(cools_off.limit(1)).first() else Next.ASK_FOR_DETAILS
    unsure = (Reason.OURS, Reason.DUPLICATE, Reason.UNKNOWN, Reason.REQUESTED)
    if case.reason in unsure and account.id == payment.account_id:
        return Next.FIND_OUT
    return Next.PAY_AGAIN


def assign(session: Session, case: ReturnedPayment, *, by: Actor, at: datetime) -> None:
    """Somebody takes a case as their own, on a row locked by the caller; from somebody else too. Raises NotNow."""
    by.must_be(*WORKERS, scheme=case.scheme_id)
    if case.owner_id == by.person_id:
        return
    if case.status not in OPEN:
        raise NotNow("returned payment", case.status.replace("_", " "), "taken on")
    case.owner_id, case.owned_at = by.person_id, at
    session.flush()
    audit.record(session, "return.assigned", by=by, about=case, at=at)


def cases_of_payroll(session: Session, payroll_id: UUID) -> dict[CaseStatus, tuple[int, int]]:
    """How many cases of a payroll are where, and their pence."""
    rows = session.execute(
        select(ReturnedPayment.status, func.count(), func.sum(ReturnedPayment.amount_pence))
        .where(ReturnedPayment.payroll_id == payroll_id)
        .group_by(ReturnedPayment.status)
    )
    return {status: (count, int(pence)) for status, count, pence in rows}


def of_payee(session: Session, payee_id: UUID, *, limit: int = 20) -> Sequence[ReturnedPayment]:
    """What came back from a payee, the newest first."""
    mine = select(ReturnedPayment).where(ReturnedPayment.payee_id == payee_id)
    return session.scalars(mine.order_by(ReturnedPayment.opened_at.desc()).limit(limit)).all()


def account_of(session: Session, payment: Payment) -> Account | None:
    """The version of the bank details that a payment went to; None of a cheque."""
    if payment.account_id is None:
        return None
    return session.get_one(Account, (payment.body_id, payment.account_id))
