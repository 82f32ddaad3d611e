"""Whoever is told to stop stops soon, and finishes the task at hand first."""

from __future__ import annotations

import os
import signal
import time

import pytest
from sqlalchemy import text

from payouts.tasks.outbox import TaskState
from tests.faults.installation import Kill, wait_until
from tests.faults.outcome import assert_one_file
from tests.faults.prepared import to_be_sealed
from tests.forking import ForkedProcesses

pytestmark = pytest.mark.faults
MANY = 8


def test_idle_workers_stop_soon_though_they_are_told_twice(installation, tmp_path):
    """A stop that reaches the whole group is told on by the pool: the second signal must not get in the first's way."""
    installation.kill_workers(Kill.EVERYTHING)
    wait_until("the workers before to be gone", lambda: installation.waiting_workers() == 0)
    environment = {**installation.processes.environment, "PAYOUTS_WORKERS": str(MANY)}
    processes = ForkedProcesses(environment, tmp_path, installation.processes.nursery)
    processes.start("worker")
    pool = processes.running["worker"]
    installation.pools.append(pool.pid)
    wait_until("all workers to be there", lambda: installation.waiting_workers() == MANY)
    os.killpg(pool.pid, signal.SIGTERM)
    # one that slept on in its wait for work would do so for minutes
    wait_until("the workers to stop", lambda: pool.poll() is not None)
    assert pool.returncode == 0


def test_a_worker_that_is_told_to_stop_finishes_its_task_first(installation, harbour, office, register):
    installation.kill_workers(Kill.EVERYTHING)
    with installation.owner.connect() as connection:
        payroll_id = to_be_sealed(office, register.path)
        connection.execute(text("LOCK TABLE payment_file IN SHARE MODE"))
        installation.start("worker")
        wait_until("a worker to be at work", lambda: installation.blocked_on("payment_file"))
        pool = installation.processes.running.pop("worker")
        os.killpg(pool.pid, signal.SIGTERM)
        time.sleep(1.5)
        assert pool.poll() is None
        assert len(installation.children_at_work()) == 1
    wait_until("the worker to stop", lambda: pool.poll() is not None)
    assert pool.returncode == 0
    assert [task.state for task in installation.tasks(harbour) if task.kind == "payroll.seal"] == [TaskState.DONE]
    installation.start("worker")
    wait_until("the rest to be done", lambda: not installation.tasks(harbour, TaskState.WAITING))
    assert_one_file(installation, harbour, payroll_id)
