"""The payroll against the last one."""

from __future__ import annotations

from collections.abc import Iterator

from payouts.checks.facts import PayrollFacts
from payouts.checks.finding import Found, Kind


def explained(facts: PayrollFacts) -> Iterator[Found]:
    """Every penny that the payroll differs by has a cause in the register."""
    missed = facts.unexplained
    if missed.awards:
        yield Found(Kind.DIFFERENCE_UNEXPLAINED, None, {"awards": missed.awards, "unexplained_pence": missed.pence})


def total_as_last_time(facts: PayrollFacts) -> Iterator[Found]:
    """A total far from the last payroll's is looked at as a whole, however right each payment is by itself."""
    limit, last = facts.settings.thresholds.total_percent, facts.last
    if last is not None and abs(facts.total_pence - last.pence) * 100 > limit * last.pence:
        told = {"total_pence": facts.total_pence, "last_pence": last.pence, "last": str(last.number), "percent": limit}
        yield Found(Kind.TOTAL_VARIANCE, None, told)


def count_as_last_time(facts: PayrollFacts) -> Iterator[Found]:
    """The same of how many are paid: a part of the register that is missing shows here first."""
    limit, last = facts.settings.thresholds.count_percent, facts.last
    if last is not None and abs(facts.payment_count - last.payments) * 100 > limit * last.payments:
        told = {"count": facts.payment_count, "last_count": last.payments, "last": str(last.number), "percent": limit}
        yield Found(Kind.COUNT_VARIANCE, None, told)
