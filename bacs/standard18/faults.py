"""What a validator finds in a Standard 18 file, and what it is told to go by."""

from collections.abc import Container
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from bacs.calendar import FORWARD_LIMIT_DAYS, Calendar
from bacs.standard18.submission import SCHEME_LIMIT_PENCE
from bacs.weights import WeightTable


class Severity(StrEnum):
    """Whether Bacs would refuse the file or the payment, or a person should only look."""

    ERROR = "error"
    WARNING = "warning"


class FaultKind(StrEnum):
    """What is wrong; stable names for programs."""

    EMPTY_FILE = "empty_file"
    BYTE_ORDER_MARK = "byte_order_mark"
    UNKNOWN_RECORD = "unknown_record"
    OUT_OF_ORDER = "out_of_order"
    INCOMPLETE = "incomplete"
    WRONG_LENGTH = "wrong_length"
    WRONG_FIELD = "wrong_field"
    NOT_A_DATE = "not_a_date"
    NOT_A_WORKING_DAY = "not_a_working_day"
    BEYOND_CALENDAR = "beyond_calendar"
    OUTSIDE_WINDOW = "outside_window"
    EXPIRES_TOO_EARLY = "expires_too_early"
    SERIAL_USED_BEFORE = "serial_used_before"
    SERIAL_DIFFERS = "serial_differs"
    SEQUENCE_DIFFERS = "sequence_differs"
    FILE_NUMBER_TWICE = "file_number_twice"
    TRAILER_DIFFERS = "trailer_differs"
    CODE_NOT_LICENSED = "code_not_licensed"
    AMOUNT_ZERO = "amount_zero"
    AMOUNT_NOT_ZERO = "amount_not_zero"
    AMOUNT_ABOVE_LIMIT = "amount_above_limit"
    NAME_MISSING = "name_missing"
    STARTS_WITH_SPACE = "starts_with_space"
    REFERENCE_REFUSED = "reference_refused"
    CONTRA_OF_ANOTHER_ACCOUNT = "contra_of_another_account"
    CONTRA_CODE = "contra_code"
    CONTRA_MISSING = "contra_missing"
    CONTRA_DIFFERS = "contra_differs"
    NO_ITEMS = "no_items"
    TOTAL_DIFFERS = "total_differs"
    COUNT_DIFFERS = "count_differs"
    MODULUS_CHECK_FAILS = "modulus_check_fails"


class Fault(NamedTuple):
    """One fault: where it is (line and column from 1), what was expected there, and what was found."""

    kind: FaultKind
    line: int
    column: int
    field: str
    expected: str
    found: str
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        where = f"line {self.line}, column {self.column}"
        name = f" {self.field}:" if self.field else ""
        return f"{where}:{name} expected {self.expected}, found {self.found}"


@dataclass(frozen=True, slots=True)
class Rules:
    """What a file is held against beyond its own columns; what is left out is not checked.

    `calendar` tells working days; with `input_day` too, the window of the processing day. `licensed_codes` are what
    the service user may send. `item_limit_pence` is the sponsor's limit for one payment. `weights` adds modulus
    checks, whose faults are warnings. `used_serials` are serial numbers of earlier submissions.
    """

    calendar: Calendar | None = None
    input_day: date | None = None
    forward_limit_days: int = FORWARD_LIMIT_DAYS
    licensed_codes: frozenset[str] = frozenset({"99"})
    item_limit_pence: int = SCHEME_LIMIT_PENCE
    weights: WeightTable | None = None
    used_serials: Container[str] = ()
