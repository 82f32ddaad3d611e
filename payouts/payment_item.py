"""Payments that go to the bank as one: a payee's, of one payroll and into one account, where they want one credit.

Each payment keeps its own key, amount and reference: the item only carries them. Its amount is theirs added up, and its
reference is the payee's, since that is what stands on the payee's bank statement; the remittance advice says what it is
for. A payment that is not combined is an item by itself, under its own ordinal and reference, and has no row here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Index, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session

from payouts.payment import Payment, PaymentLine, PaymentStatus, in_payroll, line_rows
from payouts.payroll import Payroll
from schemes.database import Base, BodyOwned, new_id, to_body_row
from schemes.payee import Payee
from schemes.payment_reference import payment_reference
from schemes.scheme_version import version_of


class PaymentItem(BodyOwned, Base):
    """One credit for several payments. `ordinal` is the lowest of theirs when it was made, so no other item has it."""

    __tablename__ = "payment_item"
    __table_args__ = (
        UniqueConstraint("body_id", "payroll_id", "payee_id", "account_id"),
        UniqueConstraint("body_id", "payroll_id", "ordinal"),
        Index("ix_payment_item_reference", "body_id", "reference"),
        to_body_row("payroll", "payroll_id"),
        to_body_row("payee", "payee_id"),
        to_body_row("account", "account_id"),
    )

    payroll_id: Mapped[UUID]
    payee_id: Mapped[UUID]
    account_id: Mapped[UUID]
    ordinal: Mapped[int]
    reference: Mapped[str]


def of_item() -> ColumnElement[bool]:
    """That a payment is carried by an item: to join the two."""
    return (
        (PaymentItem.body_id == Payment.body_id)
        & (PaymentItem.payroll_id == Payment.payroll_id)
        & (PaymentItem.payee_id == Payment.payee_id)
        & (PaymentItem.account_id == Payment.account_id)
        & Payment.combined
    )


def combines(session: Session) -> frozenset[UUID]:
    """Payees whose payments go as one."""
    return frozenset(session.scalars(select(Payee.id).where(Payee.payments_combined)))


def make_items(session: Session, payroll: Payroll) -> None:
    """Put the combined payments of a payroll that was just built into items. Doing it twice is doing it once."""
    rows = session.execute(
        select(Payment.payee_id, Payment.account_id, func.min(Payment.ordinal), Payee.reference)
        .join(Payee, (Payee.body_id == Payment.body_id) & (Payee.id == Payment.payee_id))
        .outerjoin(PaymentItem, of_item())
        .where(Payment.payroll_id == payroll.id, Payment.combined, PaymentItem.id.is_(None))
        .group_by(Payment.payee_id, Payment.account_id, Payee.reference)
    ).all()
    if not rows:
        return
    definition = version_of(session, payroll.scheme_id, payroll.scheme_version).definition
    for payee_id, account_id, ordinal, whose in rows:
        reference = payment_reference(
            definition.reference, scheme=definition.code, payroll=payroll.number, number=ordinal, reference=whose
        )
        session.add(
            PaymentItem(
                body_id=payroll.body_id,
                id=new_id(),
                payroll_id=payroll.id,
                payee_id=payee_id,
                account_id=account_id,
                ordinal=ordinal,
                reference=reference,
            )
        )
    session.flush()


def item_count(session: Session, payroll_id: UUID) -> int:
    """How many credits the files of a payroll have, or will have."""
    alone = select(func.count()).where(in_payroll(payroll_id), Payment.combined.is_(False))
    together = select(func.count(PaymentItem.id.distinct())).join(Payment, of_item()).where(in_payroll(payroll_id))
    return (session.scalar(alone) or 0) + (session.scalar(together) or 0)


def combined_lines(session: Session, which: ColumnElement[bool]) -> Iterator[tuple[PaymentItem, list[PaymentLine]]]:
    """Items with their payments: a condition on both picks the payments. By the item's ordinal, streamed."""
    rows = session.execute(
        line_rows(PaymentItem).join(PaymentItem, of_item()).where(which).order_by(PaymentItem.ordinal, Payment.ordinal),
        execution_options={"yield_per": 2000},
    )
    for item, mine in groupby(rows, key=itemgetter(-1)):
        yield item, [PaymentLine._make(row[:-1]) for row in mine]


class PaidTogether(NamedTuple):
    """An item as a person reads it. Amount in pence, of the payments that are still made."""

    item: PaymentItem
    payments: int
    total_pence: int


def items_of(session: Session, payments: Sequence[Payment]) -> dict[UUID, PaidTogether]:
    """Of some payments those that go with others, by their ids: in which item, with how many and how much in all."""
    ids = [payment.id for payment in payments if payment.combined]
    if not ids:
        return {}
    items = dict(
        session.execute(select(Payment.id, PaymentItem).join(PaymentItem, of_item()).where(Payment.id.in_(ids))).all()
    )
    gone = (PaymentStatus.CANCELLED, PaymentStatus.TAKEN_OUT)
    sums = session.execute(
        select(PaymentItem.id, func.count(), func.sum(Payment.amount_pence))
        .join(Payment, of_item())
        .where(PaymentItem.id.in_({item.id for item in items.values()}), Payment.status.not_in(gone))
        .group_by(PaymentItem.id)
    )
    figures = {item_id: (count, int(pence)) for item_id, count, pence in sums}
    return {key: PaidTogether(item, *figures.get(item.id, (0, 0))) for key, item in items.items()}


def item_for(session: Session, payroll_id: UUID, payee_id: UUID) -> Sequence[PaymentItem]:
    """The items of a payee in a payroll: one, unless their bank details changed while it was built."""
    mine = select(PaymentItem).where(PaymentItem.payroll_id == payroll_id, PaymentItem.payee_id == payee_id)
    return session.scalars(mine.order_by(PaymentItem.ordinal)).all()


def paid_with(session: Session, payment: Payment) -> Sequence[Payment]:
    """The payments that a bank knows as one with this, itself among them: what happens to the item happens to all."""
    if not payment.combined:
        return [payment]
    return session.scalars(
        select(Payment)
        .where(
            in_payroll(payment.payroll_id),
            Payment.payee_id == payment.payee_id,
            Payment.account_id == payment.account_id,
            Payment.combined,
        )
        .order_by(Payment.ordinal)
    ).all()
