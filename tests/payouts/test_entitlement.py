"""An award that covers a part of a period pays the whole amount, or nothing."""

from __future__ import annotations

from datetime import date

import pytest

from payouts.entitlement import Due, NotDue, entitlement
from schemes.period import Period

NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30))


@pytest.mark.parametrize(
    ("first_day", "last_day", "outcome"),
    [
        (date(2026, 1, 1), None, Due(NOVEMBER, 500)),
        (date(2026, 11, 1), date(2026, 11, 30), Due(NOVEMBER, 500)),
        (date(2026, 11, 30), None, Due(NOVEMBER, 500)),
        (date(2026, 12, 1), None, NotDue.NOT_STARTED),
        (date(2026, 1, 1), date(2026, 11, 1), Due(NOVEMBER, 500)),
        (date(2026, 1, 1), date(2026, 10, 31), NotDue.ENDED),
        (date(2026, 11, 15), date(2026, 11, 15), Due(NOVEMBER, 500)),
    ],
)
def test_an_award_is_due_for_a_period_that_it_touches(first_day, last_day, outcome):
    assert entitlement(first_day, last_day, 500, NOVEMBER) == outcome
