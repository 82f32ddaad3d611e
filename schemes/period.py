"""Periods that a scheme pays for, and the day on which each is paid: pure functions of a schedule and the calendar.

Weeks and months are counted from the first period, before it too. Listed periods stand for themselves.

>>> schedule = Schedule(Frequency.MONTHLY, date(2026, 1, 31))
>>> print(period_of(schedule, date(2026, 3, 1)))
2026-02-28 to 2026-03-30
"""

from __future__ import annotations

import calendar as months
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from bacs.calendar import Calendar, Direction
from schemes.errors import Refused

DAY = timedelta(days=1)


class Frequency(StrEnum):
    """How long a period is that one payment of an award is for."""

    WEEKLY = "weekly"
    TWO_WEEKLY = "two_weekly"
    FOUR_WEEKLY = "four_weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    ONE_OFF = "one_off"
    CUSTOM = "custom"


DAYS = {Frequency.WEEKLY: 7, Frequency.TWO_WEEKLY: 14, Frequency.FOUR_WEEKLY: 28}
MONTHS = {Frequency.MONTHLY: 1, Frequency.QUARTERLY: 3}
LISTED = frozenset({Frequency.ONE_OFF, Frequency.CUSTOM})
"""Frequencies whose periods are not counted but written down, each with its days."""


class PayDay(StrEnum):
    """Where the day stands on which a period is paid. The number of days that goes with it: `Schedule.pay_days`."""

    CHOSEN = "chosen"
    """Any working day of the period, as whoever creates the payroll chooses."""
    DAY_OF_PERIOD = "day_of_period"
    """The day of this number, from 1; the last day where the period is shorter."""
    AFTER_LAST_DAY = "after_last_day"
    BEFORE_FIRST_DAY = "before_first_day"
    LISTED = "listed"
    """The day written beside each listed period."""


class NonWorkingDay(StrEnum):
    """Where a pay day goes on which Bacs does not work. Of two days equally near, the earlier."""

    EARLIER = "earlier"
    LATER = "later"
    NEAREST = "nearest"


@dataclass(frozen=True, order=True)
class Period:
    """What one payment is for, both days included."""

    first_day: date
    last_day: date

    @property
    def days(self) -> int:
        return (self.last_day - self.first_day).days + 1

    def __contains__(self, day: date) -> bool:
        return self.first_day <= day <= self.last_day

    def __str__(self) -> str:
        return f"{self.first_day} to {self.last_day}"


@dataclass(frozen=True)
class ListedPeriod:
    """A period written down, with the day on which it is paid where the schedule's pay days are listed."""

    period: Period
    pay_day: date | None = None


class NoPeriod(Refused):
    """A day that no period of the schedule holds, or on which none is paid."""

    def __init__(self, day: date) -> None:
        super().__init__(f"{day} is in no period of this scheme")
        self.day = day


@dataclass(frozen=True)
class Schedule:
    """How a scheme's periods follow each other, and when each is paid.

    first_day: of the first period; the others are counted from it. listed: in order, without overlap.
    """

    frequency: Frequency
    first_day: date
    pay_day: PayDay = PayDay.CHOSEN
    pay_days: int = 0
    non_working: NonWorkingDay = NonWorkingDay.EARLIER
    listed: tuple[ListedPeriod, ...] = ()


def period_of(schedule: Schedule, day: date) -> Period:
    """The one period that a day falls in. Raises NoPeriod, only where periods are listed."""
    if schedule.frequency in LISTED:
        place = bisect_right(schedule.listed, day, key=lambda entry: entry.period.first_day) - 1
        if place < 0 or day not in (found := schedule.listed[place].period):
            raise NoPeriod(day)
        return found
    if schedule.frequency in DAYS:
        return period_at(schedule, (day - schedule.first_day).days // DAYS[schedule.frequency])
    first = schedule.first_day
    place = ((day.year - first.year) * 12 + day.month - first.month) // MONTHS[schedule.frequency]
    found = period_at(schedule, place)
    # in the month where a period begins, the days before its first day belong to the one before
    return found if found.first_day <= day else period_at(schedule, place - 1)


def period_at(schedule: Schedule, place: int) -> Period:
    """The period of this number, the first being 0. Not for listed periods."""
    return Period(start(schedule, place), start(schedule, place + 1) - DAY)


def start(schedule: Schedule, place: int) -> date:
    """The first day of a period, counted from the scheme's own first day: a 31st comes back after a shorter month."""
    first = schedule.first_day
    if schedule.frequency in DAYS:
        return first + place * DAYS[schedule.frequency] * DAY
    year, month = divmod(first.year * 12 + first.month - 1 + place * MONTHS[schedule.frequency], 12)
    return date(year, month + 1, min(first.day, months.monthrange(year, month + 1)[1]))


def periods_between(schedule: Schedule, first: date, last: date) -> Iterator[Period]:
    """The periods that have a day from `first` to `last`, both included, in order."""
    if schedule.frequency in LISTED:
        periods = (entry.period for entry in schedule.listed)
        yield from (period for period in periods if period.last_day >= first and period.first_day <= last)
        return
    if first > last:
        return
    period = period_of(schedule, first)
    while period.first_day <= last:
        yield period
        period = period_of(schedule, period.last_day + DAY)


def begins_on(schedule: Schedule, day: date) -> bool:
    """Whether a period begins on a day."""
    try:
        return period_of(schedule, day).first_day == day
    except NoPeriod:
        return False


def pay_date_of(schedule: Schedule, period: Period, calendar: Calendar) -> date | None:
    """The working day on which a period is paid; None where a person chooses it. Raises DateBeyondCalendar."""
    match schedule.pay_day:
        case PayDay.CHOSEN:
            return None
        case PayDay.DAY_OF_PERIOD:
            day = min(period.first_day + (schedule.pay_days - 1) * DAY, period.last_day)
        case PayDay.AFTER_LAST_DAY:
            day = period.last_day + schedule.pay_days * DAY
        case PayDay.BEFORE_FIRST_DAY:
            day = period.first_day - schedule.pay_days * DAY
        case PayDay.LISTED:
            named = next((entry.pay_day for entry in schedule.listed if entry.period == period), None)
            if named is None:
                raise NoPeriod(period.first_day)
            day = named
    return working_day(calendar, day, schedule.non_working)


def working_day(calendar: Calendar, day: date, rule: NonWorkingDay) -> date:
    """The day itself if Bacs works on it, else the one that the rule names. Raises DateBeyondCalendar."""
    earlier = calendar.move_to_working_day(day, Direction.EARLIER)
    if rule is NonWorkingDay.EARLIER or earlier == day:
        return earlier
    later = calendar.move_to_working_day(day, Direction.LATER)
    return later if rule is NonWorkingDay.LATER or later - day < day - earlier else earlier


def period_paid_on(schedule: Schedule, pay_date: date, calendar: Calendar) -> Period:
    """The one period that a pay date belongs to: the one whose own pay date is nearest, of two the earlier.

    So a payroll that is a few days late, or brought forward, still pays the period that it is late for. Where a person
    chooses the day, it is the period that the day falls in. Raises NoPeriod, DateBeyondCalendar.
    """
    if schedule.pay_day is PayDay.CHOSEN:
        return period_of(schedule, pay_date)
    nearest: tuple[timedelta, date, Period] | None = None
    for period in around(schedule, pay_date):
        own = pay_date_of(schedule, period, calendar)
        # at once, since the pay date of the period after may be beyond the known bank holidays
        if own is None or own == pay_date:
            return period
        found = (abs(own - pay_date), own, period)
        nearest = min(nearest, found) if nearest else found
    if nearest is None:
        raise NoPeriod(pay_date)
    return nearest[2]


def around(schedule: Schedule, pay_date: date) -> Iterator[Period]:
    """The periods that a pay date could belong to: where its rule would put it and one on each side, or all listed."""
    if schedule.frequency in LISTED:
        yield from (entry.period for entry in schedule.listed)
        return
    offset = {PayDay.AFTER_LAST_DAY: -schedule.pay_days, PayDay.BEFORE_FIRST_DAY: schedule.pay_days}
    middle = period_of(schedule, pay_date + offset.get(schedule.pay_day, 0) * DAY)
    yield from (period_of(schedule, middle.first_day - DAY), middle, period_of(schedule, middle.last_day + DAY))
