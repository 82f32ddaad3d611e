"""The payments of another system's file: Standard 18, pain.001, or a table with columns of its own.

A table's columns are told once and remembered by their names. A row that cannot be read is no payment: it is given out
by its line, since a comparison without it would say too little.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

from bacs import account, charset, comparison, pence
from bacs.comparison import Listed
from bacs.errors import AccountRefused, AmountRefused, BacsError
from schemes.errors import FileFault, FileRefused, Refused
from schemes.imports import legacy_file
from schemes.imports.cells import read_day
from schemes.imports.mapping import from_month_first
from schemes.imports.register_file import MOST_ROWS, header_of, names_of, open_table

# what a name and a reference come to in a Bacs file: 18 characters (Standard 18, fields 10 and 11)
WIDTH = 18


class Column(StrEnum):
    """What a column of a table can be of a payment."""

    SORT_CODE = "sort_code"
    ACCOUNT_NUMBER = "account_number"
    AMOUNT = "amount"
    NAME = "name"
    REFERENCE = "reference"
    DAY = "day"


NEEDED = (Column.SORT_CODE, Column.ACCOUNT_NUMBER, Column.AMOUNT)

# how other programs call them, likeliest first
CALLED: dict[Column, tuple[str, ...]] = {
    Column.SORT_CODE: ("sortcode", "banksortcode", "sort"),
    Column.ACCOUNT_NUMBER: ("accountnumber", "accountno", "acctno", "bankaccountnumber", "bankaccount", "account"),
    Column.AMOUNT: ("amount", "paymentamount", "netamount", "amountpence", "amountpaid", "pence", "net", "value"),
    Column.NAME: ("accountname", "accountholder", "payeename", "payee", "name", "beneficiaryname", "fullname"),
    Column.REFERENCE: ("paymentreference", "bacsreference", "payeereference", "reference", "ref"),
    Column.DAY: ("processingdate", "processingday", "paymentdate", "paydate", "date"),
}
IN_PENCE = ("amountpence", "pence")


class RowFault(StrEnum):
    """Why a row is no payment."""

    ACCOUNT = "account"
    AMOUNT = "amount"
    DAY = "day"
    CELLS = "cells"


class ColumnsRefused(Refused):
    """A column that is needed is not told, or one is told twice."""

    def __init__(self, *, missing: Sequence[Column] = (), twice: Sequence[str] = ()) -> None:
        super().__init__(f"missing: {', '.join(missing)}; twice: {', '.join(twice)}")
        self.missing = tuple(missing)
        self.twice = tuple(twice)


class Unreadable(NamedTuple):
    """A row of a table that is no payment: its line, counted from 1, and why."""

    line: int
    why: RowFault


@dataclass(frozen=True)
class Columns:
    """Which column of a table is what, by places counted from 0. month_first: 04/01/2026 is the first of April."""

    places: dict[Column, int]
    in_pence: bool = False
    month_first: bool = False

    def must_be_whole(self) -> None:
        """Raises ColumnsRefused."""
        missing = [column for column in NEEDED if column not in self.places]
        given = list(self.places.values())
        twice = [column for column, place in self.places.items() if given.count(place) > 1]
        if missing or twice:
            raise ColumnsRefused(missing=missing, twice=twice)

    def as_json(self) -> dict[str, Any]:
        places = {column.value: place for column, place in self.places.items()}
        return {"places": places, "in_pence": self.in_pence, "month_first": self.month_first}

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Columns:
        places = {Column(column): place for column, place in kept["places"].items()}
        return cls(places, kept["in_pence"], kept["month_first"])


def is_table(content: bytes) -> bool:
    """Whether columns have to be told. Raises FileRefused for XML that is no payment file."""
    return not legacy_file.kind_of(content)


def header_names(content: bytes) -> tuple[str, ...]:
    """The names of a table's columns. Raises FileRefused, for a file with too few of them too."""
    names = names_of(header_of(open_table(content)))
    if len(names) < len(NEEDED):
        raise FileRefused(FileFault.MISSING_COLUMNS, missing=[column.replace("_", " ") for column in NEEDED])
    return names


def guessed(header: Sequence[str]) -> Columns:
    """Which column is what, by its name; what is not told by its name is left out."""
    plain = [re.sub(r"[^a-z0-9]", "", name.casefold()) for name in header]
    places: dict[Column, int] = {}
    for column, names in CALLED.items():
        place = next((plain.index(name) for name in names if name in plain), None)
        if place is not None and place not in places.values():
            places[column] = place
    in_pence = Column.AMOUNT in places and plain[places[Column.AMOUNT]] in IN_PENCE
    return Columns(places, in_pence=in_pence)


def payments_in(content: bytes, columns: Columns | None) -> Iterator[Listed | Unreadable]:
    """Every payment of a file, and every row that is none. Raises FileRefused where it cannot be read as a whole."""
    if is_table(content):
        assert columns is not None
        yield from of_table(content, columns)
        return
    try:
        for one in comparison.listed(io.BytesIO(content)):
            yield on_the_wire(one)
    except BacsError as error:
        raise FileRefused(FileFault.PAYMENT_FILE_BROKEN, detail=str(error)[:200]) from None


def of_table(content: bytes, columns: Columns) -> Iterator[Listed | Unreadable]:
    lines = open_table(content).lines()
    header = names_of(next(lines)[1])
    for count, (line, cells) in enumerate(lines, start=1):
        if count > MOST_ROWS:
            raise FileRefused(FileFault.TOO_MANY_ROWS, most=MOST_ROWS)
        # spreadsheets leave empty cells at the end of a line, and leave them out
        if any(cell.strip() for cell in cells[len(header) :]):
            yield Unreadable(line, RowFault.CELLS)
        else:
            yield payment_of(line, [*cells, *[""] * (len(header) - len(cells))], columns)


def payment_of(line: int, cells: Sequence[str], columns: Columns) -> Listed | Unreadable:
    def cell(column: Column) -> str:
        return cells[columns.places[column]].strip() if column in columns.places else ""

    try:
        amount_pence = amount_of(cell(Column.AMOUNT), in_pence=columns.in_pence)
    except AmountRefused:
        return Unreadable(line, RowFault.AMOUNT)
    try:
        valid = account.validate(filled(cell(Column.SORT_CODE), 6), filled(cell(Column.ACCOUNT_NUMBER), 8))
    except AccountRefused:
        return Unreadable(line, RowFault.ACCOUNT)
    day: date | None = None
    if written := cell(Column.DAY):
        day = read_day(from_month_first(written) if columns.month_first else written)
        if day is None:
            return Unreadable(line, RowFault.DAY)
    name, reference = cell(Column.NAME), cell(Column.REFERENCE)
    return on_the_wire(Listed(valid.sort_code, valid.account_number, amount_pence, name, reference, day))


def filled(digits: str, width: int) -> str:
    """With the zeros in front that a spreadsheet has eaten, as long as it can be no other number."""
    return digits.zfill(width) if digits.isdigit() and len(digits) >= width - 2 else digits


def amount_of(written: str, *, in_pence: bool) -> int:
    """Pence. Raises AmountRefused."""
    digits = written.replace(",", "")
    if in_pence and digits.isascii() and digits.isdigit():
        return int(digits)
    # pounds where pence were told would be a hundred times too little: what is not plain digits is refused
    return pence.parse("" if in_pence else written)


def on_the_wire(one: Listed) -> Listed:
    """A payment with its name and reference as a Bacs file carries them, so that only what differs there differs."""
    return one._replace(name=wire(one.name), reference=wire(one.reference))


def wire(text: str) -> str:
    return charset.to_bacs(text).cut(WIDTH).strip()
