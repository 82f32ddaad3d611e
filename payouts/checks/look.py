"""One finding with all that a person needs to judge it: the payment, its bank details, what was paid before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from payouts.checks.finding import Finding, FindingRow, Kind, findings_where, get_finding
from payouts.payment import LIVE, Payment, in_payroll
from payouts.payroll import Payroll
from schemes.account import Account
from schemes.payee import Payee

MOST = 10
EARLIER = 3


class Before(NamedTuple):
    """What the award was paid for an earlier period: by which payroll, when, and how many pence."""

    payroll_id: UUID
    number: int
    pay_date: date
    amount_pence: int
    same_account: bool


class Look(NamedTuple):
    """A finding as it lies on the desk. others: further payees whom the payroll pays into the same account."""

    row: FindingRow
    account: Account | None
    before: Sequence[Before]
    others: Sequence[Payee]


def look_at(session: Session, payroll_id: UUID, finding_id: UUID) -> Look:
    """Raises NotFound, for a finding of another payroll too."""
    finding = get_finding(session, payroll_id, finding_id)
    [row] = findings_where(session, Finding.id == finding.id)
    if row.payment is None:
        return Look(row, None, (), ())
    before = paid_before(session, row.payment)
    if row.payment.account_id is None:
        return Look(row, None, before, ())
    account = session.get_one(Account, (finding.body_id, row.payment.account_id))
    return Look(row, account, before, others_paid_into(session, payroll_id, account))


def paid_before(session: Session, payment: Payment) -> Sequence[Before]:
    """The award's last payments for earlier periods, newest first, by the permanent key; of a one-off payment none."""
    if payment.award_id is None:
        return ()
    rows = session.execute(
        select(Payroll.id, Payroll.number, Payroll.pay_date, Payment.amount_pence, Payment.account_id)
        .join(Payroll, (Payroll.body_id == Payment.body_id) & (Payroll.id == Payment.payroll_id))
        .where(
            Payment.scheme_id == payment.scheme_id,
            Payment.beneficiary_id == payment.beneficiary_id,
            Payment.period_first_day < payment.period_first_day,
            Payment.award_id == payment.award_id,
            LIVE,
        )
        .order_by(Payment.period_first_day.desc(), Payment.id.desc())
        .limit(EARLIER)
    )
    return [Before(*row[:4], same_account=row[4] == payment.account_id) for row in rows]


def others_paid_into(session: Session, payroll_id: UUID, account: Account) -> Sequence[Payee]:
    """Other payees than the account's whom a payroll pays into the same account, the first few by reference."""
    # a payment has an index by its payee, none by its account
    paid = (Payment.payee_id == Account.payee_id) & (Payment.account_id == Account.id)
    payees = (
        select(Payee)
        .join(Account, (Account.body_id == Payee.body_id) & (Account.payee_id == Payee.id))
        .join(Payment, (Payment.body_id == Account.body_id) & paid)
        .where(Account.fingerprint == account.fingerprint, Payee.id != account.payee_id, in_payroll(payroll_id))
        .distinct()
        .order_by(Payee.reference, Payee.id)
        .limit(MOST)
    )
    return session.scalars(payees).all()


def next_open(session: Session, payroll_id: UUID, kind: Kind, *, after: UUID | None = None) -> UUID | None:
    """The finding of a kind that waits for a reason, next after another one and then from the start."""
    waiting = (
        select(Finding.id)
        .where(Finding.payroll_id == payroll_id, Finding.kind == kind, Finding.accepted_at.is_(None))
        .order_by(Finding.id)
        .limit(1)
    )
    if after is not None:
        found = session.scalars(waiting.where(Finding.id > after)).first()
        if found is not None:
            return found
    return session.scalars(waiting).first()
