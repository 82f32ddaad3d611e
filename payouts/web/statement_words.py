"""Words for bank statements: what an entry is, why a statement is refused, what a column can be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from flask import Flask

from payouts.statement.entry import Match
from payouts.statement.manual import DoesNotFit
from payouts.statement.posted import PLACES, BookAccount
from payouts.statement.rule import MOST_RULES, RuleSaysNothing, TooManyRules
from payouts.statement.statement import FileStatus, StatementFault
from payouts.statement.table import Column, ColumnsWrong
from payouts.web.figures import day, pounds
from schemes.errors import Refused

MATCHES: dict[Match, str] = {
    Match.CONTRA: "What the bank took for a payment file",
    Match.RETURN: "A payment that came back",
    Match.MADE_OUTSIDE: "A payment that was made in the bank’s portal or by cheque",
    Match.FEE: "A fee of the bank",
    Match.INTEREST: "Interest",
    Match.TRANSFER: "A transfer between your accounts",
    Match.REPAYMENT: "Somebody paying back what they owe you",
    Match.WRITTEN_OFF: "A difference that nobody can explain, written off",
    Match.NOT_OURS: "Nothing of this service",
    Match.REPEATED: "The same as another statement told in other words",
}

BOOK_ACCOUNTS: dict[BookAccount, str] = {
    BookAccount.BANK: "Bank account",
    BookAccount.SUSPENSE: "Suspense: not matched yet",
    BookAccount.BANK_CHARGES: "Bank charges",
    BookAccount.INTEREST: "Interest",
    BookAccount.TRANSFERS: "Transfers between your accounts",
    BookAccount.REPAYMENTS: "Repayments",
    BookAccount.WRITTEN_OFF: "Written off",
}

FILE_STATUSES: dict[FileStatus, tuple[str, str]] = {
    FileStatus.READING: ("Being read", "blue"),
    FileStatus.ASKING: ("Needs its columns", "yellow"),
    FileStatus.UNREADABLE: ("Refused", "red"),
    FileStatus.READ: ("Read", "green"),
}

STATEMENT_FAULTS: dict[StatementFault, str] = {
    StatementFault.NOT_READABLE: "It can’t be read as XML: it is cut off, or not what it says. Fetch it again",
    StatementFault.HOSTILE: "It contains instructions that no bank sends, so it was not read. Find out where it came "
    "from, and tell the people who run the service",
    StatementFault.OTHER_MESSAGE: "It is not a statement (camt.053) but another message of the bank",
    StatementFault.OTHER_ACCOUNT: "It is the statement of another account. Choose the account that it is of",
    StatementFault.OTHER_CURRENCY: "It holds amounts that are not pounds",
    StatementFault.DOES_NOT_ADD_UP: "Its entries do not lead from its opening to its closing balance, so it lacks some",
    StatementFault.BAD_ROW: "A date or an amount in it can’t be read. Send it again to say anew what its columns are",
    StatementFault.BAD_TABLE: "It is neither a camt.053 nor a table of rows and columns",
}

COLUMNS: dict[Column, str] = {
    Column.DAY: "Date",
    Column.AMOUNT: "Amount, of money in and out in one column",
    Column.SIDE: "Debit or credit, beside that amount",
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
    place = PLACES[Match(facts["match"]) if facts["match"] else None]
    return {
        "Entry of": day(date.fromisoformat(facts["booked_on"])),
        "Amount": booked,
        "What it is": f"{match}: {facts['name']}" if facts["name"] else match,
        "Posted to": BOOK_ACCOUNTS[place] if place else "Nothing: the payments’ own entries hold it",
    }


def bank_rule_rows(facts: Mapping[str, Any]) -> dict[str, str]:
    """A rule of what entries are as a proposal's rows."""
    return {
        "Money": "Comes in" if facts["is_credit"] else "Goes out",
        "Words": facts["words"] or "Any",
        "Type of transaction": facts["code"] or "Any",
        "What it is": MATCHES[Match(facts["match"])],
        "The rule": "Ended" if facts["ended"] else "In force",
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
    RuleSaysNothing: lambda refusal: (
        "Enter words of three letters or more, or a type of transaction. A fee of the bank only goes out"
    ),
    TooManyRules: lambda refusal: f"There are {MOST_RULES} rules already. End one that is not needed any more",
}


def register(app: Flask) -> None:
    app.add_template_filter(MATCHES.__getitem__, "bank_match")
    app.add_template_filter(BOOK_ACCOUNTS.__getitem__, "book_account")
    app.add_template_filter(FILE_STATUSES.__getitem__, "statement_status")
    app.add_template_filter(STATEMENT_FAULTS.__getitem__, "statement_fault")
