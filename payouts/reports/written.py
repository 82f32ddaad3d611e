"""A report's table as CSV or as a workbook: amounts in pounds, shares as parts of one, no formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import xlsxwriter

from payouts.reports.tables import Cell, Kind, Table
from schemes.imports.refused import harmless

DECIMALS: dict[Kind, int] = {Kind.PENCE: 2, Kind.HUNDREDTHS: 4}
"""Of pounds: pence are hundredths of one, hundredths of a penny ten-thousandths."""
LOOKS = {Kind.PENCE: "#,##0.00", Kind.HUNDREDTHS: "0.0000", Kind.SHARE: "0.0%", Kind.STEP: "yyyy-mm-dd"}


def plain(cell: Cell, kind: Kind) -> Cell | Decimal:
    """A cell as a number of pounds where it is money; as it is otherwise."""
    if isinstance(cell, int) and kind in DECIMALS:
        return Decimal(cell).scaleb(-DECIMALS[kind])
    return cell


def write_csv(table: Table) -> bytes:
    """With a mark of its encoding, as Excel wants it."""
    text = io.StringIO(newline="")
    rows = csv.writer(text)
    rows.writerow([column.words for column in table.columns])
    for row in table.rows:
        rows.writerow([written(cell, column.kind) for cell, column in zip(row, table.columns, strict=True)])
    return text.getvalue().encode("utf-8-sig")


def written(cell: Cell, kind: Kind) -> str:
    value = plain(cell, kind)
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4f}"
    return value.isoformat() if isinstance(value, date) else harmless(str(value)) if kind is Kind.WORDS else str(value)


def write_xlsx(table: Table) -> bytes:
    made = io.BytesIO()
    book = xlsxwriter.Workbook(made, {"in_memory": True, "strings_to_formulas": False})
    sheet = book.add_worksheet(table.title[:31])
    head = book.add_format({"bold": True, "text_wrap": True})
    looks = {kind: book.add_format({"num_format": look}) for kind, look in LOOKS.items()}
    sheet.write_row(0, 0, [column.words for column in table.columns], head)
    sheet.set_column(0, len(table.columns) - 1, 16)
    sheet.freeze_panes(1, 1)
    for number, row in enumerate(table.rows, start=1):
        for place, (cell, column) in enumerate(zip(row, table.columns, strict=True)):
            value, look = plain(cell, column.kind), looks.get(column.kind)
            if isinstance(value, str):
                sheet.write_string(number, place, value)
            elif isinstance(value, date):
                sheet.write_datetime(number, place, value, look)
            elif value is not None:
                sheet.write_number(number, place, value, look)
    book.close()
    return made.getvalue()


WRITERS: dict[str, tuple[Callable[[Table], bytes], str]] = {
    "csv": (write_csv, "text/csv"),
    "xlsx": (write_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}
"""By the end of a file's name: what writes it, and its media type."""
