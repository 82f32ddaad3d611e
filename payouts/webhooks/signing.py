"""The secrets with which a webhook's messages are signed, and the signatures (Standard Webhooks 1.0, symmetric).

`webhook-signature` holds `v1,` and the base64 HMAC-SHA-256 of `id.timestamp.body`; where a secret is being replaced,
one for each that counts, with a space between them. A secret is shown once, sealed, and never logged.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, select
from sqlalchemy.orm import Mapped, Session
from standardwebhooks.webhooks import Webhook as Signer

from payouts.webhooks.webhook import Webhook, must_be_in_charge, must_be_there
from schemes import audit
from schemes.database import Base, BodyOwned, to_body_row
from schemes.errors import OutOfRange
from schemes.person import Actor
from schemes.seal import Seals, get_key

PREFIX = "whsec_"
SECRET_BYTES = 32
"""Standard Webhooks: between 24 and 64."""
LONGEST_OVERLAP_HOURS = 7 * 24


class WebhookSecret(BodyOwned, Base):
    """A secret of a webhook, sealed under a key of its own. taken_by: who saw it. ends_at: None until replaced."""

    __tablename__ = "webhook_secret"
    __table_args__ = (
        Index("ix_webhook_secret_webhook", "body_id", "webhook_id"),
        to_body_row("webhook", "webhook_id"),
        to_body_row("sealing_key", "key_id"),
        CheckConstraint("ends_at is null or ends_at >= taken_at", name="ends_at"),
    )

    webhook_id: Mapped[UUID]
    key_id: Mapped[UUID]
    sealed_secret: Mapped[bytes]
    taken_by: Mapped[UUID]
    taken_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]

    def counts(self, at: datetime) -> bool:
        return self.ends_at is None or at < self.ends_at


def take(
    session: Session,
    seals: Seals,
    webhook: Webhook,
    *,
    secret_id: UUID,
    overlap_hours: int = 0,
    by: Actor,
    at: datetime,
) -> str | None:
    """A new secret of a webhook, on a row locked by the caller, as it is written: None for one that was shown before.

    Messages are signed with those taken before, too, for overlap_hours more. Raises OutOfRange, NotNow, NotAllowed.
    """
    must_be_in_charge(webhook, by)
    if session.get(WebhookSecret, (by.body_id, secret_id)) is not None:
        return None
    must_be_there(webhook, "given a secret")
    if not 0 <= overlap_hours <= LONGEST_OVERLAP_HOURS:
        raise OutOfRange("overlap", overlap_hours, 0, LONGEST_OVERLAP_HOURS)
    ends = at + timedelta(hours=overlap_hours)
    for there in secrets_of(session, webhook.id):
        # one that ends sooner keeps its end: a further replacement must not prolong it
        if there.ends_at is None or there.ends_at > ends:
            there.ends_at = max(ends, there.taken_at)
    secret = secrets.token_bytes(SECRET_BYTES)
    key_row, key = seals.make(webhook.body_id, at)
    session.add(key_row)
    session.flush()
    session.add(
        WebhookSecret(
            body_id=webhook.body_id,
            id=secret_id,
            webhook_id=webhook.id,
            key_id=key_row.id,
            sealed_secret=key.seal(secret, "webhook_secret", secret_id),
            taken_by=by.person_id,
            taken_at=at,
        )
    )
    session.flush()
    audit.record(session, "webhook.secret_taken", by=by, about=webhook, at=at, overlap_hours=overlap_hours)
    return PREFIX + base64.b64encode(secret).decode()


def secrets_of(session: Session, webhook_id: UUID) -> Sequence[WebhookSecret]:
    """Its secrets, the newest first."""
    mine = select(WebhookSecret).where(WebhookSecret.webhook_id == webhook_id)
    return session.scalars(mine.order_by(WebhookSecret.id.desc())).all()


def signers_of(session: Session, seals: Seals, webhook_id: UUID, *, at: datetime) -> list[Signer]:
    """What signs its messages now: one for each secret that counts."""
    found = []
    for row in secrets_of(session, webhook_id):
        if row.counts(at):
            key = seals.open_row(get_key(session, row.body_id, row.key_id))
            found.append(Signer(key.open(row.sealed_secret, "webhook_secret", row.id)))
    return found


def headers(signers: Sequence[Signer], message_id: UUID, content: bytes, *, at: datetime) -> dict[str, str]:
    """The headers that prove a message; at: an instant in UTC."""
    text = content.decode()
    return {
        "webhook-id": str(message_id),
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signer.sign(str(message_id), at, text) for signer in signers),
    }
