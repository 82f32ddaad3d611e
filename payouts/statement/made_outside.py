"""Which debits of a statement are payments that somebody made outside: in the bank's portal, or by a cheque."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from payouts.payment import Payment, PaymentStatus
from payouts.payroll import Payroll
from payouts.statement.entry import BankEntry, Match
from payouts.urgent import PayMethod, UrgentPayment
from schemes.bank_profile import BankProfile
from schemes.duties import london_day

TAKEN_WITHIN = timedelta(days=190)
"""From the day of a cheque to the last on which a bank takes it: six months by custom, and a few days for its way."""


def match_made_outside(session: Session, line_id: UUID, *, at: datetime) -> int:
    """Match debits of an account that can be only one such payment: by the bank's reference or the cheque's number.

    One made in the portal also by its amount on the day on which it was made. Where two payments or two debits fit
    alike, a person says.
    """
    waiting = waiting_on(session, line_id)
    if not waiting:
        return 0
    amounts = {payment.amount_pence for payment, _ in waiting}
    debits = session.scalars(
        select(BankEntry)
        .where(
            BankEntry.line_id == line_id,
            BankEntry.match.is_(None),
            BankEntry.matched_by.is_(None),
            ~BankEntry.is_credit,
            BankEntry.hint_id.is_(None),
            BankEntry.amount_pence.in_(amounts),
        )
        .order_by(BankEntry.id)
        .limit(1000)
    ).all()
    fits = [(entry, payment) for entry in debits for payment, urgent in waiting if is_it(entry, payment, urgent)]
    entries, payments = Counter(one.id for one, _ in fits), Counter(one.id for _, one in fits)
    certain = [(entry, payment) for entry, payment in fits if entries[entry.id] == payments[payment.id] == 1]
    for entry, payment in certain:
        entry.match, entry.payment_id, entry.matched_at = Match.MADE_OUTSIDE, payment.id, at
    session.flush()
    return len(certain)


def waiting_on(session: Session, line_id: UUID) -> list[tuple[Payment, UrgentPayment]]:
    """Payments that were made outside from an account and stand on no statement yet."""
    booked = select(BankEntry.id).where(BankEntry.match == Match.MADE_OUTSIDE, BankEntry.payment_id == Payment.id)
    rows = session.execute(
        select(Payment, UrgentPayment)
        .join(UrgentPayment, UrgentPayment.payroll_id == Payment.payroll_id)
        .join(Payroll, (Payroll.body_id == Payment.body_id) & (Payroll.id == Payment.payroll_id))
        .join(BankProfile, (BankProfile.body_id == Payroll.body_id) & (BankProfile.id == Payroll.bank_profile_id))
        .where(
            BankProfile.line_id == line_id,
            UrgentPayment.made_at.is_not(None),
            Payment.status.in_((PaymentStatus.SUBMITTED, PaymentStatus.PAID)),
            ~booked.correlate(Payment).exists(),
        )
        .order_by(Payment.id)
    )
    return [(payment, urgent) for payment, urgent in rows]


def is_it(entry: BankEntry, payment: Payment, urgent: UrgentPayment) -> bool:
    if urgent.made_at is None or entry.amount_pence != payment.amount_pence:
        return False
    made_on: date = london_day(urgent.made_at)
    if not made_on <= entry.booked_on <= made_on + TAKEN_WITHIN:
        return False
    named = urgent.reference in (entry.bank_reference, entry.reference)
    return named or (urgent.method is PayMethod.BANK_PORTAL and entry.booked_on == made_on)
