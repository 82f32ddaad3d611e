"""Payments to two payees who are probably one person, and whom nobody has told apart or merged yet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from payouts.checks.facts import PayrollFacts
from payouts.checks.finding import Found, Kind
from payouts.payment import Payment, PaymentLine, in_payroll
from payouts.payroll import Payroll
from schemes.duplicates.likeness import Likelihood
from schemes.duplicates.pair import DuplicatePair, PairStatus
from schemes.payee import Payee


def paid_here(session: Session, payroll: Payroll, payee_ids: Select[UUID]) -> dict[UUID, list[str]]:
    """For each of some payees who is one of a probable pair, both paid in a payroll: the other's reference."""
    others: dict[UUID, list[str]] = defaultdict(list)
    sides = (DuplicatePair.first_payee_id, DuplicatePair.second_payee_id)
    for mine, theirs in (sides, sides[::-1]):
        rows = session.execute(
            select(mine, Payee.reference)
            .join(Payee, (Payee.body_id == DuplicatePair.body_id) & (Payee.id == theirs))
            .where(
                DuplicatePair.status == PairStatus.OPEN,
                DuplicatePair.likelihood == Likelihood.LIKELY,
                mine.in_(payee_ids),
                is_paid(payroll, theirs),
            )
        )
        for payee_id, reference in rows:
            others[payee_id].append(reference)
    return dict(others)


def is_paid(payroll: Payroll, payee_id: InstrumentedAttribute[UUID]) -> ColumnElement[bool]:
    return (
        select(Payment.id)
        .where(Payment.body_id == payroll.body_id, Payment.payee_id == payee_id, in_payroll(payroll.id))
        .correlate(DuplicatePair)
        .exists()
    )


def paid_twice(payment: PaymentLine, facts: PayrollFacts) -> Iterator[Found]:
    """One person under two references is paid twice, each payment right by itself."""
    others = facts.duplicates.get(payment.payee_id)
    if others:
        yield Found(Kind.POSSIBLY_ONE_PERSON, payment.id, {"others": ", ".join(sorted(others))})
