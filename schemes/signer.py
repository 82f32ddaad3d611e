"""The service's signature (Ed25519) on decisions and on the heads of audit chains."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def canonical(record: object) -> bytes:
    """Canonical JSON (RFC 8785): the same record is the same bytes everywhere."""
    return rfc8785.dumps(record)  # type: ignore[arg-type]


def canonical_texts(values: Sequence[str | None]) -> bytes:
    """Canonical JSON of a list of texts, as `canonical` writes it in many times the time: for lines by the million."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()


def digest(record: object) -> str:
    """SHA-256 of the canonical JSON, 64 hexadecimal characters."""
    return hashlib.sha256(canonical(record)).hexdigest()


@dataclass(frozen=True)
class Signer:
    """Signs records with the service's key.

    former: the public keys that it signed with before, each with the instant (UTC) at which it was given up.
    """

    private_key: Ed25519PrivateKey = field(repr=False)
    former: Mapping[str, datetime] = field(default_factory=dict)

    @classmethod
    def parse(cls, written: str, former: str = "") -> Signer:
        """From the base64 of the 32-byte seed, and former keys written key@instant,key@instant. Raises ValueError."""
        given_up = dict(former_key(one) for one in former.split(",") if one.strip())
        return cls(Ed25519PrivateKey.from_private_bytes(base64.b64decode(written)), given_up)

    def was_ours(self, public_key: str, at: datetime) -> bool:
        """Whether the service signed with a key at an instant: one that was given up proves nothing from then on."""
        if public_key == self.public_key:
            return True
        given_up = self.former.get(public_key)
        return given_up is not None and at <= given_up

    @property
    def public_key(self) -> str:
        """The public key, base64 of 32 bytes: it is stored beside each signature."""
        return base64.b64encode(self.private_key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()

    def sign(self, record: object) -> bytes:
        """64 bytes over the record's canonical JSON."""
        return self.private_key.sign(canonical(record))


def former_key(written: str) -> tuple[str, datetime]:
    """A key that was given up, and when, from `base64@2026-11-01T12:00:00Z`. Raises ValueError."""
    public_key, _, given_up = written.strip().partition("@")
    if len(base64.b64decode(public_key, validate=True)) != 32:
        raise ValueError("a former signing key is written public-key@instant, the key in base64 of 32 bytes")
    until = datetime.fromisoformat(given_up)
    if until.tzinfo is None:
        raise ValueError("the instant at which a signing key was given up has a time zone, as in 2026-11-01T12:00:00Z")
    return public_key, until


def verifies(record: object, signature: bytes, public_key: str) -> bool:
    """Whether a signature over a record was made by the holder of the public key (base64)."""
    try:
        Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key)).verify(signature, canonical(record))
    except InvalidSignature:
        return False
    return True
