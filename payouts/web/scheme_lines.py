"""Bands, listed periods, the amounts of a gate and closed days as people type them, a line each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date

from bacs import pence
from bacs.errors import AmountRefused
from payouts.web.people_words import ROLES
from schemes.amount import Band, read_units, units_words
from schemes.gate_rule import DECIDERS, Tier
from schemes.office_days import ClosedDay
from schemes.period import ListedPeriod, Period

_DAY = r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})"
_TIER = re.compile(r"(.+?)\s*=\s*(\d{1,3})\s+([a-z ]+?)s?", re.ASCII | re.IGNORECASE)
_CLOSED = re.compile(rf"{_DAY}\s+(\S.*)", re.ASCII)
_PERIOD = re.compile(rf"{_DAY}\s+to\s+{_DAY}(?:,?\s+paid(?:\s+on)?\s+{_DAY})?", re.ASCII | re.IGNORECASE)


class BadLine(Exception):
    """A line that cannot be read, with the field that it stands in and the words to say so."""

    def __init__(self, field: str, number: int, example: str) -> None:
        self.field = field
        self.words = f"Line {number} can’t be read. Write it like {example}"
        super().__init__(self.words)


def read_bands(text: str, field: str) -> tuple[Band, ...]:
    """`0 = 26.05` a line. Raises BadLine."""
    bands = []
    for number, line in lines(text):
        start, sign, amount = line.partition("=")
        units = read_units(start)
        try:
            given = pence.parse(amount)
        except AmountRefused:
            raise BadLine(field, number, "0 = 26.05") from None
        if units is None or not sign:
            raise BadLine(field, number, "0 = 26.05")
        bands.append(Band(units, given))
    return tuple(bands)


def write_bands(bands: Iterable[Band]) -> str:
    return "\n".join(f"{units_words(band.from_units)} = {pence.format(band.pence).removeprefix('£')}" for band in bands)


def read_tiers(text: str, field: str) -> tuple[Tier, ...]:
    """`100,000 = 2 approvers` a line. Raises BadLine."""
    roles = {ROLES[role]: role for role in DECIDERS}
    tiers = []
    for number, line in lines(text):
        match = _TIER.fullmatch(line)
        role = roles.get(match[3].lower()) if match else None
        try:
            from_pence = pence.parse(match[1]) if match else 0
        except AmountRefused:
            role = None
        if match is None or role is None:
            raise BadLine(field, number, "100,000 = 2 approvers")
        tiers.append(Tier(from_pence, role, int(match[2])))
    return tuple(tiers)


def write_tiers(tiers: Iterable[Tier]) -> str:
    return "\n".join(
        f"{pence.format(tier.from_pence).removeprefix('£')} = {tier.people_needed} {ROLES[tier.role]}"
        + ("s" if tier.people_needed > 1 else "")
        for tier in tiers
    )


def read_closed_days(text: str, field: str) -> tuple[ClosedDay, ...]:
    """`24/12/2026 Christmas closure` a line; a day that is typed twice counts once. Raises BadLine."""
    days = {}
    for number, line in lines(text):
        match = _CLOSED.fullmatch(line)
        try:
            day = read_day(match.groups()[:3]) if match else None
        except ValueError:
            day = None
        if match is None or day is None:
            raise BadLine(field, number, "24/12/2026 Christmas closure")
        days[day] = ClosedDay(day, match[4].strip())
    return tuple(sorted(days.values()))


def write_closed_days(days: Iterable[ClosedDay]) -> str:
    return "\n".join(f"{write_day(each.day)} {each.name}" for each in sorted(days))


def read_periods(text: str, field: str) -> tuple[ListedPeriod, ...]:
    """`1/9/2026 to 18/12/2026 paid 15/9/2026` a line. Raises BadLine."""
    return tuple(read_period(line, field, number) for number, line in lines(text))


def read_period(line: str, field: str, number: int) -> ListedPeriod:
    match = _PERIOD.fullmatch(line)
    if match is not None:
        try:
            first, last, paid = (read_day(match.groups()[start : start + 3]) for start in (0, 3, 6))
        except ValueError:
            first = last = paid = None
        if first and last:
            return ListedPeriod(Period(first, last), paid)
    raise BadLine(field, number, "1/9/2026 to 18/12/2026 paid 15/9/2026")


def read_day(parts: tuple[str | None, ...]) -> date | None:
    """Day, month and year; None where they were left out. Raises ValueError for a day that there is not."""
    day, month, year = parts
    return date(int(year), int(month), int(day)) if day and month and year else None


def write_periods(listed: Iterable[ListedPeriod]) -> str:
    return "\n".join(
        f"{write_day(entry.period.first_day)} to {write_day(entry.period.last_day)}"
        + (f" paid {write_day(entry.pay_day)}" if entry.pay_day else "")
        for entry in listed
    )


def write_day(day: date) -> str:
    return f"{day.day}/{day.month}/{day.year}"


def lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines that say something, with their numbers."""
    return ((number, line.strip()) for number, line in enumerate(text.splitlines(), start=1) if line.strip())
