"""The payroll's page names who was stopped since it was built, and leads to taking exactly them out."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from payouts.payment import Payment
from schemes.person import Role


@pytest.fixture
def start(sealed):
    return sealed


def test_whoever_was_stopped_is_named_and_taken_out_in_two_presses(office, sealed, signed_in):
    here = f"/payrolls/{sealed.payroll_id}"
    with office.transaction() as session:
        payment = session.scalars(select(Payment).order_by(Payment.ordinal).limit(1)).one()
    office.stop_payments(payment.payee_id)
    assert "A preparer can take them out." in signed_in(Role.APPROVER).get(here).text
    preparer = signed_in(Role.PREPARER)
    page = preparer.get(here)
    stopped = page.table("stopped-payments")
    assert [row[0] for row in stopped] == [payment.reference]
    assert "on hold" in stopped[0][4]
    page = preparer.get(page.link("Take it out"))
    page = preparer.press("Take 1 payment out", reason="A neighbour called")
    assert page.done == ["You took 1 payment out. The files are built anew"]
    office.work()
    assert "may not be made any more" not in preparer.get(here).text
