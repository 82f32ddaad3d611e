"""What an award pays for a period: one pure function."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from schemes.period import Period


class NotDue(StrEnum):
    """Why an award pays nothing in a period."""

    NOT_STARTED = "not_started"
    ENDED = "ended"


@dataclass(frozen=True)
class Due:
    """An amount in pence for a period."""

    period: Period
    amount_pence: int


def entitlement(first_day: date, last_day: date | None, amount_pence: int, period: Period) -> Due | NotDue:
    """What an award from `first_day` to `last_day` (None: no end) pays for a period: its whole amount, or nothing.

    An award that covers a part of the period pays the whole amount.
    """
    if first_day > period.last_day:
        return NotDue.NOT_STARTED
    if last_day is not None and last_day < period.first_day:
        return NotDue.ENDED
    return Due(period, amount_pence)
