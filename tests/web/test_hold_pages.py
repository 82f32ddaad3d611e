"""Stopping payments in the browser, and letting them go on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from schemes.audit import AuditEvent
from schemes.database import new_id
from schemes.hold import HoldKind, holds_of
from schemes.payee import Payee
from schemes.person import Role

TYPED = {
    "concerns": "payee",
    "kind": "on_hold",
    "since": ["23", "11", "2026"],
    "review_on": ["7", "12", "2026"],
    "reason": "A letter came back",
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
def form(preparer, here):
    return preparer.get(preparer.get(here).link("Stop payments"))


def test_payments_are_stopped_by_one_person_and_go_on_by_another(preparer, form, here, payee, signed_in):
    page = preparer.press("Stop the payments", **TYPED)
    assert page.done == ["You stopped the payments. A payroll lists them under who is not paid"]
    assert f"Nothing is paid to {payee.name}" in page.text
    assert "A letter came back" in page.text
    assert "not whoever stopped them" in page.text
    finance = signed_in(Role.FINANCE)
    finance.get(finance.get(here).link("go on"))
    assert finance.press("Let payments go on").errors == ["Say why payments may go on"]
    page = finance.press("Let payments go on", reason="The new address is known")
    assert page.done == ["You let payments go on. They are in the next payroll that is built"]
    assert page.table("lifted")[0][4] == "The new address is known"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"concerns": ""}, "Choose which payments stop"),
        ({"kind": ""}, "Choose what happened"),
        ({"since": ["", "", ""]}, "Enter the day it happened"),
        ({"since": ["24", "11", "2026"]}, "Enter today or an earlier day"),
        ({"review_on": ["", "", ""]}, "Enter the day on which somebody looks at the hold again"),
        ({"review_on": ["23", "11", "2026"]}, "Enter a day after today"),
        ({"reason": " "}, "Say why you stop these payments"),
    ],
)
def test_what_is_missing_is_told_and_nothing_is_stopped(preparer, form, here, changes, says):
    page = preparer.press("Stop the payments", **TYPED | changes)
    assert (page.status, page.errors) == (422, [says])
    assert "Nothing is paid" not in preparer.get(here).text


def test_payments_for_one_of_several_beneficiaries_are_stopped(preparer, form, here, payee):
    choices = [r["value"] for r in form.soup.select("input[name=concerns]")]
    page = preparer.press("Stop the payments", **TYPED | {"concerns": choices[1], "kind": "deceased"})
    assert "Has died" in page.text
    assert "Nothing is paid for " in page.text


def test_a_form_sent_twice_stops_once(preparer, form, office, payee):
    for _ in range(2):
        assert preparer.send("Stop the payments", **TYPED).status_code == 303
    with office.transaction() as session:
        assert len(holds_of(session, payee.id)) == 1


def test_a_hold_waits_at_home_when_its_day_comes(office, payee, signed_in, clock):
    office.stop_payments(payee.id)
    finance = signed_in(Role.FINANCE)
    assert f"Hold on {payee.name}" not in finance.get("/").steps
    clock.advance(days=15)
    assert f"Hold on {payee.name}" in signed_in(Role.FINANCE).get("/").steps


def test_whoever_stopped_is_told_that_somebody_else_must_let_go_on(office, payee, here, signed_in):
    mine = office.person(Role.FINANCE)
    hold_id = office.stop_payments(payee.id, HoldKind.CLOSED, by=mine)
    page = signed_in(Role.FINANCE).get(f"{here}/holds/{hold_id}/lift")
    assert "someone else must let them go on" in page.text
    assert not page.has_button("Let payments go on")


def test_a_preparer_does_not_lift_and_an_unknown_hold_is_not_found(office, payee, here, preparer, signed_in):
    hold_id = office.stop_payments(payee.id, since=office.service.now().date() - timedelta(days=3))
    assert preparer.get(f"{here}/holds/{hold_id}/lift").status == 403
    with office.transaction() as session:
        other = session.scalars(select(Payee.id).where(Payee.id != payee.id).limit(1)).one()
    finance = signed_in(Role.FINANCE)
    for path in (f"{here}/holds/{new_id()}/lift", f"/payees/{other}/holds/{hold_id}/lift"):
        assert finance.get(path).status == 404
    with office.transaction() as session:
        events = session.scalars(select(AuditEvent).where(AuditEvent.action == "access.not_found")).all()
    assert [event.facts["kind"] for event in events] == ["hold", "hold"]
