"""Answers that the bank encrypted to an OpenPGP key of ours: opened before anybody looks what they are.

The keys of every connection that was ever confirmed are tried, the newest first: a bank changes over when it likes.
That a message opens says who may read it, not who wrote it. A signature says that, if it is of the certificate that the
account's connection holds now: an older one of the bank's may have been given up because somebody else has its key.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from sqlalchemy.orm import Session

from schemes import openpgp
from schemes.bank_connection import connection_of, open_pgp_key, with_pgp_keys
from schemes.openpgp import Signature
from schemes.seal import Seals


class Opened(NamedTuple):
    """What a file holds. message_sha256: of the message that it came as; "" where it was none, or did not open.

    signature: None where it was no message. must_be_signed: two people said so of the account's connection.
    """

    content: bytes
    message_sha256: str = ""
    signature: Signature | None = None
    signed_by: str = ""
    must_be_signed: bool = False


def opened(session: Session, seals: Seals, content: bytes) -> Opened:
    """A file as its sender wrote it, where it is a message to a key of ours; any other as it came."""
    if not openpgp.is_message(content):
        return Opened(content)
    tried: set[str] = set()
    for connection in with_pgp_keys(session):
        if connection.our_certificate in tried:
            continue
        tried.add(connection.our_certificate)
        counting = connection_of(session, connection.line_id) or connection
        try:
            found = openpgp.opened(content, open_pgp_key(session, seals, connection), counting.pgp_certificate)
        except openpgp.NotDone:
            continue
        digest = hashlib.sha256(content).hexdigest()
        return Opened(found.content, digest, found.signature, found.signed_by, counting.requires_signature)
    return Opened(content)
