"""Payees and accounts for every outcome: each is entered through the API and does what the page says of it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from payouts.payment import PaymentStatus
from payouts.payroll import get_payroll
from payouts.responses.correction import CorrectionLine, LineOutcome
from payouts.returns.reason import OF_ARUCS, OF_INPUT_LETTERS, ReturnReason
from payouts.returns.returned import ReturnedPayment
from payouts.sandbox import notification
from payouts.sandbox.bank import fate
from payouts.sandbox.bank.days import ask_next, day_of
from payouts.sandbox.bank.fate import Fate
from payouts.sandbox.confirmation_names import MAGIC_ACCOUNTS
from payouts.web import magic_words
from schemes import bank_details, one_off
from schemes.account import accounts_of, get_account
from schemes.api_key import Scope
from schemes.call_back import Call
from schemes.one_off_payment import get_one_off
from schemes.payee import payee_of_reference
from schemes.person import Role
from tests.entering import pay_one_offs

PAGE = Path(__file__).parents[2] / "docs" / "sandbox.md"
BECOMES = {
    Fate.RETURNED: PaymentStatus.RETURNED,
    Fate.RETURNED_LATE: PaymentStatus.RETURNED,
    Fate.REJECTED: PaymentStatus.REJECTED,
    Fate.CORRECTED: PaymentStatus.PAID,
    Fate.AMENDED: PaymentStatus.PAID,
}


@pytest.fixture
def start(landed):
    return landed


def test_the_page_is_the_simulators_own_lists():
    assert PAGE.read_text() == magic_words.as_markdown(), "payouts api sandbox > docs/sandbox.md"
    typed = {each.typed for chapter in magic_words.chapters() for each in chapter.outcomes}
    assert typed >= fate.MAGIC_ACCOUNTS.keys() | MAGIC_ACCOUNTS.keys() | notification.MAGIC.keys() | {
        fate.NOT_TO_BE_RECALLED
    }


def test_each_address_of_messages_can_be_given_to_a_payee(caller):
    registrar = caller(Scope.PAYEES)
    contacts = [{"channel": "email" if "@" in address else "text", "value": address} for address in notification.MAGIC]
    payee = {"reference": "M-1", "name": "Mo Field", "contacts": contacts, "contacts_source": "a form"}
    answer = registrar.post("/payees", payee)
    assert answer.status_code == 201, answer.json
    assert len(answer.json["contacts"]) == len(contacts)


def paid_by_api(office, registrar, payer, accounts):
    """Payees with these accounts, each paid once, by one payroll that went to the bank. Returns its id."""
    finance, at, calendar = office.person(Role.FINANCE), office.service.now(), office.service.calendar
    for number in accounts:
        details = {"account_holder": "Mo Field", "sort_code": fate.MAGIC_SORT_CODE, "account_number": number}
        payee = {"reference": f"M-{number}", "name": "Mo Field"}
        assert registrar.post("/payees", {**payee, "bank_details": details}).status_code == 201, number
        payment = {"scheme": "HIL", "beneficiary": f"M-{number}", "amount_pence": 100_00 + accounts.index(number)}
        entered = payer.post(
            "/one_off_payments",
            {**payment, "about": "2026-11-05", "pay_from": "2026-11-25", "reason": "to see what happens"},
        )
        assert entered.status_code == 201, entered.json
        with office.transaction() as session:
            payee_id = payee_of_reference(session, f"M-{number}").id
            account = get_account(session, payee_id, accounts_of(session, payee_id)[0].id, lock=True)
            call = Call("Mo Field", "01234 567890", date(2026, 1, 5))
            bank_details.confirm(session, calendar, account, call=call, at_the_bank=(), by=finance, at=at)
            one_off.confirm(session, get_one_off(session, entered.json["id"], lock=True), by=finance, at=at)
    payroll_id = pay_one_offs(office)
    office.accept_findings(payroll_id)
    office.seal(payroll_id)
    office.decide_all(payroll_id)
    office.download(payroll_id)
    office.record_submission(payroll_id)
    return payroll_id


def let_all_days_pass(office, payroll_id):
    over = False
    while not over:
        with office.transaction() as session:
            payroll = get_payroll(session, payroll_id, lock=True)
            ask_next(session, payroll, returned=0, by=office.person(Role.FINANCE), at=office.service.now())
        office.work(leave="notices.send")
        with office.transaction() as session:
            over = day_of(session, payroll_id).is_over


def test_each_account_meets_its_fate_and_the_reason_is_told(office, caller, clock):
    accounts = [*fate.MAGIC_ACCOUNTS, fate.NOT_TO_BE_RECALLED]
    registrar, payer = caller(Scope.READ, Scope.PAYEES), caller(Scope.READ, Scope.PAYMENTS)
    payroll_id = paid_by_api(office, registrar, payer, accounts)
    let_all_days_pass(office, payroll_id)
    clock.advance(days=10)
    office.work(leave="notices.send")
    became = {each["payee"]["reference"]: each["status"] for each in payer.all(f"/payments?payroll={payroll_id}")}
    struck = {f"M-{number}": BECOMES[what] for number, (what, _) in fate.MAGIC_ACCOUNTS.items()}
    arrived = {name for name in became if became[name] in (PaymentStatus.SUBMITTED, PaymentStatus.PAID)}
    assert arrived == {name for name in struck if struck[name] is PaymentStatus.PAID} | {f"M-{fate.NOT_TO_BE_RECALLED}"}
    assert {name: became[name] for name in became.keys() - arrived} == {
        name: status for name, status in struck.items() if status is not PaymentStatus.PAID
    }
    reasons = {
        f"M-{number}": OF_INPUT_LETTERS[code] if what is Fate.REJECTED else OF_ARUCS[ReturnReason(code)]
        for number, (what, code) in fate.MAGIC_ACCOUNTS.items()
        if BECOMES[what] is not PaymentStatus.PAID
    }
    with office.transaction() as session:
        found = {payee_of_reference(session, name).id: reason for name, reason in reasons.items()}
        assert dict(session.execute(select(ReturnedPayment.payee_id, ReturnedPayment.reason)).all()) == found
        corrected = {
            payee_of_reference(session, f"M-{number}").id
            for number, (what, _) in fate.MAGIC_ACCOUNTS.items()
            if what is Fate.CORRECTED
        }
        lines = select(CorrectionLine.payee_id).where(CorrectionLine.outcome == LineOutcome.PROPOSED)
        assert set(session.scalars(lines)) == corrected
