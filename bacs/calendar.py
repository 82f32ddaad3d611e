"""Bacs working days and the three-day cycle: input, processing, entry.

Bacs works Monday to Friday except on English bank holidays, for all of the United Kingdom (Bacs cycle, working days).
A day beyond the known bank holidays is refused: it is never taken for a working day.

>>> calendar = Calendar.england()
>>> str(calendar.cycle_for_entry(date(2026, 12, 29)))
'input Wed 2026-12-23, processing Thu 2026-12-24, entry Tue 2026-12-29'
>>> bacs_date(date(2026, 9, 16))
' 26259'
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from bacs.errors import BadBacsDate, DateBeyondCalendar, NotAWorkingDay, OutsideWindow

LONDON = ZoneInfo("Europe/London")
FORWARD_LIMIT_DAYS = 30
"""Days from input to processing day that every bank's service takes (Bacs cycle, how far ahead)."""

_DAY = timedelta(days=1)
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")  # strftime's names change with the locale
_BACS_DATE = re.compile(r" ([0-9]{2})([0-9]{3})")


class Direction(StrEnum):
    """Where a pay day goes that is not a working day. People who live on a benefit are paid earlier."""

    EARLIER = "earlier"
    LATER = "later"


class Cycle(NamedTuple):
    """The three consecutive working days of a Bacs payment: sent, sorted, and credited at the start of the third."""

    input_day: date
    processing_day: date
    entry_day: date

    def __str__(self) -> str:
        days = zip(("input", "processing", "entry"), self, strict=True)
        return ", ".join(f"{name} {_WEEKDAYS[day.weekday()]} {day.isoformat()}" for name, day in days)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Bank holidays, and the first and last day for which they are all known."""

    holidays: frozenset[date]
    first: date
    last: date

    @classmethod
    @cache
    def england(cls) -> "Calendar":
        """English bank holidays as GOV.UK published them, from the copy inside `govuk-bank-holidays`; no network.

        The copy of release 0.19 knows 2012 to 2028. Later years and newly proclaimed days: `extended`.
        """
        return cls.published("england-and-wales")

    @classmethod
    @cache
    def published(cls, division: str) -> "Calendar":
        """The bank holidays of a part of the United Kingdom, as `england` has them: for its offices, not for Bacs.

        division: as GOV.UK names them, `england-and-wales`, `scotland` or `northern-ireland`.
        """
        # costs a sixth of a second, as it brings an HTTP client along, and most programs need no calendar
        from govuk_bank_holidays.bank_holidays import BankHolidays

        published = BankHolidays(use_cached_holidays=True).get_holidays(division=division)
        days = frozenset(holiday["date"] for holiday in published)
        return cls(days, date(min(days).year, 1, 1), date(max(days).year, 12, 31))

    def extended(self, holidays: Iterable[date] = (), *, through: date | None = None) -> "Calendar":
        """This calendar with further holidays, known up to `through`.

        Name `through` only when all holidays up to it are in: a holiday beyond the last known day does not tell
        what else its year holds, and raises `DateBeyondCalendar`.
        """
        last = max(self.last, through) if through else self.last
        grown = Calendar(self.holidays | frozenset(holidays), self.first, last)
        for day in grown.holidays:
            grown._must_know(day)
        return grown

    def is_working_day(self, day: date) -> bool:
        """Whether Bacs works on a day. Raises `DateBeyondCalendar`, as all methods here do."""
        self._must_know(day)
        return day.weekday() < 5 and day not in self.holidays

    def next_working_day(self, day: date) -> date:
        """The first working day after a day."""
        return self._nearest(day + _DAY, _DAY)

    def previous_working_day(self, day: date) -> date:
        """The last working day before a day."""
        return self._nearest(day - _DAY, -_DAY)

    def add_working_days(self, day: date, count: int) -> date:
        """The working day `count` working days after a day, or before it when `count` is negative.

        With 0 the day itself, which must then be a working day (`NotAWorkingDay`).
        """
        if count == 0:
            self._must_work(day)
        for _ in range(abs(count)):
            day = self.next_working_day(day) if count > 0 else self.previous_working_day(day)
        return day

    def move_to_working_day(self, day: date, direction: Direction = Direction.EARLIER) -> date:
        """The day itself when it is a working day, else the nearest one earlier or later."""
        return self._nearest(day, -_DAY if direction is Direction.EARLIER else _DAY)

    def cycle_for_input(self, day: date) -> Cycle:
        """The cycle of a file received on a working day, in time. Raises `NotAWorkingDay`."""
        self._must_work(day)
        processing = self.next_working_day(day)
        return Cycle(day, processing, self.next_working_day(processing))

    def cycle_for_processing(self, day: date) -> Cycle:
        """The cycle with this processing day, input as late as possible. Raises `NotAWorkingDay`."""
        self._must_work(day)
        return Cycle(self.previous_working_day(day), day, self.next_working_day(day))

    def cycle_for_entry(self, day: date) -> Cycle:
        """The cycle that credits payees on a day, input as late as possible. Raises `NotAWorkingDay`."""
        self._must_work(day)
        processing = self.previous_working_day(day)
        return Cycle(self.previous_working_day(processing), processing, day)

    def input_day_at(self, now: datetime, cutoff: time) -> date:
        """The working day on which a file sent now counts as input.

        `now` is an aware instant; `cutoff` is the submitter's, in London's time. At the cut-off itself the file is
        in time; after it, and on a day that is not a working day, it counts as the next working day's.
        """
        if now.tzinfo is None:
            raise ValueError("now must be aware: a cut-off needs an instant")
        local = now.astimezone(LONDON)
        if self.is_working_day(local.date()) and local.time() <= cutoff:
            return local.date()
        return self.next_working_day(local.date())

    def earliest_cycle(self, now: datetime, cutoff: time) -> Cycle:
        """The next cycle that a file sent now can catch."""
        return self.cycle_for_input(self.input_day_at(now, cutoff))

    def earliest_entry(self, now: datetime, cutoff: time) -> date:
        """The first day on which a file sent now can credit payees."""
        return self.earliest_cycle(now, cutoff).entry_day

    def deadline(self, entry_day: date, cutoff: time) -> datetime:
        """The last instant, in London's time, to send a file that credits payees on a working day."""
        return datetime.combine(self.cycle_for_entry(entry_day).input_day, cutoff, LONDON)

    def earliest_input(self, processing_day: date, limit_days: int = FORWARD_LIMIT_DAYS) -> date:
        """The first working day on which Bacs takes a file for a processing day."""
        return self._nearest(processing_day - timedelta(days=limit_days), _DAY)

    def check_window(self, processing_day: date, input_day: date, limit_days: int = FORWARD_LIMIT_DAYS) -> None:
        """Raise `OutsideWindow` unless a file of this input day can carry this processing day; `NotAWorkingDay`."""
        self._must_work(input_day)
        self._must_work(processing_day)
        earliest, latest = self.next_working_day(input_day), input_day + timedelta(days=limit_days)
        if not earliest <= processing_day <= latest:
            raise OutsideWindow(processing_day, input_day, earliest, latest)

    def _must_know(self, day: date) -> None:
        if not self.first <= day <= self.last:
            raise DateBeyondCalendar(day, self.first, self.last)

    def _must_work(self, day: date) -> None:
        if not self.is_working_day(day):
            raise NotAWorkingDay(day)

    def _nearest(self, day: date, step: timedelta) -> date:
        while not self.is_working_day(day):
            day += step
        return day


def bacs_date(day: date) -> str:
    """A day as Bacs files write it: a space, two digits of the year, the day of the year (Standard 18, dates)."""
    if not 2000 <= day.year <= 2079:
        raise BadBacsDate(day.isoformat())
    return f" {day.year - 2000:02}{day.timetuple().tm_yday:03}"


def read_bacs_date(text: str) -> date:
    """Read ` YYDDD`; 00 to 79 are 2000 to 2079. Raises `BadBacsDate`, also for day 366 of a year without one."""
    match = _BACS_DATE.fullmatch(text)
    if match is None:
        raise BadBacsDate(text)
    year, day_of_year = 2000 + int(match[1]), int(match[2])
    # ordinal arithmetic runs into the next year where strptime would need a second format for leap years
    if year > 2079 or day_of_year == 0 or (day := date(year, 1, 1) + _DAY * (day_of_year - 1)).year != year:
        raise BadBacsDate(text)
    return day
