"""What the people who work here are told of their work, in a body's own words: versions that two people set.

The same holds as for messages to payees: one person proposes other words, another confirms them. What is said of
accounts, passwords and invitations is not for a body to word: a fraudster's message must never look like ours.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from sqlalchemy import CheckConstraint, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from payouts.notices import staff
from payouts.notices.lint import WordingRefused, look_at_fields
from payouts.notices.staff import StaffEvent
from payouts.notices.wording import CONFIRMERS, PROPOSERS
from payouts.notices.words import Words, fill, plain
from schemes import audit, change
from schemes.change import Change, ChangeKind
from schemes.change_applied import EFFECTS, Effect
from schemes.database import Base, BodyOwned, new_id, stored
from schemes.person import Actor, Person

if TYPE_CHECKING:
    from payouts.app import Service


class StaffText(StrEnum):
    """The messages whose words are a body's own; each is a `StaffEvent`."""

    GATE_WAITING = "gate_waiting"
    GATE_REMINDER = "gate_reminder"
    GATE_LATE = "gate_late"
    NO_GO = "no_go"
    RELEASED = "released"
    RETURNS_ARRIVED = "returns_arrived"
    IMPORT_FINISHED = "import_finished"


OF_A_PAYROLL = frozenset({"payroll", "scheme", "payments", "total", "pay_date", "link"})
OF_A_GATE = OF_A_PAYROLL | {"gate", "due", "cut_off"}
FIELDS: dict[StaffText, frozenset[str]] = {
    StaffText.GATE_WAITING: OF_A_GATE,
    StaffText.GATE_REMINDER: OF_A_GATE | {"on_time", "late"},
    StaffText.GATE_LATE: OF_A_GATE | {"lacking"},
    StaffText.NO_GO: OF_A_PAYROLL | {"gate", "who"},
    StaffText.RELEASED: OF_A_PAYROLL,
    StaffText.RETURNS_ARRIVED: frozenset({"day", "link"}),
    StaffText.IMPORT_FINISHED: frozenset({"kept", "refused", "link"}),
}
"""`((on_time??…))` and `((late??…))` hold or do not; all others are filled in."""


class StaffWording(BodyOwned, Base):
    """A version of a body's own words, from the instant on which a second person confirmed them. Never changed."""

    __tablename__ = "staff_wording"
    __table_args__ = (UniqueConstraint("body_id", "event", "number"), CheckConstraint("body <> ''", name="body"))

    event: Mapped[StaffText] = mapped_column(stored(StaffText))
    number: Mapped[int]
    subject: Mapped[str]
    body: Mapped[str]
    set_by: Mapped[UUID]
    set_at: Mapped[datetime]

    @property
    def words(self) -> Words:
        return Words(self.subject, self.body)


@cache
def defaults() -> dict[StaffText, Words]:
    """The words that count until a body has its own."""
    written = tomllib.loads(files("payouts.notices").joinpath("texts/staff.toml").read_text("utf-8"))
    return {text: Words(written[text]["subject"], written[text]["body"].strip()) for text in StaffText}


def versions_of(session: Session, text: StaffText) -> list[StaffWording]:
    """A body's own versions, the newest first."""
    mine = select(StaffWording).where(StaffWording.event == text)
    return list(session.scalars(mine.order_by(StaffWording.number.desc())))


def worded(session: Session) -> set[StaffText]:
    """The messages for which a body has its own words."""
    return set(session.scalars(select(StaffWording.event).distinct()))


def words_of(session: Session, text: StaffText) -> Words:
    """The words that count now."""
    own = versions_of(session, text)
    return own[0].words if own else defaults()[text]


def write(
    session: Session, service: Service, text: StaffText, person: Person, values: Mapping[str, str], *, at: datetime
) -> None:
    """Plan a message to a person in the words that count now."""
    filled = fill(words_of(session, text), values)
    facts = {"email": person.email, "name": plain(person.name), "subject": filled.subject, "text": filled.body}
    staff.plan(session, service, StaffEvent(text.value), **facts, at=at)


def subject_id(body_id: UUID, text: StaffText) -> UUID:
    """What stands for these words among the changes that wait."""
    return uuid5(body_id, f"staff/{text}")


def facts(text: StaffText, words: Words) -> dict[str, Any]:
    return {"event": text.value, "subject": words.subject, "body": words.body}


def now_there(session: Session, subject: UUID) -> dict[str, Any]:
    """What a waiting proposal would replace."""
    waiting = change.waiting_of(session, ChangeKind.STAFF_WORDING, subject)
    assert waiting is not None, "only a waiting proposal is confirmed"
    text = StaffText(waiting.after["event"])
    return facts(text, words_of(session, text))


def propose(
    session: Session, text: StaffText, words: Words, *, change_id: UUID, reason: str, by: Actor, at: datetime
) -> Change:
    """Propose other words. Raises WordingRefused with all that is wrong, NotAllowed, and as `change.propose`."""
    by.must_be(*PROPOSERS)
    words = Words(words.subject.strip(), words.body.strip().replace("\r\n", "\n"))
    faults = look_at_fields(words, FIELDS[text])
    if faults:
        raise WordingRefused(faults)
    return change.propose(
        session,
        ChangeKind.STAFF_WORDING,
        change_id=change_id,
        subject_id=subject_id(by.body_id, text),
        before=facts(text, words_of(session, text)),
        after=facts(text, words),
        reason=reason,
        by=by,
        at=at,
    )


def apply(session: Session, confirmed: Change, by: Actor, at: datetime) -> None:
    """From now on messages say this; what is on its way says what it said."""
    text = StaffText(confirmed.after["event"])
    own = versions_of(session, text)
    row = StaffWording(
        body_id=by.body_id,
        id=new_id(),
        event=text,
        number=own[0].number + 1 if own else 1,
        subject=confirmed.after["subject"],
        body=confirmed.after["body"],
        set_by=by.person_id,
        set_at=at,
    )
    session.add(row)
    session.flush()
    audit.record(session, "notice.staff_wording_set", by=by, about=row, at=at, event=row.event.value, number=row.number)


EFFECTS[ChangeKind.STAFF_WORDING] = Effect(CONFIRMERS, now_there, apply)
