"""The days of a sandbox's bank: each brings what it has to say, until every pound of the payroll is accounted for."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from payouts.files.payment_file import files_of
from payouts.ledger.balance import whereabouts
from payouts.ledger.control import compare
from payouts.payment import CAME_BACK, Payment, PaymentStatus
from payouts.payroll import PayrollStatus, get_payroll
from payouts.responses.response import Response, ResponseKind, ResponseStatus
from payouts.returns import recall as recalls
from payouts.returns.recall import RecallStatus
from payouts.sandbox.bank import days
from payouts.sandbox.bank.days import NothingMoreToSay, ask_next, day_of
from payouts.statement.entry import BankEntry, Match
from schemes.database import new_id
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


def ask_back(office, sealed, payment=None):
    with office.transaction() as session:
        payroll = get_payroll(session, sealed.payroll_id, lock=True)
        [file] = files_of(session, payroll.id)
        facts = {"file_id": file.id, "payment_id": payment.id if payment else None, "reason": "a mistake"}
        by, at = office.person(Role.FINANCE), office.service.now()
        return recalls.ask(session, payroll, recall_id=new_id(), by=by, at=at, **facts).id


def recall_status(office, recall_id):
    with office.transaction() as session:
        return recalls.get_recall(session, recall_id).status


def some_payments(office, sealed, count):
    with office.transaction() as session:
        mine = select(Payment).where(Payment.payroll_id == sealed.payroll_id, Payment.file_id.is_not(None))
        return session.scalars(mine.order_by(Payment.ordinal).limit(count)).all()


def whereabouts_of(office, sealed):
    """Where the money is once the bank has said everything; ledger, files and bank agree."""
    with office.transaction() as session:
        assert compare(session, asked_by=None, at=office.service.now()).found() == []
        return whereabouts(session, payroll_id=sealed.payroll_id)


def test_a_recall_is_answered_on_the_input_day_on_the_entry_day_or_not_at_all(office, sealed, next_day) -> None:
    submitted(office, sealed)
    first, second, third = some_payments(office, sealed, 3)
    at_input = ask_back(office, sealed, first)
    next_day(returned=2)
    assert recall_status(office, at_input) is RecallStatus.CONFIRMED
    at_entry = ask_back(office, sealed, second)
    next_day()
    assert recall_status(office, at_entry) is RecallStatus.CONFIRMED
    too_late = ask_back(office, sealed, third)
    while next_day().next_day is not None:
        pass
    assert recall_status(office, too_late) is RecallStatus.REFUSED
    where = whereabouts_of(office, sealed)
    with office.transaction() as session:
        back = session.scalars(select(Payment).where(Payment.status.in_(CAME_BACK))).all()
    assert where.returned_and_held_pence == sum(payment.amount_pence for payment in back)
    assert {first.id, second.id} <= {payment.id for payment in back}
    assert third.id not in {payment.id for payment in back} or len(back) == 4


def test_a_file_that_is_asked_back_in_time_is_withdrawn_and_nothing_of_it_is_booked(office, sealed, next_day) -> None:
    submitted(office, sealed)
    recall_id = ask_back(office, sealed)
    assert next_day().next_day is None
    assert kinds(office) == [ResponseKind.ARRIVAL, ResponseKind.WITHDRAWAL]
    assert recall_status(office, recall_id) is RecallStatus.CONFIRMED
    where = whereabouts_of(office, sealed)
    assert where.returned_and_held_pence == where.released_pence
