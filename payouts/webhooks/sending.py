"""The job that sends a webhook's messages, some at once, until none is due.

The effect is not recorded before it happens: a worker that dies between sending and noting leaves the message due, and
it is sent again under the same id. So each arrives at least once, and a receiver knows by the id what it has.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from payouts.api.ground import standing_on
from payouts.api.messages import contents
from payouts.happened import Happened
from payouts.notices import staff
from payouts.notices.staff import StaffEvent
from payouts.tasks.hold import Hold
from payouts.webhooks import delivery
from payouts.webhooks.address import Rules, named_hosts
from payouts.webhooks.delivery import Delivery, DeliveryStatus, longer
from payouts.webhooks.posting import Answer, post
from payouts.webhooks.signing import headers, signers_of
from payouts.webhooks.webhook import Paused, PayloadKind, Webhook, WebhookStatus, ask, get_webhook, pause
from schemes import before_body
from schemes.api_key import get_key
from schemes.audit import AuditEvent
from schemes.body import get_body
from schemes.person import Role

if TYPE_CHECKING:
    from payouts.app import Service

AT_ONCE = 8
ROUND = 64
LONGEST_RUN_SECONDS = 60.0
RESTS = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 2 * 60, 10 * 60, 30 * 60))
"""How long an address is left alone where nothing of a round got there, the longer the more often in a row."""
DEAD_AFTER = timedelta(days=3)
GONE = 410
USER_AGENT = "Payouts-Webhooks/1"


class Message(NamedTuple):
    """What is posted, and for which delivery."""

    delivery_id: UUID
    url: str
    content: bytes
    headers: dict[str, str]
    rules: Rules


def rules_of(session: Session, service: Service) -> Rules:
    """What addresses the body's webhooks may have."""
    return Rules(sandbox=get_body(session).is_sandbox, named=named_hosts(service.settings.webhook_hosts))


def ask_due(service: Service) -> int:
    """Ask for messages to be sent wherever some are due, or something happened; returns for how many webhooks."""
    with service.transaction(None) as session:
        due = before_body.webhooks_due(session, service.now())
    for body_id, webhook_id in due:
        with service.transaction(body_id) as session:
            ask(session, get_webhook(session, webhook_id, lock=True), at=service.now())
    return len(due)


def send(hold: Hold, service: Service, args: Mapping[str, Any]) -> None:
    """Send what is due, in rounds. Raises HoldLost."""
    body_id, webhook_id = UUID(args["body_id"]), UUID(args["webhook_id"])
    until = time.monotonic() + LONGEST_RUN_SECONDS
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="webhook") as threads:
        while time.monotonic() < until:
            hold.check()
            with service.transaction(body_id) as session:
                messages = next_messages(session, service, webhook_id)
            if not messages:
                return
            answers = list(threads.map(posted, messages))
            with service.transaction(body_id) as session:
                note(session, service, webhook_id, messages, answers)


def posted(message: Message) -> Answer:
    return post(message.url, message.content, message.headers, message.rules)


def next_messages(session: Session, service: Service, webhook_id: UUID) -> list[Message]:
    """What is sent now, signed; nothing while the webhook is paused or rests, or after its key was revoked."""
    webhook, at = get_webhook(session, webhook_id, lock=True), service.now()
    if webhook.status is not WebhookStatus.ACTIVE or get_key(session, webhook.key_id).revoked_at is not None:
        return []
    if webhook.rests_until is not None and webhook.rests_until > at:
        return []
    delivery.plan(session, webhook, at=at)
    due = delivery.due(session, webhook_id, at=at, limit=ROUND)
    webhook.due_at = at if due else delivery.next_due(session, webhook_id)
    return signed(session, service, webhook, due, at=at) if due else []


def signed(
    session: Session, service: Service, webhook: Webhook, due: Sequence[Delivery], *, at: datetime
) -> list[Message]:
    events = {event.id: event for event in session.scalars(of_ids([each.event_id for each in due]))}
    told = [Happened(each.position, events[each.event_id]) for each in due]
    with standing_on(service, session):
        made = contents(told, full=webhook.payload is PayloadKind.FULL)
    signers, rules = signers_of(session, service.seals, webhook.id, at=at), rules_of(session, service)
    found = []
    for each, message in zip(due, made, strict=True):
        content = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
        proof = headers(signers, each.event_id, content, at=at)
        named = {"Content-Type": "application/json", "User-Agent": USER_AGENT, **proof}
        found.append(Message(each.id, webhook.url, content, named, rules))
    return found


def of_ids(event_ids: Sequence[UUID]) -> Any:
    return select(AuditEvent).where(AuditEvent.id.in_(event_ids))


def note(
    session: Session, service: Service, webhook_id: UUID, messages: Sequence[Message], answers: Sequence[Answer]
) -> None:
    """Note what became of a round, and with it how the webhook stands."""
    webhook, at = get_webhook(session, webhook_id, lock=True), service.now()
    ids = [message.delivery_id for message in messages]
    there = {
        one.id: one
        for one in session.scalars(select(Delivery).where(Delivery.id.in_(ids)).with_for_update())
        if one.status is DeliveryStatus.WAITING
    }
    for message, answer in zip(messages, answers, strict=True):
        if message.delivery_id in there:
            delivery.note(session, there[message.delivery_id], answer, at=at)
    session.flush()
    if any(answer.is_taken for answer in answers):
        webhook.rests, webhook.rests_until, webhook.failing_since = 0, None, None
    else:
        webhook.failing_since = webhook.failing_since or at
        webhook.rests_until = at + longer(RESTS[min(webhook.rests, len(RESTS) - 1)])
        webhook.rests += 1
    # the next round looks what there is; if this run ends here, the clock asks for it
    webhook.due_at = at
    give_up(session, service, webhook, gone=any(answer.code == GONE for answer in answers), at=at)


def give_up(session: Session, service: Service, webhook: Webhook, *, gone: bool, at: datetime) -> None:
    """Pause a webhook that said it is gone (410), or where nothing got to for days, and tell the administrators."""
    dead = webhook.failing_since is not None and at - webhook.failing_since >= DEAD_AFTER
    if webhook.status is not WebhookStatus.ACTIVE or not (gone or dead):
        return
    pause(session, webhook, because=Paused.GONE if gone else Paused.FAILING, by=None, at=at)
    why = "its receiver answered that it is gone (410)" if gone else "nothing got there for three days"
    text = (
        f"The webhook of the API key {get_key(session, webhook.key_id).name} was paused, because {why}. What happens "
        "from now on is kept for it. Find out what is wrong with the receiver, then let the webhook go on:\n\n"
        f"{service.settings.base_url}/settings/webhooks/{webhook.id}"
    )
    staff.tell_role(
        session,
        service,
        StaffEvent.WEBHOOK_PAUSED,
        Role.ADMINISTRATOR,
        subject="A webhook was paused",
        text=text,
        at=at,
    )


def forget(session: Session, service: Service, args: Mapping[str, Any]) -> None:
    """The daily chore: forget what ended long ago."""
    while delivery.forget(session, at=service.now()) == delivery.MOST_FORGOTTEN:
        session.flush()
