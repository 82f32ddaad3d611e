"""Ledger entries: each is one amount from one account to another, so that the ledger always sums to zero."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from schemes.database import Base, BodyOwned, stored, to_body_row


class LedgerAccount(StrEnum):
    """Where a pound is."""

    SCHEME_EXPENDITURE = "scheme_expenditure"
    APPROVED_TO_PAY = "approved_to_pay"
    WITH_BACS = "with_bacs"


class LedgerEntry(BodyOwned, Base):
    """One movement of one payment's amount, in pence. Never changed: a mistake is righted by another entry."""

    __tablename__ = "ledger_entry"
    __table_args__ = (
        Index("ix_ledger_entry_payroll", "body_id", "payroll_id"),
        Index("ix_ledger_entry_once", "body_id", "payment_id", "debit", "credit", unique=True),
        to_body_row("payroll", "payroll_id"),
        to_body_row("payment", "payment_id"),
        CheckConstraint("amount_pence > 0", name="amount_pence"),
        CheckConstraint("debit <> credit", name="two_accounts"),
    )

    payroll_id: Mapped[UUID]
    payment_id: Mapped[UUID]
    debit: Mapped[LedgerAccount] = mapped_column(stored(LedgerAccount, check="debit"))
    credit: Mapped[LedgerAccount] = mapped_column(stored(LedgerAccount, check="credit"))
    amount_pence: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]


def post_payroll(
    session: Session, payroll_id: UUID, *, debit: LedgerAccount, credit: LedgerAccount, at: datetime
) -> int:
    """Post one entry for each payment of a payroll, in one statement; returns how many."""
    posted: int = session.execute(
        text(
            """
            INSERT INTO ledger_entry (body_id, id, payroll_id, payment_id, debit, credit, amount_pence, at)
            SELECT body_id, uuidv7(), payroll_id, id, :debit, :credit, amount_pence, :at
              FROM payment WHERE payroll_id = :payroll_id AND status <> 'taken_out'
            """
        ),
        {"debit": debit.value, "credit": credit.value, "at": at, "payroll_id": payroll_id},
    ).rowcount  # type: ignore[attr-defined]
    return posted


def balances(session: Session) -> dict[LedgerAccount, int]:
    """The balance of each account in pence, debits less credits, over the whole body."""
    totals = dict.fromkeys(LedgerAccount, 0)
    for account, pence in session.execute(
        select(LedgerEntry.debit, func.sum(LedgerEntry.amount_pence)).group_by(LedgerEntry.debit)
    ):
        totals[account] += int(pence)
    for account, pence in session.execute(
        select(LedgerEntry.credit, func.sum(LedgerEntry.amount_pence)).group_by(LedgerEntry.credit)
    ):
        totals[account] -= int(pence)
    return totals
