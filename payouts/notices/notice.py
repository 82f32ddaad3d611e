"""A notice to a payee: planned, sent through GOV.UK Notify, and followed until it is delivered or has failed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, Index, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from schemes.database import Base, BodyOwned, stored, to_body_row

UUID_TEXT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class NoticeEvent(StrEnum):
    """What a notice tells."""

    PAYMENT_ON_ITS_WAY = "payment_on_its_way"


class NoticeStatus(StrEnum):
    """Where a notice is. `sending` is the intent, committed before anything leaves: after a crash it is looked up."""

    PLANNED = "planned"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    REFUSED = "refused"
    NO_ADDRESS = "no_address"
    HELD_BACK = "held_back"


MOVES: dict[tuple[NoticeStatus, NoticeStatus], str] = {
    (NoticeStatus.PLANNED, NoticeStatus.SENDING): "a worker is about to send it",
    (NoticeStatus.PLANNED, NoticeStatus.HELD_BACK): "the payee has died or is on hold: nobody writes to them",
    (NoticeStatus.SENDING, NoticeStatus.SENT): "Notify took it, or was found to have it",
    (NoticeStatus.SENDING, NoticeStatus.REFUSED): "Notify said that it cannot be sent: nothing went out",
    (NoticeStatus.SENDING, NoticeStatus.DELIVERED): "its receipt was here before the answer",
    (NoticeStatus.SENDING, NoticeStatus.FAILED): "its receipt was here before the answer",
    (NoticeStatus.SENT, NoticeStatus.DELIVERED): "the payee's mail server took it",
    (NoticeStatus.SENT, NoticeStatus.FAILED): "it could not be delivered",
}


class Notice(BodyOwned, Base):
    """One message to one payee about one payroll, event and channel: unique, so that nobody is told twice.

    `id` is Notify's reference: after a lost reply the message is looked up by it before anything is sent again.
    """

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("body_id", "payroll_id", "payee_id", "event", "channel"),
        Index("ix_notice_reference", "id"),
        Index("ix_notice_status", "body_id", "payroll_id", "status"),
        to_body_row("payroll", "payroll_id"),
        to_body_row("payee", "payee_id"),
    )

    payroll_id: Mapped[UUID]
    payee_id: Mapped[UUID]
    event: Mapped[NoticeEvent] = mapped_column(stored(NoticeEvent))
    channel: Mapped[str]
    status: Mapped[NoticeStatus] = mapped_column(stored(NoticeStatus))
    payment_count: Mapped[int]
    total_pence: Mapped[int] = mapped_column(BigInteger)
    last_four: Mapped[str]
    notify_id: Mapped[UUID | None]
    error: Mapped[str | None]
    made_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


def move(notice: Notice, to: NoticeStatus) -> bool:
    """Move a notice if the move is listed; False leaves it as it is: a receipt that comes twice or late is harmless."""
    if (notice.status, to) not in MOVES:
        return False
    notice.status = to
    return True


def counts_of(session: Session, payroll_id: UUID) -> dict[NoticeStatus, int]:
    """How many notices of a payroll are where."""
    rows = session.execute(
        select(Notice.status, func.count()).where(Notice.payroll_id == payroll_id).group_by(Notice.status)
    )
    return dict(rows.all())


def ours(session: Session, references: Iterable[str]) -> set[str]:
    """Of Notify's references those that are notices of this body: one Notify service may send for several bodies."""
    ids = [UUID(reference) for reference in references if UUID_TEXT.fullmatch(reference)]
    return {str(notice_id) for notice_id in session.scalars(select(Notice.id).where(Notice.id.in_(ids)))}
