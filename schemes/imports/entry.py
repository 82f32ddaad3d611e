"""A row of a register as it was understood: an entry that can be kept, or faults by field."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

from bacs import modulus
from schemes.account import BankDetails
from schemes.amount import units_words
from schemes.payee import Capacity

REQUIRED = ("reference", "beneficiary_name", "amount", "start_date", "account_name", "sort_code", "account_number")
COLUMNS = (
    "reference",
    "beneficiary_name",
    "date_of_birth",
    "component",
    "amount",
    "units",
    "unit_rate",
    "start_date",
    "end_date",
    "payee_reference",
    "payee_name",
    "payee_role",
    "email",
    "address",
    "beneficiary_address",
    "account_name",
    "sort_code",
    "account_number",
    "roll_number",
)
# instead of an amount, where the scheme pays by units
INSTEAD = {"amount": "units"}


def missing_of(columns: Sequence[str]) -> list[str]:
    """The columns that are needed and not there."""
    return [name for name in REQUIRED if name not in columns and INSTEAD.get(name) not in columns]


# what the list of refused rows has besides, for people to read: it is sent again as it is, put right
ADDED = ("line", "what_is_wrong")


class RowReason(StrEnum):
    """Why a field of a row was refused."""

    CELLS = "cells"
    MISSING = "missing"
    TOO_LONG = "too_long"
    CONTROL_CHARACTER = "control_character"
    FORMULA = "formula"
    REFERENCE = "reference"
    REPEATED_REFERENCE = "repeated_reference"
    AMOUNT_NOT_A_NUMBER = "amount_not_a_number"
    AMOUNT_NEGATIVE = "amount_negative"
    AMOUNT_ZERO = "amount_zero"
    AMOUNT_DECIMALS = "amount_decimals"
    AMOUNT_TOO_LARGE = "amount_too_large"
    DATE = "date"
    DATES_REVERSED = "dates_reversed"
    SORT_CODE = "sort_code"
    ACCOUNT_NUMBER = "account_number"
    ROLL_NUMBER = "roll_number"
    MODULUS = "modulus"
    NAME_NOT_WRITABLE = "name_not_writable"
    EMAIL = "email"
    PAYEE_ROLE = "payee_role"
    PAYEE_INCOMPLETE = "payee_incomplete"
    PAYEE_DIFFERS = "payee_differs"
    IN_REGISTER = "in_register"
    MADE_A_DATE = "made_a_date"
    SHORTENED_NUMBER = "shortened_number"
    EATEN_ZEROS = "eaten_zeros"
    UNREADABLE_CHARACTER = "unreadable_character"
    COMPONENT = "component"
    UNITS = "units"
    NOT_ASKED_FOR = "not_asked_for"
    BIRTH = "birth"
    ADDRESS = "address"
    BENEFICIARY_DIFFERS = "beneficiary_differs"


class Mend(StrEnum):
    """How a field was put right: each is shown beside the row."""

    LEADING_ZEROS = "leading_zeros"
    OTHER_LENGTH = "other_length"
    WINDOWS_CHARACTERS = "windows_characters"


class Outcome(StrEnum):
    """What became of a row: unchanged is one that the register holds already."""

    GOOD = "good"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


class Fault(NamedTuple):
    """A fault of one field. `found` is what stands there, or the other line for a repeated reference."""

    field: str
    reason: RowReason
    found: str

    def as_json(self) -> dict[str, str]:
        return {"field": self.field, "reason": self.reason.value, "found": self.found}


class Repair(NamedTuple):
    """A field that was put right: what stood there, and what was taken for it. Long numbers by their last digits."""

    field: str
    mend: Mend
    found: str
    taken: str

    def as_json(self) -> dict[str, str]:
        return {"field": self.field, "mend": self.mend.value, "found": self.found, "taken": self.taken}


class Entry(NamedTuple):
    """A row that can be kept. Amounts in pence; a beneficiary paid herself has her own `payee_reference`.

    `component`: by its code. `units` (thousandths), `rate_pence`: instead of the amount, where the rule asks for them.
    `shares_payee`: other rows may have the same payee. `address`: a line each; `lives_at`: the
    beneficiary's own, where somebody else is paid for them.
    """

    reference: str
    beneficiary_name: str
    amount_pence: int | None
    first_day: date
    last_day: date | None
    payee_reference: str
    payee_name: str
    capacity: Capacity
    email: str | None
    holder_name: str
    details: BankDetails
    checked: modulus.Result
    shares_payee: bool
    component: str = ""
    units: int | None = None
    rate_pence: int | None = None
    born: date | None = None
    address: str | None = None
    lives_at: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What one award is of: a beneficiary has one of each component."""
        return self.reference, self.component

    def payee_facts(self) -> tuple[str, str | None, str | None, str, BankDetails]:
        """What must be equal on all rows of one payee."""
        return self.payee_name, self.email, self.address, self.holder_name, self.details

    def beneficiary_facts(self) -> tuple[str, date | None, str | None]:
        """What must be equal on all rows of one beneficiary."""
        return self.beneficiary_name, self.born, self.lives_at


ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=date.isoformat).encode

DECODE = json.JSONDecoder().decode


def packed(entry: Entry) -> bytes:
    """An entry as it is sealed between reading and landing: what was checked once is not checked again."""
    return ENCODE({"entry": entry}).encode()


def unpacked(content: bytes) -> Entry:
    (
        reference, name, amount_pence, first_day, last_day, payee_reference, payee_name, capacity, email, holder_name,
        details, checked, shares_payee, *later,
    ) = DECODE(content.decode())["entry"]  # fmt: skip
    outcome, rule, table_version = checked
    last = date.fromisoformat(last_day) if last_day else None
    # a row that an earlier release read has not all of these
    of_old: list[Any] = ["", None, None, None, None, None]
    component, units, rate_pence, born, address, lives_at = later + of_old[len(later) :]
    return Entry(
        reference, name, amount_pence, date.fromisoformat(first_day), last, payee_reference, payee_name,
        Capacity(capacity), email, holder_name, BankDetails(*details),
        modulus.Result(modulus.Outcome(outcome), rule, table_version), shares_payee,
        component, units, rate_pence, date.fromisoformat(born) if born else None, address, lives_at,
    )  # fmt: skip


def as_cells(entry: Entry, header: Sequence[str]) -> list[str]:
    """An entry as a row under a header: what stood there, as it was understood."""
    somebody_else = entry.capacity is not Capacity.SELF
    written = {
        "reference": entry.reference,
        "beneficiary_name": entry.beneficiary_name,
        "date_of_birth": entry.born.isoformat() if entry.born else "",
        "component": entry.component,
        "amount": in_pounds(entry.amount_pence),
        "units": units_words(entry.units).replace(",", "") if entry.units is not None else "",
        "unit_rate": in_pounds(entry.rate_pence),
        "start_date": entry.first_day.isoformat(),
        "end_date": entry.last_day.isoformat() if entry.last_day else "",
        "payee_reference": entry.payee_reference if somebody_else else "",
        "payee_name": entry.payee_name if somebody_else else "",
        "payee_role": entry.capacity.value if somebody_else else "",
        "email": entry.email or "",
        "address": (entry.address or "").replace("\n", ", "),
        "beneficiary_address": (entry.lives_at or "").replace("\n", ", "),
        "account_name": entry.holder_name,
        "sort_code": entry.details.sort_code,
        "account_number": entry.details.account_number,
        "roll_number": entry.details.roll_number,
    }
    return [written.get(column, "") for column in header]


def in_pounds(pence: int | None) -> str:
    return "" if pence is None else f"{pence // 100}.{pence % 100:02}"


class Row(NamedTuple):
    """A row as it was read: `entry` is None when there are faults. `line` counts from 1, the header being line 1."""

    line: int
    cells: tuple[str, ...]
    entry: Entry | None
    faults: tuple[Fault, ...]
    repairs: tuple[Repair, ...] = ()
