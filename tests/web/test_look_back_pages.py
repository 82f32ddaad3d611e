"""Looking back at a payroll in the browser: words, actions, and the Ready gate of the next one."""

from __future__ import annotations

from datetime import date

import pytest

from schemes.person import Role
from tests.web.visitor import text_of


@pytest.fixture
def start(sealed):
    return sealed


def test_what_came_of_a_payroll_is_answered_at_the_ready_gate_of_the_next(office, sealed, signed_in, clock):
    office.decide_all(sealed.payroll_id)
    preparer = signed_in(Role.PREPARER)
    preparer.get(preparer.get(f"/payrolls/{sealed.payroll_id}").link("Look back at this payroll"))
    preparer.get(preparer.page.link("Look back"))
    assert preparer.press("Keep the review").errors == ["Say something under one of the headings at least"]
    page = preparer.press("Keep the review", momentum="We waited a day for the funds")
    assert "We waited a day" in page.text
    preparer.get(page.link("Add an action"))
    owner = str(office.person(Role.FINANCE).person_id)
    action = {"what": "Ask for the funds earlier", "heading": "momentum", "owner": owner}
    assert preparer.press("Add the action", **action, due_on=["1", "1", "2026"]).errors
    preparer.press("Add the action", **action, due_on=["30", "11", "2026"])
    assert preparer.page.table("actions")[0][:4] == [action["what"], "Momentum", "Femi Finance", "30 November 2026"]

    clock.advance(days=8)
    payroll_id = office.create(date(2026, 12, 18))
    office.work()
    office.accept_findings(payroll_id)
    office.seal(payroll_id)
    preparer = signed_in(Role.PREPARER)
    page = preparer.get(f"/payrolls/{payroll_id}")
    preparer.get(next(a["href"] for a in page.soup.select(f"a[href^='/payrolls/{payroll_id}/gates/']")))
    assert "Late" in text_of(preparer.page.soup.find(id="actions").find_next(class_="govuk-inset-text"))
    refused = preparer.press("Sign the decision", verdict="go", code=preparer.code())
    assert refused.errors[0].startswith("1 action of earlier payrolls has no answer")
    preparer.press("Carry it on to the next payroll", reason="Femi was away")
    assert preparer.page.done == ["You carried the action on to the next payroll"]
    assert "Femi was away" in preparer.page.text
    assert not preparer.page.has_button("It is done")
