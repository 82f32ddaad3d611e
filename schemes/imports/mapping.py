"""Somebody else's columns as ours: which of theirs is which of ours, how they write days and amounts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import islice
from typing import Any
from uuid import UUID

from rapidfuzz import fuzz
from rapidfuzz.utils import default_process

from schemes.contact_value import EMAIL
from schemes.errors import Refused
from schemes.imports.cells import ACCOUNT_NUMBER, MADE_A_DATE, SORT_CODE
from schemes.imports.entry import COLUMNS, missing_of
from schemes.imports.table import Table

# several columns may make up a name: they are joined by a space, in the order of the file
JOINED = ("beneficiary_name", "payee_name", "account_name")
DAYS = ("date_of_birth", "start_date", "end_date")
MONEY = ("amount", "unit_rate")
LOOKED_AT = 50
# of 100; below, a column is left for the person to name
ALIKE = 85

# how other programs call our columns
ALSO_CALLED: dict[str, tuple[str, ...]] = {
    "reference": (
        "client id", "client reference", "customer number", "person id", "case number", "swift id", "id",
        "ref", "ref no", "reference no", "reference number", "our ref", "our reference", "client ref",
    ),
    "beneficiary_name": (
        "name", "full name", "client name", "customer name", "forename", "first name", "surname", "last name",
    ),
    "amount": (
        "payment amount", "gross amount", "net amount", "weekly amount", "monthly amount", "rate", "value",
        "pence", "amount due", "amount to pay", "payment",
    ),
    "date_of_birth": ("dob", "birth date", "born", "client date of birth"),
    "component": ("payment type", "award type", "service", "element"),
    "units": ("hours", "nights", "miles", "quantity", "number of units"),
    "unit_rate": ("hourly rate", "rate per unit", "rate per hour", "unit price"),
    "start_date": ("from", "date from", "first day", "effective from", "award start", "start", "starts on"),
    "end_date": ("to", "date to", "last day", "effective to", "award end", "end", "ends on"),
    "payee_reference": ("payee id", "payee ref", "appointee id", "provider id", "supplier number"),
    "payee_name": ("payee", "appointee name", "provider name", "supplier name", "paid to"),
    "payee_role": ("payee type", "relationship", "capacity"),
    "email": ("email address", "e mail", "mail"),
    "address": ("full address", "postal address", "home address"),
    "beneficiary_address": ("client address", "service user address", "address of beneficiary"),
    "account_name": ("acc name", "name on account", "account holder", "bank account name", "holder name"),
    "sort_code": ("sortcode", "bank sort code", "sort"),
    "account_number": ("account no", "acct no", "account", "bank account", "bank account number"),
    "roll_number": ("roll no", "building society reference", "building society roll number"),
}  # fmt: skip


class Look(StrEnum):
    """What the first values of a column look like; the values themselves are nobody's business yet."""

    NOTHING = "nothing"
    SORT_CODES = "sort_codes"
    ACCOUNT_NUMBERS = "account_numbers"
    DAYS = "days"
    EMAILS = "emails"
    WHOLE_NUMBERS = "whole_numbers"
    AMOUNTS = "amounts"
    TEXT = "text"


LOOKS = {
    Look.SORT_CODES: SORT_CODE,
    Look.ACCOUNT_NUMBERS: ACCOUNT_NUMBER,
    Look.DAYS: MADE_A_DATE,
    Look.EMAILS: EMAIL,
    Look.WHOLE_NUMBERS: re.compile(r"[0-9]+"),
    Look.AMOUNTS: re.compile(r"£?\s?-?[0-9,]+(\.[0-9]{1,2})?"),
}
# a column of ours that cannot look otherwise
MUST_LOOK: dict[str, tuple[Look, ...]] = {
    "sort_code": (Look.SORT_CODES, Look.WHOLE_NUMBERS, Look.TEXT, Look.DAYS),
    "account_number": (Look.ACCOUNT_NUMBERS, Look.WHOLE_NUMBERS, Look.TEXT, Look.AMOUNTS),
    "amount": (Look.AMOUNTS, Look.WHOLE_NUMBERS, Look.SORT_CODES, Look.ACCOUNT_NUMBERS),
    "units": (Look.AMOUNTS, Look.WHOLE_NUMBERS),
    "unit_rate": (Look.AMOUNTS, Look.WHOLE_NUMBERS),
    "date_of_birth": (Look.DAYS, Look.TEXT, Look.NOTHING),
    "start_date": (Look.DAYS, Look.TEXT),
    "end_date": (Look.DAYS, Look.TEXT, Look.NOTHING),
}


class MappingRefused(Refused):
    """A mapping lacks columns that are needed, or gives one of ours to several of theirs."""

    def __init__(self, *, missing: Sequence[str] = (), twice: Sequence[str] = ()) -> None:
        super().__init__(f"missing: {', '.join(missing)}; twice: {', '.join(twice)}")
        self.missing = tuple(missing)
        self.twice = tuple(twice)


@dataclass(frozen=True)
class ColumnMapping:
    """Our name for each column of a file, "" for one that is left out.

    first_day: of every award, where no column tells it. month_first: 04/01/2026 is the first of April.
    """

    columns: tuple[str, ...]
    first_day: date | None = None
    month_first: bool = False
    in_pence: bool = False

    def must_be_whole(self) -> None:
        """Raises MappingRefused."""
        missing = [name for name in missing_of(self.columns) if name != "start_date" or self.first_day is None]
        twice = [name for name in COLUMNS if name not in JOINED and self.columns.count(name) > 1]
        if self.first_day and "start_date" in self.columns:
            twice.append("start_date")
        if missing or twice:
            raise MappingRefused(missing=missing, twice=twice)

    def as_json(self) -> dict[str, Any]:
        return {
            "columns": list(self.columns),
            "first_day": self.first_day.isoformat() if self.first_day else None,
            "month_first": self.month_first,
            "in_pence": self.in_pence,
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> ColumnMapping:
        first_day = date.fromisoformat(kept["first_day"]) if kept["first_day"] else None
        return cls(tuple(kept["columns"]), first_day, kept["month_first"], kept["in_pence"])


class MappedTable:
    """A table under our columns: every row that it had, and no other."""

    def __init__(self, table: Table, mapping: ColumnMapping, *, source_id: UUID | None, source: str = "") -> None:
        self.table = table
        self.mapping = mapping
        self.source_id = source_id
        self.header = [name for name in COLUMNS if name in mapping.columns]
        if mapping.first_day:
            self.header.append("start_date")
        self.places = [
            (name, [place for place, given in enumerate(mapping.columns) if given == name]) for name in self.header
        ]
        self.notes = {**table.notes, **({"source": source} if source else {})}

    def lines(self) -> Iterator[tuple[int, list[str]]]:
        lines = self.table.lines()
        line, _ = next(lines)
        yield line, self.header
        for line, cells in lines:
            yield line, self.row(cells)

    def row(self, cells: list[str]) -> list[str]:
        """A row under our columns. One with too few or too many cells stays too short or too long, to be refused."""
        width = len(self.mapping.columns)
        if len(cells) < width:
            return [" ".join(cells)[:80]]
        beyond = [cell for cell in cells[width:] if cell.strip()]
        return [self.cell(name, [cells[place] for place in places]) for name, places in self.places] + beyond

    def cell(self, name: str, cells: list[str]) -> str:
        if not cells:
            assert self.mapping.first_day is not None
            return self.mapping.first_day.isoformat()
        if len(cells) > 1:
            return " ".join(cell.strip() for cell in cells if cell.strip())
        if name in MONEY and self.mapping.in_pence:
            return from_pence(cells[0])
        if name in DAYS and self.mapping.month_first:
            return from_month_first(cells[0])
        return cells[0]


def from_pence(written: str) -> str:
    """12050 as 120.50; what is no whole number of pence is left as something that is no amount."""
    digits = written.strip().replace(",", "")
    if not digits:
        return ""
    if not (digits.isascii() and digits.isdigit()):
        return f"{written} pence"
    return f"{digits[:-2] or '0'}.{digits[-2:]:0>2}"


def from_month_first(written: str) -> str:
    """04/25/2026 as 2026-04-25; what has no such month is left as something that is no day, and not turned round."""
    try:
        return datetime.strptime(written.strip(), "%m/%d/%Y").date().isoformat()  # noqa: DTZ007  (a day, no instant)
    except ValueError:
        return f"{written} (month first)" if "/" in written else written


def looks_of(table: Table, width: int) -> list[Look]:
    """What the first values of each column look like."""
    values: list[set[str]] = [set() for _ in range(width)]
    for _, cells in islice(table.lines(), 1, LOOKED_AT):
        for place, cell in enumerate(cells[:width]):
            values[place].add(cell.strip())
    return [look_of(column - {""}) for column in values]


def look_of(values: set[str]) -> Look:
    if not values:
        return Look.NOTHING
    return next(
        (look for look, pattern in LOOKS.items() if all(pattern.fullmatch(value) for value in values)), Look.TEXT
    )


def proposed(header: Sequence[str], looks: Sequence[Look]) -> list[str]:
    """Our name for each column, by how alike the names are and what stands there; "" where nothing is alike."""
    scored = sorted(
        (
            (-likeness(theirs, ours), place, ours)
            for place, theirs in enumerate(header)
            for ours in COLUMNS
            if looks[place] in MUST_LOOK.get(ours, tuple(Look))
        ),
    )
    found = [""] * len(header)
    for score, place, ours in scored:
        if -score >= ALIKE and not found[place] and (ours not in found or ours in JOINED):
            found[place] = ours
    return found


def likeness(theirs: str, ours: str) -> float:
    """How alike a column's name is to one of ours, of 100; the name itself counts a little more than other names.

    Capitals, signs such as £ and brackets, and lines below do not count.
    """
    name = default_process(theirs)
    others = max(fuzz.token_sort_ratio(name, called) for called in ALSO_CALLED[ours])
    return max(fuzz.token_sort_ratio(name, ours.replace("_", " ")), others - 1)
