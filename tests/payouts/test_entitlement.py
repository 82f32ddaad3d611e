"""Every day belongs to exactly one period, and an award that covers a part of it pays the whole amount, or nothing."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payouts.entitlement import DAYS, Due, NotDue, Period, entitlement, period_of
from schemes.scheme import Frequency

DAY = timedelta(days=1)
days = st.dates(date(2020, 1, 1), date(2040, 12, 31))
NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30))


@given(st.sampled_from(Frequency), days, days)
def test_every_day_belongs_to_exactly_one_period(frequency, first_period_day, day):
    period = period_of(frequency, first_period_day, day)
    assert period.first_day <= day <= period.last_day
    for other in (period.first_day, period.last_day):
        assert period_of(frequency, first_period_day, other) == period
    assert period_of(frequency, first_period_day, period.last_day + DAY).first_day == period.last_day + DAY
    assert period_of(frequency, first_period_day, period.first_day - DAY).last_day == period.first_day - DAY


@given(st.sampled_from([Frequency.WEEKLY, Frequency.FOUR_WEEKLY]), days, days)
def test_weeks_are_counted_from_the_schemes_first_period_before_it_too(frequency, first_period_day, day):
    period = period_of(frequency, first_period_day, day)
    assert (period.first_day - first_period_day).days % DAYS[frequency] == 0
    assert (period.last_day - period.first_day).days + 1 == DAYS[frequency]


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [("2026-11-30", "2026-11-01", "2026-11-30"), ("2028-02-29", "2028-02-01", "2028-02-29"),
     ("2027-02-01", "2027-02-01", "2027-02-28"), ("2026-12-31", "2026-12-01", "2026-12-31")],
)  # fmt: skip
def test_a_month_is_the_calendars(day, first, last):
    found = period_of(Frequency.MONTHLY, date(2025, 4, 17), date.fromisoformat(day))
    assert found == Period(date.fromisoformat(first), date.fromisoformat(last))


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
