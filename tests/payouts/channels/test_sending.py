"""Released files go to the bank by SFTP once: through cuts, crashes and silence, and never on a guess."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import product
from pathlib import Path
from uuid import UUID

import asyncssh
import pytest
from sqlalchemy import func, select

from payouts import local
from payouts.channels import dispatch, progress, sending, submission
from payouts.channels.dispatch import Dispatch, DispatchStatus, GoesByItself, Trouble, dispatches_of
from payouts.files.payment_file import files_of
from payouts.files.segment import blocks_of
from payouts.notices.staff import StaffEvent, StaffMessage
from payouts.payroll import PayrollStatus, get_payroll
from payouts.sandbox.bank.sftp_server import BankSftp
from payouts.sandbox.bank.sftp_server import Trouble as Fault
from payouts.tasks import worker
from payouts.tasks.outbox import Task, TaskState
from schemes import bank_connection, change_applied
from schemes.bank_connection import Channel, ConnectionTerms, connection_of
from schemes.bank_profile import bank_profiles
from schemes.database import new_id
from schemes.errors import NotNow, SamePerson
from schemes.person import Role
from tests.office import Office


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def bank(tmp_path):
    running = BankSftp(tmp_path / "bank", {"harbour": "not yet"})
    running.start()
    yield running
    running.stop()


@dataclass
class Line:
    """A sealed payroll whose bank profile has a connection from before it was created."""

    office: Office
    bank: BankSftp
    payroll_id: UUID

    @property
    def inbox(self) -> Path:
        return self.bank.folder("harbour", "in")

    @property
    def arrived(self) -> dict[str, bytes]:
        return {each.name: each.read_bytes() for each in sorted(self.inbox.iterdir())}

    def approved(self) -> dict[str, bytes]:
        with self.office.transaction() as session:
            seals = self.office.service.seals
            return {file.name: b"".join(blocks_of(session, seals, file)) for file in files_of(session, self.payroll_id)}

    def connect(self, *, days_ago: int = 1, makes_pgp_key: bool = False, **changes) -> None:
        """Two administrators agree on a connection, some days ago; the bank takes its key in."""
        at = self.office.service.now() - timedelta(days=days_ago)
        terms = ConnectionTerms(
            Channel.SFTP, "127.0.0.1", self.bank.port, "harbour", self.bank.host_key, outgoing_folder="in"
        )
        by, other = (self.office.person_with(Role.ADMINISTRATOR) for _ in range(2))
        with self.office.transaction() as session:
            line_id = bank_profiles(session)[0].line_id
            proposed = bank_connection.propose(
                session, self.office.service.seals, replace(terms, **changes), change_id=new_id(), line_id=line_id,
                reason="the bank's letter", makes_pgp_key=makes_pgp_key, by=by, at=at,
            )  # fmt: skip
            change_applied.confirm(session, proposed, by=other, at=at)
            connection = connection_of(session, line_id)
            assert connection is not None
            self.bank.add_user("harbour", connection.public_key)

    def release(self) -> None:
        self.office.decide_all(self.payroll_id)

    def download(self) -> None:
        self.office.download(self.payroll_id)

    def try_sending(self) -> None:
        """One try of the task, whatever comes of it."""
        with self.office.transaction() as session:
            tasks = select(Task.id).where(Task.kind == "channel.send", Task.state == TaskState.WAITING)
            task_ids = list(session.scalars(tasks))
        for task_id in task_ids:
            worker.perform(self.office.service, task_id, self.office.harbour.body_id)

    @property
    def way(self) -> Dispatch:
        with self.office.transaction() as session:
            (found,) = dispatches_of(session, self.payroll_id).values()
            session.expunge(found)
            return found

    @property
    def status(self) -> PayrollStatus:
        with self.office.transaction() as session:
            return get_payroll(session, self.payroll_id).status

    def act(self, operation, role: Role, **facts) -> None:
        with self.office.transaction() as session:
            payroll = get_payroll(session, self.payroll_id)
            file = files_of(session, self.payroll_id)[0]
            operation(session, payroll, file.id, by=self.office.person(role), at=self.office.service.now(), **facts)


@pytest.fixture
def line(office, sealed, bank) -> Line:
    made = Line(office, bank, sealed.payroll_id)
    made.connect()
    return made


def test_a_released_payroll_goes_by_itself_and_counts_as_submitted(line) -> None:
    line.release()
    assert line.arrived == {}
    line.try_sending()
    assert line.arrived == line.approved()
    assert line.way.status is DispatchStatus.SENT
    assert line.way.stored_at is not None
    assert line.way.sent_at is not None
    assert line.way.receipted_at is None
    assert line.status is PayrollStatus.SUBMITTED
    with line.office.transaction() as session:
        (recorded,) = submission.submissions_of(session, line.payroll_id).values()
        assert (recorded.recorded_by, recorded.reference) == (None, next(iter(line.approved())))
    line.try_sending()
    assert line.arrived == line.approved()


def test_what_goes_by_itself_is_neither_downloaded_nor_recorded_by_hand(line) -> None:
    line.release()
    with pytest.raises(GoesByItself):
        line.download()
    line.act(progress.withdraw, Role.RELEASER)
    line.download()
    line.try_sending()
    assert line.arrived == {}


CUTS = (Fault.CUT_WHILE_WRITING, Fault.CUT_BEFORE_RENAME, Fault.CUT_AFTER_RENAME)


@pytest.mark.parametrize("trouble", CUTS)
def test_after_a_cut_connection_the_next_try_looks_first_and_the_file_is_there_once(line, clock, trouble) -> None:
    line.release()
    line.bank.trouble.append(trouble)
    line.try_sending()
    assert line.status is PayrollStatus.RELEASED
    clock.advance(minutes=1)
    renamed = line.arrived if trouble is Fault.CUT_AFTER_RENAME else None
    line.try_sending()
    assert line.arrived == line.approved()
    assert renamed in (None, line.approved())
    assert line.status is PayrollStatus.SUBMITTED


def test_a_file_that_the_bank_took_away_after_a_silence_is_a_persons_to_find(line, clock) -> None:
    line.release()
    line.bank.trouble.append(Fault.CUT_AFTER_RENAME)
    line.try_sending()
    for taken in line.inbox.iterdir():
        taken.unlink()
    clock.advance(minutes=1)
    line.try_sending()
    assert (line.way.status, line.way.trouble) == (DispatchStatus.UNCERTAIN, Trouble.NEITHER_THERE)
    clock.advance(minutes=1)
    line.try_sending()
    assert line.arrived == {}
    line.act(progress.say_found, Role.RELEASER, there=True, reason="their portal lists it")
    with pytest.raises(SamePerson):
        line.act(progress.confirm_found, Role.RELEASER)
    line.act(progress.confirm_found, Role.FINANCE)
    assert line.way.status is DispatchStatus.SENT
    assert line.status is PayrollStatus.SUBMITTED


def test_a_file_that_two_people_did_not_find_is_sent_when_the_releaser_says_so(line, clock) -> None:
    line.release()
    line.bank.trouble.append(Fault.CUT_BEFORE_RENAME)
    line.try_sending()
    for part in line.inbox.iterdir():
        part.unlink()
    line.try_sending()
    assert line.way.status is DispatchStatus.UNCERTAIN
    with pytest.raises(NotNow):
        line.act(progress.try_again, Role.RELEASER)
    line.act(progress.say_found, Role.RELEASER, there=False, reason="their help desk looked")
    line.act(progress.deny_found, Role.FINANCE)
    line.act(progress.say_found, Role.FINANCE, there=False, reason="looked again")
    line.act(progress.confirm_found, Role.RELEASER)
    assert (line.way.status, line.way.trouble) == (DispatchStatus.REFUSED, Trouble.NOT_THERE)
    line.act(progress.try_again, Role.RELEASER)
    line.try_sending()
    assert line.arrived == line.approved()


@pytest.mark.parametrize(
    ("trouble", "status", "why"),
    [
        (Fault.REFUSE_RENAME, DispatchStatus.REFUSED, Trouble.NAME_REFUSED),
        (Fault.TAKE_AWAY_BEFORE_RENAME, DispatchStatus.UNCERTAIN, Trouble.NEITHER_THERE),
    ],
)
def test_a_refused_name_is_known_to_be_unsent_only_while_the_file_lies_there(line, trouble, status, why) -> None:
    line.release()
    line.bank.trouble.append(trouble)
    line.try_sending()
    assert (line.way.status, line.way.trouble) == (status, why)
    assert line.status is PayrollStatus.RELEASED


def test_another_file_of_the_same_name_is_never_replaced(line) -> None:
    line.release()
    (name,) = line.approved()
    (line.inbox / name).write_bytes(b"another's")
    line.try_sending()
    assert line.arrived == {name: b"another's"}
    assert (line.way.status, line.way.trouble) == (DispatchStatus.UNCERTAIN, Trouble.NAME_TAKEN)


def test_a_byte_that_got_lost_is_found_before_the_file_has_its_name(line) -> None:
    line.release()
    line.bank.trouble.append(Fault.DROP_A_BYTE)
    line.try_sending()
    assert (line.way.status, line.way.trouble) == (DispatchStatus.REFUSED, Trouble.READ_BACK_DIFFERS)
    assert [Path(name).suffix for name in line.arrived] == [".part"]
    line.act(progress.try_again, Role.RELEASER)
    line.try_sending()
    assert line.arrived == line.approved()


def test_another_server_gets_nothing_and_the_releasers_are_told(line) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    line.connect(days_ago=0, host_key=" ".join(other.split()[:2]))
    line.release()
    line.try_sending()
    assert (line.way.status, line.way.trouble) == (DispatchStatus.REFUSED, Trouble.UNKNOWN_SERVER)
    assert line.arrived == {}
    with line.office.transaction() as session:
        told = select(func.count()).where(StaffMessage.event == StaffEvent.FILE_NOT_SENT)
        assert session.scalar(told) == 1


def test_a_server_that_is_away_is_tried_again_and_people_are_told_once(line, clock) -> None:
    line.connect(days_ago=0, port=local.free_port(0))
    line.release()
    for _ in range(3):
        line.try_sending()
        clock.advance(minutes=10)
    assert line.way.status is DispatchStatus.WAITING
    with line.office.transaction() as session:
        told = select(func.count()).where(StaffMessage.event == StaffEvent.FILE_NOT_SENT)
        assert session.scalar(told) == 1
        (error,) = session.scalars(select(Task.error).where(Task.kind == "channel.send"))
    assert error.startswith("ServerSilent")


def test_after_the_cut_off_nothing_goes_unless_the_releaser_says_so(line, clock) -> None:
    line.release()
    with line.office.transaction() as session:
        clock.time = get_payroll(session, line.payroll_id).deadline_at + timedelta(minutes=1)
    line.try_sending()
    assert (line.way.status, line.way.trouble) == (DispatchStatus.REFUSED, Trouble.TOO_LATE)
    line.act(progress.try_again, Role.RELEASER)
    line.try_sending()
    assert line.arrived == line.approved()


def test_a_payroll_from_before_the_connection_is_downloaded_as_it_was_begun(office, sealed, bank, clock) -> None:
    line = Line(office, bank, sealed.payroll_id)
    clock.advance(minutes=5)
    line.connect(days_ago=0)
    line.release()
    with office.transaction() as session:
        assert dispatches_of(session, sealed.payroll_id) == {}


def test_bytes_that_are_not_the_approved_ones_do_not_leave(line, owner) -> None:
    line.release()
    with owner.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE file_segment DISABLE TRIGGER USER")
        connection.exec_driver_sql(
            "UPDATE file_segment SET sealed = overlay(sealed placing '\\x00' from 40) WHERE number = 1"
        )
    line.try_sending()
    assert (line.way.status, line.way.trouble) == (DispatchStatus.REFUSED, Trouble.NOT_APPROVED_BYTES)
    assert line.arrived == {}


@pytest.mark.parametrize(
    ("move_from", "move_to"), sorted(set(product(DispatchStatus, repeat=2)) - dispatch.MOVES.keys())
)
def test_a_move_that_is_not_listed_is_refused(move_from, move_to) -> None:
    moved = Dispatch(status=move_from)
    with pytest.raises(NotNow):
        progress.move(None, moved, move_to, by=None, at=None)  # type: ignore[arg-type]
    assert moved.status is move_from


class Killed(BaseException):
    """As SIGKILL: nothing that a worker would still do is done."""


@pytest.mark.parametrize("after", [False, True], ids=["before it is kept", "after it is kept"])
@pytest.mark.parametrize("step", [DispatchStatus.STORED, DispatchStatus.SENDING, DispatchStatus.SENT])
def test_a_worker_that_dies_at_any_step_leaves_the_file_to_be_sent_once(line, monkeypatch, step, after) -> None:
    line.release()
    whole = sending.note

    def dying(service, job, to):
        if to is step and not after:
            raise Killed
        whole(service, job, to)
        if to is step:
            raise Killed

    monkeypatch.setattr(sending, "note", dying)
    with pytest.raises(Killed):
        line.try_sending()
    monkeypatch.setattr(sending, "note", whole)
    renamed = [name for name in line.arrived if not name.endswith(".part")]
    assert bool(renamed) == (step is DispatchStatus.SENT)
    line.try_sending()
    assert line.arrived == line.approved()
    assert line.way.status is DispatchStatus.SENT
    assert line.status is PayrollStatus.SUBMITTED
