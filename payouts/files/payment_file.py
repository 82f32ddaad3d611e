"""A payment file as it is kept: what it is called, what it adds up to, and once it is sealed, its SHA-256."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from schemes.database import Base, BodyOwned, to_body_row
from schemes.errors import NotFound


class PaymentFile(BodyOwned, Base):
    """A file of a payroll. Its bytes are sealed segments (`payouts.files.segment`).

    first, last: the ordinals between which its items lie; item_count: how many credits its payments are. sealed_at:
    when every segment was there and read back; until then there is no file yet, and no SHA-256,
    and byte_count says that this one was read whole. Nothing of a sealed
    file changes but the last two: `withdrawn_at`, another file took its place or the payroll was given up.
    sealed_content: the bytes of a file from before there were segments, `segment_count` being 0.
    """

    __tablename__ = "payment_file"
    __table_args__ = (
        Index("ix_payment_file_payroll", "body_id", "payroll_id"),
        to_body_row("payroll", "payroll_id"),
        to_body_row("sealing_key", "key_id"),
        CheckConstraint("(sealed_at is null) = (sha256 = '')", name="sealed"),
    )

    payroll_id: Mapped[UUID]
    name: Mapped[str]
    format: Mapped[str]
    serial: Mapped[int]
    created_on: Mapped[date]
    first: Mapped[int]
    last: Mapped[int]
    payment_count: Mapped[int]
    item_count: Mapped[int]
    total_pence: Mapped[int] = mapped_column(BigInteger)
    segment_count: Mapped[int]
    sha256: Mapped[str] = mapped_column(default="")
    byte_count: Mapped[int] = mapped_column(BigInteger, default=0)
    key_id: Mapped[UUID]
    sealed_content: Mapped[bytes | None] = mapped_column(deferred=True)
    made_at: Mapped[datetime]
    sealed_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    first_downloaded_at: Mapped[datetime | None]


def files_of(session: Session, payroll_id: UUID) -> Sequence[PaymentFile]:
    """A payroll's live files, in the order of their payments."""
    return session.scalars(
        select(PaymentFile)
        .where(
            PaymentFile.payroll_id == payroll_id,
            PaymentFile.sealed_at.is_not(None),
            PaymentFile.withdrawn_at.is_(None),
        )
        .order_by(PaymentFile.first, PaymentFile.name)
    ).all()


def files_being_built(session: Session, payroll_id: UUID) -> Sequence[PaymentFile]:
    """The files of a payroll that are not sealed yet, in the order of their payments."""
    return session.scalars(
        select(PaymentFile)
        .where(
            PaymentFile.payroll_id == payroll_id, PaymentFile.sealed_at.is_(None), PaymentFile.withdrawn_at.is_(None)
        )
        .order_by(PaymentFile.first)
    ).all()


def get_file(session: Session, payroll_id: UUID, file_id: UUID) -> PaymentFile:
    """A live, sealed file of a payroll. Raises NotFound."""
    file = session.get(PaymentFile, (session.info["body_id"], file_id))
    if file is None or file.payroll_id != payroll_id or file.withdrawn_at is not None or file.sealed_at is None:
        raise NotFound("file", file_id)
    return file
