"""Rows of a file as they are kept until they land: sealed one by one, as lines of COPY."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from schemes.database import escaped
from schemes.imports.entry import ENCODE, Fault, Outcome, Row, packed
from schemes.imports.register_file import Register
from schemes.seal import OpenKey

IMPORT_ROW = ("body_id", "import_id", "line", "outcome", "reference", "faults", "repairs", "sealed_cells")
MENDED = "mended"


class Chunk(NamedTuple):
    """Lines of a file, and of the references in them those that the register knows."""

    lines: list[tuple[int, list[str]]]
    known: set[str]


class ReadChunk(NamedTuple):
    """A chunk once it is read: lines of COPY, what they count, and the rows that are not settled by themselves."""

    lines: bytes
    counts: Counter[str]
    to_look_at: list[Row]


class Reader:
    """Reads and seals chunks of one file. Asks the database nothing, so that any process can do it."""

    def __init__(self, register: Register, key: OpenKey, import_id: UUID) -> None:
        self.register, self.key, self.import_id = register, key, import_id

    def read(self, chunk: Chunk) -> ReadChunk:
        settled, to_look_at = [], []
        for line, cells in chunk.lines:
            row = self.register.row(line, cells)
            entry = row.entry
            if entry is None or (
                self.register.is_alone(entry)
                and entry.reference not in chunk.known
                and entry.payee_reference not in chunk.known
            ):
                settled.append((row, Outcome.REFUSED if entry is None else Outcome.GOOD, row.faults))
            else:
                to_look_at.append(row)
        return ReadChunk(*self.written(settled), to_look_at)

    def written(self, rows: Iterable[tuple[Row, Outcome, Sequence[Fault]]]) -> tuple[bytes, Counter[str]]:
        """Rows with what became of them: good ones as they were understood, others as they stood in the file.

        Counted by their outcomes, and those not refused that were mended.
        """
        counts: Counter[str] = Counter()
        lines = []
        same = f"{self.key.body_id}\t{self.import_id}\t"
        for row, outcome, faults in rows:
            entry = row.entry
            content = packed(entry) if entry and outcome is Outcome.GOOD else ENCODE(row.cells).encode()
            sealed = self.key.seal(content, f"import_row/{row.line}", self.import_id)
            told = escaped(ENCODE([fault.as_json() for fault in faults])) if faults else "[]"
            mended = "\\N"
            if row.repairs and outcome is not Outcome.REFUSED:
                counts[MENDED] += 1
                mended = escaped(ENCODE([repair.as_json() for repair in row.repairs]))
            reference = entry.reference if entry else ""
            lines.append(f"{same}{row.line}\t{outcome}\t{reference}\t{told}\t{mended}\t\\\\x{sealed.hex()}\n")
            counts[outcome] += 1
        return "".join(lines).encode(), counts
