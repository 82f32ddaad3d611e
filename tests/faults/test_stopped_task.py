"""Work that keeps failing stops, is shown to whoever runs the service, and is done when they try it again."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from payouts.payroll import PayrollStatus, get_payroll
from payouts.tasks.outbox import MOST_ATTEMPTS, TaskState
from tests.faults.installation import run_cli, wait_until
from tests.faults.outcome import assert_audit_whole, assert_one_file, assert_work_done
from tests.faults.prepared import to_be_sealed

pytestmark = pytest.mark.faults


@pytest.fixture
def no_files(installation):
    """The database takes no files from anybody, until it is told to; and the pauses between tries are over at once."""
    with installation.owner.begin() as connection:
        connection.execute(text("REVOKE INSERT ON payment_file FROM payouts_app"))

    def permit():
        with installation.owner.begin() as connection:
            connection.execute(text("GRANT INSERT ON payment_file TO payouts_app"))

    yield permit
    permit()


def skip_pauses(installation):
    with installation.owner.begin() as connection:
        connection.execute(text("UPDATE task SET due_at = now() WHERE state = 'waiting' AND attempts > 0"))


def test_work_that_keeps_failing_stops_is_listed_and_can_be_tried_again(
    installation, harbour, office, register, no_files
):
    payroll_id = to_be_sealed(office, register.path)

    def stopped():
        skip_pauses(installation)
        return installation.tasks(harbour, TaskState.STOPPED)

    wait_until("the task to stop", stopped)
    [task] = stopped()
    assert (task.kind, task.attempts) == ("payroll.seal", MOST_ATTEMPTS)

    listed = run_cli(installation, "task", "list")
    [line] = [line for line in listed.stdout.splitlines() if line.startswith(str(task.id))]
    assert "payroll.seal" in line
    assert "permission denied" in line

    no_files()
    retried = run_cli(installation, "task", "retry", str(task.id))
    assert retried.returncode == 0, retried.stderr
    assert_work_done(installation, harbour)
    with office.transaction() as session:
        assert get_payroll(session, payroll_id).status is PayrollStatus.SEALED
    assert_one_file(installation, harbour, payroll_id)
    assert_audit_whole(installation, harbour)

    verified = run_cli(installation, "audit", "verify")
    assert verified.returncode == 0, verified.stdout
