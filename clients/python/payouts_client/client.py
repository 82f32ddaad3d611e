"""The way in: one service, one key."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from types import TracebackType

import httpx
import msgspec

from payouts_client.answers import Body, Entry
from payouts_client.connection import Connection, Tries
from payouts_client.events import Events
from payouts_client.imports import Imports
from payouts_client.one_off_files import OneOffFiles
from payouts_client.paying import Awards, OneOffPayments, Payments, Payrolls
from payouts_client.register import Beneficiaries, Payees, Schemes
from payouts_client.returns import Returns
from payouts_client.sandbox import Sandbox
from payouts_client.webhooks import Webhooks

TIMEOUT = httpx.Timeout(30.0, connect=5.0)
"""Seconds. A call that takes longer is asked again under the same key."""
AGENT = "payouts-client/0.1.0"


class Calendar(msgspec.Struct, frozen=True):
    data: tuple[Entry, ...]


class Payouts:
    """The API of a service: `with Payouts("https://payouts.example", secret) as payouts: …`."""

    def __init__(
        self,
        address: str,
        secret: str,
        *,
        tries: Tries | None = None,
        timeout: httpx.Timeout = TIMEOUT,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """address: of the service, without `/api/v1`. transport: for proxies and tests.

        Raises ValueError for an address over which the secret would go unencrypted to another machine.
        """
        base = httpx.URL(address.rstrip("/") + "/api/v1")
        if base.scheme != "https" and base.host not in ("localhost", "127.0.0.1", "::1"):
            raise ValueError("the address begins with https://")
        self.http = httpx.Client(
            base_url=base,
            headers={"Authorization": f"Bearer {secret}", "User-Agent": AGENT, "Accept": "application/json"},
            timeout=timeout,
            transport=transport,
            follow_redirects=False,
        )
        connection = self.connection = Connection(self.http, tries or Tries())
        self.schemes = Schemes(connection)
        self.beneficiaries = Beneficiaries(connection)
        self.payees = Payees(connection)
        self.awards = Awards(connection)
        self.one_off_payments = OneOffPayments(connection)
        self.one_off_files = OneOffFiles(connection)
        self.payrolls = Payrolls(connection)
        self.payments = Payments(connection)
        self.imports = Imports(connection)
        self.events = Events(connection)
        self.returns = Returns(connection)
        self.webhooks = Webhooks(connection)
        self.sandbox = Sandbox(connection)

    def body(self) -> Body:
        """The body that the key belongs to, and what the key may do."""
        return self.connection.get("/body", Body)

    def calendar(self, from_day: date | None = None, to_day: date | None = None) -> Sequence[Entry]:
        """Pay days, deadlines and closed days; a month from today on, unless days are given."""
        return self.connection.get("/calendar", Calendar, {"from_day": from_day, "to_day": to_day}).data

    def close(self) -> None:
        self.http.close()

    def __enter__(self) -> Payouts:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Payouts({str(self.http.base_url)!r})"
