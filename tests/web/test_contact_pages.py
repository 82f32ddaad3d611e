"""How a payee is reached, in the browser."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from schemes import change
from schemes.contact import contacts_of
from schemes.payee import Payee
from schemes.person import Role


@pytest.fixture
def start(landed):
    return landed


@pytest.fixture
def payee(office):
    with office.transaction() as session:
        return session.scalars(select(Payee).where(Payee.email.is_not(None)).order_by(Payee.reference).limit(1)).one()


@pytest.fixture
def here(preparer, payee):
    return preparer.get(f"/payees/{payee.id}").link("how to reach them")


def test_a_contact_is_added_and_then_no_longer_used(preparer, here, payee):
    preparer.get(preparer.get(here).link("Add a contact"))
    typed = {"channel": "letter", "letter": "1 High Street\nLeeds\nls1 4dy", "because": "A letter of 5 January"}
    page = preparer.press("Save the contact", **typed)
    assert page.done == ["You saved the contact"]
    row = page.table("contacts")[0]
    assert row[:2] == ["Letter", "1 High Street Leeds LS1 4DY"]
    assert "A letter of 5 January" in row[3]
    preparer.get(page.link("Stop using it"))
    page = preparer.press("Stop using this contact", because="She has moved")
    assert page.table("ended")[0][4] == "She has moved"


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ({}, "Choose how they can be reached"),
        ({"channel": "email", "because": "x"}, "like name@example.com"),
        ({"channel": "text", "text": "960001", "because": "x"}, "Enter a mobile number"),
        ({"channel": "phone", "phone": "01632 960001"}, "Say where this contact comes from"),
        ({"channel": "letter", "letter": "Leeds", "because": "x"}, "2 lines or more"),
    ],
)
def test_a_contact_that_is_wrong_is_said_beside_its_field(preparer, here, typed, error):
    preparer.get(preparer.get(here).link("Add a contact"))
    page = preparer.press("Save the contact", **typed)
    assert page.status == 422
    assert any(error in said for said in page.errors), page.errors
    assert page.soup.select(".govuk-error-message")


def test_a_form_sent_twice_adds_one_contact(office, preparer, here, payee):
    preparer.get(preparer.get(here).link("Add a contact"))
    for _ in range(2):
        typed = {"channel": "email", "email": "new@example.com", "because": "x"}
        assert preparer.send("Save the contact", **typed).status_code == 303
    with office.transaction() as session:
        assert len(contacts_of(session, payee.id)) == 2


def test_a_payee_marked_safe_contact_says_so_once_two_people_said_so(office, preparer, here, payee):
    preparer.get(preparer.get(here).link("which contacts are safe"))
    page = preparer.press("Propose this", marked="marked", reason="She asked for it")
    assert page.done == ["You proposed how this person may be reached. It counts once someone else confirms it"]
    assert page.link("See the proposal")
    with office.transaction() as session:
        [waiting] = change.waiting(session)
    office.confirm_change(waiting.id)
    page = preparer.get(here)
    assert "None is marked, so nobody writes to them" in page.text
    assert page.table("contacts")[0][1].endswith("Don’t use")
    assert "Only by the contacts marked safe" in preparer.get(f"/payees/{payee.id}").text


def test_how_they_want_to_be_written_to_is_saved(preparer, here):
    preparer.get(preparer.get(here).link("Change how they want"))
    page = preparer.press("Save", channel="letter", format="large_print", language="welsh")
    assert "Large print" in page.text
    assert "Welsh" in page.text


def test_who_may_not_change_contacts_reads_them(signed_in, payee):
    page = signed_in(Role.APPROVER).get(f"/payees/{payee.id}/contacts")
    assert page.table("contacts")[0][1] == payee.email
    assert "Add a contact" not in page.text
    assert signed_in(Role.FINANCE).get(f"/payees/{payee.id}/contacts/new").status == 403
