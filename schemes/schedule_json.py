"""A schedule as it is kept, and what keeps one from being used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from schemes.errors import FieldFault, Misfit
from schemes.period import LISTED, Frequency, ListedPeriod, NonWorkingDay, PayDay, Period, Schedule

FIRST, LAST = date(2000, 1, 1), date(2099, 12, 31)
MOST_PAY_DAYS = 366
MOST_LISTED = 200
APART = timedelta(days=7)
"""Between listed pay days, so that moving them to working days cannot make two of them one."""


def schedule_json(schedule: Schedule) -> dict[str, Any]:
    return {
        "frequency": schedule.frequency.value,
        "first_day": schedule.first_day.isoformat(),
        "pay_day": schedule.pay_day.value,
        "pay_days": schedule.pay_days,
        "non_working": schedule.non_working.value,
        "listed": [
            {
                "first_day": entry.period.first_day.isoformat(),
                "last_day": entry.period.last_day.isoformat(),
                "pay_day": entry.pay_day.isoformat() if entry.pay_day else None,
            }
            for entry in schedule.listed
        ],
    }


def schedule_from(kept: Mapping[str, Any]) -> Schedule:
    return Schedule(
        Frequency(kept["frequency"]),
        date.fromisoformat(kept["first_day"]),
        PayDay(kept["pay_day"]),
        kept["pay_days"],
        NonWorkingDay(kept["non_working"]),
        tuple(
            ListedPeriod(
                Period(date.fromisoformat(entry["first_day"]), date.fromisoformat(entry["last_day"])),
                date.fromisoformat(entry["pay_day"]) if entry["pay_day"] else None,
            )
            for entry in kept["listed"]
        ),
    )


def schedule_faults(schedule: Schedule) -> Iterator[FieldFault]:
    """What keeps a schedule from saying of each day which period it is in, and of each period when it is paid."""
    if not FIRST <= schedule.first_day <= LAST:
        yield FieldFault("schedule.first_day", Misfit.OUT_OF_RANGE, (FIRST, LAST))
    least = 1 if schedule.pay_day is PayDay.DAY_OF_PERIOD else 0
    if not least <= schedule.pay_days <= MOST_PAY_DAYS:
        yield FieldFault("schedule.pay_days", Misfit.OUT_OF_RANGE, (least, MOST_PAY_DAYS))
    if schedule.frequency in LISTED:
        yield from listed_faults(schedule)
    elif schedule.pay_day is PayDay.LISTED:
        yield FieldFault("schedule.pay_day", Misfit.UNKNOWN)


def listed_faults(schedule: Schedule) -> Iterator[FieldFault]:
    listed = schedule.listed
    most = 1 if schedule.frequency is Frequency.ONE_OFF else MOST_LISTED
    if not listed:
        yield FieldFault("schedule.listed", Misfit.MISSING)
        return
    if len(listed) > most:
        yield FieldFault("schedule.listed", Misfit.TOO_LONG, (most,))
    if listed[0].period.first_day != schedule.first_day:
        yield FieldFault("schedule.first_day", Misfit.NOT_THE_FIRST)
    for place, entry in enumerate(listed):
        period = entry.period
        if not FIRST <= period.first_day <= period.last_day <= LAST:
            yield FieldFault(f"schedule.listed.{place}", Misfit.NOT_RISING)
        if schedule.pay_day is PayDay.LISTED and entry.pay_day is None:
            yield FieldFault(f"schedule.listed.{place}.pay_day", Misfit.MISSING)
    for place, (before, after) in enumerate(pairwise(listed), start=1):
        if after.period.first_day <= before.period.last_day:
            yield FieldFault(f"schedule.listed.{place}", Misfit.OVERLAPS)
        if before.pay_day and after.pay_day and after.pay_day - before.pay_day < APART:
            yield FieldFault(f"schedule.listed.{place}.pay_day", Misfit.TOO_CLOSE)
