"""One-off payments in the difference to the last payroll: those of this time, and those of last time, to the penny.

They belong to no award, so no award's story explains them. What counts is what two people confirmed: were a payment
built with another amount, the rest would be told as unexplained.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from payouts.difference.comparison import Comparison, add_to_causes, take_from_causes
from payouts.difference.explanation import Cause
from payouts.one_offs import paid_by
from payouts.payment import Payment, PaymentStatus, in_payroll
from payouts.payroll import Payroll, PayrollKind
from payouts.returns.reissue import paid_again_by
from schemes.one_off_payment import OneOff
from schemes.payee import Beneficiary

Row = tuple[str, str, str, int, int, int, str]


def account_for(session: Session, payroll: Payroll, comparison: Comparison) -> None:
    """Add the one-off payments of both payrolls to the causes and the figures of a comparison.

    What a payroll pays again is as little an award's: it is accounted for by the payments that came back.
    """
    if payroll.kind is PayrollKind.REISSUE:
        again = paid_again_by(session, payroll.id)
        add_to_causes(session, payroll, {Cause.REISSUES: (again.payments, again.pence, 0)})
        comparison.now_count += again.payments
        comparison.now_pence += again.pence
        return
    now = paid_by(session, payroll.id)
    if now.payments:
        add_to_causes(session, payroll, {Cause.ONE_OFFS: (now.payments, now.pence, 0)})
        comparison.now_count += now.payments
        comparison.now_pence += now.pence
    then = paid_by(session, comparison.against_id) if comparison.against_id else None
    if then is not None and then.payments:
        add_to_causes(session, payroll, {Cause.ONE_OFFS_LAST_TIME: (then.payments, 0, then.pence)})
        comparison.then_count += then.payments
        comparison.then_pence += then.pence


def take_back(session: Session, payroll: Payroll, taken: Collection[Payment]) -> None:
    """Take one-off payments that have just left a payroll out of its causes."""
    if payroll.kind is PayrollKind.REISSUE:
        gone = paid_again_by(session, payroll.id, *(payment.id for payment in taken))
        take_from_causes(session, payroll, {Cause.REISSUES: (gone.payments, gone.pence, 0)})
        return
    leaving = [payment.id for payment in taken if payment.one_off_id is not None]
    if leaving:
        gone = paid_by(session, payroll.id, *leaving)
        take_from_causes(session, payroll, {Cause.ONE_OFFS: (gone.payments, gone.pence, 0)})


def rows_of(session: Session, payroll: Payroll, comparison: Comparison) -> Iterator[Row]:
    """The one-off payments of both payrolls, or what one pays again, as rows of the difference's file."""
    if payroll.kind is PayrollKind.REISSUE:
        for reference, name, pence in again_rows(session, payroll.id):
            yield Cause.REISSUES.value, reference, name, pence, 0, pence, ""
        return
    for cause, payroll_id in ((Cause.ONE_OFFS, payroll.id), (Cause.ONE_OFFS_LAST_TIME, comparison.against_id)):
        for reference, name, pence in paid_rows(session, payroll_id) if payroll_id else ():
            now = pence if cause is Cause.ONE_OFFS else 0
            yield cause.value, reference, name, 2 * now - pence, pence - now, now, ""


def again_rows(session: Session, payroll_id: UUID) -> Iterator[Any]:
    yield from session.execute(
        select(Beneficiary.reference, Beneficiary.name, Payment.amount_pence)
        .join(Payment, (Payment.body_id == Beneficiary.body_id) & (Payment.beneficiary_id == Beneficiary.id))
        .where(in_payroll(payroll_id), Payment.status != PaymentStatus.CANCELLED)
        .order_by(Payment.ordinal)
        .execution_options(yield_per=2000)
    )


def paid_rows(session: Session, payroll_id: UUID) -> Iterator[Any]:
    yield from session.execute(
        select(Beneficiary.reference, Beneficiary.name, OneOff.amount_pence)
        .join(OneOff, (OneOff.body_id == Beneficiary.body_id) & (OneOff.beneficiary_id == Beneficiary.id))
        .join(Payment, (Payment.body_id == OneOff.body_id) & (Payment.one_off_id == OneOff.id))
        .where(in_payroll(payroll_id), Payment.status != PaymentStatus.CANCELLED)
        .order_by(Payment.ordinal)
        .execution_options(yield_per=2000)
    )
