"""A whole payroll leaves a trail that tells what was done by whom, and nothing about anybody's name, money or bank."""

from __future__ import annotations

import csv
import io

import pytest
from sqlalchemy import text

from payouts.tasks import clock as ticking
from schemes import audit


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def events(office, sealed, owner):
    """Every event of a payroll from the register to its planned notices, as the database prints it."""
    office.decide_all(sealed.payroll_id)
    office.download(sealed.payroll_id)
    office.record_submission(sealed.payroll_id)
    office.work(leave="notices.send")
    with owner.connect() as connection:
        return connection.scalars(text("SELECT t::text FROM audit_event t ORDER BY id")).all()


def test_no_event_holds_a_name_an_address_or_an_account_of_the_register(events, small_register):
    rows = list(csv.DictReader(io.StringIO(small_register.decode("utf-8-sig"))))
    private = {
        row[column].strip()
        for row in rows
        for column in ("beneficiary_name", "payee_name", "account_name", "email", "account_number", "reference")
        if len(row[column].strip()) > 3
    }
    private |= {row["sort_code"].replace("-", "") for row in rows} - {""}
    assert len(private) > 200
    trail = "\n".join(events)
    assert [word for word in private if word in trail] == []


def test_no_event_holds_an_address_or_a_name_of_the_people_who_did_it(events, office):
    trail = "\n".join(events)
    for person in office.harbour.people.values():
        assert person.email not in trail
        assert person.name not in trail
        assert str(person.person_id) in trail


def test_the_trail_tells_the_payrolls_whole_way_and_verifies(events, office, sealed):
    with office.transaction() as session:
        told = [e.action for e in reversed(audit.trail(session, subject_id=sealed.payroll_id, limit=100))]
    told = [action for action in told if action.startswith(("payroll.", "gate.", "submission.", "notices."))]
    assert told == [
        "payroll.created", "payroll.checked", "payroll.sealing", "payroll.files_sealed", "payroll.sealed",
        "gate.go", "gate.go", "gate.go", "gate.go", "payroll.gates_passed", "payroll.released", "submission.recorded",
        "payroll.submitted", "notices.planned",
    ]  # fmt: skip
    ticking.link_audit(office.service)
    with office.transaction() as session:
        assert audit.verify(session, office.harbour.body_id).faults == []
