"""What all Bacs reports share: the envelope, which report it is, and reading attributes (Bacs messages, envelope)."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from itertools import islice
from typing import BinaryIO, NamedTuple

from bacs import pence
from bacs.errors import NotAReport, Unreadable
from bacs.xmlstream import Element, opened

LARGEST_REPORT = 512 * 1024**2


class ReportKind(StrEnum):
    """The reports that a payer of credits gets."""

    ARRIVAL = "ArrivalReport"
    INPUT = "InputReport"
    WITHDRAWAL = "WithdrawalReport"
    ARUCS = "ARUCS"
    AWACS = "AWACS"


OTHERS = ("ADDACS", "ARUDD", "AUDDIS", "DDIC")
"""Reports to collectors of Direct Debits: recognised, and refused by name."""

_BY_ELEMENT = frozenset(ReportKind) - {ReportKind.AWACS}
_LOOKED_AT = 1000
"""Elements that are looked at before a file is given up: a report says early what it is."""

_MESSAGES_BY_RECORD_TYPE = {
    "W": "AWACS",
    "A": "ADDACS",
    "V": "AUDDIS",
    "R": "AUDDIS",
    "D": "AUDDIS",
    "N": "AUDDIS",
    "S": "AUDDIS",
}


@dataclass(frozen=True, slots=True)
class ReportHeader:
    """Which report it is. `identity` tells two deliveries of one report, together with the file's SHA-256."""

    kind: ReportKind
    report_number: str
    report_type: str
    produced_on: date | None
    processing_day: date | None
    user_number: str
    user_name: str
    is_test: bool

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """What two deliveries of one report have in common."""
        return (self.kind, self.user_number, self.report_type, self.report_number)


class Mismatch(NamedTuple):
    """A report does not agree with itself: what it says of its items, and what they come to. Amounts are pence."""

    what: str
    said: str
    found: str


Attributes = dict[str, str]


@lru_cache(maxsize=1024)
def plain_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """Attribute names in lower case, without namespace or prefix."""
    return tuple(name.rpartition("}")[2].rpartition(":")[2].lower() for name in names)


def attributes(element: Element) -> Attributes:
    """An element's attributes without the space around them, by lower-case local name."""
    return _by_name(element.keys(), element.values())


def attributes_of(pairs: list[str]) -> Attributes:
    """The same of attribute names and values in turn."""
    return _by_name(pairs[::2], pairs[1::2])


def _by_name(names: list[str], values: list[str]) -> Attributes:
    # the items of a report have the same attributes in the same order: their names are worked out once
    return dict(zip(plain_names(tuple(names)), map(str.strip, values), strict=True))


def first_of(values: Attributes, *names: str) -> str:
    """The first of several spellings of an attribute that is there, "" when none is."""
    for name in names:
        if value := values.get(name):
            return value
    return ""


@lru_cache(maxsize=4096)
def day_of(text: str) -> date | None:
    """An ISO date, with or without a time after it; `None` when it is none."""
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def pence_of(text: str) -> int | None:
    """An amount of pounds with a currency sign or without, in pence; `None` when it is none."""
    return pence.read_decimal(text)


def sort_code_of(text: str) -> str:
    """A sort code without its hyphens."""
    return text.replace("-", "").replace(" ", "")


def recognise(source: bytes | BinaryIO) -> ReportKind:
    """Tell which report a file is, by what it contains and never by its name.

    Raises `NotAReport` with the name of a report for others (ADDACS, ARUDD, AUDDIS, DDIC) or of an unknown one, and
    `Unreadable` when it is no XML. A seekable file is wound back.
    """
    start = source.tell() if not isinstance(source, bytes) and source.seekable() else None
    try:
        return _recognise(source)
    finally:
        if start is not None and not isinstance(source, bytes):
            source.seek(start)


def _recognise(source: bytes | BinaryIO) -> ReportKind:
    root = ""
    elements = opened(source, limit_bytes=LARGEST_REPORT)
    for name, pairs in islice(elements, _LOOKED_AT):
        root = root or name
        if name in _BY_ELEMENT:
            return ReportKind(name)
        if name in OTHERS:
            raise NotAReport(name)
        if name == "VocaDocument":
            raise NotAReport("DDIC")
        if name in ("MessagingHeader", "MessagingAdvice"):
            return _messages(attributes_of(pairs))
    raise NotAReport(root) if root else Unreadable(0, "no report found")


def _messages(values: Attributes) -> ReportKind:
    said = first_of(values, "advice-type").upper() or _MESSAGES_BY_RECORD_TYPE.get(first_of(values, "record-type"), "")
    if said == "AWACS":
        return ReportKind.AWACS
    by_type = {"7001": "ADDACS", "7003": "AUDDIS", "7004": "AUDDIS"}.get(first_of(values, "report-type"))
    if by_type or said:
        raise NotAReport(by_type or said)
    return ReportKind.AWACS


def is_test(values: Attributes) -> bool:
    """Whether these attributes mark a test file."""
    return first_of(values, "file-type", "filetype").upper() == "TEST"
