"""The good rows of an import on their way to whoever lands them: fetched a chunk at a time, with what they need."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from schemes.database import joining_whole_tables
from schemes.imports.register_import import CHUNK, RegisterImport

MANY_ROWS = 2 * CHUNK
"""From here on several processes seal the rows: fewer are sealed before they have begun."""


class SealedRows(NamedTuple):
    """Good rows as they are kept, each a line, what is sealed, and whoever corrected it.

    known: the lines whose reference the register knows by now. milliseconds: since 1970, of their ids; later than those
    of the rows before.
    """

    rows: list[tuple[int, bytes, UUID | None]]
    known: frozenset[int]
    milliseconds: int


class Ids:
    """Ids of what some rows bring, of UUID version 7: all that a row brings has one, but for its last digit.

    They rise from row to row and from chunk to chunk, whichever process makes them, so that each index grows at its
    end: elsewhere a row costs the database twice the search.
    """

    def __init__(self, milliseconds: int, count: int) -> None:
        instant = f"{milliseconds:012x}"
        self.start = f"{instant[:8]}-{instant[8:]}-7"
        # 14 bits count the rows: 12 behind the version and 2 beside the variant
        self.random = os.urandom(7 * count).hex()

    def of_row(self, number: int) -> str:
        """What the ids of the row have in common: all but the last digit."""
        chance = self.random[14 * number : 14 * number + 14]
        return f"{self.start}{number >> 2:03x}-{'89ab'[number & 3]}{chance[:3]}-{chance[3:]}"


def note_known(session: Session, brought: RegisterImport) -> None:
    """Note which rows name somebody whom the register knows by now, all at once: nobody else brings rows in meanwhile.

    Asked chunk by chunk, each row would be looked up by itself among all that came in with the chunks before.
    """
    session.execute(text("CREATE TEMPORARY TABLE known_row (line integer) ON COMMIT DROP"))
    with joining_whole_tables(session) if brought.rows_good > MANY_ROWS else nullcontext():
        session.execute(KNOWN, {"import_id": brought.id})
    session.execute(text("CREATE INDEX ON known_row (line)"))


KNOWN = text(
    """
    INSERT INTO known_row
    SELECT kept.line FROM import_row AS kept
      LEFT JOIN beneficiary ON beneficiary.body_id = kept.body_id AND beneficiary.reference = kept.reference
      LEFT JOIN payee ON payee.body_id = kept.body_id AND payee.reference = kept.reference
     WHERE kept.import_id = :import_id AND kept.outcome = 'good'
       AND (beneficiary.id IS NOT NULL OR payee.id IS NOT NULL)
    """
)


def chunks_of_good_rows(
    session: Session, brought: RegisterImport, database: ThreadPoolExecutor
) -> Iterator[SealedRows]:
    """The good rows in their order, asked for in the thread that writes: a session serves one at a time.

    The next ones are asked for beforehand: the question waits there behind what is written already.
    """

    def asked_for(after: int, milliseconds: int) -> Future[SealedRows]:
        return database.submit(good_rows, session, brought.id, after, milliseconds)

    asked = asked_for(0, time.time_ns() // 1_000_000)
    while (chunk := asked.result()).rows:
        asked = asked_for(chunk.rows[-1][0], max(chunk.milliseconds + 1, time.time_ns() // 1_000_000))
        yield chunk


def good_rows(session: Session, import_id: UUID, after: int, milliseconds: int) -> SealedRows:
    """The next good rows after a line, fetched in binary: as text, sealed bytes are twice as many."""
    connection = session.connection().connection.driver_connection
    assert connection is not None
    with connection.cursor(binary=True) as cursor:
        rows = cursor.execute(GOOD_ROWS, {"import_id": import_id, "after": after, "most": CHUNK}).fetchall()
        last = rows[-1][0] if rows else after
        known = cursor.execute(KNOWN_ROWS, {"after": after, "last": last}).fetchall()
    return SealedRows(rows, frozenset(line for (line,) in known), milliseconds)


GOOD_ROWS = """
    SELECT line, sealed_cells, corrected_by FROM import_row
     WHERE import_id = %(import_id)s AND outcome = 'good' AND line > %(after)s ORDER BY line LIMIT %(most)s
"""
KNOWN_ROWS = "SELECT line FROM known_row WHERE line > %(after)s AND line <= %(last)s"
