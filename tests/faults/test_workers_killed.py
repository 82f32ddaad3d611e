"""Workers killed at every step and at random moments, whole or in part, end in the same payments, file and notices."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import text

from payouts.tasks.outbox import TaskState
from tests.faults.installation import Kill, wait_until
from tests.faults.outcome import assert_ended_well
from tests.faults.trouble import meanwhile

pytestmark = pytest.mark.faults

# each step with a table that only it writes then: the step is held there by a lock, and dies in the middle of its work
STEPS = (
    ("import.read", "import_row"),
    ("import.land", "award"),
    ("payroll.plan", "unpaid"),
    ("payroll.build", "payment"),
    ("payroll.check", "check_chunk"),
    ("payroll.check_chunk", "finding"),
    ("payroll.seal", "payment_file"),
    ("payroll.seal_part", "manifest"),
    ("notices.plan", "notice"),
    # a batch was handed to Notify and is not noted yet
    ("notices.send", "audit_event"),
)
RANDOM_KILLS = 8


@pytest.fixture
def kill_in(installation, harbour):
    """Kills workers while they are held inside a step, lets go, and starts others."""

    def ended(kind):
        return any(task.kind == kind for task in installation.tasks(harbour, TaskState.DONE))

    def killing(step, how, before=""):
        kind, table = step
        if before:
            wait_until(f"{before} to end", lambda: ended(before))
        with installation.owner.connect() as connection:
            connection.execute(text(f"LOCK TABLE {table} IN SHARE MODE"))
            # the clock writes to the trail too, and it is not the one to die
            by_worker = table == "audit_event"
            wait_until(
                f"a worker to be in the middle of {kind}", lambda: installation.blocked_on(table, adding=by_worker)
            )
            assert not ended(kind)
            children = set(installation.children_at_work())
            assert children
            killed = installation.kill_workers(how)
            assert killed
            wait_until("the killed to be gone", lambda: not installation.still_there(killed))
            if how not in (Kill.EVERYTHING, Kill.CHILDREN):
                assert installation.still_there(children)
        installation.start("worker")

    return killing


def test_a_worker_killed_in_the_middle_of_any_step_leaves_nothing_half_done_or_done_twice(
    installation, harbour, job, register, kill_in, seed, tmp_path
):
    """Each step dies in another way; with four seeds, in every way."""

    def kill_at_every_step(over: threading.Event) -> None:
        before = ""
        for number, step in enumerate(STEPS, start=2 + seed):
            kill_in(step, list(Kill)[number % len(Kill)], before)
            # sending is quick: its lock has to be there before its first batch
            before = "notices.plan" if step[0] == "notices.plan" else ""

    with meanwhile(kill_at_every_step):
        outcome = job.run(register.path, tmp_path)
    assert_ended_well(installation, harbour, job.payroll_id, register.calm, outcome.sha256)


def test_workers_killed_at_random_moments_end_in_the_same_payroll(installation, harbour, job, register, dice, tmp_path):
    killed = []

    def kill(over: threading.Event) -> None:
        while len(killed) < RANDOM_KILLS and not over.wait(dice.uniform(0.1, 1)):
            how = dice.choice(list(Kill))
            installation.kill_workers(how)
            installation.start("worker")
            killed.append(how)

    with meanwhile(kill):
        outcome = job.run(register.path, tmp_path)
    assert len(killed) > 2
    assert_ended_well(installation, harbour, job.payroll_id, register.calm, outcome.sha256)
