"""Reading Standard 18 files as they come: perfect, padded, cut or wrong.

`read` never refuses a file: it yields every line with what it seems to be, and the slices of its fields.
`read_submission` gives back the values that `write` was given, and refuses what is not such a file.
"""

import io
import re
from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from typing import BinaryIO, NamedTuple

from bacs.calendar import read_bacs_date
from bacs.errors import BadBacsDate
from bacs.standard18 import layout as tables
from bacs.standard18.layout import CONTRA_REFERENCE, MPD_LENGTH, Layout

LONGEST_LINE = 1000
"""Bytes of a line that are kept: far beyond any record, and a bound on memory for a file without line ends."""

SHORTEST_DATA = 46
"""Characters up to the amount: a line that ends earlier is no payment, whatever its beginning."""

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_ACCOUNT = re.compile(r"[0-9]{14}")


class Kind(StrEnum):
    """What a line seems to be."""

    VOL1 = "VOL1"
    HDR1 = "HDR1"
    HDR2 = "HDR2"
    UHL1 = "UHL1"
    CREDIT = "credit"
    DEBIT = "debit"
    INSTRUCTION = "instruction"
    CONTRA = "contra"
    EOF1 = "EOF1"
    EOF2 = "EOF2"
    UTL1 = "UTL1"
    UNKNOWN = "unknown"


class Item(NamedTuple):
    """A data record's values without their padding; `None` for an amount or a day that cannot be read."""

    sort_code: str
    account_number: str
    transaction_code: str
    originating_sort_code: str
    originating_account_number: str
    amount_pence: int | None
    user_name: str
    reference: str
    account_name: str
    processing_day: date | None

    @property
    def is_credit(self) -> bool:
        """Whether it adds to the credit side, as a payment or as the contra of debits."""
        return self.transaction_code in tables.CREDIT_CODES

    @property
    def is_debit(self) -> bool:
        """Whether it adds to the debit side, as a collection or as the contra of credits."""
        return self.transaction_code in tables.DEBIT_CODES


class Line(NamedTuple):
    """One line of a file: its number from 1, what it seems to be, its text without the line end, and that end."""

    number: int
    kind: Kind
    text: str
    end: str
    layout: Layout | None
    has_byte_order_mark: bool = False

    def fields(self) -> dict[str, str]:
        """Every field's slice by its name, spaces and all; empty for a line of unknown kind."""
        return self.layout.take(self.text) if self.layout else {}

    def item(self) -> Item | None:
        """The values of a data record or contra, `None` for any other line."""
        if self.layout is not tables.DATA_SPD and self.layout is not tables.DATA_MPD:
            return None
        text = self.text
        amount = text[35:46]
        return Item(
            text[0:6],
            text[6:14],
            text[15:17],
            text[17:23],
            text[23:31],
            int(amount) if amount.isascii() and amount.isdigit() else None,
            text[46:64].rstrip(" "),
            text[64:82].rstrip(" "),
            text[82:100].rstrip(" "),
            _day(text[100:106]) if self.layout is tables.DATA_MPD else None,
        )


def read(source: bytes | BinaryIO) -> Iterator[Line]:
    """Yield the lines of a file one by one, in flat memory, however imperfect.

    Lines may end in CR LF, LF or nothing. Each byte becomes the character of its number (Latin-1), so that a
    column is a byte. Only the first 1000 bytes of a line are kept. A byte-order mark is passed over.
    """
    file = io.BytesIO(source) if isinstance(source, bytes) else source
    is_multi_day = False
    for number, raw in enumerate(_lines(file), 1):
        has_mark = number == 1 and raw.startswith(BYTE_ORDER_MARK)
        if has_mark:
            raw = raw.removeprefix(BYTE_ORDER_MARK)
        text, end = _split(raw.decode("latin-1"))
        if text.startswith("HDR2"):
            is_multi_day = text[10:15] == "00106"
        kind, layout = _classify(text, is_multi_day)
        yield Line(number, kind, text, end, layout, has_mark)


def _lines(file: BinaryIO) -> Iterator[bytes]:
    while line := file.readline(LONGEST_LINE):
        while not line.endswith(b"\n") and (rest := file.readline(LONGEST_LINE)):
            if rest.endswith(b"\n"):
                line += b"\n"
        yield line


def _split(text: str) -> tuple[str, str]:
    if text.endswith("\r\n"):
        return text[:-2], "\r\n"
    return (text[:-1], "\n") if text.endswith("\n") else (text, "")


_LABELS: dict[str, tuple[Kind, Layout, Layout]] = {
    "VOL1": (Kind.VOL1, tables.VOL1, tables.VOL1),
    "HDR1": (Kind.HDR1, tables.HDR1, tables.HDR1),
    "HDR2": (Kind.HDR2, tables.HDR2_SPD, tables.HDR2_MPD),
    "UHL1": (Kind.UHL1, tables.UHL1_SPD, tables.UHL1_MPD),
    "EOF1": (Kind.EOF1, tables.EOF1, tables.EOF1),
    "EOF2": (Kind.EOF2, tables.EOF2_SPD, tables.EOF2_MPD),
    "UTL1": (Kind.UTL1, tables.UTL1, tables.UTL1),
}
_KINDS = (
    dict.fromkeys(tables.CREDIT_CODES, Kind.CREDIT)
    | dict.fromkeys(tables.DEBIT_CODES, Kind.DEBIT)
    | dict.fromkeys(tables.INSTRUCTION_CODES, Kind.INSTRUCTION)
)


def _classify(text: str, is_multi_day: bool) -> tuple[Kind, Layout | None]:
    if label := _LABELS.get(text[:4]):
        label_kind, single, multi = label
        return label_kind, multi if is_multi_day else single
    kind = _KINDS.get(text[15:17])
    if len(text) < SHORTEST_DATA or len(text.rstrip(" ")) > MPD_LENGTH or not (kind or _ACCOUNT.match(text)):
        return Kind.UNKNOWN, None
    if text.startswith(CONTRA_REFERENCE, 64):
        kind = Kind.CONTRA
    return kind or Kind.UNKNOWN, tables.DATA_MPD if is_multi_day else tables.DATA_SPD


def _day(text: str) -> date | None:
    try:
        return read_bacs_date(text)
    except BadBacsDate:
        return None
