"""What an award pays on a pay date: one pure function, and the period it is for."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from schemes.scheme import Frequency

DAYS = {Frequency.WEEKLY: 7, Frequency.FOUR_WEEKLY: 28}


class NotDue(StrEnum):
    """Why an award pays nothing in a period."""

    NOT_STARTED = "not_started"
    ENDED = "ended"


@dataclass(frozen=True)
class Period:
    """What one payment is for, both days included."""

    first_day: date
    last_day: date


@dataclass(frozen=True)
class Due:
    """An amount in pence for a period."""

    period: Period
    amount_pence: int


def period_of(frequency: Frequency, first_period_day: date, pay_date: date) -> Period:
    """The period that a pay date falls in: the calendar month, or weeks counted from the scheme's first period."""
    if frequency is Frequency.MONTHLY:
        last = calendar.monthrange(pay_date.year, pay_date.month)[1]
        return Period(pay_date.replace(day=1), pay_date.replace(day=last))
    length = DAYS[frequency]
    first = first_period_day + timedelta(days=(pay_date - first_period_day).days // length * length)
    return Period(first, first + timedelta(days=length - 1))


def entitlement(first_day: date, last_day: date | None, amount_pence: int, period: Period) -> Due | NotDue:
    """What an award from `first_day` to `last_day` (None: no end) pays for a period: its whole amount, or nothing.

    An award that covers a part of the period pays the whole amount.
    """
    if first_day > period.last_day:
        return NotDue.NOT_STARTED
    if last_day is not None and last_day < period.first_day:
        return NotDue.ENDED
    return Due(period, amount_pence)
