"""Imports: whole files of payees and awards, sent row by row as NDJSON without holding them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from payouts_client.answers import Import, NameRun, ReadRow, RefusedRow
from payouts_client.connection import Body, Connection
from payouts_client.listing import Listing
from payouts_client.new import Row
from payouts_client.words import ImportStatus

BLOCK = 64 * 1024
"""Bytes that go out at once."""
STEPS = frozenset({ImportStatus.READING, ImportStatus.LANDING})
"""In which an import goes on by itself."""

Progress = Callable[[Import], None]


class StillGoing(Exception):
    """An import that was waited for longer than was said; `found` is how it stood last."""

    def __init__(self, found: Import) -> None:
        super().__init__(f"import {found.id} is still {found.status}, {found.rows_done} rows on")
        self.found = found


class Imports:
    """Whole files. A key for them has both rights, `payees` and `awards`."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def list(
        self,
        *,
        scheme: str | UUID | None = None,
        updated_since: datetime | None = None,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> Listing[Import]:
        params = {"scheme": scheme, "updated_since": updated_since, "cursor": cursor, "limit": limit}
        return Listing(self.connection, "/imports", Import, params)

    def get(self, import_: Import | UUID) -> Import:
        return self.connection.get(f"/imports/{id_of(import_)}", Import)

    def send(
        self,
        scheme: str | UUID,
        rows: Iterable[Row | Mapping[str, Any]] | Path,
        *,
        file_name: str = "register",
        idempotency_key: str | None = None,
    ) -> Import:
        """Send rows, or a CSV or NDJSON file. They are read by and by: see `wait`.

        A list or a file is sent again where that is safe; what can be gone through only once (a generator) is sent
        once, and NoAnswer has the key with which to send the same rows again.
        """
        body = file_of(rows) if isinstance(rows, Path) else ndjson_of(rows)
        params = {"scheme": scheme, "file_name": rows.name if isinstance(rows, Path) else file_name}
        return self.connection.post("/imports", body, Import, params=params, idempotency_key=idempotency_key)

    def wait(
        self, import_: Import | UUID, *, timeout: float = 600.0, every: float = 1.0, progress: Progress | None = None
    ) -> Import:
        """Wait until an import goes on by itself no more; `progress` is told how it stands. Times are in seconds.

        Raises StillGoing.
        """
        waited = 0.0
        while True:
            found = self.get(import_)
            if progress is not None:
                progress(found)
            if found.status not in STEPS:
                return found
            if waited >= timeout:
                raise StillGoing(found)
            self.connection.tries.sleep(every)
            waited += every

    def keep(self, import_: Import | UUID, *, whole: bool = False, idempotency_key: str | None = None) -> Import:
        """Write the good rows into the register; `whole`: all or none. Raises NotNow."""
        path = f"/imports/{id_of(import_)}/keep"
        return self.connection.post(path, {"whole": whole}, Import, idempotency_key=idempotency_key)

    def discard(self, import_: Import | UUID, *, idempotency_key: str | None = None) -> Import:
        """Keep nothing of it."""
        path = f"/imports/{id_of(import_)}/discard"
        return self.connection.post(path, {}, Import, idempotency_key=idempotency_key)

    def refused_rows(self, import_: Import | UUID) -> Listing[RefusedRow]:
        """The rows that were not taken, by line, each with what is wrong."""
        return Listing(self.connection, f"/imports/{id_of(import_)}/refused_rows", RefusedRow, {})

    def correct_row(
        self, import_: Import | UUID, line: int, row: Row | Mapping[str, Any], *, idempotency_key: str | None = None
    ) -> ReadRow:
        """Send a refused row again, before the import is kept. An account number that is left out stays as it was."""
        content = row if isinstance(row, Row) else cells(row)
        path = f"/imports/{id_of(import_)}/rows/{line}"
        return self.connection.post(path, content, ReadRow, idempotency_key=idempotency_key)

    def check_names(self, import_: Import | UUID, *, idempotency_key: str | None = None) -> NameRun:
        """Have the banks asked whether the names fit the accounts."""
        path = f"/imports/{id_of(import_)}/check_names"
        return self.connection.post(path, {}, NameRun, idempotency_key=idempotency_key)


def id_of(import_: Import | UUID) -> UUID:
    return import_.id if isinstance(import_, Import) else import_


def ndjson_of(rows: Iterable[Row | Mapping[str, Any]]) -> Body:
    """Rows as they go out. What is its own iterator can be gone through only once."""
    return Body("application/x-ndjson", lambda: blocks(rows), again=iter(rows) is not rows)


def blocks(rows: Iterable[Row | Mapping[str, Any]]) -> Iterator[bytes]:
    encoder, block = msgspec.json.Encoder(), bytearray()
    for row in rows:
        block += encoder.encode(row) if isinstance(row, Row) else encoder.encode(cells(row))
        block += b"\n"
        if len(block) >= BLOCK:
            yield bytes(block)
            block.clear()
    yield bytes(block)


def cells(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()}


def file_of(path: Path) -> Body:
    """Raises ValueError for what is neither CSV nor NDJSON by its name."""
    kinds = {".csv": "text/csv", ".ndjson": "application/x-ndjson", ".jsonl": "application/x-ndjson"}
    kind = kinds.get(path.suffix.lower())
    if kind is None:
        raise ValueError(f"{path.name}: send a .csv or .ndjson file")
    return Body(kind, lambda: pieces(path))


def pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(BLOCK):
            yield piece
