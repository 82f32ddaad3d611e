"""The remittance advice: which clients a payee is paid for in one payroll, each with the reference on the statement.

A provider gets a payment for each client, or one for all of them; the advice tells what the credits on the bank
statement are for.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from payouts.payment import FREED, Payment
from payouts.payment_item import PaymentItem, of_item
from payouts.payroll import Payroll
from schemes import audit
from schemes.imports.refused import harmless
from schemes.payee import Beneficiary, Payee
from schemes.person import Actor, Role

TAKERS = (Role.PREPARER, Role.FINANCE, Role.APPROVER, Role.RELEASER)
HEADER = (
    "client_reference",
    "client_name",
    "period_from",
    "period_to",
    "payment_reference",
    "amount_pounds",
    "statement_reference",
)


class AdviceLine(NamedTuple):
    """One payment of an advice. Amount in pence. statement_reference: of the credit on the payee's bank statement."""

    payment_id: UUID
    client_reference: str
    client_name: str
    first_day: date
    last_day: date
    payment_reference: str
    amount_pence: int
    statement_reference: str


def paid_in(payroll: Payroll, payee: Payee) -> tuple[ColumnElement[bool], ...]:
    return (
        Payment.payroll_id == payroll.id,
        Payment.payee_id == payee.id,
        Payment.status.not_in(FREED),
    )


def advice_lines(
    session: Session, payroll: Payroll, payee: Payee, *, after: UUID | None = None, limit: int | None = None
) -> Sequence[AdviceLine]:
    """What a payee is paid in a payroll, by the payments' order; cancelled and returned ones are left out."""
    lines = (
        select(
            Payment.id,
            Beneficiary.reference,
            Beneficiary.name,
            Payment.period_first_day,
            Payment.period_last_day,
            Payment.reference,
            Payment.amount_pence,
            func.coalesce(PaymentItem.reference, Payment.reference),
        )
        .join(Beneficiary, (Beneficiary.body_id == Payment.body_id) & (Beneficiary.id == Payment.beneficiary_id))
        .outerjoin(PaymentItem, of_item())
        .where(*paid_in(payroll, payee))
        .order_by(Payment.id)
        .limit(limit)
    )
    if after is not None:
        lines = lines.where(Payment.id > after)
    return [AdviceLine(*row) for row in session.execute(lines)]


def advice_total(session: Session, payroll: Payroll, payee: Payee) -> tuple[int, int]:
    """How many payments, and their sum in pence."""
    count, total = session.execute(
        select(func.count(), func.coalesce(func.sum(Payment.amount_pence), 0)).where(*paid_in(payroll, payee))
    ).one()
    return count, int(total)


def advice_csv(session: Session, payroll: Payroll, payee: Payee, *, by: Actor, at: datetime) -> bytes:
    """The advice as a file for the payee; that it was taken is recorded. Raises NotAllowed."""
    by.must_be(*TAKERS)
    written = io.StringIO(newline="")
    rows = csv.writer(written)
    rows.writerow(HEADER)
    lines = advice_lines(session, payroll, payee)
    for line in lines:
        pounds = f"{line.amount_pence // 100}.{line.amount_pence % 100:02}"
        days = (line.first_day.isoformat(), line.last_day.isoformat())
        texts = (
            line.client_reference,
            line.client_name,
            *days,
            line.payment_reference,
            pounds,
            line.statement_reference,
        )
        rows.writerow([harmless(text) for text in texts])
    audit.record(
        session, "remittance.taken", by=by, about=payee, at=at, payments=len(lines), payroll_id=str(payroll.id)
    )
    return written.getvalue().encode("utf-8-sig")
