"""The page of a body's rules for bank details, and how an administrator proposes others."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from payouts.confirmation.codes import Code
from schemes import cooling_off, name_policy
from schemes.change import Change, ChangeKind
from schemes.cooling_off import CoolingOff
from schemes.name_policy import Meaning
from schemes.payee import Payee
from schemes.person import Role
from tests.web.test_bank_details_pages import CALLED, TYPED
from tests.web.test_every_page import faults_of

WANTED = {"first_days": "1", "ordinary_days": "3", "high_days": "6", "reason": "Two frauds near us"}


@pytest.fixture
def start(landed):
    return landed


@pytest.fixture
def administrator(signed_in):
    return signed_in(Role.ADMINISTRATOR)


def test_a_proposed_cooling_off_counts_once_a_second_person_confirms_it(administrator, signed_in, office):
    page = administrator.get("/bank-details-rules")
    administrator.get(page.link("Propose another cooling-off"))
    page = administrator.press("Propose this cooling-off", **WANTED)
    assert page.done == ["You proposed another cooling-off. It counts once someone else confirms it"]
    assert page.soup.dl.get_text(" ", strip=True).count("0 working days") == 1
    approver = signed_in(Role.APPROVER)
    approver.get(approver.get("/bank-details-rules").link("See the change"))
    approver.press("Save the decision", decision="confirm", code=approver.code())
    with office.transaction() as session:
        assert cooling_off.current(session) == CoolingOff(1, 3, 6)
    assert "6 working days" in approver.get("/bank-details-rules").text


def test_a_form_sent_twice_proposes_once(administrator, office):
    administrator.get("/bank-details-rules/cooling-off")
    for _ in range(2):
        assert administrator.send("Propose this cooling-off", **WANTED).status_code == 303
    with office.transaction() as session:
        assert len(session.scalars(select(Change)).all()) == 1


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"first_days": "21"}, "Enter a number of working days from 0 to 20"),
        ({"ordinary_days": "two"}, "Enter a number of working days from 0 to 20"),
        ({"high_days": "2"}, "Risky changes can’t be used sooner than others. Enter at least as many days for them"),
        ({"reason": ""}, "Say why you propose this change"),
        ({"first_days": "0", "ordinary_days": "2", "high_days": "2"}, "This is how it is now"),
    ],
)
def test_what_cannot_be_proposed_is_told(administrator, changes, says):
    administrator.get("/bank-details-rules/cooling-off")
    page = administrator.press("Propose this cooling-off", **WANTED | changes)
    assert page.status == 422
    assert page.errors[0].startswith(says)
    assert faults_of(page) == []


def test_whoever_is_no_administrator_reads_the_rules_and_may_not_change_them(preparer):
    page = preparer.get("/bank-details-rules")
    assert "An administrator can propose another cooling-off" in page.text
    assert preparer.get("/bank-details-rules/cooling-off").status == 403


POLICY = {
    "close": "allow", "no_match": "block", "switched": "reason", "unable": "reason", "not_asked": "allow",
    "ask_on_entry": "no", "good_for_days": "30", "match_confirms": "no", "reason": "Fraud near us",
}  # fmt: skip


def test_what_answers_mean_counts_once_a_second_person_confirms_it(administrator, signed_in, office):
    administrator.get(administrator.get("/bank-details-rules").link("Propose what the answers mean"))
    assert faults_of(administrator.page) == []
    page = administrator.press("Propose this policy", **POLICY | {"good_for_days": "0", "close": ""})
    assert page.errors == ["Choose what this answer means", "Enter a number of days from 1 to 365"]
    page = administrator.press("Propose this policy", **POLICY)
    assert page.done == ["You proposed another policy. It counts once someone else confirms it"]
    approver = signed_in(Role.APPROVER)
    page = approver.get(approver.get("/bank-details-rules").link("See the change of the policy"))
    rows = {row[0]: row[1:] for row in page.table("rows")}
    assert rows["No match"] == ["Needs a reason", "Stops"]
    approver.press("Save the decision", decision="confirm", code=approver.code())
    with office.transaction() as session:
        policy = name_policy.current(session)
    assert (policy.no_match, policy.ask_on_entry, policy.good_for_days) == (Meaning.BLOCK, False, 30)


def test_the_second_person_sees_what_the_bank_said_and_says_why_it_is_right(signed_in, preparer, office):
    with office.transaction() as session:
        payee_id = session.scalars(select(Payee.id).order_by(Payee.reference)).first()
    address = f"/payees/{payee_id}/bank-details"
    preparer.get(f"{address}/new")
    preparer.press("Propose these bank details", **TYPED)
    office.note_confirmation(payee_id, Code.MBAM)
    finance = signed_in(Role.FINANCE)
    page = finance.get(finance.get(address).link("Confirm or reject version 2"))
    assert "The bank holds “M Changed”." in page.text
    page = finance.press("Continue", **CALLED)
    assert page.errors == ["Say why the bank details are right, whatever the bank said about the name"]
    assert page.link("Say why the bank details are right") == "#because"
    page = finance.press("Continue", **CALLED | {"because": "Saw a bank statement"})
    assert "Saw a bank statement" in page.text


def test_what_the_policy_blocks_is_not_offered_and_is_refused(signed_in, preparer, office):
    with office.transaction() as session:
        payee_id = session.scalars(select(Payee.id).order_by(Payee.reference)).first()
    address = f"/payees/{payee_id}/bank-details"
    preparer.get(f"{address}/new")
    preparer.press("Propose these bank details", **TYPED)
    finance = signed_in(Role.FINANCE)
    finance.get(finance.get(address).link("Confirm or reject version 2"))
    office.note_confirmation(payee_id, Code.AC01)
    page = finance.press("Continue", **CALLED)
    assert page.status == 422
    assert "these can’t be confirmed" in page.text
    assert [radio["value"] for radio in page.soup.select("input[type=radio]")] == ["reject"]


def test_the_second_person_sees_the_risk_and_why(signed_in, preparer, office):
    with office.transaction() as session:
        cooling_off.set_to(session, CoolingOff(0, 2, 5), at=office.service.now())
    address = preparer.get("/payees").link("HILF-00001")
    preparer.get(f"{address}/bank-details/new")
    preparer.press("Propose these bank details", **TYPED | {"came_by": "email"})
    finance = signed_in(Role.FINANCE)
    page = finance.get(finance.get(f"{address}/bank-details").link("Confirm or reject version 2"))
    assert "High risk The cooling-off is 5 working days." in page.text
    assert "They came by email, and anybody can write from somebody else’s address" in page.text
    assert "Used for files that leave on or after Monday 30 November 2026" in page.text
    assert "Monday 30 November 2026" in finance.press("Continue", **CALLED).text


def test_pages_tell_that_a_match_confirmed_an_account_and_by_which_rule(administrator, preparer, office, owner):
    administrator.get("/bank-details-rules/names")
    page = administrator.press("Propose this policy", **POLICY | {"match_confirms": "yes"})
    assert page.errors == ["A match can only confirm where each change is checked with the bank when it is proposed"]
    administrator.press("Propose this policy", **POLICY | {"match_confirms": "yes", "ask_on_entry": "yes"})
    with office.transaction() as session:
        waiting = session.scalars(select(Change).where(Change.kind == ChangeKind.NAME_POLICY)).one()
        payee_id = session.scalars(select(Payee.id).order_by(Payee.reference)).first()
    office.confirm_change(waiting.id, by=office.person(Role.APPROVER))
    office.note_confirmation(payee_id, Code.MATC)
    with owner.begin() as connection:
        by_rule = "confirmed_by = NULL, import_id = NULL, confirmed_under = (SELECT id FROM name_policy)"
        connection.execute(text(f"UPDATE account SET {by_rule} WHERE payee_id = :id"), {"id": payee_id})
    assert "Confirmation of Payee match under rule number 1" in preparer.get(f"/payees/{payee_id}").text
    page = preparer.get(f"/payees/{payee_id}/bank-details")
    assert "Confirmation of Payee: a match, under the body’s rule number 1" in page.text
    assert faults_of(page) == []
