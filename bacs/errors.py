"""What `bacs` raises: one tree, each error named after what happened and carrying the facts as attributes."""

from datetime import date
from enum import StrEnum


class BacsError(Exception):
    """The root of every error this package raises on purpose."""


class FieldReason(StrEnum):
    """Why a field of a payment file refused its value."""

    EMPTY = "must not be empty"
    NOT_DIGITS = "must be digits only"
    WRONG_LENGTH = "has the wrong number of digits"
    STARTS_WITH_SPACE = "must not start with a space"
    STARTS_WITH_CONTRA = "must not start with CONTRA, the mark of a contra record"
    ALL_ZEROS = "must not be all zeros"
    NAME_MISSING = "must be filled when the account number is 00000000"
    OUT_OF_RANGE = "is outside the range the field can hold"


class AmountReason(StrEnum):
    """Why an amount is refused."""

    EMPTY = "it is empty"
    NOT_A_NUMBER = "it is not an amount of pounds and pence"
    NOT_WHOLE_PENCE = "it is not a whole number of pence"
    NEGATIVE = "it is negative"
    ZERO = "it is zero"
    TOO_MANY_DECIMALS = "it has more than two decimals"
    TOO_LARGE = "it is too large"


class Reason(StrEnum):
    """Why account details are refused."""

    SORT_CODE_NOT_SIX_DIGITS = "a sort code is six digits"
    ACCOUNT_NOT_DIGITS = "an account number is digits only"
    ACCOUNT_WRONG_LENGTH = "an account number has six to ten digits, mostly eight"
    BANK_UNKNOWN = "how nine or ten digits become eight depends on the bank: ask for the eight-digit account number"
    ROLL_NUMBER_EMPTY = "a roll number has at least one character"
    ROLL_NUMBER_TOO_LONG = "a roll number has at most 18 characters"
    ROLL_NUMBER_CHARACTERS = "a roll number is letters, digits and / - . with spaces only inside"
    IBAN_NOT_GB = "a GB IBAN starts with GB"
    IBAN_WRONG_LENGTH = "a GB IBAN has 22 characters"
    IBAN_FORMAT = "a GB IBAN is GB, two digits, four letters, six digits and eight digits"
    IBAN_CHECK_DIGITS = "the check digits of the IBAN do not fit the rest"
    BANK_CODE_FORMAT = "the bank code of an IBAN is four letters"


class SubmissionReason(StrEnum):
    """Why a submission as a whole cannot be written."""

    NO_USER_FILES = "a submission holds at least one user file"
    NO_SECTIONS = "a user file holds at least one section"
    NO_CREDITS = "a section holds at least one credit"
    SAME_SECTION_TWICE = "one account and day make one section"
    SEVERAL_DAYS = "a single-day file has one processing day"
    SAME_FILE_NUMBER_TWICE = "a service user's file number is used once a day"
    TOTAL_TOO_LARGE = "the total does not fit the 13 digits of the trailer"
    TOO_MANY_ITEMS = "the count does not fit the 7 digits of the trailer"
    TOO_MANY_USER_FILES = "a submission numbers its user files with 4 digits"
    EXPIRES_TOO_EARLY = "a file expires after its last processing day"


class FieldTooLong(BacsError):
    """A value has more characters than its field; it is never cut to fit."""

    def __init__(self, field: str, value: str, width: int) -> None:
        super().__init__(field, value, width)
        self.field, self.value, self.width = field, value, width

    def __str__(self) -> str:
        return f"{self.field}: {self.value!r} has {len(self.value)} characters, and the field holds {self.width}"


class NotInCharacterSet(BacsError):
    """A text has characters outside the set; `characters` holds each of them once, in order of appearance."""

    def __init__(self, field: str, value: str, characters: str) -> None:
        super().__init__(field, value, characters)
        self.field, self.value, self.characters = field, value, characters

    def __str__(self) -> str:
        return f"{self.field}: {self.value!r} has characters outside the set: {self.characters!r}"


class FieldRefused(BacsError):
    """A value may not stand in its field."""

    def __init__(self, field: str, value: object, reason: FieldReason) -> None:
        super().__init__(field, value, reason)
        self.field, self.value, self.reason = field, value, reason

    def __str__(self) -> str:
        return f"{self.field}: {self.value!r} {self.reason}"


class AmountRefused(BacsError):
    """An amount cannot be read, or cannot be paid."""

    def __init__(self, value: object, reason: AmountReason) -> None:
        super().__init__(value, reason)
        self.value, self.reason = value, reason

    def __str__(self) -> str:
        return f"amount {self.value!r} refused: {self.reason}"


class AccountRefused(BacsError):
    """A sort code, account number, roll number or IBAN is not one."""

    def __init__(self, value: str, reason: Reason) -> None:
        super().__init__(value, reason)
        self.value, self.reason = value, reason

    def __str__(self) -> str:
        return f"{self.value!r} refused: {self.reason}"


class ItemRefused(BacsError):
    """A payment of a file is refused; `number` counts the user file's payments from 1, `cause` says why."""

    def __init__(self, number: int, cause: BacsError) -> None:
        super().__init__(number, cause)
        self.number, self.cause = number, cause

    def __str__(self) -> str:
        return f"payment {self.number}: {self.cause}"


class SubmissionRefused(BacsError):
    """A submission as a whole cannot be written."""

    def __init__(self, reason: SubmissionReason, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}" if self.detail else str(self.reason)


class DateBeyondCalendar(BacsError):
    """A day lies outside the years whose bank holidays are known, so nobody can say whether it is a working day."""

    def __init__(self, day: date, first: date, last: date) -> None:
        super().__init__(day, first, last)
        self.day, self.first, self.last = day, first, last

    def __str__(self) -> str:
        return f"{self.day} is outside the calendar, which knows the bank holidays from {self.first} to {self.last}"


class NotAWorkingDay(BacsError):
    """Bacs neither takes, processes nor enters payments on this day."""

    def __init__(self, day: date) -> None:
        super().__init__(day)
        self.day = day

    def __str__(self) -> str:
        return f"{self.day} is not a Bacs working day"


class OutsideWindow(BacsError):
    """A processing day lies before the day after input, or too far ahead of it."""

    def __init__(self, processing_day: date, input_day: date, earliest: date, latest: date) -> None:
        super().__init__(processing_day, input_day, earliest, latest)
        self.processing_day, self.input_day = processing_day, input_day
        self.earliest, self.latest = earliest, latest

    def __str__(self) -> str:
        return (
            f"processing day {self.processing_day} cannot follow input on {self.input_day}: "
            f"it must lie between {self.earliest} and {self.latest}"
        )


class BadBacsDate(BacsError):
    """A text is not a date in the form bYYDDD."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def __str__(self) -> str:
        return f"{self.text!r} is not a date in the form of a space, two digits of the year and the day of the year"


class BadWeightTable(BacsError):
    """A line of a modulus weight table cannot be read; `line` counts from 1."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(line, text)
        self.line, self.text = line, text

    def __str__(self) -> str:
        return f"weight table, line {self.line}: {self.text!r} is not a row of weights"


class Unreadable(BacsError):
    """Bytes are not the file they were read as; `line` counts from 1, and is 0 when no line is to blame."""

    def __init__(self, line: int, detail: str) -> None:
        super().__init__(line, detail)
        self.line, self.detail = line, detail

    def __str__(self) -> str:
        return f"line {self.line}: {self.detail}" if self.line else self.detail


class HostileXml(Unreadable):
    """An XML file with a document type, which could define entities: no bank sends one, and none is read."""


class NotAReport(BacsError):
    """A report is not one for a payer of credits; `name` is what it calls itself."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name

    def __str__(self) -> str:
        return f"{self.name} is not a report to a payer of credits"


class WrongServiceUser(BacsError):
    """A report is addressed to another service user: keep it apart, and find out why it came."""

    def __init__(self, expected: str, found: str) -> None:
        super().__init__(expected, found)
        self.expected, self.found = expected, found

    def __str__(self) -> str:
        return f"the report is for service user {self.found}, not {self.expected}"


class MessageReason(StrEnum):
    """Why a payment message as a whole cannot be written."""

    NO_BATCHES = "a message holds at least one batch"
    NO_PAYMENTS = "a batch holds at least one payment"
    SCHEME_NOT_OFFERED = "the bank's profile does not say how this scheme is asked for"
    TOO_MANY_PAYMENTS = "the bank takes fewer payments in one file"
    TOTALS_UNKNOWN = "payments that are read once need their count and total beforehand"
    TOTALS_DIFFER = "the payments do not come to the count and total that were announced"
    IDENTIFIER_TWICE = "an identifier is used twice"
    NOT_IN_VERSION = "this version of the message has no place for it"
    INSTANT_WITHOUT_ZONE = "the time of creation needs a time zone"
    PROFILE_UNKNOWN = "no profile of this name is shipped"
    PROFILE_SETTING = "a profile has a setting that is not known, or not of this value"


class MessageRefused(BacsError):
    """A payment message as a whole cannot be written."""

    def __init__(self, reason: MessageReason, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}" if self.detail else str(self.reason)
