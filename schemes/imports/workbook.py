"""A register as an Excel workbook (.xlsx): measured before anything is unpacked, then read by calamine.

A workbook is a zip of XML. What its directory says of sizes may be a lie, so every part that is needed is unpacked
within limits into a plain copy, and its sheets are walked for the rectangle that their cells span: calamine makes room
for all of it, and two cells far apart would take gigabytes.

Numbers become text as Excel shows them, by 15 significant digits: 0.1 + 0.2 is 0.3, and no amount is rounded to pence.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from tempfile import SpooledTemporaryFile
from typing import IO, BinaryIO, cast

import python_calamine as calamine

from bacs import xmlstream
from bacs.errors import HostileXml, Unreadable
from schemes.errors import FileFault, FileRefused
from schemes.imports.table import is_blank

ZIP = b"PK\x03\x04"
OLD_OFFICE = b"\xd0\xcf\x11\xe0"
# the name of the stream that holds a workbook locked with a password (MS-OFFCRYPTO 2.1)
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
MOST_PARTS = 1000
MOST_UNPACKED = 250_000_000
MOST_TIMES_LARGER = 200
# below this, a sheet of equal cells may well be packed more tightly
RATIO_COUNTS_FROM = 16 * 1024 * 1024
MOST_CELLS = 3_000_000
PIECE = 256 * 1024
IN_MEMORY = 8 * 1024 * 1024
SHEET = re.compile(r"xl/worksheets/[^/]+\.xml", re.IGNORECASE)
NEEDED = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|xl/(workbook|styles|sharedStrings)\.xml|xl/_rels/.+\.rels|"
    r"xl/worksheets/(_rels/)?[^/]+\.(xml|rels)",
    re.IGNORECASE,
)
CELL = re.compile(r"([A-Z]{1,3})([0-9]{1,7})", re.IGNORECASE | re.ASCII)
# what stands for a cell that Excel could not work out; like a formula it is refused wherever it stands
ERROR_CELL = "=#ERROR"


class Workbook:
    """The sheet of a workbook that has the register: the first whose first row `is_header` takes, else the first."""

    def __init__(self, content: bytes, *, is_header: Callable[[list[str]], bool]) -> None:
        with SpooledTemporaryFile(max_size=IN_MEMORY) as plain:
            spoilt = copy_within_limits(content, plain)
            plain.seek(0)
            try:
                book = calamine.CalamineWorkbook.from_filelike(plain)
                sheets = [
                    sheet.name
                    for sheet in book.sheets_metadata
                    if sheet.visible is calamine.SheetVisibleEnum.Visible
                    and sheet.typ is calamine.SheetTypeEnum.WorkSheet
                ]
                filled = [name for name in sheets if first_row(book.get_sheet_by_name(name))]
                name = next((name for name in filled if is_header(first_row(book.get_sheet_by_name(name)))), None)
                if not filled:
                    raise FileRefused(FileFault.EMPTY)
                self.sheet = book.get_sheet_by_name(name or filled[0])
            except BROKEN as error:
                raise FileRefused(FileFault.WORKBOOK_BROKEN, detail=str(error)[:200]) from None
        self.errors = spoilt.get(self.sheet.name, set())
        self.notes = {"sheet": self.sheet.name} if len(sheets) > 1 else {}

    def lines(self) -> Iterator[tuple[int, list[str]]]:
        """Rows by the number that Excel shows beside them."""
        for index, values in enumerate(self.sheet.iter_rows()):
            cells = [as_text(value) for value in values]
            if self.errors:
                cells = [ERROR_CELL if (index, column) in self.errors else cell for column, cell in enumerate(cells)]
            if not is_blank(cells):
                yield index + 1, cells


def first_row(sheet: calamine.CalamineSheet) -> list[str]:
    """The cells of the first row that is not blank; none of an empty sheet."""
    for values in sheet.iter_rows():
        cells = [as_text(value) for value in values]
        if not is_blank(cells):
            return cells
    return []


def as_text(value: object) -> str:
    """A cell as a person would have typed it. Excel keeps 15 significant digits; days are 2026-11-25."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        # beyond 15 digits Excel has lost some: then it stays as 1.23457E+20, which is refused by name
        return f"{value:.0f}" if value.is_integer() and abs(value) < 1e15 else f"{value:.15g}".upper()
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    return value.isoformat() if isinstance(value, date) else str(value)


def copy_within_limits(content: bytes, plain: IO[bytes]) -> dict[str, set[tuple[int, int]]]:
    """Write the parts that are needed to a plain zip; returns, by sheet, the cells that hold an error.

    Raises FileRefused for what is no workbook, is locked, carries macros, or unpacks to more than it may.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed, zipfile.ZipFile(plain, "w") as copy:
            parts = parts_of(packed, len(content))
            left = MOST_UNPACKED
            for part in parts:
                with packed.open(part) as source, copy.open(part.filename, "w") as target:
                    while piece := source.read(PIECE):
                        left -= len(piece)
                        if left < 0:
                            raise FileRefused(FileFault.UNPACKS_TOO_LARGE, most=MOST_UNPACKED)
                        target.write(piece)
        with zipfile.ZipFile(plain) as copy:
            paths = sheet_paths(copy)
            cells = MOST_CELLS
            spoilt = {}
            for path in copy.namelist():
                if SHEET.fullmatch(path):
                    spanned, errors = walk(copy, path, most=cells)
                    cells -= spanned
                    spoilt[paths.get(path.casefold(), path)] = errors
            return spoilt
    except BROKEN as error:
        raise FileRefused(FileFault.WORKBOOK_BROKEN, detail=str(error)[:200]) from None


def parts_of(packed: zipfile.ZipFile, packed_size: int) -> list[zipfile.ZipInfo]:
    """The parts that are needed to read the cells, once all that the directory says is within limits."""
    listed = packed.infolist()
    names = {part.filename.casefold() for part in listed}
    unpacked = sum(part.file_size for part in listed)
    if len(listed) > MOST_PARTS or len(names) < len(listed):
        raise FileRefused(FileFault.WORKBOOK_BROKEN, detail=f"{len(listed)} parts, {len(names)} names")
    if any(name.endswith("vbaproject.bin") for name in names):
        raise FileRefused(FileFault.MACROS)
    if "xl/workbook.xml" not in names:
        raise FileRefused(FileFault.WORKBOOK_BROKEN, detail="no xl/workbook.xml")
    if unpacked > MOST_UNPACKED or unpacked > max(RATIO_COUNTS_FROM, packed_size * MOST_TIMES_LARGER):
        raise FileRefused(FileFault.UNPACKS_TOO_LARGE, most=MOST_UNPACKED)
    if any(part.flag_bits & 1 for part in listed):
        raise FileRefused(FileFault.ENCRYPTED)
    return [part for part in listed if NEEDED.fullmatch(part.filename)]


def walk(copy: zipfile.ZipFile, path: str, *, most: int) -> tuple[int, set[tuple[int, int]]]:
    """How many cells the rectangle of a sheet's filled cells spans, and those that hold an error."""
    rows = columns = 0
    row = column = -1
    is_error = False
    errors = set()
    with part(copy, path) as source:
        for name, attributes in xmlstream.opened(source, limit_bytes=MOST_UNPACKED):
            if name == "row":
                given = value_of(attributes, "r")
                row, column = int(given) - 1 if given else row + 1, -1
            elif name == "c":
                row, column = place_of(value_of(attributes, "r")) or (row, column + 1)
                is_error = value_of(attributes, "t") == "e"
            elif name in ("v", "is", "f"):
                rows, columns = max(rows, row + 1), max(columns, column + 1)
                if rows * columns > most:
                    raise FileRefused(FileFault.TOO_MANY_CELLS, most=MOST_CELLS)
                if is_error:
                    errors.add((row, column))
    return rows * columns, errors


def sheet_paths(copy: zipfile.ZipFile) -> dict[str, str]:
    """The name of each sheet, by the path of its part in small letters."""
    targets = {}
    with part(copy, "xl/_rels/workbook.xml.rels") as source:
        for name, attributes in xmlstream.opened(source):
            if name == "Relationship":
                target = value_of(attributes, "Target").casefold()
                path = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
                targets[value_of(attributes, "Id")] = path
    with part(copy, "xl/workbook.xml") as source:
        return {
            targets.get(value_of(attributes, "id"), ""): value_of(attributes, "name")
            for name, attributes in xmlstream.opened(source)
            if name == "sheet"
        }


def part(copy: zipfile.ZipFile, path: str) -> BinaryIO:
    return cast(BinaryIO, copy.open(path))


def value_of(attributes: list[str], name: str) -> str:
    """The value of an attribute, whatever its prefix; "" when it is not there."""
    for given, value in zip(attributes[::2], attributes[1::2], strict=True):
        if given.rpartition(":")[2] == name:
            return value
    return ""


def place_of(written: str) -> tuple[int, int] | None:
    """Row and column from 0 of a cell such as AA12, None where it says nothing. Raises ValueError."""
    if not written:
        return None
    place = CELL.fullmatch(written)
    if place is None:
        raise ValueError(f"no cell: {written[:20]}")
    column = 0
    for letter in place[1].upper():
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(place[2]) - 1, column - 1


def must_be_open_workbook(content: bytes) -> None:
    """Refuse an Office file of the old kind: a workbook locked with a password is wrapped in one."""
    if content.startswith(OLD_OFFICE):
        raise FileRefused(FileFault.ENCRYPTED if ENCRYPTED in content else FileFault.OLD_SPREADSHEET)


BROKEN = (
    calamine.CalamineError,
    zipfile.BadZipFile,
    zlib.error,
    Unreadable,
    HostileXml,
    EOFError,
    KeyError,
    OSError,
    OverflowError,
    RuntimeError,
    UnicodeError,
    ValueError,
)
