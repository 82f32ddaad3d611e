"""A sandbox asks to go live; only whoever holds the key of the tables' owner says yes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from payouts.cli import payouts
from payouts.commands import ground
from payouts.first_hour import practice
from payouts.going_live import answering, asking, readiness
from payouts.going_live.answering import OtherList
from payouts.going_live.asking import NotReady, OnlyPractises, RequestState
from payouts.going_live.readiness import SAID, NotSaid, Point
from payouts.notices.staff import StaffEvent, StaffMessage, is_sent_really
from payouts.payroll import Payroll
from schemes import before_body
from schemes.body import BodyKind, get_body
from schemes.change import ChangedSince
from schemes.database import new_id
from schemes.errors import NotAllowed, NotFound, NotNow, SamePerson
from schemes.person import Actor, Membership, Role
from tests.going_live import answer, ask, go_live, make_ready, with_live_notify


@pytest.fixture
def start(sealed):
    return sealed


def rows(office):
    with office.transaction() as session:
        return {row.point: row for row in readiness.checklist(session, office.service)}


def say(office, point, words, by=None):
    with office.transaction() as session:
        by = by or office.person(Role.ADMINISTRATOR)
        readiness.say(session, point, words, by=by, at=office.service.now())


def test_what_people_say_counts_and_what_the_service_looks_up_cannot_be_said(office, owner):
    for point in SAID:
        assert not rows(office)[point].done
    say(office, Point.TRAINED, "All four have decided in a rehearsal")
    assert rows(office)[Point.TRAINED].done
    say(office, Point.TRAINED, "")
    assert not rows(office)[Point.TRAINED].done, "the newest word counts"
    with pytest.raises(NotSaid):
        say(office, Point.REHEARSED, "We think so")
    with pytest.raises(NotAllowed):
        say(office, Point.TRAINED, "x", by=office.person(Role.PREPARER))
    before = rows(office)
    assert (before[Point.REHEARSED].number, before[Point.BANK_PROFILE].done) == (0, False)
    assert before[Point.BANK_PROFILE].lacks, "the account that no rehearsal went through is named"
    office = with_live_notify(office)
    make_ready(office, owner)
    assert [row.point for row in rows(office).values() if not row.done] == []


def test_practice_colleagues_are_no_people_of_the_way_to_live(office):
    at = office.service.now()
    with office.transaction() as session:
        by, ring = office.person(Role.ADMINISTRATOR), office.service.seals.ring
        practice.add_colleagues(session, ring, by=by, at=at)
        colleague = before_body.practice_people(session, by.body_id)[0][0]
        assert readiness.looked_up(session)[Point.ADMINISTRATORS].number == 1
        with pytest.raises(NotFound):
            readiness.give(session, Point.TRAINED, colleague.id, by=by, at=at)
        made_up = Actor(colleague.id, by.body_id, "P", colleague.email, frozenset({Role.ADMINISTRATOR}))
        with pytest.raises(OnlyPractises):
            asking.must_be_real(session, made_up)


def test_a_sandbox_that_is_not_ready_does_not_ask(office):
    with pytest.raises(NotReady):
        ask(office)


def test_two_administrators_ask_for_the_list_that_both_saw(office, owner):
    office = with_live_notify(office)
    second, change_id = make_ready(office, owner), new_id()
    assert ask(office, change_id=change_id).id == ask(office, change_id=change_id).id
    with pytest.raises(SamePerson):
        office.confirm_change(change_id, by=office.person(Role.ADMINISTRATOR))
    with pytest.raises(NotAllowed):
        office.confirm_change(change_id, by=office.person(Role.APPROVER))
    say(office, Point.SUPPORT, "Call Priya")
    with pytest.raises(ChangedSince):
        office.confirm_change(change_id, by=second)
    say(office, Point.SUPPORT, "The bank wrote on 3 November", by=second)
    office.confirm_change(change_id, by=second)
    with office.transaction() as session:
        asked = asking.newest_request(session)
        assert asked.checklist[Point.SUPPORT]["said"]["words"] == "The bank wrote on 3 November"
        assert asking.state_of(session, asked) is RequestState.ASKED
    with pytest.raises(NotNow):
        ask(office)
    with office.transaction() as session:
        asking.withdraw(session, by=second, at=office.service.now())
    with pytest.raises(NotNow):
        answer(office)
    assert ask(office).is_waiting, "what was taken back is asked anew"


def test_an_approval_makes_a_live_body_of_the_real_administrators_and_of_nothing_else(office, owner):
    office, live_id, second = go_live(office, owner)
    with office.service.transaction(live_id) as session:
        body = get_body(session)
        assert (body.kind, body.name, body.contact_email) == (BodyKind.LIVE, "Harbour Fund", "pay@harbour.example")
        held = {(row.person_id, row.role) for row in session.scalars(select(Membership))}
        first = office.person(Role.ADMINISTRATOR).person_id
        assert held == {(first, Role.ADMINISTRATOR), (second.person_id, Role.ADMINISTRATOR)}
        assert session.scalar(select(func.count()).select_from(Payroll)) == 0
        assert answering.sandbox_of(session) == office.harbour.body_id
    with office.transaction() as session:
        assert asking.state_of(session, asking.newest_request(session)) is RequestState.APPROVED
        told = session.scalars(select(StaffMessage).where(StaffMessage.event == StaffEvent.GO_LIVE_DECIDED)).all()
        assert len(told) == 2
        assert is_sent_really(office.service, StaffEvent.GO_LIVE_DECIDED), "an answer leaves the sandbox"
    with pytest.raises(NotNow):
        answer(office)


def test_an_answer_is_about_the_list_that_the_operator_read(office, owner):
    office = with_live_notify(office)
    second = make_ready(office, owner)
    office.confirm_change(ask(office).id, by=second)
    with pytest.raises(OtherList):
        answer(office, list_digest="0" * 64)
    with owner.begin() as connection:
        connection.execute(text("ALTER TABLE go_live_request DISABLE TRIGGER USER"))
        connection.execute(
            text("UPDATE go_live_request SET checklist = jsonb_set(checklist, '{trained,done}', 'false')")
        )
    with pytest.raises(OtherList):
        answer(office)


SAY_YES = (
    "INSERT INTO go_live_decision VALUES (:id, true, 'me', 'me', now(), :body, :id)",
    "INSERT INTO rehearsed_in VALUES (:body, 'me', now(), :body, :id)",
    "UPDATE go_live_request SET checklist = '{}', digest = ''",
)


def test_no_process_of_the_app_can_say_yes(office):
    for statement in SAY_YES:
        with pytest.raises(DBAPIError, match="permission denied"), office.transaction() as session:
            session.execute(text(statement), {"body": office.harbour.body_id, "id": new_id()})


def test_the_operator_decides_by_command_with_the_owners_key_alone(office, owner, monkeypatch, make_settings):
    office = with_live_notify(office)
    second = make_ready(office, owner)
    office.confirm_change(ask(office).id, by=second)
    monkeypatch.setattr(ground, "service", lambda: office.service)
    body = ["--body", "Harbour"]

    def run(*words):
        return CliRunner().invoke(payouts, ["body", "go-live", *words])

    assert "asked\tHarbour Fund" in run("list").output
    shown = run("show", *body).output
    digest = shown.rpartition("digest\t")[2].strip()
    assert "The bank wrote on 3 November" in shown
    assert "done\trehearsed" in run("checklist", *body).output
    said = ["--operator", "Oz", "--words", "Not yet", "--digest", digest[:12], *body]
    assert run("decline", *[*said[:5], "ab", *body]).exit_code == 1
    made = run("decline", *said)
    assert made.output == "Declined.\n", made.output
    with office.transaction() as session:
        assert asking.decision_on(session, asking.newest_request(session)).words == "Not yet"
    without = replace(office.service, settings=make_settings(owner_database_url=""))
    monkeypatch.setattr(ground, "service", lambda: without)
    refused = run("approve", *said)
    assert (refused.exit_code, "OWNER_DATABASE_URL" in refused.output) == (1, True)
