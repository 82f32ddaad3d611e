"""A bank statement as it was received: once, for one account, whole or not at all.

A file (camt.053, or the bank's own CSV) is kept sealed until a job has read it; one that is refused, to be looked at.
The same bytes again are the same file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from itertools import islice
from typing import Any, BinaryIO, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from payouts.responses import response
from payouts.responses.response import Response
from payouts.statement.table import Columns, TableRow, rows_of
from payouts.tasks import outbox
from schemes import audit
from schemes.bank_profile import newest_profile
from schemes.database import Base, BodyOwned, new_id, stored, take_turns, to_body_row
from schemes.errors import NotFound, NotNow
from schemes.person import Actor, Role
from schemes.seal import OpenKey, Seals, get_key
from schemes.sealed_file import SealedFile, part_of, seal_file
from schemes.unmasking import UNMASKERS

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
    (FileStatus.UNREADABLE, FileStatus.READING): "the same bytes were sent again, perhaps to be read by other columns",
}


class StatementFault(StrEnum):
    """Why a statement is refused as a whole."""

    NOT_READABLE = "not_readable"
    HOSTILE = "hostile"
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

    sealed_content: until it was read, and for good where it was refused. response_id: of a file that came among the
    bank's other answers, which keep it. `known_entries` of its entries had come in another file before. fault: of the
    last time that it was read, until it is read by columns that were told anew.
    """

    __tablename__ = "statement_file"
    __table_args__ = (
        UniqueConstraint("body_id", "line_id", "sha256"),
        Index("ix_statement_file_received", "body_id", "received_at"),
        to_body_row("bank_profile", "line_id"),
        to_body_row("sealing_key", "key_id"),
        to_body_row("response", "response_id"),
        # an earlier release did not keep what it refused
        CheckConstraint(
            "status = 'unreadable' or (status <> 'read' and response_id is null) = (sealed_content is not null)",
            name="content",
        ),
    )

    line_id: Mapped[UUID]
    file_name: Mapped[str]
    sha256: Mapped[str]
    byte_count: Mapped[int] = mapped_column(BigInteger)
    key_id: Mapped[UUID]
    sealed_content: Mapped[bytes | None] = mapped_column(deferred=True)
    response_id: Mapped[UUID | None]
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
    take_turns(session, "statement")
    sha256 = hashlib.sha256(content).hexdigest()
    there = session.get(StatementFile, (session.info["body_id"], file_id)) or kept(session, line_id, sha256)
    if there is not None:
        if there.status is FileStatus.UNREADABLE and there.id != file_id:
            read_again(session, seals, there, content, by=by, at=at)
        return there
    file, key = new_file(session, seals, file_id, line_id, sha256=sha256, byte_count=len(content), at=at)
    file.file_name, file.received_by = file_name[:200], by.person_id
    file.sealed_content = seal_file(key, content, "statement_file", file_id)
    add(session, file, by=by, at=at)
    return file


def hand_over(session: Session, seals: Seals, found: Response, line_id: UUID, *, at: datetime) -> StatementFile:
    """Take a statement of an account in that came among the bank's other answers, which go on keeping its bytes."""
    take_turns(session, "statement")
    there = kept(session, line_id, found.sha256)
    if there is not None:
        return there
    size = found.byte_count
    file, _ = new_file(session, seals, new_id(), line_id, sha256=found.sha256, byte_count=size, at=at)
    file.file_name, file.received_by, file.response_id = found.file_name, found.received_by, found.id
    add(session, file, by=None, at=at)
    return file


def kept(session: Session, line_id: UUID, sha256: str) -> StatementFile | None:
    """The file of an account that has these bytes, if it came before."""
    same = (StatementFile.sha256 == sha256) & (StatementFile.line_id == line_id)
    return session.scalars(select(StatementFile).where(same)).one_or_none()


def new_file(
    session: Session, seals: Seals, file_id: UUID, line_id: UUID, *, sha256: str, byte_count: int, at: datetime
) -> tuple[StatementFile, OpenKey]:
    """A file with the key for what it brings."""
    body_id = session.info["body_id"]
    key_row, key = seals.make(body_id, at)
    session.add(key_row)
    session.flush()
    file = StatementFile(body_id=body_id, id=file_id, line_id=line_id, sha256=sha256, byte_count=byte_count)
    file.key_id, file.received_at = key_row.id, at
    return file, key


def add(session: Session, file: StatementFile, *, by: Actor | None, at: datetime) -> None:
    session.add(file)
    session.flush()
    audit.record(session, "statement.received", by=by, about=file, at=at, sha256=file.sha256, bytes=file.byte_count)
    ask_to_read(session, file, at=at)


def read_again(session: Session, seals: Seals, file: StatementFile, content: bytes, *, by: Actor, at: datetime) -> None:
    """Take in once more what was refused: nothing of it was posted, and what its columns are can be told anew."""
    if not may_be_looked_at(session, file):
        key = seals.open_row(get_key(session, file.body_id, file.key_id))
        file.sealed_content = seal_file(key, content, "statement_file", file.id)
    file.header = file.columns = None
    move(file, FileStatus.READING)
    add(session, file, by=by, at=at)


def ask_to_read(session: Session, file: StatementFile, *, at: datetime) -> None:
    # each time that it is sent or its columns are told is work of its own, and a file that was read is read no more
    outbox.add(session, "statement.read", once=f"statement.read/{file.id}/{new_id()}", at=at, file_id=str(file.id))


def first_rows(
    session: Session, seals: Seals, file: StatementFile, columns: Columns, *, by: Actor, most: int = 2000
) -> list[TableRow]:
    """How the first rows of a table would be read, to be looked at before they are.

    Raises BadRow for one that cannot be read so, ColumnsWrong, NotNow, FileRefused, NotAllowed.
    """
    by.must_be(*RECEIVERS)
    columns.must_be_whole()
    if file.status is not FileStatus.ASKING:
        raise NotNow("statement", file.status, "read")
    return list(islice(rows_of(content_of(session, seals, file), columns), most))


def content_of(session: Session, seals: Seals, file: StatementFile) -> SealedFile:
    """The bytes of a file that was not read yet, or was refused. Raises KeyMissing, and SealBroken as it is read."""
    if file.response_id is not None:
        return response.content_of(session, seals, response.get_response(session, file.response_id))
    key = seals.open_row(get_key(session, file.body_id, file.key_id))
    part = part_of(session, StatementFile.sealed_content, file.id)
    return SealedFile(part, key, table="statement_file", row_id=file.id, byte_count=file.byte_count)


def may_be_looked_at(session: Session, file: StatementFile) -> bool:
    """Whether it was refused and is there as it came: an earlier release did not keep what it refused."""
    has_bytes = select(StatementFile.sealed_content.is_not(None) | StatementFile.response_id.is_not(None))
    there = bool(session.scalar(has_bytes.where(StatementFile.id == file.id)))
    return there and file.status is FileStatus.UNREADABLE


def take_out(session: Session, seals: Seals, file: StatementFile, *, by: Actor, at: datetime) -> BinaryIO:
    """A refused statement as it came, for somebody to look at while the session lasts: each time is recorded.

    Raises NotNow where nothing is kept, or it was read; SealBroken, KeyMissing, NotAllowed.
    """
    by.must_be(*UNMASKERS)
    if not may_be_looked_at(session, file):
        raise NotNow("statement", file.status, "taken out")
    audit.record(session, "statement.taken_out", by=by, about=file, at=at)
    return content_of(session, seals, file).open()


def tell_columns(session: Session, file: StatementFile, columns: Columns, *, by: Actor, at: datetime) -> None:
    """Say what a table's columns are; a job reads it so. Raises ColumnsWrong, NotNow, NotAllowed."""
    by.must_be(*RECEIVERS)
    if file.columns == columns.as_json() and file.status is not FileStatus.ASKING:
        return
    columns.must_be_whole()
    move(file, FileStatus.READING)
    file.columns, file.fault, file.fault_at = columns.as_json(), None, 0
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
