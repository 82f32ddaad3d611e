"""What is known of a payment file as a whole: that the bank got it, took it, refused it, and debited its contra.

Facts, which never change; what they come to is worked out from all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from payouts.channels.dispatch import note_receipt
from payouts.files.payment_file import PaymentFile, files_of
from payouts.responses.line import ResponseLine, Says
from schemes.database import Base, new_id, stored, to_body_row


class FileSays(StrEnum):
    """One thing that is known of a file. differs: the Input report's figures are not the file's."""

    ARRIVED = "arrived"
    AGREES = "agrees"
    DIFFERS = "differs"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    CONTRA = "contra"


RECEIPTS = frozenset({FileSays.ARRIVED, FileSays.AGREES, FileSays.DIFFERS})
"""What shows that the bank has the file, whatever becomes of it."""


class FileWord(Base):
    """A fact about a file: from a response's line (`digest`), or said by a person (`said_by`, with how they know)."""

    __tablename__ = "file_word"
    __table_args__ = (
        Index("ix_file_word_file", "body_id", "file_id", "says"),
        to_body_row("payment_file", "file_id"),
    )

    body_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    file_id: Mapped[UUID]
    says: Mapped[FileSays] = mapped_column(stored(FileSays))
    digest: Mapped[bytes | None]
    said_by: Mapped[UUID | None]
    evidence: Mapped[str] = mapped_column(default="")
    said_at: Mapped[datetime]


def note(
    session: Session,
    file: PaymentFile,
    says: FileSays,
    *,
    digest: bytes | None = None,
    said_by: UUID | None = None,
    evidence: str = "",
    at: datetime,
) -> FileWord:
    """Keep a fact about a file; the same fact again is the same."""
    same = select(FileWord).where(FileWord.file_id == file.id, FileWord.says == says)
    same = same.where(FileWord.digest == digest) if digest is not None else same.where(FileWord.digest.is_(None))
    there = session.scalars(same.limit(1)).first()
    if there is not None:
        return there
    word = FileWord(
        body_id=file.body_id,
        id=new_id(),
        file_id=file.id,
        says=says,
        digest=digest,
        said_by=said_by,
        evidence=evidence,
        said_at=at,
    )
    session.add(word)
    session.flush()
    if says in RECEIPTS:
        note_receipt(session, file.id, at=at)
    return word


def what_it_says(line: ResponseLine, file: PaymentFile) -> FileSays:
    """What a line about a whole file comes to, held against the file."""
    if line.says is Says.REJECTED:
        return FileSays.REJECTED
    if line.says is Says.RECALLED:
        return FileSays.WITHDRAWN
    if line.beside.get("report") == "input":
        return FileSays.AGREES if agrees(line, file) else FileSays.DIFFERS
    # a bank that takes pain.001 has no Input report: that it executes
    # the batch, or takes it but for payments that it names, is what it says instead: the debit shows the figures
    if line.beside.get("status") in ("ACSP", "ACSC", "ACCC", "PART"):
        return FileSays.AGREES
    return FileSays.ARRIVED


def agrees(line: ResponseLine, file: PaymentFile) -> bool:
    """Whether all that the report counts is what the file holds, and each rejected payment is listed."""
    told = line.beside
    whole = (told.get("all_count"), told.get("all_pence")) == (file.payment_count, file.total_pence)
    if "accepted_count" not in told:
        return whole
    rejected = told.get("rejected_count", 0)
    split = (
        told["accepted_count"] + rejected == file.payment_count
        and told.get("accepted_pence", 0) + told.get("rejected_pence", 0) == file.total_pence
    )
    return split and rejected == told.get("rejected_listed", 0)


class FileState(NamedTuple):
    """A file of a payroll with what is known of it."""

    file: PaymentFile
    says: frozenset[FileSays]

    @property
    def is_taken(self) -> bool:
        """Whether Bacs took it, as far as it says."""
        return FileSays.AGREES in self.says

    @property
    def is_gone(self) -> bool:
        """Whether nothing of it is paid."""
        return bool(self.says & {FileSays.REJECTED, FileSays.WITHDRAWN})

    @property
    def has_word(self) -> bool:
        return self.is_taken or self.is_gone

    @property
    def is_debited(self) -> bool:
        """Whether the account was debited, or never will be."""
        return FileSays.CONTRA in self.says or self.is_gone


def states_of(session: Session, payroll_id: UUID) -> list[FileState]:
    """A payroll's live files with what is known of each, in order."""
    files = files_of(session, payroll_id)
    said: dict[UUID, set[FileSays]] = {file.id: set() for file in files}
    for file_id, says in session.execute(
        select(FileWord.file_id, FileWord.says).where(FileWord.file_id.in_(said)).distinct()
    ):
        said[file_id].add(says)
    return [FileState(file, frozenset(said[file.id])) for file in files]


def words_of(session: Session, file_ids: Sequence[UUID]) -> Sequence[FileWord]:
    """All that was said of some files, the oldest first."""
    return session.scalars(select(FileWord).where(FileWord.file_id.in_(file_ids)).order_by(FileWord.id)).all()
