"""How a finance system wants a journal: its columns, how it writes dates and amounts, and which sign a credit has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from payouts.exports.journal import JournalLine

Cell = str | int
"""A text, or an amount in pence, which each form writes in its own way."""


class ProfileName(StrEnum):
    """The profiles that there are."""

    TWO_COLUMNS = "two_columns"
    SIGNED = "signed"
    CODE_STRING = "code_string"


@dataclass(frozen=True)
class Profile:
    """Columns by name, each with what stands in it. An int in a cell is an amount in pence."""

    columns: tuple[tuple[str, Callable[[JournalLine], Cell]], ...]


def day(line: JournalLine, written: str) -> str:
    return line.day.strftime(written)


def account_of(line: JournalLine) -> str:
    return line.codes.account or line.account.value.upper()


def description(line: JournalLine) -> str:
    undone = " undone" if line.undoes else ""
    return f"Payroll {line.payroll} {line.event.value.replace('_', ' ')}{undone} {line.component}"


def signed(line: JournalLine) -> int:
    """Debits above 0, credits below."""
    return line.debit_pence - line.credit_pence


ISO, BRITISH = "%Y-%m-%d", "%d/%m/%Y"

PROFILES: dict[ProfileName, Profile] = {
    # debit and credit in a column each: Sage, Unit4 and most journal imports
    ProfileName.TWO_COLUMNS: Profile(
        (
            ("date", lambda line: day(line, BRITISH)),
            ("journal_reference", lambda line: f"{line.scheme}-{line.payroll:04d}"),
            ("fund", lambda line: line.codes.fund),
            ("cost_centre", lambda line: line.codes.cost_centre),
            ("account", account_of),
            ("vat", lambda line: line.codes.vat),
            ("description", description),
            ("payments", lambda line: str(line.payments)),
            ("debit", lambda line: line.debit_pence),
            ("credit", lambda line: line.credit_pence),
        )
    ),
    # one amount, credits with a minus: Oracle and SAP spreadsheet loads
    ProfileName.SIGNED: Profile(
        (
            ("accounting_date", lambda line: day(line, ISO)),
            ("company", lambda line: line.codes.fund),
            ("cost_centre", lambda line: line.codes.cost_centre),
            ("nominal", account_of),
            ("tax_code", lambda line: line.codes.vat),
            ("reference", lambda line: f"{line.scheme}-{line.payroll:04d}"),
            ("line_description", description),
            ("amount", signed),
        )
    ),
    # the codes in one string: systems with a single coding field
    ProfileName.CODE_STRING: Profile(
        (
            ("posting_date", lambda line: day(line, ISO)),
            (
                "code",
                lambda line: "-".join(
                    part for part in (line.codes.fund, line.codes.cost_centre, account_of(line)) if part
                ),
            ),
            ("description", description),
            ("amount", signed),
        )
    ),
}
