"""The service's words for states and kinds. A newer service may have more than stand here."""

from __future__ import annotations

from enum import StrEnum


class Word(StrEnum):
    """One of the service's words. One that is newer than this client is told as it is."""

    @classmethod
    def _missing_(cls, value: object) -> Word | None:
        if not isinstance(value, str):
            return None
        unknown = str.__new__(cls, value)
        unknown._name_, unknown._value_ = value.upper(), value
        return unknown


class BodyKind(Word):
    SANDBOX = "sandbox"
    LIVE = "live"


class KeyKind(Word):
    TEST = "test"
    TEAM = "team"
    LIVE = "live"


class Capacity(Word):
    """In what capacity a payee is paid for a beneficiary."""

    SELF = "self"
    APPOINTEE = "appointee"
    DEPUTY = "deputy"
    PARENT = "parent"
    PROVIDER = "provider"
    LANDLORD = "landlord"


class PaymentMethod(Word):
    ACCOUNT = "account"
    NO_ACCOUNT = "no_account"
    ADDRESS_ONLY = "address_only"


class Channel(Word):
    """How somebody is reached: `phone` is only called, `text` takes text messages."""

    EMAIL = "email"
    TEXT = "text"
    PHONE = "phone"
    LETTER = "letter"


class HoldKind(Word):
    DECEASED = "deceased"
    CLOSED = "closed"
    RESTRICTED = "restricted"
    ON_HOLD = "on_hold"


class CameBy(Word):
    """How bank details reached you."""

    LETTER = "letter"
    FORM = "form"
    PHONE = "phone"
    EMAIL = "email"
    BANK = "bank"


class BankDetailsState(Word):
    WAITING = "waiting"
    REJECTED = "rejected"
    COOLING_OFF = "cooling_off"
    HELD = "held"
    IN_USE = "in_use"
    REPLACED = "replaced"
    CLOSED = "closed"
    COMPROMISED = "compromised"
    RETURNED = "returned"


class OneOffState(Word):
    WAITING = "waiting"
    CONFIRMED = "confirmed"
    IN_PAYROLL = "in_payroll"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class PaymentStatus(Word):
    PREPARED = "prepared"
    RELEASED = "released"
    SUBMITTED = "submitted"
    PAID = "paid"
    CANCELLED = "cancelled"
    TAKEN_OUT = "taken_out"
    REJECTED = "rejected"
    RECALLED = "recalled"
    RETURNED = "returned"


class PayrollStatus(Word):
    BUILDING = "building"
    CHECKED = "checked"
    SEALING = "sealing"
    SEALED = "sealed"
    RELEASED = "released"
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    CLOSED = "closed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


class ImportStatus(Word):
    """`asking`: a person says on the pages what the columns are."""

    READING = "reading"
    ASKING = "asking"
    UNREADABLE = "unreadable"
    READ = "read"
    LANDING = "landing"
    LANDED = "landed"
    CONFIRMED = "confirmed"
    DISCARDED = "discarded"
