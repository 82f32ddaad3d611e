"""Looking for payees and beneficiaries who may be one: after an import, each night, and when somebody asks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from payouts.tasks import outbox
from schemes.duplicates import chunk, search
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
    ask_for_payees(session, begun.id, "", at=at)
    return begun


def ask_for_payees(session: Session, search_id: UUID, after: str, *, at: datetime) -> None:
    once = f"duplicates.look/{search_id}/{after}"
    outbox.add(session, "duplicates.look", once=once, at=at, search_id=str(search_id), after=after)


def ask_for_beneficiaries(session: Session, search_id: UUID, after: str, *, at: datetime) -> None:
    once = f"duplicates.look_at_beneficiaries/{search_id}/{after}"
    outbox.add(session, "duplicates.look_at_beneficiaries", once=once, at=at, search_id=str(search_id), after=after)


def look(session: Session, service: Service, args: Mapping[str, Any]) -> None:
    """Look at one chunk of payees, and ask for the next, or for the beneficiaries."""
    going_on, after = given(session, args)
    last = chunk.look_at_payees(session, service.seals, going_on, after=after, at=service.now())
    if last is not None:
        ask_for_payees(session, going_on.id, str(last), at=service.now())
    else:
        # once all payees have their keys
        ask_for_beneficiaries(session, going_on.id, "", at=service.now())


def look_at_beneficiaries(session: Session, service: Service, args: Mapping[str, Any]) -> None:
    """Look at one chunk of beneficiaries, and ask for the next."""
    going_on, after = given(session, args)
    last = chunk.look_at_beneficiaries(session, service.seals, going_on, after=after, at=service.now())
    if last is not None:
        ask_for_beneficiaries(session, going_on.id, str(last), at=service.now())


def given(session: Session, args: Mapping[str, Any]) -> tuple[DuplicateSearch, UUID | None]:
    return search.get_search(session, UUID(args["search_id"])), UUID(args["after"]) if args["after"] else None


def ask_nightly(session: Session, body_id: UUID, *, at: datetime) -> None:
    """Once a day, whoever asks: a look at everybody whose record changed since the last one."""
    search_id = uuid5(body_id, f"duplicates {at:%Y-%m-%d}")
    ask(session, Scope.CHANGED, search_id=search_id, by=None, at=at)
