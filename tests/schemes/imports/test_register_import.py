"""A register's way from a file to two people's word: nothing of it counts before, and nothing of it is lost."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import replace
from datetime import date

import pytest
from psycopg import errors
from python_calamine import CalamineWorkbook
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from payouts import registering
from payouts.demo.harbour import seed
from payouts.demo.mistakes import COLUMN_OF, Mistake
from payouts.demo.register import write_register
from payouts.tasks.outbox import Task
from schemes.account import Account
from schemes.audit import AuditEvent
from schemes.award import Award
from schemes.body import get_body
from schemes.errors import FileFault, NotAllowed, NotFound, NotNow, SamePerson
from schemes.imports import register_import
from schemes.imports.entry import COLUMNS, Outcome, RowReason
from schemes.imports.refused import refused_csv, refused_rows, refused_xlsx
from schemes.imports.register_import import ImportRow, ImportStatus, discard, get_import
from schemes.payee import Beneficiary, Mandate, Payee
from schemes.person import Role
from schemes.seal import SealingKey

GOOD = 48


@pytest.fixture
def start(seeded):
    return seeded


def confirm(office, session, import_id, *, by):
    brought, at = get_import(session, import_id), office.service.now()
    return register_import.confirm(session, office.service.calendar, brought, by=by, at=at)


def look(office, import_id):
    with office.transaction() as session:
        return get_import(session, import_id)


def register_size(office):
    with office.transaction() as session:
        models = (Beneficiary, Payee, Mandate, Account, Award)
        return [session.scalar(select(func.count()).select_from(model)) for model in models]


def reasons(office, import_id):
    with office.transaction() as session:
        rows = refused_rows(session, import_id, limit=1000)
        return {row.line: [(fault["field"], fault["reason"]) for fault in row.faults] for row in rows}


def corrected(content, by_line):
    """A register with some cells of some lines put right."""
    rows = list(csv.reader(io.StringIO(content.decode(), newline="")))
    for line, changes in by_line.items():
        cells = dict(zip(rows[0], rows[line - 1], strict=False))
        rows[line - 1] = [str(cell) for cell in {**cells, **changes}.values()]
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue().encode()


def test_first_details_from_a_file_wait_as_long_as_the_body_lets_them(office, small_register):
    with office.transaction() as session:
        get_body(session).cooling_off_first_days = 2
    import_id = office.bring_in(small_register)
    office.keep(import_id)
    office.confirm(import_id)
    with office.transaction() as session:
        days = set(session.scalars(select(Account.usable_from).where(Account.import_id == import_id)))
    assert days == {date(2026, 11, 25)}, "Monday and two working days"


def test_a_file_that_was_read_is_counted_and_changes_nothing_in_the_register(office, small_register):
    import_id = office.bring_in(small_register)
    brought = look(office, import_id)
    assert brought.status is ImportStatus.READ
    assert (brought.rows, brought.rows_unchanged) == (60, 0)
    assert brought.rows_good + brought.rows_refused == brought.rows
    assert register_size(office) == [0, 0, 0, 0, 0]


def test_the_demos_register_has_its_twelve_mistakes_found_and_nothing_else(office, tmp_path):
    written = write_register(tmp_path / "register.csv")
    import_id = office.bring_in(written.path.read_bytes())
    found = reasons(office, import_id)
    # a reference that stands twice is wrong on both its rows, and the first was good otherwise
    twice = next(line for line, mistake in written.mistakes.items() if mistake is Mistake.REFERENCE_TWICE)
    first = next(line for line in found if line not in written.mistakes)
    assert found.keys() == written.mistakes.keys() | {first}
    assert found[first] == found[twice] == [("reference", "repeated_reference")]
    for line, mistake in written.mistakes.items():
        assert [field for field, _ in found[line]] == [COLUMN_OF.get(mistake, "row")], mistake
    brought = look(office, import_id)
    assert (brought.rows_good, brought.rows_refused) == (5000 - 13, 13)


def test_good_rows_are_in_the_register_once_they_are_kept_and_payable_once_confirmed(office, small_register):
    import_id = office.bring_in(small_register)
    office.keep(import_id)
    brought = look(office, import_id)
    assert brought.status is ImportStatus.LANDED
    assert register_size(office)[0] == brought.rows_good > 40
    with office.transaction() as session:
        assert session.scalar(select(func.count()).where(Account.confirmed_at.is_not(None))) == 0
    assert office.confirm(import_id) == register_size(office)[3]
    with office.transaction() as session:
        pairs = session.execute(select(Account.proposed_by, Account.confirmed_by).distinct()).all()
    assert pairs == [(office.person(Role.PREPARER).person_id, office.person(Role.FINANCE).person_id)]


def test_an_import_that_was_discarded_leaves_nothing_and_cannot_be_kept(office, small_register):
    import_id = office.bring_in(small_register)
    with office.transaction() as session:
        discard(session, get_import(session, import_id), by=office.person(Role.PREPARER), at=office.service.now())
    with pytest.raises(NotNow):
        office.keep(import_id)
    assert register_size(office) == [0, 0, 0, 0, 0]
    with office.transaction() as session:
        tasks = session.scalars(select(Task.kind)).all()
    assert tasks == ["import.read"]


def test_a_file_that_cannot_be_read_leaves_no_row_and_says_why(office):
    import_id = office.bring_in(b"name;money\nJo;5\n")
    brought = look(office, import_id)
    assert brought.status is ImportStatus.UNREADABLE
    assert brought.fault["fault"] == FileFault.MISSING_COLUMNS
    with office.transaction() as session:
        assert session.scalar(select(func.count()).select_from(ImportRow)) == 0


def test_a_file_that_breaks_half_way_leaves_none_of_its_rows(office, small_register):
    import_id = office.bring_in(small_register + b'"a quote that never closes\r\n')
    assert look(office, import_id).status is ImportStatus.UNREADABLE
    with office.transaction() as session:
        assert session.scalar(select(func.count()).select_from(ImportRow)) == 0


def test_the_same_file_again_changes_nothing(office, small_register):
    first = office.bring_in(small_register)
    office.keep(first)
    office.confirm(first)
    before = register_size(office)
    second = office.bring_in(small_register)
    brought = look(office, second)
    assert (brought.rows_good, brought.rows_unchanged) == (0, look(office, first).rows_good)
    assert brought.rows_refused == look(office, first).rows_refused
    office.keep(second)
    assert register_size(office) == before
    assert office.confirm(second) == 0


@pytest.mark.parametrize(
    "change",
    [{"amount": "1.00"}, {"account_name": "M Allory"}, {"email": "other@example.com"}, {"beneficiary_name": "Other"},
     {"sort_code": "089999", "account_number": "66374958", "roll_number": ""}, {"end_date": "2030-01-01"}],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
def test_somebody_who_is_in_the_register_with_other_facts_is_refused_not_overwritten(office, small_register, change):
    first = office.bring_in(small_register)
    office.keep(first)
    second = office.bring_in(corrected(small_register, {2: change}))
    found = reasons(office, second)
    assert found[2] == [("reference", RowReason.IN_REGISTER)]
    assert found.keys() - {2} == reasons(office, first).keys()


def test_two_files_with_the_same_people_land_each_of_them_once(office, small_register):
    """Both were read before either landed: whoever comes second finds them there."""
    first, second = office.bring_in(small_register), office.bring_in(corrected(small_register, {2: {"amount": "7"}}))
    good = look(office, first).rows_good
    assert look(office, second).rows_good == good
    office.keep(first)
    office.keep(second)
    brought = look(office, second)
    assert register_size(office)[0] == good
    assert brought.rows_good == 0
    assert brought.rows_good + brought.rows_unchanged + brought.rows_refused == 60
    assert reasons(office, second)[2] == [("reference", RowReason.IN_REGISTER)]


def test_a_form_sent_twice_begins_one_import_and_keeps_it_once(office, small_register):
    import_id = office.bring_in(small_register)
    with office.transaction() as session:
        again = registering.begin_import(
            session, office.service, import_id=import_id, scheme_id=office.harbour.scheme_id, file_name="x",
            content=b"other", by=office.person(Role.PREPARER), at=office.service.now(),
        )  # fmt: skip
        assert again.status is ImportStatus.READ
    for _ in range(2):
        office.keep(import_id)
    with office.transaction() as session:
        kinds = ["duplicates.look", "duplicates.look_at_beneficiaries", "import.land", "import.read"]
        assert sorted(session.scalars(select(Task.kind))) == kinds


def test_who_brought_bank_details_in_cannot_confirm_them_whatever_their_roles(office, small_register, owner):
    import_id = office.bring_in(small_register)
    office.keep(import_id)
    both = replace(office.person(Role.PREPARER), roles=frozenset(Role))
    with pytest.raises(SamePerson), office.transaction() as session:
        register_import.confirm(
            session, office.service.calendar, get_import(session, import_id), by=both, at=office.service.now()
        )
    preparer = office.person(Role.PREPARER)
    with pytest.raises(NotAllowed), office.transaction() as session:
        register_import.confirm(
            session, office.service.calendar, get_import(session, import_id), by=preparer, at=office.service.now()
        )
    past_the_operation = text("UPDATE account SET confirmed_by = proposed_by, confirmed_at = now()")
    with pytest.raises(DBAPIError) as by_the_app, office.transaction() as session:
        session.execute(past_the_operation)
    with pytest.raises(DBAPIError) as by_the_owner, owner.begin() as connection:
        connection.execute(past_the_operation)
    for refused in (by_the_app, by_the_owner):
        assert isinstance(refused.value.orig, errors.CheckViolation)


def test_bank_details_are_confirmed_once_and_not_before_they_landed(office, small_register):
    import_id = office.bring_in(small_register)
    with pytest.raises(NotNow):
        office.confirm(import_id)
    office.keep(import_id)
    confirmed = office.confirm(import_id)
    approver = office.person(Role.APPROVER)
    with pytest.raises(NotNow), office.transaction() as session:
        register_import.confirm(
            session, office.service.calendar, get_import(session, import_id), by=approver, at=office.service.now()
        )
    assert confirmed == office.confirm(import_id) > 40, "who lost the first answer and asks again is told the same"
    with office.transaction() as session:
        events = session.scalars(select(AuditEvent).where(AuditEvent.action == "import.confirmed")).all()
    assert len(events) == 1


def test_only_a_preparer_brings_in_keeps_or_discards(office, small_register):
    for role in (Role.FINANCE, Role.APPROVER, Role.RELEASER):
        with pytest.raises(NotAllowed):
            office.bring_in(small_register, by=role)
    import_id = office.bring_in(small_register)
    with pytest.raises(NotAllowed), office.transaction() as session:
        discard(session, get_import(session, import_id), by=office.person(Role.APPROVER), at=office.service.now())


def test_the_refused_rows_come_back_with_their_cells_their_line_and_what_is_wrong(office, small_register):
    import_id = office.bring_in(small_register)
    with office.transaction() as session:
        lines = "".join(refused_csv(session, office.service.seals, get_import(session, import_id)))
    rows = list(csv.reader(io.StringIO(lines, newline="")))
    assert rows[0] == [*small_register.decode().splitlines()[0].split(","), "line", "what_is_wrong"]
    assert len(rows) - 1 == look(office, import_id).rows_refused
    assert all(row[-1] for row in rows[1:])


def test_no_cell_of_the_refused_rows_would_run_as_a_formula_in_a_spreadsheet(office, small_register):
    nasty = dict.fromkeys(COLUMNS, "=1+1") | {
        "reference": "@x",
        "beneficiary_name": "\t=1",
        "amount": "-1",
        "email": "+1",
    }
    import_id = office.bring_in(corrected(small_register, {2: nasty}))
    with office.transaction() as session:
        lines = "".join(refused_csv(session, office.service.seals, get_import(session, import_id)))
    for row in csv.reader(io.StringIO(lines, newline="")):
        assert [cell for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []


def test_the_refused_rows_as_a_workbook_are_the_same_text_for_text(office, small_register):
    zeros = {"reference": "R 1", "beneficiary_name": "=1+1", "account_number": "00012345", "start_date": "1/4/2026"}
    import_id = office.bring_in(corrected(small_register, {2: zeros}))
    written = io.BytesIO()
    with office.transaction() as session:
        brought = get_import(session, import_id)
        refused_xlsx(session, office.service.seals, brought, to=written)
        lines = "".join(refused_csv(session, office.service.seals, brought))
    told = list(csv.reader(io.StringIO(lines, newline="")))
    with zipfile.ZipFile(written) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml"), "a formula"
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(written.getvalue())).get_sheet_by_index(0).to_python()
    assert [row[: len(cells)] for row, cells in zip(sheet, told, strict=True)] == told
    assert {type(cell) for row in sheet for cell in row} == {str}
    assert {"00012345", "'=1+1", "1/4/2026"} <= {cell for row in sheet for cell in row}


def test_the_refused_rows_put_right_can_be_sent_again_as_they_are(office, small_register):
    first = office.bring_in(small_register)
    office.keep(first)
    with office.transaction() as session:
        lines = "".join(refused_csv(session, office.service.seals, get_import(session, first)))
    rows = list(csv.DictReader(io.StringIO(lines, newline="")))
    for number, row in enumerate(rows):
        row.pop(None, None)
        row.update(
            reference=f"FIXED-{number}", beneficiary_name="Jo Bloggs", amount="10.00", start_date="2026-04-01",
            end_date="", email="", sort_code="089999", account_number="66374958", payee_reference="", payee_name="",
            payee_role="", roll_number="",
        )  # fmt: skip
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, [*COLUMNS, "line", "what_is_wrong"])
    writer.writeheader()
    writer.writerows(rows)
    second = office.bring_in(buffer.getvalue().encode())
    brought = look(office, second)
    assert brought.fault is None
    assert (brought.rows_good, brought.rows_refused) == (len(rows), 0), reasons(office, second)
    office.keep(second)
    assert look(office, second).status is ImportStatus.LANDED
    third = office.bring_in(buffer.getvalue().replace("10.00", "-1").encode())
    with office.transaction() as session:
        header = next(refused_csv(session, office.service.seals, get_import(session, third)))
    assert header.strip().split(",") == [*COLUMNS, "line", "what_is_wrong"], "and again, as often as it takes"


def test_the_files_bytes_are_kept_sealed_until_they_are_read_and_no_longer(office, small_register):
    import_id = office.bring_in(small_register)
    assert look(office, import_id).sha256
    with office.transaction() as session:
        assert get_import(session, import_id).sealed_content is None
        assert session.scalar(select(func.count()).select_from(SealingKey).where(SealingKey.wrapped.is_not(None))) > 0
        assert session.scalar(select(func.count()).where(ImportRow.outcome == Outcome.GOOD)) > 40


def test_a_neighbours_import_is_not_found(office, small_register):
    import_id = office.bring_in(small_register)
    neighbour = seed(office.service, name="Quay Trust", domain="quay.example")
    with pytest.raises(NotFound), office.service.transaction(neighbour.body_id) as session:
        get_import(session, import_id)


def test_somebody_who_is_paid_for_themselves_and_for_another_is_one_payee_in_one_file_or_two(office):
    head = "reference,beneficiary_name,amount,start_date,payee_reference,payee_name,payee_role,account_name,"
    head += "sort_code,account_number\n"
    details = "A Both,08-99-99,66374958\n"
    herself = f"APP-1,Ann Both,10,2026-04-01,,,,{details}"
    for_owen = f"R-1,Owen,10,2026-04-01,APP-1,Ann Both,appointee,{details}"
    for_mary = f"R-2,Mary,10,2026-04-01,APP-1,Ann Both,appointee,{details}"
    for rows, size in ((for_owen, [1, 1, 1, 1, 1]), (for_mary + herself, [3, 1, 3, 1, 3])):
        import_id = office.bring_in((head + rows).encode())
        assert reasons(office, import_id) == {}
        office.keep(import_id)
        assert look(office, import_id).status is ImportStatus.LANDED
        assert register_size(office) == size


def test_names_land_as_they_stand_in_the_file_whatever_their_characters(office):
    names = ["Back\\slash", "\\N", "Zoë  O'Hara", "Two\u2028lines", 'Comma, "quoted"', "山田 A", "\\.", "A\\tB"]
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(["reference", "beneficiary_name", "amount", "start_date", "account_name", "sort_code",
                     "account_number"])  # fmt: skip
    for number, name in enumerate(names):
        writer.writerow([f"R-{number}", name, "1", "2026-04-01", name or "A", "089999", "66374958"])
    import_id = office.bring_in(buffer.getvalue().encode())
    office.keep(import_id)
    with office.transaction() as session:
        kept = session.scalars(select(Beneficiary.name).order_by(Beneficiary.reference)).all()
        holders = session.scalars(select(Account.holder_name).order_by(Account.holder_name)).all()
    refused = [name for number, name in enumerate(names) if number + 2 in reasons(office, import_id)]
    assert list(kept) == [name for name in names if name not in refused]
    assert sorted(holders) == sorted(kept)
    assert refused == []


def test_a_row_that_came_in_by_another_import_meanwhile_comes_back_as_it_was_understood(office, small_register):
    first, second = office.bring_in(small_register), office.bring_in(corrected(small_register, {2: {"amount": "7"}}))
    office.keep(first)
    office.keep(second)
    with office.transaction() as session:
        lines = "".join(refused_csv(session, office.service.seals, get_import(session, second)))
    row = next(row for row in csv.DictReader(io.StringIO(lines, newline="")) if row["line"] == "2")
    original = next(csv.DictReader(io.StringIO(small_register.decode(), newline="")))
    assert (row["amount"], row["reference"]) == ("7.00", original["reference"])
    assert row["account_number"] == original["account_number"]
