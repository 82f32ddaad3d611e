"""The site killed in the middle of taking payments out and of moving the pay date: all of it happened, or nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from payouts.demo.visitor import Visitor
from payouts.gates.amendment import Amendment
from payouts.gates.decision import decisions_of
from payouts.payment import Payment, PaymentStatus
from payouts.payroll import PayrollStatus, get_payroll
from schemes.person import Role
from tests.faults.installation import wait_until
from tests.faults.outcome import assert_audit_whole, assert_ledger, assert_work_done
from tests.faults.prepared import sealed
from tests.faults.test_web_killed import count_of, sent_and_never_answered, status_of

pytestmark = pytest.mark.faults


@pytest.fixture
def killed_in_the_middle(installation, harbour, office):
    """Send a form and kill the site where it writes to a table; then send it again, twice, to a site that stays."""

    def send(visitor, address, table, day=None, **values):
        page = visitor.get(address)
        form, before = page.form(having="amendment_id"), count_of(office, Amendment)
        if day is not None:
            # a day is three inputs of one name
            parts = iter((day.day, day.month, day.year))
            form.values = [(name, str(next(parts)) if name == "pay_date" else value) for name, value in form.values]
        with installation.owner.connect() as connection:
            connection.execute(text(f"LOCK TABLE {table} IN SHARE MODE"))
            with sent_and_never_answered(visitor, page, form, **values):
                wait_until("the site to be in the middle of it", lambda: installation.blocked_on(table))
                installation.processes.kill("serve")
        installation.start_web()
        wait_until("the database to notice", lambda: installation.waiting_for_locks() == 0)
        assert count_of(office, Amendment) == before
        for _ in range(2):
            answer = Visitor.post(visitor, page, form, **values)
            assert answer.status_code == 200, answer.url
        assert count_of(office, Amendment) == before + 1
        assert_work_done(installation, harbour)

    return send


def test_a_site_killed_in_the_middle_of_a_change_has_changed_nothing_and_the_form_sent_again_does_it_once(
    installation, harbour, office, job, register, killed_in_the_middle
):
    payroll_id = sealed(office, register.path)
    office.decide_all(payroll_id, upto=3)
    preparer, here = job.visitor(Role.PREPARER), f"/payrolls/{payroll_id}"
    with office.transaction() as session:
        before = get_payroll(session, payroll_id)
        leaving = session.scalars(select(Payment).where(Payment.payroll_id == payroll_id).limit(1)).one()
    address = f"{here}/take-out/check?payment={leaving.id}"
    killed_in_the_middle(preparer, address, "taken_out", reason="died yesterday")
    later = office.service.calendar.next_working_day(before.pay_date + timedelta(days=1))
    killed_in_the_middle(preparer, f"{here}/pay-date", "amendment", later, reason="the cut-off was missed")
    with office.transaction() as session:
        after = get_payroll(session, payroll_id)
        assert [one.person_id for one in decisions_of(session, payroll_id)] == [office.person(Role.PREPARER).person_id]
    assert (after.pay_date, after.payment_count) == (later, before.payment_count - 1)
    for position, role in ((2, Role.FINANCE), (3, Role.APPROVER), (4, Role.RELEASER)):
        office.decide(payroll_id, position, by=office.person(role))
    assert status_of(office, payroll_id) is PayrollStatus.RELEASED
    with office.transaction() as session:
        taken = select(Payment.id).where(Payment.status == PaymentStatus.TAKEN_OUT)
        assert session.scalars(taken).all() == [leaving.id]
    assert_ledger(installation, harbour, payroll_id, submitted=False)
    assert_audit_whole(installation, harbour)
