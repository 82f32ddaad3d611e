"""Payments to two payees who are probably one person, and whom nobody has told apart or merged yet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from payouts.checks.facts import PayrollFacts
from payouts.checks.finding import Found, Kind
from payouts.payment import Payment, PaymentLine
from payouts.payroll import Payroll
from schemes.duplicates.likeness import Likelihood
from schemes.duplicates.pair import DuplicatePair, PairStatus
from schemes.payee import Payee


def paid_here(session: Session, payroll: Payroll) -> dict[UUID, list[str]]:
    """For each payee of a probable pair whose two sides are both paid in a payroll: the other's reference."""
    first, second = aliased(Payee), aliased(Payee)
    rows = session.execute(
        select(first.id, first.reference, second.id, second.reference)
        .select_from(DuplicatePair)
        .join(first, (first.body_id == DuplicatePair.body_id) & (first.id == DuplicatePair.first_payee_id))
        .join(second, (second.body_id == DuplicatePair.body_id) & (second.id == DuplicatePair.second_payee_id))
        .where(
            DuplicatePair.status == PairStatus.OPEN,
            DuplicatePair.likelihood == Likelihood.LIKELY,
            *(is_paid(payroll, payee_id) for payee_id in (DuplicatePair.first_payee_id, DuplicatePair.second_payee_id)),
        )
    )
    others: dict[UUID, list[str]] = defaultdict(list)
    for first_id, first_reference, second_id, second_reference in rows:
        others[first_id].append(second_reference)
        others[second_id].append(first_reference)
    return dict(others)


def is_paid(payroll: Payroll, payee_id: InstrumentedAttribute[UUID]) -> ColumnElement[bool]:
    return (
        select(Payment.id)
        .where(Payment.body_id == payroll.body_id, Payment.payee_id == payee_id, Payment.payroll_id == payroll.id)
        .correlate(DuplicatePair)
        .exists()
    )


def paid_twice(payment: PaymentLine, facts: PayrollFacts) -> Iterator[Found]:
    """One person under two references is paid twice, each payment right by itself."""
    others = facts.duplicates.get(payment.payee_id)
    if others:
        yield Found(Kind.POSSIBLY_ONE_PERSON, payment.id, {"others": ", ".join(sorted(others))})
