"""The database cuts everybody off, again and again: the work goes on by itself, and nothing is done twice."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import text

from payouts.tasks.outbox import TaskState
from tests.faults.installation import Kill, wait_until
from tests.faults.outcome import assert_ended_well
from tests.faults.prepared import downloaded
from tests.faults.trouble import meanwhile

pytestmark = pytest.mark.faults
CUTS = 8


def test_connections_cut_in_the_middle_of_the_job_are_made_again(installation, harbour, job, register, dice, tmp_path):
    cut = []
    job.sign_everybody_in()

    def cut_all(over: threading.Event) -> None:
        while len(cut) < CUTS and not over.wait(dice.uniform(0.1, 0.8)):
            with job.calm:
                cut.append(installation.cut_connections())

    with meanwhile(cut_all):
        outcome = job.run(register.path, tmp_path)
    assert sum(cut) > 10
    assert_ended_well(installation, harbour, job.payroll_id, register.calm, outcome.sha256)


def test_a_worker_whose_hold_on_its_task_was_cut_sends_nothing_more(installation, harbour, office, register):
    """Another worker has the task by then: what both sent, payees would read twice."""
    payroll_id = downloaded(office, register.path)
    installation.kill_workers(Kill.EVERYTHING)
    office.record_submission(payroll_id)
    office.work(leave="notices.send")
    [task] = [task for task in installation.tasks(harbour, TaskState.WAITING) if task.kind == "notices.send"]
    with installation.owner.connect() as connection:
        # nobody can say what they are about to send
        connection.execute(text("LOCK TABLE notice IN SHARE MODE"))
        installation.start("worker")
        wait_until("a worker to be about to send", lambda: installation.blocked_on("notice"))
        first = installation.holder_of(task)
        assert first
        installation.cut(first)
        wait_until("another to take the task", lambda: installation.holder_of(task) not in (None, first))
        wait_until("both to stand at the same place", lambda: installation.blocked_on("notice") == 2)
    assert_ended_well(installation, harbour, payroll_id, register.calm)
