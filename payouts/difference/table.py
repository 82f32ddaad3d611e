"""Tables as CSV files for spreadsheets: with a byte order mark, in flat memory, and no cell that runs as a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from io import TextIOWrapper
from typing import IO

from schemes.imports.refused import harmless


def write_table(to: IO[bytes], header: Sequence[str], rows: Iterable[Sequence[str | int | None]]) -> int:
    """Write a table, and return how many rows. Whole numbers are pence and stand there in pounds; None is empty."""
    text = TextIOWrapper(to, encoding="utf-8-sig", newline="")
    writer = csv.writer(text)
    writer.writerow(header)
    count = 0
    for row in rows:
        writer.writerow([cell_of(value) for value in row])
        count += 1
    text.flush()
    text.detach()
    return count


def cell_of(value: str | int | None) -> str:
    if isinstance(value, int):
        whole, rest = divmod(abs(value), 100)
        return f"{'-' if value < 0 else ''}{whole}.{rest:02}"
    return harmless(value or "")
