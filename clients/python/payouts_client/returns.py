"""Payments that came back: why, and what is done about each. People decide that, on the pages."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import msgspec

from payouts_client.answers import Payment, Told
from payouts_client.connection import Connection
from payouts_client.listing import Listing
from payouts_client.words import EstateDocument, NextStep, PaymentStatus, ReturnOutcome, ReturnReason, ReturnStatus


class Return(Told):
    """`came_back`: rejected by Bacs, recalled, or returned by the bank."""

    id: UUID
    payment: Payment
    amount_pence: int
    came_back: PaymentStatus
    reason: ReturnReason
    status: ReturnStatus
    opened_at: datetime
    ended_at: datetime | None
    reissued_as: UUID | None


class Outcome(Told):
    """What somebody proposed instead of paying it again; it counts once `confirmed_at`."""

    outcome: ReturnOutcome
    reason: str
    proposed_at: datetime
    confirmed_at: datetime | None
    rejected_at: datetime | None


class PaidInstead(Told):
    """Who receives it where somebody has died. `payee`: a reference; `document`: of an estate, what shows it."""

    payee: str
    document: EstateDocument | None
    document_day: date | None
    confirmed_at: datetime


class OneReturn(Return):
    """`next`: what a person has to do next."""

    next: NextStep
    paying_payroll_number: int | None
    paid_instead: PaidInstead | None
    outcomes: tuple[Outcome, ...]


class Suspense(msgspec.Struct, frozen=True):
    """Lines of the bank's that are about no payment that is known; counted up to a thousand."""

    waiting_count: int


class Returns:
    """What came back, and what becomes of it."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def list(
        self,
        *,
        scheme: str | UUID | None = None,
        payroll: int | UUID | None = None,
        payee: str | None = None,
        status: ReturnStatus | None = None,
        updated_since: datetime | None = None,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> Listing[Return]:
        """In the order in which they came back. payee: the reference."""
        params = {
            "scheme": scheme,
            "payroll": payroll,
            "payee": payee,
            "status": status,
            "updated_since": updated_since,
            "cursor": cursor,
            "limit": limit,
        }
        return Listing(self.connection, "/returns", Return, params)

    def get(self, returned: Return | UUID) -> OneReturn:
        return self.connection.get(f"/returns/{returned.id if isinstance(returned, Return) else returned}", OneReturn)

    def suspense(self) -> Suspense:
        return self.connection.get("/suspense", Suspense)
