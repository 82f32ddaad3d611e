"""Whether this machine knows the time: its clock is held against the database's before anything hangs on it.

A clock an hour slow would release files after the cut-off and take one-time codes of the last hour; one an hour fast
would refuse both. Which of the two clocks is wrong cannot be told from here, so nothing is decided until they agree.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from payouts.tasks.outbox import NotThere
from schemes.errors import Refused

# machines that ask a time server differ by milliseconds; a one-time code lasts half a minute
TOLERANCE = timedelta(seconds=30)


class ClockWrong(Refused, NotThere):
    """This machine's clock is `ahead` of the database's (behind it, where negative), so neither is believed."""

    def __init__(self, ahead: timedelta) -> None:
        seconds = round(ahead.total_seconds())
        way = "ahead of" if seconds > 0 else "behind"
        super().__init__(
            f"this machine's clock is {abs(seconds)} seconds {way} the database's: set the wrong one right"
        )
        self.ahead = ahead


def utc_now() -> datetime:
    return datetime.now(UTC)


def must_agree(session: Session, machine_time: Callable[[], datetime]) -> None:
    """Raises ClockWrong where the two clocks are more than `TOLERANCE` apart."""
    before = machine_time()
    there: datetime = session.execute(select(func.clock_timestamp())).scalar_one()
    # however long the answer took, the database read its clock between the two
    if before - TOLERANCE <= there <= machine_time() + TOLERANCE:
        return
    raise ClockWrong(before - there)
