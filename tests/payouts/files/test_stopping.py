"""Files that cannot be built: nothing is half sealed, the page says what happened, and there are ways on."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from payouts.app import make_service
from payouts.files import sealing
from payouts.files.payment_file import PaymentFile, files_being_built, files_of
from payouts.files.segment import blocks_of
from payouts.files.stopping import stop_files
from payouts.payroll import PayrollStatus, get_payroll
from payouts.tasks import outbox, worker
from payouts.tasks.outbox import MOST_ATTEMPTS, Task, TaskState
from schemes.errors import KeyMissing, NotAllowed
from schemes.person import Role

WRONG_RING = f"k9:{'ZGRk' * 10}ZGQ="
# what PostgreSQL says when a segment finds no room
FULL = """
    CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.number = 2 THEN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER full_disk BEFORE INSERT ON file_segment FOR EACH ROW EXECUTE FUNCTION full_disk()
"""


@pytest.fixture
def start(landed):
    return landed


@pytest.fixture
def payroll_id(office, monkeypatch):
    """A payroll whose files are asked for, and begun."""
    monkeypatch.setattr(sealing, "CHUNK", 20)
    payroll_id = office.create()
    office.work()
    office.accept_findings(payroll_id)
    with office.transaction() as session:
        payroll = get_payroll(session, payroll_id, lock=True)
        sealing.ask_for_files(session, payroll, by=office.person(Role.PREPARER), at=office.service.now())
    [plan] = waiting(office)
    worker.perform(office.service, plan, office.harbour.body_id)
    return payroll_id


def waiting(office):
    with office.transaction() as session:
        return list(session.scalars(select(Task.id).where(Task.state == TaskState.WAITING).order_by(Task.id)))


def keep_trying(office, service):
    for _ in range(MOST_ATTEMPTS):
        for task_id in waiting(office):
            worker.perform(service, task_id, office.harbour.body_id)


def test_a_worker_with_other_keys_seals_nothing_and_one_with_the_right_ones_goes_on(
    office, payroll_id, make_settings, clock
):
    stranger = make_service(make_settings(key_ring=WRONG_RING), now=clock)
    keep_trying(office, stranger)
    stranger.engine.dispose()
    with office.transaction() as session:
        assert get_payroll(session, payroll_id).status is PayrollStatus.SEALING
        assert not files_of(session, payroll_id)
        stopped = [(task.id, task.error) for task in outbox.stopped_of(session, payroll_id)]
        assert len(stopped) > 1
        assert all(error.startswith("KeyMissing") for _, error in stopped)
    with office.transaction() as session:
        for task_id, _ in stopped:
            outbox.retry(session, task_id, at=clock())
    keep_trying(office, office.service)
    with office.transaction() as session:
        assert get_payroll(session, payroll_id).status is PayrollStatus.SEALED
        assert len(files_of(session, payroll_id)) == 1


def test_without_room_nothing_is_half_sealed_and_the_preparer_goes_back(office, payroll_id, owner):
    with owner.begin() as connection:
        connection.execute(text(FULL))
    keep_trying(office, office.service)
    with office.transaction() as session:
        [task] = outbox.stopped_of(session, payroll_id)
        assert "DiskFull" in task.error
        assert not files_of(session, payroll_id)
        assert files_being_built(session, payroll_id)
        payroll = get_payroll(session, payroll_id, lock=True)
        with pytest.raises(NotAllowed):
            stop_files(session, payroll, by=office.person(Role.APPROVER), at=office.service.now())
        for _ in range(2):
            stop_files(session, payroll, by=office.person(Role.PREPARER), at=office.service.now())
        assert payroll.status is PayrollStatus.CHECKED
        for file in session.scalars(select(PaymentFile)):
            with pytest.raises(KeyMissing):
                list(blocks_of(session, office.service.seals, file))
    with owner.begin() as connection:
        connection.execute(text("DROP TRIGGER full_disk ON file_segment"))
    with office.transaction() as session:
        outbox.retry(session, task.id, at=office.service.now())
    keep_trying(office, office.service)
    office.seal(payroll_id)
    with office.transaction() as session:
        assert get_payroll(session, payroll_id).status is PayrollStatus.SEALED
        assert [file.serial for file in files_of(session, payroll_id)] == [2]
