"""Whether a process can work: what a load balancer asks of a web process, and a person of a whole installation."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property

import redis
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from payouts.machine_time import ClockWrong, must_agree
from payouts.tasks.queue import Queue
from schemes import database, standing

PATIENCE_SECONDS = 2
"""For the database's answer: a load balancer gives up after about five."""
KEPT_SECONDS = 1.0
"""How long an answer is given again, so that nobody makes work for the database by asking often."""


class Part(StrEnum):
    """What a process cannot do without. The queue is none: it may be emptied or restarted at any time."""

    DATABASE = "database"
    MIGRATION = "migration"
    CLOCK = "clock"


class Shape(StrEnum):
    """The database's shape beside the one that this version of the code was written for.

    Newer is what processes of the version before find once the database was migrated: they are to be stopped.
    """

    NONE = "none"
    OLDER = "older"
    EXPECTED = "expected"
    NEWER = "newer"


@dataclass(frozen=True)
class Readiness:
    """What failed, each with nothing that helps an attacker; and whether the queue answers."""

    failed: tuple[Part, ...]
    queue_answers: bool

    @property
    def ready(self) -> bool:
        return not self.failed


def shape_of(session: Session) -> Shape:
    # whoever never asks, a worker for one, does without what reads migrations
    from payouts.migrating import known_revisions

    there = standing.schema_revisions(session)
    newest, known = known_revisions()
    if not there:
        return Shape.NONE
    if there == [newest]:
        return Shape.EXPECTED
    return Shape.OLDER if known.issuperset(there) else Shape.NEWER


def failed_parts(engine: Engine, machine_time: Callable[[], datetime]) -> tuple[Part, ...]:
    """Ask the database, by a connection of its own: with all of the pool's in use, the process still works."""
    failed = []
    try:
        with database.transaction(engine, None) as session:
            session.execute(text(f"SET LOCAL statement_timeout = '{PATIENCE_SECONDS}s'"))
            try:
                must_agree(session, machine_time)
            except ClockWrong:
                failed.append(Part.CLOCK)
            if shape_of(session) not in (Shape.EXPECTED, Shape.NEWER):
                failed.append(Part.MIGRATION)
    except SQLAlchemyError as error:
        # a database without any tables has no such function either
        undefined = getattr(getattr(error, "orig", None), "sqlstate", None) == "42883"
        return (Part.MIGRATION,) if undefined else (Part.DATABASE,)
    return tuple(failed)


def answers(queue: Queue) -> bool:
    try:
        return bool(queue.connection.ping())
    except redis.RedisError:
        return False


class Probe:
    """Answers whether this process is ready, asking at most once a second however often it is asked. Thread-safe."""

    def __init__(self, database_url: str, queue: Queue, machine_time: Callable[[], datetime]) -> None:
        self.database_url = database_url
        self.queue = queue
        self.machine_time = machine_time
        self.lock = threading.Lock()
        self.last: tuple[float, Readiness] | None = None

    @cached_property
    def engine(self) -> Engine:
        return database.connect_impatiently(self.database_url, seconds=PATIENCE_SECONDS)

    def readiness(self) -> Readiness:
        last = self.last
        if not self.lock.acquire(blocking=last is None):
            assert last is not None
            return last[1]  # somebody is asking already
        try:
            if self.last is None or time.monotonic() - self.last[0] > KEPT_SECONDS:
                found = Readiness(failed_parts(self.engine, self.machine_time), answers(self.queue))
                self.last = time.monotonic(), found
            return self.last[1]
        finally:
            self.lock.release()
