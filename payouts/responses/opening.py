"""Answers that the bank encrypted to an OpenPGP key of ours: opened before anybody looks what they are.

The keys of every connection that was ever confirmed are tried, the newest first: a bank changes over when it likes.
That a message opens says who may read it, not who wrote it: what it says is believed as far as any file from the bank
is, and by the same checks.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from sqlalchemy.orm import Session

from schemes import openpgp
from schemes.bank_connection import open_pgp_key, with_pgp_keys
from schemes.seal import Seals


class Opened(NamedTuple):
    """What a file holds. message_sha256: of the message that it came as; "" where it was none, or did not open."""

    content: bytes
    message_sha256: str


def opened(session: Session, seals: Seals, content: bytes) -> Opened:
    """A file as its sender wrote it, where it is a message to a key of ours; any other as it came."""
    if not openpgp.is_message(content):
        return Opened(content, "")
    tried: set[str] = set()
    for connection in with_pgp_keys(session):
        if connection.our_certificate in tried:
            continue
        tried.add(connection.our_certificate)
        try:
            plain = openpgp.opened(content, open_pgp_key(session, seals, connection))
        except openpgp.NotDone:
            continue
        return Opened(plain, hashlib.sha256(content).hexdigest())
    return Opened(content, "")
