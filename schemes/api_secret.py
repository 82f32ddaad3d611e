"""The secrets of an API key: shown once to whoever takes one, kept as a keyed digest, renewed with an overlap.

A secret is `payouts_KIND_PREFIX_SECRET`. The prefix is public and finds the row; the rest is 256 random bits, for which
one keyed hash (HMAC-SHA-256) is slow enough: there is nothing to guess, and a stolen table can't be tested without the
installation's key.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, select, update
from sqlalchemy.orm import Mapped, Session

from schemes import api_key, audit, before_body
from schemes.api_key import ApiKey, KeyKind, Scope
from schemes.database import Base, BodyOwned, to_body_row
from schemes.errors import NotNow, OutOfRange
from schemes.person import Actor, Role
from schemes.seal import Seals

WRITTEN = re.compile(r"payouts_(?:test|team|live)_([a-z2-7]{12})_([A-Za-z0-9_-]{43})")
ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
LONGEST_OVERLAP_DAYS = 30
NOTED_EVERY = timedelta(minutes=1)


class ApiSecret(BodyOwned, Base):
    """One secret of a key. taken_by: who was shown it. ends_at: None until it is replaced."""

    __tablename__ = "api_secret"
    __table_args__ = (
        UniqueConstraint("prefix"),
        Index("ix_api_secret_key", "body_id", "key_id"),
        to_body_row("api_key", "key_id"),
        CheckConstraint("ends_at is null or ends_at >= taken_at", name="ends_at"),
    )

    key_id: Mapped[UUID]
    prefix: Mapped[str]
    digest: Mapped[bytes]
    taken_by: Mapped[UUID]
    taken_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]

    def works(self, at: datetime) -> bool:
        return self.ends_at is None or at < self.ends_at


class Why(StrEnum):
    """Why a call was refused: for the log and the trail, never for the caller."""

    WRONG = "wrong"
    REVOKED = "revoked"
    REPLACED = "replaced"
    NETWORK = "network"
    SCOPE = "scope"


class Found(NamedTuple):
    """A key that a call was made with; `why` says what is against it, None for nothing."""

    actor: Actor
    kind: KeyKind
    scopes: frozenset[Scope]
    schemes: frozenset[UUID]
    payees: frozenset[str]
    secret_id: UUID
    last_used_at: datetime | None
    why: Why | None


def digest_of(seals: Seals, body_id: UUID, prefix: str, secret: str) -> bytes:
    return seals.fingerprint(body_id, "api key", prefix, secret)


def take(
    session: Session, seals: Seals, key: ApiKey, *, secret_id: UUID, overlap_days: int = 0, by: Actor, at: datetime
) -> str | None:
    """A new secret of a key, on a row locked by the caller, as it is written: None for one that was shown before.

    What was taken before works for overlap_days more. Whoever takes it counts as having proposed what comes with it.
    Raises NotNow for a revoked key, OutOfRange, NotAllowed.
    """
    by.must_be(Role.ADMINISTRATOR)
    if session.get(ApiSecret, (by.body_id, secret_id)) is not None:
        return None
    if key.revoked_at is not None:
        raise NotNow("key", "revoked", "given a secret")
    if not 0 <= overlap_days <= LONGEST_OVERLAP_DAYS:
        raise OutOfRange("overlap", overlap_days, 0, LONGEST_OVERLAP_DAYS)
    ends = at + timedelta(days=overlap_days)
    for there in secrets_of(session, key.id):
        # one that ends sooner keeps its end: a further renewal must not prolong it
        if there.ends_at is None or there.ends_at > ends:
            there.ends_at = max(ends, there.taken_at)
    prefix = "".join(secrets.choice(ALPHABET) for _ in range(12))
    secret = secrets.token_urlsafe(32)
    made = ApiSecret(
        body_id=key.body_id,
        id=secret_id,
        key_id=key.id,
        prefix=prefix,
        digest=digest_of(seals, key.body_id, prefix, secret),
        taken_by=by.person_id,
        taken_at=at,
    )
    session.add(made)
    session.flush()
    audit.record(session, "api_key.secret_taken", by=by, about=key, at=at, overlap_days=overlap_days)
    return f"payouts_{key.kind}_{prefix}_{secret}"


def secrets_of(session: Session, key_id: UUID) -> Sequence[ApiSecret]:
    """A key's secrets, newest first."""
    return session.scalars(select(ApiSecret).where(ApiSecret.key_id == key_id).order_by(ApiSecret.id.desc())).all()


def secrets_of_body(session: Session) -> dict[UUID, list[ApiSecret]]:
    """All secrets by key, newest first: few, so read whole."""
    found: dict[UUID, list[ApiSecret]] = {}
    for secret in session.scalars(select(ApiSecret).order_by(ApiSecret.id.desc())):
        found.setdefault(secret.key_id, []).append(secret)
    return found


def find(session: Session, seals: Seals, written: str, *, address: str | None, at: datetime) -> Found | None:
    """Whose secret this is, asked before a body is known. None for one that is nobody's."""
    match = WRITTEN.fullmatch(written)
    if match is None:
        return None
    prefix, secret = match.groups()
    row = before_body.api_key_of(session, prefix)
    if row is None or not hmac.compare_digest(digest_of(seals, row.body_id, prefix, secret), bytes(row.digest)):
        return None
    why = None
    if row.revoked_at is not None:
        why = Why.REVOKED
    elif row.ends_at is not None and row.ends_at <= at:
        why = Why.REPLACED
    elif not api_key.admits(row.networks, address):
        why = Why.NETWORK
    return Found(
        actor=api_key.actor_of(row.key_id, row.body_id, row.name, row.scopes, row.schemes),
        kind=KeyKind(row.kind),
        scopes=frozenset(Scope(scope) for scope in row.scopes),
        schemes=frozenset(UUID(scheme) for scheme in row.schemes),
        payees=frozenset(row.payees),
        secret_id=row.secret_id,
        last_used_at=row.last_used_at,
        why=why,
    )


def must_note_use(found: Found, at: datetime) -> bool:
    """Whether its last use was noted so long ago that it is noted again: at most once a minute."""
    return found.last_used_at is None or at - found.last_used_at >= NOTED_EVERY


def note_use(session: Session, found: Found, *, at: datetime) -> None:
    """Note that a secret is used now, unless another call is just doing so."""
    mine = (
        select(ApiSecret.id)
        .where(ApiSecret.id == found.secret_id, ApiSecret.last_used_at.is_(None) | (ApiSecret.last_used_at < at))
        .with_for_update(skip_locked=True)
    )
    session.execute(
        update(ApiSecret)
        .where(ApiSecret.id.in_(mine.scalar_subquery()))
        .values(last_used_at=at)
        .execution_options(synchronize_session=False)
    )


def note_refusal(session: Session, found: Found, why: Why, *, at: datetime, asked_for: str) -> None:
    """Keep in the body's trail that a key was refused, and why: the caller is not told."""
    key = api_key.get_key(session, found.actor.person_id)
    audit.record(session, "api_key.refused", by=found.actor, about=key, at=at, why=why.value, asked_for=asked_for)
