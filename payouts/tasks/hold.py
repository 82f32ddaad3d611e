"""The hold on a task whose work commits on its way: as long as it lasts, no other worker does the same work."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

TAKE = text("SELECT pg_try_advisory_lock(hashtextextended('task ' || :task_id, 0))")
LET_GO = text("SELECT pg_advisory_unlock(hashtextextended('task ' || :task_id, 0))")


class HoldLost(Exception):
    """The connection that held the task was cut, so another worker may have it by now."""


class Hold:
    """An advisory lock, which lasts as long as its connection. Thread-safe."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.lock = threading.Lock()
        self.lost = False

    def check(self) -> None:
        """Ask before each effect outside whether the task is still this worker's. Raises HoldLost."""
        with self.lock:
            if not self.lost:
                try:
                    self.connection.execute(text("SELECT 1"))
                except DBAPIError as error:
                    self.lost = True
                    raise HoldLost from error
                return
        raise HoldLost


@contextmanager
def held(engine: Engine, task_id: UUID) -> Iterator[Hold | None]:
    """Hold a task for the block; None when another worker holds it."""
    name = {"task_id": str(task_id)}
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not connection.execute(TAKE, name).scalar():
            yield None
            return
        hold = Hold(connection)
        try:
            yield hold
        finally:
            if not hold.lost:
                connection.execute(LET_GO, name)
