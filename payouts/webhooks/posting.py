"""Posting to an address outside: once, to what was looked at, without being led elsewhere, and not for long."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from threading import Timer

from payouts.webhooks.address import AddressRefused, LookUp, NameUnknown, Rules, allowed, must_be_fit, split

LONGEST_SECONDS = 15.0
"""For all of it. Standard Webhooks asks senders for 15 to 30 seconds."""
LONGEST_STEP_SECONDS = 10.0
MOST_READ = 2048
LONGEST_ANSWER = 300
"""Characters of the answer's body that are kept."""


class Trouble(StrEnum):
    """Why there is no answer."""

    NAME_UNKNOWN = "name_unknown"
    ADDRESS_REFUSED = "address_refused"
    NOT_REACHED = "not_reached"
    CERTIFICATE = "certificate"
    TOO_SLOW = "too_slow"
    NOT_HTTP = "not_http"


@dataclass(frozen=True)
class Answer:
    """What came back: a status, or why there is none. wait_seconds: for how long the receiver asks to be left alone."""

    code: int | None = None
    trouble: Trouble | None = None
    text: str = ""
    milliseconds: int = 0
    wait_seconds: int = 0

    @property
    def is_taken(self) -> bool:
        return self.code is not None and 200 <= self.code < 300


class Checked(http.client.HTTPConnection):
    """A connection to addresses that were looked at; the name is for the certificate and the Host header only."""

    def __init__(self, host: str, port: int, addresses: list[str], *, context: ssl.SSLContext | None) -> None:
        super().__init__(host, port, timeout=LONGEST_STEP_SECONDS)
        self.addresses = addresses
        self.context = context
        if context is not None:
            self.default_port = 443

    def connect(self) -> None:
        self.sock = self.reached()
        if self.context is not None:
            self.sock = self.context.wrap_socket(self.sock, server_hostname=self.host)

    def reached(self) -> socket.socket:
        """A connection to the first address that takes one. Raises OSError."""
        failed: OSError = OSError("no address")
        for address in self.addresses[:3]:
            try:
                return socket.create_connection((address, self.port), LONGEST_STEP_SECONDS)
            except OSError as error:
                failed = error
        raise failed

    def cut(self) -> None:
        """End it under whoever waits for it: a receiver may send a byte every few seconds for ever."""
        if self.sock is not None:
            with contextlib.suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)


@cache
def certificates() -> ssl.SSLContext:
    return ssl.create_default_context()


def post(
    url: str, content: bytes, headers: Mapping[str, str], rules: Rules, *, look_up: LookUp | None = None
) -> Answer:
    """Post and tell what came back. Never raises for what the outside does. Thread-safe."""
    began = time.monotonic()
    try:
        must_be_fit(url, rules)
        parts, host, port = split(url)
        addresses = allowed(host, port, rules, look_up=look_up)
    except AddressRefused:
        return Answer(trouble=Trouble.ADDRESS_REFUSED)
    except NameUnknown:
        return Answer(trouble=Trouble.NAME_UNKNOWN)
    connection = Checked(host, port, addresses, context=certificates() if parts.scheme == "https" else None)
    watch = Timer(LONGEST_SECONDS, connection.cut)
    watch.daemon = True
    watch.start()
    code, text, wait, trouble = None, "", 0, None
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", path, content, {**headers, "Connection": "close"})
        response = connection.getresponse()
        code, wait = response.status, seconds_of(response.getheader("Retry-After"))
        text = readable(response.read(MOST_READ))
    except (OSError, http.client.HTTPException, ValueError) as error:
        # a status that came stays an answer, whatever became of the body
        trouble = None if code is not None else trouble_of(error, time.monotonic() - began)
    finally:
        watch.cancel()
        connection.close()
    return Answer(code, trouble, text, round((time.monotonic() - began) * 1000), wait)


def trouble_of(error: Exception, seconds: float) -> Trouble:
    if isinstance(error, ssl.SSLError) and not isinstance(error, ssl.SSLEOFError | TimeoutError):
        return Trouble.CERTIFICATE
    if isinstance(error, TimeoutError) or seconds >= LONGEST_SECONDS:
        return Trouble.TOO_SLOW
    return Trouble.NOT_REACHED if isinstance(error, OSError) else Trouble.NOT_HTTP


def seconds_of(written: str | None) -> int:
    """How long a receiver asks to be left alone (Retry-After in seconds), at most a day."""
    if written is None or not written.strip().isascii() or not written.strip().isdigit():
        return 0
    return min(int(written.strip()[:9]), 86_400)


def readable(content: bytes) -> str:
    """The beginning of an answer as one line of text."""
    text = " ".join(content.decode("utf-8", "replace").split())
    return "".join(character for character in text if character.isprintable())[:LONGEST_ANSWER]
