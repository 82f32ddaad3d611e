"""The columns of every Standard 18 record, as tables that check themselves (Standard 18, sections 4 to 6).

Writer, reader and validator all go by these tables. Positions count from 1 and include both ends. A wrong table
fails at import.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from bacs.charset import characters_outside
from bacs.errors import FieldReason, FieldRefused, FieldTooLong, NotInCharacterSet

LABEL_LENGTH = 80
SPD_LENGTH = 100
MPD_LENGTH = 106


@dataclass(frozen=True, slots=True)
class Kind:
    """What may stand in a field. `pattern` is a regular expression for one character, or for `width` of them."""

    name: str
    pattern: str
    zero_filled: bool = False
    width: int = 1


DIGITS = Kind("digits", "[0-9]")
NUMBER = Kind("number, filled with zeros", "[0-9]", zero_filled=True)
TEXT = Kind("text of the Bacs set", "[A-Z0-9.&/ -]")
ANYTHING = Kind("anything", ".")
DAY = Kind("day as bYYDDD", " [0-9]{5}", width=6)


def constant(value: str, accepts: str = "") -> Kind:
    """A field that is always written as `value`; a validator also takes what matches `accepts`."""
    return Kind(repr(value), accepts or re.escape(value), width=len(value))


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its name, its first and last position, what it holds, and what is written when nothing is given."""

    name: str
    first: int
    last: int
    kind: Kind
    default: str | None = None

    def __post_init__(self) -> None:
        if self.kind.width not in (1, self.width):
            raise ValueError(f"{self.name}: {self.kind.name} does not fill {self.width} positions")
        if self.default is not None:
            self.put(self.default)

    @property
    def width(self) -> int:
        """Characters that the field holds."""
        return self.last - self.first + 1

    @property
    def pattern(self) -> str:
        """A regular expression for the whole field, as it stands in a record."""
        return self.kind.pattern if self.kind.width == self.width else f"{self.kind.pattern}{{{self.width}}}"

    def take(self, record: str) -> str:
        """The field's slice of a record, spaces and all; shorter or "" when the record ends early."""
        return record[self.first - 1 : self.last]

    def put(self, value: str) -> str:
        """Lay a value out, or refuse it: an amount that has lost a digit still looks like an amount.

        Raises `FieldTooLong`, `NotInCharacterSet` or `FieldRefused`.
        """
        if len(value) > self.width:
            raise FieldTooLong(self.name, value, self.width)
        if self.kind is TEXT:
            if outside := characters_outside(value):
                raise NotInCharacterSet(self.name, value, outside)
            if value.startswith(" ") and value.strip(" "):
                raise FieldRefused(self.name, value, FieldReason.STARTS_WITH_SPACE)
        laid_out = value.zfill(self.width) if self.kind.zero_filled else value.ljust(self.width)
        if self.kind in (DIGITS, NUMBER):
            if not (value.isascii() and value.isdigit()):
                raise FieldRefused(self.name, value, FieldReason.NOT_DIGITS if value else FieldReason.EMPTY)
            if self.kind is DIGITS and len(value) != self.width:
                raise FieldRefused(self.name, value, FieldReason.WRONG_LENGTH)
        elif not re.fullmatch(self.pattern, laid_out):
            raise FieldRefused(self.name, value, FieldReason.OUT_OF_RANGE)
        return laid_out


@dataclass(frozen=True)
class Layout:
    """One kind of record: its name, its length and its fields from the first position to the last."""

    name: str
    length: int
    fields: tuple[Field, ...]
    _by_name: dict[str, Field] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        starts = [each.first for each in self.fields] + [self.length + 1]
        ends = [0] + [each.last for each in self.fields]
        if any(start != end + 1 for start, end in zip(starts, ends, strict=True)):
            raise ValueError(f"{self.name}: the fields leave a gap, overlap or miss the end")
        object.__setattr__(self, "_by_name", {each.name: each for each in self.fields})
        if len(self._by_name) != len(self.fields):
            raise ValueError(f"{self.name}: two fields have one name")

    def __getitem__(self, name: str) -> Field:
        return self._by_name[name]

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """A regular expression that a record without a fault in any field matches as a whole."""
        return re.compile("".join(each.pattern for each in self.fields))

    def put(self, values: Mapping[str, str]) -> str:
        """Lay a whole record out. Fields without a value take their default; a name that is no field is a KeyError."""
        if unknown := values.keys() - self._by_name.keys():
            raise KeyError(f"{self.name} has no field {', '.join(sorted(unknown))}")
        return "".join(each.put(values.get(each.name, each.default or "")) for each in self.fields)

    def take(self, record: str) -> dict[str, str]:
        """Every field's slice by name, spaces and all."""
        return {each.name: each.take(record) for each in self.fields}

    def misfits(self, record: str) -> Iterator[tuple[Field, str]]:
        """The fields whose slice is not what the field holds, with that slice."""
        for each in self.fields:
            found = each.take(record)
            if not re.fullmatch(each.pattern, found):
                yield each, found


def spaces(name: str, first: int, last: int, accepts: str = "") -> Field:
    """A field that is written as spaces."""
    blank = " " * (last - first + 1)
    return Field(name, first, last, constant(blank, accepts), blank)


def fixed(name: str, first: int, last: int, value: str, accepts: str = "") -> Field:
    """A field that is written as one value."""
    return Field(name, first, last, constant(value, accepts), value)


_SERIAL = Kind("six letters or digits, not all zeros", "(?!0{6})[A-Z0-9]{6}", width=6)

VOL1 = Layout("VOL1", LABEL_LENGTH, fields=(
    #      name                      first last
    fixed("label",                      1,   4, "VOL1"),
    Field("serial_number",              5,  10, _SERIAL),
    spaces("accessibility",            11,  11, accepts="[ 0]"),
    spaces("reserved_1",               12,  31),
    spaces("bank_marker",              32,  37, accepts="[A-Z0-9.&/ -]{6}"),
    spaces("reserved_2",               38,  41),
    Field("submitter",                 42,  47, Kind("service user or bureau number", "[A-Z0-9][0-9]{5}", width=6)),
    spaces("reserved_3",               48,  51),
    spaces("reserved_4",               52,  79),
    fixed("label_standard_level",      80,  80, "1"),
))  # fmt: skip

HDR1 = Layout("HDR1", LABEL_LENGTH, fields=(
    fixed("label",                      1,   4, "HDR1"),
    fixed("file_identifier_a",          5,   5, "A"),
    Field("service_user_number",        6,  11, DIGITS),
    fixed("file_identifier_s",         12,  12, "S", accepts="[SZ]"),
    spaces("reserved_1",               13,  14),
    spaces("file_identifier_end",      15,  15, accepts="[ 1]"),
    Field("file_identifier_number",    16,  21, Kind("number of the service user or bureau, or spaces",
                                                     "(?:[A-Z0-9][0-9]{5}| {6})", width=6)),
    Field("set_identification",        22,  27, Kind("serial number of VOL1", "[A-Z0-9]{6}", width=6)),
    fixed("file_section_number",       28,  31, "0001"),
    Field("file_sequence_number",      32,  35, NUMBER),
    spaces("generation_number",        36,  39),
    spaces("generation_version",       40,  41),
    Field("creation_date",             42,  47, DAY),
    Field("expiry_date",               48,  53, DAY),
    spaces("accessibility",            54,  54, accepts="[ 0]"),
    fixed("block_count",               55,  60, "000000", accepts="[0-9 ]{6}"),
    spaces("system_code",              61,  73, accepts=".{13}"),
    spaces("reserved_2",               74,  80, accepts=".{7}"),
))  # fmt: skip

HDR2_SPD = Layout("HDR2", LABEL_LENGTH, fields=(
    fixed("label",                      1,   4, "HDR2"),
    fixed("record_format",              5,   5, "F"),
    fixed("block_length",               6,  10, "02000", accepts="[0-9]{5}"),
    fixed("record_length",             11,  15, "00100"),
    spaces("reserved_1",               16,  50),
    fixed("buffer_offset",             51,  52, "00"),
    spaces("reserved_2",               53,  80),
))  # fmt: skip

UHL1_SPD = Layout("UHL1", LABEL_LENGTH, fields=(
    fixed("label",                      1,   4, "UHL1"),
    Field("processing_day",             5,  10, DAY),
    fixed("receiving_party",           11,  16, "999999"),
    spaces("reserved_1",               17,  20),
    fixed("currency",                  21,  22, "00"),
    fixed("country",                   23,  28, "000000"),
    fixed("work_code",                 29,  37, "1 DAILY  "),
    Field("file_number",               38,  40, NUMBER),
    spaces("reserved_2",               41,  47),
    spaces("audit_print_identifier",   48,  54, accepts="(?: {7}|AUD[0-9]{4})"),
    spaces("users_own_use",            55,  80, accepts="[A-Z0-9.&/ -]{26}"),
))  # fmt: skip

UTL1 = Layout("UTL1", LABEL_LENGTH, fields=(
    fixed("label",                      1,   4, "UTL1"),
    Field("debit_total_pence",          5,  17, NUMBER),
    Field("credit_total_pence",        18,  30, NUMBER),
    Field("debit_count",               31,  37, NUMBER),
    Field("credit_count",              38,  44, NUMBER),
    spaces("reserved",                 45,  52),
    fixed("instruction_count",         53,  59, "0000000", accepts="(?:[0-9]{7}| {7})"),
    spaces("users_own_use",            60,  80, accepts="[A-Z0-9.&/ -]{21}"),
))  # fmt: skip

CREDIT_CODES = ("99", "Z4", "Z5")
DEBIT_CODES = ("17", "01", "18", "19")
INSTRUCTION_CODES = ("0N", "0C", "0S")
OUTPUT_CODES = ("RA", "U1", "U7", "U8", "U9")
"""Codes that appear on what Bacs and the banks send back, never in an input file."""

_INPUT_CODE = Kind("transaction code", f"(?:{'|'.join(CREDIT_CODES + DEBIT_CODES + INSTRUCTION_CODES)})", width=2)

DATA_SPD = Layout("data", SPD_LENGTH, fields=(
    Field("destination_sort_code",      1,   6, DIGITS),
    Field("destination_account",        7,  14, DIGITS),
    fixed("type_of_account",           15,  15, "0"),
    Field("transaction_code",          16,  17, _INPUT_CODE),
    Field("originating_sort_code",     18,  23, DIGITS),
    Field("originating_account",       24,  31, DIGITS),
    spaces("free_format",              32,  35, accepts="(?: {4}|0000|/[A-Z0-9.&/ -]{3})"),
    Field("amount_pence",              36,  46, NUMBER),
    Field("user_name",                 47,  64, TEXT, ""),
    Field("reference",                 65,  82, TEXT, ""),
    Field("account_name",              83, 100, TEXT, ""),
))  # fmt: skip

CONTRA_REFERENCE = "CONTRA"


def _with(layout: Layout, *changed: Field) -> Layout:
    """The layout with some fields changed: the same positions, another content."""
    fields = {each.name: each for each in layout.fields} | {each.name: each for each in changed}
    return replace(layout, fields=tuple(fields.values()))


def _trailer_of(header: Layout) -> Layout:
    label = f"EOF{header.name[-1]}"
    return replace(_with(header, fixed("label", 1, 4, label)), name=label)


EOF1 = _trailer_of(HDR1)
HDR2_MPD = _with(
    HDR2_SPD,
    fixed("block_length", 6, 10, "02120", accepts="[0-9]{5}"),
    fixed("record_length", 11, 15, "00106"),
)
EOF2_SPD, EOF2_MPD = _trailer_of(HDR2_SPD), _trailer_of(HDR2_MPD)
UHL1_MPD = _with(
    UHL1_SPD,
    Field("processing_day", 5, 10, Kind("day as bYYDDD, or spaces", "(?: [0-9]{5}| {6})", width=6)),
    fixed("work_code", 29, 37, "4 MULTI  "),
)
DATA_MPD = Layout("data", MPD_LENGTH, (*DATA_SPD.fields, Field("processing_day", 101, 106, DAY)))
