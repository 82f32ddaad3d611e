"""A search cut in chunks for any worker: first its payees, then the beneficiaries who are paid through others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from schemes.database import take_turns
from schemes.duplicates import beneficiary_search, search
from schemes.duplicates.search import NIL, DuplicateSearch
from schemes.payee import Beneficiary, Payee
from schemes.seal import Seals

CHUNK = 2000


def look_at_payees(
    session: Session, seals: Seals, going_on: DuplicateSearch, *, after: UUID | None, at: datetime
) -> UUID | None:
    """Look at the next payees, and return the last id of the chunk; None when that was the last chunk of payees."""
    take_turns(session, "search for duplicates")
    ids = next_ids(session, Payee.id, search.in_scope(going_on, after or NIL))
    if ids:
        search.look_at(session, seals, ids, at=at)
        beneficiary_search.look_at_themselves(session, ids, at=at)
    note_done(session, going_on, len(ids))
    return ids[-1] if len(ids) == CHUNK else None


def look_at_beneficiaries(
    session: Session, seals: Seals, going_on: DuplicateSearch, *, after: UUID | None, at: datetime
) -> UUID | None:
    """Look at the next beneficiaries, and return the last id of the chunk; None when that was the end of the search."""
    take_turns(session, "search for duplicates")
    ids = next_ids(session, Beneficiary.id, search.beneficiaries_in_scope(going_on, after or NIL))
    if ids:
        beneficiary_search.look_at(session, seals, ids, at=at)
    last = ids[-1] if len(ids) == CHUNK else None
    note_done(session, going_on, len(ids), **({} if last else {"ended_at": at}))
    return last


def next_ids(session: Session, column: InstrumentedAttribute[UUID], wanted: ColumnElement[bool]) -> Sequence[UUID]:
    """The ids of the next chunk."""
    return session.scalars(select(column).where(wanted).order_by(column).limit(CHUNK)).all()


def note_done(session: Session, search: DuplicateSearch, count: int, **ended: datetime) -> None:
    values = {"done": DuplicateSearch.done + count, **ended}
    session.execute(update(DuplicateSearch).where(DuplicateSearch.id == search.id).values(**values))
