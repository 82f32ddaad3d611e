"""Calls from the service, signed by the Standard Webhooks convention: whether one is genuine, and what it tells."""

from __future__ import annotations

import base64
import binascii
import hmac
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

TOLERANCE = 300.0
"""Seconds by which a call's time may differ from ours: one that was caught on its way is worth nothing later."""
SECRET = "whsec_"  # noqa: S105
SIGNATURE = "v1,"


class NotGenuine(Exception):
    """A call that the service did not make, or made at another time. It must not be acted on."""


class Webhook:
    """Tells genuine calls from others. While a secret is renewed, give the old and the new one."""

    def __init__(self, *secrets: str, tolerance: float = TOLERANCE, now: Callable[[], float] = time.time) -> None:
        """Raises ValueError for what is no secret."""
        if not secrets:
            raise ValueError("a webhook has a secret")
        self.keys = [key_of(secret) for secret in secrets]
        self.tolerance = tolerance
        self.now = now

    def __repr__(self) -> str:
        return "Webhook(…)"

    def verify(self, body: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
        """What a call tells. body: as it came, byte by byte. Raises NotGenuine.

        `webhook-id` is the same each time that the call is made: keep it, and act once.
        """
        sent = {name.lower(): value for name, value in headers.items()}
        try:
            call_id, instant, signatures = (sent[f"webhook-{name}"] for name in ("id", "timestamp", "signature"))
        except KeyError as missing:
            raise NotGenuine(f"{missing} is missing") from None
        if not (instant.isascii() and instant.isdigit()) or abs(self.now() - int(instant)) > self.tolerance:
            raise NotGenuine("it was not made just now")
        signed = f"{call_id}.{instant}.".encode() + body
        if not self.one_fits(signed, signatures.split()):
            raise NotGenuine("no signature fits")
        try:
            told = msgspec.json.decode(body, type=dict[str, Any])
        except msgspec.MsgspecError:
            raise NotGenuine("it is not a JSON object") from None
        return told

    def one_fits(self, signed: bytes, signatures: Sequence[str]) -> bool:
        expected = [base64.b64encode(hmac.digest(key, signed, "sha256")) for key in self.keys]
        given = [each.removeprefix(SIGNATURE).encode() for each in signatures if each.startswith(SIGNATURE)]
        return any(hmac.compare_digest(one, other) for one in expected for other in given)


def key_of(secret: str) -> bytes:
    """Raises ValueError, without the secret in it."""
    try:
        key = base64.b64decode(secret.removeprefix(SECRET), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(SECRET) or len(key) < 24:
        raise ValueError("this is no secret of a webhook: it begins with whsec_")
    return key
