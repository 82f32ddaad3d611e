"""A change of two people in the browser: one proposes, it waits at home for others, and another decides."""

from __future__ import annotations

import pytest

from payouts.web import change_words
from schemes import cooling_off
from schemes.body import get_body
from schemes.change_applied import EFFECTS
from schemes.cooling_off import CoolingOff
from schemes.database import new_id
from schemes.person import Role


@pytest.fixture
def start(seeded):
    return seeded


@pytest.fixture
def propose(office):
    administrator = office.person_with(Role.ADMINISTRATOR)

    def proposing(*, days=5, by=administrator):
        with office.transaction() as session:
            wanted, at = CoolingOff(0, days, max(days, 2)), office.service.now()
            return cooling_off.propose(
                session, wanted, change_id=new_id(), reason="Two frauds near us", by=by, at=at
            ).id

    return proposing


@pytest.fixture
def change_id(propose):
    return propose()


def days(office):
    with office.transaction() as session:
        return get_body(session).cooling_off_days


def test_a_change_waits_at_home_for_whoever_may_confirm_it_and_is_told_before_and_after(
    office, change_id, signed_in, preparer
):
    assert "Cooling-off of bank details" not in preparer.get("/").steps
    assert preparer.get("/").table("others")[0][2] == "an administrator or an approver who did not propose it"
    approver = signed_in(Role.APPROVER)
    home = approver.get("/")
    assert home.steps["Cooling-off of bank details"] == "Waiting"
    page = approver.get(home.link("Cooling-off"))
    rows = {row[0]: row[1:] for row in page.table("rows")}
    assert rows["Changed bank details wait"] == ["2 working days", "5 working days"]
    assert "Somebody New" in page.text
    assert "Two frauds near us" in page.text
    page = approver.press("Save the decision", decision="confirm", code=approver.code())
    assert page.done == ["You confirmed the change"]
    assert "No change waits" in page.text
    assert [row[2:] for row in page.table("decided")] == [
        ["Confirmed", "Ailsa Approver on 23 November 2026 at 9:32am"],
    ]
    assert days(office) == 5


def test_a_rejected_change_keeps_its_reason_and_changes_nothing(office, change_id, signed_in):
    approver = signed_in(Role.APPROVER)
    approver.get(f"/changes/{change_id}")
    page = approver.press("Save the decision", decision="reject", reason=" ")
    assert (page.status, page.errors) == (422, ["Say why you reject this change"])
    assert approver.press("Save the decision", decision="reject", reason="Too long").done == ["You rejected the change"]
    page = approver.get(f"/changes/{change_id}")
    assert "Too long" in page.text
    assert not page.has_button("Save the decision")
    assert days(office) == 2


def test_whoever_proposed_a_change_may_only_withdraw_it(office, propose, signed_in):
    approver = office.person(Role.APPROVER)
    both = type(approver)(approver.person_id, approver.body_id, approver.name, approver.email, frozenset(Role))
    change_id = propose(by=both)
    visitor = signed_in(Role.APPROVER)
    assert "Cooling-off of bank details" not in visitor.get("/").steps
    page = visitor.get(f"/changes/{change_id}")
    assert "someone else must confirm it" in page.text
    assert [radio["value"] for radio in page.soup.select("input[name=decision]")] == ["reject"]
    page = visitor.press("Save the decision", decision="confirm", code=visitor.code())
    assert page.status == 422, "a choice that the page does not offer"
    visitor.press("Save the decision", decision="reject", reason="A mistake")
    assert visitor.get("/changes").table("decided")[0][2] == "Withdrawn"
    assert days(office) == 2


def test_nobody_confirms_a_change_without_a_code_of_their_own_and_sending_it_twice_confirms_it_once(
    office, change_id, signed_in, code_of
):
    approver = signed_in(Role.APPROVER)
    approver.get(f"/changes/{change_id}")
    for code, error in (
        ("", "Enter your one-time code"),
        (
            code_of(Role.PREPARER),
            "The code is wrong, too old or was used already. Wait for the next one and enter that",
        ),
    ):
        page = approver.press("Save the decision", decision="confirm", code=code)
        assert (page.status, page.errors) == (422, [error])
        assert days(office) == 2
    code = approver.code()
    answers = [approver.send("Save the decision", decision="confirm", code=code) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303]
    assert days(office) == 5


def test_whoever_may_not_confirm_reads_who_may(office, change_id, preparer):
    page = preparer.get(f"/changes/{change_id}")
    assert "Who does it: an administrator or an approver who did not propose it" in page.text
    assert not page.has_button("Save the decision")
    token = page.soup.find("meta", attrs={"name": "csrf-token"}) or preparer.get("/").soup.find(
        "input", attrs={"name": "csrf_token"}
    )
    sent = preparer.client.post(
        f"/changes/{change_id}", data={"csrf_token": token["value"], "decision": "confirm", "reason": ""}
    )
    assert sent.status_code == 403
    assert days(office) == 2


def test_a_change_of_what_has_changed_since_is_refused_with_what_to_do(office, change_id, signed_in):
    with office.transaction() as session:
        get_body(session).cooling_off_days = 1
    approver = signed_in(Role.APPROVER)
    approver.get(f"/changes/{change_id}")
    page = approver.press("Save the decision", decision="confirm", code=approver.code())
    assert page.errors == ["What this would change is different by now. Reject it, and propose the change again"]


def test_decided_changes_are_read_page_by_page(office, propose, signed_in, monkeypatch):
    monkeypatch.setattr("payouts.web.changes.PAGE", 1)
    approver = signed_in(Role.APPROVER)
    for number in (3, 4):
        approver.get(f"/changes/{propose(days=number)}")
        approver.press("Save the decision", decision="confirm", code=approver.code())
    newest = approver.get("/changes")
    older = approver.get(newest.link("Next page"))
    assert approver.get(newest.link("Cooling-off")).table("rows")[1][2] == "4 working days"
    assert approver.get(older.link("Cooling-off")).table("rows")[1][2] == "3 working days"
    assert approver.get(older.link("First page")).h1 == "Changes"


def test_every_kind_of_change_has_words():
    assert change_words.KINDS.keys() == EFFECTS.keys()
