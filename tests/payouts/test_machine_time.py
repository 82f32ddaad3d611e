"""A machine whose clock is wrong decides nothing and works nothing off: what is late or valid hangs on the time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from payouts.machine_time import ClockWrong, must_agree, utc_now
from payouts.payroll import PayrollStatus, get_payroll
from payouts.tasks import worker
from payouts.tasks.outbox import Task, TaskState


@pytest.fixture
def start(landed):
    return landed


def off_by(service, **difference):
    return replace(service, machine_time=lambda: utc_now() + timedelta(**difference))


@pytest.mark.parametrize("difference", [{"hours": 1}, {"hours": -1}, {"seconds": 45}])
def test_clocks_that_disagree_are_told_by_how_much(office, difference):
    with office.transaction() as session:
        with pytest.raises(ClockWrong) as wrong:
            must_agree(session, lambda: utc_now() + timedelta(**difference))
        must_agree(session, utc_now)
    assert abs(wrong.value.ahead - timedelta(**difference)) < timedelta(seconds=10)


def test_a_worker_whose_clock_is_an_hour_off_leaves_the_work_to_others(office):
    payroll_id = office.create()
    with office.transaction() as session:
        task_id = session.scalars(select(Task.id).where(Task.state == TaskState.WAITING)).one()
    worker.perform(off_by(office.service, hours=1), task_id, office.harbour.body_id)
    with office.transaction() as session:
        task = session.get_one(Task, (office.harbour.body_id, task_id))
        assert task.state is TaskState.WAITING
        assert task.error.startswith("ClockWrong: this machine's clock is 36")
        task.error, task.due_at = None, office.service.now()
    office.work()
    with office.transaction() as session:
        assert get_payroll(session, payroll_id).status is PayrollStatus.CHECKED
