"""How a finance system wants a journal: its columns, how it writes dates and amounts, and which sign a credit has.

A profile is data: those that come with the service, and those that a body defines for itself, are written alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from payouts.exports.journal import JournalLine
from schemes.errors import FieldFault, Misfit

Cell = str | int
"""A text, or an amount in pence, which each form writes in its own way."""
LONGEST = 60
MOST_COLUMNS = 40


class JournalField(StrEnum):
    """What can stand in a column."""

    DATE = "date"
    REFERENCE = "reference"
    SCHEME = "scheme"
    PAYROLL = "payroll"
    COMPONENT = "component"
    FUND = "fund"
    COST_CENTRE = "cost_centre"
    ACCOUNT = "account"
    VAT = "vat"
    CODE_STRING = "code_string"
    DESCRIPTION = "description"
    PAYMENTS = "payments"
    DEBIT = "debit"
    CREDIT = "credit"
    AMOUNT = "amount"
    SIDE = "side"
    TEXT = "text"


class DayForm(StrEnum):
    """How dates are written."""

    BRITISH = "%d/%m/%Y"
    ISO = "%Y-%m-%d"
    PLAIN = "%Y%m%d"
    MONTH_NAME = "%d-%b-%Y"
    DOTS = "%d.%m.%Y"


class AmountForm(StrEnum):
    """How a CSV writes amounts; a workbook holds numbers."""

    POINT = "point"
    THOUSANDS = "thousands"
    COMMA = "comma"
    PENCE = "pence"


class Delimiter(StrEnum):
    """What stands between the columns of a CSV."""

    COMMA = ","
    SEMICOLON = ";"
    TAB = "\t"
    PIPE = "|"


class Column(NamedTuple):
    """One column. text: what stands in each line of it, for TEXT only."""

    field: JournalField
    heading: str
    text: str = ""


@dataclass(frozen=True)
class Profile:
    """A whole profile. codes_needed: a journal in which something has no account code is not given out."""

    columns: tuple[Column, ...]
    day: DayForm = DayForm.ISO
    amount: AmountForm = AmountForm.POINT
    delimiter: Delimiter = Delimiter.COMMA
    credit_is_negative: bool = True
    headings: bool = True
    codes_needed: bool = False

    def faults(self) -> Iterator[FieldFault]:
        """What keeps it from being used, by field."""
        fields = [column.field for column in self.columns]
        if not 0 < len(fields) <= MOST_COLUMNS:
            yield FieldFault("columns", Misfit.MISSING)
        if not {JournalField.ACCOUNT, JournalField.CODE_STRING} & set(fields):
            yield FieldFault("account", Misfit.MISSING)
        if JournalField.AMOUNT not in fields and not {JournalField.DEBIT, JournalField.CREDIT} <= set(fields):
            yield FieldFault("amount", Misfit.MISSING)
        for column in self.columns:
            if max(len(column.heading), len(column.text)) > LONGEST:
                yield FieldFault(column.field.value, Misfit.TOO_LONG, (LONGEST,))

    def cells(self, line: JournalLine) -> list[Cell]:
        """A line as it stands in this profile."""
        return [WRITERS[column.field](line, self, column) for column in self.columns]

    def written(self, pence: int) -> str:
        """An amount as a CSV of this profile has it."""
        if self.amount is AmountForm.PENCE:
            return str(pence)
        sign, pounds, rest = "-" if pence < 0 else "", abs(pence) // 100, abs(pence) % 100
        if self.amount is AmountForm.THOUSANDS:
            return f"{sign}{pounds:,}.{rest:02d}"
        return f"{sign}{pounds}{',' if self.amount is AmountForm.COMMA else '.'}{rest:02d}"

    def as_json(self) -> dict[str, Any]:
        return {
            "columns": [list(column) for column in self.columns],
            "day": self.day.value,
            "amount": self.amount.value,
            "delimiter": self.delimiter.value,
            "credit_is_negative": self.credit_is_negative,
            "headings": self.headings,
            "codes_needed": self.codes_needed,
        }

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Profile:
        """Raises KeyError, TypeError or ValueError for what is no profile."""
        return cls(
            tuple(Column(JournalField(field), str(heading), str(text)) for field, heading, text in kept["columns"]),
            DayForm(kept["day"]),
            AmountForm(kept["amount"]),
            Delimiter(kept["delimiter"]),
            bool(kept["credit_is_negative"]),
            bool(kept["headings"]),
            bool(kept["codes_needed"]),
        )


def account_of(line: JournalLine) -> str:
    return line.codes.account or line.account.value.upper()


def amount_of(line: JournalLine, profile: Profile) -> int:
    """Signed pence; without a sign where a column of its own tells the side."""
    if any(column.field is JournalField.SIDE for column in profile.columns):
        return line.debit_pence + line.credit_pence
    signed = line.debit_pence - line.credit_pence
    return signed if profile.credit_is_negative else -signed


def code_string(line: JournalLine) -> str:
    return "-".join(part for part in (line.codes.fund, line.codes.cost_centre, account_of(line)) if part)


WRITERS: dict[JournalField, Callable[[JournalLine, Profile, Column], Cell]] = {
    JournalField.DATE: lambda line, profile, _: line.day.strftime(profile.day.value),
    JournalField.REFERENCE: lambda line, *_: line.reference,
    JournalField.SCHEME: lambda line, *_: line.scheme,
    JournalField.PAYROLL: lambda line, *_: str(line.payroll or ""),
    JournalField.COMPONENT: lambda line, *_: line.component,
    JournalField.FUND: lambda line, *_: line.codes.fund,
    JournalField.COST_CENTRE: lambda line, *_: line.codes.cost_centre,
    JournalField.ACCOUNT: lambda line, *_: account_of(line),
    JournalField.VAT: lambda line, *_: line.codes.vat,
    JournalField.CODE_STRING: lambda line, *_: code_string(line),
    JournalField.DESCRIPTION: lambda line, *_: line.description,
    JournalField.PAYMENTS: lambda line, *_: str(line.payments),
    JournalField.DEBIT: lambda line, *_: line.debit_pence,
    JournalField.CREDIT: lambda line, *_: line.credit_pence,
    JournalField.AMOUNT: lambda line, profile, _: amount_of(line, profile),
    JournalField.SIDE: lambda line, *_: "D" if line.debit_pence else "C",
    JournalField.TEXT: lambda line, profile, column: column.text,
}


class ProfileName(StrEnum):
    """The profiles that come with the service."""

    TWO_COLUMNS = "two_columns"
    SIGNED = "signed"
    CODE_STRING = "code_string"


def columns(*pairs: tuple[JournalField, str]) -> tuple[Column, ...]:
    return tuple(Column(field, heading) for field, heading in pairs)


PROFILES: dict[ProfileName, Profile] = {
    # debit and credit in a column each: Sage, Unit4 and most journal imports
    ProfileName.TWO_COLUMNS: Profile(
        columns(
            (JournalField.DATE, "date"),
            (JournalField.REFERENCE, "journal_reference"),
            (JournalField.FUND, "fund"),
            (JournalField.COST_CENTRE, "cost_centre"),
            (JournalField.ACCOUNT, "account"),
            (JournalField.VAT, "vat"),
            (JournalField.DESCRIPTION, "description"),
            (JournalField.PAYMENTS, "payments"),
            (JournalField.DEBIT, "debit"),
            (JournalField.CREDIT, "credit"),
        ),
        day=DayForm.BRITISH,
    ),
    # one amount, credits with a minus: Oracle and SAP spreadsheet loads
    ProfileName.SIGNED: Profile(
        columns(
            (JournalField.DATE, "accounting_date"),
            (JournalField.FUND, "company"),
            (JournalField.COST_CENTRE, "cost_centre"),
            (JournalField.ACCOUNT, "nominal"),
            (JournalField.VAT, "tax_code"),
            (JournalField.REFERENCE, "reference"),
            (JournalField.DESCRIPTION, "line_description"),
            (JournalField.AMOUNT, "amount"),
        )
    ),
    # the codes in one string: systems with a single coding field
    ProfileName.CODE_STRING: Profile(
        columns(
            (JournalField.DATE, "posting_date"),
            (JournalField.CODE_STRING, "code"),
            (JournalField.DESCRIPTION, "description"),
            (JournalField.AMOUNT, "amount"),
        )
    ),
}
