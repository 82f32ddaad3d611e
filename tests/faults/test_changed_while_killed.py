"""Payments taken out and a pay date moved while workers are killed at the steps that build the files anew."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from payouts.gates.decision import decisions_of
from payouts.payment import Payment, PaymentStatus
from payouts.payroll import PayrollStatus, get_payroll
from schemes.person import Role
from tests.faults.installation import Kill, wait_until
from tests.faults.outcome import assert_audit_whole, assert_ledger, assert_work_done
from tests.faults.prepared import sealed

pytestmark = pytest.mark.faults
# each step of building anew, with a table that it writes and the change itself does not, once that has committed
BOUNDARIES = (("payroll.seal", "payment_file"), ("payroll.seal_part", "manifest"))


@pytest.fixture
def killed_while(installation, harbour):
    """Have a change made while no worker runs, then kill those that take up what follows, at each of its steps."""

    def change_and_kill(change):
        installation.kill_workers(Kill.EVERYTHING)
        change()
        for kind, table in BOUNDARIES:
            with installation.owner.connect() as connection:
                connection.execute(text(f"LOCK TABLE {table} IN SHARE MODE"))
                installation.start("worker")
                wait_until(
                    f"a worker to be in the middle of {kind}", lambda table=table: installation.blocked_on(table)
                )
                installation.kill_workers(Kill.EVERYTHING)
                wait_until("the killed to be gone", lambda: not installation.children_at_work())
        installation.start("worker")
        assert_work_done(installation, harbour)

    return change_and_kill


def test_what_was_taken_out_and_moved_converges_and_is_released_once(
    installation, harbour, office, register, killed_while
):
    payroll_id = sealed(office, register.path)
    office.decide_all(payroll_id, upto=3)
    with office.transaction() as session:
        before = get_payroll(session, payroll_id)
        mine = select(Payment).where(Payment.payroll_id == payroll_id).order_by(Payment.ordinal).limit(2)
        leaving = session.scalars(mine).all()
    later = office.service.calendar.next_working_day(before.pay_date + timedelta(days=1))
    killed_while(lambda: office.take_out(payroll_id, [payment.id for payment in leaving]))
    killed_while(lambda: office.re_date(payroll_id, later))
    with office.transaction() as session:
        after = get_payroll(session, payroll_id)
        assert [d.person_id for d in decisions_of(session, payroll_id)] == [office.person(Role.PREPARER).person_id]
    assert (after.status, after.pay_date) == (PayrollStatus.SEALED, later)
    assert after.payment_count == before.payment_count - 2
    assert after.total_pence == before.total_pence - sum(payment.amount_pence for payment in leaving)
    for position, role in ((2, Role.FINANCE), (3, Role.APPROVER)):
        office.decide(payroll_id, position, by=office.person(role))
    assert office.decide(payroll_id, 4, by=office.person(Role.RELEASER))
    content = office.download(payroll_id)
    assert not any(payment.reference.encode() in content for payment in leaving)
    with office.transaction() as session:
        statuses = session.scalars(select(Payment.status).where(Payment.payroll_id == payroll_id)).all()
    assert statuses.count(PaymentStatus.RELEASED) == after.payment_count
    assert statuses.count(PaymentStatus.TAKEN_OUT) == 2
    assert_ledger(installation, harbour, payroll_id, submitted=False)
    assert_audit_whole(installation, harbour)
