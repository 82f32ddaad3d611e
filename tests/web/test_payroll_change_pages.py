"""Changing a sealed payroll in the browser: what leaves, what is asked again, and what the approver is shown."""

from __future__ import annotations

import pytest

from payouts.payment import payments_of
from payouts.payroll import PayrollStatus, get_payroll
from schemes.person import Role


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def here(sealed):
    return f"/payrolls/{sealed.payroll_id}"


def test_a_payment_is_found_by_a_name_taken_out_and_the_approver_is_shown_who_left(signed_in, here, office, sealed):
    office.decide_all(sealed.payroll_id, upto=3)
    with office.transaction() as session:
        row = payments_of(session, sealed.payroll_id, limit=1)[0]
    person = signed_in(Role.PREPARER)
    person.get(person.get(here).link("Take payments out"))
    assert "is found by “nobody”" in person.get(f"{here}/take-out?find=nobody").text
    page = person.get(f"{here}/take-out?find={row.beneficiary.name.split()[0].lower()}&payment=x")
    assert f"{row.payment.reference}: " in page.text
    page = person.get(f"{here}/take-out?payment={row.payment.id}")
    assert [cells[0] for cells in page.table("chosen")] == [row.payment.reference]
    page = person.get(page.link("Continue"))
    assert "Ailsa Approver decides again at Approve" in page.text
    assert person.press("Take 1 payment out").errors == ["Say why you take them out"]
    page = person.press("Take 1 payment out", reason="She died on Saturday")
    assert page.done == ["You took 1 payment out. The files are built anew"]
    office.work()
    approver = signed_in(Role.APPROVER)
    page = approver.get(approver.get(here).link("Decide"))
    assert row.payment.reference in page.table("change-1")[0][0]
    assert "The reason: “She died on Saturday”" in page.text
    assert person.get(f"{here}/not-paid").table("unpaid")[0][0] == row.beneficiary.reference


def test_whoever_would_take_everybody_out_is_told_that_the_payroll_is_cancelled(signed_in, here, office, sealed):
    with office.transaction() as session:
        ids = [str(row.payment.id) for row in payments_of(session, sealed.payroll_id, limit=1000)]
    person = signed_in(Role.PREPARER)
    page = person.get(f"{here}/take-out/check?" + "&".join(f"payment={each}" for each in ids))
    assert "so the payroll is cancelled" in page.text
    page = person.press("Take everybody out and cancel the payroll", reason="wrong register")
    assert page.done == ["You took everybody out, so the payroll is cancelled. Nobody is paid by it"]
    with office.transaction() as session:
        assert get_payroll(session, sealed.payroll_id).status is PayrollStatus.CANCELLED
    assert person.get(f"{here}/take-out").h1.startswith("Payments on")
