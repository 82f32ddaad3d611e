"""What a bank wants to see in a pain.001, as data: no ISO code says "Bacs" or "Faster Payments"."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from importlib import resources
from typing import Any

from bacs.charset import BACS, ISO20022
from bacs.errors import MessageReason, MessageRefused


class Version(StrEnum):
    """The versions of the message that UK banks ask for, and the one after."""

    V03 = "pain.001.001.03"
    V09 = "pain.001.001.09"
    V12 = "pain.001.001.12"

    @property
    def namespace(self) -> str:
        """The namespace of the message's XML."""
        return f"urn:iso:std:iso:20022:tech:xsd:{self}"


class Scheme(StrEnum):
    """The payment schemes that a batch can ask for."""

    BACS = "bacs"
    FASTER_PAYMENTS = "faster_payments"

    @property
    def limit_pence(self) -> int:
        """The most that one payment may carry; a bank may set less."""
        return {Scheme.BACS: 20_000_000_00, Scheme.FASTER_PAYMENTS: 1_000_000_00}[self]


class AccountForm(StrEnum):
    """How an account is written."""

    SORT_CODE = "sort_code"
    IBAN = "iban"
    FOURTEEN_DIGITS = "fourteen_digits"


class CharacterSet(StrEnum):
    """The characters that texts may have."""

    BACS = "bacs"
    ISO20022 = "iso20022"

    @property
    def characters(self) -> str:
        """Each character of the set."""
        return BACS if self is CharacterSet.BACS else ISO20022


class MarkerPlace(StrEnum):
    """Where the scheme is marked: once a batch, or on each payment. Banks reject a file with both."""

    BATCH = "batch"
    PAYMENT = "payment"


class ReferencePlace(StrEnum):
    """Which element becomes the payee's reference; where it is the end-to-end id, no remittance text is sent."""

    REMITTANCE = "remittance"
    END_TO_END_ID = "end_to_end_id"


@dataclass(frozen=True, slots=True)
class Marker:
    """How one bank marks a scheme; all empty when the bank picks the scheme itself."""

    service_level: str = ""
    service_level_proprietary: str = ""
    local_instrument: str = ""
    local_instrument_proprietary: str = ""


@dataclass(frozen=True, slots=True)
class BankProfile:
    """One bank's wishes. Widths are characters; a value that does not fit is refused and never cut.

    `scheme_name` and `clearing_system` go with the account form of sort codes, "" to leave them out.
    `payments_per_file` is 0 for no limit. `in_utc` writes the time of creation with Z, otherwise as London's clock
    shows it.
    """

    version: Version = Version.V09
    bacs: Marker | None = None
    faster_payments: Marker | None = None
    marker_place: MarkerPlace = MarkerPlace.BATCH
    account_form: AccountForm = AccountForm.SORT_CODE
    scheme_name: str = "BBAN"
    clearing_system: str = "GBDSC"
    reference_place: ReferencePlace = ReferencePlace.REMITTANCE
    charge_bearer: str = ""
    batch_booking: bool | None = None
    characters: CharacterSet = CharacterSet.BACS
    name_width: int = 18
    debtor_name_width: int = 140
    reference_width: int = 18
    end_to_end_width: int = 35
    payments_per_file: int = 0
    in_utc: bool = True

    def marker(self, scheme: Scheme) -> Marker:
        """How the scheme is marked. Raises `MessageRefused` when the bank does not offer it in this message."""
        marker = self.bacs if scheme is Scheme.BACS else self.faster_payments
        if marker is None:
            raise MessageRefused(MessageReason.SCHEME_NOT_OFFERED, scheme)
        return marker

    @classmethod
    def from_mapping(cls, settings: Mapping[str, Any]) -> "BankProfile":
        """A profile from settings by name, as a TOML table gives them. Raises `MessageRefused`."""
        values = dict(settings)
        if unknown := values.keys() - {each.name for each in fields(cls)}:
            raise MessageRefused(MessageReason.PROFILE_SETTING, ", ".join(sorted(unknown)))
        for name, kind in _KINDS.items():
            if name in values:
                values[name] = _as(kind, name, values[name])
        for name in ("bacs", "faster_payments"):
            if name in values:
                values[name] = _marker(name, values[name])
        return cls(**values)

    @classmethod
    def shipped(cls, name: str) -> "BankProfile":
        """A profile that comes with this package, by its name: "common", "hsbc", "lhv" and others."""
        text = (resources.files("bacs") / "data" / "bank_profiles.toml").read_text("utf-8")
        settings = tomllib.loads(text).get(name)
        if settings is None:
            raise MessageRefused(MessageReason.PROFILE_UNKNOWN, name)
        return cls.from_mapping(settings)


_KINDS: dict[str, type[StrEnum]] = {
    "version": Version,
    "marker_place": MarkerPlace,
    "account_form": AccountForm,
    "characters": CharacterSet,
    "reference_place": ReferencePlace,
}


def _as(kind: type[StrEnum], name: str, value: str) -> StrEnum:
    try:
        return kind(value)
    except ValueError:
        raise MessageRefused(MessageReason.PROFILE_SETTING, f"{name} = {value!r}") from None


def _marker(name: str, value: object) -> Marker:
    try:
        return Marker(**value)  # type: ignore[arg-type]
    except TypeError:
        raise MessageRefused(MessageReason.PROFILE_SETTING, f"{name} = {value!r}") from None
