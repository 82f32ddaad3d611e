"""The bytes of a payment file, sealed in segments: no process ever holds more than one of them.

A segment is bound to its file, its place and how many there are, so that one that is changed, swapped, left out or cut
off does not open, nor do those beside it that would take its place.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING, BinaryIO
from uuid import UUID

from sqlalchemy import BigInteger, func, insert, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from payouts.files.payment_file import PaymentFile
from schemes.database import Base, to_body_row
from schemes.errors import SealBroken
from schemes.seal import SEALED_IS_LONGER, OpenKey, Seals, get_key
from schemes.sealed_file import Segments

if TYPE_CHECKING:
    pass


class FileSegment(Base):
    """Some bytes of a file, and the payments in them: number 0 and the last are its opening and its closing."""

    __tablename__ = "file_segment"
    __table_args__ = (to_body_row("payment_file", "file_id"),)

    body_id: Mapped[UUID] = mapped_column(primary_key=True)
    file_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    payment_count: Mapped[int]
    total_pence: Mapped[int] = mapped_column(BigInteger)
    sealed: Mapped[bytes]


def keep(
    session: Session, key: OpenKey, file: PaymentFile, number: int, content: bytes, count: int = 0, pence: int = 0
) -> None:
    """Seal and store one segment."""
    row = {
        "body_id": file.body_id,
        "file_id": file.id,
        "number": number,
        "payment_count": count,
        "total_pence": pence,
        "sealed": key.seal(content, "file_segment", place_of(file, number)),
    }
    session.execute(insert(FileSegment), row)


def place_of(file: PaymentFile, number: int) -> str:
    return f"{file.id}/{number} of {file.segment_count}"


def payments_in(session: Session, file: PaymentFile) -> tuple[int, int]:
    """Count and total in pence of the payments in all segments of a file."""
    count, pence = session.execute(
        select(func.sum(FileSegment.payment_count), func.sum(FileSegment.total_pence)).where(
            FileSegment.file_id == file.id
        )
    ).one()
    return int(count or 0), int(pence or 0)


def are_all_there(session: Session, file: PaymentFile) -> bool:
    """Whether every segment of a file is kept. Of parts that end at one moment the last to ask sees them all."""
    lock = text("SELECT pg_advisory_xact_lock(hashtextextended('segments ' || :file, 0))")
    session.execute(lock, {"file": str(file.id)})
    kept = session.scalar(select(func.count()).where(FileSegment.file_id == file.id))
    return kept == file.segment_count


def open_key(session: Session, seals: Seals, file: PaymentFile) -> OpenKey:
    """Raises KeyMissing."""
    return seals.open_row(get_key(session, file.body_id, file.key_id))


def open_segment(session: Session, key: OpenKey, file: PaymentFile, number: int) -> bytes:
    """Raises SealBroken."""
    sealed = session.scalar(
        select(FileSegment.sealed).where(FileSegment.file_id == file.id, FileSegment.number == number)
    )
    if sealed is None:
        raise SealBroken(f"file_segment {place_of(file, number)}")
    return key.open(sealed, "file_segment", place_of(file, number))


def blocks_of(session: Session, seals: Seals, file: PaymentFile) -> Iterator[bytes]:
    """The file's bytes, a segment at a time. Raises SealBroken, KeyMissing."""
    key = open_key(session, seals, file)
    if file.sealed_content is not None:
        yield key.open(file.sealed_content, "payment_file", file.id)
        return
    for number in range(file.segment_count):
        yield open_segment(session, key, file, number)


def sha256_of(session: Session, seals: Seals, file: PaymentFile) -> tuple[str, int]:
    """SHA-256 and number of the file's bytes, opened anew. Raises SealBroken, KeyMissing."""
    running, size = hashlib.sha256(), 0
    for block in blocks_of(session, seals, file):
        running.update(block)
        size += len(block)
    return running.hexdigest(), size


def open_content(session: Session, seals: Seals, file: PaymentFile) -> BinaryIO:
    """The file's bytes to be read from front to back, or from any place, as long as the session lasts.

    Raises SealBroken and KeyMissing, also while it is read.
    """
    key = open_key(session, seals, file)
    if file.sealed_content is not None:
        return io.BytesIO(key.open(file.sealed_content, "payment_file", file.id))
    sizes = session.scalars(
        select(func.octet_length(FileSegment.sealed) - SEALED_IS_LONGER)
        .where(FileSegment.file_id == file.id)
        .order_by(FileSegment.number)
    ).all()
    if len(sizes) != file.segment_count:
        raise SealBroken(f"file_segment {file.id}")
    return io.BufferedReader(Segments(list(accumulate(sizes)), partial(open_segment, session, key, file)))
