"""Messages to webhooks: made from the audit chain, sent until they are taken, in order for each thing.

A message is the event itself under its own id, so nothing of it is kept here but where it stands. A later event about
one thing waits while an earlier one is on its way.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Index, Select, UniqueConstraint, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from payouts import happened
from payouts.webhooks.posting import Answer, Trouble
from payouts.webhooks.webhook import Webhook
from schemes.api_key import get_key
from schemes.database import Base, BodyOwned, first_id, new_id, stored, to_body_row
from schemes.errors import NotFound

PAUSES = tuple(
    timedelta(seconds=seconds)
    for seconds in (5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
)
"""After each failed attempt: the schedule of Standard Webhooks, three days and three hours in all."""
JITTER = 0.2
"""A pause is longer by up to so much of itself: what failed together is not sent again together."""
KEPT_FOR = timedelta(days=30)
MOST_FORGOTTEN = 5000


class DeliveryStatus(StrEnum):
    """Where a message is. failed: it was sent as often as it is; skipped: a person let the webhook go on without it."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"
    SKIPPED = "skipped"


class Delivery(BodyOwned, Base):
    """One event on its way to one webhook. attempts: since it was made, or asked for again."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        UniqueConstraint("body_id", "webhook_id", "event_id"),
        Index("ix_webhook_delivery_webhook", "body_id", "webhook_id", "id"),
        Index(
            "ix_webhook_delivery_failed",
            "body_id",
            "webhook_id",
            "id",
            postgresql_where=text("status in ('failed', 'skipped')"),
        ),
        Index(
            "ix_webhook_delivery_waiting",
            "body_id",
            "webhook_id",
            "subject_id",
            "position",
            postgresql_where=text("status = 'waiting'"),
        ),
        Index(
            "ix_webhook_delivery_next",
            "body_id",
            "webhook_id",
            "position",
            "id",
            postgresql_where=text("status = 'waiting' and attempts >= 0"),
        ),
        to_body_row("webhook", "webhook_id"),
        to_body_row("audit_event", "event_id"),
    )

    webhook_id: Mapped[UUID]
    event_id: Mapped[UUID]
    position: Mapped[int] = mapped_column(BigInteger)
    type: Mapped[str]
    subject_id: Mapped[UUID]
    status: Mapped[DeliveryStatus] = mapped_column(stored(DeliveryStatus))
    attempts: Mapped[int]
    due_at: Mapped[datetime]
    made_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Attempt(BodyOwned, Base):
    """One try to send a message, and what came back: a status or a trouble. Never changed."""

    __tablename__ = "webhook_attempt"
    __table_args__ = (
        Index("ix_webhook_attempt_delivery", "body_id", "delivery_id", "id"),
        to_body_row("webhook_delivery", "delivery_id"),
    )

    delivery_id: Mapped[UUID]
    at: Mapped[datetime]
    code: Mapped[int | None]
    trouble: Mapped[Trouble | None] = mapped_column(stored(Trouble))
    answer: Mapped[str]
    milliseconds: Mapped[int]


def plan(session: Session, webhook: Webhook, *, at: datetime) -> None:
    """Make messages of what happened since, on a row locked by the caller."""
    key = get_key(session, webhook.key_id)
    schemes = frozenset(UUID(scheme) for scheme in key.schemes)
    while found := happened.after(session, webhook.told_to):
        told = [one for one in found if happened.is_told(one.event.action, webhook.events)]
        own = happened.of_schemes(session, told, schemes)
        if own:
            rows = [
                row_of(webhook, one.event.id, one.event.action, one.event.subject_id, position=one.position, at=at)
                for one in own
            ]
            session.execute(insert(Delivery).on_conflict_do_nothing(), rows)
        webhook.told_to = found[-1].position
        session.flush()


def row_of(
    webhook: Webhook, event_id: UUID, action: str, subject_id: UUID | None, *, position: int, at: datetime
) -> dict[str, Any]:
    return {
        "body_id": webhook.body_id,
        "id": new_id(),
        "webhook_id": webhook.id,
        "event_id": event_id,
        "position": position,
        "type": action,
        # what concerns no one thing waits for nothing else
        "subject_id": subject_id or event_id,
        "status": DeliveryStatus.WAITING,
        "attempts": 0,
        "due_at": at,
        "made_at": at,
    }


# in the words of the indexes, which hold what waits and nothing else. What is true of every row keeps the planner from
# taking the one in the order of events where it has to look for those of one thing
WAITS = "{}.status = 'waiting'"
IN_ORDER = "webhook_delivery.status = 'waiting' and webhook_delivery.attempts >= 0"


def first_of_its_thing() -> ColumnElement[bool]:
    """Whether no earlier message about the same thing waits.

    Asked of one row at a time: a join of all that wait with themselves is what a planner without figures of a table
    that has just filled takes for cheap, and ten thousand events took it a minute a round.
    """
    waiting = aliased(Delivery, name="waiting")
    first = select(func.min(waiting.position)).where(
        waiting.body_id == Delivery.body_id,
        waiting.webhook_id == Delivery.webhook_id,
        waiting.subject_id == Delivery.subject_id,
        text(WAITS.format("waiting")),
    )
    return Delivery.position == first.scalar_subquery()


def next_ones(webhook_id: UUID, *, at: datetime, limit: int) -> Select[Delivery]:
    """The question what may be sent now, in order, at most one for each thing."""
    mine = select(Delivery).where(
        Delivery.webhook_id == webhook_id,
        text(IN_ORDER),
        Delivery.due_at <= at,
        first_of_its_thing(),
    )
    return mine.order_by(Delivery.position, Delivery.id).limit(limit)


def due(session: Session, webhook_id: UUID, *, at: datetime, limit: int) -> Sequence[Delivery]:
    return session.scalars(next_ones(webhook_id, at=at, limit=limit)).all()


def next_due(session: Session, webhook_id: UUID) -> datetime | None:
    """When the next message may be sent; None for none."""
    mine = select(func.min(Delivery.due_at)).where(
        Delivery.webhook_id == webhook_id, text(WAITS.format("webhook_delivery")), first_of_its_thing()
    )
    return session.scalar(mine)


def note(session: Session, sent: Delivery, answer: Answer, *, at: datetime) -> None:
    """Note what became of an attempt: it was taken, is tried again after a pause, or was tried often enough."""
    session.add(
        Attempt(
            body_id=sent.body_id,
            id=new_id(),
            delivery_id=sent.id,
            at=at,
            code=answer.code,
            trouble=answer.trouble,
            answer=answer.text,
            milliseconds=answer.milliseconds,
        )
    )
    sent.attempts += 1
    if answer.is_taken:
        sent.status, sent.ended_at = DeliveryStatus.DELIVERED, at
    elif sent.attempts > len(PAUSES):
        sent.status, sent.ended_at = DeliveryStatus.FAILED, at
    else:
        sent.due_at = at + max(longer(PAUSES[sent.attempts - 1]), timedelta(seconds=answer.wait_seconds))


def longer(pause: timedelta) -> timedelta:
    return pause * (1 + random.uniform(0, JITTER))  # noqa: S311  nothing secret hangs on it


def get_delivery(session: Session, webhook_id: UUID, delivery_id: UUID, *, lock: bool = False) -> Delivery:
    """Raises NotFound, for another webhook's, too."""
    found = session.get(Delivery, (session.info["body_id"], delivery_id), with_for_update=lock or None)
    if found is None or found.webhook_id != webhook_id:
        raise NotFound("delivery", delivery_id)
    return found


def deliveries_of(
    session: Session, webhook_id: UUID, *, failed: bool = False, before: UUID | None = None, limit: int = 50
) -> Sequence[Delivery]:
    """Messages to a webhook, the newest first, or only what it was not told in the end; before: the last one shown."""
    mine = select(Delivery).where(Delivery.webhook_id == webhook_id).order_by(Delivery.id.desc()).limit(limit)
    if failed:
        # in the words of the index
        mine = mine.where(text("webhook_delivery.status in ('failed', 'skipped')"))
    if before is not None:
        mine = mine.where(Delivery.id < before)
    return session.scalars(mine).all()


def attempts_of(session: Session, delivery_ids: Sequence[UUID]) -> dict[UUID, list[Attempt]]:
    """The attempts of some messages, the oldest first."""
    found: dict[UUID, list[Attempt]] = {each: [] for each in delivery_ids}
    rows = select(Attempt).where(Attempt.delivery_id.in_(delivery_ids)).order_by(Attempt.id)
    for attempt in session.scalars(rows):
        found[attempt.delivery_id].append(attempt)
    return found


def forget(session: Session, *, at: datetime) -> int:
    """Forget messages that ended long ago, a part at a time; returns how many."""
    old = list(
        session.scalars(
            select(Delivery.id)
            .where(Delivery.id < first_id(at - KEPT_FOR), Delivery.status != DeliveryStatus.WAITING)
            .order_by(Delivery.id)
            .limit(MOST_FORGOTTEN)
        )
    )
    for table, column in ((Attempt, Attempt.delivery_id), (Delivery, Delivery.id)):
        session.execute(delete(table).where(column.in_(old)).execution_options(synchronize_session=False))
    return len(old)
