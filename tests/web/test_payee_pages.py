"""Adding, correcting and finding payees in the browser."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from schemes.account import accounts_of, open_details
from schemes.payee import Payee
from schemes.person import Role
from schemes.seal import get_key

PERSON = {"name": "Jo Bloggs", "reference": "NEW-000001", "date_of_birth": ["31", "3", "1980"]}
CHILD = {
    "beneficiary_name": "Sam Bloggs",
    "beneficiary_reference": "NEW-000002",
    "evidence": "Birth certificate, seen by Priya",
    "last_day": ["1", "3", "2030"],
}


@pytest.fixture
def start(landed):
    return landed


@pytest.fixture
def payee(office):
    with office.transaction() as session:
        return session.scalars(select(Payee).order_by(Payee.reference).limit(1)).one()


@pytest.fixture
def here(payee):
    return f"/payees/{payee.id}"


@pytest.fixture
def adding(preparer):
    """The preparer at the first question about a new payee."""
    page = preparer.get(preparer.get("/payees").link("Add a payee"))
    assert page.h1 == "Who is the payee?"
    return preparer


def go_on(visitor, question, **typed):
    page = visitor.press("Continue", **typed)
    assert (page.h1, page.errors) == (question, []), "a question is not asked with an error"
    return page


def count_of(office):
    with office.transaction() as session:
        return session.scalar(select(func.count()).select_from(Payee))


def to_the_check(adding):
    go_on(adding, "Whose money do they receive?", **PERSON)
    go_on(adding, "For whom do they receive it?", capacity="parent")
    go_on(adding, "How can they be reached?", **CHILD)
    go_on(adding, "Is every contact safe?", email="jo@example.com", because="The form of 5 January")
    go_on(adding, "How are they paid?", marked="free")
    return go_on(adding, "Check the answers", payment_method="account")


def test_a_payee_is_added_after_every_answer_was_checked(office, adding):
    before = count_of(office)
    page = to_the_check(adding)
    for said in ("31 March 1980", "NEW-000002", "Their parent", "jo@example.com", "1 March 2030"):
        assert said in page.text
    assert count_of(office) == before, "nothing is kept before the last page"
    page = adding.press("Add the payee")
    assert page.h1 == "Propose new bank details"
    assert page.done == ["You added Jo Bloggs. Now propose their bank details"]
    page = adding.get("/payees?search=sam+b&by=beneficiary_name")
    page = adding.get(page.link("NEW-000001"))
    assert page.table("beneficiaries")[0][1].startswith("Sam Bloggs")


def test_a_form_sent_twice_adds_one_payee(office, adding):
    to_the_check(adding)
    before = count_of(office)
    assert [adding.send("Add the payee").status_code for _ in range(2)] == [303, 303]
    assert count_of(office) == before + 1


def test_an_answer_is_put_right_from_the_check_and_the_others_stay(adding):
    to_the_check(adding)
    page = adding.press("Change the payee", to="person")
    assert page.soup.find(id="name")["value"] == "Jo Bloggs"
    page = go_on(adding, "Check the answers", name="Joanna Bloggs")
    assert "Joanna Bloggs" in page.text
    assert "jo@example.com" in page.text


def test_whoever_turns_out_to_be_paid_for_another_is_asked_for_whom(adding):
    go_on(adding, "Whose money do they receive?", **PERSON)
    go_on(adding, "How can they be reached?", capacity="self")
    go_on(adding, "How are they paid?")
    go_on(adding, "Check the answers", payment_method="no_account")
    adding.press("Change whose money", to="capacity")
    page = go_on(adding, "For whom do they receive it?", capacity="parent")
    assert page.errors == [], "nobody answered wrongly yet"
    go_on(adding, "Check the answers", **CHILD)
    page = adding.press("Add the payee")
    assert page.h1 == "Jo Bloggs"
    assert "payrolls list Jo Bloggs as not paid" in page.text


def test_the_next_reference_is_suggested_and_going_back_keeps_what_was_typed(adding):
    assert adding.page.soup.find(id="reference")["value"]
    go_on(adding, "Whose money do they receive?", **PERSON)
    page = adding.press("Go back", to="person")
    assert page.soup.find(id="name")["value"] == "Jo Bloggs"
    assert page.soup.find(id="date_of_birth-day")["value"] == "31"


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ({"name": ""}, "Enter the full name"),
        ({"reference": "no good"}, "letters, numbers"),
        ({"date_of_birth": ["31", "2", "1980"]}, "Enter a real date"),
        ({"date_of_birth": ["31"]}, "Enter a real date"),
        ({"date_of_birth": ["1", "1", "2030"]}, "in the past"),
    ],
)
def test_a_wrong_answer_is_said_on_its_own_page(adding, typed, error):
    page = adding.press("Continue", **PERSON | typed)
    assert (page.status, page.h1) == (422, "Who is the payee?")
    assert len(page.errors) == 1
    assert error in page.errors[0]


def test_a_reference_that_is_taken_is_said_beside_it(adding, payee):
    page = adding.press("Continue", **PERSON | {"reference": payee.reference})
    assert "has this reference already" in page.errors[0]


def test_somebody_in_danger_by_their_post_is_marked_while_they_are_added(adding):
    to_the_check(adding)
    adding.press("Change how they can be reached", to="contacts")
    go_on(adding, "Check the answers", letter="1 High Street\nLeeds\nLS1 4DY")
    adding.press("Change whether every contact is safe", to="safe")
    page = adding.press("Continue", marked="marked", safe=["email"])
    assert page.errors == ["Say why you keep to certain contacts"]
    page = go_on(adding, "Check the answers", safe_because="Asked for at the interview")
    assert "Only by the safe contacts" in page.text
    page = adding.press("Add the payee")
    assert "once someone else confirms it" in page.done[0]
    assert "Asked for at the interview" in adding.get("/changes").text


def test_nothing_about_a_person_stands_in_an_address(adding):
    page = to_the_check(adding)
    assert page.response.request.full_path.rstrip("?") == "/payees/new"


def test_details_are_put_right_and_the_history_tells_who_when_and_what_before(preparer, here, payee):
    preparer.get(preparer.get(here).link("Correct the name"))
    assert preparer.press("Save", name="Zoë Married", reason="").errors == ["Say why you change it"]
    page = preparer.press("Save", name="Zoë Married", reason="Certificate seen")
    assert page.h1 == "Zoë Married"
    page = preparer.get(page.link("See the history"))
    row = page.table("changes")[0]
    assert row[1:] == ["Name", payee.name, "Zoë Married", "Certificate seen"]
    assert "Corrected what the register says of a payee (name)" in page.table("events")[0][2]


def test_a_beneficiary_is_put_right_from_the_payees_page(office, preparer):
    with office.transaction() as session:
        provider = session.scalars(select(Payee).where(Payee.reference.not_like("HIL%")).limit(1)).one()
    page = preparer.get(f"/payees/{provider.id}")
    preparer.get(page.link("Correct the details of"))
    page = preparer.press("Save", name="Zebedee", reason="Misspelt")
    assert any("Zebedee" in row[1] for row in page.table("beneficiaries"))


def test_how_they_are_paid_is_changed_for_a_reason(preparer, here):
    preparer.get(preparer.get(here).link("Change how they are paid"))
    page = preparer.press("Save", method="address_only", reason="She asked for cheques")
    assert page.done == ["You saved how they are paid"]
    assert "Only by post to their address" in page.text


def test_a_mandate_ends_and_another_begins(preparer, here, payee):
    page = preparer.get(preparer.get(here).link("the mandates"))
    preparer.get(page.link("End it"))
    page = preparer.press("End the mandate", last_day=["30", "11", "2026"], reason="Turned 18")
    assert "Turned 18" in page.table("mandates")[0][4]
    reference = page.table("mandates")[0][0].split()[-1]
    preparer.get(page.link("Add a mandate"))
    typed = {"beneficiary_reference": reference, "capacity": "deputy", "evidence": "Court order"}
    page = preparer.press("Save the mandate", **typed, first_day=["30", "11", "2026"])
    assert "in that time already" in page.errors[0]
    page = preparer.press("Save the mandate", **typed, first_day=["1", "12", "2026"])
    assert page.done == ["You saved the mandate"]
    assert "From 1 December 2026" in page.table("mandates")[0][2]
    assert "Not begun" in page.table("mandates")[0][4]
    preparer.get(page.link("Add a mandate"))
    assert (
        "Nobody in the register"
        in preparer.press("Save the mandate", **typed | {"beneficiary_reference": "X"}).errors[0]
    )


def test_a_note_is_read_by_colleagues_but_not_by_whoever_makes_enquiries(signed_in, here):
    releaser = signed_in(Role.RELEASER)
    releaser.get(releaser.get(here).link("Write a note"))
    releaser.press("Save the note", text="She called\nabout Friday")
    assert "She called about Friday" in signed_in(Role.APPROVER).get(here).text


def test_a_search_that_names_no_field_tells_what_it_found_by(office, preparer):
    with office.transaction() as session:
        payee = session.scalars(select(Payee).where(Payee.reference.like("HIL%")).limit(1)).one()
    page = preparer.get(f"/payees?search={payee.reference}")
    assert page.table("reference")[0][:2] == [payee.reference, payee.name]
    assert page.table("beneficiary_reference")
    assert page.soup.find("caption", id="name") is None


def test_a_long_search_goes_on_page_by_page_without_a_name_in_the_pages_address(preparer, monkeypatch):
    monkeypatch.setattr("payouts.web.payee_search.PAGE", 3)
    page = preparer.get("/payees?search=HIL&by=reference")
    seen = [row[0] for row in page.table("payees")]
    while "Next page" in page.text:
        page = preparer.get(page.link("Next page"))
        seen += [row[0] for row in page.table("payees")]
    assert len(seen) == len(set(seen)) > 20
    assert seen == sorted(seen)


def test_an_account_is_found_by_all_of_its_numbers_which_stand_in_no_address(office, signed_in, payee):
    with office.transaction() as session:
        account = accounts_of(session, payee.id)[0]
        key = office.service.seals.open_row(get_key(session, payee.body_id, payee.key_id))
        details = open_details(key, account.id, account.sealed_details)
    finance = signed_in(Role.FINANCE)
    finance.get(finance.get("/payees").link("whole account number"))
    page = finance.press("Find the payees", sort_code=details.sort_code, account_number="1")
    assert page.errors
    typed = {"sort_code": details.sort_code, "account_number": details.account_number}
    page = finance.press("Find the payees", **typed, roll_number=details.roll_number)
    assert payee.reference in [row[0] for row in page.table("payees")]
    assert details.account_number not in page.response.request.full_path
    assert finance.get(f"/payees?search={account.last_four}").table("last_four")


def test_a_preparer_does_not_search_by_whole_accounts(preparer):
    assert "whole account number" not in preparer.get("/payees").text
    assert preparer.get("/payees/by-account").status == 403
