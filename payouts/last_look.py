"""What happened since a person last looked: each says "I have seen this", and a place in the audit chain is kept.

A place in the chain and no time: events are linked after they were committed, so whoever goes on after a place misses
nothing, however transactions overlapped. Only the person's own word moves it: reading a page changes nothing. It is a
bookmark of theirs and nothing that happened to the body, so no event is recorded of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from schemes.audit import AuditEvent, AuditLink
from schemes.database import Base, BodyOwned, new_id, take_turns
from schemes.person import Actor

AT_FIRST = timedelta(days=7)
"""What somebody who has never said that they saw anything is told of."""
MOST_LOOKED_AT = 400
"""Of more events than this only the newest are told of: the trail has them all."""

# what the trail tells and a home page need not: who read or took something, what the service does for itself
QUIET = (
    "access.",
    "api_key.refused",
    "bank_details.unmasked",
    "calendar_feed.",
    "confirmation.",
    "evidence.",
    "file.checked",
    "notice.",
    "notices.",
    "payee.searched",
    "person.signed",
    "person.authenticator",
    "person.passkey",
    "person.recovery",
    "staff.",
    "subject_access.taken",
    "task.",
    "webhook.test",
)

# of what the service does by itself only what people wait for: the rest would drown what people did
BY_ITSELF = ("payroll.", "payment.", "import.", "return", "bank_details.held", "bank_details.disowned")


class LastLook(BodyOwned, Base):
    """How far in the body's chain a person says that they have seen it all."""

    __tablename__ = "last_look"
    __table_args__ = (
        UniqueConstraint("body_id", "person_id"),
        CheckConstraint("position >= 0", name="position"),
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    position: Mapped[int] = mapped_column(BigInteger)
    looked_at: Mapped[datetime]


class Alike(NamedTuple):
    """Events of one kind by one person, one after another: the newest, and how many more there are."""

    event: AuditEvent
    more: int


class SinceThen(NamedTuple):
    """What others did. looked_at: when the person last said that they had seen all; None: what the last days brought.

    position: the place that is kept if they say so now. cut: there was more than anybody would read.
    """

    looked_at: datetime | None
    position: int
    events: list[Alike]
    cut: bool


def last_look_of(session: Session, person_id: UUID) -> LastLook | None:
    return session.scalars(select(LastLook).where(LastLook.person_id == person_id)).one_or_none()


def since_last_look(session: Session, person_id: UUID, *, at: datetime, limit: int = 10) -> SinceThen:
    """What others did since a person last looked, newest first."""
    kept = last_look_of(session, person_id)
    rows = linked_after(session, kept.position if kept else 0)
    events = [event for _, event in rows if kept or event.at >= at - AT_FIRST]
    told = [event for event in events if event.actor_id != person_id and is_told(event)]
    groups = list(alike(told))
    position = rows[0][0] if rows else kept.position if kept else 0
    cut = len(groups) > limit or len(rows) == MOST_LOOKED_AT
    return SinceThen(kept.looked_at if kept else None, position, groups[:limit], cut)


def is_told(event: AuditEvent) -> bool:
    if event.actor_id is None:
        return event.action.startswith(BY_ITSELF)
    return not event.action.startswith(QUIET)


def linked_after(session: Session, position: int) -> Sequence[tuple[int, AuditEvent]]:
    """The newest events after a place in the chain, each with its own."""
    rows = session.execute(
        select(AuditLink.position, AuditEvent)
        .join(AuditEvent, (AuditEvent.body_id == AuditLink.body_id) & (AuditEvent.id == AuditLink.event_id))
        .where(AuditLink.position > position)
        .order_by(AuditLink.position.desc())
        .limit(MOST_LOOKED_AT)
    )
    return [(place, event) for place, event in rows]


def alike(events: Sequence[AuditEvent]) -> Iterator[Alike]:
    """Events one after another of one kind, by one person, about one sort of thing, as one."""
    for _, group in groupby(events, key=lambda event: (event.action, event.actor_id)):
        newest, *others = group
        yield Alike(newest, len(others))


def say_seen(session: Session, position: int, *, by: Actor, at: datetime) -> None:
    """The person has seen all up to a place in the chain. It never goes back, nor beyond what there is."""
    take_turns(session, f"last look {by.person_id}")
    head = session.scalar(select(func.max(AuditLink.position))) or 0
    seen = max(0, min(position, head))
    kept = last_look_of(session, by.person_id)
    if kept is None:
        session.add(LastLook(body_id=by.body_id, id=new_id(), person_id=by.person_id, position=seen, looked_at=at))
    elif seen >= kept.position:
        kept.position, kept.looked_at = seen, at
    session.flush()
