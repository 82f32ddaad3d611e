"""A bank statement as it was received: once, for one account, whole or not at all.

A file (camt.053, or the bank's own CSV) is kept sealed until a job has read it. The same bytes again are the same file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from payouts.statement.table import Columns
from payouts.tasks import outbox
from schemes import audit
from schemes.bank_profile import newest_profile
from schemes.database import Base, BodyOwned, stored, take_turns, to_body_row
from schemes.errors import NotFound, NotNow
from schemes.person import Actor, Role
from schemes.seal import Seals, get_key

RECEIVERS = (Role.FINANCE,)


class FileStatus(StrEnum):
    """Where a statement file is."""

    READING = "reading"
    ASKING = "asking"
    UNREADABLE = "unreadable"
    READ = "read"


MOVES: dict[tuple[FileStatus, FileStatus], str] = {
    (FileStatus.READING, FileStatus.ASKING): "a table's columns have to be told",
    (FileStatus.READING, FileStatus.UNREADABLE): "it cannot be read, or is not of this account: nothing was kept of it",
    (FileStatus.READING, FileStatus.READ): "every entry was kept, and matched where that is certain",
    (FileStatus.ASKING, FileStatus.READING): "a person told the columns",
}


class StatementFault(StrEnum):
    """Why a statement is refused as a whole."""

    NOT_READABLE = "not_readable"
    OTHER_MESSAGE = "other_message"
    OTHER_ACCOUNT = "other_account"
    OTHER_CURRENCY = "other_currency"
    DOES_NOT_ADD_UP = "does_not_add_up"
    BAD_ROW = "bad_row"
    BAD_TABLE = "bad_table"


class StatementRefused(Exception):
    """A statement that is refused as a whole, while it is read. where: a line or a place in it, 0 for none."""

    def __init__(self, fault: StatementFault, where: int = 0) -> None:
        super().__init__(f"{fault} at {where}")
        self.fault = fault
        self.where = where


class StatementFile(BodyOwned, Base):
    """A file that a person sent, for the account of a bank profile's line. header, columns: of a table.

    sealed_content: until it was read; `known_entries` of its entries had come in another file before.
    """

    __tablename__ = "statement_file"
    __table_args__ = (
        UniqueConstraint("body_id", "line_id", "sha256"),
        Index("ix_statement_file_received", "body_id", "received_at"),
        to_body_row("bank_profile", "line_id"),
        to_body_row("sealing_key", "key_id"),
        CheckConstraint("(status in ('read', 'unreadable')) = (sealed_content is null)", name="content"),
    )

    line_id: Mapped[UUID]
    file_name: Mapped[str]
    sha256: Mapped[str]
    byte_count: Mapped[int] = mapped_column(BigInteger)
    key_id: Mapped[UUID]
    sealed_content: Mapped[bytes | None] = mapped_column(deferred=True)
    status: Mapped[FileStatus] = mapped_column(stored(FileStatus), default=FileStatus.READING)
    fault: Mapped[StatementFault | None] = mapped_column(stored(StatementFault))
    fault_at: Mapped[int] = mapped_column(default=0)
    header: Mapped[list[str] | None] = mapped_column(JSONB(none_as_null=True))
    columns: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    entry_count: Mapped[int] = mapped_column(default=0)
    known_entries: Mapped[int] = mapped_column(default=0)
    received_by: Mapped[UUID]
    received_at: Mapped[datetime]


class BankStatement(BodyOwned, Base):
    """One statement in a file. Balances are pence, negative when overdrawn, None where the bank gives none."""

    __tablename__ = "bank_statement"
    __table_args__ = (
        Index("ix_bank_statement_days", "body_id", "line_id", "to_day"),
        to_body_row("statement_file", "file_id"),
        to_body_row("bank_profile", "line_id"),
    )

    file_id: Mapped[UUID]
    line_id: Mapped[UUID]
    bank_id: Mapped[str]
    sequence: Mapped[int | None] = mapped_column(BigInteger)
    from_day: Mapped[date]
    to_day: Mapped[date]
    opening_pence: Mapped[int | None] = mapped_column(BigInteger)
    closing_pence: Mapped[int | None] = mapped_column(BigInteger)
    entry_count: Mapped[int]


def move(file: StatementFile, to: FileStatus) -> None:
    """The one door to a statement file's status. Raises NotNow."""
    if (file.status, to) not in MOVES:
        raise NotNow("statement", file.status, to)
    file.status = to


def receive(
    session: Session,
    seals: Seals,
    *,
    file_id: UUID,
    profile_id: UUID,
    file_name: str,
    content: bytes,
    by: Actor,
    at: datetime,
) -> StatementFile:
    """Take a statement in; a job reads it. The same id or the same bytes again are the same file.

    Raises NotFound for a bank profile that is none of the body's, NotAllowed.
    """
    by.must_be(*RECEIVERS)
    line_id = newest_profile(session, profile_id).line_id
    return keep(
        session,
        seals,
        file_id=file_id,
        line_id=line_id,
        file_name=file_name,
        content=content,
        received_by=by.person_id,
        by=by,
        at=at,
    )


def keep(
    session: Session,
    seals: Seals,
    *,
    file_id: UUID,
    line_id: UUID,
    file_name: str,
    content: bytes,
    received_by: UUID,
    by: Actor | None,
    at: datetime,
) -> StatementFile:
    """Keep a statement of an account, sent by a person or (by: None) found among the bank's other answers."""
    body_id = session.info["body_id"]
    take_turns(session, "statement")
    sha256 = hashlib.sha256(content).hexdigest()
    same = (StatementFile.id == file_id) | ((StatementFile.sha256 == sha256) & (StatementFile.line_id == line_id))
    there = session.scalars(select(StatementFile).where(same).limit(1)).first()
    if there is not None:
        return there
    key_row, key = seals.make(body_id, at)
    session.add(key_row)
    session.flush()
    file = StatementFile(
        body_id=body_id,
        id=file_id,
        line_id=line_id,
        file_name=file_name[:200],
        sha256=sha256,
        byte_count=len(content),
        key_id=key_row.id,
        sealed_content=key.seal(content, "statement_file", file_id),
        received_by=received_by,
        received_at=at,
    )
    session.add(file)
    session.flush()
    audit.record(session, "statement.received", by=by, about=file, at=at, sha256=sha256, bytes=len(content))
    ask_to_read(session, file, at=at)
    return file


def ask_to_read(session: Session, file: StatementFile, *, at: datetime) -> None:
    told = "told" if file.columns else "as it is"
    outbox.add(session, "statement.read", once=f"statement.read/{file.id}/{told}", at=at, file_id=str(file.id))


def content_of(session: Session, seals: Seals, file: StatementFile) -> bytes:
    """The bytes of a file that was not read yet."""
    assert file.sealed_content is not None
    key = seals.open_row(get_key(session, file.body_id, file.key_id))
    content = key.open(file.sealed_content, "statement_file", file.id)
    session.expire(file, ["sealed_content"])
    return content


def tell_columns(session: Session, file: StatementFile, columns: Columns, *, by: Actor, at: datetime) -> None:
    """Say what a table's columns are; a job reads it so. Raises ColumnsWrong, NotNow, NotAllowed."""
    by.must_be(*RECEIVERS)
    if file.columns == columns.as_json() and file.status is not FileStatus.ASKING:
        return
    columns.must_be_whole()
    move(file, FileStatus.READING)
    file.columns = columns.as_json()
    session.flush()
    ask_to_read(session, file, at=at)


def remembered_columns(session: Session, file: StatementFile, header: Sequence[str]) -> Columns | None:
    """What was told of the last table of this account with this header."""
    last = session.scalars(
        select(StatementFile)
        .where(
            StatementFile.line_id == file.line_id,
            StatementFile.status == FileStatus.READ,
            StatementFile.columns.is_not(None),
        )
        .order_by(StatementFile.received_at.desc(), StatementFile.id.desc())
        .limit(20)
    )
    for known in last:
        if known.header == list(header) and known.columns is not None:
            return Columns.from_json(known.columns)
    return None


def get_file(session: Session, file_id: UUID, *, lock: bool = False) -> StatementFile:
    """Raises NotFound."""
    file = session.get(StatementFile, (session.info["body_id"], file_id), with_for_update=lock or None)
    if file is None:
        raise NotFound("statement file", file_id)
    return file


def files(session: Session, *, limit: int = 50) -> Sequence[StatementFile]:
    """The last files, newest first."""
    return session.scalars(
        select(StatementFile).order_by(StatementFile.received_at.desc(), StatementFile.id.desc()).limit(limit)
    ).all()


def statements_of(session: Session, file_id: UUID) -> Sequence[BankStatement]:
    """The statements in a file, in order."""
    return session.scalars(
        select(BankStatement).where(BankStatement.file_id == file_id).order_by(BankStatement.from_day, BankStatement.id)
    ).all()


class Gap(NamedTuple):
    """Between two statements of an account something is missing: what the first closed with, the second opens with."""

    statement: BankStatement
    closed_pence: int
    opened_pence: int


def gaps(session: Session, line_id: UUID | None = None) -> list[Gap]:
    """Where a statement does not open with what the one before closed with, of one account or of all."""
    place = {"partition_by": BankStatement.line_id}
    in_order = (BankStatement.to_day, BankStatement.sequence.nulls_first(), BankStatement.id)
    before = func.lag(BankStatement.closing_pence).over(partition_by=place["partition_by"], order_by=in_order)
    ended = func.lag(BankStatement.to_day).over(partition_by=place["partition_by"], order_by=in_order)
    twin = aliased(BankStatement)
    # the same statement in a file of other bytes: its entries were known, and it opens with what it opened with before
    came_before = select(twin.id).where(
        twin.body_id == BankStatement.body_id,
        twin.line_id == BankStatement.line_id,
        twin.bank_id == BankStatement.bank_id,
        twin.from_day == BankStatement.from_day,
        twin.to_day == BankStatement.to_day,
        twin.sequence.is_not_distinct_from(BankStatement.sequence),
        twin.opening_pence.is_not_distinct_from(BankStatement.opening_pence),
        twin.closing_pence.is_not_distinct_from(BankStatement.closing_pence),
        twin.id < BankStatement.id,
    )
    ordered = select(BankStatement.id, before.label("closed"), ended.label("ended")).where(~came_before.exists())
    if line_id is not None:
        ordered = ordered.where(BankStatement.line_id == line_id)
    ordered_rows = ordered.subquery()
    rows = session.execute(
        select(BankStatement, ordered_rows.c.closed, BankStatement.opening_pence)
        .join(ordered_rows, ordered_rows.c.id == BankStatement.id)
        .where(
            ordered_rows.c.closed != BankStatement.opening_pence,
            # a bank's CSV is of whatever days were asked for: those that overlap leave nothing out
            (ordered_rows.c.ended < BankStatement.from_day) | BankStatement.sequence.is_not(None),
        )
        .order_by(BankStatement.line_id, BankStatement.to_day)
    )
    return [Gap(*row) for row in rows]
