"""Working days, the cycle in both directions, cut-offs and Bacs dates."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bacs.calendar import Calendar, Cycle, Direction, bacs_date, read_bacs_date
from bacs.errors import BadBacsDate, DateBeyondCalendar, NotAWorkingDay, OutsideWindow

ENGLAND = Calendar.england()
VECTORS = [
    ("2018-03-27", "2018-03-28", "2018-03-29", None),
    ("2018-03-28", "2018-03-29", "2018-04-03", None),
    ("2018-03-29", "2018-04-03", "2018-04-04", None),
    ("2022-09-15", "2022-09-16", "2022-09-20", None),
    ("2022-09-16", "2022-09-20", "2022-09-21", None),
    ("2022-09-20", "2022-09-21", "2022-09-22", None),
    ("2026-04-01", "2026-04-02", "2026-04-07", " 26092"),
    ("2026-12-23", "2026-12-24", "2026-12-29", " 26358"),
    ("2026-12-24", "2026-12-29", "2026-12-30", " 26363"),
    ("2027-12-24", "2027-12-29", "2027-12-30", " 27363"),
    ("2026-05-22", "2026-05-26", "2026-05-27", " 26146"),
]
HOLIDAYS = {
    2026: "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28",
    2027: "01-01 03-26 03-29 05-03 05-31 08-30 12-27 12-28",
    2028: "01-03 04-14 04-17 05-01 05-29 08-28 12-25 12-26",
}
days = st.dates(date(2012, 3, 1), date(2028, 10, 31))


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(("received", "processed", "entered", "written"), VECTORS)
def test_the_cycle_is_the_same_from_each_of_its_three_days(received, processed, entered, written):
    cycle = Cycle(day(received), day(processed), day(entered))
    assert ENGLAND.cycle_for_input(cycle.input_day) == cycle
    assert ENGLAND.cycle_for_processing(cycle.processing_day) == cycle
    assert ENGLAND.cycle_for_entry(cycle.entry_day) == cycle
    assert written in (None, bacs_date(cycle.processing_day))


@pytest.mark.parametrize("year", HOLIDAYS)
def test_the_bank_holidays_are_those_of_england(year):
    expected = {day(f"{year}-{each}") for each in HOLIDAYS[year].split()}
    assert {each for each in ENGLAND.holidays if each.year == year} == expected


@given(days)
def test_the_days_of_a_cycle_are_consecutive_working_days(start):
    cycle = ENGLAND.cycle_for_input(ENGLAND.move_to_working_day(start, Direction.LATER))
    assert all(ENGLAND.is_working_day(each) for each in cycle)
    between = [cycle.input_day + timedelta(days=n) for n in range((cycle.entry_day - cycle.input_day).days + 1)]
    assert tuple(each for each in between if ENGLAND.is_working_day(each)) == tuple(cycle)


@given(days, st.integers(-40, 40).filter(bool))
def test_working_days_added_can_be_taken_off_again(start, count):
    working = ENGLAND.move_to_working_day(start)
    assert ENGLAND.add_working_days(ENGLAND.add_working_days(working, count), -count) == working


def test_adding_no_working_days_needs_a_working_day():
    assert ENGLAND.add_working_days(date(2026, 9, 16), 0) == date(2026, 9, 16)
    with pytest.raises(NotAWorkingDay):
        ENGLAND.add_working_days(date(2026, 9, 19), 0)


@pytest.mark.parametrize(
    ("asked", "direction", "moved"),
    [
        ("2026-09-19", Direction.EARLIER, "2026-09-18"),
        ("2026-09-19", Direction.LATER, "2026-09-21"),
        ("2026-12-25", Direction.EARLIER, "2026-12-24"),
        ("2026-12-25", Direction.LATER, "2026-12-29"),
        ("2026-09-16", Direction.EARLIER, "2026-09-16"),
    ],
)
def test_a_pay_day_that_is_no_working_day_moves_the_way_it_is_told(asked, direction, moved):
    assert ENGLAND.move_to_working_day(day(asked), direction) == day(moved)


def test_people_are_paid_earlier_unless_told_otherwise():
    assert ENGLAND.move_to_working_day(date(2026, 9, 20)) == date(2026, 9, 18)


@pytest.mark.parametrize("ask", [Calendar.cycle_for_input, Calendar.cycle_for_processing, Calendar.cycle_for_entry])
@pytest.mark.parametrize("closed", ["2026-09-19", "2026-09-20", "2026-12-28"])
def test_a_cycle_on_a_day_when_bacs_is_closed_is_refused(ask, closed):
    with pytest.raises(NotAWorkingDay) as refused:
        ask(ENGLAND, day(closed))
    assert refused.value.day == day(closed)


@pytest.mark.parametrize("unknown", [date(2011, 12, 30), date(2029, 1, 2)])
def test_a_day_beyond_the_known_holidays_is_refused(unknown):
    with pytest.raises(DateBeyondCalendar) as refused:
        ENGLAND.is_working_day(unknown)
    assert (refused.value.first, refused.value.last) == (date(2012, 1, 1), date(2028, 12, 31))


def test_a_cycle_that_runs_beyond_the_known_holidays_is_refused():
    with pytest.raises(DateBeyondCalendar):
        ENGLAND.cycle_for_input(date(2028, 12, 29))


def test_a_newly_proclaimed_holiday_is_added_as_data():
    proclaimed = ENGLAND.extended([date(2026, 9, 16)])
    assert not proclaimed.is_working_day(date(2026, 9, 16))
    assert ENGLAND.is_working_day(date(2026, 9, 16))


def test_a_further_year_needs_a_word_that_its_holidays_are_complete():
    with pytest.raises(DateBeyondCalendar):
        ENGLAND.extended([date(2029, 1, 1)])
    longer = ENGLAND.extended([date(2029, 1, 1)], through=date(2029, 3, 1))
    assert longer.cycle_for_input(date(2028, 12, 29)).entry_day == date(2029, 1, 3)
    with pytest.raises(DateBeyondCalendar):
        longer.is_working_day(date(2029, 3, 2))


@pytest.mark.parametrize(
    ("now", "input_day"),
    [
        (datetime(2026, 9, 14, 15, 0, tzinfo=UTC), "2026-09-14"),  # 16:00 in summer time: just in time
        (datetime(2026, 9, 14, 15, 0, 1, tzinfo=UTC), "2026-09-15"),
        (datetime(2026, 11, 16, 16, 0, tzinfo=UTC), "2026-11-16"),  # 16:00 in winter
        (datetime(2026, 11, 16, 16, 1, tzinfo=UTC), "2026-11-17"),
        (datetime(2026, 9, 13, 23, 30, tzinfo=UTC), "2026-09-14"),  # Sunday in UTC, Monday in London
        (datetime(2026, 9, 19, 9, 0, tzinfo=UTC), "2026-09-21"),  # Saturday
        (datetime(2026, 9, 18, 16, 0, tzinfo=UTC), "2026-09-21"),  # Friday, too late
    ],
)
def test_a_file_after_the_cut_off_counts_as_the_next_working_days(now, input_day):
    assert ENGLAND.input_day_at(now, time(16)) == day(input_day)


def test_an_instant_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="aware"):
        ENGLAND.input_day_at(datetime(2026, 9, 14, 15), time(16))


def test_the_earliest_pay_day_is_two_working_days_after_input():
    assert ENGLAND.earliest_entry(datetime(2026, 12, 23, 9, tzinfo=UTC), time(16)) == date(2026, 12, 29)


@given(days, st.times())
def test_a_file_sent_by_the_deadline_is_in_time_and_a_minute_later_it_is_not(pay_day, cutoff):
    pay_day = ENGLAND.move_to_working_day(pay_day)
    cutoff = cutoff.replace(microsecond=0)
    deadline = ENGLAND.deadline(pay_day, cutoff).astimezone(UTC)
    assert ENGLAND.earliest_entry(deadline, cutoff) == pay_day
    assert ENGLAND.earliest_entry(deadline + timedelta(minutes=1), cutoff) > pay_day


@pytest.mark.parametrize(
    ("processing_day", "is_inside"),
    [("2026-09-14", False), ("2026-09-15", True), ("2026-10-14", True), ("2026-10-15", False)],
)
def test_a_file_is_taken_from_the_day_after_input_to_thirty_days_ahead(processing_day, is_inside):
    if is_inside:
        ENGLAND.check_window(day(processing_day), date(2026, 9, 14))
    else:
        with pytest.raises(OutsideWindow):
            ENGLAND.check_window(day(processing_day), date(2026, 9, 14))


def test_the_first_day_to_send_a_file_lies_inside_the_window():
    earliest = ENGLAND.earliest_input(date(2026, 10, 14))
    assert earliest == date(2026, 9, 14)
    ENGLAND.check_window(date(2026, 10, 14), earliest)


@given(st.dates(date(2000, 1, 1), date(2079, 12, 31)))
def test_a_bacs_date_can_be_read_back(day):
    assert read_bacs_date(bacs_date(day)) == day


@pytest.mark.parametrize(
    "text", ["", "26259", " 26000", " 26366", " 26367", " 28367", " 80001", " 2625a", "  2625", " ２６２５９"]
)
def test_what_is_no_bacs_date_is_refused(text):
    with pytest.raises(BadBacsDate):
        read_bacs_date(text)


def test_the_last_day_of_a_leap_year_is_day_366():
    assert read_bacs_date(" 28366") == date(2028, 12, 31)


@pytest.mark.parametrize("day", [date(1999, 12, 31), date(2080, 1, 1)])
def test_a_year_that_two_digits_cannot_tell_is_refused(day):
    with pytest.raises(BadBacsDate):
        bacs_date(day)
