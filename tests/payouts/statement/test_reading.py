"""A statement is read as it goes by: a segment of it is held at a time, and the database tells alike entries apart."""

from __future__ import annotations

from datetime import date

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from payouts.commands import ground
from payouts.commands.statement import statement_group as command
from payouts.responses.response import ResponseKind, ResponseStatus
from payouts.statement import reading, statement
from payouts.statement.entry import BankEntry, Match
from payouts.statement.statement import FileStatus, StatementFault, StatementFile
from payouts.statement.table import guessed
from schemes import sealed_file
from schemes.audit import AuditEvent
from schemes.errors import NotAllowed, NotNow
from schemes.person import Role
from tests.answering import receive
from tests.payouts.statement.bank import account_of, camt, entry, send


@pytest.fixture
def start(landed):
    return landed


@pytest.fixture
def account(office):
    return account_of(office)


@pytest.fixture
def small(monkeypatch):
    """Segments of a hundred bytes, of which nobody may ask for all at once, and two entries at a time."""

    def whole(_):
        raise AssertionError("the whole file was opened")

    monkeypatch.setattr(sealed_file, "SEGMENT", 100)
    monkeypatch.setattr(sealed_file.SealedFile, "whole", whole)
    monkeypatch.setattr(reading, "CHUNK", 2)


def kept(office):
    with office.transaction() as session:
        return session.scalars(select(BankEntry).order_by(BankEntry.position)).all()


@pytest.mark.usefixtures("small")
def test_alike_entries_far_apart_in_a_file_are_as_many_as_the_bank_booked_and_known_when_they_come_again(
    office, account
):
    alike = [entry(1250, "CHARGES")] * 3
    between = [entry(pence, "SOMEBODY", credit=True) for pence in range(1, 6)]
    first, second, third = alike
    content = camt(account, first, *between[:3], second, *between[3:], third)
    read = send(office, content)
    assert (read.status, read.entry_count, read.known_entries) == (FileStatus.READ, 8, 0)
    assert len({one.digest for one in kept(office)}) == 8
    again = send(office, camt(account, *alike, *between, first))
    assert (again.entry_count, again.known_entries) == (1, 8), "a fourth alike one is new, whatever the order"


@pytest.mark.usefixtures("small")
def test_what_another_file_told_in_other_words_repeats_it_however_far_apart_the_entries_stand(office, account):
    fees = [entry(1250, f"CHARGE {letter}") for letter in "ABC"]
    between = [entry(pence, "SOMEBODY", credit=True) for pence in range(1, 6)]
    send(office, camt(account, *between[:2], fees[0], *between[2:], fees[1]))
    header, day = "Date,Details,Amount\n", "25/11/2026"
    rows = [f"{day},Fee {n},-12.50\n" for n in range(3)]
    others = [f"{day},Other {n},-0.{n:02d}\n" for n in range(1, 6)]
    table = header + rows[0] + "".join(others) + rows[1] + rows[2]
    asked = send(office, table.encode(), name="portal.csv")
    with office.transaction() as session:
        columns, by, at = guessed(asked.header), office.person(Role.FINANCE), office.service.now()
        statement.tell_columns(session, statement.get_file(session, asked.id, lock=True), columns, by=by, at=at)
    office.work(leave="notices.send")
    # the table tells of three charges, the camt.053 of two
    told = [one.match for one in kept(office) if one.file_id == asked.id and one.amount_pence == 1250]
    assert sorted(map(str, told)) == ["fee", "repeated", "repeated"]
    assert {one.match for one in kept(office) if one.booked_on == date(2026, 11, 25)} >= {Match.REPEATED, None}


@pytest.mark.usefixtures("small")
def test_a_statement_among_the_banks_other_answers_is_kept_once_and_read_from_there(office, account):
    content = camt(account, entry(1250, "CHARGES"))
    got = receive(office, content)
    assert (got.kind, got.status) == (ResponseKind.STATEMENT, ResponseStatus.READ)
    with office.transaction() as session:
        file = session.scalars(select(StatementFile)).one()
        assert (file.response_id, file.sealed_content) == (got.id, None)
        assert (file.sha256, file.byte_count, file.status) == (got.sha256, len(content), FileStatus.READ)
    assert send(office, content).id == file.id, "sent by hand too, it is the same statement"
    assert len(kept(office)) == 1


def test_a_refused_statement_is_kept_as_it_came_for_those_who_may_see_bank_details(
    office, account, tmp_path, monkeypatch
):
    content = camt(account, entry(1_00, "x"), closing=5)
    refused = send(office, content)
    assert (refused.status, refused.fault) == (FileStatus.UNREADABLE, StatementFault.DOES_NOT_ADD_UP)
    read = send(office, camt(account, entry(2_00, "y"), number=2))
    with office.transaction() as session:
        file, good = (statement.get_file(session, each.id) for each in (refused, read))
        seals, at = office.service.seals, office.service.now()
        assert content not in bytes(file.sealed_content)
        with pytest.raises(NotAllowed):
            statement.take_out(session, seals, file, by=office.person(Role.PREPARER), at=at)
        with pytest.raises(NotNow):
            statement.take_out(session, seals, good, by=office.person(Role.FINANCE), at=at)
    monkeypatch.setattr(ground, "service", lambda: office.service)
    monkeypatch.setattr(ground, "acting", lambda *_: office.person(Role.FINANCE))
    path = tmp_path / "kept"
    told = CliRunner().invoke(
        command, ["take-out", str(refused.id), "--write-to", str(path), "--as", "femi@harbour.example"]
    )
    assert (told.exit_code, path.read_bytes()) == (0, content)
    with office.transaction() as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.action == "statement.taken_out")).one()
    assert event.subject_id == refused.id
