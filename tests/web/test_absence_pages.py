"""The pages of who is away: handing over, appointing, ending, and deciding for somebody else."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from payouts.notices.staff import StaffEvent, StaffMessage
from schemes.person import Role
from tests.web.test_gate_pages import open_all

DAYS = {"first_day": ["23", "11", "2026"], "last_day": ["27", "11", "2026"]}


@pytest.fixture
def start(sealed):
    return sealed


def test_a_person_hands_over_and_the_gate_asks_for_whom_the_other_decides(
    signed_in, code_of, office, sealed, harbour, owner
):
    finance, approver = (harbour.people[role] for role in (Role.FINANCE, Role.APPROVER))
    with owner.begin() as connection:
        add = text(
            "INSERT INTO membership (body_id, id, person_id, role, given_at) "
            "SELECT body_id, gen_random_uuid(), :person, 'approver', given_at FROM membership LIMIT 1"
        )
        connection.execute(add, {"person": finance.person_id})
    away = signed_in(Role.APPROVER)
    away.get("/absences/hand-over")
    page = away.press("Hand your decisions over", **DAYS, reason="leave")
    assert page.errors == ["Choose who decides instead"]
    page = away.press("Hand your decisions over", delegate=str(finance.person_id), last_day=["1", "11", "2026"])
    assert page.errors == ["The last day must not be before the first"]
    page = away.press("Hand your decisions over", **DAYS)
    assert page.done == ["You handed your decisions over. Both of you are told by email"]
    assert finance.name in page.table("delegations")[0][1]
    office.decide_all(sealed.payroll_id, upto=1)
    office.decide(sealed.payroll_id, 2, by=office.person_with(Role.FINANCE))
    instead = signed_in(Role.FINANCE)
    open_all(instead.get(instead.get(f"/payrolls/{sealed.payroll_id}").link("Decide")), instead)
    assert f"{approver.name}, who is away" in instead.page.text
    code = code_of(Role.FINANCE)
    page = instead.press("Sign the decision", verdict="go", code=code, for_person=str(approver.person_id))
    assert page.done == ["You said go at Approve"]
    assert f"{approver.name}, who was away" in page.text
    away.get("/absences")
    assert away.press("End it now").done == ["It ended. Each decides for themselves again"]


def test_cover_is_proposed_for_somebody_else(signed_in, harbour):
    administrator = signed_in(Role.ADMINISTRATOR)
    administrator.get("/absences/appoint")
    who = {"person": str(harbour.people[Role.APPROVER].person_id)}
    page = administrator.press("Propose it", **DAYS, **who, delegate=who["person"], reason="ill")
    assert page.errors == ["Choose somebody else: nobody stands in for themselves"]
    finance = str(harbour.people[Role.FINANCE].person_id)
    page = administrator.press("Propose it", delegate=finance)
    assert page.errors[0].startswith("Choose somebody who has one of the same roles")


def test_both_are_told_although_time_goes_on_while_the_form_is_read(signed_in, office, service, clock, monkeypatch):
    away, instead = signed_in(Role.APPROVER), office.person_with(Role.APPROVER)
    away.get("/absences/hand-over")
    still = type(clock).__call__

    def going_on(self):
        self.advance(seconds=1)
        return still(self)

    monkeypatch.setattr(type(clock), "__call__", going_on)
    days = {"first_day": ["23", "11", "2026"], "last_day": ["27", "11", "2026"]}
    page = away.press("Hand your decisions over", delegate=str(instead.person_id), reason="leave", **days)
    assert page.done == ["You handed your decisions over. Both of you are told by email"]
    with service.transaction(office.harbour.body_id) as session:
        assert session.scalars(select(StaffMessage.event)).all() == [StaffEvent.HANDED_OVER] * 2
