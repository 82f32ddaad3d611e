"""Periods tile the calendar without gap or overlap, and a pay date belongs to exactly one of them."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bacs.calendar import Calendar
from bacs.errors import DateBeyondCalendar
from schemes.period import (
    DAYS,
    LISTED,
    Frequency,
    ListedPeriod,
    NonWorkingDay,
    NoPeriod,
    PayDay,
    Period,
    Schedule,
    begins_on,
    pay_date_of,
    period_of,
    period_paid_on,
    periods_between,
    working_day,
)

DAY = timedelta(days=1)
CALENDAR = Calendar.england()

any_day = st.dates(date(2020, 1, 1), date(2040, 12, 31))
known_day = st.dates(date(2020, 1, 1), date(2027, 6, 30))
counted = st.sampled_from(sorted(set(Frequency) - LISTED))


@st.composite
def listings(draw):
    """Periods written down, with and without days between them, each paid on a working day of its own."""
    day, listed = draw(st.dates(date(2021, 1, 1), date(2022, 12, 31))), []
    for length, gap in draw(st.lists(st.tuples(st.integers(7, 90), st.integers(0, 40)), min_size=1, max_size=8)):
        period = Period(day, day + length * DAY)
        listed.append(ListedPeriod(period, working_day(CALENDAR, period.last_day, NonWorkingDay.EARLIER)))
        day = period.last_day + (gap + 1) * DAY
    return Schedule(Frequency.CUSTOM, listed[0].period.first_day, PayDay.LISTED, listed=tuple(listed))


@st.composite
def paid_by_rule(draw):
    return Schedule(
        draw(counted),
        draw(known_day),
        draw(st.sampled_from([PayDay.DAY_OF_PERIOD, PayDay.AFTER_LAST_DAY, PayDay.BEFORE_FIRST_DAY])),
        draw(st.integers(1, 31)),
        draw(st.sampled_from(NonWorkingDay)),
    )


@given(counted, any_day, any_day)
def test_every_day_belongs_to_exactly_one_period(frequency, first_day, day):
    schedule = Schedule(frequency, first_day)
    period = period_of(schedule, day)
    assert period.first_day <= day <= period.last_day
    assert period_of(schedule, period.first_day) == period_of(schedule, period.last_day) == period
    assert period_of(schedule, period.last_day + DAY).first_day == period.last_day + DAY
    assert period_of(schedule, period.first_day - DAY).last_day == period.first_day - DAY
    assert begins_on(schedule, first_day)


@given(counted, any_day, any_day, st.integers(0, 800))
def test_the_periods_between_two_days_leave_none_out_and_have_none_twice(frequency, first_day, start, length):
    schedule = Schedule(frequency, first_day)
    periods = list(periods_between(schedule, start, start + length * DAY))
    assert start in periods[0]
    assert start + length * DAY in periods[-1]
    assert all(after.first_day == before.last_day + DAY for before, after in pairwise(periods))
    assert list(periods_between(schedule, start, start - DAY)) == []


@given(st.sampled_from(sorted(DAYS)), any_day, any_day)
def test_weeks_are_counted_from_the_schemes_first_period_before_it_too(frequency, first_day, day):
    period = period_of(Schedule(frequency, first_day), day)
    assert (period.first_day - first_day).days % DAYS[frequency] == 0
    assert period.days == DAYS[frequency]


@pytest.mark.parametrize(
    ("frequency", "first_day", "day", "first", "last"),
    [
        (Frequency.MONTHLY, "2025-04-01", "2028-02-29", "2028-02-01", "2028-02-29"),
        (Frequency.MONTHLY, "2025-04-01", "2027-02-01", "2027-02-01", "2027-02-28"),
        (Frequency.MONTHLY, "2025-04-06", "2026-12-05", "2026-11-06", "2026-12-05"),
        # a 31st comes back after February
        (Frequency.MONTHLY, "2026-01-31", "2026-02-27", "2026-01-31", "2026-02-27"),
        (Frequency.MONTHLY, "2026-01-31", "2026-02-28", "2026-02-28", "2026-03-30"),
        (Frequency.MONTHLY, "2026-01-31", "2026-04-29", "2026-03-31", "2026-04-29"),
        (Frequency.MONTHLY, "2026-01-31", "2025-11-30", "2025-11-30", "2025-12-30"),
        # the year's leap day, seen from it and back to it
        (Frequency.QUARTERLY, "2028-02-29", "2029-02-28", "2029-02-28", "2029-05-28"),
        (Frequency.QUARTERLY, "2025-11-15", "2026-02-14", "2025-11-15", "2026-02-14"),
        (Frequency.QUARTERLY, "2025-11-15", "2025-11-14", "2025-08-15", "2025-11-14"),
        (Frequency.TWO_WEEKLY, "2026-01-05", "2026-01-19", "2026-01-19", "2026-02-01"),
    ],
)
def test_a_period_is_counted_from_the_first_day_of_the_first(frequency, first_day, day, first, last):
    found = period_of(Schedule(frequency, date.fromisoformat(first_day)), date.fromisoformat(day))
    assert found == Period(date.fromisoformat(first), date.fromisoformat(last))


@given(listings(), st.dates(date(2020, 1, 1), date(2025, 12, 31)))
def test_a_day_outside_the_listed_periods_belongs_to_none(schedule, day):
    holding = [entry.period for entry in schedule.listed if day in entry.period]
    if holding:
        assert [period_of(schedule, day)] == holding
    else:
        with pytest.raises(NoPeriod):
            period_of(schedule, day)
    listed = [entry.period for entry in schedule.listed]
    assert list(periods_between(schedule, date(2020, 1, 1), date(2030, 1, 1))) == listed


@given(st.one_of(paid_by_rule(), listings()), known_day)
def test_the_pay_date_of_a_period_belongs_to_that_period_and_no_other(schedule, day):
    for period in list(periods_between(schedule, day, day + 120 * DAY))[:4]:
        pay_date = pay_date_of(schedule, period, CALENDAR)
        assert CALENDAR.is_working_day(pay_date)
        assert period_paid_on(schedule, pay_date, CALENDAR) == period


@given(paid_by_rule(), known_day)
def test_a_pay_date_beside_the_rule_belongs_to_the_period_that_is_paid_nearest_to_it(schedule, day):
    found = pay_date_of(schedule, period_paid_on(schedule, day, CALENDAR), CALENDAR)
    others = periods_between(schedule, day - 150 * DAY, day + 150 * DAY)
    assert abs(found - day) == min(abs(pay_date_of(schedule, other, CALENDAR) - day) for other in others)


@pytest.mark.parametrize(
    ("day", "rule", "expected"),
    [
        ("2026-12-25", NonWorkingDay.EARLIER, "2026-12-24"),
        ("2026-12-25", NonWorkingDay.LATER, "2026-12-29"),
        ("2026-12-27", NonWorkingDay.NEAREST, "2026-12-29"),
        ("2026-12-26", NonWorkingDay.NEAREST, "2026-12-24"),
        ("2026-11-21", NonWorkingDay.NEAREST, "2026-11-20"),
        ("2026-11-22", NonWorkingDay.NEAREST, "2026-11-23"),
        ("2026-11-23", NonWorkingDay.EARLIER, "2026-11-23"),
        # Good Friday to Easter Monday: of two days equally near, the earlier
        ("2026-04-04", NonWorkingDay.NEAREST, "2026-04-02"),
    ],
)
def test_a_pay_day_on_which_bacs_does_not_work_moves_as_the_rule_says(day, rule, expected):
    assert working_day(CALENDAR, date.fromisoformat(day), rule) == date.fromisoformat(expected)


@pytest.mark.parametrize(
    ("pay_day", "days", "expected"),
    [
        (PayDay.DAY_OF_PERIOD, 31, "2026-02-27"),  # February's last day is a Saturday
        (PayDay.DAY_OF_PERIOD, 1, "2026-01-30"),
        (PayDay.AFTER_LAST_DAY, 5, "2026-03-05"),
        (PayDay.BEFORE_FIRST_DAY, 3, "2026-01-29"),
    ],
)
def test_a_pay_day_is_counted_from_the_ends_of_its_period(pay_day, days, expected):
    schedule = Schedule(Frequency.MONTHLY, date(2026, 1, 1), pay_day, days)
    february = Period(date(2026, 2, 1), date(2026, 2, 28))
    assert pay_date_of(schedule, february, CALENDAR) == date.fromisoformat(expected)


def test_a_payroll_a_few_days_late_pays_the_period_that_it_is_late_for():
    schedule = Schedule(Frequency.MONTHLY, date(2026, 1, 1), PayDay.DAY_OF_PERIOD, 28)
    assert str(period_paid_on(schedule, date(2026, 10, 2), CALENDAR)) == "2026-09-01 to 2026-09-30"


def test_a_pay_date_is_never_told_beyond_the_known_bank_holidays():
    schedule = Schedule(Frequency.MONTHLY, date(2026, 1, 1), PayDay.DAY_OF_PERIOD, 28)
    beyond = period_of(schedule, CALENDAR.last + DAY)
    with pytest.raises(DateBeyondCalendar):
        pay_date_of(schedule, beyond, CALENDAR)


def test_where_a_person_chooses_the_pay_date_it_pays_the_period_that_it_falls_in():
    schedule = Schedule(Frequency.MONTHLY, date(2026, 1, 1))
    assert pay_date_of(schedule, period_of(schedule, date(2026, 2, 3)), CALENDAR) is None
    assert period_paid_on(schedule, date(2026, 2, 27), CALENDAR) == Period(date(2026, 2, 1), date(2026, 2, 28))
