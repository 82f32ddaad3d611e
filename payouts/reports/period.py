"""The days that a report is about, and those that it is held against."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from schemes.errors import Refused

LONGEST_DAYS = 366 * 5
BY_DAY_UP_TO = 35


class Against(StrEnum):
    """Which days a report's days are held against."""

    PERIOD_BEFORE = "period_before"
    YEAR_BEFORE = "year_before"
    NOTHING = "nothing"


class DaysRefused(Refused):
    """Days that begin after they end, or are more than five years."""


class Days(NamedTuple):
    """From the first to the last, both included: pay dates, in London."""

    first: date
    last: date

    def must_fit(self) -> None:
        """Raises DaysRefused."""
        if not timedelta(0) <= self.last - self.first < timedelta(days=LONGEST_DAYS):
            raise DaysRefused(f"{self.first} to {self.last}")

    def before(self, against: Against) -> Days | None:
        """The days to hold these against: as many, right before them, or the same of the year before."""
        match against:
            case Against.NOTHING:
                return None
            case Against.YEAR_BEFORE:
                return Days(a_year_before(self.first), a_year_before(self.last))
        whole_months = months_of(self)
        if whole_months:
            return Days(months_before(self.first, whole_months), self.first - timedelta(days=1))
        return Days(self.first - (self.last - self.first) - timedelta(days=1), self.first - timedelta(days=1))

    @property
    def by_day(self) -> bool:
        """Whether a plot has a step for each day: otherwise one for each month."""
        return (self.last - self.first).days < BY_DAY_UP_TO

    def step_of(self, day: date) -> date:
        return day if self.by_day else day.replace(day=1)

    def steps(self) -> Iterator[date]:
        """Each step of a plot by its first day: months begin on the 1st, also before these days begin."""
        step = self.step_of(self.first)
        while step <= self.last:
            yield step
            step = step + timedelta(days=1) if self.by_day else (step + timedelta(days=31)).replace(day=1)


def months_of(days: Days) -> int:
    """How many whole months the days are; 0 where they are not whole ones."""
    if days.first.day != 1 or (days.last + timedelta(days=1)).day != 1:
        return 0
    return (days.last.year - days.first.year) * 12 + days.last.month - days.first.month + 1


def months_before(first: date, months: int) -> date:
    """The first of a month so many months before another."""
    count = first.year * 12 + first.month - 1 - months
    return date(count // 12, count % 12 + 1, 1)


def a_year_before(day: date) -> date:
    """The same day of the year before; for 29 February the 28th."""
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)
