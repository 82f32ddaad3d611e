"""Words for deadlines, the days of a body's offices, and days on which nothing is released."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from payouts.checks.funds import FundsDayPassed
from payouts.gates.release_freeze import Frozen
from payouts.gates.release_funds import FundsLacking
from payouts.web.figures import count, day, pounds, weekday
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


def funds_lacking(refusal: FundsLacking) -> str:
    what = (
        f"Nobody recorded what the account has on {day(refusal.day)}"
        if refusal.short_pence is None
        else f"On {day(refusal.day)} the account has {pounds(refusal.short_pence)} less than its payrolls take"
    )
    record = "Have a finance officer record money that is available"
    if refusal.reason_allowed:
        return f"{what}. {record}, or say under Reason why it is right to release all the same"
    return f"{what}. {record}, or take payments out"


TELLERS: dict[type[Refused], Callable[[Any], str]] = {
    Frozen: frozen,
    FundsLacking: funds_lacking,
    FundsDayPassed: lambda _: "Enter today or a day to come",
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
