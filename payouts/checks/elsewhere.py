"""The same money by another way: payments of other payrolls and schemes that look like those of this one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import LargeBinary, any_, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from payouts.checks.chunk import CheckChunk
from payouts.checks.facts import PayrollFacts
from payouts.checks.finding import Found, Kind
from payouts.payment import FREED, LIVE, Payment, PaymentLine, ordinals
from payouts.payroll import Payroll
from schemes.account import Account
from schemes.database import one_of
from schemes.scheme import Scheme


class OtherPayroll(NamedTuple):
    """A payroll that may pay the same money, with what a person is told of it."""

    id: UUID
    number: int
    pay_date: date


def others_near(session: Session, payroll: Payroll, *, days_back: int) -> list[OtherPayroll]:
    """The payrolls with a pay date near a payroll's, by number."""
    days = timedelta(days=days_back)
    rows = session.execute(
        select(Payroll.id, Payroll.number, Payroll.pay_date)
        .where(
            Payroll.id != payroll.id,
            Payroll.pay_date.between(payroll.pay_date - days, payroll.pay_date + days),
        )
        .order_by(Payroll.number)
    )
    return [OtherPayroll(*row) for row in rows]


def same_account_and_amount(
    session: Session, payroll: Payroll, chunk: CheckChunk, *, days_back: int
) -> dict[UUID, dict[str, Any]]:
    """By payment: another payroll that pays the same amount into the same account within some days of the pay date.

    Of the same scheme only for the same period: that an award is paid the same each period is how it should be.
    Asked for step by step, each by an index: of payments that were written a moment ago PostgreSQL knows too little to
    join them well, and would look at every pair.
    """
    others = {other.id: other for other in others_near(session, payroll, days_back=days_back)}
    if not others:
        return {}
    mine = session.execute(
        select(Payment.id, Payment.amount_pence, Account.fingerprint)
        .join(Account, (Account.body_id == Payment.body_id) & (Account.id == Payment.account_id))
        .where(Payment.payroll_id == payroll.id, ordinals(chunk.first, chunk.last))
    ).all()
    same = {
        account_id: (payee_id, fingerprint)
        for account_id, payee_id, fingerprint in session.execute(
            select(Account.id, Account.payee_id, Account.fingerprint).where(
                Account.fingerprint == any_(literal(list({row.fingerprint for row in mine}), ARRAY(LargeBinary)))
            )
        )
    }
    paid: dict[tuple[bytes, int], int] = {}
    payees = {payee_id for payee_id, _ in same.values()}
    theirs = select(Payment.account_id, Payment.amount_pence, Payment.payroll_id).where(
        Payment.payee_id == one_of(payees),
        Payment.payroll_id == one_of(others),
        Payment.status.not_in(FREED),
        or_(Payment.scheme_id != payroll.scheme_id, Payment.period_first_day == payroll.period_first_day),
    )
    for account_id, pence, payroll_id in session.execute(theirs):
        if account_id in same:
            key = same[account_id][1], pence
            paid[key] = min(others[payroll_id].number, paid.get(key, others[payroll_id].number))
    of_number = {other.number: other for other in others.values()}
    return {
        payment_id: {"other_payroll": str(number), "paid_on": of_number[number].pay_date.isoformat()}
        for payment_id, pence, fingerprint in mine
        if (number := paid.get((fingerprint, pence))) is not None
    }


def same_period(session: Session, payroll: Payroll, chunk: CheckChunk) -> dict[UUID, str]:
    """By payment: the code of another scheme that pays the same beneficiary for days of the same period."""
    others = dict(session.execute(select(Scheme.id, Scheme.code).where(Scheme.id != payroll.scheme_id)).all())
    if not others:
        return {}
    mine = session.execute(
        select(Payment.id, Payment.beneficiary_id).where(
            Payment.payroll_id == payroll.id, ordinals(chunk.first, chunk.last)
        )
    ).all()
    paid: dict[UUID, str] = {}
    # in the words of the permanent key's index, which has them by beneficiary
    theirs = select(Payment.beneficiary_id, Payment.scheme_id).where(
        Payment.scheme_id == one_of(others),
        Payment.beneficiary_id == one_of({beneficiary_id for _, beneficiary_id in mine}),
        Payment.period_first_day <= payroll.period_last_day,
        Payment.period_last_day >= payroll.period_first_day,
        LIVE,
    )
    for beneficiary_id, scheme_id in session.execute(theirs):
        paid[beneficiary_id] = min(others[scheme_id], paid.get(beneficiary_id, others[scheme_id]))
    return {payment_id: paid[beneficiary_id] for payment_id, beneficiary_id in mine if beneficiary_id in paid}


def paid_elsewhere(payment: PaymentLine, facts: PayrollFacts) -> Iterator[Found]:
    """The same amount into the same account by another payroll is mostly the same money twice."""
    if payment.id in facts.paid_elsewhere:
        yield Found(Kind.PAID_ELSEWHERE, payment.id, facts.paid_elsewhere[payment.id])


def period_paid_elsewhere(payment: PaymentLine, facts: PayrollFacts) -> Iterator[Found]:
    """Two schemes may pay one person for the same time; some exclude each other."""
    if payment.id in facts.periods_elsewhere:
        yield Found(Kind.PERIOD_PAID_ELSEWHERE, payment.id, {"scheme": facts.periods_elsewhere[payment.id]})
