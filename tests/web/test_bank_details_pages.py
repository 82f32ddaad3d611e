"""Changing a payee's bank details in the browser: propose, call back, confirm, wait; stop; see them in full."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from schemes import cooling_off
from schemes.account import Account
from schemes.audit import AuditEvent
from schemes.cooling_off import CoolingOff
from schemes.database import new_id
from schemes.disowned import disown
from schemes.payee import Payee
from schemes.person import Role
from schemes.unmasking import Unmasking

TYPED = {
    "holder_name": "M Changed",
    "sort_code": "20-29-59",
    "account_number": "63748472",
    "roll_number": "",
    "came_by": "letter",
}
CALLED = {
    "spoke_to": "Margaret herself",
    "contact": "01234 567890",
    "held_since": ["5", "1", "2026"],
    "decision": "confirm",
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
    return f"/payees/{payee.id}/bank-details"


@pytest.fixture
def proposed(preparer, here):
    preparer.get(f"{here}/new")
    page = preparer.press("Propose these bank details", **TYPED)
    assert page.done == ["You proposed new bank details. Someone else calls the payee back and confirms them"]
    return page


def states(page):
    return [heading.get_text(" ", strip=True) for heading in page.soup.select("h2") if heading.strong]


def decide(person, here):
    return person.get(person.get(here).link("Confirm or reject version 2"))


def test_a_change_goes_from_a_preparer_over_a_call_to_its_first_day(signed_in, proposed, here, payee):
    assert states(proposed) == ["Version 2 Not confirmed", "Version 1 In use"]
    finance = signed_in(Role.FINANCE)
    home = finance.get("/")
    assert home.steps[f"Bank details of {payee.name}"] == "Waiting"
    page = decide(finance, here)
    assert "Used for files that leave on or after Wednesday 25 November 2026" in page.text
    page = finance.press("Continue", **CALLED)
    assert page.done == ["You confirmed the bank details"]
    assert states(page) == ["Version 2 Cooling off", "Version 1 In use"]
    assert "spoke to Margaret herself on 01234 567890, held since 5 January 2026" in page.text
    assert f"Bank details of {payee.name}" not in finance.get("/").steps


def test_what_is_typed_wrong_is_told_beside_its_field(preparer, here):
    preparer.get(f"{here}/new")
    page = preparer.press("Propose these bank details")
    assert page.errors == [
        "Enter the name on the account",
        "Enter the sort code",
        "Enter the account number",
        "Choose how the new details reached you",
    ]
    page = preparer.press("Propose these bank details", **TYPED | {"account_number": "63748473"})
    assert page.status == 422
    assert page.errors[0].startswith("The sort code and account number don’t fit together")
    assert page.link("don’t fit together") == "#account_number"
    page = preparer.press("Propose these bank details", **TYPED | {"sort_code": "20295"})
    assert page.link("Enter a sort code of 6 digits") == "#sort_code"


def test_a_proposal_sent_twice_is_one_version(preparer, here, office, payee):
    preparer.get(f"{here}/new")
    for _ in range(2):
        assert preparer.send("Propose these bank details", **TYPED).status_code == 303
    with office.transaction() as session:
        assert len(session.scalars(select(Account).where(Account.payee_id == payee.id)).all()) == 2


def test_a_second_change_is_told_to_wait(preparer, proposed, here):
    assert "Only one change can wait at a time" in preparer.get(f"{here}/new").text
    assert preparer.press("Propose these bank details", **TYPED).errors == [
        "A change of this payee’s bank details waits already. It has to be confirmed or rejected first"
    ]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"spoke_to": ""}, "Enter who you spoke to"),
        ({"contact": ""}, "Enter the contact on which you reached them"),
        ({"held_since": ["", "", ""]}, "Enter the day since which you hold this contact"),
        ({"held_since": ["31", "2", "2026"]}, "Enter a real date, as day, month and year"),
        ({"held_since": ["1", "11", "2026"]}, "Call on a contact that you have held since 24 October 2026 or longer"),
        ({"decision": "urgent"}, "Say why you use these bank details at once"),
        ({"decision": "reject"}, "Say why you reject these bank details"),
        ({"decision": "x"}, "Not a valid choice."),
    ],
)
def test_a_decision_that_is_not_complete_changes_nothing(signed_in, proposed, here, changes, says):
    finance = signed_in(Role.FINANCE)
    decide(finance, here)
    page = finance.press("Continue", **CALLED | changes)
    assert (page.status, page.errors) == (422, [says])
    assert states(finance.get(here)) == ["Version 2 Not confirmed", "Version 1 In use"]


def test_an_urgent_change_is_used_at_once_and_says_why(signed_in, proposed, here):
    finance = signed_in(Role.FINANCE)
    decide(finance, here)
    page = finance.press("Continue", **CALLED | {"decision": "urgent", "reason": "The old account is frozen"})
    assert states(page) == ["Version 2 In use", "Version 1 Replaced"]
    assert "The old account is frozen" in page.text


def test_a_cooling_off_is_waived_later(signed_in, proposed, here):
    finance = signed_in(Role.FINANCE)
    decide(finance, here)
    finance.press("Continue", **CALLED)
    approver = signed_in(Role.APPROVER)
    approver.get(approver.get(here).link("Use version 2 at once"))
    assert approver.press("Waive the cooling-off").errors == ["Say why"]
    page = approver.press("Waive the cooling-off", reason="Rent is due")
    assert states(page) == ["Version 2 In use", "Version 1 Replaced"]


def test_a_change_is_rejected_with_a_reason_and_without_a_call(signed_in, proposed, here):
    finance = signed_in(Role.FINANCE)
    decide(finance, here)
    page = finance.press("Continue", decision="reject", reason="She knew nothing of it")
    assert states(page) == ["Version 2 Rejected", "Version 1 In use"]
    assert "She knew nothing of it" in page.text


def test_whoever_proposed_can_only_withdraw(preparer, proposed, here):
    page = preparer.get(preparer.get(here).link("Withdraw version 2"))
    assert "someone else must confirm" in page.text
    assert [radio["value"] for radio in page.soup.select("input[type=radio]")] == ["reject"]
    assert preparer.press("Continue", decision="confirm").errors == ["Not a valid choice."]
    assert states(preparer.press("Continue", decision="reject", reason="Wrong payee"))[0] == "Version 2 Rejected"


def test_payments_into_a_compromised_account_are_stopped_by_one_person(preparer, here):
    preparer.get(preparer.get(here).link("Stop payments into version 1"))
    assert preparer.press("Stop payments").errors == ["Choose what happened to the account"]
    page = preparer.press("Stop payments", stopped_as="compromised")
    assert states(page) == ["Version 1 Compromised"]
    assert "Stop payments into version 1" not in page.text


def test_numbers_in_full_need_a_reason_and_stand_in_no_address(signed_in, proposed, here, office):
    finance = signed_in(Role.FINANCE)
    page = finance.get(finance.get(here).link("See version 2 in full"))
    assert "63748472" not in page.response.get_data(as_text=True)
    assert finance.press("Show the whole number").errors == ["Say why"]
    page = finance.press("Show the whole number", reason="Compare with the letter")
    assert "63748472" in page.text
    assert "20-29-59" in page.text
    assert page.response.headers["Cache-Control"] == "no-store"
    assert "63748472" not in finance.get(f"{page.response.request.path}").response.get_data(as_text=True)
    assert finance.get(here).table("looks")[0][3] == "Compare with the letter"
    with office.transaction() as session:
        assert session.scalars(select(AuditEvent).where(AuditEvent.action == "bank_details.unmasked")).one()
        assert len(session.scalars(select(Unmasking)).all()) == 1


@pytest.mark.parametrize(
    ("role", "path"),
    [
        (Role.PREPARER, "full"),
        (Role.RELEASER, "full"),
        (Role.PREPARER, "waive"),
        (Role.FINANCE, "new"),
    ],
)
def test_what_a_role_may_not_do_is_not_offered_and_is_refused(signed_in, here, office, payee, role, path):
    with office.transaction() as session:
        account_id = session.scalars(select(Account.id).where(Account.payee_id == payee.id)).one()
    address = f"{here}/new" if path == "new" else f"{here}/{account_id}/{path}"
    person = signed_in(role)
    assert person.get(address).status == 403
    assert address not in person.get(here).response.get_data(as_text=True)


def test_the_account_of_another_day_is_told(signed_in, proposed, here):
    finance = signed_in(Role.FINANCE)
    decide(finance, here)
    finance.press("Continue", **CALLED)
    for day, says in (("24", "files used version 1"), ("25", "files used version 2: M Changed, account ending 8472")):
        assert says in finance.get(f"{here}?on={day}&on=11&on=2026").text
    assert "there was no account to use" in finance.get(f"{here}?on=1&on=1&on=2020").text
    page = finance.get(f"{here}?on=31&on=2&on=2026")
    assert page.errors == ["Enter a real date, as day, month and year"]
    assert finance.get(f"{here}?on=31&on=12&on=9999").status == 200


def test_a_version_that_is_not_the_payee_s_is_a_page_not_found_and_an_event(signed_in, here, office, payee):
    with office.transaction() as session:
        other = session.scalars(select(Account.id).where(Account.payee_id != payee.id).limit(1)).one()
    finance = signed_in(Role.FINANCE)
    for asked_for in (other, new_id()):
        for act in ("decide", "stop", "full", "waive"):
            assert finance.get(f"{here}/{asked_for}/{act}").status == 404
    with office.transaction() as session:
        events = session.scalars(select(AuditEvent).where(AuditEvent.action == "access.not_found")).all()
    assert {event.facts["kind"] for event in events} == {"account"}


def test_what_came_in_a_file_is_confirmed_with_its_file(signed_in, office, payee, owner, here):
    with owner.begin() as connection:
        connection.execute(text("UPDATE account SET confirmed_by = NULL, confirmed_at = NULL"))
    finance = signed_in(Role.FINANCE)
    page = finance.get(here)
    assert page.link("the file that version 1 came in").startswith("/imports/")
    with office.transaction() as session:
        account_id = session.scalars(select(Account.id).where(Account.payee_id == payee.id)).one()
    assert "nothing left to decide" in finance.get(f"{here}/{account_id}/decide").text


def test_a_change_that_the_payee_disowned_waits_at_home_and_is_looked_into_before_it_is_confirmed(
    signed_in, proposed, here, office, payee
):
    with office.transaction() as session:
        account = session.scalars(select(Account).where(Account.payee_id == payee.id, Account.version == 2)).one()
        disown(session, account, at=office.service.now())
    approver = signed_in(Role.APPROVER)
    assert approver.get("/").steps[f"Change that {payee.name} says is not theirs"] == "Waiting"
    page = decide(approver, here)
    assert "It can’t be confirmed until someone has looked into it" in page.text
    assert [radio["value"] for radio in page.soup.select("input[type=radio]")] == ["reject"]
    approver.get(approver.get(here).link("Look into version 2"))
    assert approver.press("Let the change go on").errors == ["Say why"]
    page = approver.press("Let the change go on", reason="Spoke to her on the old number")
    assert page.done == ["You let the change go on. Someone else confirms it, or it goes on cooling off"]
    assert "Spoke to her on the old number" in page.text
    finance = signed_in(Role.FINANCE)
    decide(finance, here)
    assert finance.press("Continue", **CALLED).done == ["You confirmed the bank details"]


def test_what_waits_for_no_day_can_be_looked_at_on_a_sunday(signed_in, proposed, here, office, clock):
    with office.transaction() as session:
        cooling_off.set_to(session, CoolingOff(0, 0, 0), at=office.service.now())
    clock.advance(days=6)
    page = decide(signed_in(Role.FINANCE), here)
    assert (page.status, "Used from now on" in page.text) == (200, True)
