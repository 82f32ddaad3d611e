"""The bank's own CSV: which of its columns is what, told once for each account and remembered by their names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import islice
from typing import Any, NamedTuple

from payouts.statement.cells import is_money_in, read_amount, read_day
from schemes.errors import FileFault, FileRefused, Refused
from schemes.imports import workbook
from schemes.imports.csv_file import CsvFile
from schemes.imports.register_file import LEGIBLE, MOST_ROWS, names_of, open_table
from schemes.imports.table import Table
from schemes.sealed_file import SealedFile


class Column(StrEnum):
    """What a column of a statement can be. Amounts stand in one column, or in two.

    Those of one column have a sign, or another column says which way each went.
    """

    DAY = "day"
    AMOUNT = "amount"
    SIDE = "side"
    MONEY_IN = "money_in"
    MONEY_OUT = "money_out"
    DESCRIPTION = "description"
    REFERENCE = "reference"
    KIND = "kind"
    BALANCE = "balance"


CALLED: dict[Column, tuple[str, ...]] = {
    Column.DAY: ("date", "transactiondate", "postingdate", "bookingdate", "entrydate", "valuedate"),
    Column.AMOUNT: ("amount", "value", "transactionamount", "amountgbp"),
    Column.SIDE: ("debitcredit", "creditdebit", "drcr", "crdr", "dc", "cd", "indicator", "debitorcredit"),
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
    """Which column is what, by places counted from 0.

    in_is_negative: a minus is money that came in. decimal_comma: amounts are 1.234,56 as in most of Europe.
    """

    places: dict[Column, int]
    month_first: bool = False
    in_is_negative: bool = False
    decimal_comma: bool = False

    def must_be_whole(self) -> None:
        """Raises ColumnsWrong."""
        given = list(self.places.values())
        twice = [column for column, place in self.places.items() if given.count(place) > 1]
        missing = [column for column in (Column.DAY, Column.DESCRIPTION) if column not in self.places]
        two = Column.MONEY_IN in self.places and Column.MONEY_OUT in self.places
        any_of_two = Column.MONEY_IN in self.places or Column.MONEY_OUT in self.places
        amounts = (Column.AMOUNT in self.places) is any_of_two or (any_of_two and not two)
        amounts = amounts or (Column.SIDE in self.places and any_of_two)
        if missing or twice or amounts:
            raise ColumnsWrong(missing=missing, twice=twice, amounts=amounts)

    def as_json(self) -> dict[str, Any]:
        places = {column.value: place for column, place in self.places.items()}
        return {
            "places": places,
            "month_first": self.month_first,
            "in_is_negative": self.in_is_negative,
            "decimal_comma": self.decimal_comma,
        }

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Columns:
        places = {Column(column): place for column, place in kept["places"].items()}
        # those told earlier say nothing of commas
        return cls(places, kept["month_first"], kept["in_is_negative"], kept.get("decimal_comma", False))


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
    """A row that cannot be read, by what stands in one of its columns: a statement without it would say too little."""

    def __init__(self, line: int, column: Column = Column.DAY, found: str = "") -> None:
        super().__init__(f"line {line}, {column}")
        self.line = line
        self.column = column
        self.found = found


HEADER_WITHIN = 20
"""Lines. Some banks write the account and the day above their columns."""


def header_names(file: SealedFile) -> tuple[str, ...]:
    """The names of a table's columns. Raises FileRefused."""
    return names_of(header_of(opened(file))[1])


def opened(file: SealedFile) -> Table:
    """Text goes by as it is read; a workbook can be read only whole. Raises FileRefused."""
    is_workbook = file.head.startswith((workbook.ZIP, workbook.OLD_OFFICE))
    return open_table(file.whole()) if is_workbook else CsvFile(file)


def header_of(table: Table) -> tuple[int, list[str]]:
    """In which line the columns' names stand, and the names: the first line with a date and an amount, or the first.

    Raises FileRefused for a file without rows.
    """
    first: tuple[int, list[str]] | None = None
    for line, cells in islice(table.lines(), HEADER_WITHIN):
        first = first or (line, cells)
        places = guessed(cells).places
        if Column.DAY in places and {Column.AMOUNT, Column.MONEY_IN, Column.MONEY_OUT} & places.keys():
            return line, cells
    if first is None:
        raise FileRefused(FileFault.EMPTY)
    return first


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
    """Every row below the columns' names. Raises BadRow for one that cannot be read, FileRefused."""
    table = opened(file)
    header_line, _ = header_of(table)
    below = (one for one in table.lines() if one[0] > header_line)
    for count, (line, cells) in enumerate(below):
        if count >= MOST_ROWS:
            raise BadRow(line)
        yield row_of(line, cells, columns)


def row_of(line: int, cells: Sequence[str], columns: Columns) -> TableRow:
    def cell(column: Column) -> str:
        place = columns.places.get(column)
        return cells[place].translate(LEGIBLE).strip() if place is not None and place < len(cells) else ""

    def amount(column: Column) -> int:
        written = cell(column)
        read = read_amount(written, decimal_comma=columns.decimal_comma) if written else 0
        if read is None:
            raise BadRow(line, column, written)
        return read

    day = read_day(cell(Column.DAY), month_first=columns.month_first)
    if day is None:
        raise BadRow(line, Column.DAY, cell(Column.DAY))
    came, went = amount(Column.MONEY_IN), amount(Column.MONEY_OUT)
    if came and went:
        raise BadRow(line, Column.MONEY_OUT, cell(Column.MONEY_OUT))
    # some banks put a minus before what went out, in its own column too
    pence = amount(Column.AMOUNT) or came - abs(went)
    if Column.SIDE in columns.places and pence:
        came_in = is_money_in(cell(Column.SIDE))
        if came_in is None:
            raise BadRow(line, Column.SIDE, cell(Column.SIDE))
        pence = abs(pence) if came_in else -abs(pence)
    elif columns.in_is_negative and Column.AMOUNT in columns.places:
        pence = -pence
    balance = amount(Column.BALANCE) if cell(Column.BALANCE) else None
    return TableRow(line, day, pence, cell(Column.DESCRIPTION), cell(Column.REFERENCE), cell(Column.KIND), balance)
