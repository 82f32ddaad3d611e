"""A file of JSON objects, one a line, as the CSV file that imports read: the columns are the same."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from typing import Any

from payouts.api.fields import read_json
from payouts.api.problem import Refusal, invalid


def as_csv(content: bytes, columns: Sequence[str]) -> bytes:
    """Raises Refusal for a line that is no flat object of known columns."""
    written = io.StringIO(newline="")
    writer = csv.DictWriter(written, [name for name in columns if name in names_of(content)], restval="")
    writer.writeheader()
    for number, row in rows(content):
        unknown = set(row) - set(columns)
        if unknown:
            raise invalid(f"{number}", f"Unknown: {', '.join(sorted(unknown))[:200]}.")
        writer.writerow({name: cell(value, number) for name, value in row.items()})
    return written.getvalue().encode()


def names_of(content: bytes) -> set[str]:
    """Every column that a line has: a file may leave those out that no row needs."""
    return {name for _, row in rows(content) for name in row}


def rows(content: bytes) -> Iterator[tuple[int, dict[str, Any]]]:
    """Line numbers and objects."""
    for number, line in enumerate(content.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            row = read_json(line)
        except Refusal:
            raise invalid(f"{number}", "This line is not a JSON object.") from None
        if not isinstance(row, dict):
            raise invalid(f"{number}", "This line is not a JSON object.")
        yield number, row


def cell(value: Any, number: int) -> str:
    """A value as a cell. Amounts are in pounds, as in a file: `"12.50"` or 12.5."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise invalid(f"{number}", "A value is a text, a number or null.")
    return json.dumps(value)
