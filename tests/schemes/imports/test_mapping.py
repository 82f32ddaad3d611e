"""Other programs' columns: guessed by name and look, told by a person, remembered, and never half understood."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from payouts import registering
from schemes.audit import AuditEvent
from schemes.errors import NotAllowed, NotNow
from schemes.imports.csv_file import CsvFile
from schemes.imports.entry import COLUMNS, Outcome
from schemes.imports.mapping import (
    ColumnMapping,
    Look,
    MappedTable,
    MappingRefused,
    from_month_first,
    from_pence,
    looks_of,
    proposed,
)
from schemes.imports.refused import refused_rows
from schemes.imports.register_file import names_of, read_register
from schemes.imports.register_import import ImportStatus, NotWhole, discard, get_import
from schemes.imports.source import forget, get_source, sources_of_body
from schemes.payee import Payee
from schemes.person import Role

THEIRS = [
    "Client ID",
    "First name",
    "Surname",
    "Weekly Amount",
    "Date from",
    "Account holder",
    "Sortcode",
    "Account No",
    "Shoe size",
]
ROW = ["C-1", "Ann", "Example", "12050", "04/25/2026", "A Example", "089999", "66374958", "5"]
COLUMNS_OF_THEIRS = ("reference", "beneficiary_name", "beneficiary_name", "amount", "start_date", "account_name",
                     "sort_code", "account_number", "")  # fmt: skip
MAPPING = ColumnMapping(COLUMNS_OF_THEIRS, month_first=True, in_pence=True)


@pytest.fixture
def start(seeded):
    return seeded


def file_of(*rows, header=THEIRS):
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows([header, *rows])
    return buffer.getvalue().encode()


def tell(office, import_id, mapping=MAPPING, *, source="", by=Role.PREPARER):
    with office.transaction() as session:
        brought = get_import(session, import_id, lock=True)
        by, at = office.person(by), office.service.now()
        registering.tell_columns(session, brought, mapping, source=source, by=by, at=at)
    office.work()


def look(office, import_id):
    with office.transaction() as session:
        return get_import(session, import_id)


def test_columns_are_guessed_by_their_names_and_by_what_stands_in_them():
    table = CsvFile(file_of(ROW))
    looks = looks_of(table, len(THEIRS))
    assert looks[5:8] == [Look.TEXT, Look.SORT_CODES, Look.ACCOUNT_NUMBERS]
    assert tuple(proposed(names_of(THEIRS), looks)) == COLUMNS_OF_THEIRS


def test_a_column_that_looks_otherwise_is_not_guessed_by_its_name():
    assert proposed(["sort_code", "amount"], [Look.EMAILS, Look.DAYS]) == ["", ""]


def test_every_column_of_ours_is_guessed_as_itself():
    assert proposed(COLUMNS, [Look.NOTHING] * len(COLUMNS)).count("") <= 6
    assert proposed(["reference", "email"], [Look.TEXT, Look.EMAILS]) == ["reference", "email"]
    short = ["Ref No", "FULL NAME", "Monthly amount (£)", "Start", "Acc_No"]
    looks = [Look.TEXT, Look.TEXT, Look.AMOUNTS, Look.DAYS, Look.WHOLE_NUMBERS]
    assert proposed(short, looks) == ["reference", "beneficiary_name", "amount", "start_date", "account_number"]


@pytest.mark.parametrize(
    ("written", "pounds"),
    [("12050", "120.50"), ("5", "0.05"), ("50", "0.50"), ("1,000", "10.00"), ("", ""), ("1.5", "1.5 pence"),
     ("-5", "-5 pence"), ("x", "x pence")],
)  # fmt: skip
def test_pence_are_read_exactly_or_left_as_what_is_no_amount(written, pounds):
    assert from_pence(written) == pounds


@pytest.mark.parametrize(
    ("written", "day"),
    [("04/25/2026", "2026-04-25"), ("4/5/2026", "2026-04-05"), ("25/04/2026", "25/04/2026 (month first)"),
     ("2026-04-25", "2026-04-25"), ("", "")],
)  # fmt: skip
def test_a_day_with_the_month_first_is_never_read_the_other_way_round(written, day):
    assert from_month_first(written) == day


@pytest.mark.parametrize(
    ("mapping", "missing", "twice"),
    [
        (MAPPING, (), ()),
        (ColumnMapping(("reference", "")), ("beneficiary_name", "amount", "start_date", "account_name", "sort_code",
                                            "account_number"), ()),
        (ColumnMapping((*COLUMNS_OF_THEIRS[:-1], "amount")), (), ("amount",)),
        (ColumnMapping(COLUMNS_OF_THEIRS, first_day=date(2026, 4, 1)), (), ("start_date",)),
        (ColumnMapping(tuple(c for c in COLUMNS_OF_THEIRS if c != "start_date"), date(2026, 4, 1)), (), ()),
    ],
)  # fmt: skip
def test_a_mapping_must_name_what_is_needed_once(mapping, missing, twice):
    if not missing and not twice:
        mapping.must_be_whole()
        assert ColumnMapping.from_json(mapping.as_json()) == mapping
        return
    with pytest.raises(MappingRefused) as refused:
        mapping.must_be_whole()
    assert (refused.value.missing, refused.value.twice) == (missing, twice)


cell = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\x00"), max_size=10) | st.sampled_from(ROW)


@given(st.lists(st.lists(cell, max_size=11), max_size=6))
def test_under_other_columns_every_row_is_good_or_refused_and_none_is_lost(lines):
    table = CsvFile(file_of(ROW, *lines))
    filled = sum(1 for _ in table.lines()) - 1
    _, rows = read_register(MappedTable(table, MAPPING, source_id=None))
    rows = list(rows)
    assert len(rows) == filled
    width = len(THEIRS)
    for row, (_, cells) in zip(rows, list(table.lines())[1:], strict=True):
        assert (row.entry is None) == bool(row.faults)
        if len(cells) < width or any(text.strip() for text in cells[width:]):
            assert row.entry is None


def test_a_file_with_other_columns_waits_to_be_told_and_is_read_as_it_was_told(office):
    import_id = office.bring_in(file_of(ROW, header=[*THEIRS[:-1], "Shoes £"]).decode().encode("cp1252"))
    brought = look(office, import_id)
    assert (brought.status, brought.asked["header"][-1]) == (ImportStatus.ASKING, "shoes_£")
    assert tuple(brought.asked["proposed"]) == COLUMNS_OF_THEIRS
    assert "66374958" not in str(brought.asked), "no value of the file stands in the question"
    for _ in range(2):
        tell(office, import_id)
    brought = look(office, import_id)
    assert (brought.status, brought.rows_good, brought.source_id) == (ImportStatus.READ, 1, None)
    with office.transaction() as session:
        assert get_import(session, import_id).sealed_content is None
    office.keep(import_id)
    assert look(office, import_id).status is ImportStatus.LANDED


def test_the_next_file_of_a_source_is_read_without_asking_until_the_source_is_forgotten(office):
    tell(office, office.bring_in(file_of(ROW)), source="Care system")
    second = look(office, office.bring_in(file_of(["C-2", *ROW[1:]])))
    assert (second.status, second.rows_good, second.notes["source"]) == (ImportStatus.READ, 1, "Care system")
    other = look(office, office.bring_in(file_of(ROW, header=[*THEIRS[:-1], "Hat size"])))
    assert other.status is ImportStatus.ASKING, "another header is another source"
    with office.transaction() as session:
        known = get_source(session, second.source_id, lock=True)
        with pytest.raises(NotAllowed):
            forget(session, known, by=office.person(Role.FINANCE), at=office.service.now())
        forget(session, known, by=office.person(Role.PREPARER), at=office.service.now())
        assert sources_of_body(session) == []
    assert look(office, office.bring_in(file_of(["C-3", *ROW[1:]]))).status is ImportStatus.ASKING


def test_a_source_without_a_column_for_the_first_day_is_asked_for_it_each_time(office):
    header, row = THEIRS[:4] + THEIRS[5:], ROW[:4] + ROW[5:]
    columns = COLUMNS_OF_THEIRS[:4] + COLUMNS_OF_THEIRS[5:]
    first = office.bring_in(file_of(row, header=header))
    tell(office, first, ColumnMapping(columns, date(2026, 4, 1), in_pence=True), source="Old system")
    assert look(office, first).rows_good == 1
    again = look(office, office.bring_in(file_of(row, header=header)))
    assert (again.status, tuple(again.asked["proposed"])) == (ImportStatus.ASKING, columns)


def test_only_a_preparer_tells_columns_and_only_while_they_are_asked_for(office):
    import_id = office.bring_in(file_of(ROW))
    with pytest.raises(NotAllowed):
        tell(office, import_id, by=Role.FINANCE)
    with pytest.raises(MappingRefused):
        tell(office, import_id, ColumnMapping(("reference",) + ("",) * 8))
    tell(office, import_id)
    with pytest.raises(NotNow):
        tell(office, import_id, ColumnMapping(COLUMNS_OF_THEIRS))
    with office.transaction() as session:
        told = session.query(AuditEvent).filter_by(action="import.columns_told").one()
        assert told.facts == {"columns": len(THEIRS)}


def test_a_file_that_was_asked_about_leaves_nothing_when_it_is_discarded(office):
    import_id = office.bring_in(file_of(ROW))
    with office.transaction() as session:
        discard(session, get_import(session, import_id, lock=True), by=office.person(Role.PREPARER),
                at=office.service.now())  # fmt: skip
    with office.transaction() as session:
        assert get_import(session, import_id).sealed_content is None


def keep_whole(office, import_id):
    with office.transaction() as session:
        brought = get_import(session, import_id, lock=True)
        registering.keep_rows(session, brought, whole=True, by=office.person(Role.PREPARER), at=office.service.now())
    office.work()


OURS = ["reference", "beneficiary_name", "amount", "start_date", "account_name", "sort_code", "account_number"]


def rows_of(*references, amount="1"):
    return file_of(*([r, "A", amount, "2026-04-01", "A", "089999", "66374958"] for r in references), header=OURS)


def test_all_rows_or_none_is_refused_where_one_is_bad_and_lands_them_where_all_are_good(office):
    bad = office.bring_in(rows_of("R-1", "R 2"))
    with pytest.raises(NotWhole):
        keep_whole(office, bad)
    good = office.bring_in(rows_of("R-1", "R-2"))
    keep_whole(office, good)
    assert look(office, good).status is ImportStatus.LANDED
    with office.transaction() as session:
        assert session.scalar(select(func.count()).select_from(Payee)) == 2


def test_all_rows_or_none_lands_none_when_another_file_took_a_reference_meanwhile(office, clock):
    first, second = office.bring_in(rows_of("R-1", "R-2")), office.bring_in(rows_of("R-2", "R-3", amount="2"))
    keep_whole(office, first)
    keep_whole(office, second)
    brought = look(office, second)
    assert (brought.status, brought.rows_good, brought.rows_refused) == (ImportStatus.READ, 1, 1)
    assert brought.notes["not_landed"] == 1
    with office.transaction() as session:
        assert session.scalar(select(func.count()).select_from(Payee)) == 2
    clock.advance(seconds=1)
    office.keep(second)
    assert look(office, second).status is ImportStatus.LANDED, "the good rows can still be kept"
    with office.transaction() as session:
        assert session.scalar(select(func.count()).select_from(Payee)) == 3
    assert Outcome.REFUSED in {row.outcome for row in rows_in(office, second)}


def rows_in(office, import_id):
    with office.transaction() as session:
        return refused_rows(session, import_id)
