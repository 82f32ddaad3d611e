"""Sealed fields: AES-256-GCM under a key per person or file, each wrapped by a ring of keys that can be rotated.

A sealed value is bound to its body, table and row: moved elsewhere, it does not open. Destroying a wrapped key destroys
what it sealed. Equal bank details are found by a keyed fingerprint (HMAC-SHA-256), never by opening.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from schemes.database import Base, BodyOwned, new_id
from schemes.errors import KeyDestroyed, KeyMissing, SealBroken

NONCE = 12
FORMAT = b"\x01"
TAG = 16
SEALED_IS_LONGER = len(FORMAT) + NONCE + TAG
"""Bytes that a sealed value has beyond the value itself."""


class SealingKey(BodyOwned, Base):
    """The wrapped key of one person, file or import. `wrapped` is None once destroyed."""

    __tablename__ = "sealing_key"

    ring_key_id: Mapped[str]
    wrapped: Mapped[bytes | None]
    made_at: Mapped[datetime]
    destroyed_at: Mapped[datetime | None] = mapped_column(default=None)


@dataclass(frozen=True)
class OpenKey:
    """A key in the clear, for as long as a request or a chunk needs it. Never stored, never printed."""

    body_id: UUID
    cipher: AESGCM = field(repr=False)

    def seal(self, value: bytes, table: str, row_id: UUID | str) -> bytes:
        """Seal a value for one row of one table."""
        nonce = os.urandom(NONCE)
        return FORMAT + nonce + self.cipher.encrypt(nonce, value, about(self.body_id, table, row_id))

    def open(self, sealed: bytes, table: str, row_id: UUID | str) -> bytes:
        """Open a value. Raises SealBroken for a value changed or taken from another row, table or body."""
        if not sealed.startswith(FORMAT) or len(sealed) < len(FORMAT) + NONCE:
            raise SealBroken(f"{table} {row_id}")
        try:
            return self.cipher.decrypt(sealed[1 : 1 + NONCE], sealed[1 + NONCE :], about(self.body_id, table, row_id))
        except InvalidTag:
            raise SealBroken(f"{table} {row_id}") from None


def about(body_id: UUID, table: str, row_id: UUID | str) -> bytes:
    return f"{spelt(body_id)}/{table}/{row_id}".encode()


@lru_cache(maxsize=16)
def spelt(body_id: UUID) -> str:
    # a chunk seals thousands of values for one body, and to spell its id takes as long as to seal one
    return str(body_id)


@dataclass(frozen=True)
class KeyRing:
    """Wrapping keys by id; the first is the current one, the others still unwrap.

    Written as `id:base64,id:base64`, each key 32 bytes.
    """

    keys: dict[str, bytes] = field(repr=False)

    @classmethod
    def parse(cls, written: str) -> KeyRing:
        """Raises ValueError for a ring that is empty or has a key of the wrong length."""
        keys: dict[str, bytes] = {}
        for entry in written.split(","):
            key_id, separator, encoded = entry.strip().partition(":")
            key = base64.b64decode(encoded) if separator else b""
            if not key_id or len(key) != 32:
                raise ValueError("a key ring is written id:base64,id:base64 with keys of 32 bytes")
            keys[key_id] = key
        return cls(keys)

    @property
    def current(self) -> str:
        return next(iter(self.keys))

    def wrap(self, key: bytes, where: bytes) -> tuple[str, bytes]:
        """The current ring key's id and the wrapped key, bound to `where`."""
        nonce = os.urandom(NONCE)
        return self.current, nonce + cipher_of(self.keys[self.current]).encrypt(nonce, key, where)

    def unwrap(self, key_id: str, wrapped: bytes, where: bytes) -> bytes:
        """Raises KeyMissing or SealBroken."""
        if key_id not in self.keys:
            raise KeyMissing(key_id)
        if len(wrapped) < NONCE:
            raise SealBroken(where.decode())
        try:
            return cipher_of(self.keys[key_id]).decrypt(wrapped[:NONCE], wrapped[NONCE:], where)
        except InvalidTag:
            raise SealBroken(where.decode()) from None


@lru_cache(maxsize=16)
def cipher_of(key: bytes) -> AESGCM:
    # the ring's few keys wrap everybody's: each is made ready once
    return AESGCM(key)


@dataclass(frozen=True)
class Seals:
    """The installation's key ring and fingerprint key: makes, opens and rewraps keys."""

    ring: KeyRing
    fingerprint_key: bytes = field(repr=False)

    def make(self, body_id: UUID, at: datetime) -> tuple[SealingKey, OpenKey]:
        """A new key: its row, to be added to a session, and the key in the clear."""
        key_id = new_id()
        ring_key_id, wrapped, key = self.make_for(body_id, key_id)
        return SealingKey(body_id=body_id, id=key_id, ring_key_id=ring_key_id, wrapped=wrapped, made_at=at), key

    def make_for(self, body_id: UUID, key_id: UUID | str) -> tuple[str, bytes, OpenKey]:
        """The ring key's id, the wrapped key and the key in the clear, for a row that is written by COPY."""
        key = os.urandom(32)
        ring_key_id, wrapped = self.ring.wrap(key, about(body_id, "sealing_key", key_id))
        return ring_key_id, wrapped, OpenKey(body_id, AESGCM(key))

    def open(self, body_id: UUID, key_id: UUID, ring_key_id: str, wrapped: bytes | None) -> OpenKey:
        """Open the key of a row read elsewhere. Raises KeyDestroyed, or KeyMissing when the ring lacks its key."""
        if wrapped is None:
            raise KeyDestroyed(str(key_id))
        return OpenKey(body_id, AESGCM(self.ring.unwrap(ring_key_id, wrapped, about(body_id, "sealing_key", key_id))))

    def open_row(self, row: SealingKey) -> OpenKey:
        return self.open(row.body_id, row.id, row.ring_key_id, row.wrapped)

    def fingerprint(self, body_id: UUID, *parts: str) -> bytes:
        """32 bytes, equal for equal parts within a body, telling nothing without the key."""
        return hmac.digest(body_fingerprint_key(self.fingerprint_key, body_id), "\x1f".join(parts).encode(), "sha256")


@lru_cache(maxsize=1024)
def body_fingerprint_key(fingerprint_key: bytes, body_id: UUID) -> bytes:
    # a key of its own for each body: the same account in two bodies must not look the same to whoever reads a dump
    return hmac.digest(fingerprint_key, body_id.bytes, hashlib.sha256)


def get_key(session: Session, body_id: UUID, key_id: UUID) -> SealingKey:
    return session.get_one(SealingKey, (body_id, key_id))


def rewrap(session: Session, seals: Seals, *, limit: int = 5000) -> int:
    """Wrap up to `limit` keys anew with the ring's current key; returns how many, 0 when none is left.

    The values stay as they are, so the service runs on meanwhile; the caller commits each time.
    """
    rows = session.scalars(
        select(SealingKey)
        .where(SealingKey.ring_key_id != seals.ring.current, SealingKey.wrapped.is_not(None))
        .order_by(SealingKey.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        assert row.wrapped is not None
        where = about(row.body_id, "sealing_key", row.id)
        row.ring_key_id, row.wrapped = seals.ring.wrap(seals.ring.unwrap(row.ring_key_id, row.wrapped, where), where)
    session.flush()
    return len(rows)


def keys_left(session: Session, ring_key_id: str) -> int:
    """How many live keys are still wrapped by another ring key than this one."""
    return (
        session.scalar(
            select(func.count())
            .select_from(SealingKey)
            .where(SealingKey.ring_key_id != ring_key_id, SealingKey.wrapped.is_not(None))
        )
        or 0
    )


def destroy(session: Session, body_id: UUID, key_id: UUID, *, at: datetime) -> None:
    """Destroy a key: whatever it sealed can never be opened again, here or in a backup of the table made later."""
    session.execute(
        update(SealingKey)
        .where(SealingKey.body_id == body_id, SealingKey.id == key_id)
        .values(wrapped=None, destroyed_at=at)
    )
