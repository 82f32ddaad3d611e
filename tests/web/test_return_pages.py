"""What came back, in the browser: paid again by name, kept by two people, or told by letter."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from payouts.payment import PaymentStatus
from payouts.sandbox.bank.fate import Script
from schemes.payee import Payee, get_beneficiary
from schemes.person import Role
from tests.answering import at_the_bank, payment_of, receive, record_submission, release
from tests.web.test_every_page import faults_of


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def bank(office, sealed):
    release(office, sealed.payroll_id)
    record_submission(office, sealed.payroll_id)
    return at_the_bank(office, sealed.payroll_id, Script(seed=4, returned=3))


def test_a_payment_is_paid_again_by_name_and_another_is_kept_by_two_people(office, bank, preparer, signed_in):
    receive(office, bank.arucs(*((item, "C") for item in bank.items[:2])))
    page = preparer.get("/bank/returns")
    first, second = (link["href"] for link in page.soup.select("table a[href^='/bank/returns/']"))
    page = preparer.get(first)
    assert faults_of(page) == []
    page = preparer.get(page.link("Pay it again"))
    assert faults_of(page) == []
    page = preparer.press("Create the payroll")
    assert page.h1.startswith("Payments on")
    office.work(leave="notices.send")
    assert "pays it again" in preparer.get(first).text
    assert [row[1].endswith("pays it again") for row in preparer.get("/bank/returns").table("returned")] == [
        True,
        False,
    ]
    page = preparer.get(preparer.get(second).link("It is not to be paid again"))
    assert faults_of(page) == []
    answer = {"outcome": "keep", "reason": "The estate has no executor yet"}
    assert preparer.press("Propose it", **answer).errors == [
        "Enter the day on which it is looked at again. It must be in the future"
    ]
    page = preparer.press("Propose it", **answer, review_on=["4", "1", "2027"])
    assert page.done == ["You proposed it. It counts when someone else confirms it"]
    finance = signed_in(Role.FINANCE)
    page = finance.get(finance.get(second).link("Keep it for now?"))
    assert faults_of(page) == []
    page = finance.press("Continue", decision="confirm")
    assert "Kept for now" in page.text
    assert "The estate has no executor yet" in page.text
    assert "Priya Preparer, and Femi Finance on 23 November 2026" in page.text
    assert "4 January 2027" in page.text


def test_a_return_told_by_letter_counts_when_a_second_person_has_seen_it(office, bank, preparer, signed_in):
    payment = payment_of(office, bank.items[0])
    page = preparer.get(f"/payrolls/{bank.payroll_id}")
    page = preparer.get(page.link("Record a payment that came back by letter"))
    assert faults_of(page) == []
    said = {"why": "closed", "reason": "Letter of 26 November"}
    assert preparer.press("Record it", reference="NOTHING", **said).errors == [
        "No payment of this payroll has this reference alone. Check it"
    ]
    page = preparer.press("Record it", reference=payment.reference, **said)
    assert "someone else must see it too" in page.text
    finance = signed_in(Role.FINANCE)
    finance.get(page.response.request.path)
    assert finance.press("Continue", decision="confirm").done == ["You confirmed it"]
    assert payment_of(office, bank.items[0]).status is PaymentStatus.RETURNED
    assert finance.get("/bank/returns").table("returned")[0][1] == "The account is closed"


def test_a_payment_that_has_not_arrived_is_looked_for_from_the_call_to_its_return(office, bank, signed_in, clock):
    clock.time = datetime(2026, 11, 25, 10, tzinfo=UTC)
    preparer = signed_in(Role.PREPARER)
    payment, item = payment_of(office, bank.items[0]), bank.items[0]
    enquiry = signed_in(Role.ENQUIRY)
    page = enquiry.get(f"/payrolls/{bank.payroll_id}/payments")
    page = enquiry.get(page.link("Somebody says that a payment has not arrived"))
    assert faults_of(page) == []
    said = {"why": "not_arrived", "told_by": "payee", "said": "Looked this morning"}
    page = enquiry.press("Look for it", reference=payment.reference, **said)
    assert page.done == ["It is looked for now. First compare the accounts"]
    address = page.response.request.path
    assert "Make it mine" not in page.text, "whoever answers the phone only opens it"
    office.work(leave="notices.send")
    page = preparer.get(preparer.get("/").link("1 payment that is looked for"))
    assert [row[1] for row in page.table("traces")] == ["Compare the accounts"]
    assert faults_of(preparer.get(address)) == []
    page = preparer.press("Make it mine")
    preparer.get(page.link("Compare the accounts"))
    assert preparer.press("Compare", sort_code="12").errors == ["Enter a sort code of 6 digits, like 309430"]
    page = preparer.press("Compare", sort_code=item.sort_code, account_number=item.account_number)
    assert "only the bank can say where it is" in page.text
    assert "please find out" in page.text.lower()
    finance = signed_in(Role.FINANCE)
    finance.get(address)
    page = finance.press("Show the accounts in full")
    assert page.text.count(item.account_number) == 4, "paid, held, said, and in the letter"
    assert faults_of(page) == []
    page = preparer.get(preparer.get(address).link("Record that the bank was asked"))
    page = preparer.press("The bank was asked", reference="CPR-1")
    page = preparer.get(page.link("Record the bank’s answer"))
    assert faults_of(page) == []
    page = preparer.press("Record the answer", answer="returned", words="Letter of today")
    finance.get(finance.get(address).link("confirm that it came back"))
    finance.press("Continue", decision="confirm")
    page = preparer.get(address)
    assert "It came back" in page.text
    assert preparer.get(page.link("See how it is put right")).status == 200


def test_a_payment_is_asked_back_and_the_message_to_the_bank_is_written(office, bank, preparer):
    payment = payment_of(office, bank.items[0])
    page = preparer.get(f"/payrolls/{bank.payroll_id}")
    page = preparer.get(page.link("Take back"))
    assert faults_of(page) == []
    said = {"what": "payment", "reason": "Died on Sunday"}
    assert preparer.press("Record the recall", **said).errors == ["Enter the reference of the payment"]
    page = preparer.press("Record the recall", **said, reference=payment.reference)
    assert "Please recall this Bacs Direct Credit" in page.text
    assert payment.reference in page.text
    assert faults_of(page) == []
    assert "Recall that the bank has not answered" in preparer.get("/").text
    preparer.get(page.response.request.path)
    page = preparer.press("The bank refused it", answer="It was extracted already")
    assert page.done == ["You recorded that the bank refused it. The payment stays on its way"]
    assert preparer.get(f"/payrolls/{bank.payroll_id}").table("recalls")[0][2] == "Refused"


def test_what_is_owed_to_somebody_who_died_is_claimed_on_a_document_and_confirmed(office, bank, preparer, signed_in):
    receive(office, bank.arucs((bank.items[0], "2")))
    dead = payment_of(office, bank.items[0])
    with office.transaction() as session:
        heir = session.scalars(select(Payee).where(Payee.id != dead.payee_id).order_by(Payee.id.desc())).first()
        whose = get_beneficiary(session, dead.beneficiary_id).reference
    page = preparer.get("/bank/returns")
    case = page.soup.select_one("table a[href^='/bank/returns/']")["href"]
    page = preparer.get(preparer.get(case).link("Say who receives it now"))
    assert faults_of(page) == []
    day = {"document_day": ["20", "11", "2026"]}
    told = {"document": "letters_of_administration", "reason": "The court’s copy", **day}
    [refused] = preparer.press("Propose it", reference=heir.reference, **told).errors
    assert refused.startswith("This payee has no mandate that allows it")
    preparer.get(f"/payees/{heir.id}/mandates/new")
    mandate = {"capacity": "estate_administrator", "evidence": "Letters of administration"}
    assert preparer.press("Save the mandate", beneficiary_reference=whose, **mandate).done == ["You saved the mandate"]
    preparer.get(f"{case}/claim")
    page = preparer.press("Propose it", reference=heir.reference, **told)
    assert page.done == ["You proposed it. It counts when someone else has seen it too"]
    finance = signed_in(Role.FINANCE)
    page = finance.get(finance.get("/").link("Who receives what is owed to somebody who died"))
    assert faults_of(page) == []
    assert "Administrator of their estate" in page.text
    assert finance.press("Continue", decision="confirm").done == ["You confirmed it"]
    page = preparer.get(case)
    assert "letters of administration of 20 November 2026" in page.text
    page = preparer.get(page.link("Pay it again"))
    assert f"to {heir.name}" in page.text
