"""Ledger entries: each is one amount from one account to another, so that the ledger always sums to zero."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from schemes.database import Base, BodyOwned, stored, to_body_row


class LedgerAccount(StrEnum):
    """Where a pound is. All but the first are places that a released pound can be in.

    bank: it left the body's account and did not come back. The last three are the ends of a pound that came back:
    another payment was made instead, it is owed to nobody any more, or nobody was found to pay it to.
    """

    SCHEME_EXPENDITURE = "scheme_expenditure"
    APPROVED_TO_PAY = "approved_to_pay"
    WITH_BACS = "with_bacs"
    BANK = "bank"
    RETURNED_AND_HELD = "returned_and_held"
    REISSUED = "reissued"
    RECOVERED = "recovered"
    WRITTEN_OFF = "written_off"


class Event(StrEnum):
    """What happened to a payment's money."""

    RELEASED = "released"
    SUBMITTED = "submitted"
    PAID = "paid"
    WITHDRAWN = "withdrawn"
    REJECTED = "rejected"
    RECALLED = "recalled"
    RETURNED = "returned"
    REISSUED = "reissued"
    RECOVERED = "recovered"
    PAID_BACK = "paid_back"
    WRITTEN_OFF = "written_off"


class LedgerEntry(BodyOwned, Base):
    """One movement of one payment's amount, in pence. Never changed: a mistake is righted by another entry.

    step: which movement of its payment it is, from 1; each debits what the one before credited, so that a pound is in
    one place only. undoes: it takes the movement before it back. accounting_date: the day whose books it stands in.
    """

    __tablename__ = "ledger_entry"
    __table_args__ = (
        Index("ix_ledger_entry_payroll", "body_id", "payroll_id"),
        # those that came back are few: what is held is found among them
        Index(
            "ix_ledger_entry_held",
            "body_id",
            "id",
            postgresql_where=text("credit = 'returned_and_held' OR debit = 'returned_and_held'"),
        ),
        Index("ix_ledger_entry_step", "body_id", "payment_id", "step", unique=True),
        to_body_row("payroll", "payroll_id"),
        to_body_row("payment", "payment_id"),
        CheckConstraint("amount_pence > 0", name="amount_pence"),
        CheckConstraint("debit <> credit", name="two_accounts"),
        CheckConstraint("step >= 1", name="step"),
    )

    payroll_id: Mapped[UUID]
    payment_id: Mapped[UUID]
    event: Mapped[Event] = mapped_column(stored(Event, check="event"))
    step: Mapped[int] = mapped_column(SmallInteger)
    undoes: Mapped[bool]
    debit: Mapped[LedgerAccount] = mapped_column(stored(LedgerAccount, check="debit"))
    credit: Mapped[LedgerAccount] = mapped_column(stored(LedgerAccount, check="credit"))
    amount_pence: Mapped[int] = mapped_column(BigInteger)
    accounting_date: Mapped[date]
    at: Mapped[datetime]
