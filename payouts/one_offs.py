"""Which one-off payments a payroll collects, and withdrawing one before it is paid."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, func, literal, or_, select
from sqlalchemy.orm import Session

from payouts.payment import BACK, LIVE, Payment, PaymentStatus, in_payroll
from payouts.payroll import Payroll, PayrollKind
from payouts.tasks import outbox
from payouts.urgent import UrgentPayment
from schemes import one_off as one_off_rows
from schemes.database import in_chunks
from schemes.errors import NotNow
from schemes.one_off import PROPOSERS
from schemes.one_off_payment import OneOff
from schemes.person import Actor

TO_PAY = and_(OneOff.confirmed_at.is_not(None), OneOff.ended_at.is_(None))


def is_paid(*, but: UUID | None = None) -> ColumnElement[bool]:
    """Whether a payroll pays a one-off payment, or is about to; but: the payroll that does not count.

    One that came back counts as well: it is paid again as what came back, by whoever puts that right.
    """
    came_back = OneOff.id.in_(select(Payment.one_off_id).where(Payment.one_off_id.is_not(None), BACK))
    payment = select(Payment.id).where(Payment.body_id == OneOff.body_id, Payment.one_off_id == OneOff.id, LIVE)
    if but is not None:
        payment = payment.where(Payment.payroll_id != but)
    return or_(payment.exists(), came_back)


def collected(payroll: Payroll) -> ColumnElement[bool]:
    """Of one-off payments those that a payroll collects: confirmed, due by its pay date, and paid by no other."""
    mine = and_(
        OneOff.scheme_id == payroll.scheme_id,
        TO_PAY,
        OneOff.pay_from <= payroll.pay_date,
        ~is_paid(but=payroll.id),
    )
    match payroll.kind:
        case PayrollKind.OFF_CYCLE | PayrollKind.REISSUE:
            return false()
        case PayrollKind.URGENT:
            named = select(UrgentPayment.one_off_id).where(UrgentPayment.payroll_id == payroll.id)
            return and_(mine, OneOff.id.in_(named))
        case PayrollKind.TOP_UP:
            return and_(mine, further_in(payroll))
        case PayrollKind.REGULAR | PayrollKind.ONE_OFF:
            return mine


def further_in(payroll: Payroll) -> ColumnElement[bool]:
    """Of one-off payments the further ones for the period of a payroll, to people whom that period was paid to."""
    paid = select(Payment.id).where(
        Payment.body_id == OneOff.body_id,
        Payment.scheme_id == OneOff.scheme_id,
        Payment.beneficiary_id == OneOff.beneficiary_id,
        Payment.period_first_day == OneOff.period_first_day,
        Payment.component == OneOff.component,
        LIVE,
        Payment.status != PaymentStatus.PREPARED,
    )
    return and_(
        OneOff.scheme_id == payroll.scheme_id,
        OneOff.period_first_day == payroll.period_first_day,
        OneOff.sequence > 1,
        paid.exists(),
    )


def ask_for_chunks(session: Session, payroll: Payroll, *, begin: int, size: int, at: datetime) -> int:
    """Have the one-off payments built that a payroll collects, in chunks from a number on; returns how many chunks."""
    ids = session.scalars(select(OneOff.id).where(collected(payroll)).order_by(OneOff.id))
    asked = 0
    for number, chunk in enumerate(in_chunks(ids, size), start=begin):
        asked += 1
        outbox.add(
            session,
            "payroll.build_one_offs",
            once=f"payroll.build/{payroll.id}/{payroll.build}/{number}",
            at=at,
            payroll_id=str(payroll.id),
            build=payroll.build,
            chunk=number,
            first=str(chunk[0]),
            last=str(chunk[-1]),
        )
    return asked


class Sum(NamedTuple):
    """How many one-off payments, and their pence."""

    payments: int
    pence: int


def paid_by(session: Session, payroll_id: UUID, *payments: UUID) -> Sum:
    """What a payroll pays of one-off payments, by what was entered and confirmed, not by what was built."""
    which = Payment.id.in_(payments) if payments else in_payroll(payroll_id)
    count, pence = session.execute(
        select(func.count(), func.coalesce(func.sum(OneOff.amount_pence), 0))
        .join(Payment, and_(Payment.body_id == OneOff.body_id, Payment.one_off_id == OneOff.id))
        .where(which, Payment.payroll_id == payroll_id, Payment.status != PaymentStatus.CANCELLED)
    ).one()
    return Sum(count, int(pence))


def waiting_for_payroll(session: Session, scheme_id: UUID, *which: ColumnElement[bool]) -> Sum:
    """What of a scheme is confirmed and waits for a payroll."""
    count, pence = session.execute(
        select(func.count(), func.coalesce(func.sum(OneOff.amount_pence), 0)).where(
            OneOff.scheme_id == scheme_id, TO_PAY, ~is_paid(), *(which or (literal(value=True),))
        )
    ).one()
    return Sum(count, int(pence))


def payment_of(session: Session, one_off_id: UUID) -> tuple[Payment, Payroll] | None:
    """The payment that a one-off payment became, and its payroll; the newest, where it was given up before."""
    row = session.execute(
        select(Payment, Payroll)
        .join(Payroll, (Payroll.body_id == Payment.body_id) & (Payroll.id == Payment.payroll_id))
        .where(Payment.one_off_id == one_off_id)
        .order_by(Payment.id.desc())
        .limit(1)
    ).one_or_none()
    return (row[0], row[1]) if row is not None else None


def withdraw(session: Session, one_off: OneOff, *, reason: str, by: Actor, at: datetime) -> None:
    """Withdraw a confirmed one-off payment, on a row locked by the caller, while no payroll pays it.

    Less money takes one person. Saying it twice is saying it once. Raises NotNow while a payroll has it, or when it
    was paid: what is in a payroll is taken out there. Raises ReasonNotGiven, NotAllowed.
    """
    by.must_be(*PROPOSERS, *one_off_rows.CONFIRMERS, scheme=one_off.scheme_id)
    if one_off.ended_by == by.person_id:
        return
    if one_off.ended_at is not None:
        raise NotNow("one-off payment", "ended", "withdrawn")
    paid = select(Payment.id).where(Payment.one_off_id == one_off.id, LIVE).limit(1)
    if session.scalars(paid).first() is not None:
        raise NotNow("one-off payment", "in a payroll", "withdrawn")
    one_off_rows.end(session, one_off, reason=reason, by=by, at=at)


def payrolls_of(session: Session, one_off_ids: Sequence[UUID]) -> dict[UUID, Payroll]:
    """Of some one-off payments those that a payroll pays, or is about to, with that payroll."""
    rows = session.execute(
        select(Payment.one_off_id, Payroll)
        .join(Payroll, (Payroll.body_id == Payment.body_id) & (Payroll.id == Payment.payroll_id))
        .where(Payment.one_off_id.in_(one_off_ids), LIVE)
    )
    return {one_off_id: payroll for one_off_id, payroll in rows if one_off_id is not None}
