"""A security key in software, which signs as Web Authentication says: what a browser would send, or an attacker."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, encode_cbor

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


@dataclass
class Authenticator:
    """One passkey. counts: whether it tells how often it signed, as keys do and synced passkeys don't."""

    site: str = "localhost"
    origin: str = "http://localhost:5000"
    flags: int = PRESENT | VERIFIED
    counts: bool = True
    count: int = 0
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def make(self, options: str) -> str:
        """The answer to what a page asks for a new passkey."""
        challenge = json.loads(options)["challenge"]
        attested = bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id + self.cose()
        data = self.authenticator_data(ATTESTED) + attested
        return self.answer(
            clientDataJSON=self.client_data("webauthn.create", challenge),
            attestationObject=encode_cbor({"fmt": "none", "attStmt": {}, "authData": data}),
        )

    def sign(self, options: str, **changes: Any) -> str:
        """The answer to what a page asks to have signed. changes: what an attacker's browser says instead."""
        challenge = changes.get("challenge", json.loads(options)["challenge"])
        self.count += self.counts
        client = self.client_data("webauthn.get", challenge)
        data = self.authenticator_data()
        signed = data + hashlib.sha256(client).digest()
        signature = self.key.sign(signed, ec.ECDSA(hashes.SHA256()))
        return self.answer(clientDataJSON=client, authenticatorData=data, signature=signature)

    def answer(self, **response: bytes) -> str:
        name = bytes_to_base64url(self.credential_id)
        told = {part: bytes_to_base64url(value) for part, value in response.items()}
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": told})

    def client_data(self, kind: str, challenge: str) -> bytes:
        told = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(told, separators=(",", ":")).encode()

    def authenticator_data(self, more: int = 0) -> bytes:
        site = hashlib.sha256(self.site.encode()).digest()
        return site + bytes([self.flags | more]) + self.count.to_bytes(4, "big")

    def cose(self) -> bytes:
        """The public key as RFC 9053 writes a point of P-256."""
        point = self.key.public_key().public_numbers()
        return encode_cbor({1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")})


def with_part(answer: str, part: str, change: Any) -> str:
    """An answer with the bytes of one part changed."""
    told = json.loads(answer)
    told["response"][part] = bytes_to_base64url(change(base64url_to_bytes(told["response"][part])))
    return json.dumps(told)
