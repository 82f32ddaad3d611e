"""What a change or a stop of bank details does to payrolls: which account is paid, and what is not released."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select, text

from payouts.cancelling import cancel
from payouts.channels.release import ReleaseRefused
from payouts.files.sealing import PaymentsStopped
from payouts.payment import Payment, Unpaid, UnpaidReason
from payouts.payroll import get_payroll
from schemes import bank_details
from schemes.account import Account, Stopped, get_account
from schemes.person import Role


@pytest.fixture
def start(landed):
    return landed


@pytest.fixture
def payee_id(office):
    """A payee who is due in November, with one confirmed version."""
    with office.transaction() as session:
        return session.scalars(
            text("SELECT payee_id FROM award WHERE first_day < '2026-11-01' AND last_day IS NULL ORDER BY id LIMIT 1")
        ).one()


@pytest.fixture
def stop(office, payee_id):
    """Mark the payee's first version compromised."""

    def stopping():
        with office.transaction() as session:
            account = session.scalars(select(Account).where(Account.payee_id == payee_id, Account.version == 1)).one()
            by, at = office.person(Role.PREPARER), office.service.now()
            bank_details.stop(session, account, Stopped.COMPROMISED, by=by, at=at)

    return stopping


def test_a_compromised_account_is_not_paid_until_another_is_in_use(office, stop, payee_id, clock):
    stop()
    assert unpaid_because(office, payee_id) is UnpaidReason.BANK_DETAILS_STOPPED
    office.change_bank_details(payee_id)
    assert unpaid_because(office, payee_id) is UnpaidReason.BANK_DETAILS_STOPPED
    clock.advance(days=2)
    assert unpaid_because(office, payee_id, date(2026, 11, 27)) is None


def unpaid_because(office, payee_id, pay_date=date(2026, 11, 26)):
    """Why a payroll built now does not pay a payee, or None if it does."""
    payroll_id = office.create(pay_date)
    office.work()
    with office.transaction() as session:
        paid = session.scalars(select(Payment).where(Payment.payroll_id == payroll_id, Payment.payee_id == payee_id))
        why = session.scalars(
            text("SELECT reason FROM unpaid JOIN award ON award.id = award_id WHERE payroll_id = :p AND payee_id = :q"),
            {"p": payroll_id, "q": payee_id},
        ).first()
        found = None if paid.first() else UnpaidReason(why)
    with office.transaction() as session:
        payroll = get_payroll(session, payroll_id, lock=True)
        cancel(session, payroll, by=office.person(Role.PREPARER), reason="only to look", at=office.service.now())
    return found


@pytest.mark.parametrize(("pay_date", "version"), [(date(2026, 11, 26), 1), (date(2026, 11, 27), 2)])
def test_a_payroll_uses_the_version_of_the_day_on_which_its_files_leave(office, payee_id, pay_date, version):
    office.change_bank_details(payee_id)
    payroll_id = office.create(pay_date)
    office.work()
    with office.transaction() as session:
        account_id = session.scalars(
            select(Payment.account_id).where(Payment.payroll_id == payroll_id, Payment.payee_id == payee_id)
        ).one()
        assert get_account(session, payee_id, account_id).version == version
        assert not session.scalars(
            select(Unpaid).where(Unpaid.reason == UnpaidReason.NO_CONFIRMED_BANK_DETAILS)
        ).first()


def test_files_are_not_built_for_an_account_that_was_stopped_meanwhile(office, stop, payee_id):
    payroll_id = office.create()
    office.work()
    office.accept_findings(payroll_id)
    stop()
    with pytest.raises(PaymentsStopped) as refused:
        office.seal(payroll_id)
    assert refused.value.count == 1


def test_a_payroll_is_not_released_to_an_account_that_was_stopped_at_the_gates(office, stop, payee_id):
    payroll_id = office.create()
    office.work()
    office.accept_findings(payroll_id)
    office.seal(payroll_id)
    office.decide_all(payroll_id, upto=3)
    stop()
    with pytest.raises(ReleaseRefused) as refused:
        office.decide(payroll_id, 4, by=office.person(Role.RELEASER))
    assert refused.value.differences == ["stopped_payments"]
