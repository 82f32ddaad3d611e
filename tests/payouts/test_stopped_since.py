"""What was stopped since a payroll was built is told payment by payment, whichever way it was stopped."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from payouts.payment import Payment, UnpaidReason, stopped_count
from payouts.payroll import PayrollStatus, get_payroll
from payouts.stopped_since import stopped_since
from schemes import bank_details
from schemes.account import Account, Stopped
from schemes.hold import HoldKind
from schemes.mandate import end_mandate
from schemes.payee import Mandate, PaymentMethod
from schemes.person import Role
from tests.schemes.test_mandate import set_method


@pytest.fixture
def start(sealed):
    return sealed


def told(office, payroll_id):
    """Payment → why it may not be made; and how many the whole payroll's own count has."""
    with office.transaction() as session:
        payroll = get_payroll(session, payroll_id)
        found = {one.row.payment.id: one.reasons for one in stopped_since(session, payroll)}
        assert len(found) == stopped_count(session, payroll_id, payroll.pay_date)
        return found


def test_each_way_of_being_stopped_is_told_until_the_payment_is_taken_out(office, sealed, clock):
    payroll_id = sealed.payroll_id
    assert told(office, payroll_id) == {}
    clock.advance(hours=1)
    alone = select(Payment.payee_id).group_by(Payment.payee_id).having(text("count(*) = 1"))
    with office.transaction() as session:
        mine = select(Payment).where(Payment.payee_id.in_(alone)).order_by(Payment.ordinal).limit(5)
        held, died, closed, ended, without = session.scalars(mine).all()
        account = session.scalars(select(Account).where(Account.id == closed.account_id)).one()
        bank_details.stop(session, account, Stopped.CLOSED, by=office.person(Role.PREPARER), at=clock())
        mandate = session.scalars(select(Mandate).where(Mandate.payee_id == ended.payee_id)).one()
        facts = {"because": "she moved", "by": office.person(Role.PREPARER), "at": clock()}
        end_mandate(session, payee_id=ended.payee_id, mandate_id=mandate.id, last_day=clock().date(), **facts)
    office.stop_payments(held.payee_id)
    office.stop_payments(died.payee_id, HoldKind.DECEASED, beneficiary_id=died.beneficiary_id, review_on=None)
    set_method(office, without.payee_id, PaymentMethod.NO_ACCOUNT)
    assert told(office, payroll_id) == {
        held.id: (UnpaidReason.ON_HOLD,),
        died.id: (UnpaidReason.DECEASED,),
        closed.id: (UnpaidReason.BANK_DETAILS_STOPPED,),
        ended.id: (UnpaidReason.MANDATE_NOT_IN_FORCE,),
        without.id: (UnpaidReason.NO_ACCOUNT,),
    }
    office.take_out(payroll_id, [held.id, died.id])
    office.work()
    assert told(office, payroll_id).keys() == {closed.id, ended.id, without.id}
    office.take_out(payroll_id, [closed.id, ended.id, without.id])
    office.work()
    assert told(office, payroll_id) == {}
    office.decide_all(payroll_id)
    with office.transaction() as session:
        assert get_payroll(session, payroll_id).status is PayrollStatus.RELEASED
