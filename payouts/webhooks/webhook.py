"""A webhook: an address that is told what happened, of as much as its API key may read.

It belongs to a key, so that nobody is told more than a system could read that two people let in; with the key it ends.
One that a key set up for itself in a live body tells nothing before an administrator has let it begin: a system must
not choose by itself where the body's events go.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, func, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from payouts import happened
from payouts.tasks import outbox
from payouts.tasks.outbox import Task, TaskState
from payouts.webhooks.address import LookUp, Rules, enter
from schemes import audit
from schemes.api_key import ApiKey, KeyKind, Scope, get_key
from schemes.database import Base, BodyOwned, stored, take_turns, to_body_row
from schemes.errors import NotFound, NotNow, Refused
from schemes.person import Actor, Role

MOST = 10
"""Of one key."""
LONGEST_DESCRIPTION = 100
LONGEST_BEGINNING = 50
MOST_BEGINNINGS = 20


class WebhookStatus(StrEnum):
    """Whether it is told anything. A paused one is told later what it missed; a removed one never again."""

    ACTIVE = "active"
    PAUSED = "paused"
    REMOVED = "removed"


MOVES: dict[tuple[WebhookStatus, WebhookStatus], str] = {
    (WebhookStatus.ACTIVE, WebhookStatus.PAUSED): "somebody paused it, or nobody answered for days, or it said 410",
    (WebhookStatus.PAUSED, WebhookStatus.ACTIVE): "a person let it go on",
    (WebhookStatus.ACTIVE, WebhookStatus.REMOVED): "nobody needs it any more",
    (WebhookStatus.PAUSED, WebhookStatus.REMOVED): "nobody needs it any more",
}


class Paused(StrEnum):
    """Why it is paused. new: a key set it up, and a person has not let it begin."""

    NEW = "new"
    PERSON = "person"
    FAILING = "failing"
    GONE = "gone"


class PayloadKind(StrEnum):
    """How much a message holds: that something happened, or with it the thing itself as the API gives it."""

    THIN = "thin"
    FULL = "full"


class WebhookFault(StrEnum):
    """Why a webhook cannot be as it was asked for."""

    DESCRIPTION = "description"
    EVENTS = "events"
    TOO_MANY = "too_many"
    KEY = "key"


class WebhookRefused(Refused):
    """A webhook that cannot be as it was asked for."""

    def __init__(self, fault: WebhookFault) -> None:
        super().__init__(f"this webhook cannot be: {fault}")
        self.fault = fault


class Webhook(BodyOwned, Base):
    """An address and how far it was told. events: how the types begin that it is told; none: all.

    told_to: the place in the audit chain up to which messages were made. run: the number of the last task that sent
    some. due_at: when the next message is to be sent, None for none. rests_until: nothing is sent before; rests: how
    often in a row nothing got there, since failing_since.
    """

    __tablename__ = "webhook"
    __table_args__ = (
        to_body_row("api_key", "key_id"),
        Index("ix_webhook_key", "body_id", "key_id"),
        Index("ix_webhook_active", "due_at", postgresql_where=text("status = 'active'")),
        CheckConstraint("(status = 'paused') = (paused_because is not null)", name="is_paused"),
        CheckConstraint("rests >= 0", name="rests"),
    )

    key_id: Mapped[UUID]
    url: Mapped[str]
    description: Mapped[str]
    events: Mapped[list[str]] = mapped_column(JSONB)
    payload: Mapped[PayloadKind] = mapped_column(stored(PayloadKind))
    status: Mapped[WebhookStatus] = mapped_column(stored(WebhookStatus))
    paused_because: Mapped[Paused | None] = mapped_column(stored(Paused))
    made_by: Mapped[UUID]
    made_at: Mapped[datetime]
    moved_at: Mapped[datetime]
    told_to: Mapped[int] = mapped_column(BigInteger)
    run: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime | None]
    rests: Mapped[int] = mapped_column(default=0)
    rests_until: Mapped[datetime | None]
    failing_since: Mapped[datetime | None]


def add(
    session: Session,
    *,
    webhook_id: UUID,
    key_id: UUID,
    url: str,
    description: str = "",
    events: Collection[str] = (),
    payload: PayloadKind = PayloadKind.THIN,
    rules: Rules,
    look_up: LookUp | None = None,
    by: Actor,
    at: datetime,
) -> Webhook:
    """Set up a webhook of a key, by an administrator or by the key itself. The same id again is the same.

    It is told what happens from now on. Raises AddressRefused, WebhookRefused, NotFound, NotAllowed.
    """
    if by.person_id != key_id:
        by.must_be(Role.ADMINISTRATOR)
    there = session.get(Webhook, (by.body_id, webhook_id))
    if there is not None:
        return there
    key = must_read(get_key(session, key_id))
    take_turns(session, f"webhooks {key_id}")
    if len(webhooks_of_key(session, key_id)) >= MOST:
        raise WebhookRefused(WebhookFault.TOO_MANY)
    waits = by.person_id == key_id and key.kind is not KeyKind.TEST
    made = Webhook(
        body_id=by.body_id,
        id=webhook_id,
        key_id=key_id,
        url=enter(url, rules, look_up=look_up),
        description=clean_description(description),
        events=clean_events(events),
        payload=payload,
        status=WebhookStatus.PAUSED if waits else WebhookStatus.ACTIVE,
        paused_because=Paused.NEW if waits else None,
        made_by=by.person_id,
        made_at=at,
        moved_at=at,
        told_to=happened.last_position(session),
    )
    session.add(made)
    session.flush()
    audit.record(session, "webhook.added", by=by, about=made, at=at, key=str(key_id), payload=payload.value)
    return made


def must_read(key: ApiKey) -> ApiKey:
    """Raises WebhookRefused for a key that could not read what a webhook tells."""
    if key.revoked_at is not None or Scope.READ not in key.scopes:
        raise WebhookRefused(WebhookFault.KEY)
    return key


def clean_description(description: str) -> str:
    description = " ".join(description.split())
    if len(description) > LONGEST_DESCRIPTION or not description.isprintable():
        raise WebhookRefused(WebhookFault.DESCRIPTION)
    return description


def clean_events(beginnings: Collection[str]) -> list[str]:
    """How types begin, each of which some told event could begin with. Raises WebhookRefused."""
    cleaned = sorted(set(beginnings))
    known = all(
        0 < len(one) <= LONGEST_BEGINNING
        and any(one.startswith(told) or told.startswith(one) for told in happened.TOLD)
        for one in cleaned
    )
    if len(cleaned) > MOST_BEGINNINGS or not known:
        raise WebhookRefused(WebhookFault.EVENTS)
    return cleaned


def change(
    session: Session,
    webhook: Webhook,
    *,
    description: str | None = None,
    events: Collection[str] | None = None,
    payload: PayloadKind | None = None,
    by: Actor,
    at: datetime,
) -> None:
    """Change what it is told from the next event on, on a row locked by the caller. Its address never changes.

    Raises WebhookRefused, NotNow, NotAllowed.
    """
    must_be_in_charge(webhook, by)
    must_be_there(webhook, "changed")
    if description is not None:
        webhook.description = clean_description(description)
    if events is not None:
        webhook.events = clean_events(events)
    if payload is not None:
        webhook.payload = payload
    if session.is_modified(webhook):
        session.flush()
        audit.record(session, "webhook.changed", by=by, about=webhook, at=at, payload=webhook.payload.value)


def must_be_in_charge(webhook: Webhook, by: Actor) -> None:
    """Raises NotAllowed for whoever is neither its key nor an administrator."""
    if by.person_id != webhook.key_id:
        by.must_be(Role.ADMINISTRATOR)


def must_be_there(webhook: Webhook, act: str) -> None:
    if webhook.status is WebhookStatus.REMOVED:
        raise NotNow("webhook", webhook.status, act)


def move(webhook: Webhook, to: WebhookStatus, *, because: Paused | None = None, at: datetime) -> None:
    """The one door to its status: a listed move. Raises NotNow."""
    if (webhook.status, to) not in MOVES:
        raise NotNow("webhook", webhook.status, to)
    webhook.status, webhook.paused_because, webhook.moved_at = to, because, at


def pause(session: Session, webhook: Webhook, *, because: Paused, by: Actor | None, at: datetime) -> None:
    """Tell it nothing for now, on a row locked by the caller; by None: the service. Raises NotNow, NotAllowed."""
    if by is not None:
        must_be_in_charge(webhook, by)
    move(webhook, WebhookStatus.PAUSED, because=because, at=at)
    session.flush()
    audit.record(session, "webhook.paused", by=by, about=webhook, at=at, because=because.value)


def resume(session: Session, webhook: Webhook, *, by: Actor, at: datetime) -> None:
    """Let it go on, on a row locked by the caller: what it missed is sent first. A person's decision.

    Raises NotNow, NotAllowed, WebhookRefused where its key may not read any more.
    """
    by.must_be(Role.ADMINISTRATOR)
    must_read(get_key(session, webhook.key_id))
    move(webhook, WebhookStatus.ACTIVE, at=at)
    webhook.rests, webhook.rests_until, webhook.failing_since, webhook.due_at = 0, None, None, at
    session.flush()
    audit.record(session, "webhook.resumed", by=by, about=webhook, at=at)


def remove(session: Session, webhook: Webhook, *, by: Actor, at: datetime) -> None:
    """Tell it nothing ever again, on a row locked by the caller. Raises NotAllowed."""
    must_be_in_charge(webhook, by)
    if webhook.status is WebhookStatus.REMOVED:
        return
    move(webhook, WebhookStatus.REMOVED, at=at)
    session.flush()
    audit.record(session, "webhook.removed", by=by, about=webhook, at=at)


def get_webhook(session: Session, webhook_id: UUID, *, lock: bool = False) -> Webhook:
    """Raises NotFound."""
    found = session.get(Webhook, (session.info["body_id"], webhook_id), with_for_update=lock or None)
    if found is None:
        raise NotFound("webhook", webhook_id)
    return found


def webhooks_of_body(session: Session) -> Sequence[Webhook]:
    """Those that were not removed, by key: few, so read whole."""
    there = select(Webhook).where(Webhook.status != WebhookStatus.REMOVED)
    return session.scalars(there.order_by(Webhook.key_id, Webhook.id)).all()


def webhooks_of_key(session: Session, key_id: UUID) -> Sequence[Webhook]:
    """Those of a key that were not removed, the oldest first."""
    mine = select(Webhook).where(Webhook.key_id == key_id, Webhook.status != WebhookStatus.REMOVED)
    return session.scalars(mine.order_by(Webhook.id)).all()


def count_of_body(session: Session) -> int:
    return session.scalar(select(func.count()).where(Webhook.status != WebhookStatus.REMOVED)) or 0


def ask(session: Session, webhook: Webhook, *, at: datetime) -> None:
    """Ask for its messages to be sent, on a row locked by the caller, unless somebody is at it."""
    last = session.scalars(select(Task).where(Task.once == name_of_run(webhook))).one_or_none()
    if last is not None and last.state is TaskState.WAITING:
        return
    webhook.run += 1
    session.flush()
    outbox.add(session, "webhook.send", once=name_of_run(webhook), at=at, webhook_id=str(webhook.id))


def name_of_run(webhook: Webhook) -> str:
    return f"webhook.send/{webhook.id}/{webhook.run}"
