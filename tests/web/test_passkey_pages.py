"""Adding, using and removing a passkey in the browser; and the rule by which a gate takes nothing else."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from payouts.gates.decision import decisions_of
from payouts.notices.staff import StaffEvent, StaffMessage
from schemes import before_body
from schemes.audit import trail
from schemes.change import ChangeKind, waiting_of
from schemes.passkey import live_passkeys
from schemes.person import DEMO_PASSWORD, Role
from tests.authenticator import Authenticator
from tests.passkeys import give_passkey
from tests.web.visitor import Page, values_of


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def here(sealed):
    return f"/payrolls/{sealed.payroll_id}"


def answered(person, answer):
    """What the page's script does: the passkey's answer to what the page asks for, sent with its form."""
    form = person.page.soup.select_one("form[data-passkey]")
    filled = values_of(form) | {"answer": answer(form["data-passkey-options"])}
    address = form.get("action") or person.page.response.request.path
    person.page = Page(person.client.post(address, data=filled, follow_redirects=True, buffered=True))
    return person.page


def told(office):
    with office.transaction() as session:
        return session.scalars(select(StaffMessage.event)).all()


def acts_about(office, person):
    with office.transaction() as session:
        return [event.action for event in trail(session, subject_id=person.person_id, limit=10)]


def add(person, key, *, name="Blue key", **filled):
    person.get("/account/passkeys")
    person.get(person.page.link("Add a passkey"))
    page = person.press("Continue", **{"name": name, "password": DEMO_PASSWORD, "code": person.code(), **filled})
    return page if page.errors else answered(person, key.make)


def test_a_passkey_is_added_with_password_and_code_told_and_removed(signed_in, office):
    person, approver = signed_in(Role.APPROVER), office.person(Role.APPROVER)
    assert "Check your password and code" in add(person, Authenticator(), password="wrong words").errors[0]
    assert "Check your password and code" in add(person, Authenticator(), code="000000").errors[0]
    assert "Enter a name" in add(person, Authenticator(), name="").errors[0]
    assert "another address" in add(person, Authenticator(origin="https://evil.example")).errors[0]
    page = add(person, Authenticator())
    assert page.done == ["You added the passkey. It signs decisions after 24 hours"]
    assert page.table("passkeys")[0][0].startswith("Blue key New")
    assert told(office) == [StaffEvent.PASSKEYS_CHANGED] * 2, "the approver and the administrator"
    assert acts_about(office, approver)[0] == "person.passkey_added"
    person.get(person.page.link("Remove"))
    assert person.press("Remove the passkey", password=DEMO_PASSWORD, code="000000").errors
    assert person.press("Remove the passkey", password=DEMO_PASSWORD, code=person.code()).done
    assert "You have none" in person.page.text
    assert acts_about(office, approver)[0] == "person.passkey_removed"
    with office.transaction() as session:
        assert live_passkeys(session, approver.person_id) == []


@pytest.fixture
def at_the_gate(signed_in, here, office):
    """The preparer, who has a passkey, at the first gate."""
    key = give_passkey(office, office.person(Role.PREPARER))
    person = signed_in(Role.PREPARER)
    person.get(person.get(here).link("Decide"))
    return person, key


def test_whoever_has_a_passkey_sees_what_they_sign_and_signs_it(at_the_gate, office, sealed, here):
    person, key = at_the_gate
    page = person.press("Continue", verdict="go", reason="two\r\nlines")
    assert page.h1 == "Sign your decision with a passkey"
    back = person.press("Change your answers", change="1")
    assert back.status == 200
    assert back.soup.find(id="reason").get_text().split() == ["two", "lines"]
    person.press("Continue")
    assert answered(person, key.sign).done == ["You said go at Ready"]
    with office.transaction() as session:
        [decision] = decisions_of(session, sealed.payroll_id)
    assert decision.is_genuine()
    assert decision.passkey["site"] == "localhost"
    page = person.get(f"{here}/decisions/{decision.id}")
    assert "A passkey, for localhost" in page.text
    assert "Right for all that stands here" in page.text


def test_a_passkey_that_was_asked_something_else_decides_nothing(at_the_gate, office, sealed):
    person, key = at_the_gate
    person.press("Continue", verdict="go")
    for name, slipped_in in (("verdict", "no_go"), ("reason", "slipped in")):
        person.page.soup.find("input", {"name": name})["value"] = slipped_in
    assert "Something changed after your passkey was asked" in answered(person, key.sign).errors[0]
    with office.transaction() as session:
        assert decisions_of(session, sealed.payroll_id) == []


def test_a_copied_passkey_decides_nothing_is_removed_and_told(at_the_gate, office, sealed):
    person, key = at_the_gate
    person.press("Continue", verdict="go")
    with office.service.transaction(None) as session:
        [row] = live_passkeys(session, office.person(Role.PREPARER).person_id)
        assert before_body.use_passkey(session, office.person(Role.PREPARER).person_id, row.id, 9, row.made_at)
    assert "There seem to be two of this passkey" in answered(person, key.sign).errors[0]
    with office.transaction() as session:
        assert decisions_of(session, sealed.payroll_id) == []
        assert live_passkeys(session, office.person(Role.PREPARER).person_id) == []
    assert told(office) == [StaffEvent.PASSKEYS_CHANGED] * 3, "the preparer, the approver and the administrator"
    assert acts_about(office, office.person(Role.PREPARER))[0] == "person.passkey_copied"


def test_the_rule_is_proposed_by_an_administrator_and_counts_once_another_confirms(signed_in, office):
    give_passkey(office, office.person(Role.APPROVER))
    admin = signed_in(Role.ADMINISTRATOR)
    admin.get(admin.get("/settings").link("See the rule about passkeys"))
    assert [row[2] for row in admin.page.table("deciders") if "approver" in row[1]] == ["Yes"]
    admin.get(admin.page.link("Propose a change"))
    assert admin.press("Propose the change", kinds=["approve"]).errors == ["Say why you propose this change"]
    page = admin.press("Propose the change", kinds=["approve"], reason="more money")
    assert page.done == ["You proposed the change. It counts once somebody else confirms it"]
    assert "Approve" in page.text
    with office.transaction() as session:
        waiting = waiting_of(session, ChangeKind.PASSKEYS, office.harbour.body_id)
    office.confirm_change(waiting.id, by=office.person(Role.APPROVER))
    assert "Needed for a go at Approve" in admin.get("/settings").text


def test_a_gate_that_takes_a_passkey_says_so_to_whoever_has_none_and_takes_their_no_go(signed_in, office, here, owner):
    with owner.begin() as connection:
        connection.execute(text("UPDATE gate SET needs_passkey = true"))
    person = signed_in(Role.PREPARER)
    page = person.get(person.get(here).link("Decide"))
    assert "only when it is signed with a passkey. You have none" in page.text
    assert person.press("Sign the decision", verdict="go", code=person.code()).errors == [
        "A go at this gate is signed with a passkey"
    ]
    assert person.press("Sign the decision", verdict="no_go", reason="wrong", code=person.code()).done
