"""What people write down about a payee for each other: added, never changed, sealed with the payee's key."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Index, select
from sqlalchemy.orm import Mapped, Session

from schemes import audit
from schemes.database import Base, BodyOwned, take_turns, to_body_row
from schemes.errors import NotFound, Refused
from schemes.payee import Payee, get_payee
from schemes.person import Actor, Role
from schemes.seal import Seals, get_key

WRITERS = (Role.PREPARER, Role.FINANCE, Role.APPROVER, Role.RELEASER, Role.ADMINISTRATOR)
LONGEST = 4000


class NoteEmpty(Refused):
    """A note without a word."""


class Note(BodyOwned, Base):
    """One note, in sealed text."""

    __tablename__ = "note"
    __table_args__ = (Index("ix_note_payee", "body_id", "payee_id", "id"), to_body_row("payee", "payee_id"))

    payee_id: Mapped[UUID]
    sealed_text: Mapped[bytes]
    written_by: Mapped[UUID]
    written_at: Mapped[datetime]


class NoteRow(NamedTuple):
    """A note as a person reads it."""

    written_by: UUID
    written_at: datetime
    text: str


def write_note(
    session: Session, seals: Seals, *, note_id: UUID, payee_id: UUID, text: str, by: Actor, at: datetime
) -> None:
    """Write a note. The same id again is the same note. Raises NoteEmpty, NotFound, NotAllowed."""
    by.must_be(*WRITERS)
    payee = get_payee(session, payee_id)
    take_turns(session, f"note {note_id}")
    there = session.get(Note, (by.body_id, note_id))
    if there is not None:
        if there.payee_id != payee_id:
            raise NotFound("note", note_id)
        return
    if not text.strip():
        raise NoteEmpty
    key = seals.open_row(get_key(session, payee.body_id, payee.key_id))
    session.add(
        Note(
            body_id=by.body_id,
            id=note_id,
            payee_id=payee_id,
            sealed_text=key.seal(text.strip()[:LONGEST].encode(), "note", note_id),
            written_by=by.person_id,
            written_at=at,
        )
    )
    session.flush()
    audit.record(session, "note.written", by=by, about=payee, at=at, note=str(note_id))


def notes_of(session: Session, seals: Seals, payee: Payee, *, limit: int = 100) -> list[NoteRow]:
    """The notes on a payee, newest first; none once the payee was erased."""
    notes = session.scalars(select(Note).where(Note.payee_id == payee.id).order_by(Note.id.desc()).limit(limit)).all()
    row = get_key(session, payee.body_id, payee.key_id) if notes else None
    if row is None or row.wrapped is None:
        return []
    key = seals.open_row(row)
    return [
        NoteRow(note.written_by, note.written_at, key.open(note.sealed_text, "note", note.id).decode())
        for note in notes
    ]
