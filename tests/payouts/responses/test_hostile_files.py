"""Files that no bank sends: each is refused with its reason, changes nothing, and is kept sealed to be looked at."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from bacs import xmlstream
from payouts.responses import applying
from payouts.responses.line import ResponseLine
from payouts.responses.response import ResponseFault, ResponseStatus, get_response, take_out
from payouts.statement import reading, statement
from payouts.statement.entry import BankEntry
from payouts.statement.statement import FileStatus, StatementFault, StatementFile
from payouts.statement.table import guessed
from payouts.web.response_words import FAULTS
from payouts.web.statement_words import STATEMENT_FAULTS
from schemes.bank_profile import bank_profiles
from schemes.database import new_id
from schemes.errors import NotAllowed
from schemes.person import Role
from tests.answering import at_the_bank, receive, record_submission, release, statuses
from tests.payouts.responses.hostile import ACROSS, SPOILT, good_files, of_another, other_total
from tests.payouts.statement.bank import send


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def bank(office, sealed):
    release(office, sealed.payroll_id)
    record_submission(office, sealed.payroll_id)
    return at_the_bank(office, sealed.payroll_id)


def one_item_more(report: bytes) -> bytes:
    first, last = report.index(b"<ReturnedCreditItem"), report.index(b"</ReturnedCreditItem>") + 21
    return report[:last] + report[first:last] + report[last:]


OF_ARUCS = [
    (one_item_more, ResponseFault.WRONG_TOTALS),
    (lambda report: report[:-30], ResponseFault.UNREADABLE),
    (lambda report: report.replace(b"ARUCS", b"ARUDD"), ResponseFault.OF_DIRECT_DEBIT),
]


def test_each_is_refused_with_its_reason_changes_nothing_and_is_kept_as_it_came(office, bank):
    report = bank.arucs((bank.items[0], "B"), (bank.items[1], "5"))
    before = statuses(office)
    for spoil, fault in OF_ARUCS:
        content = spoil(report)
        got = receive(office, content)
        assert got.status in (ResponseStatus.REFUSED, ResponseStatus.QUARANTINED), fault
        assert got.fault is fault
        assert statuses(office) == before
        with office.transaction() as session:
            kept = get_response(session, got.id)
            by, at = office.person(Role.FINANCE), office.service.now()
            assert take_out(session, office.service.seals, kept, by=by, at=at).read() == content
            assert not content or content not in bytes(kept.sealed_content)
            with pytest.raises(NotAllowed):
                take_out(session, office.service.seals, kept, by=office.person(Role.PREPARER), at=at)
    receive(office, report)
    assert statuses(office) != before, "the report itself is a good one"


HOSTILE, UNREADABLE = ResponseFault.HOSTILE, ResponseFault.UNREADABLE
WHY = {
    "entity bomb": HOSTILE,
    "outside entity": HOSTILE,
    "zip bomb": UNREADABLE,
    "cut off": UNREADABLE,
    "deep": UNREADABLE,
    "not its encoding": UNREADABLE,
    "unheard-of encoding": UNREADABLE,
    "NUL bytes": UNREADABLE,
    "one endless line": UNREADABLE,
    "empty": ResponseFault.EMPTY,
}
OF_KIND = {
    ("arucs", "deep"): HOSTILE,
    ("input", "deep"): HOSTILE,
    ("awacs", "deep"): HOSTILE,
    ("arucs", "of another"): ResponseFault.ANOTHER_SERVICE_USER,
    ("input", "of another"): ResponseFault.ANOTHER_SERVICE_USER,
    ("awacs", "of another"): ResponseFault.ANOTHER_SERVICE_USER,
    ("camt.054", "of another"): ResponseFault.ANOTHER_ACCOUNT,
    ("camt.053", "of another"): ResponseFault.ANOTHER_ACCOUNT,
    ("arucs", "other total"): ResponseFault.WRONG_TOTALS,
    ("camt.053", "other total"): StatementFault.DOES_NOT_ADD_UP,
    ("csv", "zip bomb"): StatementFault.BAD_TABLE,
    ("csv", "cut off"): StatementFault.BAD_ROW,
    ("csv", "deep"): StatementFault.BAD_ROW,
    ("csv", "not its encoding"): StatementFault.BAD_ROW,
    ("csv", "NUL bytes"): StatementFault.BAD_ROW,
    ("csv", "one endless line"): StatementFault.BAD_TABLE,
    ("csv", "other total"): StatementFault.DOES_NOT_ADD_UP,
    ("csv", "empty"): StatementFault.BAD_TABLE,
}
"""Of some kinds it is another reason, and some can be spoilt in ways that others cannot."""


def test_whatever_is_made_of_any_file_is_refused_in_words_changes_nothing_and_is_kept(office, bank, monkeypatch):
    monkeypatch.setattr(xmlstream, "LARGEST_ELEMENT", len(ACROSS) // 2)
    monkeypatch.setattr(xmlstream, "LARGEST_TAG", len(ACROSS) // 2)
    files = good_files(bank)
    remember_columns(office, files["csv"])
    before = changed_by_answers(office)
    ways = {**SPOILT, "of another": of_another, "other total": other_total}
    tried = [(kind, way) for kind in files for way in WHY if kind != "csv"]
    for kind, way in {*tried, *OF_KIND}:
        content = ways[way](files[kind])
        fault, kept = (as_table if kind == "csv" else as_answer)(office, content)
        assert fault is OF_KIND.get((kind, way), WHY.get(way)), (kind, way)
        assert {**FAULTS, **STATEMENT_FAULTS}[fault]
        assert kept == content, (kind, way)
    assert changed_by_answers(office) == before


def changed_by_answers(office):
    with office.transaction() as session:
        entries = session.scalar(select(func.count()).select_from(BankEntry))
        lines = session.scalar(select(func.count()).select_from(ResponseLine))
    return statuses(office), entries, lines


def as_answer(office, content):
    """Why a file of the bank is refused, itself or as the statement that it is, and what is kept of it."""
    got = receive(office, content, work=False)
    with office.transaction() as session:
        applying.read(session, office.service, {"response_id": str(got.id)})
    with office.transaction() as session:
        read, by, at = get_response(session, got.id), office.person(Role.FINANCE), office.service.now()
        kept = take_out(session, office.service.seals, read, by=by, at=at).read()
        file = session.scalars(select(StatementFile).where(StatementFile.response_id == got.id)).one_or_none()
    return (read.fault, kept) if file is None else fault_of_statement(office, file.id)


def as_table(office, content):
    by, at = office.person(Role.FINANCE), office.service.now()
    with office.transaction() as session:
        file_id, profile_id = new_id(), bank_profiles(session)[0].id
        facts = {"file_id": file_id, "profile_id": profile_id, "file_name": "bank.csv", "content": content}
        statement.receive(session, office.service.seals, **facts, by=by, at=at)
    return fault_of_statement(office, file_id)


def fault_of_statement(office, file_id):
    with office.transaction() as session:
        reading.read(session, office.service, {"file_id": str(file_id)})
    with office.transaction() as session:
        file, by, at = statement.get_file(session, file_id), office.person(Role.FINANCE), office.service.now()
        assert file.status is FileStatus.UNREADABLE
        return file.fault, statement.take_out(session, office.service.seals, file, by=by, at=at).read()


def remember_columns(office, content):
    """What the columns of this bank's table are, told with a good one."""
    asked = send(office, content, name="bank.csv")
    with office.transaction() as session:
        file, by, at = (
            statement.get_file(session, asked.id, lock=True),
            office.person(Role.FINANCE),
            office.service.now(),
        )
        statement.tell_columns(session, file, guessed(file.header), by=by, at=at)
    office.work(leave="notices.send")
    with office.transaction() as session:
        assert statement.get_file(session, asked.id).status is FileStatus.READ
