"""An award's history as values: what stood on any day, as it is known now or was known at any instant.

Nothing in it ever changes in place. A later version holds for all days from its own first day on, whatever versions
before it said of those days; so the newest version that has begun is what stands on a day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from schemes.amount import Inputs
from schemes.period import Period

DAY = timedelta(days=1)


class NotDue(StrEnum):
    """Why an award pays nothing on a day, or in a period."""

    NOT_STARTED = "not_started"
    ENDED = "ended"
    SUSPENDED = "suspended"
    NOTHING_DUE = "nothing_due"
    """The scheme's rule comes to nothing: no units, for one."""
    NO_RULE = "no_rule"
    """The scheme does not pay this component for the period, or its rule asks for what the award does not say."""


class Terms(NamedTuple):
    """What one version says from `from_day` to `last_day` (included; None: no end). inputs None: nothing is due."""

    number: int
    from_day: date
    last_day: date | None
    inputs: Inputs | None
    payee_id: UUID
    made_at: datetime

    def holds_on(self, day: date) -> bool:
        return self.inputs is not None and (self.last_day is None or day <= self.last_day)

    def covers(self, period: Period) -> bool:
        return self.from_day <= period.first_day and self.holds_on(period.last_day)


class Suspended(NamedTuple):
    """Days on which nothing is due, both included (None: no end)."""

    first_day: date
    last_day: date | None

    def __contains__(self, day: object) -> bool:
        assert isinstance(day, date)
        return self.first_day <= day and (self.last_day is None or day <= self.last_day)


class Stretch(NamedTuple):
    """Days of a period on which the same holds, both included. inputs None: the award is not in force, and `why`."""

    first_day: date
    last_day: date
    inputs: Inputs | None
    why: NotDue | None

    @property
    def days(self) -> int:
        return (self.last_day - self.first_day).days + 1


@dataclass(frozen=True, slots=True)
class History:
    """The versions of one award by number, the oldest first, and the days on which it is suspended."""

    terms: tuple[Terms, ...]
    suspended: tuple[Suspended, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Whether nothing has happened to the award since it was made: almost every award, of a million."""
        return len(self.terms) == 1 and not self.suspended

    def on(self, day: date) -> Terms | None:
        """What stands on a day, or None before the award's first day. It may be over by then: `Terms.holds_on`."""
        return next((terms for terms in reversed(self.terms) if terms.from_day <= day), None)

    def known_at(self, at: datetime) -> History:
        """The versions that had been made at an instant. Of suspensions all are left in."""
        return replace(self, terms=tuple(terms for terms in self.terms if terms.made_at <= at))

    def payee_on(self, day: date) -> UUID:
        """Who is paid on a day; before the first day, who will be."""
        return (self.on(day) or self.terms[0]).payee_id

    def state_on(self, day: date) -> tuple[Inputs | None, NotDue | None]:
        """What the award brings to its scheme's rule on a day, and why nothing is due, if so.

        An award that is suspended is still in force: both are given.
        """
        terms = self.on(day)
        if terms is None:
            return None, NotDue.NOT_STARTED
        if not terms.holds_on(day):
            begins = any(later.from_day > day and later.inputs is not None for later in self.terms[terms.number :])
            return None, NotDue.NOT_STARTED if begins else NotDue.ENDED
        return terms.inputs, NotDue.SUSPENDED if any(day in span for span in self.suspended) else None

    def is_due_from(self, day: date) -> bool:
        """Whether anything is due on a day or on any after it, suspended or not."""
        begins = [day, *(terms.from_day for terms in self.terms if terms.from_day > day)]
        return any(self.state_on(first)[0] is not None for first in begins)

    def stretches(self, period: Period) -> Iterator[Stretch]:
        """A period cut wherever something changes, in order; together every day of it, once."""
        begins = {period.first_day}
        for first, last in [(terms.from_day, terms.last_day) for terms in self.terms] + list(self.suspended):
            if first in period:
                begins.add(first)
            if last is not None and period.first_day <= last < period.last_day:
                begins.add(last + DAY)
        days = sorted(begins)
        for first, last in zip(days, [day - DAY for day in days[1:]] + [period.last_day], strict=True):
            yield Stretch(first, last, *self.state_on(first))
