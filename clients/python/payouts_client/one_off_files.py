"""Whole files of one-off payments: sent, read at once, entered, and confirmed by a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from payouts_client.connection import Connection
from payouts_client.imports import file_of, ndjson_of
from payouts_client.listing import Listing
from payouts_client.one_off_answers import OneOffFile, WholeOneOffFile


class OneOffFiles:
    """Each row has the permanent key of its payment: a file sent again enters nothing twice."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def list(
        self, *, updated_since: datetime | None = None, cursor: str | None = None, limit: int | None = None
    ) -> Listing[OneOffFile]:
        params = {"updated_since": updated_since, "cursor": cursor, "limit": limit}
        return Listing(self.connection, "/one_off_files", OneOffFile, params)

    def get(self, file: OneOffFile | UUID) -> WholeOneOffFile:
        """With the rows that were refused."""
        return self.connection.get(of(file), WholeOneOffFile)

    def send(
        self,
        scheme: str | UUID,
        rows: Iterable[Mapping[str, Any]] | Path,
        *,
        file_name: str = "one-off payments",
        idempotency_key: str | None = None,
    ) -> WholeOneOffFile:
        """Send rows, or a CSV or NDJSON file; nothing is entered yet. Amounts are in pounds, as in a file."""
        body = file_of(rows) if isinstance(rows, Path) else ndjson_of(rows)
        params = {"scheme": scheme, "file_name": rows.name if isinstance(rows, Path) else file_name}
        return self.connection.post(
            "/one_off_files", body, WholeOneOffFile, params=params, idempotency_key=idempotency_key
        )

    def enter(self, file: OneOffFile | UUID, *, whole: bool = False, idempotency_key: str | None = None) -> OneOffFile:
        """Enter the good rows, for a person to confirm; `whole`: all or none. Raises NotNow."""
        return self.ask(file, "enter", {"whole": whole}, idempotency_key)

    def discard(self, file: OneOffFile | UUID, *, idempotency_key: str | None = None) -> OneOffFile:
        """Enter nothing of it."""
        return self.ask(file, "discard", {}, idempotency_key)

    def withdraw(self, file: OneOffFile | UUID, *, reason: str, idempotency_key: str | None = None) -> OneOffFile:
        """Withdraw what it entered, while nobody has confirmed it. Raises NotNow."""
        return self.ask(file, "withdraw", {"reason": reason}, idempotency_key)

    def ask(
        self, file: OneOffFile | UUID, what: str, content: Mapping[str, Any], idempotency_key: str | None
    ) -> OneOffFile:
        return self.connection.post(f"{of(file)}/{what}", content, OneOffFile, idempotency_key=idempotency_key)


def of(file: OneOffFile | UUID) -> str:
    return f"/one_off_files/{file.id if isinstance(file, OneOffFile) else file}"
