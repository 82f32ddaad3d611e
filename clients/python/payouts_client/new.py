"""What is sent with other things. What is left out is not sent. None of it shows an account to whoever prints it."""

from __future__ import annotations

from datetime import date

import msgspec
from msgspec import UNSET, UnsetType

from payouts_client.words import CameBy, Channel, Format, Language

MASKED = "…"


class NewBankDetails(msgspec.Struct, kw_only=True, omit_defaults=True, frozen=True):
    """Where the money shall go from now on, once a person has confirmed it."""

    account_holder: str
    sort_code: str
    account_number: str
    roll_number: str = ""
    came_by: CameBy = CameBy.FORM

    def __repr__(self) -> str:
        return f"NewBankDetails({MASKED})"


class NewContact(msgspec.Struct, kw_only=True, frozen=True):
    channel: Channel
    value: str


class Whose(msgspec.Struct, kw_only=True, omit_defaults=True, frozen=True):
    """The beneficiary whose money a payee receives: known by the reference, or new."""

    reference: str
    name: str
    date_of_birth: date | None = None
    address: str = ""


class NewPreference(msgspec.Struct, kw_only=True, omit_defaults=True, frozen=True):
    """How somebody wants to be written to; what is left out is as usual."""

    channel: Channel | None = None
    format: Format = Format.STANDARD
    language: Language = Language.ENGLISH


class TermsOfMandate(msgspec.Struct, kw_only=True, omit_defaults=True, frozen=True):
    """Since when, until when, and what allows somebody to be paid for another."""

    first_day: date | None = None
    last_day: date | None = None
    evidence: str = ""
    evidence_reference: str = ""


class NewInputs(msgspec.Struct, kw_only=True, omit_defaults=True, frozen=True):
    """What a scheme's rule counts, in thousandths: 38500 for 38.5 hours a period."""

    units: int
    rate_pence: int | UnsetType = UNSET


class Row(msgspec.Struct, kw_only=True, omit_defaults=True, frozen=True):
    """A row of an import. Amounts are in pounds, as in a file: `"12.50"`."""

    reference: str
    beneficiary_name: str
    start_date: date
    account_name: str
    sort_code: str
    account_number: str
    amount: str = ""
    units: str = ""
    unit_rate: str = ""
    component: str = ""
    date_of_birth: date | None = None
    end_date: date | None = None
    payee_reference: str = ""
    payee_name: str = ""
    payee_role: str = ""
    email: str = ""
    address: str = ""
    beneficiary_address: str = ""
    roll_number: str = ""

    def __repr__(self) -> str:
        return f"Row(reference={self.reference!r}, {MASKED})"


def given(**fields: object) -> dict[str, object]:
    """The fields that were given: None is something else than left out, which is UNSET."""
    return {name: value for name, value in fields.items() if value is not UNSET}
