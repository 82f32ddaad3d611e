"""Where a list goes on: an opaque, signed mark that belongs to one list of one body."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from payouts.api.problem import Refusal

SIGNATURE = 12
"""Bytes."""


class Cursors:
    """Makes and reads marks. What it is of (body, address, filters) is signed too: a mark of another list is none."""

    def __init__(self, secret_key: str) -> None:
        self.key = hashlib.sha256(b"api cursor " + secret_key.encode()).digest()

    def make(self, of: str, place: list[Any]) -> str:
        content = json.dumps(place, separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(self.sign(of, content) + content).decode().rstrip("=")

    def read(self, of: str, cursor: str) -> list[Any]:
        """Raises Refusal."""
        try:
            decoded = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        except ValueError:
            raise not_ours() from None
        signature, content = decoded[:SIGNATURE], decoded[SIGNATURE:]
        if not hmac.compare_digest(signature, self.sign(of, content)):
            raise not_ours()
        place: list[Any] = json.loads(content)
        return place

    def sign(self, of: str, content: bytes) -> bytes:
        return hmac.digest(self.key, of.encode() + b"\0" + content, "sha256")[:SIGNATURE]


def not_ours() -> Refusal:
    return Refusal("invalid", errors=[{"parameter": "cursor", "detail": "Take next_cursor of the same list as it is."}])
