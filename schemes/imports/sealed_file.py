"""The file of an import, opened by a thread of its own while what was read before is worked on (`schemes.sealed_file`).

The database is asked in the thread that writes what was read: a session serves one at a time. Nothing of a file's first
segment, its `head`, is asked for again, so that who looks at a header may use the session meanwhile.
"""

from __future__ import annotations

import io
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, BinaryIO
from uuid import UUID

from schemes import sealed_file
from schemes.seal import OpenKey
from schemes.sealed_file import Part

TABLE = "register_import"


class SealedFile(sealed_file.SealedFile):
    """An import's file. Raises SealBroken."""

    def __init__(
        self, part: Part, database: ThreadPoolExecutor, key: OpenKey, *, import_id: UUID, byte_count: int
    ) -> None:
        def asked(start: int, length: int) -> bytes:
            return database.submit(part, start, length).result()

        super().__init__(asked, key, table=TABLE, row_id=import_id, byte_count=byte_count)
        self.database, self.asked_there = database, part

    def ahead(self, number: int) -> Future[bytes]:
        return self.database.submit(self.opened, number, self.asked_there)

    def open(self) -> BinaryIO:
        if not self.is_in_segments:
            return super().open()
        return io.BufferedReader(Reading(self), buffer_size=sealed_file.SEGMENT // 4)


class Reading(io.RawIOBase):
    """One pass through a file; the next segment is opened while one is read."""

    def __init__(self, file: SealedFile) -> None:
        self.file, self.number = file, 1
        self.left = memoryview(file.head)
        self.next: Future[bytes] | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self.left and self.number < self.file.count:
            segment = self.next or self.file.ahead(self.number)
            self.left = memoryview(segment.result())
            self.number += 1
            self.next = self.file.ahead(self.number) if self.number < self.file.count else None
        taken = min(len(buffer), len(self.left))
        buffer[:taken] = self.left[:taken]
        self.left = self.left[taken:]
        return taken
