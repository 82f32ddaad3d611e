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
