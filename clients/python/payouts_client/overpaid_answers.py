"""What the service tells of what an award was paid too much."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from payouts_client.answers import Told


class OverpaidPeriod(Told):
    """A period for which more was paid than is due by now."""

    period_first_day: date
    period_last_day: date
    paid_pence: int
    due_pence: int
    found_at: datetime


class Recovery(Told):
    """How much is taken from an award's payments in all, and how much at a time."""

    id: UUID
    reason: str
    proposed_at: datetime
    confirmed_at: datetime | None
    rejected_at: datetime | None
    total_pence: int
    instalment_pence: int | None
    share_percent: int | None
    least_left_pence: int
    from_day: date
    taken_pence: int
    left_pence: int


class WriteOff(Told):
    id: UUID
    reason: str
    proposed_at: datetime
    confirmed_at: datetime | None
    rejected_at: datetime | None
    kind: str
    recovery_id: UUID | None
    pence: int | None


class AwardOverpayments(Told):
    """What an award was paid too much, and what people agreed to do about it."""

    overpaid_pence: int
    periods: tuple[OverpaidPeriod, ...]
    recoveries: tuple[Recovery, ...]
    write_offs: tuple[WriteOff, ...]
