"""Days and cut-offs."""

from __future__ import annotations

from collections.abc import Iterator

from payouts.checks.facts import PayrollFacts
from payouts.checks.finding import Found, Kind


def in_time(facts: PayrollFacts) -> Iterator[Found]:
    """The file can still reach Bacs for this pay date."""
    if facts.now > facts.deadline_at:
        yield Found(Kind.CUT_OFF_PASSED, None, {"deadline": facts.deadline_at.isoformat()})
