"""Workbooks as Excel writes them, and as an attacker would: read to the penny and the digit, or refused at no cost."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from schemes.errors import FileFault, FileRefused
from schemes.imports import workbook
from schemes.imports.entry import COLUMNS, Mend, RowReason
from schemes.imports.register_file import open_table, read_register

HEADER = ("reference", "beneficiary_name", "amount", "start_date", "account_name", "sort_code", "account_number")
GOOD = ["R-1", "Ann Example", 12.5, date(2026, 4, 1), "A Example", "08-99-99", 66374958]


def written(**sheets):
    """A workbook: rows of values by the name of their sheet; a name that begins with hidden is hidden."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False}) as book:
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            if name.startswith("hidden"):
                sheet.hide()
            for row, values in enumerate(rows):
                for column, value in enumerate(values):
                    if isinstance(value, (date, datetime)):
                        sheet.write_datetime(row, column, value, day)
                    elif isinstance(value, str) and value.startswith("#"):
                        sheet.write_formula(row, column, "=1/0", value=value)
                    else:
                        sheet.write(row, column, value)
    return buffer.getvalue()


def read(content, **limits):
    header, rows = read_register(open_table(content), **limits)
    return header, list(rows)


def fault_of(content):
    with pytest.raises(FileRefused) as refused:
        read(content)
    return refused.value.fault


def changed(content, **parts):
    """A workbook with some of its parts replaced, or left out with None; added where they are new."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in {*old.namelist(), *parts}:
            text = parts.get(name) if name in parts else old.read(name)
            if text is not None:
                new.writestr(name, text)
    return buffer.getvalue()


SHEET = "xl/worksheets/sheet1.xml"


def with_cells(cells):
    rows = f"<sheetData>{cells}</sheetData>"
    return changed(
        written(A=[HEADER]),
        **{SHEET: f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{rows}</worksheet>'},
    )


def test_numbers_and_days_mean_what_the_sheet_shows():
    header, (row,) = read(written(A=[HEADER, GOOD]))
    assert header == HEADER
    assert (row.line, row.entry.amount_pence, str(row.entry.first_day)) == (2, 1250, "2026-04-01")
    assert row.entry.details.account_number == "66374958"
    assert row.repairs == ()


@given(st.integers(1, 10**11))
@settings(max_examples=60)
def test_every_amount_of_whole_pence_is_read_to_the_penny(pence):
    assert workbook.as_text(pence / 100) in (
        f"{pence // 100}.{pence % 100:02}".rstrip("0").rstrip("."),
        str(pence // 100),
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.1 + 0.2, "0.3"), (12.5, "12.5"), (1.005, "1.005"), (100.0, "100"), (True, "TRUE"), (1.23457e20, "1.23457E+20"),
     (datetime(2026, 4, 1), "2026-04-01"), (datetime(2026, 4, 1, 12, 30), "2026-04-01 12:30:00"), ("x", "x")],
)  # fmt: skip
def test_a_cell_becomes_the_text_that_a_person_would_have_typed(value, text):
    assert workbook.as_text(value) == text


def test_a_sort_code_and_an_account_number_get_back_the_zeros_that_excel_ate_and_it_is_told():
    _, (row,) = read(written(A=[HEADER, [*GOOD[:5], 89999, 66374958]]))
    assert row.entry.details.sort_code == "089999"
    assert [(repair.field, repair.mend) for repair in row.repairs] == [("sort_code", Mend.LEADING_ZEROS)]


@pytest.mark.parametrize(
    ("place", "value", "reason"),
    [
        ("sort_code", date(2026, 3, 12), RowReason.MADE_A_DATE),
        ("reference", date(2026, 3, 12), RowReason.MADE_A_DATE),
        ("account_number", 1.23457e20, RowReason.SHORTENED_NUMBER),
        ("amount", 1.005, RowReason.AMOUNT_DECIMALS),
        ("start_date", 46113, RowReason.DATE),
        ("start_date", "#REF!", RowReason.FORMULA),
        ("beneficiary_name", "#N/A", RowReason.FORMULA),
    ],
)
def test_what_excel_has_spoilt_is_refused_by_name(place, value, reason):
    values = [value if column == place else good for column, good in zip(HEADER, GOOD, strict=True)]
    _, (row,) = read(written(A=[HEADER, values]))
    assert [(fault.field, fault.reason) for fault in row.faults] == [(place, reason)]


def test_an_end_date_that_excel_could_not_work_out_is_no_award_without_an_end():
    _, rows = read(written(A=[[*HEADER, "end_date"], [*GOOD, "#VALUE!"], ["R-2", *GOOD[1:], date(2027, 3, 31)]]))
    assert [fault.field for fault in rows[0].faults] == ["end_date"]
    assert str(rows[1].entry.last_day) == "2027-03-31"


def test_the_sheet_with_our_columns_is_read_and_no_hidden_one():
    notes, hidden = [["About"], ["This file"]], [HEADER, GOOD, GOOD, GOOD]
    table = open_table(written(Notes=notes, hidden=hidden, Payees=[HEADER, GOOD, ["R-2", *GOOD[1:]]]))
    _, rows = read_register(table)
    assert len(list(rows)) == 2
    assert table.notes == {"sheet": "Payees"}


def test_lines_are_the_numbers_beside_the_rows():
    _, rows = read(written(A=[[], [], HEADER, GOOD, [], ["R-2", *GOOD[1:]]]))
    assert [row.line for row in rows] == [4, 6]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (written(A=[]), FileFault.EMPTY),
        (written(A=[HEADER]), FileFault.EMPTY),
        (written(A=[HEADER, GOOD])[:-30], FileFault.WORKBOOK_BROKEN),
        (changed(written(A=[HEADER, GOOD]), **{"xl/vbaProject.bin": b"macros"}), FileFault.MACROS),
        (changed(written(A=[HEADER, GOOD]), **{"xl/workbook.xml": None}), FileFault.WORKBOOK_BROKEN),
        (changed(written(A=[HEADER, GOOD]), **{SHEET: "<worksheet"}), FileFault.WORKBOOK_BROKEN),
        (changed(written(A=[HEADER]), **{f"xl/media/{n}": b"" for n in range(1001)}), FileFault.WORKBOOK_BROKEN),
        (b"\xd0\xcf\x11\xe0" + b"x" * 600 + "EncryptedPackage".encode("utf-16-le"), FileFault.ENCRYPTED),
        (b"\xd0\xcf\x11\xe0" + b"x" * 600 + "Workbook".encode("utf-16-le"), FileFault.OLD_SPREADSHEET),
        (with_cells('<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
         FileFault.TOO_MANY_CELLS),
        (with_cells('<row r="9999999999"><c r="A1"><v>1</v></c></row><row><c r="a9999999"><v>1</v></c></row>'),
         FileFault.TOO_MANY_CELLS),
        (with_cells('<row r="1"><c r="A1000000000000"><v>1</v></c></row>'), FileFault.WORKBOOK_BROKEN),
        (changed(written(A=[HEADER]), **{SHEET: '<!DOCTYPE a [<!ENTITY b "c">]><worksheet/>'}),
         FileFault.WORKBOOK_BROKEN),
    ],
)  # fmt: skip
def test_a_workbook_that_cannot_be_read_is_refused_by_what_it_is(content, fault):
    assert fault_of(content) is fault


def test_a_zip_bomb_is_refused_by_what_it_says_of_itself():
    bomb = changed(written(A=[HEADER]), **{"xl/media/image.png": bytes(workbook.RATIO_COUNTS_FROM + 1)})
    assert len(bomb) < 100_000
    assert fault_of(bomb) is FileFault.UNPACKS_TOO_LARGE


def test_a_zip_bomb_that_lies_about_its_size_is_not_unpacked_further_than_it_says(monkeypatch):
    content = changed(written(A=[HEADER]), **{"xl/sharedStrings.xml": bytes(300_000)})
    told = (300_000).to_bytes(4, "little")
    lying = content.replace(told, (10).to_bytes(4, "little"))
    assert lying != content
    assert fault_of(lying) is FileFault.WORKBOOK_BROKEN


def test_a_locked_part_is_told_apart():
    content = bytearray(written(A=[HEADER, GOOD]))
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        directory = book.start_dir
    content[directory + 8] |= 1
    assert fault_of(bytes(content)) is FileFault.ENCRYPTED


value = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), max_size=12) | st.sampled_from(
    ["=1", "#N/A", 0, 12.5, 66374958, -3.0, 1e30, True, None, date(2026, 4, 1), *GOOD]
)


@given(st.lists(st.lists(value, max_size=9), max_size=6))
@settings(max_examples=40)
def test_any_values_are_rows_good_or_refused_and_none_is_lost(lines):
    content = written(A=[HEADER, GOOD, *lines])
    table = open_table(content)
    filled = sum(1 for _ in table.lines()) - 1
    _, rows = read_register(table)
    rows = list(rows)
    assert len(rows) == filled >= 1
    assert all((row.entry is None) == bool(row.faults) for row in rows)


@given(st.binary(max_size=30), st.integers(0, 10_000))
@settings(max_examples=100)
def test_a_workbook_with_bytes_put_in_anywhere_is_refused_or_read(noise, at):
    good = written(A=[HEADER, GOOD])
    content = good[: at % len(good)] + noise + good[at % len(good) + len(noise) :]
    try:
        _, rows = read(content)
    except FileRefused:
        return
    assert all((row.entry is None) == bool(row.faults) for row in rows)


def test_a_workbook_and_a_text_of_the_same_rows_are_the_same_register():
    values = ["R-9", "Zoë Example", "12.50", "2026-04-01", "Z Example", "089999", "66374958"]
    text = "\n".join(",".join(row) for row in (HEADER, values)).encode()
    assert read(text)[1][0].entry == read(written(A=[HEADER, values]))[1][0].entry
    assert set(HEADER) <= set(COLUMNS)
