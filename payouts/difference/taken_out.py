"""The difference to the last payroll when payments are taken out of a sealed one: told anew for their awards alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from payouts.difference.comparison import (
    ComparisonLine,
    add_to_causes,
    comparison_of,
    paid_in_all,
    take_from_causes,
)
from payouts.difference.explanation import Cause, Line
from payouts.difference.one_offs import take_back
from payouts.difference.run import compared, explained, keep_lines, sums_of
from payouts.payment import Payment
from payouts.payment_part import SIGNED, PaymentPart
from payouts.payroll import Payroll, PayrollKind


def explain_without(session: Session, payroll: Payroll, taken: Collection[Payment]) -> None:
    """Tell the difference of a payroll anew for the awards of payments that have just left it.

    What was said of them is taken back by the lines that are kept; against no payroll, where none are kept for whoever
    starts, by what the payment was without its parts.
    """
    comparison = comparison_of(session, payroll.id, lock=True)
    if comparison is None or not taken:
        return
    take_back(session, payroll, taken)
    if payroll.kind is PayrollKind.REISSUE:
        comparison.now_count, comparison.now_pence = paid_in_all(session, payroll.id)
        session.flush()
        return
    paid = {payment.award_id: payment.amount_pence for payment in taken if payment.award_id}
    both = compared(session, payroll, comparison)
    back = kept_lines(session, payroll, paid)
    if both.last is None:
        parts = parts_in(session, payroll, paid)
        for award_id, pence in paid.items():
            if plain_pence := pence - parts.get(award_id, 0):
                back.setdefault(award_id, []).append(Line(Cause.STARTERS, plain_pence))
    mine = (ComparisonLine.payroll_id == payroll.id) & ComparisonLine.award_id.in_(paid)
    session.execute(delete(ComparisonLine).where(mine).execution_options(synchronize_session="fetch"))
    told: list[Line] = []
    for award_id in sorted(paid):
        for _, then, now, lines in explained(session, both, award_id, award_id):
            keep_lines(session, both, [(award_id, then, now, lines)])
            told += lines
            comparison.unchanged_count -= not back.get(award_id)
    take_from_causes(session, payroll, sums_of(line for lines in back.values() for line in lines))
    add_to_causes(session, payroll, sums_of(told))
    comparison.now_count, comparison.now_pence = paid_in_all(session, payroll.id)
    session.flush()


def kept_lines(session: Session, payroll: Payroll, awards: Collection[UUID]) -> dict[UUID, list[Line]]:
    found: dict[UUID, list[Line]] = defaultdict(list)
    mine = (ComparisonLine.payroll_id == payroll.id) & ComparisonLine.award_id.in_(awards)
    for line in session.scalars(select(ComparisonLine).where(mine)):
        found[line.award_id].append(Line(line.cause, line.pence, line.why))
    return found


def parts_in(session: Session, payroll: Payroll, awards: Collection[UUID]) -> dict[UUID, int]:
    """What the parts of some awards come to in a payroll, in pence, freed or not."""
    mine = (PaymentPart.payroll_id == payroll.id) & PaymentPart.award_id.in_(awards)
    rows = session.execute(select(PaymentPart.award_id, func.sum(SIGNED)).where(mine).group_by(PaymentPart.award_id))
    return {award_id: int(pence) for award_id, pence in rows}
