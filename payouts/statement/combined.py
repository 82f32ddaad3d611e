"""A credit of several payments that came back: one entry, by the credit's own id or reference and all their amounts.

The entry is matched to the first of the payments that went in the credit; the others came back with it.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session, aliased

from payouts.payment import Payment, PaymentStatus
from payouts.payment_item import PaymentItem, of_item
from payouts.payroll import Payroll
from payouts.statement.entry import BankEntry, Match, Nature
from schemes.bank_profile import BankProfile

BY_ID = and_(BankEntry.payroll_number == Payroll.number, BankEntry.ordinal == PaymentItem.ordinal)
BY_REFERENCE = and_(BankEntry.reference == PaymentItem.reference, BankEntry.reference != "")


def credits_for(which: ColumnElement[bool], fits: ColumnElement[bool]) -> Select[Any]:
    """Entries that a condition picks, each with the credits of several payments that it may be, of just its amount."""
    first = func.array_agg(aggregate_order_by(Payment.id, Payment.ordinal))[1]
    return (
        select(BankEntry.id.label("entry_id"), first.label("payment_id"))
        .select_from(BankEntry)
        .join(PaymentItem, PaymentItem.body_id == BankEntry.body_id)
        .join(Payroll, (Payroll.body_id == PaymentItem.body_id) & (Payroll.id == PaymentItem.payroll_id))
        .join(BankProfile, (BankProfile.body_id == Payroll.body_id) & (BankProfile.id == Payroll.bank_profile_id))
        .join(Payment, of_item())
        .where(
            which,
            fits,
            BankProfile.line_id == BankEntry.line_id,
            Payment.file_id.is_not(None),
            Payment.status.not_in((PaymentStatus.CANCELLED, PaymentStatus.TAKEN_OUT)),
        )
        .group_by(BankEntry.id, BankEntry.amount_pence, PaymentItem.id)
        .having(func.sum(Payment.amount_pence) == BankEntry.amount_pence)
    )


def certain(line_id: UUID, fits: ColumnElement[bool], sent: ColumnElement[bool]) -> Select[tuple[UUID, UUID]]:
    """Returned credits and credits of several payments that fit each other, and no other.

    sent: of payrolls and entries, that the one may have come back as the other.
    """
    waiting = and_(
        BankEntry.line_id == line_id,
        BankEntry.match.is_(None),
        BankEntry.matched_by.is_(None),
        BankEntry.nature == Nature.RETURN,
        sent,
    )
    found = credits_for(waiting, fits).subquery()
    taken = exists().where(BankEntry.match == Match.RETURN, BankEntry.payment_id == found.c.payment_id)
    both = (
        select(
            found.c.entry_id,
            found.c.payment_id,
            func.count().over(partition_by=found.c.entry_id).label("payments"),
            func.count().over(partition_by=found.c.payment_id).label("entries"),
        )
        .where(~taken)
        .subquery()
    )
    return select(both.c.entry_id, both.c.payment_id).where(both.c.payments == 1, both.c.entries == 1)


def may_be(session: Session, entry: BankEntry) -> list[tuple[Payment, Payroll]]:
    """The credits of several payments that an entry may be, by its reference: the first payment of each."""
    found = credits_for(BankEntry.id == entry.id, BY_REFERENCE).subquery()
    rows = session.execute(
        select(Payment, Payroll)
        .join(found, found.c.payment_id == Payment.id)
        .join(Payroll, (Payroll.body_id == Payment.body_id) & (Payroll.id == Payment.payroll_id))
        .order_by(Payroll.pay_date.desc())
    )
    return [(payment, payroll) for payment, payroll in rows]


def came_with(payment_id: Any) -> ColumnElement[bool]:
    """Whether a statement shows a credit in which a payment went with others."""
    mine, first = aliased(Payment, name="mine"), aliased(Payment, name="first")
    return exists().where(
        mine.id == payment_id,
        mine.combined,
        first.body_id == mine.body_id,
        first.payroll_id == mine.payroll_id,
        first.payee_id == mine.payee_id,
        first.account_id == mine.account_id,
        first.combined,
        BankEntry.body_id == first.body_id,
        BankEntry.payment_id == first.id,
        BankEntry.match == Match.RETURN,
    )
