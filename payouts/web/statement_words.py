"""Words for bank statements: what an entry is, why a statement is refused, what a column can be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from flask import Flask

from payouts.statement.entry import Match
from payouts.statement.manual import DoesNotFit
from payouts.statement.statement import FileStatus, StatementFault
from payouts.statement.table import Column, ColumnsWrong
from payouts.web.figures import day, pounds
from schemes.errors import Refused

MATCHES: dict[Match, str] = {
    Match.CONTRA: "What the bank took for a payment file",
    Match.RETURN: "A payment that came back",
    Match.FEE: "A fee of the bank",
    Match.NOT_OURS: "Nothing of this service",
}

FILE_STATUSES: dict[FileStatus, tuple[str, str]] = {
    FileStatus.READING: ("Being read", "blue"),
    FileStatus.ASKING: ("Needs its columns", "yellow"),
    FileStatus.UNREADABLE: ("Refused", "red"),
    FileStatus.READ: ("Read", "green"),
}

STATEMENT_FAULTS: dict[StatementFault, str] = {
    StatementFault.NOT_READABLE: "It can’t be read as XML: it is cut off, or not what it says. Fetch it again",
    StatementFault.OTHER_MESSAGE: "It is not a statement (camt.053) but another message of the bank",
    StatementFault.OTHER_ACCOUNT: "It is the statement of another account. Choose the account that it is of",
    StatementFault.OTHER_CURRENCY: "It holds amounts that are not pounds",
    StatementFault.DOES_NOT_ADD_UP: "Its entries do not lead from its opening to its closing balance, so it lacks some",
    StatementFault.BAD_ROW: "A date or an amount in it can’t be read",
    StatementFault.BAD_TABLE: "It is neither a camt.053 nor a table of rows and columns",
}

COLUMNS: dict[Column, str] = {
    Column.DAY: "Date",
    Column.AMOUNT: "Amount, with a minus one way",
    Column.MONEY_IN: "Money in",
    Column.MONEY_OUT: "Money out",
    Column.DESCRIPTION: "Description",
    Column.REFERENCE: "Reference",
    Column.KIND: "Type of transaction",
    Column.BALANCE: "Balance after it",
}


def entry_rows(facts: Mapping[str, Any]) -> dict[str, str]:
    """An entry and its match as a proposal's rows."""
    booked = f"{pounds(facts['pence'])} {'in' if facts['is_credit'] else 'out'}"
    match = MATCHES[Match(facts["match"])] if facts["match"] else "Not matched"
    return {
        "Entry of": day(date.fromisoformat(facts["booked_on"])),
        "Amount": booked,
        "What it is": f"{match}: {facts['name']}" if facts["name"] else match,
    }


def columns_wrong(refusal: ColumnsWrong) -> str:
    if refusal.twice:
        return "Choose a column for one thing only"
    if refusal.missing:
        return "Choose the columns of the date and of the description"
    return "Choose either one column of amounts, or one for money in and one for money out"


TELLERS: dict[type[Refused], Callable[[Any], str]] = {
    ColumnsWrong: columns_wrong,
    DoesNotFit: lambda refusal: (
        "The entry can’t be this: its amount or its direction is another, or it is matched already"
    ),
}


def register(app: Flask) -> None:
    app.add_template_filter(MATCHES.__getitem__, "bank_match")
    app.add_template_filter(FILE_STATUSES.__getitem__, "statement_status")
    app.add_template_filter(STATEMENT_FAULTS.__getitem__, "statement_fault")
