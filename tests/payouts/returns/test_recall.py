"""Asking the bank to take money back: in time, once, and confirmed only by what the bank reports."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from payouts.files.payment_file import files_of
from payouts.payment import PaymentStatus
from payouts.payroll import get_payroll
from payouts.returns import recall as recalls
from payouts.returns.recall import RecallStatus, TooLateToRecall, get_recall
from payouts.sandbox.bank.fate import Script
from schemes.database import new_id
from schemes.errors import NotAllowed, NotNow
from schemes.person import Role
from tests.answering import at_the_bank, payment_of, receive, record_submission, release


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def bank(office, sealed):
    release(office, sealed.payroll_id)
    record_submission(office, sealed.payroll_id)
    return at_the_bank(office, sealed.payroll_id)


def ask(office, bank, payment=None, *, role=Role.PREPARER):
    with office.transaction() as session:
        payroll = get_payroll(session, bank.payroll_id, lock=True)
        [file] = files_of(session, bank.payroll_id)
        facts = {"file_id": file.id, "payment_id": payment.id if payment else None, "reason": "died yesterday"}
        by, at = office.person(role), office.service.now()
        return recalls.ask(session, payroll, recall_id=new_id(), by=by, at=at, **facts).id


def look(office, recall_id):
    with office.transaction() as session:
        return get_recall(session, recall_id)


def test_a_recall_moves_nothing_until_the_bank_reports_that_it_took_the_payment_back(office, bank):
    payment = payment_of(office, bank.items[0])
    recall_id = ask(office, bank, payment)
    assert payment_of(office, bank.items[0]).status is PaymentStatus.SUBMITTED
    receive(office, bank.arucs((bank.items[1], "C")))
    assert look(office, recall_id).status is RecallStatus.REQUESTED, "another one was taken back"
    receive(office, bank.arucs((bank.items[0], "C")))
    assert payment_of(office, bank.items[0]).status is PaymentStatus.RETURNED
    assert look(office, recall_id).status is RecallStatus.CONFIRMED


def test_a_file_s_recall_is_confirmed_by_the_withdrawal_report(office, bank):
    recall_id = ask(office, bank)
    with pytest.raises(NotNow):
        ask(office, bank)
    quiet = at_the_bank(office, bank.payroll_id, Script())
    receive(office, quiet.report("Arrival").replace(b"ArrivalReport", b"WithdrawalReport"))
    assert look(office, recall_id).status is RecallStatus.CONFIRMED


def test_a_file_is_recalled_before_its_cut_off_and_a_payment_until_four_on_the_processing_day(office, bank, clock):
    payment = payment_of(office, bank.items[0])
    clock.time = datetime(2026, 11, 24, 15, 59, tzinfo=UTC)
    with pytest.raises(TooLateToRecall):
        ask(office, bank)
    ask(office, bank, payment)
    clock.advance(minutes=2)
    with pytest.raises(TooLateToRecall):
        ask(office, bank, payment_of(office, bank.items[1]))


def test_a_bank_that_refuses_leaves_the_payment_on_its_way(office, bank):
    recall_id = ask(office, bank, payment_of(office, bank.items[0]))
    with office.transaction() as session:
        recall, payroll = get_recall(session, recall_id, lock=True), get_payroll(session, bank.payroll_id)
        by, at = office.person(Role.FINANCE), office.service.now()
        recalls.refuse(session, recall, payroll, answer="extracted already", by=by, at=at)
    assert look(office, recall_id).status is RecallStatus.REFUSED
    assert payment_of(office, bank.items[0]).status is PaymentStatus.SUBMITTED


def test_an_auditor_asks_for_nothing_back(office, bank):
    with office.transaction() as session:
        payroll = get_payroll(session, bank.payroll_id, lock=True)
        [file] = files_of(session, bank.payroll_id)
        by = office.person_with(Role.AUDITOR)
        with pytest.raises(NotAllowed):
            recalls.ask(
                session,
                payroll,
                recall_id=new_id(),
                file_id=file.id,
                payment_id=None,
                reason="no",
                by=by,
                at=office.service.now(),
            )
