"""The process id of a payment or an award: what its public page stands under, and nobody guesses.

Nothing is stored: an id carries the row's own id and a code that only this installation can make of it, so that a
million payments have theirs at once and a register that is copied holds none. It says which body's it is by a tag of
four bytes; the code is checked with that body's own key.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from schemes.seal import Seals

PURPOSE = "follow"
TAG = 4
ROW = 16
CODE = 11
"""Bytes of the code: 88 bits, of which no two tries in any number that a server answers are likely to be right."""
LENGTH = -(-(1 + TAG + ROW + CODE) * 4 // 3)
"""Characters."""


class Kind(StrEnum):
    """What is followed."""

    PAYMENT = "p"
    AWARD = "a"


class Followed(NamedTuple):
    """The row that a process id is of."""

    kind: Kind
    body_id: UUID
    id: UUID


def process_id(seals: Seals, followed: Followed) -> str:
    """43 characters of letters, digits, `-` and `_`: the same each time, until the installation's key is another."""
    packed = followed.kind.encode() + followed.body_id.bytes[-TAG:] + followed.id.bytes
    return base64.urlsafe_b64encode(packed + code_of(seals, followed)).decode().rstrip("=")


def read_process_id(seals: Seals, written: str, bodies: Iterable[UUID]) -> Followed | None:
    """What a process id is of, among the installation's bodies; None for one that was never given out."""
    if len(written) != LENGTH or not written.isascii():
        return None
    try:
        packed = base64.urlsafe_b64decode(written + "=" * (-LENGTH % 4))
        kind = Kind(packed[:1].decode())
    except (binascii.Error, ValueError):
        return None
    tag, row, code = packed[1 : 1 + TAG], packed[1 + TAG : 1 + TAG + ROW], packed[1 + TAG + ROW :]
    for body_id in bodies:
        followed = Followed(kind, body_id, UUID(bytes=row))
        if body_id.bytes[-TAG:] == tag and hmac.compare_digest(code_of(seals, followed), code):
            return followed
    return None


def code_of(seals: Seals, followed: Followed) -> bytes:
    return seals.fingerprint(followed.body_id, PURPOSE, followed.kind, str(followed.id))[:CODE]


def address(base_url: str, written: str) -> str:
    """The address of a public page: what a notice carries."""
    return f"{base_url}/follow/{written}"
