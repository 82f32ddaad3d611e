"""The days on which a body's own people work: their country's bank holidays, and days that the body itself is closed.

They move what people have to do, never what Bacs does: a file's days are English everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import CheckConstraint, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from bacs.calendar import Calendar
from bacs.errors import DateBeyondCalendar
from schemes import audit, change
from schemes.change import Change, ChangeKind
from schemes.database import Base, BodyOwned, new_id, stored, to_body_row
from schemes.errors import OutOfRange, Refused
from schemes.person import Actor, Role

MOST_EARLY_DAYS = 3
MOST_CLOSED_DAYS = 100
LONGEST_NAME = 100


class Country(StrEnum):
    """Where a body's offices are."""

    ENGLAND = "england"
    WALES = "wales"
    SCOTLAND = "scotland"
    NORTHERN_IRELAND = "northern_ireland"


DIVISIONS: dict[Country, str] = {
    Country.ENGLAND: "england-and-wales",
    Country.WALES: "england-and-wales",
    Country.SCOTLAND: "scotland",
    Country.NORTHERN_IRELAND: "northern-ireland",
}


class ClosedDay(NamedTuple):
    """A day on which nobody of the body works, and what it is called."""

    day: date
    name: str


class OfficeDays(NamedTuple):
    """early_days: how many days before the last possible one a file is planned to go, so that one day may go wrong."""

    country: Country = Country.ENGLAND
    early_days: int = 1
    closed: tuple[ClosedDay, ...] = ()


class ClosedDayRefused(Refused):
    """A day that cannot be a closed one: it has no name, or is beyond the bank holidays that are known."""

    def __init__(self, day: date) -> None:
        super().__init__(f"{day} has no name, or is beyond the bank holidays that are known")
        self.day = day


class OfficeDaysSet(BodyOwned, Base):
    """What two people of a body set. The newest counts."""

    __tablename__ = "office_days"
    __table_args__ = (
        to_body_row("change", "change_id"),
        CheckConstraint("early_days between 0 and 3", name="early_days"),
    )

    country: Mapped[Country] = mapped_column(stored(Country))
    early_days: Mapped[int]
    closed: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    change_id: Mapped[UUID]
    made_at: Mapped[datetime]


def current(session: Session) -> OfficeDays:
    """What counts now: English bank holidays where nothing was set."""
    newest = select(OfficeDaysSet).order_by(OfficeDaysSet.made_at.desc(), OfficeDaysSet.id.desc()).limit(1)
    kept = session.scalars(newest).one_or_none()
    if kept is None:
        return OfficeDays()
    return from_facts({"country": kept.country, "early_days": kept.early_days, "closed": kept.closed})


def calendar_of(days: OfficeDays) -> Calendar:
    """The working days of a body's offices."""
    return Calendar.published(DIVISIONS[days.country]).extended(closed.day for closed in days.closed)


def to_facts(days: OfficeDays) -> dict[str, Any]:
    closed = [{"day": each.day.isoformat(), "name": each.name} for each in sorted(days.closed)]
    return {"country": days.country.value, "early_days": days.early_days, "closed": closed}


def from_facts(facts: Mapping[str, Any]) -> OfficeDays:
    closed = tuple(ClosedDay(date.fromisoformat(each["day"]), each["name"]) for each in facts["closed"])
    return OfficeDays(Country(facts["country"]), facts["early_days"], closed)


def facts(session: Session) -> dict[str, Any]:
    """The setting as a proposal's facts."""
    return to_facts(current(session))


def must_be_possible(days: OfficeDays) -> None:
    """Raises OutOfRange, ClosedDayRefused."""
    if not 0 <= days.early_days <= MOST_EARLY_DAYS:
        raise OutOfRange("early days", days.early_days, 0, MOST_EARLY_DAYS)
    if len(days.closed) > MOST_CLOSED_DAYS:
        raise OutOfRange("closed days", len(days.closed), 0, MOST_CLOSED_DAYS)
    published = Calendar.published(DIVISIONS[days.country])
    for closed in days.closed:
        if not closed.name.strip() or len(closed.name) > LONGEST_NAME:
            raise ClosedDayRefused(closed.day)
        try:
            published.extended([closed.day])
        except DateBeyondCalendar:
            raise ClosedDayRefused(closed.day) from None


def propose(session: Session, wanted: OfficeDays, *, change_id: UUID, reason: str, by: Actor, at: datetime) -> Change:
    """Propose other office days. Raises OutOfRange, ClosedDayRefused, NotAllowed, and as `change.propose`."""
    by.must_be(Role.ADMINISTRATOR)
    must_be_possible(wanted)
    return change.propose(
        session,
        ChangeKind.OFFICE_DAYS,
        change_id=change_id,
        subject_id=by.body_id,
        before=facts(session),
        after=to_facts(wanted),
        reason=reason,
        by=by,
        at=at,
    )


def apply(session: Session, confirmed: Change, by: Actor, at: datetime) -> None:
    """Deadlines of open payrolls go by it too: they are worked out when somebody looks."""
    kept = OfficeDaysSet(body_id=confirmed.body_id, id=new_id(), change_id=confirmed.id, made_at=at, **confirmed.after)
    session.add(kept)
    session.flush()
    audit.record(session, "body.office_days_set", by=by, about=kept, at=at, country=confirmed.after["country"])
