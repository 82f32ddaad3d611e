"""Awards in the browser: what will be due, and adding, changing, ending and suspending them."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import func, select

from schemes.award import awards_for
from schemes.award_version import AwardVersion
from schemes.database import new_id
from schemes.payee import Beneficiary, Capacity, Mandate
from schemes.person import Role
from tests.awarding import an_award

CHANGE = {"from_day": ["1", "11", "2026"], "amount": "600", "last_day": ["", "", ""], "reason": "A review"}


@pytest.fixture
def start(landed):
    return landed


@pytest.fixture
def award(office):
    return an_award(office)


@pytest.fixture
def here(award):
    return f"/awards/{award.id}"


def pounds(pence):
    return f"£{pence // 100:,}.{pence % 100:02d}"


def test_the_page_of_an_award_shows_what_will_be_due_for_twelve_months(preparer, award, here):
    award.end(date(2027, 3, 31))
    award.suspend(date(2027, 1, 1), date(2027, 1, 31), review_on=None)
    page = preparer.get(here)
    coming = page.table("coming")
    assert len(coming) == 13
    assert coming[0][0] == "1 November 2026 to 30 November 2026"
    assert [row[3] for row in coming[:3]] == [pounds(award.pence)] * 2 + ["£0.00"]
    assert [row[2] for row in coming[2:6]] == ["Suspended", pounds(award.pence), pounds(award.pence), "Ended"]
    plot = page.soup.select_one("svg.app-plot")
    assert len(plot.select("rect.app-plot__due")) == 4
    assert len(plot.select("rect.app-plot__none")) == 9
    assert f"In all {pounds(4 * award.pence)}" in page.text


def test_a_change_is_checked_beside_what_it_does_and_then_made_once(preparer, office, award, here):
    preparer.get(preparer.get(here).link("Change the award"))
    page = preparer.press("Continue", **CHANGE)
    assert (page.status, page.h1) == (200, "Check the change")
    assert page.table("coming")[0][1:] == [pounds(award.pence), "£600.00"]
    assert "No period that was paid already changes" in page.text
    with office.transaction() as session:
        assert session.scalar(select(func.count()).select_from(AwardVersion)) == 0, "looked at, and not made yet"
    for _ in range(2):
        assert preparer.send("Change the award", step="confirm").status_code == 303
    page = preparer.get(here)
    assert [row[3] for row in page.table("history")] == [pounds(award.pence), "£600.00"]
    assert "A review" in page.table("history")[1][5]


def test_the_form_of_a_change_begins_with_what_stands_today(preparer, award, here):
    award.change(date(2026, 11, 1), 70025, last_day=date(2027, 3, 31))
    page = preparer.get(f"{here}/change")
    assert page.soup.find(id="amount")["value"] == "700.25"
    assert [i["value"] for i in page.soup.select("input[name=last_day]")] == ["31", "03", "2027"]


def test_what_was_typed_can_be_changed_again_before_it_is_confirmed(preparer, here):
    preparer.get(f"{here}/change")
    preparer.press("Continue", **CHANGE)
    page = preparer.press("Change the answers", step="again")
    assert page.h1 == "Change the award"
    assert page.soup.find(id="amount")["value"] == "600"
    assert page.soup.find(id="reason").get_text().strip() == "A review"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"from_day": ["", "", ""]}, "Enter the day from which it changes"),
        ({"amount": ""}, "Enter the amount"),
        ({"amount": "12.345"}, "Enter an amount in pounds and pence, like 12.50"),
        ({"amount": "0"}, "Enter a value from £0.01 to £10,000,000,000.00"),
        ({"last_day": ["1", "10", "2026"]}, "The last day must be the first day or later"),
        ({"reason": " "}, "Say why you change this award"),
        ({"payee": str(new_id())}, "Not a valid choice."),
    ],
)
def test_what_is_missing_is_told_and_nothing_is_changed(preparer, office, here, changes, says):
    preparer.get(f"{here}/change")
    page = preparer.press("Continue", **CHANGE | changes)
    assert (page.status, page.errors) == (422, [says])
    with office.transaction() as session:
        assert session.scalar(select(func.count()).select_from(AwardVersion)) == 0


def test_a_change_in_a_paid_period_says_what_the_next_payroll_pays_or_what_was_too_much(preparer, office, award, here):
    payroll_id = office.create()
    office.work()
    office.accept_findings(payroll_id)
    office.seal(payroll_id)
    office.decide_all(payroll_id)
    preparer.get(f"{here}/change")
    typed = {"amount": f"{(award.pence + 500) / 100:.2f}"}
    page = preparer.press("Continue", **CHANGE | typed)
    assert page.table("settled")[0][3] == "£5.00"
    assert "The next payroll also pays £5.00" in page.text
    preparer.get(f"{here}/end")
    page = preparer.press("Continue", last_day=["31", "10", "2026"], reason="Moved away")
    assert page.table("settled")[0][3] == f"-{pounds(award.pence)}"
    assert "was paid too much" in page.text


def test_an_award_is_ended(preparer, here):
    preparer.get(f"{here}/end")
    preparer.press("Continue", last_day=["30", "11", "2026"], reason="Moved away")
    page = preparer.press("End the award", step="confirm")
    assert page.done == ["You ended the award"]
    assert page.table("history")[1][3] == "Nothing is due"


@pytest.fixture
def newcomer(office, award):
    """A beneficiary without an award, for whom the award's payee is paid."""
    at, body_id, beneficiary_id = office.service.now(), office.harbour.body_id, new_id()
    with office.transaction() as session:
        facts = {"reference": "N-1", "name": "Nina New", "search_name": "nina new", "made_at": at}
        session.add(Beneficiary(body_id=body_id, id=beneficiary_id, **facts))
        session.flush()
        mandate = {"beneficiary_id": beneficiary_id, "payee_id": award.payee_id, "capacity": Capacity.PROVIDER}
        session.add(Mandate(body_id=body_id, id=new_id(), made_at=at, **mandate))
    return beneficiary_id


def test_an_award_is_added_once(preparer, office, award, newcomer):
    preparer.get(preparer.get(f"/payees/{award.payee_id}").link("Add an award"))
    preparer.get(preparer.page.link("Nina New"))
    typed = {"amount": "120.50", "first_day": ["1", "12", "2026"], "last_day": ["", "", ""]}
    page = preparer.press("Continue", **typed)
    assert page.h1 == "Check the new award"
    assert page.table("coming")[1][1:] == ["Not started yet", "£120.50"]
    for _ in range(2):
        assert preparer.send("Add the award", step="confirm").status_code == 303
    with office.transaction() as session:
        assert [award.amount_pence for award in awards_for(session, "N-1")] == [12050]
    page = preparer.get(f"/payees/{award.payee_id}/awards/new")
    preparer.get(page.link("Nina New"))
    page = preparer.press("Continue", **typed)
    assert page.errors == ["They have an award of this already. Change that one instead"]


def test_an_award_is_suspended_by_one_person_and_lifted_by_another_who_says_what_is_paid(
    preparer, award, here, signed_in
):
    preparer.get(preparer.get(here).link("Suspend the award"))
    typed = {"from_day": ["1", "11", "2026"], "last_day": ["", "", ""], "reason": "In hospital"}
    page = preparer.press("Suspend the award", **typed, review_on=["", "", ""])
    assert page.errors == ["Enter the day on which somebody looks at the suspension again, or its last day"]
    page = preparer.press("Suspend the award", **typed, review_on=["7", "12", "2026"])
    assert page.done == ["You suspended the award. A second person can lift it"]
    assert "but not whoever suspended it" in page.text
    finance = signed_in(Role.FINANCE)
    finance.get(finance.get(here).link("Lift the suspension"))
    assert finance.press("Lift the suspension").errors == [
        "Choose whether the suspended days are paid",
        "Say why you lift this suspension",
    ]
    page = finance.press("Lift the suspension", arrears="do_not_pay", reason="Home again")
    assert page.done == ["You lifted the suspension"]
    assert page.table("lifted")[0][3] == "Not paid"


def test_only_a_preparer_adds_changes_and_ends_awards(signed_in, here, award):
    approver = signed_in(Role.APPROVER)
    for path in (f"{here}/change", f"{here}/end"):
        assert approver.get(path).status == 403
    assert "no scheme that you prepare" in approver.get(f"/payees/{award.payee_id}/awards/new").text
