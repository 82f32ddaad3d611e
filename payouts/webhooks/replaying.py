"""What people and systems ask of a webhook besides: to send something again, to go on, to try whether it arrives."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from payouts import happened
from payouts.webhooks import webhook as webhooks
from payouts.webhooks.delivery import Delivery, DeliveryStatus, row_of
from payouts.webhooks.webhook import Webhook, WebhookStatus, must_be_in_charge, must_be_there
from schemes import audit
from schemes.errors import NotNow
from schemes.person import Actor

TEST = "webhook.test"
MOST_REPLAYED = 100_000


def replay(session: Session, webhook: Webhook, delivery: Delivery, *, by: Actor, at: datetime) -> None:
    """Send a message again, under its own id, on rows locked by the caller. Raises NotNow, NotAllowed."""
    must_be_in_charge(webhook, by)
    must_be_there(webhook, "told something again")
    if delivery.status is not DeliveryStatus.WAITING:
        delivery.status, delivery.attempts, delivery.ended_at = DeliveryStatus.WAITING, 0, None
    delivery.due_at = webhook.due_at = at
    webhook.rests_until = None
    session.flush()
    audit.record(session, "webhook.replayed", by=by, about=webhook, at=at, count=1)


def replay_since(session: Session, webhook: Webhook, since: datetime, *, by: Actor, at: datetime) -> int:
    """Send again what failed, or was left out, since an instant, on a row locked by the caller; how many.

    Raises NotNow, NotAllowed.
    """
    must_be_in_charge(webhook, by)
    must_be_there(webhook, "told something again")
    failed = (
        select(Delivery.id)
        .where(
            Delivery.webhook_id == webhook.id,
            Delivery.status.in_((DeliveryStatus.FAILED, DeliveryStatus.SKIPPED)),
            Delivery.made_at >= since,
        )
        .order_by(Delivery.id)
        .limit(MOST_REPLAYED)
    )
    count: int = session.execute(
        update(Delivery)
        .where(Delivery.id.in_(failed))
        .values(status=DeliveryStatus.WAITING, attempts=0, ended_at=None, due_at=at)
        .execution_options(synchronize_session=False)
    ).rowcount  # type: ignore[attr-defined]
    webhook.due_at, webhook.rests_until = at, None
    session.flush()
    audit.record(session, "webhook.replayed", by=by, about=webhook, at=at, count=count)
    return count


def resume(session: Session, webhook: Webhook, *, skip: bool = False, by: Actor, at: datetime) -> None:
    """Let a paused webhook go on, on a row locked by the caller: what it missed is sent first, or skipped.

    Raises NotNow, NotAllowed, WebhookRefused.
    """
    webhooks.resume(session, webhook, by=by, at=at)
    waiting = update(Delivery).where(Delivery.webhook_id == webhook.id, Delivery.status == DeliveryStatus.WAITING)
    if skip:
        waiting = waiting.values(status=DeliveryStatus.SKIPPED, ended_at=at)
        webhook.told_to = happened.last_position(session)
    else:
        waiting = waiting.values(due_at=at, attempts=0)
    session.execute(waiting.execution_options(synchronize_session=False))
    session.flush()


def send_test(session: Session, webhook: Webhook, *, by: Actor, at: datetime) -> Delivery:
    """Send a message about nothing, to see whether it arrives, on a row locked by the caller.

    Raises NotNow, NotAllowed.
    """
    must_be_in_charge(webhook, by)
    if webhook.status is not WebhookStatus.ACTIVE:
        raise NotNow("webhook", webhook.status, "tested")
    event_id = audit.record(session, TEST, by=by, about=webhook, at=at).id
    made = Delivery(**row_of(webhook, event_id, TEST, webhook.id, position=0, at=at))
    session.add(made)
    # whoever tests wants to know now, whether or not it rests
    webhook.due_at, webhook.rests_until = at, None
    session.flush()
    return made
