"""The rows of an import that a person looks at: those put right, and those refused, as a page and as a file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from typing import IO
from uuid import UUID

import xlsxwriter
from sqlalchemy import select
from sqlalchemy.orm import Session

from schemes.errors import NotFound
from schemes.imports.entry import ADDED, COLUMNS, Outcome, as_cells, unpacked
from schemes.imports.register_import import CHUNK, ImportRow, RegisterImport
from schemes.seal import Seals, get_key

MOST_IN_WORKBOOK = 1_000_000
"""A sheet of Excel has 1,048,576 rows."""


def refused_rows(session: Session, import_id: UUID, *, after: int = 0, limit: int = 50) -> Sequence[ImportRow]:
    """The refused rows by line, those after line `after`."""
    return session.scalars(
        select(ImportRow)
        .where(ImportRow.import_id == import_id, ImportRow.outcome == Outcome.REFUSED, ImportRow.line > after)
        .order_by(ImportRow.line)
        .limit(limit)
    ).all()


def mended_rows(session: Session, import_id: UUID, *, limit: int = 50) -> Sequence[ImportRow]:
    """The first rows by line in which something was put right."""
    return session.scalars(
        select(ImportRow)
        .where(ImportRow.import_id == import_id, ImportRow.repairs.is_not(None))
        .order_by(ImportRow.line)
        .limit(limit)
    ).all()


def refused_csv(session: Session, seals: Seals, brought: RegisterImport) -> Iterator[str]:
    """The refused rows as CSV lines, with a last column that says what is wrong: to be put right and sent again."""
    return (csv_line(cells) for cells in refused_table(session, seals, brought))


def refused_xlsx(session: Session, seals: Seals, brought: RegisterImport, *, to: IO[bytes]) -> None:
    """The same as an Excel workbook, whose every cell is text: no leading zero is eaten, no number becomes a date.

    In flat memory. Raises NotFound for more rows than a sheet has.
    """
    if brought.rows_refused > MOST_IN_WORKBOOK:
        raise NotFound("workbook of import", brought.id)
    workbook = xlsxwriter.Workbook(to, {"constant_memory": True})
    as_text = workbook.add_format({"num_format": "@"})
    sheet = workbook.add_worksheet("Refused rows")
    sheet.freeze_panes(1, 0)
    for place, cells in enumerate(refused_table(session, seals, brought)):
        for column, cell in enumerate(cells):
            sheet.write_string(place, column, cell, as_text)
    workbook.close()


def refused_table(session: Session, seals: Seals, brought: RegisterImport) -> Iterator[list[str]]:
    """The header and the refused rows, with their line and what is wrong at the end.

    Cells that a spreadsheet would run as a formula get an apostrophe in front.
    """
    key = seals.open_row(get_key(session, brought.body_id, brought.key_id))
    header = brought.header or list(COLUMNS)
    theirs = [index for index, name in enumerate(header) if name not in ADDED]
    yield [*(header[index] for index in theirs), *ADDED]
    after = 0
    while rows := refused_rows(session, brought.id, after=after, limit=CHUNK):
        after = rows[-1].line
        for row in rows:
            kept = key.open(row.sealed_cells, f"import_row/{row.line}", brought.id)
            cells = json.loads(kept) if kept.startswith(b"[") else as_cells(unpacked(kept), header)
            wrong = "; ".join(f"{fault['field']}: {fault['reason']}" for fault in row.faults)
            padded = [*cells, *[""] * (len(header) - len(cells))]
            theirs_now = [*(padded[index] for index in theirs), *padded[len(header) :]]
            yield [*(harmless(cell) for cell in theirs_now), str(row.line), wrong]


def harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def csv_line(cells: Sequence[str]) -> str:
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerow(cells)
    return buffer.getvalue()
