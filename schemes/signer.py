"""The service's signature (Ed25519) on decisions and on the heads of audit chains."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def canonical(record: object) -> bytes:
    """Canonical JSON (RFC 8785): the same record is the same bytes everywhere."""
    return rfc8785.dumps(record)  # type: ignore[arg-type]


def digest(record: object) -> str:
    """SHA-256 of the canonical JSON, 64 hexadecimal characters."""
    return hashlib.sha256(canonical(record)).hexdigest()


@dataclass(frozen=True)
class Signer:
    """Signs records with the service's key; verifies with it, or with an older public key given."""

    private_key: Ed25519PrivateKey = field(repr=False)

    @classmethod
    def parse(cls, written: str) -> Signer:
        """From the base64 of the 32-byte seed. Raises ValueError."""
        return cls(Ed25519PrivateKey.from_private_bytes(base64.b64decode(written)))

    @property
    def public_key(self) -> str:
        """The public key, base64 of 32 bytes: it is stored beside each signature."""
        return base64.b64encode(self.private_key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()

    def sign(self, record: object) -> bytes:
        """64 bytes over the record's canonical JSON."""
        return self.private_key.sign(canonical(record))


def verifies(record: object, signature: bytes, public_key: str) -> bool:
    """Whether a signature over a record was made by the holder of the public key (base64)."""
    try:
        Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key)).verify(signature, canonical(record))
    except InvalidSignature:
        return False
    return True
