"""Collecting the bank's answers from its folder by SFTP: each file once, kept as if a person had sent it.

A file is known by its name, size and time of last writing, so that it is not read again; by its content it is known
anyway. Nothing on the server is changed. The files come in the name of whoever confirmed the connection: a person
answers for what is believed of a bank.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import BigInteger, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from payouts.channels import sftp
from payouts.channels.sending import ServerSilent, in_folder, server_of
from payouts.responses.response import keep
from payouts.tasks import outbox
from payouts.tasks.hold import Hold
from schemes import audit
from schemes.bank_connection import BankConnection, Channel, collecting, connection_of
from schemes.change import Change, ChangeKind
from schemes.database import Base, BodyOwned, new_id, to_body_row

if TYPE_CHECKING:
    from payouts.app import Service

MOST_FILES = 500
"""In one round: the next one goes on."""
UNFINISHED = (".part", ".tmp", ".filepart", ".writing")


class CollectedFile(BodyOwned, Base):
    """A file of the bank's folder that was looked at. response_id: what came of it; None for one that was too large."""

    __tablename__ = "collected_file"
    __table_args__ = (
        UniqueConstraint("body_id", "line_id", "name", "size", "modified_at"),
        to_body_row("bank_profile", "line_id"),
        to_body_row("response", "response_id"),
    )

    line_id: Mapped[UUID]
    name: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    modified_at: Mapped[int] = mapped_column(BigInteger)
    response_id: Mapped[UUID | None]
    collected_at: Mapped[datetime]


def ask_hourly(session: Session, *, at: datetime) -> None:
    """Ask for a look into each folder of answers, once an hour."""
    for connection in collecting(session):
        ask(session, connection.line_id, f"{at:%Y-%m-%d/%H}", at=at)


def ask(session: Session, line_id: UUID, when: str, *, at: datetime) -> None:
    outbox.add(session, "channel.collect", once=f"channel.collect/{line_id}/{when}", at=at, line_id=str(line_id))


def ask_now(session: Session, *, at: datetime) -> int:
    """Somebody wants the answers now; returns how many folders will be looked into."""
    connections = collecting(session)
    for connection in connections:
        ask(session, connection.line_id, f"{at:%Y-%m-%d/%H:%M:%S}", at=at)
    return len(connections)


def collect(hold: Hold, service: Service, args: Mapping[str, Any]) -> None:
    """Look into a folder and take what is new. Raises ServerSilent to be tried again, SftpTrouble for an operator."""
    body_id, line_id = UUID(args["body_id"]), UUID(args["line_id"])
    with service.transaction(body_id) as session:
        connection = connection_of(session, line_id)
        if connection is None or connection.channel is not Channel.SFTP or not connection.collects:
            return
        server = server_of(session, service.seals, connection)
        folder = connection.incoming_folder
        known = known_files(session, line_id)
        received_by = confirmer(session, connection)
    try:
        with sftp.connected(server) as there:
            for offered in new_ones(there.offered(folder or "."), known):
                content = fetched(there, in_folder(folder, offered.name))
                hold.check()
                keep_file(service, connection, offered, content, received_by)
    except (sftp.NotReached, sftp.Silent) as error:
        raise ServerSilent(f"{server.host}: {type(error).__name__}") from error


def known_files(session: Session, line_id: UUID) -> set[tuple[str, int, int]]:
    rows = select(CollectedFile.name, CollectedFile.size, CollectedFile.modified_at)
    return {(name, size, modified) for name, size, modified in session.execute(rows.filter_by(line_id=line_id))}


def new_ones(offered: Sequence[sftp.Offered], known: set[tuple[str, int, int]]) -> list[sftp.Offered]:
    """What nobody has looked at, and what its writer is done with."""
    done = [each for each in offered if not each.name.startswith(".") and not each.name.endswith(UNFINISHED)]
    return [each for each in done if tuple(each) not in known][:MOST_FILES]


def confirmer(session: Session, connection: BankConnection) -> UUID:
    """Who confirmed the version that counts."""
    confirmed = session.scalars(
        select(Change).where(
            Change.kind == ChangeKind.BANK_CONNECTION,
            Change.subject_id == connection.line_id,
            Change.confirmed_at == connection.confirmed_at,
        )
    ).one()
    assert confirmed.confirmed_by is not None, "a connection that counts was confirmed by somebody"
    return confirmed.confirmed_by


def fetched(there: sftp.Folder, path: str) -> bytes | None:
    """The bytes of a file; None of one that is larger than any report. Raises SftpTrouble."""
    try:
        return there.fetch(path)
    except sftp.TooLarge:
        return None


def keep_file(
    service: Service, connection: BankConnection, offered: sftp.Offered, content: bytes | None, received_by: UUID
) -> None:
    """Keep one file and that it was looked at, in one transaction."""
    at, body_id, line_id = service.now(), connection.body_id, connection.line_id
    with service.transaction(body_id) as session:
        response = None
        if content is not None:
            response = keep(
                session,
                service.seals,
                response_id=new_id(),
                file_name=offered.name,
                content=content,
                received_by=received_by,
                by=None,
                at=at,
                must_be_signed=connection.requires_signature,
            )
        session.add(
            CollectedFile(
                body_id=body_id,
                id=new_id(),
                line_id=line_id,
                name=offered.name,
                size=offered.size,
                modified_at=offered.modified_at,
                response_id=response.id if response else None,
                collected_at=at,
            )
        )
        session.flush()
        if response is None:
            audit.record(session, "response.too_large", by=None, at=at, bytes=offered.size)
