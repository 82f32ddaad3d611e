"""The same money by another way: payments of other payrolls and schemes that look like those of this one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased

from payouts.checks.chunk import CheckChunk
from payouts.checks.facts import PayrollFacts
from payouts.checks.finding import Found, Kind
from payouts.payment import Payment, PaymentLine, PaymentStatus, ordinals
from payouts.payroll import Payroll
from schemes.account import Account
from schemes.scheme import Scheme

GONE = (PaymentStatus.CANCELLED, PaymentStatus.TAKEN_OUT, PaymentStatus.RETURNED)


def same_account_and_amount(
    session: Session, payroll: Payroll, chunk: CheckChunk, *, days_back: int
) -> dict[UUID, dict[str, Any]]:
    """By payment: another payroll that pays the same amount into the same account within some days of the pay date.

    Of the same scheme only for the same period: that an award is paid the same each period is how it should be.
    """
    mine, theirs = aliased(Account), aliased(Account)
    other, other_payroll = aliased(Payment), aliased(Payroll)
    since = payroll.pay_date - timedelta(days=days_back)
    rows = session.execute(
        select(Payment.id, other_payroll.number, other_payroll.pay_date)
        .join(mine, (mine.body_id == Payment.body_id) & (mine.id == Payment.account_id))
        .join(theirs, (theirs.body_id == mine.body_id) & (theirs.fingerprint == mine.fingerprint))
        .join(
            other,
            (other.body_id == theirs.body_id) & (other.payee_id == theirs.payee_id) & (other.account_id == theirs.id),
        )
        .join(other_payroll, (other_payroll.body_id == other.body_id) & (other_payroll.id == other.payroll_id))
        .where(
            Payment.payroll_id == payroll.id,
            ordinals(chunk.first, chunk.last),
            other.payroll_id != payroll.id,
            other.amount_pence == Payment.amount_pence,
            other.status.not_in(GONE),
            other_payroll.pay_date.between(since, payroll.pay_date + timedelta(days=days_back)),
            or_(other.scheme_id != Payment.scheme_id, other.period_first_day == Payment.period_first_day),
        )
        .order_by(Payment.id, other_payroll.number)
    )
    found: dict[UUID, dict[str, Any]] = {}
    for payment_id, number, pay_date in rows:
        found.setdefault(payment_id, {"other_payroll": str(number), "paid_on": pay_date.isoformat()})
    return found


def same_period(session: Session, payroll: Payroll, chunk: CheckChunk) -> dict[UUID, str]:
    """By payment: the code of another scheme that pays the same beneficiary for days of the same period."""
    others = session.scalars(select(Scheme.id).where(Scheme.id != payroll.scheme_id)).all()
    if not others:
        return {}
    other = aliased(Payment)
    rows = session.execute(
        select(Payment.id, Scheme.code)
        .join(
            other,
            (other.body_id == Payment.body_id)
            & (other.beneficiary_id == Payment.beneficiary_id)
            & other.scheme_id.in_(others)
            & (other.period_first_day <= payroll.period_last_day)
            & (other.period_last_day >= payroll.period_first_day),
        )
        .join(Scheme, (Scheme.body_id == other.body_id) & (Scheme.id == other.scheme_id))
        .where(Payment.payroll_id == payroll.id, ordinals(chunk.first, chunk.last), other.status.not_in(GONE))
        .order_by(Payment.id, Scheme.code)
    )
    found: dict[UUID, str] = {}
    for payment_id, code in rows:
        found.setdefault(payment_id, code)
    return found


def paid_elsewhere(payment: PaymentLine, facts: PayrollFacts) -> Iterator[Found]:
    """The same amount into the same account by another payroll is mostly the same money twice."""
    if payment.id in facts.paid_elsewhere:
        yield Found(Kind.PAID_ELSEWHERE, payment.id, facts.paid_elsewhere[payment.id])


def period_paid_elsewhere(payment: PaymentLine, facts: PayrollFacts) -> Iterator[Found]:
    """Two schemes may pay one person for the same time; some exclude each other."""
    if payment.id in facts.periods_elsewhere:
        yield Found(Kind.PERIOD_PAID_ELSEWHERE, payment.id, {"scheme": facts.periods_elsewhere[payment.id]})
