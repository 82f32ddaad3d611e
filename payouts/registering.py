"""Bringing a register in, with the jobs that follow each word of a person."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from payouts import matching
from payouts.notices import news
from payouts.notices.staff import StaffEvent
from payouts.tasks import outbox
from payouts.tasks.outbox import Task
from schemes.duplicates.search import Scope
from schemes.imports import landing, reading, register_import
from schemes.imports.legacy_file import CreditTerms
from schemes.imports.mapping import ColumnMapping
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


def tell_columns(
    session: Session, brought: RegisterImport, mapping: ColumnMapping, *, source: str, by: Actor, at: datetime
) -> None:
    """What the columns of a file are; a job reads it so. Raises MappingRefused, NotNow, NotAllowed."""
    if register_import.tell_columns(session, brought, mapping, source=source, by=by, at=at):
        outbox.add(session, "import.read", once=f"import.read/{brought.id}/told", at=at, import_id=str(brought.id))


def tell_terms(session: Session, brought: RegisterImport, terms: CreditTerms, *, by: Actor, at: datetime) -> None:
    """How the credits of a file of payments are taken; a job reads it so. Raises NotNow, NotAllowed."""
    if register_import.tell_terms(session, brought, terms, by=by, at=at):
        outbox.add(session, "import.read", once=f"import.read/{brought.id}/told", at=at, import_id=str(brought.id))


def keep_rows(session: Session, brought: RegisterImport, *, whole: bool = False, by: Actor, at: datetime) -> None:
    """The preparer's word: the good rows go into the register, or all or none; a job lands them.

    Raises NotNow, NotWhole, NotAllowed.
    """
    if register_import.keep(session, brought, whole=whole, by=by, at=at):
        # it may be asked for again, where all were wanted and one turned bad
        once = f"import.land/{brought.id}/{at.isoformat()}"
        outbox.add(session, "import.land", once=once, at=at, import_id=str(brought.id))


WORK = {ImportStatus.READING: "import.read", ImportStatus.LANDING: "import.land"}


def stopped_work(session: Session, brought: RegisterImport, *, lock: bool = False) -> Task | None:
    """The work on an import if it stopped, having failed too often: nothing of the file is in the register."""
    kind = WORK.get(brought.status)
    stopped = outbox.stopped_of_kind(session, kind, lock=lock) if kind else ()
    return next((task for task in stopped if task.args["import_id"] == str(brought.id)), None)


def stopped_imports(session: Session) -> set[UUID]:
    """The body's imports on which work stopped."""
    stopped = [task for kind in WORK.values() for task in outbox.stopped_of_kind(session, kind)]
    return {UUID(task.args["import_id"]) for task in stopped}


def discard(session: Session, brought: RegisterImport, *, by: Actor, at: datetime) -> None:
    """Keep nothing of an import, also of one on which work stopped. Raises NotNow, NotAllowed."""
    is_stopped = stopped_work(session, brought, lock=True) is not None
    register_import.discard(session, brought, is_stopped=is_stopped, by=by, at=at)


def read(session: Session, service: Service, args: Mapping[str, Any]) -> None:
    brought = register_import.get_import(session, UUID(args["import_id"]))
    reading.read(session, service.seals, brought, progress=progress_of(service, brought), at=service.now())


def land(session: Session, service: Service, args: Mapping[str, Any]) -> None:
    brought = register_import.get_import(session, UUID(args["import_id"]))
    landing.land(session, service.seals, brought, progress=progress_of(service, brought), at=service.now())
    if brought.status is ImportStatus.LANDED:
        matching.ask(session, Scope.IMPORT, import_id=brought.id, search_id=brought.id, by=None, at=service.now())
        if news.is_news(brought, at=service.now()):
            once = f"staff.tell/import_finished/{brought.id}"
            outbox.add(
                session,
                "staff.tell",
                once=once,
                at=service.now(),
                event=StaffEvent.IMPORT_FINISHED.value,
                about=str(brought.id),
            )


def progress_of(service: Service, brought: RegisterImport) -> Callable[[int], None]:
    """Tells how far a step is, in a transaction of its own: the step's own commits only when all is done."""

    def tell(rows_done: int) -> None:
        with service.transaction(brought.body_id) as session:
            session.execute(update(RegisterImport).where(RegisterImport.id == brought.id).values(rows_done=rows_done))

    return tell
