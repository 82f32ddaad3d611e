"""Days and cut-offs."""

from __future__ import annotations

from collections.abc import Iterator

from payouts.checks.facts import PayrollFacts
from payouts.checks.finding import Found, Kind

HOLIDAYS_AHEAD = 90
"""Days after the pay date for which bank holidays should be known: enough for the payrolls that come next."""


def in_time(facts: PayrollFacts) -> Iterator[Found]:
    """The file can still reach Bacs for this pay date."""
    if facts.now > facts.deadline_at:
        yield Found(Kind.CUT_OFF_PASSED, None, {"deadline": facts.deadline_at.isoformat()})


def holidays_known(facts: PayrollFacts) -> Iterator[Found]:
    """Bank holidays are known for so long only: past that no pay date can be told."""
    if facts.pay_date and facts.holidays_until and (facts.holidays_until - facts.pay_date).days < HOLIDAYS_AHEAD:
        yield Found(Kind.HOLIDAYS_RUN_OUT, None, {"known_until": facts.holidays_until.isoformat()})
