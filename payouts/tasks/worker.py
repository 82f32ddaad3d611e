"""Doing the tasks. A job is a task's name; it reads the state afresh and can run twice."""

from __future__ import annotations

import gc
import logging
import time
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

import rq
from rq.worker_pool import WorkerPool
from sqlalchemy import text
from sqlalchemy.orm import configure_mappers

from payouts import logs
from payouts.app import Service, make_service
from payouts.config import Settings, read_settings
from payouts.tasks import outbox
from payouts.tasks.hold import held
from payouts.tasks.kinds import KINDS, Outside
from payouts.tasks.outbox import Task
from payouts.tasks.queue import QUEUE_NAME, Queue
from schemes.older_copy import is_held

log = logging.getLogger(__name__)


@cache
def process_service() -> Service:
    """The service of this process: a job runs in a child of the worker, which makes its own connections."""
    return make_service(read_settings(), pool_size=8)


def run(task_id: str, body_id: str) -> None:
    """What RQ calls. A task that fails is noted in the database; RQ never tries again by itself."""
    if not logging.root.handlers:
        # a child that was not forked knows nothing of its parent's log
        logs.set_up("worker")
    perform(process_service(), UUID(task_id), UUID(body_id))


def perform(service: Service, task_id: UUID, body_id: UUID) -> None:
    """Do a task once, however often this is called. Never raises for what the task raises: it is noted on the task."""
    began = time.perf_counter()
    facts: dict[str, object] = {"task": task_id, "body": body_id}
    try:
        waits = waiting(service, task_id, body_id)
        if waits is None:
            return
        kind, attempts, held = waits
        facts |= {"kind": kind, "attempt": attempts + 1}
        do = do_outside if isinstance(KINDS[kind], Outside) else do_on_database
        # of a held body nothing goes out; once it goes on, the clock finds that the task is still to be done
        outcome = "held" if held else "done" if do(service, task_id, body_id, kind) else "in other hands"
    except Exception as error:
        log.exception("task %s failed", task_id)
        with service.transaction(body_id) as session:
            task = outbox.take(session, task_id)
            if task is not None:
                outbox.fail(task, error, at=service.now())
        outcome = outcome_of(error, task)
    logs.happened("task", **facts, outcome=outcome, ms=round((time.perf_counter() - began) * 1000, 1))


def outcome_of(error: Exception, task: Task | None) -> str:
    if task is not None and task.state is outbox.TaskState.STOPPED:
        return "stopped"
    return "waits" if isinstance(error, outbox.NotThere) else "failed"


class Waits(NamedTuple):
    """A task that waits. attempts: how often it failed so far; held: whether it may not be done for now."""

    kind: str
    attempts: int
    held: bool


def waiting(service: Service, task_id: UUID, body_id: UUID) -> Waits | None:
    """What is known of a task; None unless it waits."""
    with service.transaction(body_id) as session:
        task = session.get(Task, (body_id, task_id))
        if task is None or task.state is not outbox.TaskState.WAITING:
            return None
        held = isinstance(KINDS[task.kind], Outside) and is_held(session)
        return Waits(task.kind, task.attempts, held)


def do_on_database(service: Service, task_id: UUID, body_id: UUID, kind: str) -> bool:
    """The task's row stays locked until its work and its end commit together. False if another worker has it."""
    with service.transaction(body_id) as session:
        task = outbox.take(session, task_id)
        if task is None:
            return False
        service.must_know_the_time(session)
        KINDS[kind].run(session, service, task.args)
        outbox.end(task, at=service.now())
    return True


def do_outside(service: Service, task_id: UUID, body_id: UUID, kind: str) -> bool:
    """Work that commits on its way holds an advisory lock throughout: a killed worker's child may live on.

    False if another worker has it, or did it.
    """
    with held(service.engine, task_id) as hold:
        if hold is None or waiting(service, task_id, body_id) is None:
            return False
        with service.transaction(body_id) as session:
            args = session.get_one(Task, (body_id, task_id)).args
        KINDS[kind].run(hold, service, {**args, "body_id": str(body_id)})
        with service.transaction(body_id) as session:
            task = outbox.take(session, task_id)
            if task is not None:
                outbox.end(task, at=service.now())
    return True


class CutOff(Exception):
    """The process that did a task ended in the middle of it, as when the kernel takes its memory."""


def note_cut_off(service: Service, task_id: UUID, body_id: UUID) -> None:
    """Note that a task's process was killed: it could not do so itself, and would be tried for ever."""
    with service.transaction(body_id) as session:
        # its connection may still be at a long statement, which PostgreSQL ends before it looks who is there
        session.execute(text("SET LOCAL lock_timeout = '30s'"))
        task = session.get(Task, (body_id, task_id), with_for_update=True)
        if task is not None and task.state is outbox.TaskState.WAITING:
            outbox.fail(task, CutOff("its process was killed"), at=service.now())


class TaskWorker(rq.Worker):
    """A worker without RQ's scheduler and command channel: the clock is our scheduler, and we send no commands.

    The channel's thread could take the signal to stop, while the main thread slept on in its wait for work.
    """

    # seconds; it doubles with each connection lost and forgets nothing until there is a task: RQ would go up to 60
    max_connection_wait_time = 2.0

    def subscribe(self) -> None:
        """Listen to no commands."""

    def handle_work_horse_killed(self, job: rq.job.Job, *facts: Any) -> None:
        super().handle_work_horse_killed(job, *facts)
        task_id, body_id = job.args
        # of its own for the moment: the next job is forked from this process, and would share its connections
        service = make_service(read_settings(), pool_size=1)
        try:
            note_cut_off(service, UUID(task_id), UUID(body_id))
        except Exception:
            log.exception("task %s was cut off, which could not be noted", task_id)
        finally:
            service.engine.dispose()

    def work(self, *args: Any, **options: Any) -> bool:
        return super().work(*args, **{**options, "with_scheduler": False})


def make_ready() -> None:
    """Do once what each job, in a child of its own, would do anew, and keep its memory from being looked through."""
    configure_mappers()
    # a child that looked through all that it was born with for garbage would copy it, page by page: half of its time
    gc.collect()
    gc.freeze()
    # a chunk's rows are no garbage until it is done: looking through them again and again is a tenth of a job
    gc.set_threshold(50_000, 20, 50)


def work(settings: Settings) -> None:
    """Run the worker pool until it is told to stop; a worker at work finishes its task first."""
    make_ready()
    queue = Queue(settings.redis_url)
    queues = [rq.Queue(QUEUE_NAME, connection=queue.connection)]
    pool = WorkerPool(queues, queue.connection, settings.workers, worker_class=TaskWorker)
    pool.start(logging_level="WARNING")
