"""Where a file is on its way to the bank by SFTP: stored there, sent, receipted, each a fact of its own.

Sent means: renamed to its final name, for which the bank's side waits. What cannot be known is `uncertain`: one person
looks and says whether the bank has the file, another confirms it, and only then does anything go on.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from payouts.files.payment_file import files_of
from payouts.payroll import Payroll
from payouts.tasks import outbox
from schemes.bank_connection import Channel, channel_at
from schemes.bank_profile import BankProfile
from schemes.database import Base, BodyOwned, new_id, stored, to_body_row
from schemes.errors import NotFound, Refused


class DispatchStatus(StrEnum):
    """Where a file is. Of a refused or withdrawn one nothing was sent."""

    WAITING = "waiting"
    STORED = "stored"
    SENDING = "sending"
    SENT = "sent"
    REFUSED = "refused"
    UNCERTAIN = "uncertain"
    WITHDRAWN = "withdrawn"


S = DispatchStatus
MOVES: dict[tuple[DispatchStatus, DispatchStatus], str] = {
    (S.WAITING, S.STORED): "the server holds the bytes under a temporary name; they were read back",
    (S.STORED, S.SENDING): "the final name is about to be asked for; committed before it is",
    (S.SENDING, S.SENT): "the server gave the file its final name, or was found to have done so",
    (S.WAITING, S.SENT): "the server was found to have the file under its final name",
    (S.STORED, S.SENT): "the server was found to have the file under its final name",
    (S.SENDING, S.STORED): "the server was found not to have renamed the file",
    (S.STORED, S.WAITING): "the server was found to have lost what was stored",
    (S.WAITING, S.REFUSED): "nothing was sent, and a person has to mend something",
    (S.STORED, S.REFUSED): "nothing was sent, and a person has to mend something",
    (S.SENDING, S.REFUSED): "the server refused the name: nothing was sent",
    (S.WAITING, S.UNCERTAIN): "another file has the name: a person finds out",
    (S.STORED, S.UNCERTAIN): "another file has the name: a person finds out",
    (S.SENDING, S.UNCERTAIN): "whether the name was given cannot be known from here: a person finds out",
    (S.UNCERTAIN, S.SENT): "one person saw that the bank has it, another confirmed it",
    (S.UNCERTAIN, S.REFUSED): "one person saw that the bank does not have it, another confirmed it",
    (S.REFUSED, S.WAITING): "a releaser has it tried again",
    (S.WAITING, S.WITHDRAWN): "a releaser takes it to the bank by hand",
    (S.STORED, S.WITHDRAWN): "a releaser takes it to the bank by hand",
    (S.REFUSED, S.WITHDRAWN): "a releaser takes it to the bank by hand",
}
ON_ITS_WAY = frozenset({S.WAITING, S.STORED, S.SENDING})


class Trouble(StrEnum):
    """Why nothing was sent, or why it is not known."""

    TOO_LATE = "too_late"
    NOT_APPROVED_BYTES = "not_approved_bytes"
    NO_CONNECTION = "no_connection"
    UNKNOWN_SERVER = "unknown_server"
    SIGN_IN_REFUSED = "sign_in_refused"
    FOLDER_REFUSED = "folder_refused"
    NAME_REFUSED = "name_refused"
    READ_BACK_DIFFERS = "read_back_differs"
    NAME_TAKEN = "name_taken"
    NEITHER_THERE = "neither_there"
    NOT_THERE = "not_there"
    CERTIFICATE_OVER = "certificate_over"
    NOT_ENCRYPTED = "not_encrypted"


class Dispatch(BodyOwned, Base):
    """One file's way by SFTP.

    connection_id: the version of the connection that was used last. message_id: the OpenPGP message as which the file
    goes, if it does. told_at: when people were told that it hangs.
    stored_at, sent_at, receipted_at: three facts, each without the others. found_*: what one person found out about an
    uncertain one, until another confirmed it.
    """

    __tablename__ = "dispatch"
    __table_args__ = (
        UniqueConstraint("body_id", "file_id"),
        Index("ix_dispatch_payroll", "body_id", "payroll_id"),
        to_body_row("payroll", "payroll_id"),
        to_body_row("payment_file", "file_id"),
        to_body_row("bank_connection", "connection_id"),
        to_body_row("dispatch_message", "message_id"),
        CheckConstraint(
            "(found_by is null) = (found_at is null) and (found_by is null) = (found_there is null)", name="found"
        ),
        CheckConstraint("confirmed_by is null or confirmed_by <> found_by", name="two_people"),
    )

    payroll_id: Mapped[UUID]
    file_id: Mapped[UUID]
    status: Mapped[DispatchStatus] = mapped_column(stored(DispatchStatus), default=DispatchStatus.WAITING)
    trouble: Mapped[Trouble | None] = mapped_column(stored(Trouble))
    connection_id: Mapped[UUID | None]
    message_id: Mapped[UUID | None]
    tries: Mapped[int] = mapped_column(default=1)
    planned_at: Mapped[datetime]
    told_at: Mapped[datetime | None]
    stored_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    receipted_at: Mapped[datetime | None]
    found_there: Mapped[bool | None]
    found_reason: Mapped[str | None]
    found_by: Mapped[UUID | None]
    found_at: Mapped[datetime | None]
    confirmed_by: Mapped[UUID | None]


class GoesByItself(Refused):
    """The file goes to the bank by SFTP: whoever took it there by hand as well would pay everybody twice."""


def plan(session: Session, payroll: Payroll, *, at: datetime) -> None:
    """Ask for a released payroll's files to be sent, if that is the way of its bank profile since it was created."""
    profile = session.get_one(BankProfile, (payroll.body_id, payroll.bank_profile_id))
    if channel_at(session, profile.line_id, payroll.made_at) is not Channel.SFTP:
        return
    for file in files_of(session, payroll.id):
        dispatch = Dispatch(body_id=payroll.body_id, id=new_id(), payroll_id=payroll.id, file_id=file.id, planned_at=at)
        session.add(dispatch)
        session.flush()
        ask(session, dispatch, at=at)


def ask(session: Session, dispatch: Dispatch, *, at: datetime) -> None:
    outbox.add(
        session,
        "channel.send",
        once=f"channel.send/{dispatch.id}/{dispatch.tries}",
        at=at,
        payroll_id=str(dispatch.payroll_id),
        file_id=str(dispatch.file_id),
    )


def dispatches_of(session: Session, payroll_id: UUID) -> dict[UUID, Dispatch]:
    """A payroll's files that go by SFTP, by file."""
    rows = session.scalars(select(Dispatch).where(Dispatch.payroll_id == payroll_id).order_by(Dispatch.id))
    return {row.file_id: row for row in rows}


def get_dispatch(session: Session, payroll_id: UUID, file_id: UUID) -> Dispatch:
    """A file's way, locked until the transaction ends. Raises NotFound."""
    found = session.scalars(
        select(Dispatch).where(Dispatch.payroll_id == payroll_id, Dispatch.file_id == file_id).with_for_update()
    ).one_or_none()
    if found is None:
        raise NotFound("file", file_id)
    return found


def must_go_by_hand(session: Session, file_id: UUID) -> None:
    """Raises GoesByItself for a file that the service takes to the bank."""
    status = session.scalar(select(Dispatch.status).where(Dispatch.file_id == file_id))
    if status not in (None, DispatchStatus.WITHDRAWN):
        raise GoesByItself


def needing_people(session: Session) -> Sequence[Dispatch]:
    """Files that somebody has to look after, the oldest first."""
    return session.scalars(
        select(Dispatch)
        .where(Dispatch.status.in_((DispatchStatus.REFUSED, DispatchStatus.UNCERTAIN)))
        .order_by(Dispatch.planned_at, Dispatch.id)
    ).all()


def note_receipt(session: Session, file_id: UUID, *, at: datetime) -> None:
    """The bank's own word that it has the file (Arrival or Input report, pain.002): a fact apart from the others."""
    dispatch = session.scalars(select(Dispatch).where(Dispatch.file_id == file_id).with_for_update()).one_or_none()
    if dispatch is not None and dispatch.receipted_at is None:
        dispatch.receipted_at = at
        session.flush()
