"""A notice to a payee: planned, sent through GOV.UK Notify, and followed until it is delivered or has failed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, func, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from payouts.notices.connection import Way
from payouts.notices.event import NoticeEvent
from schemes.database import Base, BodyOwned, stored, to_body_row
from schemes.payee import Language

UUID_TEXT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


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
    TOLD = "told"


MOVES: dict[tuple[NoticeStatus, NoticeStatus], str] = {
    (NoticeStatus.PLANNED, NoticeStatus.SENDING): "a worker is about to send it",
    (
        NoticeStatus.PLANNED,
        NoticeStatus.HELD_BACK,
    ): "the payee died or is on hold, or the money came back",
    (NoticeStatus.PLANNED, NoticeStatus.NO_ADDRESS): "the address that it was planned for is used no more",
    (NoticeStatus.SENDING, NoticeStatus.SENT): "Notify took it, or was found to have it",
    (NoticeStatus.SENDING, NoticeStatus.REFUSED): "Notify said that it cannot be sent: nothing went out",
    (NoticeStatus.SENDING, NoticeStatus.DELIVERED): "its receipt was here before the answer",
    (NoticeStatus.SENDING, NoticeStatus.FAILED): "its receipt was here before the answer",
    (NoticeStatus.SENT, NoticeStatus.DELIVERED): "the payee's mail server or phone took it, or the post did",
    (NoticeStatus.SENT, NoticeStatus.FAILED): "it could not be delivered",
    (NoticeStatus.DELIVERED, NoticeStatus.FAILED): "a letter came back, weeks later",
    (NoticeStatus.FAILED, NoticeStatus.TOLD): "somebody told the payee by hand",
    (NoticeStatus.REFUSED, NoticeStatus.TOLD): "somebody told the payee by hand",
    (NoticeStatus.NO_ADDRESS, NoticeStatus.TOLD): "somebody told the payee by hand",
}
NOT_REACHED = (NoticeStatus.FAILED, NoticeStatus.REFUSED, NoticeStatus.NO_ADDRESS)


class Notice(BodyOwned, Base):
    """One message to one payee about one event, by one channel: unique, so that nobody is told twice.

    `id` is Notify's reference: after a lost reply the message is looked up by it before anything is sent again.
    subject_id: what it is about: a payroll, with all of it that concerns the payee, or one payment. A payment has one
    payroll and one payee, so there is one notice for each payment, event and channel. attempt: 1, and one more each
    time that a notice which did not arrive is sent again. wording_id: the body's own words, None for the service's.
    facts: amounts and reasons for the words. follows_id: the notice that failed, of which this is the next way.
    has_next: another notice took its place, so nobody has to do anything about it. plan_id, part: the chunk of
    work that sends it, and no other does.
    """

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("body_id", "subject_id", "payee_id", "event", "channel", "attempt"),
        Index("ix_notice_reference", "id"),
        # what is counted of a payroll: a million are counted from the index alone
        Index("ix_notice_status", "body_id", "payroll_id", "status", postgresql_where=text("has_next IS false")),
        Index("ix_notice_payee", "body_id", "payee_id", "id"),
        Index("ix_notice_part", "body_id", "plan_id", "part"),
        Index("ix_notice_in_flight", "body_id", "sent_at", postgresql_where=text("status = 'sent'")),
        to_body_row("payroll", "payroll_id"),
        to_body_row("payee", "payee_id"),
        to_body_row("notice_wording", "wording_id"),
        to_body_row("notice", "follows_id"),
        CheckConstraint("attempt >= 1", name="attempt"),
    )

    payroll_id: Mapped[UUID]
    payee_id: Mapped[UUID]
    subject_id: Mapped[UUID]
    event: Mapped[NoticeEvent] = mapped_column(stored(NoticeEvent))
    channel: Mapped[Way] = mapped_column(stored(Way, check="channel"))
    language: Mapped[Language] = mapped_column(stored(Language), server_default=Language.ENGLISH.value)
    attempt: Mapped[int] = mapped_column(server_default=text("1"))
    status: Mapped[NoticeStatus] = mapped_column(stored(NoticeStatus))
    payment_count: Mapped[int]
    total_pence: Mapped[int] = mapped_column(BigInteger)
    last_four: Mapped[str]
    for_another: Mapped[bool] = mapped_column(server_default=text("false"))
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    wording_id: Mapped[UUID | None]
    follows_id: Mapped[UUID | None]
    has_next: Mapped[bool] = mapped_column(server_default=text("false"))
    plan_id: Mapped[UUID]
    part: Mapped[int]
    notify_id: Mapped[UUID | None]
    error: Mapped[str | None]
    made_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


def move(notice: Notice, to: NoticeStatus) -> bool:
    """Move a notice if the move is listed; False leaves it as it is: a receipt that comes twice or late is harmless."""
    if (notice.status, to) not in MOVES:
        return False
    if notice.status is NoticeStatus.DELIVERED and notice.channel is not Way.LETTER:
        return False
    notice.status = to
    return True


def counts_of(session: Session, payroll_id: UUID) -> dict[NoticeStatus, int]:
    """How many notices of a payroll are where; one whose place another took is not counted."""
    mine = (Notice.payroll_id == payroll_id, Notice.has_next.is_(False))
    return dict(session.execute(select(Notice.status, func.count()).where(*mine).group_by(Notice.status)).all())


def ours(session: Session, references: Iterable[str]) -> set[str]:
    """Of Notify's references those that are notices of this body: one Notify service may send for several bodies."""
    ids = [UUID(reference) for reference in references if UUID_TEXT.fullmatch(reference)]
    return {str(notice_id) for notice_id in session.scalars(select(Notice.id).where(Notice.id.in_(ids)))}
