"""One credit for many clients comes back: each client's payment is held, and paid again as one or apart."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from bacs import pence
from payouts.payment import Payment, PaymentStatus
from payouts.payment_item import PaymentItem
from payouts.payroll import get_payroll
from payouts.responses import by_hand
from payouts.returns import telling, tracing
from payouts.returns.case import cases
from payouts.returns.reason import Reason
from payouts.returns.reissue import create_reissue
from payouts.returns.trace import ToldBy, TraceWhy
from payouts.statement.difference import returns_not_booked
from payouts.statement.entry import BankEntry, Match, get_entry
from payouts.statement.manual import suggestions
from payouts.web.traces import letter_of
from schemes.database import new_id
from schemes.payee import payee_of_reference
from schemes.payee_details import set_payments_combined
from schemes.person import Role
from tests.answering import at_the_bank, look, receive, record_submission, release
from tests.payouts.statement.bank import account_of, camt, returned, say, send

PROVIDER = "PROV-001"


@pytest.fixture
def start(landed):
    return landed


@pytest.fixture
def provider_id(office):
    with office.transaction() as session:
        payee_id = payee_of_reference(session, PROVIDER).id
    combine(office, payee_id, combined=True)
    return payee_id


def combine(office, payee_id, *, combined):
    with office.transaction() as session:
        facts = {"combined": combined, "reason": "by letter", "by": office.person(Role.PREPARER)}
        set_payments_combined(session, office.service.seals, payee_id, at=office.service.now(), **facts)


@pytest.fixture
def bank(office, provider_id):
    payroll_id = office.create()
    office.work()
    office.accept_findings(payroll_id)
    office.seal(payroll_id)
    release(office, payroll_id)
    record_submission(office, payroll_id)
    return at_the_bank(office, payroll_id)


def theirs(office, payroll_id, payee_id):
    with office.transaction() as session:
        mine = select(Payment).where(Payment.payroll_id == payroll_id, Payment.payee_id == payee_id)
        return session.scalars(mine.order_by(Payment.ordinal)).all()


def their_credit(office, bank, payee_id):
    """The one credit of the provider's, as the bank read it."""
    with office.transaction() as session:
        reference = session.scalars(select(PaymentItem.reference).where(PaymentItem.payee_id == payee_id)).one()
    return next(item for item in bank.items if item.reference == reference)


def pay_again(office):
    with office.transaction() as session:
        facts = {"payroll_id": new_id(), "scheme_id": office.harbour.scheme_id, "named": None}
        by, at = office.person(Role.PREPARER), office.service.now()
        again = create_reissue(session, office.service.calendar, **facts, pay_date=date(2026, 12, 4), by=by, at=at).id
    office.work(leave="notices.send")
    return again


@pytest.mark.parametrize("as_one", [True, False])
def test_a_credit_for_many_clients_comes_back_for_each_and_is_paid_again_as_one_or_apart(
    office, bank, provider_id, clock, as_one
):
    credit = their_credit(office, bank, provider_id)
    receive(office, bank.arucs((credit, "B")))
    payments = theirs(office, bank.payroll_id, provider_id)
    assert len(payments) > 1
    assert {payment.status for payment in payments} == {PaymentStatus.RETURNED}
    assert sum(payment.amount_pence for payment in payments) == credit.amount_pence
    with office.transaction() as session:
        assert {row.payment.id for row in cases(session)} == {payment.id for payment in payments}
    _, where = look(office, bank.payroll_id)
    assert where.returned_and_held_pence == credit.amount_pence
    office.change_bank_details(provider_id)
    combine(office, provider_id, combined=as_one)
    clock.time = datetime(2026, 12, 1, 10, tzinfo=UTC)
    again = theirs(office, pay_again(office), provider_id)
    assert sorted(one.amount_pence for one in again) == sorted(one.amount_pence for one in payments)
    assert {one.combined for one in again} == {as_one}
    assert {one.beneficiary_id for one in again} == {one.beneficiary_id for one in payments}


def test_a_letter_about_one_client_s_payment_is_about_the_whole_credit(office, bank, provider_id):
    payments = theirs(office, bank.payroll_id, provider_id)
    at = office.service.now()
    with office.transaction() as session:
        facts = {"told_id": new_id(), "why": Reason.CLOSED, "reason": "letter", "at": at}
        told = telling.tell(session, payments[0], by=office.person(Role.PREPARER), **facts)
        by_hand.confirm_told(session, told, by=office.person(Role.FINANCE), at=at)
    assert {one.status for one in theirs(office, bank.payroll_id, provider_id)} == {PaymentStatus.RETURNED}
    look(office, bank.payroll_id)


def test_a_credit_for_many_clients_that_is_back_on_the_statement_is_matched_as_one(office, bank, provider_id):
    credit = their_credit(office, bank, provider_id)
    receive(office, bank.arucs((credit, "B")))
    wrong = returned(credit.amount_pence - 1, credit.reference)
    send(office, camt(account_of(office), wrong, returned(credit.amount_pence, credit.reference)))
    payments = theirs(office, bank.payroll_id, provider_id)
    with office.transaction() as session:
        unknown, matched = session.scalars(select(BankEntry).order_by(BankEntry.position)).all()
        assert (unknown.match, matched.match, matched.payment_id) == (None, Match.RETURN, payments[0].id)
        line_id = matched.line_id
        assert session.execute(returns_not_booked(line_id, date(2026, 12, 31))).all() == []
    say(office, matched.id, None)
    with office.transaction() as session:
        [(_, _, pence)] = session.execute(returns_not_booked(line_id, date(2026, 12, 31))).all()
        assert pence == credit.amount_pence
        [(payment, _)] = suggestions(session, get_entry(session, matched.id))[1]
    say(office, matched.id, Match.RETURN, payment.id)
    with office.transaction() as session:
        assert get_entry(session, matched.id).match is Match.RETURN


def test_the_letter_that_looks_for_one_client_s_payment_names_the_credit_that_the_bank_knows(
    office, bank, provider_id, clock
):
    clock.time = datetime(2026, 11, 25, 10, tzinfo=UTC)
    credit, payment = their_credit(office, bank, provider_id), theirs(office, bank.payroll_id, provider_id)[0]
    by, at = office.person(Role.FINANCE), office.service.now()
    said = {"why": TraceWhy.NOT_ARRIVED, "told_by": ToldBy.PAYEE, "told_on": at.date(), "said": "not there"}
    unknown = {"sort_code": "", "account_number": "", "roll_number": "", "words": ""}
    with office.transaction() as session:
        payroll = get_payroll(session, bank.payroll_id)
        trace = tracing.open_trace(session, office.service, payroll, payment, trace_id=new_id(), **said, by=by, at=at)
        tracing.compare(session, office.service, trace, **unknown, by=by, at=at)
        letter = letter_of(session, trace, payment, payroll, "The provider", "ending 1234")
    assert {("Reference", credit.reference), ("Amount", pence.format(credit.amount_pence))} <= set(letter.facts)
