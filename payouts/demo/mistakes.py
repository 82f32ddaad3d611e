"""The mistakes people make in registers, one of each: what an import must find, name and refuse."""

from dataclasses import asdict, replace
from enum import StrEnum

from payouts.demo.accounts import BankDetails
from payouts.demo.row import Row


class Mistake(StrEnum):
    """A mistake, by the words for what is wrong in its row."""

    LETTER_IN_SORT_CODE = "a letter O stands for a zero in the sort code"
    SHORT_SORT_CODE = "a digit missing in the sort code"
    ACCOUNT_FAILS_CHECK = "a wrong digit in the account number"
    REFERENCE_TWICE = "a reference that an earlier row has"
    AMOUNT_NEGATIVE = "an amount below zero"
    AMOUNT_IN_TENTHS_OF_PENCE = "an amount with three decimals"
    FORMULA_AS_NAME = "a formula for a name"
    NAME_MISSING = "no name"
    ENDS_BEFORE_START = "an award that ends before it starts"
    EMAIL_WITHOUT_AT = "an e-mail address without an @"
    IMPOSSIBLE_DATE = "the thirtieth of February"
    TOO_MANY_CELLS = "a comma too many, so that the row has a cell more than the header"


COLUMN_OF: dict[Mistake, str] = {
    Mistake.LETTER_IN_SORT_CODE: "sort_code",
    Mistake.SHORT_SORT_CODE: "sort_code",
    Mistake.ACCOUNT_FAILS_CHECK: "account_number",
    Mistake.REFERENCE_TWICE: "reference",
    Mistake.AMOUNT_NEGATIVE: "amount",
    Mistake.AMOUNT_IN_TENTHS_OF_PENCE: "amount",
    Mistake.FORMULA_AS_NAME: "beneficiary_name",
    Mistake.NAME_MISSING: "beneficiary_name",
    Mistake.ENDS_BEFORE_START: "end_date",
    Mistake.EMAIL_WITHOUT_AT: "email",
    Mistake.IMPOSSIBLE_DATE: "start_date",
}
"""Where an import should point; a row with too many cells is wrong as a whole."""


def spoil(row: Row, mistake: Mistake, *, failing: BankDetails, reference_before: str) -> list[str]:
    """The cells of a good row with one mistake made in it.

    ``failing`` are bank details that fail the modulus check; ``reference_before`` is an earlier row's reference.
    """
    changes: dict[Mistake, dict[str, str]] = {
        Mistake.LETTER_IN_SORT_CODE: {"sort_code": "2O-17-92"},
        Mistake.SHORT_SORT_CODE: {"sort_code": "20-17-9"},
        Mistake.ACCOUNT_FAILS_CHECK: asdict(failing),
        Mistake.REFERENCE_TWICE: {"reference": reference_before},
        Mistake.AMOUNT_NEGATIVE: {"amount": f"-{row.amount}"},
        Mistake.AMOUNT_IN_TENTHS_OF_PENCE: {"amount": f"{row.amount}5"},
        Mistake.FORMULA_AS_NAME: {"beneficiary_name": '=HYPERLINK("http://example.org/win","Jo Bloggs")'},
        Mistake.NAME_MISSING: {"beneficiary_name": ""},
        Mistake.ENDS_BEFORE_START: {"start_date": "2026-04-01", "end_date": "2026-03-31"},
        Mistake.EMAIL_WITHOUT_AT: {"email": "jo.bloggs.example.com"},
        Mistake.IMPOSSIBLE_DATE: {"start_date": "2026-02-30", "end_date": ""},
        Mistake.TOO_MANY_CELLS: {},
    }
    cells = replace(row, **changes[mistake]).cells()
    return [*cells, "see letter"] if mistake is Mistake.TOO_MANY_CELLS else cells
