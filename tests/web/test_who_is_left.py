"""The payroll's page names those who may still decide, not all who have the role; and says when nobody is left."""

from __future__ import annotations

from dataclasses import replace

import pytest

from schemes.person import Role


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def page(signed_in, sealed):
    person = signed_in(Role.AUDITOR)
    return lambda: person.get(f"/payrolls/{sealed.payroll_id}").text


def test_who_decided_at_another_gate_is_not_named_for_the_next(office, sealed, page):
    also_approver = office.person_with(Role.PREPARER, Role.APPROVER)
    office.decide(sealed.payroll_id, 1, by=also_approver)
    office.decide(sealed.payroll_id, 2, by=office.person(Role.FINANCE))
    shown = page()
    assert "Still to decide, an approver: Ailsa Approver." in shown
    assert "Who does it: Ailsa Approver." in shown


def test_a_gate_at_which_nobody_may_decide_any_more_says_so_and_what_to_do(office, sealed, page):
    office.decide(sealed.payroll_id, 1, by=replace(office.person(Role.APPROVER), roles=frozenset({Role.PREPARER})))
    office.decide(sealed.payroll_id, 2, by=office.person(Role.FINANCE))
    shown = page()
    assert "Still to decide, an approver: nobody who may is left." in shown
    assert "An administrator can propose somebody else for the role, or the payroll goes back by a no-go" in shown
