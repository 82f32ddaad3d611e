"""The bank's own CSV: which of its columns is what, told once for each account and remembered by their names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

from bacs import pence
from schemes.errors import Refused
from schemes.imports import workbook
from schemes.imports.cells import read_day
from schemes.imports.csv_file import CsvFile
from schemes.imports.mapping import from_month_first
from schemes.imports.register_file import MOST_ROWS, header_of, names_of, open_table
from schemes.imports.table import Table
from schemes.sealed_file import SealedFile


class Column(StrEnum):
    """What a column of a statement can be. Amounts stand in one column with a sign, or in two."""

    DAY = "day"
    AMOUNT = "amount"
    MONEY_IN = "money_in"
    MONEY_OUT = "money_out"
    DESCRIPTION = "description"
    REFERENCE = "reference"
    KIND = "kind"
    BALANCE = "balance"


CALLED: dict[Column, tuple[str, ...]] = {
    Column.DAY: ("date", "transactiondate", "postingdate", "bookingdate", "entrydate", "valuedate"),
    Column.AMOUNT: ("amount", "value", "transactionamount"),
    Column.MONEY_IN: ("moneyin", "paidin", "credit", "creditamount", "credits", "in", "receipts"),
    Column.MONEY_OUT: ("moneyout", "paidout", "debit", "debitamount", "debits", "out", "payments"),
    Column.DESCRIPTION: ("description", "details", "narrative", "transactiondescription", "memo", "particulars"),
    Column.REFERENCE: ("reference", "customerreference", "bankreference", "ref"),
    Column.KIND: ("type", "transactiontype", "code", "transactioncode"),
    Column.BALANCE: ("balance", "runningbalance", "ledgerbalance"),
}


class ColumnsWrong(Refused):
    """A column that is needed is not told, or one is told twice. amounts: neither one column of them nor two."""

    def __init__(self, *, missing: Sequence[Column] = (), twice: Sequence[Column] = (), amounts: bool = False) -> None:
        super().__init__(f"missing: {', '.join(missing)}; twice: {', '.join(twice)}; amounts: {amounts}")
        self.missing = tuple(missing)
        self.twice = tuple(twice)
        self.amounts = amounts


@dataclass(frozen=True)
class Columns:
    """Which column is what, by places counted from 0. in_is_negative: a minus is money that came in."""

    places: dict[Column, int]
    month_first: bool = False
    in_is_negative: bool = False

    def must_be_whole(self) -> None:
        """Raises ColumnsWrong."""
        given = list(self.places.values())
        twice = [column for column, place in self.places.items() if given.count(place) > 1]
        missing = [column for column in (Column.DAY, Column.DESCRIPTION) if column not in self.places]
        two = Column.MONEY_IN in self.places and Column.MONEY_OUT in self.places
        any_of_two = Column.MONEY_IN in self.places or Column.MONEY_OUT in self.places
        amounts = (Column.AMOUNT in self.places) is any_of_two or (any_of_two and not two)
        if missing or twice or amounts:
            raise ColumnsWrong(missing=missing, twice=twice, amounts=amounts)

    def as_json(self) -> dict[str, Any]:
        places = {column.value: place for column, place in self.places.items()}
        return {"places": places, "month_first": self.month_first, "in_is_negative": self.in_is_negative}

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Columns:
        places = {Column(column): place for column, place in kept["places"].items()}
        return cls(places, kept["month_first"], kept["in_is_negative"])


class TableRow(NamedTuple):
    """A row: signed pence, above 0 for money that came in."""

    line: int
    day: date
    pence: int
    description: str
    reference: str
    kind: str
    balance_pence: int | None


class BadRow(Exception):
    """A row that cannot be read: a statement without it would say too little."""

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line}")
        self.line = line


def header_names(file: SealedFile) -> tuple[str, ...]:
    """The names of a table's columns. Raises FileRefused."""
    return names_of(header_of(opened(file)))


def opened(file: SealedFile) -> Table:
    """Text goes by as it is read; a workbook can be read only whole. Raises FileRefused."""
    is_workbook = file.head.startswith((workbook.ZIP, workbook.OLD_OFFICE))
    return open_table(file.whole()) if is_workbook else CsvFile(file)


def guessed(header: Sequence[str]) -> Columns:
    """Which column is what, by its name; what is not told by its name is left out."""
    plain = [re.sub(r"[^a-z0-9]", "", name.casefold()) for name in header]
    places: dict[Column, int] = {}
    for column, names in CALLED.items():
        place = next((plain.index(name) for name in names if name in plain), None)
        if place is not None and place not in places.values():
            places[column] = place
    return Columns(places)


def rows_of(file: SealedFile, columns: Columns) -> Iterator[TableRow]:
    """Every row. Raises BadRow for one that cannot be read, FileRefused."""
    lines = opened(file).lines()
    next(lines)
    for count, (line, cells) in enumerate(lines):
        if count >= MOST_ROWS:
            raise BadRow(line)
        yield row_of(line, cells, columns)


def row_of(line: int, cells: Sequence[str], columns: Columns) -> TableRow:
    def cell(column: Column) -> str:
        place = columns.places.get(column)
        return cells[place].strip() if place is not None and place < len(cells) else ""

    written = cell(Column.DAY)
    day = read_day(from_month_first(written) if columns.month_first else written)
    amount = amount_of(cell(Column.AMOUNT), cell(Column.MONEY_IN), cell(Column.MONEY_OUT))
    balance = pence.read_decimal(cell(Column.BALANCE))
    if day is None or amount is None or (cell(Column.BALANCE) and balance is None):
        raise BadRow(line)
    if columns.in_is_negative and Column.AMOUNT in columns.places:
        amount = -amount
    return TableRow(line, day, amount, cell(Column.DESCRIPTION), cell(Column.REFERENCE), cell(Column.KIND), balance)


def amount_of(one: str, money_in: str, money_out: str) -> int | None:
    """Signed pence of one column, or of two of which one is empty or 0; None where they cannot be read."""
    if one:
        return pence.read_decimal(one)
    came, went = (pence.read_decimal(written) if written else 0 for written in (money_in, money_out))
    if came is None or went is None or (came and went):
        return None
    # some banks put a minus before what went out, in its own column too
    return came - abs(went)
