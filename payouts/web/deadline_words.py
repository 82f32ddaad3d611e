"""Words for deadlines, the days of a body's offices, and days on which nothing is released."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from payouts.gates.release_freeze import Frozen
from payouts.web.figures import count, day, weekday
from schemes.errors import Refused
from schemes.freeze import MOST_DAYS, FreezeFault, FreezeRefused
from schemes.office_days import ClosedDayRefused, Country, from_facts

COUNTRIES: dict[Country, str] = {
    Country.ENGLAND: "England",
    Country.WALES: "Wales",
    Country.SCOTLAND: "Scotland",
    Country.NORTHERN_IRELAND: "Northern Ireland",
}

FREEZE_FAULTS: dict[FreezeFault, str] = {
    FreezeFault.ENDS_BEFORE_IT_BEGINS: "The last day must not be before the first",
    FreezeFault.OVER: "Enter a last day that has not passed",
    FreezeFault.TOO_LONG: f"Releases can stop for {MOST_DAYS} days at most",
}


def frozen(refusal: Frozen) -> str:
    if refusal.urgent_allowed:
        return f"Your body releases only what can’t wait until {day(refusal.until)}. Say under Reason why this can’t"
    return f"Your body releases nothing until {day(refusal.until)}. Say go after that day"


TELLERS: dict[type[Refused], Callable[[Any], str]] = {
    Frozen: frozen,
    FreezeRefused: lambda refusal: FREEZE_FAULTS[refusal.fault],
    ClosedDayRefused: lambda refusal: (
        f"{day(refusal.day)} has no name, or is beyond the bank holidays that are known so far"
    ),
}


def office_days_rows(facts: Mapping[str, Any]) -> dict[str, str]:
    """Office days as a proposal's rows."""
    days = from_facts(facts)
    closed = ", ".join(f"{day(each.day)} ({each.name})" for each in days.closed)
    return {
        "Bank holidays of": COUNTRIES[days.country],
        "Also closed": closed or "No other day",
        "Files are planned": count(days.early_days, "day") + " before the last possible one",
    }


def freeze_rows(facts: Mapping[str, Any]) -> dict[str, str]:
    """Frozen days as a proposal's rows."""
    first, last = (date.fromisoformat(facts[name]) for name in ("first_day", "last_day"))
    return {
        "From": weekday(first),
        "To": weekday(last),
        "What can’t wait": "Is released, if somebody says why" if facts["urgent_allowed"] else "Waits too",
    }


def time_left(until: datetime, now: datetime) -> str:
    """`1 day 3 hours`, `2 hours 5 minutes`, `4 minutes`: to the two largest units; nothing once it has passed."""
    left = until - now
    if left <= timedelta():
        return ""
    minutes = int(left.total_seconds()) // 60
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return count(days, "day") + (f" {count(hours, 'hour')}" if hours else "")
    if hours:
        return count(hours, "hour") + (f" {count(minutes, 'minute')}" if minutes else "")
    return count(max(minutes, 1), "minute")
