"""What only a sandbox can do: let the days of its bank pass."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from payouts_client.answers import Told
from payouts_client.connection import Connection
from payouts_client.words import PayrollStatus


class Advanced(Told):
    """`days_asked` in all, by whoever asked: they pass in a job. `reached`: the last one that did."""

    payroll_number: int
    payroll_status: PayrollStatus
    days_asked: int
    reached: date | None
    next_day: date | None


class Sandbox:
    """A live body refuses all of it."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def advance(
        self, payroll: int | UUID, *, days: int = 1, returned: int = 0, idempotency_key: str | None = None
    ) -> Advanced:
        """Let days pass on which the bank has something to say about a payroll that was submitted.

        returned: how many credits come back besides those to magic accounts; it counts the first time.
        """
        content = {"payroll": str(payroll), "days": days, "returned": returned}
        return self.connection.post("/sandbox/advance", content, Advanced, idempotency_key=idempotency_key)
