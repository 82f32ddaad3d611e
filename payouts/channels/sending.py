"""Sending a released file by SFTP: intent, effect, outcome, and looking before every act.

The final name is asked for once, and only after that it will be asked for is committed. A worker that comes after a
crash or a silence finds on the server what happened; where neither the temporary nor the final name is there after the
name was asked for, the bank's side may have taken the file away, or not: that is for a person to find out.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy.orm import Session

from payouts.channels import progress, sftp
from payouts.channels.dispatch import ON_ITS_WAY, Dispatch, DispatchStatus, Trouble, get_dispatch
from payouts.channels.message import ENDING, DispatchMessage, NotEncrypted, get_message, message_blocks, message_for
from payouts.channels.release import has_approved_bytes
from payouts.channels.telling import tell_releasers
from payouts.files.payment_file import PaymentFile, get_file
from payouts.files.segment import blocks_of
from payouts.payroll import Payroll, PayrollStatus, get_payroll
from payouts.tasks.hold import Hold
from payouts.tasks.outbox import NotThere
from schemes.bank_connection import BankConnection, Channel, SignIn, connection_of, open_secret
from schemes.bank_profile import BankProfile
from schemes.seal import Seals

if TYPE_CHECKING:
    from payouts.app import Service

TEMPORARY = ".part"
TOLD_AFTER = timedelta(minutes=15)


class ServerSilent(NotThere):
    """The server could not be reached, or fell silent: tried again for a day, each time looking first."""


@dataclass(frozen=True)
class Job:
    """One file to be sent: where to, under which names, and what it must be there. Paths are the server's.

    message_id: the OpenPGP message as which it goes; None where it goes as it is.
    """

    body_id: UUID
    payroll_id: UUID
    file_id: UUID
    server: sftp.Server
    final: str
    temporary: str
    wanted: sftp.Found
    asked_for_name: bool
    message_id: UUID | None


def send(hold: Hold, service: Service, args: Mapping[str, Any]) -> None:
    """Send one file once. Raises ServerSilent to be tried again, HoldLost."""
    body_id, payroll_id, file_id = (UUID(args[name]) for name in ("body_id", "payroll_id", "file_id"))
    with service.transaction(body_id) as session:
        job = prepared(session, service, payroll_id, file_id)
    if job is None:
        return
    hold.check()
    try:
        with sftp.connected(job.server) as folder:
            deliver(service, hold, job, folder)
    except (sftp.NotReached, sftp.Silent) as error:
        tell_if_it_hangs(service, job)
        raise ServerSilent(f"{job.server.host}: {type(error).__name__}") from error
    except sftp.UnknownServer:
        stop(service, job, Trouble.UNKNOWN_SERVER)
    except sftp.SignInRefused:
        stop(service, job, Trouble.SIGN_IN_REFUSED)
    except sftp.FolderRefused:
        stop(service, job, Trouble.FOLDER_REFUSED)


def prepared(session: Session, service: Service, payroll_id: UUID, file_id: UUID) -> Job | None:
    """What is to be done for a file, if anything: what stands against it is noted."""
    now = service.now()
    payroll = get_payroll(session, payroll_id)
    dispatch = get_dispatch(session, payroll_id, file_id)
    if dispatch.status not in ON_ITS_WAY or payroll.status is not PayrollStatus.RELEASED:
        return None
    file = get_file(session, payroll_id, file_id)
    connection = connection_now(session, payroll)
    asked_for_name = dispatch.status is DispatchStatus.SENDING
    against = None
    if connection is None:
        against = Trouble.NO_CONNECTION
    elif not has_approved_bytes(session, service.seals, file):
        against = Trouble.NOT_APPROVED_BYTES
    elif now > payroll.deadline_at and dispatch.tries == 1:
        against = Trouble.TOO_LATE
    if against is not None and not asked_for_name:
        note_trouble(session, service, dispatch, against, at=now)
        return None
    if connection is None:
        # the name was asked for, and there is nowhere left to look
        note_trouble(session, service, dispatch, Trouble.NO_CONNECTION, at=now)
        return None
    try:
        message = message_to_send(session, service, dispatch, file, connection)
    except NotEncrypted as refused:
        note_trouble(session, service, dispatch, refused.trouble, at=now)
        return None
    dispatch.connection_id = connection.id
    dispatch.message_id = message.id if message else None
    session.flush()
    return job_of(session, service.seals, connection, file, message, asked_for_name=asked_for_name)


def message_to_send(
    session: Session, service: Service, dispatch: Dispatch, file: PaymentFile, connection: BankConnection
) -> DispatchMessage | None:
    """The message as which a file goes, None where it goes as it is. Raises NotEncrypted.

    Once its name was asked for, it is the one that may lie at the bank, whatever the connection says by now.
    """
    if dispatch.status is DispatchStatus.SENDING:
        return get_message(session, file, dispatch.message_id) if dispatch.message_id else None
    if not connection.pgp_certificate:
        return None
    return message_for(session, service.seals, file, connection, at=service.now())


def connection_now(session: Session, payroll: Payroll) -> BankConnection | None:
    profile = session.get_one(BankProfile, (payroll.body_id, payroll.bank_profile_id))
    connection = connection_of(session, profile.line_id)
    return connection if connection is not None and connection.channel is Channel.SFTP else None


def job_of(
    session: Session,
    seals: Seals,
    connection: BankConnection,
    file: PaymentFile,
    message: DispatchMessage | None,
    *,
    asked_for_name: bool,
) -> Job:
    sent, name = (message, file.name + ENDING) if message else (file, file.name)
    final = in_folder(connection.outgoing_folder, name)
    return Job(
        file.body_id,
        file.payroll_id,
        file.id,
        server_of(session, seals, connection),
        final,
        final + TEMPORARY,
        sftp.Found(sent.byte_count, sent.sha256),
        asked_for_name,
        message.id if message else None,
    )


def server_of(session: Session, seals: Seals, connection: BankConnection) -> sftp.Server:
    """The server of a connection, with its secret in the clear."""
    secret = open_secret(session, seals, connection)
    by_key = connection.sign_in is SignIn.KEY
    return sftp.Server(
        connection.host,
        connection.port,
        connection.username,
        connection.host_key,
        private_key=secret if by_key else "",
        password="" if by_key else secret,
    )


def in_folder(folder: str, name: str) -> str:
    return f"{folder.rstrip('/')}/{name}" if folder else name


def deliver(service: Service, hold: Hold, job: Job, folder: sftp.Folder) -> None:
    """Look, store, read back, and give the final name once. Raises SftpTrouble, HoldLost."""
    there = folder.look(job.final)
    if there is not None:
        if there == job.wanted:
            note(service, job, DispatchStatus.SENT)
        else:
            stop(service, job, Trouble.NAME_TAKEN)
        return
    stored = folder.look(job.temporary)
    if job.asked_for_name and stored is None:
        stop(service, job, Trouble.NEITHER_THERE)
        return
    if stored != job.wanted:
        # closed at once, also when the connection is cut: it holds a transaction
        with closing(blocks_to_send(service, job)) as blocks:
            folder.put(job.temporary, blocks)
        if folder.look(job.temporary) != job.wanted:
            stop(service, job, Trouble.READ_BACK_DIFFERS)
            return
    note(service, job, DispatchStatus.STORED)
    hold.check()
    note(service, job, DispatchStatus.SENDING)
    try:
        folder.rename(job.temporary, job.final)
    except sftp.RenameRefused:
        # a name asked for by an earlier try may have been given since, and the file taken away under it
        still_there = folder.look(job.temporary) == job.wanted
        stop(service, job, Trouble.NAME_REFUSED if still_there else Trouble.NEITHER_THERE)
        return
    except sftp.NameTaken:
        if folder.look(job.final) != job.wanted:
            stop(service, job, Trouble.NAME_TAKEN)
            return
    note(service, job, DispatchStatus.SENT)


def blocks_to_send(service: Service, job: Job) -> Generator[bytes, None, None]:
    """The bytes of the file or of its message, a segment at a time; what arrives is compared by reading it back."""
    with service.transaction(job.body_id) as session:
        file = get_file(session, job.payroll_id, job.file_id)
        if job.message_id is None:
            yield from blocks_of(session, service.seals, file)
        else:
            yield from message_blocks(session, service.seals, file, get_message(session, file, job.message_id))


def note(service: Service, job: Job, to: DispatchStatus) -> None:
    """Commit how far a file is. What a person decided meanwhile stands: NotNow then ends the sending before its act."""
    with service.transaction(job.body_id) as session:
        dispatch = get_dispatch(session, job.payroll_id, job.file_id)
        if dispatch.status is to:
            return
        progress.move(session, dispatch, to, by=None, at=service.now())


def tell_if_it_hangs(service: Service, job: Job) -> None:
    """After some time without the server, people are told once, while there may still be time for another way."""
    now = service.now()
    with service.transaction(job.body_id) as session:
        dispatch = get_dispatch(session, job.payroll_id, job.file_id)
        if dispatch.told_at is None and now - dispatch.planned_at >= TOLD_AFTER:
            dispatch.told_at = now
            tell_releasers(session, service, dispatch, at=now)


def stop(service: Service, job: Job, trouble: Trouble) -> None:
    with service.transaction(job.body_id) as session:
        dispatch = get_dispatch(session, job.payroll_id, job.file_id)
        note_trouble(session, service, dispatch, trouble, at=service.now())


UNKNOWN_AFTER_ASKING = frozenset(
    {
        Trouble.NO_CONNECTION,
        Trouble.UNKNOWN_SERVER,
        Trouble.SIGN_IN_REFUSED,
        Trouble.FOLDER_REFUSED,
        Trouble.NEITHER_THERE,
    }
)
"""What leaves it open whether a name that was asked for was given."""


def note_trouble(session: Session, service: Service, dispatch: Dispatch, trouble: Trouble, *, at: datetime) -> None:
    """Stop for a person: nothing was sent, or it cannot be known. The releasers are told."""
    asked = dispatch.status is DispatchStatus.SENDING
    uncertain = trouble is Trouble.NAME_TAKEN or (asked and trouble in UNKNOWN_AFTER_ASKING)
    to = DispatchStatus.UNCERTAIN if uncertain else DispatchStatus.REFUSED
    progress.move(session, dispatch, to, by=None, at=at, trouble=trouble)
    tell_releasers(session, service, dispatch, at=at)
