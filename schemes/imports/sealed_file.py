"""The file of an import as it is kept until it is read: sealed in segments, so that no more of it is open than is read.

One seal over a whole file can be opened only as a whole, and a register of a million rows takes 112 MB. Each segment is
sealed with its number and how many there are: none can be left out, moved or cut off.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from uuid import UUID

from schemes.seal import SEALED_IS_LONGER, OpenKey

SEGMENT = 1 << 20
"""Bytes of a file in one segment."""
IN_SEGMENTS = b"\x02"
"""What kept content begins with. An earlier release sealed a file as a whole, and that begins with 1."""


def seal_file(key: OpenKey, content: bytes, import_id: UUID) -> bytes:
    """A file as it is kept."""
    count = -(-len(content) // SEGMENT)
    segments = (content[number * SEGMENT : (number + 1) * SEGMENT] for number in range(count))
    sealed = (key.seal(each, place(number, count), import_id) for number, each in enumerate(segments))
    return b"".join((IN_SEGMENTS, *sealed))


def place(number: int, count: int) -> str:
    return f"register_import/{number}/{count}"


class SealedFile:
    """A file that is opened as it is read, as often as it is read. Raises SealBroken.

    `part`: so many bytes of what is kept, from a place on. The database is asked in the thread that writes what was
    read before: a session serves one at a time. Nothing of a file's first segment, its `head`, is asked for again, so
    that who looks at a header may use the session meanwhile.
    """

    def __init__(
        self,
        part: Callable[[int, int], bytes],
        database: ThreadPoolExecutor,
        key: OpenKey,
        *,
        import_id: UUID,
        byte_count: int,
    ) -> None:
        self.part, self.database, self.key, self.import_id, self.byte_count = part, database, key, import_id, byte_count
        self.count = -(-byte_count // SEGMENT)
        self.is_in_segments = database.submit(part, 0, len(IN_SEGMENTS)).result() == IN_SEGMENTS
        self.head = self.segment(0).result() if self.is_in_segments and self.count else b""

    def segment(self, number: int) -> Future[bytes]:
        return self.database.submit(self.opened, number)

    def opened(self, number: int) -> bytes:
        length = SEGMENT + SEALED_IS_LONGER
        sealed = self.part(len(IN_SEGMENTS) + number * length, length)
        return self.key.open(sealed, place(number, self.count), self.import_id)

    def whole(self) -> bytes:
        """All of it at once, for what cannot be read in parts."""
        if self.is_in_segments:
            return b"".join(self.segment(number).result() for number in range(self.count))
        sealed = self.database.submit(self.part, 0, self.byte_count + SEALED_IS_LONGER).result()
        return self.key.open(sealed, "register_import", self.import_id)

    def open(self) -> io.BufferedReader:
        return io.BufferedReader(Reading(self), buffer_size=SEGMENT // 4)


class Reading(io.RawIOBase):
    """One pass through a file; the next segment is opened while one is read."""

    def __init__(self, file: SealedFile) -> None:
        self.file, self.number = file, 1
        self.left = memoryview(file.head)
        self.ahead: Future[bytes] | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self.left and self.number < self.file.count:
            segment = self.ahead or self.file.segment(self.number)
            self.left = memoryview(segment.result())
            self.number += 1
            self.ahead = self.file.segment(self.number) if self.number < self.file.count else None
        taken = min(len(buffer), len(self.left))
        buffer[:taken] = self.left[:taken]
        self.left = self.left[taken:]
        return taken
