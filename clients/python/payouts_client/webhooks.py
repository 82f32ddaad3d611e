"""Webhooks of the key that calls: set up, tried, looked into, sent again. What arrives is verified by `Webhook`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import UNSET, UnsetType

from payouts_client.answers import Told, Versioned
from payouts_client.connection import Connection
from payouts_client.listing import Listing
from payouts_client.new import MASKED, given
from payouts_client.words import DeliveryStatus, NoAnswerBecause, PausedBecause, PayloadKind, WebhookStatus


class Webhook(Versioned):
    """`events`: how the types begin that are sent; none: all."""

    id: UUID
    url: str
    description: str
    events: tuple[str, ...]
    payload: PayloadKind
    status: WebhookStatus
    paused_because: PausedBecause | None
    failing_since: datetime | None
    created_at: datetime


class MadeWebhook(Webhook):
    """`secret`: shown once. None where the same call was made before."""

    secret: str | None

    def __repr__(self) -> str:
        return f"MadeWebhook(id={self.id!r}, url={self.url!r}, secret={MASKED})"


class Delivery(Told):
    """A message. `event_id` is its `webhook-id` at every attempt; `attempts` since it was made or asked for again."""

    id: UUID
    event_id: UUID
    type: str
    status: DeliveryStatus
    attempts: int
    due_at: datetime | None
    created_at: datetime
    ended_at: datetime | None


class Attempt(Told):
    """`code`: the status of what came back. `answer`: how its body begins."""

    at: datetime
    code: int | None
    trouble: NoAnswerBecause | None
    answer: str
    milliseconds: int


class OneDelivery(Delivery):
    """`log`: every attempt, the oldest first."""

    log: tuple[Attempt, ...]


class AllWebhooks(msgspec.Struct, frozen=True):
    data: tuple[Webhook, ...]


class Secret(msgspec.Struct, frozen=True):
    secret: str | None


class Replayed(msgspec.Struct, frozen=True):
    count: int


def of(webhook: Webhook | UUID) -> str:
    return f"/webhooks/{webhook.id if isinstance(webhook, Webhook) else webhook}"


class Webhooks:
    """Being told what happened, instead of asking."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def list(self) -> Sequence[Webhook]:
        """Those of the key that you use."""
        return self.connection.get("/webhooks", AllWebhooks).data

    def get(self, webhook: Webhook | UUID) -> Webhook:
        return self.connection.get(of(webhook), Webhook)

    def create(
        self,
        url: str,
        *,
        description: str = "",
        events: Sequence[str] = (),
        payload: PayloadKind = PayloadKind.THIN,
        idempotency_key: str | None = None,
    ) -> MadeWebhook:
        """Be told what happens from now on. Keep the secret: it is never shown again."""
        content = {"url": url, "description": description, "events": list(events), "payload": payload}
        return self.connection.post("/webhooks", content, MadeWebhook, idempotency_key=idempotency_key)

    def change(
        self,
        webhook: Webhook | UUID,
        *,
        description: str | UnsetType = UNSET,
        events: Sequence[str] | UnsetType = UNSET,
        payload: PayloadKind | UnsetType = UNSET,
    ) -> Webhook:
        """The address never changes. One that was read is changed only if nobody else was first: ChangedSince."""
        content = given(description=description, events=events, payload=payload)
        version = webhook.etag if isinstance(webhook, Webhook) else None
        return self.connection.patch(of(webhook), content, Webhook, if_match=version)

    def replace_secret(
        self, webhook: Webhook | UUID, *, overlap_hours: int = 24, idempotency_key: str | None = None
    ) -> str | None:
        """The new secret. For so long messages are signed with the ones before, too."""
        content = {"overlap_hours": overlap_hours}
        path = f"{of(webhook)}/secret"
        return self.connection.post(path, content, Secret, idempotency_key=idempotency_key).secret

    def test(self, webhook: Webhook | UUID, *, idempotency_key: str | None = None) -> Delivery:
        """Be sent a message of the type `webhook.test`."""
        return self.connection.post(f"{of(webhook)}/test", {}, Delivery, idempotency_key=idempotency_key)

    def pause(self, webhook: Webhook | UUID, *, idempotency_key: str | None = None) -> Webhook:
        """Be told nothing until an administrator lets it go on, and then what was missed."""
        return self.connection.post(f"{of(webhook)}/pause", {}, Webhook, idempotency_key=idempotency_key)

    def remove(self, webhook: Webhook | UUID, *, idempotency_key: str | None = None) -> Webhook:
        """Be told nothing any more."""
        return self.connection.post(f"{of(webhook)}/remove", {}, Webhook, idempotency_key=idempotency_key)

    def replay_failed(self, webhook: Webhook | UUID, *, since: datetime, idempotency_key: str | None = None) -> int:
        """Be sent again all that failed or was skipped since an instant; how many these are."""
        path = f"{of(webhook)}/replay"
        return self.connection.post(path, {"since": since}, Replayed, idempotency_key=idempotency_key).count

    def deliveries(
        self,
        webhook: Webhook | UUID,
        *,
        failed: bool = False,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> Listing[Delivery]:
        """What was sent in the last 30 days and what waits, the newest first. failed: only what was not taken."""
        params = {"failed": "true" if failed else None, "cursor": cursor, "limit": limit}
        return Listing(self.connection, f"{of(webhook)}/deliveries", Delivery, params)

    def delivery(self, webhook: Webhook | UUID, delivery: Delivery | UUID) -> OneDelivery:
        """One message, with every attempt to send it."""
        return self.connection.get(message(webhook, delivery), OneDelivery)

    def replay(
        self, webhook: Webhook | UUID, delivery: Delivery | UUID, *, idempotency_key: str | None = None
    ) -> Delivery:
        """Be sent a message again, under the same id."""
        path = f"{message(webhook, delivery)}/replay"
        return self.connection.post(path, {}, Delivery, idempotency_key=idempotency_key)


def message(webhook: Webhook | UUID, delivery: Delivery | UUID) -> str:
    return f"{of(webhook)}/deliveries/{delivery.id if isinstance(delivery, Delivery) else delivery}"
