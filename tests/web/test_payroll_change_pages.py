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


def test_a_late_payroll_is_told_what_is_possible_and_moved_there(signed_in, here, clock, office, sealed):
    office.decide_all(sealed.payroll_id, upto=3)
    clock.time = clock.time.replace(hour=22)
    person = signed_in(Role.PREPARER)
    page = person.get(here)
    assert "The earliest day that is still possible is Thursday 26 November 2026" in page.text
    page = person.get(page.link("Move the pay date"))
    assert page.table("possible")[0] == ["Thursday 26 November 2026", "24 November 2026 at 9pm"]
    assert "Femi Finance decides again at Funds" in page.text
    page = person.press("Move the pay date", pay_date=["25", "11", "2026"], reason="late")
    assert page.errors[0].startswith("Wednesday 25 November 2026 is too early")
    page = person.press("Move the pay date", pay_date=["26", "11", "2026"], reason="late")
    assert page.done == ["You moved the pay date to Thursday 26 November 2026"]
    office.work()
    assert "moved the pay date from Wednesday 25 November 2026" in person.get(here).text
    page = person.get(person.page.link("Reopen this payroll"))
    assert person.press("Reopen the payroll", reason="an award is wrong").done == [
        "You reopened the payroll. Every decision is void"
    ]
    assert "Priya Preparer reopened the payroll: “an award is wrong”" in person.page.text


def test_a_colleague_is_asked_and_answers_and_whoever_decides_reads_both(signed_in, here, sealed):
    approver, preparer = signed_in(Role.APPROVER), signed_in(Role.PREPARER)
    approver.get(approver.get(here).link("Ask a colleague"))
    assert approver.press("Ask").errors == ["Choose who you ask", "Enter your question"]
    choice = approver.page.soup.find("label", string=lambda words: words and "Priya Preparer" in words)["for"]
    person_id = approver.page.soup.find(id=choice)["value"]
    page = approver.press("Ask", of=person_id, question="Why is hers so large?")
    assert page.done == ["You asked. They are told by email, and the answer will stand here"]
    assert "Why is hers so large? No answer yet" in page.text
    page = preparer.get(preparer.get(preparer.get(here).link("Decide")).link("Answer"))
    assert preparer.press("Send the answer", answer="Two months of arrears").done == [
        "You answered. Whoever asked is told by email"
    ]
    assert "Two months of arrears" in approver.get(here).text


def test_whoever_was_left_out_is_paid_on_another_day_by_a_payroll_that_says_so(signed_in, here, office, sealed):
    with office.transaction() as session:
        row = payments_of(session, sealed.payroll_id, limit=1)[0]
    office.take_out(sealed.payroll_id, [row.payment.id])
    office.work()
    person = signed_in(Role.PREPARER)
    page = person.get(person.get(here).link("Pay some of them on another day"))
    assert page.table("unpaid") == [["They were taken out of this payroll once its files were built", "1"]]
    assert person.press("Create the payroll").errors == ["Choose who it is for"]
    page = person.press("Create the payroll", who="named", references="HILF-9")
    assert page.errors == ["The payroll left nobody out under HILF-9. Check these references"]
    page = person.press("Create the payroll", who="named", references=row.beneficiary.reference)
    assert "It pays people whom payroll 1 left out, for the same period" in page.text
