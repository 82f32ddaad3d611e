"""An urgent payment in the browser: asked for, decided on a page that says all, made outside and recorded."""

from __future__ import annotations

import pytest

from payouts.payroll import PayrollKind
from payouts.urgent import PayMethod
from schemes.payee import get_beneficiary
from schemes.person import Role
from tests.entering import entering


@pytest.fixture
def start(landed):
    return landed


def test_one_person_is_paid_today_through_every_gate_and_the_releaser_records_it(office, preparer, signed_in, code_of):
    anna = entering(office)
    with office.transaction() as session:
        reference = get_beneficiary(session, anna.beneficiary_id).reference
    preparer.get(f"/schemes/{office.harbour.scheme_id}/payrolls/new")
    page = preparer.press("Create the payroll", kind=PayrollKind.URGENT.value)
    assert page.h1 == "Pay one person today"
    typed = {"beneficiary": reference, "because": "No food in the house"}
    page = preparer.press("Create the urgent payment", **typed, method=PayMethod.FASTER_PAYMENTS_FILE.value)
    assert page.errors == ["Your bank takes no such file in the form that its profile names. Choose another way"]
    page = preparer.press("Create the urgent payment", **typed, method=PayMethod.BANK_PORTAL.value)
    here = page.response.request.path
    payroll_id = here.rsplit("/", 1)[1]
    office.work()
    office.accept_findings(payroll_id)
    assert preparer.get(here).steps["Made in the bank’s portal"] == "Not yet"
    preparer.press("Send it to the gates")
    office.work()
    preparer.get(preparer.get(here).link("Decide"))
    assert "Your decision counts for exactly this payment" in preparer.page.text
    assert "No food in the house" in preparer.page.text
    office.decide_all(payroll_id, upto=3)
    releaser = signed_in(Role.RELEASER)
    releaser.get(releaser.get(here).link("Decide"))
    assert "The payment can be made in the bank’s portal. It can’t be stopped here after that." in releaser.page.text
    page = releaser.press("Sign the decision", verdict="go", code=code_of(Role.RELEASER))
    assert page.done == ["You said go, and every gate has. The payment can be made in the bank’s portal"]
    page = releaser.get(here)
    assert "Released, not yet made" in page.text
    assert "The sandbox’s bank" not in page.text
    releaser.get(page.link("Record that it was made"))
    assert releaser.press("Record the payment", reference="FP-77", made_time="25:00").errors == [
        "Enter a time as 14:05"
    ]
    releaser.get(f"{here}/made")
    page = releaser.press("Record the payment", reference="FP-77")
    assert page.done == ["You recorded the payment"]
    assert page.steps["Made in the bank’s portal"] == "Completed"
    finance = signed_in(Role.FINANCE)
    finance.get(finance.get(here).link("Record that the bank took it"))
    assert finance.press("Record that the bank took it", because="").errors == [
        "Say how you know that the bank took it"
    ]
    page = finance.press("Record that the bank took it", because="statement 12, page 3")
    assert page.done == ["You recorded that the bank took the payment. The payroll is closed"]
    assert "statement 12, page 3" in page.text


def test_a_one_off_payment_that_cannot_wait_is_paid_from_its_page(office, preparer):
    one_off_id = entering(office).agreed(pay_from=office.service.now().date())
    preparer.get(preparer.get(f"/one-offs/{one_off_id}").link("Pay it today, without waiting for a payroll"))
    page = preparer.press("Create the urgent payment", because="A funeral", method=PayMethod.BANK_PORTAL.value)
    office.work()
    assert "£40.00" in preparer.get(page.response.request.path).text
