"""Days and times as people read them, on pages and in messages alike: the GOV.UK way, in London's time."""

from __future__ import annotations

from datetime import date, datetime, time

from bacs.calendar import LONDON


def day(value: date | datetime) -> str:
    """`25 November 2026`, in London when given an instant."""
    local = in_london(value)
    return f"{local.day} {local:%B %Y}"


def weekday(value: date | datetime) -> str:
    """`Wednesday 25 November 2026`: with the weekday, where someone plans by it."""
    return f"{in_london(value):%A} {day(value)}"


def short_day(value: date | datetime) -> str:
    """`25 November`: where the year is clear from what stands around it."""
    local = in_london(value)
    return f"{local.day} {local:%B}"


def clock(value: datetime) -> str:
    """`9:05am`, `midday`, `5:30pm` in London."""
    return time_of_day(value.astimezone(LONDON).time())


def time_of_day(value: time) -> str:
    """`9:05am`, for a time that is London's already."""
    if (value.hour, value.minute) == (0, 0):
        return "midnight"
    if (value.hour, value.minute) == (12, 0):
        return "midday"
    hour = value.hour % 12 or 12
    minutes = f":{value.minute:02d}" if value.minute else ""
    return f"{hour}{minutes}{'am' if value.hour < 12 else 'pm'}"


def instant(value: datetime) -> str:
    """`25 November 2026 at 9:05am`."""
    return f"{day(value)} at {clock(value)}"


def deadline(value: datetime) -> str:
    """`5pm on Monday 23 November`: the time first, since it is what one is late for."""
    return f"{clock(value)} on {in_london(value):%A} {short_day(value)}"


def in_london(value: date | datetime) -> date:
    return value.astimezone(LONDON) if isinstance(value, datetime) else value
