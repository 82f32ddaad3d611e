"""Where the money is, in the browser: balances, the control, closing the books, and ending held money."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from payouts.ledger import control
from payouts.ledger.entry import Event
from payouts.ledger.posting import post
from payouts.payment import Payment
from schemes.person import Role
from tests.web.test_every_page import faults_of


@pytest.fixture
def start(sealed):
    return sealed


def test_finance_sees_every_pound_ends_held_money_runs_the_control_and_closes_the_books(
    office, sealed, signed_in, clock
):
    office.decide_all(sealed.payroll_id)
    with office.transaction() as session:
        first = session.scalars(select(Payment).order_by(Payment.ordinal).limit(1)).one()
        post(session, Event.RETURNED, [first.id], at=office.service.now())
    finance = signed_in(Role.FINANCE)
    page = finance.get("/ledger")
    assert page.numbers["Returned and held"] == f"£{first.amount_pence / 100:,.2f}"
    assert faults_of(page) == []
    page = finance.get(f"/payrolls/{sealed.payroll_id}")
    assert page.numbers["Returned and held"] == f"£{first.amount_pence / 100:,.2f}"
    page = finance.get(finance.get("/ledger/held").link("End it"))
    page = finance.press("Propose it to a second person", end="", reason="")
    assert page.errors == ["Choose what happens to the money", "Say why this is right"]
    page = finance.press("Propose it to a second person", end="written_off", reason="nobody is found")
    assert page.done == ["You proposed it. It counts once somebody else confirms it"]
    assert "Written off: nobody is found to pay it to" in page.text
    finance.get("/ledger/control")
    assert finance.press("Run it now").done
    office.work()
    page = finance.get(finance.get("/ledger/control").link("November 2026"))
    assert "Everything agrees" in page.text
    assert faults_of(page) == []
    yesterday = clock.time.date()
    clock.time += timedelta(days=1)
    with office.transaction() as session:
        control.compare(session, asked_by=None, at=office.service.now())
    finance = signed_in(Role.FINANCE)
    finance.get("/ledger/closing")
    day = {"last_day": [str(yesterday.day + 1), str(yesterday.month), str(yesterday.year)], "reason": "month end"}
    assert finance.press("Propose it to a second person", **day).errors == ["Enter a day that has passed"]
    day["last_day"][0] = str(yesterday.day)
    page = finance.press("Propose it to a second person", **day)
    assert page.h1.startswith("Close the books up to")
