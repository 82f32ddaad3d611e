"""A payment file as it is kept: sealed bytes, their SHA-256, and what they add up to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from schemes.database import Base, BodyOwned, to_body_row
from schemes.errors import NotFound
from schemes.seal import Seals, get_key


class PaymentFile(BodyOwned, Base):
    """Bytes built for a payroll. `withdrawn_at`: another file took its place, or the payroll was given up."""

    __tablename__ = "payment_file"
    __table_args__ = (
        Index("ix_payment_file_payroll", "body_id", "payroll_id"),
        to_body_row("payroll", "payroll_id"),
        to_body_row("sealing_key", "key_id"),
    )

    payroll_id: Mapped[UUID]
    name: Mapped[str]
    format: Mapped[str]
    serial: Mapped[int]
    created_on: Mapped[date]
    sha256: Mapped[str]
    byte_count: Mapped[int] = mapped_column(BigInteger)
    payment_count: Mapped[int]
    total_pence: Mapped[int] = mapped_column(BigInteger)
    key_id: Mapped[UUID]
    sealed_content: Mapped[bytes] = mapped_column(deferred=True)
    made_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    first_downloaded_at: Mapped[datetime | None]


def files_of(session: Session, payroll_id: UUID) -> Sequence[PaymentFile]:
    """A payroll's live files, by name."""
    return session.scalars(
        select(PaymentFile)
        .where(PaymentFile.payroll_id == payroll_id, PaymentFile.withdrawn_at.is_(None))
        .order_by(PaymentFile.name)
    ).all()


def get_file(session: Session, payroll_id: UUID, file_id: UUID) -> PaymentFile:
    """A live file of a payroll. Raises NotFound."""
    file = session.get(PaymentFile, (session.info["body_id"], file_id))
    if file is None or file.payroll_id != payroll_id or file.withdrawn_at is not None:
        raise NotFound("file", file_id)
    return file


def open_content(session: Session, seals: Seals, file: PaymentFile) -> bytes:
    """The file's bytes. Raises SealBroken, KeyMissing."""
    key = seals.open_row(get_key(session, file.body_id, file.key_id))
    return key.open(file.sealed_content, "payment_file", file.id)
