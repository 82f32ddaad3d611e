"""Payments to two who are probably one person, and whom nobody has told apart or merged yet.

Two payees, or two beneficiaries whose money goes to different payees: a child whom both parents enrolled.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from payouts.checks.facts import PayrollFacts
from payouts.checks.finding import Found, Kind
from payouts.payment import Payment, PaymentLine, in_payroll
from payouts.payroll import Payroll
from schemes.database import one_of
from schemes.duplicates.likeness import Likelihood
from schemes.duplicates.pair import AnyPair, BeneficiaryPair, DuplicatePair, PairStatus


def paid_here(session: Session, payroll: Payroll, here: ColumnElement[bool]) -> dict[UUID, list[str]]:
    """For each of those paid `here` who is one of a probable pair, both paid in a payroll: the other's reference.

    By the ids of payees and of beneficiaries, which differ. Few are one of a pair: these are looked for first, and then
    whether the others are paid.
    """
    return {
        **others_of(session, payroll, DuplicatePair, Payment.payee_id, here),
        **others_of(session, payroll, BeneficiaryPair, Payment.beneficiary_id, here),
    }


def others_of(
    session: Session,
    payroll: Payroll,
    kind: type[AnyPair],
    column: InstrumentedAttribute[UUID],
    here: ColumnElement[bool],
) -> dict[UUID, list[str]]:
    mine = one_of(set(session.scalars(select(column).where(here))))
    pairs: list[tuple[UUID, UUID, str]] = []
    for ours, theirs in ((kind.first_id, kind.second_id), (kind.second_id, kind.first_id)):
        rows = session.execute(
            select(ours, theirs, kind.party.reference)
            .join(kind.party, (kind.party.body_id == kind.body_id) & (kind.party.id == theirs))
            .where(kind.status == PairStatus.OPEN, kind.likelihood == Likelihood.LIKELY, ours == mine)
        )
        pairs += [(our_id, other_id, reference) for our_id, other_id, reference in rows]
    others = one_of({other_id for _, other_id, _ in pairs})
    paid = set(session.scalars(select(column).where(in_payroll(payroll.id), column == others)))
    found: dict[UUID, list[str]] = defaultdict(list)
    for our_id, other_id, reference in pairs:
        if other_id in paid:
            found[our_id].append(reference)
    return dict(found)


def paid_twice(payment: PaymentLine, facts: PayrollFacts) -> Iterator[Found]:
    """One person under two references is paid twice, each payment right by itself."""
    others = {*facts.duplicates.get(payment.payee_id, ()), *facts.duplicates.get(payment.beneficiary_id, ())}
    if others:
        yield Found(Kind.POSSIBLY_ONE_PERSON, payment.id, {"others": ", ".join(sorted(others))})
