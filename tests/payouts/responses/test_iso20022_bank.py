"""A body whose bank takes pain.001: from the file to closed, by pain.002, camt.054 and camt.053 alone."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select, text

from payouts.ledger.control import compare
from payouts.payment import Payment, PaymentStatus
from payouts.payroll import PayrollStatus, get_payroll
from payouts.responses import closing
from payouts.responses.response import Response, ResponseKind, ResponseStatus
from payouts.sandbox.bank.cycle import statements
from payouts.sandbox.bank.fate import Fate, Script
from payouts.statement.entry import BankEntry, Match
from tests.answering import at_the_bank, look, payment_of, receive, record_submission, release, statuses


@pytest.fixture
def start(landed):
    return landed


def submitted(office, owner, file_format, script):
    """A payroll in a form of file, at a bank that takes it as a script says."""
    with owner.begin() as connection:
        connection.execute(text("UPDATE bank_profile SET file_format = :form"), {"form": file_format})
    payroll_id = office.create()
    office.work()
    office.accept_findings(payroll_id)
    office.seal(payroll_id)
    release(office, payroll_id)
    record_submission(office, payroll_id)
    return at_the_bank(office, payroll_id, script)


def everything_said(bank):
    return sorted([*bank.course.deliveries, *statements([bank.course], through=date.max)])


@pytest.mark.parametrize("file_format", ["pain001", "pain001-03"])
def test_a_batch_taken_in_part_and_returned_in_part_closes_when_the_statement_agrees(office, owner, clock, file_format):
    bank = submitted(office, owner, file_format, Script(seed=3, rejected=1, returned=2))
    for delivery in everything_said(bank):
        receive(office, delivery.content, name=delivery.name)
    with office.transaction() as session:
        assert set(session.scalars(select(Response.kind))) == {
            ResponseKind.PAYMENT_STATUS,
            ResponseKind.NOTIFICATION,
            ResponseKind.STATEMENT,
        }
        assert set(session.scalars(select(Response.status))) == {ResponseStatus.READ}
        matched = session.scalars(select(BankEntry.match)).all()
        assert sorted(matched) == sorted([Match.CONTRA, Match.FEE, Match.RETURN, Match.RETURN])
    for struck in bank.course.struck:
        wanted = PaymentStatus.REJECTED if struck.fate is Fate.REJECTED else PaymentStatus.RETURNED
        assert payment_of(office, struck.item).status is wanted
    payroll, where = look(office, bank.payroll_id)
    assert payroll.status is PayrollStatus.ACCEPTED
    assert where.returned_and_held_pence == sum(each.item.amount_pence for each in bank.course.struck)
    clock.time = datetime(2026, 12, 1, 10, tzinfo=UTC)
    with office.transaction() as session:
        closing.ask_daily(session, at=clock())
    office.work(leave="notices.send")
    payroll, where = look(office, bank.payroll_id)
    assert (payroll.status, where.on_its_way_pence) == (PayrollStatus.CLOSED, 0)
    with office.transaction() as session:
        assert compare(session, asked_by=None, at=clock()).found() == []


def test_a_batch_that_is_refused_whole_gives_every_payment_back(office, owner):
    bank = submitted(office, owner, "pain001", Script(file_refused=True))
    for delivery in everything_said(bank):
        receive(office, delivery.content, name=delivery.name)
    assert set(statuses(office)) == {PaymentStatus.REJECTED}
    payroll, where = look(office, bank.payroll_id)
    assert payroll.status is PayrollStatus.REJECTED
    assert where.returned_and_held_pence == where.released_pence


def test_a_batch_that_is_taken_whole_is_paid_when_the_bank_has_settled_it(office, owner):
    bank = submitted(office, owner, "pain001", Script())
    taken, settled = bank.course.deliveries
    receive(office, taken.content)
    with office.transaction() as session:
        assert get_payroll(session, bank.payroll_id).status is PayrollStatus.SUBMITTED, "checked, and not settled yet"
    receive(office, settled.content)
    payroll, where = look(office, bank.payroll_id)
    assert payroll.status is PayrollStatus.ACCEPTED
    with office.transaction() as session:
        assert set(session.scalars(select(Payment.status))) == {PaymentStatus.PAID}
    assert where.paid_pence == where.released_pence
