"""Register files as people send them: what is wrong is named by line and field, and nothing is ever half understood."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bacs import modulus
from bacs.modulus import Outcome as Checked
from schemes.errors import FileFault, FileRefused
from schemes.imports import cells as cells_module
from schemes.imports import register_file
from schemes.imports.entry import COLUMNS, REQUIRED, Mend, Repair, RowReason, as_cells, packed, unpacked
from schemes.imports.register_file import open_table, read_register, read_row
from schemes.payee import Capacity

GOOD = {
    "reference": "HILF-00001",
    "beneficiary_name": "Zoë O'Hara-Núñez",
    "amount": "123.45",
    "start_date": "2026-04-01",
    "account_name": "Z O'Hara-Nunez",
    "sort_code": "08-99-99",
    "account_number": "66374958",
}
APPOINTEE = {"payee_reference": "APP-1", "payee_name": "Ann Appointee", "payee_role": "appointee"}


def register(*rows, columns=COLUMNS):
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, columns)
    writer.writeheader()
    writer.writerows({**GOOD, **row} for row in rows)
    return buffer.getvalue().encode()


def read(content, **limits):
    header, rows = read_register(open_table(content), **limits)
    return header, list(rows)


def faults_of(**changes):
    """The faults of one row, by field."""
    _, (row,) = read(register(changes))
    assert (row.entry is None) == bool(row.faults)
    return {fault.field: fault.reason for fault in row.faults}


def test_a_good_row_is_read_into_what_it_means():
    header, (row,) = read(register({"end_date": "31/03/2027", "email": "zoe@example.com", "roll_number": ""}))
    assert header == COLUMNS
    entry = row.entry
    assert (entry.reference, entry.amount_pence, entry.capacity) == ("HILF-00001", 12345, Capacity.SELF)
    assert (str(entry.first_day), str(entry.last_day)) == ("2026-04-01", "2027-03-31")
    assert tuple(entry.details) == ("089999", "66374958", "")
    assert (entry.payee_reference, entry.payee_name) == (entry.reference, entry.beneficiary_name)
    assert entry.checked.outcome is Checked.PASS


def test_a_payee_for_somebody_else_is_a_party_of_their_own():
    _, (row,) = read(register(APPOINTEE))
    assert (row.entry.payee_reference, row.entry.capacity) == ("APP-1", Capacity.APPOINTEE)
    assert row.entry.beneficiary_name == GOOD["beneficiary_name"]


LINE = register({}).decode()
HEAD = ",".join(REQUIRED)


@pytest.mark.parametrize(
    ("content", "fault", "facts"),
    [
        (b"", FileFault.EMPTY, {}),
        (b" \r\n\r\n", FileFault.EMPTY, {}),
        (b"\xef\xbb\xbf", FileFault.EMPTY, {}),
        (register(), FileFault.EMPTY, {}),
        (b"PK\x03\x04" + bytes(40), FileFault.WORKBOOK_BROKEN, {}),
        (b"\xd0\xcf\x11\xe0" + bytes(40), FileFault.OLD_SPREADSHEET, {}),
        (b"\x89PNG\r\n\x1a\n\x00\x00,,", FileFault.MISSING_COLUMNS, {}),
        (b"%PDF-1.7\x00\r\n%\xe2\xe3", FileFault.NOT_TEXT, {"looks_like": "binary"}),
        (LINE.encode("utf-16")[:-1], FileFault.NOT_TEXT, {"looks_like": "UTF-16"}),
        ((LINE + '"never closed,1\r\n' * 3).encode(), FileFault.NOT_CSV, {"looks_like": "quotes", "line": 3}),
        (b"name,money\r\nJo,5\r\n", FileFault.MISSING_COLUMNS, {"unknown": ["name", "money"]}),
        (LINE.replace("amount,units,", "", 1).encode(), FileFault.MISSING_COLUMNS, {"missing": ["amount"]}),
        (LINE.replace("sort_code", "sort code!").encode(), FileFault.MISSING_COLUMNS, {"unknown": ["sort code!"]}),
        ((HEAD + ",£ a week\r\n").encode("cp1252"), FileFault.UNKNOWN_COLUMNS, {"unknown": ["£ a week"]}),
        ((HEAD + ",shoe_size\r\n").encode(), FileFault.UNKNOWN_COLUMNS, {"unknown": ["shoe_size"]}),
        ((HEAD + ",amount\r\n").encode(), FileFault.REPEATED_COLUMNS, {"repeated": ["amount"]}),
        ((HEAD + ",x" * 53 + "\r\n").encode(), FileFault.TOO_MANY_COLUMNS, {"found": 60, "most": 30}),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_refused_with_what_a_person_needs_to_find_it(content, fault, facts):
    with pytest.raises(FileRefused) as refused:
        read(content)
    assert refused.value.fault is fault
    assert {name: refused.value.facts.get(name) for name in facts} == facts


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_encodings_and_separators_of_spreadsheet_programs_are_read_alike(encoding, separator):
    header, (row,) = read(LINE.replace(",", separator).encode(encoding))
    assert header == COLUMNS
    assert row.entry.beneficiary_name == GOOD["beneficiary_name"]
    assert row.repairs == ()


def test_what_windows_wrote_is_read_cell_by_cell_and_told():
    content = register({}, {"reference": "R-2", "beneficiary_name": "Siân"}) + LINE.splitlines()[1].encode("cp1252")
    _, rows = read(content.replace(b"HILF-00001", b"HILF-00009", 1))
    assert [row.entry.beneficiary_name for row in rows] == [GOOD["beneficiary_name"], "Siân", GOOD["beneficiary_name"]]
    assert [row.repairs for row in rows] == [
        (), (), (Repair("beneficiary_name", Mend.WINDOWS_CHARACTERS, "", GOOD["beneficiary_name"]),)
    ]  # fmt: skip


def test_what_a_database_cannot_keep_is_in_no_fault():
    _, (row,) = read(register({"beneficiary_name": "\x00" + "x" * 200, "account_number": "\x0066374958"}))
    assert {fault.field for fault in row.faults} == {"beneficiary_name", "account_number"}
    assert not any("\x00" in fault.found for fault in row.faults)


def test_a_byte_that_no_encoding_explains_refuses_its_cell_alone():
    _, (row,) = read(LINE.encode().replace("ë".encode(), b"\x81"))
    assert [(fault.field, fault.reason) for fault in row.faults] == [
        ("beneficiary_name", RowReason.UNREADABLE_CHARACTER)
    ]
    assert json.dumps(row.cells).encode(), "and the row can be kept"


@pytest.mark.parametrize(
    ("changes", "details", "repairs"),
    [
        ({"sort_code": "89999"}, ("089999", "66374958"), [("sort_code", Mend.LEADING_ZEROS, "89999", "08-99-99")]),
        ({"account_number": "6374958", "sort_code": "20-29-59"}, None, []),
        ({"sort_code": "202959", "account_number": "3748472"}, None, []),
        ({"sort_code": "08-60-01", "account_number": "1234567"}, None, []),
        ({"sort_code": "180002", "account_number": "190"}, None, []),
        ({"sort_code": "107999", "account_number": "88837491"}, ("107999", "88837491"), []),
        ({"sort_code": "99999"}, None, []),
        ({"sort_code": "8999", "account_number": "66374958"}, None, []),
    ],
)
def test_a_zero_that_was_eaten_is_put_back_only_where_the_numbers_then_fit(changes, details, repairs):
    _, (row,) = read(register(changes))
    assert (row.entry and tuple(row.entry.details)[:2]) == details
    assert [tuple(repair) for repair in row.repairs if row.entry] == repairs


def test_an_account_number_of_seven_digits_gets_its_zero_and_tells_it_without_the_number():
    number = next(
        f"{n:07}" for n in range(1000000, 1000200) if modulus.check("089999", f"0{n}").outcome is Checked.PASS
    )
    _, (row,) = read(register({"account_number": number}))
    assert row.entry.details.account_number == f"0{number}"
    (repair,) = row.repairs
    assert (repair.field, repair.mend) == ("account_number", Mend.LEADING_ZEROS)
    assert number not in repair.found + repair.taken


def test_more_rows_than_the_limit_are_refused_before_any_is_read():
    many = register(*({"reference": f"R-{n}"} for n in range(11)))
    assert len(read(many, most_rows=11)[1]) == 11
    with pytest.raises(FileRefused) as refused:
        read(many, most_rows=10)
    assert (refused.value.fault, refused.value.facts) == (FileFault.TOO_MANY_ROWS, {"most": 10})


def test_headers_as_spreadsheets_and_people_write_them_are_understood():
    cells = [
        "Sort Code",
        " ACCOUNT_NUMBER",
        "reference ",
        "Beneficiary  name",
        "Amount",
        "start date",
        "Account Name",
        "",
    ]
    values = [GOOD[c] for c in ("sort_code", "account_number", "reference", "beneficiary_name", "amount", "start_date")]
    content = "\ufeff" + ",".join(cells) + "\n" + ",".join([*values, "Jo", ""]) + "\n\n,,,\n"
    _, (row,) = read(content.encode())
    assert row.entry is not None


def test_lines_are_counted_as_an_editor_counts_them():
    tall = register({"reference": "R-1", "account_name": "two\nlines"}, {"reference": "R-2", "amount": "x"})
    _, rows = read(tall)
    assert [(row.line, bool(row.faults)) for row in rows] == [(2, True), (4, True)]


LONG = "x" * 300


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({"reference": ""}, {"reference": RowReason.MISSING}),
        ({"reference": "a b"}, {"reference": RowReason.REFERENCE}),
        ({"reference": "é1"}, {"reference": RowReason.REFERENCE}),
        ({"reference": "R" * 21}, {"reference": RowReason.TOO_LONG}),
        ({"beneficiary_name": ""}, {"beneficiary_name": RowReason.MISSING}),
        ({"beneficiary_name": "  "}, {"beneficiary_name": RowReason.MISSING}),
        ({"beneficiary_name": LONG}, {"beneficiary_name": RowReason.TOO_LONG}),
        ({"beneficiary_name": "=HYPERLINK(1)"}, {"beneficiary_name": RowReason.FORMULA}),
        ({"beneficiary_name": "+44 20"}, {"beneficiary_name": RowReason.FORMULA}),
        ({"beneficiary_name": "@SUM(A1)"}, {"beneficiary_name": RowReason.FORMULA}),
        ({"beneficiary_name": "-1+1"}, {"beneficiary_name": RowReason.FORMULA}),
        ({"beneficiary_name": "Jo\x00Bloggs"}, {"beneficiary_name": RowReason.CONTROL_CHARACTER}),
        ({"beneficiary_name": "Jo\x1b[2J"}, {"beneficiary_name": RowReason.CONTROL_CHARACTER}),
        ({"beneficiary_name": "Jo\x85Bloggs"}, {"beneficiary_name": RowReason.CONTROL_CHARACTER}),
        ({"amount": ""}, {"amount": RowReason.MISSING}),
        ({"amount": "0"}, {"amount": RowReason.AMOUNT_ZERO}),
        ({"amount": "0.00"}, {"amount": RowReason.AMOUNT_ZERO}),
        ({"amount": "-5"}, {"amount": RowReason.AMOUNT_NEGATIVE}),
        ({"amount": "−5.00"}, {"amount": RowReason.AMOUNT_NEGATIVE}),
        ({"amount": "(5.00)"}, {"amount": RowReason.AMOUNT_NEGATIVE}),
        ({"amount": "1.005"}, {"amount": RowReason.AMOUNT_DECIMALS}),
        ({"amount": "1e3"}, {"amount": RowReason.AMOUNT_NOT_A_NUMBER}),
        ({"amount": "12,34.00"}, {"amount": RowReason.AMOUNT_NOT_A_NUMBER}),
        ({"amount": "10,50"}, {"amount": RowReason.AMOUNT_NOT_A_NUMBER}),
        ({"amount": "NaN"}, {"amount": RowReason.AMOUNT_NOT_A_NUMBER}),
        ({"amount": "١٢"}, {"amount": RowReason.AMOUNT_NOT_A_NUMBER}),
        ({"amount": "9" * 20}, {"amount": RowReason.AMOUNT_TOO_LARGE}),
        ({"start_date": ""}, {"start_date": RowReason.MISSING}),
        ({"start_date": "2026-02-30"}, {"start_date": RowReason.DATE}),
        ({"start_date": "29/02/2027"}, {"start_date": RowReason.DATE}),
        ({"start_date": "04/01/26"}, {"start_date": RowReason.DATE}),
        ({"start_date": "46113"}, {"start_date": RowReason.DATE}),
        ({"end_date": "soon"}, {"end_date": RowReason.DATE}),
        ({"end_date": "2026-03-31"}, {"end_date": RowReason.DATES_REVERSED}),
        ({"email": "jo.example.com"}, {"email": RowReason.EMAIL}),
        ({"email": "jo@x"}, {"email": RowReason.EMAIL}),
        ({"email": "a@example.com,b@example.com"}, {"email": RowReason.EMAIL}),
        ({"email": LONG + "@example.com"}, {"email": RowReason.TOO_LONG}),
        ({"account_name": ""}, {"account_name": RowReason.MISSING}),
        ({"account_name": "山田"}, {"account_name": RowReason.NAME_NOT_WRITABLE}),
        ({"sort_code": ""}, {"sort_code": RowReason.MISSING}),
        ({"sort_code": "2O-17-92"}, {"sort_code": RowReason.SORT_CODE}),
        ({"sort_code": "99999"}, {"sort_code": RowReason.EATEN_ZEROS}),
        ({"sort_code": "2026-03-12"}, {"sort_code": RowReason.MADE_A_DATE}),
        ({"sort_code": "12/03/2026"}, {"sort_code": RowReason.MADE_A_DATE}),
        ({"sort_code": "12-Mar-26"}, {"sort_code": RowReason.MADE_A_DATE}),
        ({"reference": "12/03/2026"}, {"reference": RowReason.MADE_A_DATE}),
        ({"reference": "1.23457E+11"}, {"reference": RowReason.SHORTENED_NUMBER}),
        ({**APPOINTEE, "payee_reference": "2026-03-12"}, {"payee_reference": RowReason.MADE_A_DATE}),
        ({"account_number": "6.63750E+07"}, {"account_number": RowReason.SHORTENED_NUMBER}),
        ({"amount": "1.2E+03"}, {"amount": RowReason.SHORTENED_NUMBER}),
        ({"amount": "2026-03-12"}, {"amount": RowReason.MADE_A_DATE}),
        ({"sort_code": "０８9999"}, {"sort_code": RowReason.SORT_CODE}),
        ({"account_number": "1234"}, {"account_number": RowReason.ACCOUNT_NUMBER}),
        ({"account_number": "6637495x"}, {"account_number": RowReason.ACCOUNT_NUMBER}),
        ({"account_number": "66374959"}, {"account_number": RowReason.MODULUS}),
        ({"roll_number": "£££"}, {"roll_number": RowReason.ROLL_NUMBER}),
        ({"roll_number": "R" * 19}, {"roll_number": RowReason.ROLL_NUMBER}),
        ({"payee_reference": "APP-1"}, {"payee_reference": RowReason.PAYEE_INCOMPLETE}),
        ({"payee_name": "Ann"}, {"payee_reference": RowReason.PAYEE_INCOMPLETE}),
        ({"payee_role": "parent"}, {"payee_reference": RowReason.PAYEE_INCOMPLETE}),
        ({**APPOINTEE, "payee_role": "friend"}, {"payee_role": RowReason.PAYEE_ROLE}),
        ({**APPOINTEE, "payee_role": "self"}, {"payee_role": RowReason.PAYEE_ROLE}),
        ({**APPOINTEE, "payee_reference": "a b"}, {"payee_reference": RowReason.REFERENCE}),
        (
            {"amount": "x", "sort_code": "y", "start_date": "z"},
            {"amount": RowReason.AMOUNT_NOT_A_NUMBER, "sort_code": RowReason.SORT_CODE, "start_date": RowReason.DATE},
        ),
    ],
)
def test_a_bad_row_says_of_every_field_what_is_wrong_with_it(changes, faults):
    assert faults_of(**changes) == faults


def test_a_reference_that_stands_twice_is_wrong_on_every_one_of_its_rows():
    _, rows = read(register({"reference": "R-1"}, {"reference": "R-2"}, {"reference": "r-1 "}))
    assert [[fault.reason for fault in row.faults] for row in rows] == [
        [RowReason.REPEATED_REFERENCE], [], [RowReason.REPEATED_REFERENCE],
    ]  # fmt: skip
    assert "line 2" in rows[2].faults[0].found


@pytest.mark.parametrize(
    "change", [{"payee_name": "Another"}, {"email": "b@example.com"}, {"account_name": "X"}, {"roll_number": "R/1"}]
)
def test_a_payee_who_is_not_the_same_on_all_rows_is_named_where_it_differs(change):
    _, rows = read(register({**APPOINTEE, "reference": "R-1"}, {**APPOINTEE, "reference": "R-2", **change}))
    assert [bool(row.faults) for row in rows] == [False, True]
    assert rows[1].faults[0].reason is RowReason.PAYEE_DIFFERS
    assert "line 2" in rows[1].faults[0].found


@pytest.mark.parametrize("cells", ["one", "a,b,c", ",".join(["x"] * 14)])
def test_a_row_with_another_number_of_cells_than_the_header_is_wrong_as_a_whole(cells):
    _, rows = read(register({}) + cells.encode() + b"\r\n")
    assert [fault.reason for fault in rows[1].faults] == [RowReason.CELLS]


cell = st.text(st.characters(codec="utf-8"), max_size=12) | st.sampled_from(sorted({*GOOD.values(), "=1", '"', ""}))


@given(st.binary(max_size=200))
@example(b"\xff\xfe")
@example(b'"')
@example(b"\x00")
def test_any_bytes_are_refused_as_a_file_or_read_into_rows(content):
    try:
        _, rows = read(content)
    except FileRefused:
        return
    assert all((row.entry is None) == bool(row.faults) for row in rows)


@given(st.lists(st.lists(cell, min_size=0, max_size=15), max_size=8))
def test_under_a_good_header_any_cells_are_rows_good_or_refused_and_none_is_lost(lines):
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows([COLUMNS, [GOOD.get(column, "") for column in COLUMNS], *lines])
    not_blank = [line for line in lines if any(text.strip() for text in line)]
    _, rows = read(buffer.getvalue().encode())
    assert len(rows) == len(not_blank) + 1
    good = [row for row in rows if row.entry is not None]
    assert len({row.entry.reference for row in good}) == len(good)
    assert all((row.entry is None) == bool(row.faults) for row in rows)


names = st.lists(st.sampled_from(["Zoë", "José", "O’Hara", "Núñez", "Ann", "Šárka"]), min_size=1, max_size=3)


@given(st.lists(st.tuples(names.map(" ".join), st.sampled_from(["utf-8", "cp1252"])), min_size=1, max_size=8))
def test_of_a_file_put_together_from_several_encodings_every_name_is_read_as_it_was_written(people):
    whole = register(*({"reference": f"R-{n}", "beneficiary_name": name} for n, (name, _) in enumerate(people)))
    header, *lines = whole.decode().splitlines(keepends=True)
    written = [line.encode(encoding) for line, (_, encoding) in zip(lines, people, strict=True)]
    _, rows = read(b"".join([header.encode(), *written]))
    assert [row.entry and row.entry.beneficiary_name for row in rows] == [name for name, _ in people]


@given(st.binary(max_size=60), st.integers(0, 400))
def test_a_good_file_with_bytes_put_in_anywhere_is_refused_or_read(noise, at):
    good = register({}, {"reference": "R-2"})
    content = good[: at % len(good)] + noise + good[at % len(good) :]
    try:
        _, rows = read(content)
    except FileRefused:
        return
    assert rows


odd = st.sampled_from(
    ["=1", " =1", "a\x1fb", "\x1f=1", "\u2028", "x" * 21, "x" * 141, "x" * 255, "A\x00", "\\N", " a ", "１"]
)


@given(st.lists(cell | odd, min_size=len(COLUMNS), max_size=len(COLUMNS)), st.sets(st.sampled_from(COLUMNS)))
@example(["a\x1fb"] * len(COLUMNS), {*COLUMNS} - {"beneficiary_name"})
@example(["\x1f=1"] * len(COLUMNS), {*COLUMNS} - {"beneficiary_name"})
def test_the_quick_look_at_a_whole_row_finds_what_a_look_at_each_cell_finds(cells, kept_good):
    cells = [GOOD.get(column, "") if column in kept_good else text for column, text in zip(COLUMNS, cells, strict=True)]
    quick = read_row(COLUMNS, 2, cells)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(cells_module, "NOT_PLAIN", re.compile(""))
        assert read_row(COLUMNS, 2, cells) == quick


@pytest.mark.parametrize("change", [{}, {"end_date": "2027-03-31", "email": "a@example.org"}, APPOINTEE])
def test_an_entry_comes_back_from_its_seal_as_it_went_and_reads_the_same_as_cells(change):
    _, (row,) = read(register({"roll_number": "R/1", "amount": "0.05", **change}))
    assert unpacked(packed(row.entry)) == row.entry
    assert read_row(COLUMNS, 2, as_cells(row.entry, COLUMNS)).entry == row.entry


def test_somebody_paid_themselves_who_is_also_a_payee_of_others_must_have_the_same_details_on_all_rows():
    both = {"reference": "APP-1", "beneficiary_name": "Ann Appointee"}
    _, rows = read(register({**APPOINTEE, "reference": "R-1"}, both, {**both, "account_name": "A Other"}))
    assert [bool(row.faults) for row in rows] == [False, True, True], "a reference on two rows"
    _, rows = read(register({**APPOINTEE, "reference": "R-1"}, both))
    assert [row.entry.shares_payee for row in rows] == [True, True]
    _, rows = read(register({**APPOINTEE, "reference": "R-1"}, {**both, "account_name": "A Other"}))
    assert rows[1].faults[0].reason is RowReason.PAYEE_DIFFERS


def test_references_that_only_look_alike_to_the_first_look_are_not_taken_for_repeated(monkeypatch):
    monkeypatch.setattr(register_file, "BITS", 8)
    _, rows = read(register(*({"reference": f"R-{number}"} for number in range(50)), {"reference": "R-7"}))
    assert [row.line for row in rows if row.faults] == [9, 52]
