"""The outbox: a change and the work that follows are one transaction. The queue may lose everything; this does not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, func, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from schemes.database import Base, BodyOwned, new_id, stored
from schemes.errors import NotFound, NotNow

MOST_ATTEMPTS = 6
LONGEST_PAUSE = timedelta(minutes=5)
PATIENCE = timedelta(days=1)


class NotThere(Exception):
    """Somebody outside takes nothing for now: no fault of the task, which waits for them longer than for a fault.

    until: when it is worth trying again, where that is known; such a wait counts as no attempt.
    """

    def __init__(self, *words: object, until: datetime | None = None) -> None:
        super().__init__(*words)
        self.until = until


class TaskState(StrEnum):
    """Where a task is. A stopped one failed too often: an operator looks at its error and tries it again."""

    WAITING = "waiting"
    DONE = "done"
    STOPPED = "stopped"


class Task(BodyOwned, Base):
    """A chunk of work. `once` names it within its body: the same work asked for twice is one task."""

    __tablename__ = "task"
    __table_args__ = (
        UniqueConstraint("body_id", "once"),
        Index("ix_task_due", "due_at", postgresql_where=text("state = 'waiting'")),
        Index("ix_task_stopped", "body_id", "ended_at", postgresql_where=text("state = 'stopped'")),
    )

    kind: Mapped[str]
    once: Mapped[str]
    args: Mapped[dict[str, Any]] = mapped_column(JSONB)
    state: Mapped[TaskState] = mapped_column(stored(TaskState), default=TaskState.WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    pushed_at: Mapped[datetime]
    error: Mapped[str | None]
    made_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Push(NamedTuple):
    """What the queue is handed. The attempt is part of the job's name: a retry is another job."""

    task_id: UUID
    body_id: UUID
    attempt: int


def add(session: Session, kind: str, *, once: str, at: datetime, due_at: datetime | None = None, **args: Any) -> None:
    """Add work to the caller's transaction, unless work of this name was added before.

    due_at: when there is a point in doing it, if that is later; the clock pushes it then.
    """
    there = session.scalars(select(Task.id).where(Task.once == once)).first()
    if there is not None:
        return
    task = Task(
        body_id=session.info["body_id"],
        id=new_id(),
        kind=kind,
        once=once,
        args=args,
        due_at=due_at or at,
        pushed_at=at,
        made_at=at,
    )
    session.add(task)
    session.flush()
    if task.due_at <= at:
        session.info.setdefault("tasks", []).append(Push(task.id, task.body_id, 0))


def made_in(session: Session) -> list[Push]:
    """The tasks that a transaction added, to be pushed once it has committed."""
    made: list[Push] = session.info.pop("tasks", [])
    return made


def take(session: Session, task_id: UUID) -> Task | None:
    """The task, locked until the transaction ends; None when it is done, stopped, or another worker has it."""
    return session.scalars(
        select(Task).where(Task.id == task_id, Task.state == TaskState.WAITING).with_for_update(skip_locked=True)
    ).one_or_none()


def end(task: Task, *, at: datetime) -> None:
    task.state, task.ended_at, task.error = TaskState.DONE, at, None


def fail(task: Task, error: Exception, *, at: datetime) -> None:
    """Note a failure: try again after a pause that doubles from 2 seconds, or stop for an operator.

    What is only away for now (NotThere) is tried for a day, every five minutes at the least.
    """
    until = error.until if isinstance(error, NotThere) else None
    if until is not None:
        # its name for the queue is the attempt's: another job than the one that ends now
        task.attempts, task.due_at, task.error = task.attempts + 1, until, None
        return
    task.attempts += 1
    task.error = f"{type(error).__name__}: {error}"[:2000]
    task.due_at = at + min(timedelta(seconds=2 ** min(task.attempts, 20)), LONGEST_PAUSE)
    waits = isinstance(error, NotThere) and at - task.made_at < PATIENCE
    if task.attempts >= MOST_ATTEMPTS and not waits:
        task.state, task.ended_at = TaskState.STOPPED, at


def stopped_of(session: Session, payroll_id: UUID) -> Sequence[Task]:
    """The work on a payroll that failed too often and waits for an operator, the first to stop first."""
    mine = Task.args["payroll_id"].astext == str(payroll_id)
    stopped = select(Task).where(Task.state == TaskState.STOPPED, mine)
    return session.scalars(stopped.order_by(Task.ended_at, Task.id)).all()


def stopped_of_kind(session: Session, kind: str, *, lock: bool = False) -> Sequence[Task]:
    """The body's work of one kind that failed too often and waits for an operator, the first to stop first.

    lock: nobody tries it again before the transaction ends.
    """
    stopped = select(Task).where(Task.state == TaskState.STOPPED, Task.kind == kind).order_by(Task.ended_at, Task.id)
    return session.scalars(stopped.with_for_update() if lock else stopped).all()


def stopped_counts(session: Session) -> dict[str, int]:
    """The body's work that failed too often and waits for an operator: how many tasks of which kind."""
    stopped = select(Task.kind, func.count()).where(text("task.state = 'stopped'")).group_by(Task.kind)
    return dict(session.execute(stopped).all())


def retry(session: Session, task_id: UUID, *, at: datetime) -> Task:
    """An operator tries a stopped task again. Raises NotFound, NotNow."""
    task = session.get(Task, (session.info["body_id"], task_id), with_for_update=True)
    if task is None:
        raise NotFound("task", task_id)
    if task.state is not TaskState.STOPPED:
        raise NotNow("task", task.state, "tried again")
    task.state, task.attempts, task.due_at, task.pushed_at, task.ended_at = TaskState.WAITING, 0, at, at, None
    session.info.setdefault("tasks", []).append(Push(task.id, task.body_id, 0))
    return task
