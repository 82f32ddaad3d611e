"""What a passkey signed, verified with its public key alone against the very statement that it was asked to sign.

The challenge is the SHA-256 of the statement, so that the signature itself proves what was approved. What is looked at
follows Web Authentication level 2, section 7.2 (verifying an authentication assertion), steps 11 to 20.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple, Self

from cryptography.exceptions import InvalidSignature
from webauthn.helpers import (
    base64url_to_bytes,
    bytes_to_base64url,
    decode_credential_public_key,
    decoded_public_key_to_cryptography,
    parse_authenticator_data,
    parse_client_data_json,
    verify_signature,
)
from webauthn.helpers.exceptions import WebAuthnException

from schemes.signer import canonical

SIGNS = "payouts-decision/1"
UNREADABLE_ERRORS = (WebAuthnException, ValueError, TypeError, KeyError, IndexError, AttributeError)
"""What the library raises on bytes that are no answer of a passkey."""


class PasskeyFault(StrEnum):
    """What is wrong with something that a passkey signed, or with asking for it."""

    UNREADABLE = "unreadable"
    OTHER_STATEMENT = "other_statement"
    OTHER_SITE = "other_site"
    NOBODY_THERE = "nobody_there"
    NOT_VERIFIED = "not_verified"
    WRONG_SIGNATURE = "wrong_signature"
    CHALLENGE_GONE = "challenge_gone"
    UNKNOWN = "unknown"
    KNOWN_ALREADY = "known_already"
    TOO_MANY = "too_many"


class Site(NamedTuple):
    """To whom passkeys are given: the relying party's id, which is a host or a parent of it, and the pages' origin."""

    id: str
    origin: str
    name: str = "Payouts"


def challenge_of(statement: Mapping[str, Any], nonce: str) -> bytes:
    """What a passkey is asked to sign: 32 bytes that stand for one statement and nothing else, once."""
    return hashlib.sha256(canonical({"nonce": nonce, "signs": SIGNS, "statement": dict(statement)})).digest()


@dataclass(frozen=True)
class PasskeySignature:
    """An assertion with all that verifying it takes. public_key: as COSE, from when the passkey was registered."""

    site: Site
    credential_id: bytes
    public_key: bytes
    nonce: str
    authenticator_data: bytes
    client_data: bytes
    signature: bytes

    def as_facts(self) -> dict[str, str]:
        """As JSON values: bytes in base64url, as browsers write them."""
        kept = {name: getattr(self, name) for name in KEPT_BYTES}
        return {
            "site": self.site.id,
            "origin": self.site.origin,
            "nonce": self.nonce,
            **{name: bytes_to_base64url(value) for name, value in kept.items()},
        }

    @classmethod
    def from_facts(cls, facts: Mapping[str, str]) -> Self:
        """Raises one of UNREADABLE_ERRORS."""
        return cls(
            site=Site(facts["site"], facts["origin"]),
            nonce=facts["nonce"],
            **{name: base64url_to_bytes(facts[name]) for name in KEPT_BYTES},
        )

    @property
    def sign_count(self) -> int:
        """How often the passkey signed by its own count; 0 for one that does not count."""
        return parse_authenticator_data(self.authenticator_data).sign_count

    def faults(self, statement: Mapping[str, Any]) -> list[PasskeyFault]:
        """What keeps this from being the word of the passkey's holder for a statement, at the site; else nothing."""
        try:
            return self.faults_of_readable(statement)
        except UNREADABLE_ERRORS:
            return [PasskeyFault.UNREADABLE]

    def faults_of_readable(self, statement: Mapping[str, Any]) -> list[PasskeyFault]:
        client, authenticator = (
            parse_client_data_json(self.client_data),
            parse_authenticator_data(self.authenticator_data),
        )
        found = []
        if client.type != "webauthn.get" or client.challenge != challenge_of(statement, self.nonce):
            found.append(PasskeyFault.OTHER_STATEMENT)
        at_site = authenticator.rp_id_hash == hashlib.sha256(self.site.id.encode()).digest()
        if client.origin != self.site.origin or client.cross_origin or not at_site:
            found.append(PasskeyFault.OTHER_SITE)
        if not authenticator.flags.up:
            found.append(PasskeyFault.NOBODY_THERE)
        # a PIN, a finger or a face: without it the passkey proves that somebody has the thing, not who
        if not authenticator.flags.uv:
            found.append(PasskeyFault.NOT_VERIFIED)
        if not self.is_signed():
            found.append(PasskeyFault.WRONG_SIGNATURE)
        return found

    def is_signed(self) -> bool:
        key = decode_credential_public_key(self.public_key)
        try:
            verify_signature(
                public_key=decoded_public_key_to_cryptography(key),
                signature_alg=key.alg,
                signature=self.signature,
                data=self.authenticator_data + hashlib.sha256(self.client_data).digest(),
            )
        except InvalidSignature:
            return False
        return True


KEPT_BYTES = ("credential_id", "public_key", "authenticator_data", "client_data", "signature")


def faults_of(facts: Mapping[str, str], statement: Mapping[str, Any]) -> list[PasskeyFault]:
    """The faults of a signature as it was kept."""
    try:
        kept = PasskeySignature.from_facts(facts)
    except UNREADABLE_ERRORS:
        return [PasskeyFault.UNREADABLE]
    return kept.faults(statement)
