"""The days of a sandbox's bank: each brings what it has to say, until every pound of the payroll is accounted for."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from payouts.payment import Payment, PaymentStatus
from payouts.payroll import PayrollStatus, get_payroll
from payouts.responses.response import Response, ResponseKind, ResponseStatus
from payouts.sandbox.bank import days
from payouts.sandbox.bank.days import NothingMoreToSay, ask_next, day_of
from payouts.statement.entry import BankEntry, Match
from schemes.errors import NotNow, OutOfRange
from schemes.person import Role


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def next_day(office, sealed):
    def pass_one(*, returned=0):
        with office.transaction() as session:
            payroll = get_payroll(session, sealed.payroll_id, lock=True)
            by = office.person(Role.FINANCE)
            ask_next(session, payroll, returned=returned, by=by, at=office.service.now())
        office.work(leave="notices.send")
        with office.transaction() as session:
            row = day_of(session, sealed.payroll_id)
            session.expunge(row)
            return row

    return pass_one


def submitted(office, sealed) -> None:
    office.decide_all(sealed.payroll_id)
    office.download(sealed.payroll_id)
    office.record_submission(sealed.payroll_id)


def kinds(office) -> list[ResponseKind]:
    with office.transaction() as session:
        return list(session.scalars(select(Response.kind).order_by(Response.id)))


def test_three_payments_come_back_over_the_banks_days_and_every_file_is_understood(office, sealed, next_day) -> None:
    submitted(office, sealed)
    first = next_day(returned=3)
    with office.transaction() as session:
        payroll = get_payroll(session, sealed.payroll_id)
        assert (first.reached, payroll.status) == (payroll.input_day, PayrollStatus.ACCEPTED)
    assert kinds(office) == [ResponseKind.ARRIVAL, ResponseKind.INPUT]
    while next_day().next_day is not None:
        pass
    assert kinds(office).count(ResponseKind.ARUCS) == 1
    with office.transaction() as session:
        returned = select(func.count()).where(Payment.status == PaymentStatus.RETURNED)
        assert session.scalar(returned) == 3
        assert set(session.scalars(select(Response.status))) == {ResponseStatus.READ}
        # the debit, the fee, and each returned payment's own credit
        entries = select(BankEntry.match, func.count()).group_by(BankEntry.match)
        assert dict(session.execute(entries).all()) == {Match.CONTRA: 1, Match.FEE: 1, Match.RETURN: 3}
    with pytest.raises(NothingMoreToSay):
        next_day()


def test_a_bank_says_nothing_of_a_payroll_that_it_does_not_have(office, sealed, next_day) -> None:
    with pytest.raises(NotNow):
        next_day()
    submitted(office, sealed)
    with pytest.raises(OutOfRange):
        next_day(returned=days.MOST_RETURNS + 1)
