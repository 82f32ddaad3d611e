"""Payments to two payees who are probably one person, and whom nobody has told apart or merged yet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from payouts.checks.facts import PayrollFacts
from payouts.checks.finding import Found, Kind
from payouts.payment import Payment, PaymentLine, in_payroll
from payouts.payroll import Payroll
from schemes.database import one_of
from schemes.duplicates.likeness import Likelihood
from schemes.duplicates.pair import DuplicatePair, PairStatus
from schemes.payee import Payee


def paid_here(session: Session, payroll: Payroll, payee_ids: Select[UUID]) -> dict[UUID, list[str]]:
    """For each of some payees who is one of a probable pair, both paid in a payroll: the other's reference.

    Few are one of a pair: these are looked for first, and then whether the others are paid.
    """
    mine = one_of(set(session.scalars(payee_ids)))
    pairs: list[tuple[UUID, UUID, str]] = []
    sides = (DuplicatePair.first_payee_id, DuplicatePair.second_payee_id)
    for ours, theirs in (sides, sides[::-1]):
        rows = session.execute(
            select(ours, theirs, Payee.reference)
            .join(Payee, (Payee.body_id == DuplicatePair.body_id) & (Payee.id == theirs))
            .where(
                DuplicatePair.status == PairStatus.OPEN,
                DuplicatePair.likelihood == Likelihood.LIKELY,
                ours == mine,
            )
        )
        pairs += [(payee_id, other_id, reference) for payee_id, other_id, reference in rows]
    others = one_of({other_id for _, other_id, _ in pairs})
    paid = set(session.scalars(select(Payment.payee_id).where(in_payroll(payroll.id), Payment.payee_id == others)))
    found: dict[UUID, list[str]] = defaultdict(list)
    for payee_id, other_id, reference in pairs:
        if other_id in paid:
            found[payee_id].append(reference)
    return dict(found)


def paid_twice(payment: PaymentLine, facts: PayrollFacts) -> Iterator[Found]:
    """One person under two references is paid twice, each payment right by itself."""
    others = facts.duplicates.get(payment.payee_id)
    if others:
        yield Found(Kind.POSSIBLY_ONE_PERSON, payment.id, {"others": ", ".join(sorted(others))})
