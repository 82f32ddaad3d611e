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
    EXECUTOR = "executor"
    ESTATE_ADMINISTRATOR = "estate_administrator"


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


class Format(Word):
    """In which form somebody needs what is written to them."""

    STANDARD = "standard"
    LARGE_PRINT = "large_print"
    EASY_READ = "easy_read"


class Language(Word):
    ENGLISH = "english"
    WELSH = "welsh"


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


class OneOffFileStatus(Word):
    """`read`: enter or discard it; `entered`: a person has yet to confirm it."""

    READ = "read"
    ENTERED = "entered"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    DISCARDED = "discarded"


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


class ReturnReason(Word):
    """Why money came back or never left."""

    DECEASED = "deceased"
    CLOSED = "closed"
    TRANSFERRED = "transferred"
    NO_ACCOUNT = "no_account"
    INVALID_DETAILS = "invalid_details"
    NAME = "name"
    BLOCKED = "blocked"
    REFUSED_BY_PAYEE = "refused_by_payee"
    REQUESTED = "requested"
    OURS = "ours"
    DUPLICATE = "duplicate"
    UNKNOWN = "unknown"


class ReturnStatus(Word):
    """`held`: somebody has to do something; `kept`: it stays for now."""

    HELD = "held"
    KEPT = "kept"
    REISSUED = "reissued"
    RECOVERED = "recovered"
    WRITTEN_OFF = "written_off"


class NextStep(Word):
    """What a person has to do next about money that came back."""

    CONFIRM_DEATH = "confirm_death"
    CONFIRM_CLAIM = "confirm_claim"
    LIFT_HOLD = "lift_hold"
    ASK_FOR_DETAILS = "ask_for_details"
    CONFIRM_DETAILS = "confirm_details"
    WAIT = "wait"
    FIND_OUT = "find_out"
    PAY_AGAIN = "pay_again"
    NOTHING = "nothing"


class EstateDocument(Word):
    """What shows who receives money for the estate of somebody who died."""

    GRANT_OF_PROBATE = "grant_of_probate"
    LETTERS_OF_ADMINISTRATION = "letters_of_administration"
    CONFIRMATION = "confirmation"
    SMALL_ESTATE = "small_estate"


class ReturnOutcome(Word):
    KEEP = "keep"
    SET_OFF = "set_off"
    WRITE_OFF = "write_off"


class PayloadKind(Word):
    """`thin`: the event as the feed has it; `full`: with the thing itself."""

    THIN = "thin"
    FULL = "full"


class WebhookStatus(Word):
    ACTIVE = "active"
    PAUSED = "paused"
    REMOVED = "removed"


class PausedBecause(Word):
    """`new`: an administrator lets it begin; `failing`: nothing got there for three days; `gone`: it answered 410."""

    NEW = "new"
    PERSON = "person"
    FAILING = "failing"
    GONE = "gone"


class DeliveryStatus(Word):
    """`skipped`: a person let the webhook go on without it."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"
    SKIPPED = "skipped"


class NoAnswerBecause(Word):
    NAME_UNKNOWN = "name_unknown"
    ADDRESS_REFUSED = "address_refused"
    NOT_REACHED = "not_reached"
    CERTIFICATE = "certificate"
    TOO_SLOW = "too_slow"
    NOT_HTTP = "not_http"
