"""A body's own words for its messages: versions for each event, channel and language, for all schemes or for one.

Nobody changes alone what thousands of people are told: one person proposes other words, another confirms them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid5

from sqlalchemy import CheckConstraint, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from payouts.notices.connection import Way
from payouts.notices.event import NoticeEvent
from payouts.notices.lint import WordingRefused, look
from payouts.notices.words import Words, defaults
from schemes import audit, change
from schemes.change import Change, ChangeKind
from schemes.change_applied import EFFECTS, Effect
from schemes.database import Base, BodyOwned, new_id, stored, to_body_row
from schemes.payee import Language
from schemes.person import Actor, Role
from schemes.scheme import get_scheme

PROPOSERS = (Role.ADMINISTRATOR, Role.PREPARER, Role.FINANCE)
CONFIRMERS = (Role.ADMINISTRATOR, Role.APPROVER, Role.FINANCE)


class Place(NamedTuple):
    """Which words: of an event, a channel and a language, for all schemes or for one."""

    event: NoticeEvent
    way: Way
    language: Language
    scheme_id: UUID | None = None

    def subject_id(self, body_id: UUID) -> UUID:
        """What stands for these words among the changes that wait."""
        return uuid5(body_id, f"{self.event}/{self.way}/{self.language}/{self.scheme_id or ''}")


class NoticeWording(BodyOwned, Base):
    """A version of a body's own words, from the instant on which a second person confirmed them. Never changed."""

    __tablename__ = "notice_wording"
    __table_args__ = (
        UniqueConstraint(
            "body_id", "scheme_id", "event", "way", "language", "number", postgresql_nulls_not_distinct=True
        ),
        to_body_row("scheme", "scheme_id"),
        CheckConstraint("body <> ''", name="body"),
    )

    scheme_id: Mapped[UUID | None]
    event: Mapped[NoticeEvent] = mapped_column(stored(NoticeEvent))
    way: Mapped[Way] = mapped_column(stored(Way))
    language: Mapped[Language] = mapped_column(stored(Language))
    number: Mapped[int]
    subject: Mapped[str]
    body: Mapped[str]
    set_by: Mapped[UUID]
    set_at: Mapped[datetime]

    @property
    def words(self) -> Words:
        return Words(self.subject, self.body)


class Wordings:
    """The words that count now, all of a body read at once: there are few."""

    def __init__(self, session: Session) -> None:
        self.every = session.scalars(select(NoticeWording).order_by(NoticeWording.number)).all()
        self.own = {Place(row.event, row.way, row.language, row.scheme_id): row for row in self.every}

    def row(self, place: Place) -> NoticeWording | None:
        """The scheme's own words, or those of the body."""
        return self.own.get(place) or self.own.get(place._replace(scheme_id=None))

    def of(self, place: Place) -> tuple[Words, UUID | None]:
        """The words that count, and their version's id; None where they are the service's own.

        Where there are no words in a language, those in English stand in.
        """
        row = self.row(place)
        if row is not None:
            return row.words, row.id
        if place[:3] not in defaults() and place.language is not Language.ENGLISH:
            return self.of(place._replace(language=Language.ENGLISH))
        return self.default(place), None

    def default(self, place: Place) -> Words:
        """The service's own words; in English where there are none in the language."""
        return defaults().get(place[:3]) or defaults()[place.event, place.way, Language.ENGLISH]


def facts(place: Place, words: Words, scheme: str) -> dict[str, Any]:
    return {
        "event": place.event.value,
        "way": place.way.value,
        "language": place.language.value,
        "scheme_id": str(place.scheme_id or ""),
        "scheme": scheme,
        "subject": words.subject,
        "body": words.body,
    }


def place_of(facts: Mapping[str, Any]) -> Place:
    scheme_id = UUID(facts["scheme_id"]) if facts["scheme_id"] else None
    return Place(NoticeEvent(facts["event"]), Way(facts["way"]), Language(facts["language"]), scheme_id)


def facts_now(session: Session, place: Place) -> dict[str, Any]:
    """The words that count, as a proposal's facts."""
    scheme = get_scheme(session, place.scheme_id).code if place.scheme_id else ""
    return facts(place, Wordings(session).of(place)[0], scheme)


def now_there(session: Session, subject_id: UUID) -> dict[str, Any]:
    """What a waiting proposal would replace."""
    waiting = change.waiting_of(session, ChangeKind.NOTICE_WORDING, subject_id)
    assert waiting is not None, "only a waiting proposal is confirmed"
    return facts_now(session, place_of(waiting.after))


def propose(
    session: Session, place: Place, words: Words, *, change_id: UUID, reason: str, by: Actor, at: datetime
) -> Change:
    """Propose other words. Raises WordingRefused with all that is wrong, NotAllowed, NotFound, and as `change.propose`.

    Words for one scheme are proposed by whoever works on it, those for all by whoever works on all.
    """
    by.must_be(*PROPOSERS, scheme=place.scheme_id)
    words = Words("" if place.way is Way.TEXT else words.subject.strip(), words.body.strip().replace("\r\n", "\n"))
    faults = look(place.event, place.way, words)
    if faults:
        raise WordingRefused(faults)
    before = facts_now(session, place)
    return change.propose(
        session,
        ChangeKind.NOTICE_WORDING,
        change_id=change_id,
        subject_id=place.subject_id(by.body_id),
        before=before,
        after=facts(place, words, before["scheme"]),
        reason=reason,
        by=by,
        at=at,
    )


def apply(session: Session, confirmed: Change, by: Actor, at: datetime) -> None:
    """From now on messages say this; what is on its way says what it said."""
    place = place_of(confirmed.after)
    newest = select(func.max(NoticeWording.number)).where(
        NoticeWording.event == place.event,
        NoticeWording.way == place.way,
        NoticeWording.language == place.language,
        NoticeWording.scheme_id.is_not_distinct_from(place.scheme_id),
    )
    row = NoticeWording(
        body_id=by.body_id,
        id=new_id(),
        number=(session.scalar(newest) or 0) + 1,
        subject=confirmed.after["subject"],
        body=confirmed.after["body"],
        set_by=by.person_id,
        set_at=at,
        **place._asdict(),
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        "notice.wording_set",
        by=by,
        about=row,
        at=at,
        event=place.event.value,
        way=place.way.value,
        language=place.language.value,
        number=row.number,
    )


EFFECTS[ChangeKind.NOTICE_WORDING] = Effect(CONFIRMERS, now_there, apply)
