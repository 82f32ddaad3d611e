"""Words for a parallel run: how a file stands to a payroll, the classes of difference, why a row is no payment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple

from flask import Flask

from payouts.parallel_run.old_file import Column, ColumnsRefused, RowFault
from payouts.parallel_run.parallel_run import UNREADABLE, RunOutcome, RunStatus
from payouts.web.figures import day, pounds
from payouts.web.file_words import listed
from schemes.errors import Refused


class ClassWords(NamedTuple):
    """title: in a table. to_do: what it may mean, and what to do."""

    title: str
    to_do: str


CLASSES: dict[str, ClassWords] = {
    "missing": ClassWords(
        "Only in the old file",
        "The old system paid them and this payroll does not. Look whether their award ended, is held, or never came "
        "into the register",
    ),
    "extra": ClassWords(
        "Only in this payroll",
        "This payroll pays them and the old system did not. Look whether they are new, or are here twice",
    ),
    "account": ClassWords(
        "Another account",
        "The money would go to another account. Find out with the payee which one is right before anything is paid",
    ),
    "amount": ClassWords(
        "Another amount",
        "The same person is paid more or less. Compare the award with what the old system pays for",
    ),
    "reference": ClassWords(
        "Another reference", "The payee would see another reference on their statement. Tell them, or set it as it was"
    ),
    "day": ClassWords("Another day", "The money would arrive on another day. Check the pay date of this payroll"),
    "name": ClassWords(
        "Another name", "The name in the file is written otherwise. See that it is still the holder of the account"
    ),
    UNREADABLE: ClassWords(
        "Could not be read",
        "These rows of the old file are no payments as they stand, so nothing was compared with them. Put them right "
        "and compare the file again, or say why they don’t matter",
    ),
}

OUTCOMES: dict[RunOutcome, tuple[str, str]] = {
    RunOutcome.SAME: ("All the same", "green"),
    RunOutcome.EXPLAINED: ("Explained", "green"),
    RunOutcome.DIFFERS: ("To explain", "yellow"),
}
STATUSES: dict[RunStatus, tuple[str, str]] = {
    RunStatus.READING: ("Being compared", "blue"),
    RunStatus.ASKING: ("Columns to be told", "yellow"),
    RunStatus.COMPARED: ("Compared", ""),
    RunStatus.UNREADABLE: ("Can’t be read", "red"),
}

COLUMNS: dict[Column, str] = {
    Column.SORT_CODE: "Sort code",
    Column.ACCOUNT_NUMBER: "Account number",
    Column.AMOUNT: "Amount",
    Column.NAME: "Name on the account",
    Column.REFERENCE: "Payment reference",
    Column.DAY: "Date of the payment",
}
ROW_FAULTS: dict[RowFault, str] = {
    RowFault.ACCOUNT: "The sort code or account number is none",
    RowFault.AMOUNT: "The amount can’t be read",
    RowFault.DAY: "The date can’t be read",
    RowFault.CELLS: "The row has more cells than the first line has names",
}


def columns_refused(refused: ColumnsRefused) -> str:
    if refused.missing:
        return f"Choose the column of the {listed(COLUMNS[column].lower() for column in refused.missing)}"
    return "Choose each column once"


TELLERS: dict[type[Refused], Callable[[Any], str]] = {ColumnsRefused: columns_refused}


def signed(pence: int) -> str:
    """By how much this payroll pays more or less than the old file."""
    if pence == 0:
        return "£0.00"
    return f"{pounds(abs(pence))} {'more' if pence > 0 else 'less'}"


def register(app: Flask) -> None:
    app.add_template_filter(CLASSES.__getitem__, "run_class")
    app.add_template_filter(lambda outcome: OUTCOMES[RunOutcome(outcome)], "run_outcome")
    app.add_template_filter(STATUSES.__getitem__, "run_status")
    app.add_template_filter(lambda why: ROW_FAULTS[RowFault(why)], "row_fault")
    app.add_template_filter(signed, "more_or_less")
    app.add_template_filter(lambda written: day(date.fromisoformat(written)), "iso_day")
