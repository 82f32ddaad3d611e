"""That the bank took a payment which was made outside: by the statement, or by what a person knows. Then it is over."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from payouts.ledger.entry import Event
from payouts.ledger.posting import post
from payouts.payment import CAME_BACK, Payment, PaymentStatus, in_payroll
from payouts.payroll import Payroll, PayrollStatus, move, move_payments
from payouts.statement.entry import BankEntry, Match
from payouts.urgent import UrgentPayment, urgent_of
from schemes import audit
from schemes.errors import NotNow, ReasonNotGiven
from schemes.person import Actor, Role


def follow(session: Session, payroll: Payroll, *, at: datetime) -> None:
    """Close a payment made outside, its payroll locked by the caller, if the statement shows it or it came back."""
    urgent = urgent_of(session, payroll)
    if urgent is None or not urgent.is_made or payroll.status is not PayrollStatus.SUBMITTED:
        return
    payment = session.scalars(select(Payment).where(in_payroll(payroll.id))).one()
    if payment.status in CAME_BACK:
        move(session, payroll, PayrollStatus.REJECTED, by=None, at=at)
        return
    booked = session.scalars(
        select(BankEntry).where(BankEntry.match == Match.MADE_OUTSIDE, BankEntry.payment_id == payment.id).limit(1)
    ).first()
    if booked is not None:
        clear(session, payroll, urgent, because=f"statement entry of {booked.booked_on}", by=None, at=at)


def record_cleared(session: Session, payroll: Payroll, *, because: str, by: Actor, at: datetime) -> UrgentPayment:
    """A finance officer knows that the bank took a payment made outside, on a payroll locked by the caller.

    because: how they know, as in the statement's number. Recording it twice is recording it once. Raises
    ReasonNotGiven, NotNow (not made, or it came back), NotAllowed.
    """
    by.must_be(Role.FINANCE, scheme=payroll.scheme_id)
    urgent = urgent_of(session, payroll)
    if urgent is None or urgent.method.has_file:
        raise NotNow("payroll", "one that goes by files", "recorded as taken by the bank")
    if urgent.cleared_at is not None:
        return urgent
    if payroll.status is not PayrollStatus.SUBMITTED:
        raise NotNow("payroll", payroll.status, "recorded as taken by the bank")
    came_back = select(Payment.id).where(in_payroll(payroll.id), Payment.status.in_(CAME_BACK))
    if session.scalars(came_back).first() is not None:
        raise NotNow("payment", "back again", "recorded as taken by the bank")
    if not because.strip():
        raise ReasonNotGiven("know that the bank took it")
    clear(session, payroll, urgent, because=because.strip(), by=by, at=at)
    return urgent


def clear(
    session: Session, payroll: Payroll, urgent: UrgentPayment, *, because: str, by: Actor | None, at: datetime
) -> None:
    urgent.cleared_at, urgent.cleared_because = at, because
    urgent.cleared_by = by.person_id if by else None
    session.flush()
    audit.record(session, "payroll.cleared_outside", by=by, about=payroll, at=at, method=urgent.method.value)
    move(session, payroll, PayrollStatus.ACCEPTED, by=by, at=at)
    move_payments(session, payroll, PaymentStatus.PAID)
    post(session, Event.PAID, select(Payment.id).where(in_payroll(payroll.id)), at=at)
    move(session, payroll, PayrollStatus.CLOSED, by=by, at=at)
