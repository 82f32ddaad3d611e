"""Bringing a register in, with the jobs that follow each word of a person."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from payouts import matching
from payouts.tasks import outbox
from schemes.duplicates.search import Scope
from schemes.imports import landing, reading, register_import
from schemes.imports.register_import import ImportStatus, RegisterImport
from schemes.person import Actor

if TYPE_CHECKING:
    from payouts.app import Service


def begin_import(
    session: Session,
    service: Service,
    *,
    import_id: UUID,
    scheme_id: UUID,
    file_name: str,
    content: bytes,
    by: Actor,
    at: datetime,
) -> RegisterImport:
    """Take a register file in; a job reads it. Raises NotFound, NotAllowed."""
    brought, new = register_import.begin(
        session,
        service.seals,
        import_id=import_id,
        scheme_id=scheme_id,
        file_name=file_name,
        content=content,
        by=by,
        at=at,
    )
    if new:
        outbox.add(session, "import.read", once=f"import.read/{import_id}", at=at, import_id=str(import_id))
    return brought


def keep_good_rows(session: Session, brought: RegisterImport, *, by: Actor, at: datetime) -> None:
    """The preparer's word: the good rows go into the register; a job lands them. Raises NotNow, NotAllowed."""
    if register_import.keep(session, brought, by=by, at=at):
        outbox.add(session, "import.land", once=f"import.land/{brought.id}", at=at, import_id=str(brought.id))


def asked_at(session: Session, brought: RegisterImport) -> datetime | None:
    """When the step that runs was asked for; None when none runs."""
    steps = {ImportStatus.READING: "read", ImportStatus.LANDING: "land"}
    if brought.status not in steps:
        return None
    once = f"import.{steps[brought.status]}/{brought.id}"
    return session.scalars(select(outbox.Task.made_at).where(outbox.Task.once == once)).first()


def read(session: Session, service: Service, args: Mapping[str, Any]) -> None:
    brought = register_import.get_import(session, UUID(args["import_id"]))
    reading.read(session, service.seals, brought, progress=progress_of(service, brought), at=service.now())


def land(session: Session, service: Service, args: Mapping[str, Any]) -> None:
    brought = register_import.get_import(session, UUID(args["import_id"]))
    landing.land(session, service.seals, brought, progress=progress_of(service, brought), at=service.now())
    if brought.status is ImportStatus.LANDED:
        matching.ask(session, Scope.IMPORT, import_id=brought.id, search_id=brought.id, by=None, at=service.now())


def progress_of(service: Service, brought: RegisterImport) -> Callable[[int], None]:
    """Tells how far a step is, in a transaction of its own: the step's own commits only when all is done."""

    def tell(rows_done: int) -> None:
        with service.transaction(brought.body_id) as session:
            session.execute(update(RegisterImport).where(RegisterImport.id == brought.id).values(rows_done=rows_done))

    return tell
