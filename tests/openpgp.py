"""OpenPGP for tests: the keys that GnuPG made, and keys of ours that are made quickly."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from pysequoia import Cert, Tsk, decrypt, encrypt

GOLDEN = Path(__file__).parent / "golden" / "openpgp"
SUITE = "Cv25519"
"""Made in no time, where RSA takes seconds."""


def golden(name: str) -> str:
    return (GOLDEN / name).read_text()


BANK = golden("bank-certificate.asc")
BANK_KEY = golden("bank-key.asc")
FINGERPRINT = "79D8 8B5A 45E2 61E0 F79B 91BA 883C 2BCB 2F9A BAD3"


def read_by_bank(message: bytes, *, signed_by: str = "") -> bytes:
    """What the bank reads; its signature must be of the certificate that is given."""
    store: Callable[[list[str]], list[Cert]] | None = None
    if signed_by:
        ours = Cert.from_bytes(signed_by.encode())
        store = lambda _: [ours]  # noqa: E731
    found = decrypt(bytes=message, decryptor=Tsk.from_bytes(BANK_KEY.encode()).decryptor(), store=store)
    assert bool(found.valid_sigs) == bool(signed_by)
    assert found.bytes is not None
    return found.bytes


def from_bank(content: bytes, certificate: str, *, armor: bool = False, signed: bool = True) -> bytes:
    """A message of the bank to a key of ours, signed with its own."""
    to = [Cert.from_bytes(certificate.encode())]
    signer = Tsk.from_bytes(BANK_KEY.encode()).signer() if signed else None
    return encrypt(bytes=content, recipients=to, signer=signer, armor=armor)


def ending(at: datetime, now: datetime) -> str:
    """A certificate that ends at an instant. now: by the real clock, by which the library makes keys."""
    seconds = int((at - now).total_seconds())
    return str(Tsk.generate("A bank", validity_seconds=seconds).extract_certificate())
