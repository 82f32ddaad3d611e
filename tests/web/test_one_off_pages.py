"""One-off payments, top-ups and the kinds of payroll in the browser."""

from __future__ import annotations

import io
from datetime import date

import pytest

from payouts.payroll import PayrollKind
from payouts.urgent import PayMethod
from payouts.web import one_off_words, payroll_words
from schemes.database import new_id
from schemes.one_off_file import OneOffFileStatus
from schemes.one_off_payment import OneOffFault
from schemes.payee import get_beneficiary
from schemes.person import Role
from tests.entering import entering


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (PayrollKind, payroll_words.KINDS),
        (PayMethod, payroll_words.METHODS),
        (OneOffFault, one_off_words.FAULTS),
        (OneOffFileStatus, one_off_words.FILE_STATUSES),
    ],
)
def test_every_kind_fault_and_status_has_words(values, told):
    assert set(values) == set(told)


@pytest.fixture
def start(landed):
    return landed


def test_one_person_enters_a_payment_another_confirms_it_and_a_payroll_of_its_kind_pays_it(office, preparer, signed_in):
    anna = entering(office)
    with office.transaction() as session:
        reference = get_beneficiary(session, anna.beneficiary_id).reference
    preparer.get(preparer.get("/one-offs").link("Enter a payment"))
    typed = {"beneficiary": reference.lower(), "amount": "40", "reason": "A winter grant"}
    page = preparer.press("Enter the payment", **{**typed, "beneficiary": "NOBODY"})
    assert page.errors == ["Nobody in the register has this reference"]
    page = preparer.press("Enter the payment", **typed)
    assert page.errors == ["An award pays this already. If more is to be paid besides it, say why"]
    page = preparer.press("Enter the payment", **typed, further_because="Besides the award")
    assert page.h1 == "One-off payment of £40.00"
    assert "You entered this, so someone else must confirm it." in page.text
    here = page.response.request.path
    finance = signed_in(Role.FINANCE)
    assert finance.get("/").link("One-off payment for")
    finance.get(here)
    assert finance.press("Continue", decision="confirm").done == ["You confirmed it"]
    address = f"/schemes/{office.harbour.scheme_id}/payrolls/new"
    assert "1 one-off payment, together £40.00, waits for a payroll" in preparer.get(address).text
    page = preparer.press("Create the payroll", kind=PayrollKind.ONE_OFF.value)
    assert "Payroll of one-off payments 1" in page.text
    office.work()
    page = preparer.get(here)
    assert "In payroll 1" in page.text
    assert preparer.get("/one-offs").table("one-offs")[0][3] == "In payroll 1"
    page = preparer.get(f"{here}/withdraw")
    assert preparer.press("Withdraw it", reason="Not any more").errors


def test_whoever_entered_a_payment_takes_it_back_before_anybody_confirmed_it(office, preparer):
    one_off_id = new_id()
    entering(office).propose(one_off_id=one_off_id)
    preparer.get(f"/one-offs/{one_off_id}/withdraw")
    page = preparer.press("Withdraw it", reason="entered twice")
    assert page.done == ["You withdrew it. Nothing is paid"]
    assert "Withdrawn by" in page.text
    assert preparer.get("/one-offs").table("one-offs")[0][3] == "Withdrawn"


def test_a_file_is_sent_entered_and_confirmed_on_its_page(office, preparer, signed_in):
    anna = entering(office)
    with office.transaction() as session:
        reference = get_beneficiary(session, anna.beneficiary_id).reference
    preparer.get(preparer.get("/one-offs").link("Send a file of payments"))
    rows = "reference,amount,about,reason,further_because,sequence\n"
    rows += f"{reference},40,2026-11-20,a grant,besides it,2\nNOBODY-1,5,2026-11-20,a grant,,\n"
    page = preparer.press("Send the file", file=(io.BytesIO(rows.encode()), "grants.csv"))
    assert page.table("faults") == [
        ["3", "NOBODY-1", "Reference (“NOBODY-1”): No beneficiary in the register has this reference"]
    ]
    here = page.response.request.path
    assert preparer.press("Continue", decision="whole").errors
    preparer.get(here)
    assert preparer.press("Continue", decision="good").done == ["1 payment is entered. Someone else must confirm them"]
    finance = signed_in(Role.FINANCE)
    assert finance.get("/").link("File grants.csv")
    finance.get(here)
    assert finance.press("Continue", decision="confirm").done == ["You confirmed 1 payment. The next payroll pays them"]


def test_a_released_payroll_is_topped_up_from_its_page(office, preparer):
    anna = entering(office)
    payroll_id = office.create()
    office.work()
    office.accept_findings(payroll_id)
    office.seal(payroll_id)
    office.decide_all(payroll_id)
    preparer.get(f"/schemes/{office.harbour.scheme_id}/payrolls/new")
    page = preparer.press("Create the payroll", kind=PayrollKind.TOP_UP.value)
    preparer.get(page.link("Wednesday 25 November 2026"))
    assert preparer.page.link("Enter a further payment")
    anna.propose()
    assert preparer.get(f"/payrolls/{payroll_id}/top-up").table("waiting")[0][1] == "£40.00"
    anna.agreed(pay_from=date(2026, 11, 20))
    preparer.get(preparer.get(f"/payrolls/{payroll_id}").link("Pay some people more for this period"))
    page = preparer.press("Create the payroll")
    assert "It pays more to people whom payroll 1 has paid, for the same period" in page.text
