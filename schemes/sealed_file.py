"""A file that somebody sent, as it is kept: sealed in segments, so that no more of it is open than is read.

One seal over a whole file can be opened only as a whole, and a register of a million rows takes 112 MB. Each segment is
sealed with its number and how many there are: none can be left out, moved or cut off.
"""

from __future__ import annotations

import io
from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, BinaryIO
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from schemes.seal import SEALED_IS_LONGER, OpenKey

SEGMENT = 1 << 20
"""Bytes of a file in one segment."""
IN_SEGMENTS = b"\x02"
"""What kept content begins with. An earlier release sealed a file as a whole, and that begins with 1."""

Part = Callable[[int, int], bytes]
"""So many bytes of what is kept, from a place on: place, length."""


def seal_file(key: OpenKey, content: bytes, table: str, row_id: UUID) -> bytes:
    """A file as it is kept in a row of a table."""
    count = -(-len(content) // SEGMENT)
    segments = (content[number * SEGMENT : (number + 1) * SEGMENT] for number in range(count))
    sealed = (key.seal(each, place(table, number, count), row_id) for number, each in enumerate(segments))
    return b"".join((IN_SEGMENTS, *sealed))


def place(table: str, number: int, count: int) -> str:
    return f"{table}/{number}/{count}"


def part_of(session: Session, column: InstrumentedAttribute[Any], row_id: UUID) -> Part:
    """Reads what is kept in a body's row a part at a time, as long as the session lasts."""
    row = column.class_

    def part(start: int, length: int) -> bytes:
        kept = select(func.substr(column, start + 1, length)).where(row.id == row_id)
        return bytes(session.scalars(kept).one())

    return part


class SealedFile:
    """A file that is opened as it is read, as often as it is read. Raises SealBroken."""

    def __init__(self, part: Part, key: OpenKey, *, table: str, row_id: UUID, byte_count: int) -> None:
        self.part, self.key, self.table, self.row_id, self.byte_count = part, key, table, row_id, byte_count
        self.count = -(-byte_count // SEGMENT)
        self.is_in_segments = part(0, len(IN_SEGMENTS)) == IN_SEGMENTS

    @cached_property
    def head(self) -> bytes:
        """More than a first line."""
        if not self.is_in_segments:
            return self.whole()[:SEGMENT]
        return self.segment(0) if self.count else b""

    def segment(self, number: int) -> bytes:
        return self.opened(number, self.part)

    def opened(self, number: int, part: Part) -> bytes:
        length = SEGMENT + SEALED_IS_LONGER
        sealed = part(len(IN_SEGMENTS) + number * length, length)
        return self.key.open(sealed, place(self.table, number, self.count), self.row_id)

    def whole(self) -> bytes:
        """All of it at once, for what cannot be read in parts."""
        if self.is_in_segments:
            return b"".join(self.segment(number) for number in range(self.count))
        sealed = self.part(0, self.byte_count + SEALED_IS_LONGER)
        return self.key.open(sealed, self.table, self.row_id)

    def open(self) -> BinaryIO:
        """The file from its beginning; it can be wound back."""
        if not self.is_in_segments:
            return io.BytesIO(self.whole())
        ends = [min((number + 1) * SEGMENT, self.byte_count) for number in range(self.count)]
        return io.BufferedReader(Segments(ends, self.segment), buffer_size=SEGMENT // 4)


class Segments(io.RawIOBase):
    """The segments of a file as one stream, of which one is open at a time.

    ends: the place in the file where each segment ends. segment: opens one by its number.
    """

    def __init__(self, ends: Sequence[int], segment: Callable[[int], bytes]) -> None:
        super().__init__()
        self.ends, self.segment = ends, segment
        self.place, self.number, self.content = 0, -1, b""

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        end = self.ends[-1] if self.ends else 0
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self.place, io.SEEK_END: end}[whence]
        self.place = max(0, base + offset)
        return self.place

    def readinto(self, buffer: Any) -> int:
        number = bisect_right(self.ends, self.place)
        if number == len(self.ends):
            return 0
        if number != self.number:
            # the one before is let go of first
            self.content = b""
            self.number, self.content = number, self.segment(number)
        start = self.place - (self.ends[number] - len(self.content))
        into = memoryview(buffer).cast("B")
        taken = self.content[start : start + len(into)]
        into[: len(taken)] = taken
        self.place += len(taken)
        return len(taken)
