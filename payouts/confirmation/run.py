"""A run: asking about a whole import or the whole register, its progress counted in the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from payouts.tasks.outbox import Task, TaskState
from schemes import audit
from schemes.database import Base, BodyOwned, new_id, take_turns, to_body_row
from schemes.errors import NotFound
from schemes.imports.register_import import RegisterImport
from schemes.person import Actor


class ConfirmationRun(BodyOwned, Base):
    """Who asked, when, about which import (None: the register); how many names it is about, how many are done."""

    __tablename__ = "confirmation_run"
    __table_args__ = (
        Index("ix_confirmation_run_import", "body_id", "import_id", "began_at"),
        to_body_row("register_import", "import_id"),
    )

    import_id: Mapped[UUID | None]
    total: Mapped[int]
    done: Mapped[int] = mapped_column(default=0)
    asked_by: Mapped[UUID]
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


@dataclass(frozen=True)
class Progress:
    """How far a run has come. Neither running nor ended: it stopped, because the provider kept silent."""

    done: int
    total: int
    running: bool
    ended: bool


def begin(session: Session, about: RegisterImport | None, *, total: int, by: Actor, at: datetime) -> ConfirmationRun:
    """Begin a run about so many names, of an import or of the register (None)."""
    begun = ConfirmationRun(
        body_id=by.body_id,
        id=new_id(),
        import_id=about.id if about else None,
        total=total,
        asked_by=by.person_id,
        began_at=at,
    )
    session.add(begun)
    session.flush()
    audit.record(session, "confirmation.begun", by=by, about=about or begun, at=at, count=total)
    return begun


def get_run(session: Session, run_id: UUID, *, lock: bool = False) -> ConfirmationRun:
    """Raises NotFound."""
    found = session.get(ConfirmationRun, (session.info["body_id"], run_id), with_for_update=lock or None)
    if found is None:
        raise NotFound("confirmation run", run_id)
    return found


def latest(session: Session, import_id: UUID | None, *, lock: bool = False) -> ConfirmationRun | None:
    """The last run of an import, or of the register. lock: nobody else begins one until this transaction ends."""
    if lock:
        take_turns(session, f"confirmation of {import_id}")
    runs = select(ConfirmationRun).where(ConfirmationRun.import_id == import_id)
    return session.scalars(runs.order_by(ConfirmationRun.began_at.desc(), ConfirmationRun.id.desc()).limit(1)).first()


def is_running(session: Session, going_on: ConfirmationRun) -> bool:
    """Whether a task of the run waits or is at work. Of a run whose task has stopped nothing more comes."""
    waiting = select(Task.id).where(
        Task.state == TaskState.WAITING,
        Task.kind == "confirmation.ask",
        Task.args["run_id"].astext == str(going_on.id),
    )
    return going_on.ended_at is None and session.scalar(waiting.limit(1)) is not None


def progress_of(session: Session, going_on: ConfirmationRun) -> Progress:
    return Progress(going_on.done, going_on.total, is_running(session, going_on), ended=going_on.ended_at is not None)


def end(session: Session, run_id: UUID, *, at: datetime) -> None:
    session.execute(
        update(ConfirmationRun)
        .where(ConfirmationRun.id == run_id, ConfirmationRun.ended_at.is_(None))
        .values(ended_at=at)
    )
