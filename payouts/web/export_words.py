"""Words for journals: how finance systems take them in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask

from payouts.exports.journal import CodesMissing, JournalDiffers, NothingPosted
from payouts.exports.profile import AmountForm, DayForm, Delimiter, JournalField, Profile, ProfileName
from payouts.ledger.entry import LedgerAccount
from payouts.web.figures import pounds
from payouts.web.statement_words import BOOK_ACCOUNTS
from schemes.errors import Refused

PROFILES: dict[ProfileName, str] = {
    ProfileName.TWO_COLUMNS: "Debit and credit in two columns, dates as 25/11/2026",
    ProfileName.SIGNED: "One column of amounts, credits with a minus, dates as 2026-11-25",
    ProfileName.CODE_STRING: "One column of amounts, and all codes in one string",
}

FIELDS: dict[JournalField, str] = {
    JournalField.DATE: "Accounting date",
    JournalField.REFERENCE: "Reference: the scheme and the payroll",
    JournalField.SCHEME: "Scheme",
    JournalField.PAYROLL: "Payroll number",
    JournalField.COMPONENT: "Component of the scheme",
    JournalField.FUND: "Fund or company",
    JournalField.COST_CENTRE: "Cost centre",
    JournalField.ACCOUNT: "Account",
    JournalField.VAT: "VAT or tax code",
    JournalField.CODE_STRING: "Fund, cost centre and account in one, joined by -",
    JournalField.DESCRIPTION: "Description",
    JournalField.PAYMENTS: "Number of payments",
    JournalField.DEBIT: "Debit",
    JournalField.CREDIT: "Credit",
    JournalField.AMOUNT: "Amount: debit or credit",
    JournalField.SIDE: "D for debit or C for credit",
    JournalField.TEXT: "The same text in each line",
}
DAYS: dict[DayForm, str] = {
    DayForm.BRITISH: "25/11/2026",
    DayForm.ISO: "2026-11-25",
    DayForm.PLAIN: "20261125",
    DayForm.MONTH_NAME: "25-Nov-2026",
    DayForm.DOTS: "25.11.2026",
}
AMOUNTS: dict[AmountForm, str] = {
    AmountForm.POINT: "1234.56",
    AmountForm.THOUSANDS: "1,234.56",
    AmountForm.COMMA: "1234,56",
    AmountForm.PENCE: "123456, in pence",
}
DELIMITERS: dict[Delimiter, str] = {
    Delimiter.COMMA: "Comma",
    Delimiter.SEMICOLON: "Semicolon",
    Delimiter.TAB: "Tab",
    Delimiter.PIPE: "Vertical bar",
}
# the parts of a code, in the order of the page on which they are set
PARTS = {"fund": "Fund", "cost_centre": "Cost centre", "account": "Account", "vat": "VAT"}
ACCOUNTS: dict[str, str] = {
    LedgerAccount.APPROVED_TO_PAY.value: "Released, not submitted yet",
    LedgerAccount.WITH_BACS.value: "With Bacs",
    LedgerAccount.RETURNED_AND_HELD.value: "Returned and held",
    **{account.value: words for account, words in BOOK_ACCOUNTS.items()},
}


def code_key(key: str) -> str:
    """An account by the key of its codes."""
    return ACCOUNTS[key.partition("/")[0]]


def profile_rows(facts: Mapping[str, Any]) -> dict[str, str]:
    """A profile as a proposal's rows."""
    profile = Profile.from_json(facts["definition"])
    columns = (
        f"{place}. {column.heading or '(no heading)'}: {column.text or FIELDS[column.field]}"
        for place, column in enumerate(profile.columns, start=1)
    )
    return {
        "Name": facts["name"],
        "Columns": "; ".join(columns),
        "Dates": DAYS[profile.day],
        "Amounts": AMOUNTS[profile.amount],
        "Minus": "Credits" if profile.credit_is_negative else "Debits",
        "Between the columns": DELIMITERS[profile.delimiter],
        "First line": "The headings" if profile.headings else "No headings",
        "Without an account code": "The journal is refused" if profile.codes_needed else "Our own name stands there",
        "The profile": "Offered no more" if facts["ended"] else "Offered",
    }


def codes_rows(facts: Mapping[str, Any]) -> dict[str, str]:
    """The codes of accounts as a proposal's rows."""
    # what was kept as JSON comes in no order of ours
    order = list(ACCOUNTS)
    rows = {}
    for key in sorted(facts["codes"], key=lambda key: (order.index(key.partition("/")[0]), key)):
        given, name = facts["codes"][key], facts["names"].get(key)
        told = (f"{said} {given[part]}" for part, said in PARTS.items() if given.get(part))
        rows[code_key(key) + (f": {name}" if name else "")] = ", ".join(told)
    return rows


TELLERS: dict[type[Refused], Callable[[Any], str]] = {
    NothingPosted: lambda refusal: "Nothing was posted that this export could hold",
    CodesMissing: lambda refusal: (
        "This layout needs an account code in each line. None is set for "
        + ", ".join(
            f"{one.what} of scheme {one.scheme} (in a new version of the scheme)"
            if one.scheme_id
            else f"{code_key(one.what)} (in the codes of the accounts)"
            for one in refusal.missing
        )
    ),
    JournalDiffers: lambda refusal: (
        f"The journal comes to {pounds(refusal.lines_pence)} and the ledger to {pounds(refusal.ledger_pence)}, so it "
        "was not made. Run the daily control"
    ),
}


def register(app: Flask) -> None:
    app.add_template_filter(code_key)
    app.add_template_filter(FIELDS.__getitem__, "journal_field")
