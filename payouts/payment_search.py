"""Finding payments of one payroll by a reference or a name, however many it has."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from payouts.payment import Payment, PaymentRow, in_payroll
from payouts.payment_item import PaymentItem, of_item
from payouts.payroll import Payroll
from payouts.returns.returned import ReturnedPayment
from schemes.account import Account
from schemes.hold import is_listed
from schemes.payee import Beneficiary, Mandate, Payee, for_search
from schemes.payee_search import between

MOST_PEOPLE = 1000
"""Of more people whose name begins alike nobody looks through the list."""
MOST_PAYMENTS = 200


def find_payments(session: Session, payroll_id: UUID, search: str, *, limit: int = 50) -> list[PaymentRow]:
    """Payments of a payroll whose reference, or whose payee or beneficiary, begins like that; by ordinal.

    A question each, by an index each: an OR of them all would read the whole payroll.
    """
    reference, name = search.strip().upper(), for_search(search)
    if not reference:
        return []
    questions: list[ColumnElement[bool]] = [between(Payment.reference, reference)]
    item = select(PaymentItem.id).where(PaymentItem.payroll_id == payroll_id)
    questions.append(exists(item.where(between(PaymentItem.reference, reference), of_item())))
    for column, start in ((Payee.reference, reference), (Payee.search_name, name)):
        questions.append(Payment.payee_id.in_(people(session, Payee.id, column, start)))
    for column, start in ((Beneficiary.reference, reference), (Beneficiary.search_name, name)):
        whose = people(session, Beneficiary.id, column, start)
        # a payment has an index by its payee, who is or was paid for the beneficiary, none by the beneficiary
        paid_for_them = select(Mandate.payee_id).where(Mandate.beneficiary_id.in_(whose))
        questions.append(Payment.payee_id.in_(paid_for_them) & Payment.beneficiary_id.in_(whose))
    ids: set[UUID] = set()
    for question in questions:
        ids.update(session.scalars(select(Payment.id).where(in_payroll(payroll_id), question).limit(limit)))
    return payments_by_id(session, payroll_id, ids)[:limit]


def people(
    session: Session, row_id: InstrumentedAttribute[UUID], column: InstrumentedAttribute[str], start: str
) -> list[UUID]:
    if not start:
        return []
    return list(session.scalars(select(row_id).where(between(column, start)).order_by(column).limit(MOST_PEOPLE)))


def payments_by_id(session: Session, payroll_id: UUID, ids: Collection[UUID]) -> list[PaymentRow]:
    """Of some payments those that a payroll makes, with their people, by ordinal."""
    if not ids:
        return []
    rows = session.execute(
        select(Payment, Beneficiary, Payee, Account)
        .join(Beneficiary, (Beneficiary.body_id == Payment.body_id) & (Beneficiary.id == Payment.beneficiary_id))
        .join(Payee, (Payee.body_id == Payment.body_id) & (Payee.id == Payment.payee_id))
        .outerjoin(Account, (Account.body_id == Payment.body_id) & (Account.id == Payment.account_id))
        .where(in_payroll(payroll_id), Payment.id.in_(ids))
        .order_by(Payment.ordinal)
    )
    return [PaymentRow(*row) for row in rows]


class FoundPayment(NamedTuple):
    """A payment of any payroll, with who receives it. case_id: its case, if it came back."""

    payment: Payment
    payee: Payee
    payroll: Payroll
    case_id: UUID | None


def payments_called(session: Session, search: str, *, limit: int = 50) -> list[FoundPayment]:
    """Payments of any payroll whose reference, or the reference of the credit they go in, begins like that.

    The newest first. Of people whose record is restricted, or was erased, none.
    """
    start = search.strip().upper()
    if not start:
        return []
    direct = (
        select(Payment.id).where(between(Payment.reference, start)).order_by(Payment.reference).limit(MOST_PAYMENTS)
    )
    item = select(PaymentItem.payroll_id, PaymentItem.payee_id).where(between(PaymentItem.reference, start))
    ids = set(session.scalars(direct))
    for payroll_id, payee_id in session.execute(item.order_by(PaymentItem.reference).limit(limit)):
        combined = select(Payment.id).where(Payment.payroll_id == payroll_id, Payment.payee_id == payee_id)
        ids.update(session.scalars(combined.where(Payment.combined).limit(limit)))
    rows = session.execute(
        select(Payment, Payee, Payroll, ReturnedPayment.id)
        .join(Payee, (Payee.body_id == Payment.body_id) & (Payee.id == Payment.payee_id))
        .join(Payroll, (Payroll.body_id == Payment.body_id) & (Payroll.id == Payment.payroll_id))
        .outerjoin(
            ReturnedPayment,
            (ReturnedPayment.body_id == Payment.body_id) & (ReturnedPayment.payment_id == Payment.id),
        )
        .where(Payment.id.in_(ids), is_listed())
        .order_by(Payroll.number.desc(), Payment.ordinal)
        .limit(limit)
    )
    return [FoundPayment(*row) for row in rows]
