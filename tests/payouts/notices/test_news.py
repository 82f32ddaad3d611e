"""What the people who work here are told without asking, in the words that count: each once, and of what is so."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from payouts import when
from payouts.notices import news, staff_fields, staff_wording
from payouts.notices.lint import Fault, WordingRefused
from payouts.notices.staff import StaffEvent, StaffMessage
from payouts.notices.staff_wording import FIELDS, StaffText, defaults
from payouts.notices.words import HOLDS, Words, fields_in, fill
from payouts.payment import Payment
from payouts.returns import returned
from payouts.tasks.outbox import Task
from schemes.database import new_id
from schemes.errors import NotAllowed, SamePerson
from schemes.imports.register_import import RegisterImport
from schemes.person import Role
from schemes.seal import get_key


@pytest.fixture
def start(sealed):
    return sealed


def told(office, event):
    with office.transaction() as session:
        return session.scalars(select(StaffMessage.id).where(StaffMessage.event == event)).all()


def read(office, event):
    """What the messages of an event say: subject and text."""
    with office.transaction() as session:
        found = session.scalars(select(StaffMessage).where(StaffMessage.event == event)).all()
        keys = [office.service.seals.open_row(get_key(session, each.body_id, each.key_id)) for each in found]
        opened = zip(found, keys, strict=True)
        said = [json.loads(key.open(each.sealed_content, "staff_message", each.id)) for each, key in opened]
    return [(each["subject"], each["text"]) for each in said]


def propose(office, text, words, by=None):
    by = by or office.person(Role.FINANCE)
    with office.transaction() as session:
        facts = {"change_id": new_id(), "reason": "shorter", "by": by, "at": office.service.now()}
        return staff_wording.propose(session, text, words, **facts).id


def test_the_words_that_come_with_the_service_use_only_fields_that_are_filled():
    for text, words in defaults().items():
        assert set(fields_in(words.subject + words.body)) <= FIELDS[text]
        filled = fill(words, dict.fromkeys(FIELDS[text], HOLDS))
        assert "((" not in filled.subject + filled.body


def test_a_bodys_own_words_count_once_a_second_person_confirmed_them(office, sealed):
    words = Words("Nº ((payroll)) went", "((payments)) for ((pay_date)): ((link))")
    change_id = propose(office, StaffText.RELEASED, words)
    with pytest.raises(SamePerson):
        office.confirm_change(change_id, by=office.person(Role.FINANCE))
    with pytest.raises(NotAllowed):
        propose(office, StaffText.NO_GO, words, by=office.person(Role.RELEASER))
    with office.transaction() as session:
        assert staff_wording.words_of(session, StaffText.RELEASED) == defaults()[StaffText.RELEASED]
    office.confirm_change(change_id, by=office.person(Role.APPROVER))
    office.decide_all(sealed.payroll_id)
    office.work(leave="staff.send")
    subject, text = read(office, StaffEvent.RELEASED)[0]
    assert subject == "Nº 1 went"
    assert text.startswith("47 payments for 25 November 2026: http")


def test_words_with_a_field_that_nothing_fills_are_refused_and_shown_in_the_preview(office):
    wrong = Words(" ", "((payrol)) by ((due")
    with pytest.raises(WordingRefused) as refused:
        propose(office, StaffText.GATE_WAITING, wrong)
    faults = [(fault.fault, fault.place) for fault in refused.value.faults]
    assert faults == [(Fault.EMPTY, "subject"), (Fault.UNKNOWN_FIELD, "body"), (Fault.BRACKETS, "body")]
    with office.transaction() as session:
        facts = {"at": office.service.now()}
        seen, found = staff_fields.preview(session, office.service, StaffText.GATE_WAITING, wrong, **facts)
    assert (seen.body, found) == (" by ((due".strip(), list(refused.value.faults))


def test_times_read_alike_in_messages_and_on_pages():
    assert when.deadline(datetime(2026, 11, 23, 15, 4, tzinfo=UTC)) == "3:04pm on Monday 23 November"
    assert when.instant(datetime(2026, 7, 1, 11, tzinfo=UTC)) == "1 July 2026 at midday"


def test_all_who_took_part_hear_once_that_a_payroll_is_released(office, sealed):
    office.decide_all(sealed.payroll_id)
    office.work()
    first = told(office, StaffEvent.RELEASED)
    assert len(first) >= 4
    with office.transaction() as session:
        task = session.scalars(select(Task).where(Task.kind == "staff.tell")).one()
        assert task.once == f"staff.tell/released/{sealed.payroll_id}"


def test_finance_hears_once_a_day_that_payments_came_back(office, sealed):
    at = office.service.now()
    for later in (timedelta(0), timedelta(hours=1)):
        with office.transaction() as session:
            ids = session.scalars(select(Payment.id).order_by(Payment.ordinal).limit(2)).all()
            returned.open_cases(session, ids, by=None, at=at + later)
    office.work()
    assert len(told(office, StaffEvent.RETURNS_ARRIVED)) == 1


def test_only_an_import_that_took_long_is_news(office):
    with office.transaction() as session:
        brought = session.scalars(select(RegisterImport)).first()
        assert not news.is_news(brought, at=brought.step_asked_at + timedelta(seconds=30))
        assert news.is_news(brought, at=brought.step_asked_at + news.LONG_IMPORT)
        news.tell(session, office.service, {"event": "import_finished", "about": str(brought.id)})
    assert len(told(office, StaffEvent.IMPORT_FINISHED)) == 1
