"""Who runs a payroll, in the browser: the pattern, whether it can be run, cover by two and the review of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import text

from schemes.body import DutyPattern
from schemes.person import Role

TYPED = {
    "pattern": "two",
    "until": ["4", "12", "2026"],
    "ceiling": "1,000,000",
    "reason": "Two are ill",
}


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def administrator(signed_in):
    return signed_in(Role.ADMINISTRATOR)


@pytest.fixture
def paid_by_two(office, sealed):
    """A payroll of December that the preparer and the approver ran as cover."""
    office.decide_all(sealed.payroll_id)
    office.set_duties(DutyPattern.TWO, until=date(2026, 12, 4), ceiling_pence=10_000_000_00)
    payroll_id = office.create(date(2026, 12, 9))
    office.work()
    office.accept_findings(payroll_id)
    office.seal(payroll_id)
    builder, approver = (replace(office.person(role), roles=frozenset(Role)) for role in (Role.PREPARER, Role.APPROVER))
    for position, person in enumerate((builder, approver, approver, builder), start=1):
        office.decide(payroll_id, position, by=person)
    return payroll_id


def facts(page):
    return {row.dt.get_text(strip=True): row.dd.get_text(strip=True) for row in page.soup.select("dl > div")}


def test_anybody_sees_at_once_how_a_payroll_is_run_and_by_whom_it_could_be(preparer):
    page = preparer.get("/duties")
    assert facts(page)["Now"] == "Four people. One person at each gate"
    assert facts(page)["Builds it"] == "Priya Preparer"
    assert (facts(page)["Ready"], facts(page)["Release"]) == ("Priya Preparer", "Rhys Releaser")
    assert [row[2] for row in page.table("patterns")] == ["Yes", "Yes", "Yes"]


def test_home_says_who_is_missing_until_they_are_there(preparer, owner, office):
    assert "can’t run a payroll" not in preparer.get("/").text
    with owner.begin() as connection:
        connection.execute(text("UPDATE membership SET ended_at = now() WHERE role = 'releaser'"))
    said = "Your people can’t run a payroll of Independent living payments: your body lacks a releaser."
    assert said in preparer.get("/").text
    page = preparer.get(preparer.get("/").link("See who runs"))
    assert "Your body lacks a releaser" in page.text
    office.person_with(Role.RELEASER)
    assert "can’t run a payroll" not in preparer.get("/").text


def test_cover_is_proposed_by_one_and_confirmed_by_another(administrator, signed_in):
    administrator.get(administrator.get("/duties").link("Propose"))
    page = administrator.press("Propose the change", **TYPED)
    assert page.done == ["You proposed the change. It counts once somebody else confirms it"]
    assert page.table("rows") == [
        ["Who decides", "Four people. One person at each gate", "Stays as it is"],
        ["Cover by two people", "None", "Until 4 December 2026, for payrolls of at most £1,000,000.00"],
    ]
    assert "A change waits for a second person" in administrator.get("/duties").text
    approver = signed_in(Role.APPROVER)
    approver.get(approver.get("/").link("Cover by two people"))
    approver.press("Save the decision", decision="confirm", code=approver.code())
    told = facts(approver.get("/duties"))
    assert told["Now"].startswith("Two people, as cover. ")
    assert told["Cover ends"] == "Friday 4 December 2026. Then: four people"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"pattern": ""}, "Choose how many people run a payroll"),
        ({"pattern": "four"}, "This is how it is now, so there is nothing to change"),
        ({"until": ["", "", ""]}, "Enter the last day of the cover"),
        ({"until": ["22", "11", "2026"]}, "Enter today or a later day"),
        ({"until": ["1", "2", "2027"]}, "A cover lasts 31 days at most. Enter an earlier day"),
        ({"ceiling": ""}, "Enter the most that one payroll may be, in pounds"),
        ({"ceiling": "lots"}, "Enter an amount in pounds, like 1,250 or 1250.50"),
        ({"reason": ""}, "Say why you propose this"),
    ],
)
def test_what_is_missing_of_a_proposal_is_told(administrator, changes, says):
    administrator.get("/duties/propose")
    page = administrator.press("Propose the change", **TYPED | changes)
    assert (page.status, page.errors) == (422, [says])


def test_a_proposal_sent_twice_is_one(administrator):
    administrator.get("/duties/propose")
    for _ in range(2):
        assert administrator.send("Propose the change", **TYPED).status_code == 303
    assert len(administrator.get("/changes").table("waiting")) == 1


def test_a_payroll_of_two_people_waits_at_home_for_a_review_by_somebody_else(paid_by_two, signed_in):
    approver = signed_in(Role.APPROVER)
    assert "Review of payroll 2" not in approver.get("/").steps
    assert "someone else must review it" in approver.get(f"/payrolls/{paid_by_two}/review").text
    assert approver.get("/duties").table("reviews")[0][2] == "Monday 30 November 2026"
    finance = signed_in(Role.FINANCE)
    home = finance.get("/")
    assert home.steps["Review of payroll 2"] == "By 30 November 2026"
    assert "the review is late" not in home.text
    finance.get(home.link("Review of payroll 2"))
    assert finance.press("Record the review", found="").errors == ["Say what you found"]
    page = finance.press("Record the review", found="All agree with the register")
    assert page.done == ["You reviewed the payroll"]
    assert "All agree with the register" in page.text
    assert "Two people, as cover" in page.text
    assert "Review of payroll 2" not in finance.get("/").steps


def test_a_late_review_is_said_to_be_late(paid_by_two, signed_in, clock):
    clock.advance(days=8)
    finance = signed_in(Role.FINANCE)
    assert "the review is late" in finance.get("/").text
    assert finance.get("/duties").table("reviews")[0][2] == "Monday 30 November 2026 Late"


def test_a_payroll_of_four_people_has_no_review(office, sealed, signed_in):
    page = signed_in(Role.FINANCE).get(f"/payrolls/{sealed.payroll_id}/review")
    assert "Payments on" in page.h1
    assert not page.has_button("Record the review")
