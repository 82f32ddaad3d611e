"""The days of a report, and those that they are held against."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payouts.reports.period import Against, Days, DaysRefused

days_ = st.dates(date(2010, 1, 1), date(2040, 12, 31))


@pytest.mark.parametrize(
    ("days", "against", "before"),
    [
        (("2026-11-01", "2026-11-30"), Against.PERIOD_BEFORE, ("2026-10-01", "2026-10-31")),
        (("2026-01-01", "2026-12-31"), Against.PERIOD_BEFORE, ("2025-01-01", "2025-12-31")),
        (("2026-03-01", "2026-05-31"), Against.PERIOD_BEFORE, ("2025-12-01", "2026-02-28")),
        (("2026-11-10", "2026-11-16"), Against.PERIOD_BEFORE, ("2026-11-03", "2026-11-09")),
        (("2028-02-29", "2028-03-01"), Against.YEAR_BEFORE, ("2027-02-28", "2027-03-01")),
        (("2026-11-01", "2026-11-30"), Against.NOTHING, None),
    ],
)
def test_the_days_to_hold_others_against(days, against, before):
    given_days = Days(*map(date.fromisoformat, days))
    assert given_days.before(against) == (before and Days(*map(date.fromisoformat, before)))


@given(days_, st.integers(0, 1500))
def test_each_day_lies_in_exactly_one_step_and_the_days_before_end_right_before(first, length):
    days = Days(first, first + timedelta(days=length))
    steps = list(days.steps())
    assert steps == sorted(set(steps))
    assert {days.step_of(first + timedelta(days=n)) for n in range(length + 1)} == set(steps)
    before = days.before(Against.PERIOD_BEFORE)
    assert before.last == days.first - timedelta(days=1)
    assert before.first <= before.last


@pytest.mark.parametrize("days", [Days(date(2026, 2, 1), date(2026, 1, 31)), Days(date(2020, 1, 1), date(2026, 1, 1))])
def test_days_the_wrong_way_round_or_too_many_are_refused(days):
    with pytest.raises(DaysRefused):
        days.must_fit()
