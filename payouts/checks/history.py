"""Payments against what the same awards were paid before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from statistics import median_low
from uuid import UUID

from sqlalchemy import select, true
from sqlalchemy.orm import Session, aliased

from payouts.checks.chunk import CheckChunk
from payouts.checks.facts import PaidBefore, PayrollFacts
from payouts.checks.finding import Found, Kind
from payouts.difference.comparison import ComparisonLine
from payouts.difference.explanation import Cause
from payouts.payment import GONE_OUT, LIVE_EARLIER, Payment, PaymentLine, ordinals
from payouts.payroll import Payroll
from schemes.database import one_of


def paid_before(session: Session, payroll: Payroll, chunk: CheckChunk, *, most: int) -> dict[UUID, PaidBefore]:
    """The last payments of the awards in a chunk, at most so many of each, the newest first: by the permanent key."""
    here = (Payment.payroll_id == payroll.id) & ordinals(chunk.first, chunk.last)
    earlier = aliased(Payment, name="earlier")
    last = (
        select(earlier.amount_pence, earlier.account_id, earlier.period_first_day)
        .where(
            earlier.body_id == Payment.body_id,
            earlier.scheme_id == Payment.scheme_id,
            earlier.beneficiary_id == Payment.beneficiary_id,
            earlier.period_first_day < Payment.period_first_day,
            earlier.award_id == Payment.award_id,
            LIVE_EARLIER,
            earlier.status.in_(GONE_OUT),
        )
        .order_by(earlier.period_first_day.desc(), earlier.id.desc())
        .limit(most)
        .lateral("last")
    )
    rows = session.execute(
        select(Payment.award_id, last.c.amount_pence, last.c.account_id)
        .join(last, true())
        .where(here)
        .order_by(Payment.award_id, last.c.period_first_day.desc())
    )
    found: dict[UUID, list[tuple[int, UUID | None]]] = defaultdict(list)
    for award_id, pence, account_id in rows:
        found[award_id].append((pence, account_id))
    return {award_id: PaidBefore(tuple(pence for pence, _ in one), one[0][1]) for award_id, one in found.items()}


def changed_awards(session: Session, payroll: Payroll, awards: Collection[UUID]) -> frozenset[UUID]:
    """Of some awards, those whose own amount, units or rate changed since the last payroll."""
    changed = select(ComparisonLine.award_id).where(
        ComparisonLine.payroll_id == payroll.id,
        ComparisonLine.cause == Cause.RATES,
        ComparisonLine.award_id == one_of(awards),
    )
    return frozenset(session.scalars(changed))


def amount_changed(payment: PaymentLine, facts: PayrollFacts) -> Iterator[Found]:
    """An amount far from the award's own last ones is a mistake in the register, or somebody's hand in it."""
    before = facts.paid_last.get(payment.award_id) if payment.award_id else None
    if before is None:
        return
    usual, limits = median_low(before.pence), facts.settings.thresholds
    by = abs(payment.amount_pence - usual)
    if by * 100 > limits.change_percent * usual and by > limits.change_least_pence:
        yield Found(Kind.AMOUNT_CHANGED, payment.id, {"usual_pence": usual, "payments": len(before.pence)})


def award_changed(payment: PaymentLine, facts: PayrollFacts) -> Iterator[Found]:
    """The first payment of an award that was changed is always listed."""
    if payment.award_id in facts.changed_awards:
        yield Found(Kind.AWARD_CHANGED, payment.id, {})


def bank_details_changed(payment: PaymentLine, facts: PayrollFacts) -> Iterator[Found]:
    """The account is not the one that the award was paid into last: where changed details are fraud, it shows here."""
    before = facts.paid_last.get(payment.award_id) if payment.award_id else None
    if before is not None and before.account_id not in (None, payment.account_id):
        yield Found(Kind.BANK_DETAILS_CHANGED, payment.id, {})
