"""What is refused. Each error is named after what happened and carries the facts; words are made at the edge."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple


class Refused(Exception):
    """Something that the person asking can understand and put right."""


class NotAllowed(Refused):
    """The person lacks the role that the act needs."""

    def __init__(self, role: str) -> None:
        super().__init__(f"this needs the role {role}")
        self.role = role


class NotFound(Refused):
    """Nothing of this kind has the id, in the body of the person who asked."""

    def __init__(self, kind: str, asked_for: object) -> None:
        super().__init__(f"there is no {kind} {asked_for} in this body")
        self.kind = kind
        self.asked_for = asked_for


class SamePerson(Refused):
    """The act needs a second person, and this one already did the first part."""

    def __init__(self, did: str) -> None:
        super().__init__(f"someone else must do this: {did}")
        self.did = did


class NotNow(Refused):
    """The thing is in a state in which this cannot be done to it."""

    def __init__(self, kind: str, state: str, act: str) -> None:
        super().__init__(f"a {kind} that is {state} cannot be {act}")
        self.kind = kind
        self.state = state
        self.act = act


class ReasonNotGiven(Refused):
    """The act needs a reason that the next person can read. `act` as in: say why you …"""

    def __init__(self, act: str) -> None:
        super().__init__(f"say why you {act}")
        self.act = act


class OutOfRange(Refused):
    """A setting outside what it may be, both ends included."""

    def __init__(self, what: str, given: int, least: int, most: int) -> None:
        super().__init__(f"{what}: {given} is not between {least} and {most}")
        self.what = what
        self.least = least
        self.most = most


class Misfit(StrEnum):
    """Why a field of what a person sent does not fit."""

    MISSING = "missing"
    NOT_A_NUMBER = "not_a_number"
    OUT_OF_RANGE = "out_of_range"
    TOO_LONG = "too_long"
    NOT_FROM_ZERO = "not_from_zero"
    NOT_RISING = "not_rising"
    BELOW_THE_LEAST = "below_the_least"
    BELOW_ONE_PAYMENT = "below_one_payment"
    NOT_A_DATE = "not_a_date"
    NOT_TEXT = "not_text"
    NOT_A_LIST = "not_a_list"
    NOT_AN_OBJECT = "not_an_object"
    NOT_JSON = "not_json"
    NOT_KNOWN = "not_known"
    UNKNOWN = "unknown"
    NOT_A_CODE = "not_a_code"
    TAKEN = "taken"
    NOT_TOLD_APART = "not_told_apart"
    NOT_IN_BACS = "not_in_bacs"
    NOT_THE_FOUR = "not_the_four"
    NOT_THE_FIRST = "not_the_first"
    OVERLAPS = "overlaps"
    TOO_CLOSE = "too_close"
    NOT_AS_EXPECTED = "not_as_expected"
    STAYS = "stays"
    COMPONENT_GONE = "component_gone"
    ASKS_MORE = "asks_more"


class FieldFault(NamedTuple):
    """What is wrong with one field of what a person sent. `field` is a path in it, as in `bands.0.from_units`."""

    field: str
    why: Misfit
    facts: tuple[object, ...] = ()


class FieldsRefused(Refused):
    """What a person sent does not fit, with every field that has to be put right."""

    def __init__(self, what: str, faults: Iterable[FieldFault]) -> None:
        self.what = what
        self.faults = tuple(faults)
        super().__init__(f"{what}: " + "; ".join(f"{fault.field} {fault.why}" for fault in self.faults))


class SignInSlowed(Refused):
    """Too many wrong tries for this e-mail address: none is looked at before `until` (UTC)."""

    def __init__(self, until: datetime, failures: int) -> None:
        super().__init__(f"too many wrong tries; try again after {until:%H:%M:%S} UTC")
        self.until = until
        self.failures = failures


class PasswordTooShort(Refused):
    """A password shorter than `least` characters."""

    def __init__(self, least: int) -> None:
        super().__init__(f"a password has at least {least} characters")
        self.least = least


class PasswordGuessable(Refused):
    """A password that guessers try early: one of the breached ones, a name, a row of keys, or made of these."""


class NotAddressed(Refused):
    """What was given is not an e-mail address."""


class SealBroken(Exception):
    """A sealed value does not open: it was changed, moved to another row, or its key is not the one given."""

    def __init__(self, where: str) -> None:
        super().__init__(f"sealed value does not open: {where}")
        self.where = where


class KeyMissing(Exception):
    """The key ring lacks the key that a value was wrapped with, or the value's key was destroyed."""

    def __init__(self, key_id: str) -> None:
        super().__init__(f"key {key_id} is not in the key ring, or was destroyed")
        self.key_id = key_id


class KeyDestroyed(KeyMissing):
    """The key was destroyed on purpose, when what it sealed was no longer needed: nobody opens it any more."""


class FileFault(StrEnum):
    """Why a register file as a whole cannot be read."""

    EMPTY = "empty"
    NOT_TEXT = "not_text"
    NOT_CSV = "not_csv"
    ENCRYPTED = "encrypted"
    MACROS = "macros"
    OLD_SPREADSHEET = "old_spreadsheet"
    WORKBOOK_BROKEN = "workbook_broken"
    UNPACKS_TOO_LARGE = "unpacks_too_large"
    TOO_MANY_CELLS = "too_many_cells"
    OTHER_XML = "other_xml"
    PAYMENT_FILE_BROKEN = "payment_file_broken"
    MISSING_COLUMNS = "missing_columns"
    UNKNOWN_COLUMNS = "unknown_columns"
    REPEATED_COLUMNS = "repeated_columns"
    TOO_MANY_COLUMNS = "too_many_columns"
    TOO_MANY_ROWS = "too_many_rows"
    TOO_LARGE = "too_large"


class FileRefused(Refused):
    """A file that cannot be read at all; nothing of it was kept.

    `facts` are JSON values for the sentence: the columns missing, the line of a quote that never closes, the limit.
    """

    def __init__(self, fault: FileFault, **facts: Any) -> None:
        super().__init__(f"the file was refused: {fault} {facts}")
        self.fault = fault
        self.facts = facts
