"""A register as text: UTF-8, UTF-16 or Windows-1252, its cells apart by commas, semicolons or tabs.

Bytes that are no UTF-8 are kept as lone surrogates (PEP 383), which no valid file holds: `schemes.imports.cells` takes
them for Windows-1252 and tells each such cell. So a file that two programs have written in two encodings is read too.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import BinaryIO, Protocol

from schemes.errors import FileFault, FileRefused
from schemes.imports.table import is_blank

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
LOOKED_AT = 64 * 1024


class Content(Protocol):
    """The bytes of a file, read from the beginning each time they are asked for. `head`: more than a first line."""

    @property
    def head(self) -> bytes: ...

    def open(self) -> BinaryIO: ...


class Held:
    """The bytes of a file that is held as a whole."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.head = content[:LOOKED_AT]

    def open(self) -> BinaryIO:
        return io.BytesIO(self.content)


class CsvFile:
    """A text file of cells. Raises FileRefused for what is empty or no text."""

    def __init__(self, content: bytes | Content) -> None:
        self.content = Held(content) if isinstance(content, bytes) else content
        if not self.content.head.strip():
            raise FileRefused(FileFault.EMPTY)
        self.encoding = encoding_of(self.content.head)
        self.notes: dict[str, str] = {}
        if self.encoding != "utf-8-sig":
            self.notes["encoding"] = "UTF-16"
        self.delimiter = self.delimiter_of_first_line()
        if self.delimiter != ",":
            self.notes["separator"] = DELIMITERS[self.delimiter]

    def text(self, content: BinaryIO) -> io.TextIOWrapper:
        # read as it goes: the text of a whole file would take up to four times the room of its bytes
        errors = "surrogateescape" if self.encoding == "utf-8-sig" else "strict"
        return io.TextIOWrapper(content, self.encoding, errors=errors, newline="")

    def delimiter_of_first_line(self) -> str:
        """What parts the first line that is not blank into the most cells; commas where none does."""
        try:
            first = next((line for line in self.text(io.BytesIO(self.content.head[:LOOKED_AT])) if line.strip()), "")
        except UnicodeDecodeError as error:
            raise FileRefused(FileFault.NOT_TEXT, looks_like=self.encoding, detail=error.reason) from None
        if "\x00" in first:
            raise FileRefused(FileFault.NOT_TEXT, looks_like="binary")
        return max(DELIMITERS, key=lambda delimiter: len(next(csv.reader([first], delimiter=delimiter), [])))

    def lines(self) -> Iterator[tuple[int, list[str]]]:
        reader = csv.reader(self.text(self.content.open()), delimiter=self.delimiter, strict=True)
        first_line = 1
        try:
            for cells in reader:
                if not is_blank(cells):
                    yield first_line, cells
                first_line = reader.line_num + 1
        except csv.Error as error:
            raise FileRefused(FileFault.NOT_CSV, looks_like="quotes", line=first_line, error=str(error)) from None
        except UnicodeDecodeError:
            raise FileRefused(FileFault.NOT_TEXT, looks_like="UTF-16", line=first_line) from None


def encoding_of(content: bytes) -> str:
    """UTF-16 by its mark, or by the zeros between the letters of a first line; otherwise UTF-8 with or without mark."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    head = content[:64]
    if len(head) >= 4 and head[::2].count(0) * 4 > len(head):
        return "utf-16-be"
    if len(head) >= 4 and head[1::2].count(0) * 4 > len(head):
        return "utf-16-le"
    return "utf-8-sig"
