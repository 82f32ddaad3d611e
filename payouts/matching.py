"""Looking for payees who may be one, in the background: after an import, each night, and when somebody asks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from payouts.tasks import outbox
from schemes.duplicates import search
from schemes.duplicates.search import DuplicateSearch, Scope
from schemes.person import Actor

if TYPE_CHECKING:
    from payouts.app import Service


def ask(
    session: Session,
    scope: Scope,
    *,
    import_id: UUID | None = None,
    search_id: UUID | None = None,
    by: Actor | None,
    at: datetime,
) -> DuplicateSearch:
    """Begin a search; jobs look through it. The same id again is the same search. Raises NotAllowed."""
    begun = search.begin(session, scope, import_id=import_id, search_id=search_id, by=by, at=at)
    ask_for_chunk(session, begun.id, "", at=at)
    return begun


def ask_for_chunk(session: Session, search_id: UUID, after: str, *, at: datetime) -> None:
    once = f"duplicates.look/{search_id}/{after}"
    outbox.add(session, "duplicates.look", once=once, at=at, search_id=str(search_id), after=after)


def look(session: Session, service: Service, args: Mapping[str, Any]) -> None:
    """Look at one chunk, and ask for the next."""
    going_on = search.get_search(session, UUID(args["search_id"]))
    after = UUID(args["after"]) if args["after"] else None
    last = search.look(session, service.seals, going_on, after=after, at=service.now())
    if last is not None:
        ask_for_chunk(session, going_on.id, str(last), at=service.now())


def ask_nightly(session: Session, body_id: UUID, *, at: datetime) -> None:
    """Once a day, whoever asks: a look at everybody whose record changed since the last one."""
    search_id = uuid5(body_id, f"duplicates {at:%Y-%m-%d}")
    ask(session, Scope.CHANGED, search_id=search_id, by=None, at=at)
