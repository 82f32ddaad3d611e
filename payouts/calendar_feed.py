"""A person's own iCalendar feed (RFC 5545): the days ahead, under an address that nobody guesses and its owner renews.

Calendar programs do not sign in, so the address is the key. It opens no amount and nobody's name: days, schemes, gates.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from uuid import UUID

from icalendar import Calendar as Feed
from icalendar import Event
from sqlalchemy import ForeignKey, Index, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from bacs.calendar import Calendar
from payouts.days_ahead import Entry, days_between
from schemes import audit
from schemes.body import get_body
from schemes.database import Base, BodyOwned, new_id, take_turns
from schemes.duties import london_day
from schemes.person import Actor

BACK = timedelta(days=31)
AHEAD = timedelta(days=366)


class CalendarFeed(BodyOwned, Base):
    """Whose feed an address is, by the SHA-256 of its secret part. One of a person works at a time."""

    __tablename__ = "calendar_feed"
    __table_args__ = (
        UniqueConstraint("token_digest"),
        Index(
            "uq_calendar_feed_live",
            "body_id",
            "person_id",
            unique=True,
            postgresql_where=text("ended_at is null"),
        ),
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    token_digest: Mapped[bytes]
    made_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


def feed_of(session: Session, person_id: UUID) -> CalendarFeed | None:
    live = (CalendarFeed.person_id == person_id) & CalendarFeed.ended_at.is_(None)
    return session.scalars(select(CalendarFeed).where(live)).one_or_none()


def renew(session: Session, *, by: Actor, at: datetime) -> str:
    """A new address for a person's feed; the one before works no more. Returns its secret part, shown once."""
    take_turns(session, f"calendar feed {by.person_id}")
    end(session, by=by, at=at)
    token = secrets.token_urlsafe(32)
    feed = CalendarFeed(
        body_id=by.body_id, id=new_id(), person_id=by.person_id, token_digest=digest_of(token), made_at=at
    )
    session.add(feed)
    session.flush()
    audit.record(session, "calendar_feed.made", by=by, about=feed, at=at)
    return token


def end(session: Session, *, by: Actor, at: datetime) -> None:
    """Let a person's address work no more, if they have one."""
    feed = feed_of(session, by.person_id)
    if feed is not None:
        feed.ended_at = at
        session.flush()
        audit.record(session, "calendar_feed.ended", by=by, about=feed, at=at)


def digest_of(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def written(session: Session, bacs: Calendar, *, made_at: datetime, base_url: str, now: datetime) -> bytes:
    """The feed: the same bytes while nothing of it changes, so that a program that has them is told so."""
    today = london_day(now)
    feed = Feed()
    feed.add("prodid", "-//Payouts//Days ahead//EN")
    feed.add("version", "2.0")
    feed.add("method", "PUBLISH")
    feed.add("x-wr-calname", f"Payments of {get_body(session).name}")
    for entry in days_between(session, bacs, today - BACK, today + AHEAD):
        feed.add_component(event(entry, made_at, base_url))
    return feed.to_ical()


def event(entry: Entry, made_at: datetime, base_url: str) -> Event:
    """An entry as an event: of the whole day, or of the instant by which it has to be done."""
    made = Event()
    said = "|".join(str(part) for part in (entry.about, entry.kind, entry.what, entry.day))
    made.add("uid", f"{hashlib.sha256(said.encode()).hexdigest()[:32]}@payouts")
    made.add("dtstamp", made_at.astimezone(UTC))
    made.add("summary", summary(entry))
    if entry.at is None:
        made.add("dtstart", entry.day)
        made.add("dtend", entry.day + timedelta(days=1))
    else:
        made.add("dtstart", entry.at.astimezone(UTC))
        made.add("dtend", entry.at.astimezone(UTC))
    made.add("transp", "TRANSPARENT")
    if entry.payroll_id is not None:
        made.add("url", f"{base_url}/payrolls/{entry.payroll_id}")
    return made


def summary(entry: Entry) -> str:
    """`Pay day: Independent living payments, payroll 3`."""
    said = SUMMARIES[entry.kind].format(what=entry.what)
    if entry.kind == "office_closed" and entry.what:
        said = f"{said}: {entry.what}"
    if entry.kind == "no_release" and entry.what:
        said = "Only what can't wait is released"
    whose = entry.scheme + (f", payroll {entry.number}" if entry.number else "")
    return f"{said}: {whose}" if whose else said


SUMMARIES: dict[str, str] = {
    "gate_due": "Decide at the gate {what}",
    "planned_input": "Send files, as planned",
    "last_input": "Last day to send files",
    "processing": "The bank works on files",
    "pay_day": "Pay day",
    "bank_holiday": "Bank holiday: no payments move",
    "office_closed": "Office closed",
    "no_release": "Nothing is released",
}
