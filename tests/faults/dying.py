"""Work in a child that dies for good at a boundary of it, as a worker's job or a site's request may.

A boundary is right before each statement, COPY, commit, request over HTTP and push to the queue, in the middle of a
COPY and of a request that was sent and not answered yet, and right after what may have had an effect by then. Right
after a plain statement is right before the next one: nothing changes between them that anybody else could see.
"""

from __future__ import annotations

import gc
import http.client
import os
import pickle
import signal
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg
import requests
from sqlalchemy import Connection, Engine, event, text

from payouts.tasks.queue import Queue

LONGEST_SECONDS = 20


@dataclass(frozen=True)
class End:
    """How a child ended: at which boundary it died, or with what its work answered."""

    died_at: str = ""
    answer: Any = None


@dataclass
class Boundaries:
    """A child's own: counts the boundaries that its work comes by, and kills it at one of them."""

    tells: int
    die_at: int
    passed: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def reach(self, boundary: str) -> None:
        with self.lock:
            self.passed += 1
            if self.passed == self.die_at:
                self.tell("died", boundary)
                os.kill(os.getpid(), signal.SIGKILL)

    def tell(self, what: str, value: Any) -> None:
        os.write(self.tells, pickle.dumps((what, value)))

    def around(self, where: Any, name: str, boundary: str) -> None:
        """Have a function of a module, class or object come by a boundary before and after it."""
        real = getattr(where, name)

        def doing(*args: Any, **options: Any) -> Any:
            self.reach(f"before {boundary}")
            done = real(*args, **options)
            self.reach(f"after {boundary}")
            return done

        setattr(where, name, doing)

    def set_up(self, engine: Engine) -> None:
        """In the child alone: its parent's functions stay as they are."""
        event.listen(engine, "before_cursor_execute", lambda *about: self.reach(f"before {about[2][:60]}"))
        self.around(engine.dialect, "do_commit", "commit")
        self.around(Queue, "push", "push")
        self.around(requests.Session, "send", "request")
        unanswered, copy = http.client.HTTPConnection.getresponse, psycopg.Cursor.copy

        def awaiting(connection: http.client.HTTPConnection) -> http.client.HTTPResponse:
            self.reach("in the middle of request")
            return unanswered(connection)

        @contextmanager
        def copying(cursor: Any, *args: Any, **options: Any) -> Iterator[Any]:
            self.reach("before COPY")
            with copy(cursor, *args, **options) as rows:
                yield rows
                self.reach("in the middle of COPY")
            self.reach("after COPY")

        http.client.HTTPConnection.getresponse = awaiting  # type: ignore[method-assign]
        psycopg.Cursor.copy = copying  # type: ignore[method-assign,assignment]


def do_in_child(engine: Engine, watch: Connection, work: Callable[[], Any], *, die_at: int) -> End:
    """Have a child do some work, and die at the so-manieth boundary if it comes by as many.

    Returns when the database has let go of all that it held. watch: a connection as the database's owner, each of its
    statements a transaction of its own. Whatever the work raises fails the test.
    """
    wait_for_simulators()
    began = watch.execute(text("SELECT clock_timestamp()")).scalar_one()
    reads, tells = os.pipe()
    with warnings.catch_warnings():
        # threads of ours that answer requests rest now, and are none of the child's business
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        os.close(reads)
        live_and_die(engine, work, Boundaries(tells, die_at))
    os.close(tells)
    with os.fdopen(reads, "rb") as told:
        what, value = pickle.loads(told.read() or pickle.dumps(("nothing", "")))
    status = os.waitpid(child, 0)[1]
    wait_until_gone(watch, began)
    wait_for_simulators()
    if what == "died":
        assert os.WIFSIGNALED(status)
        assert os.WTERMSIG(status) == signal.SIGKILL
        return End(died_at=value)
    assert what == "answered", f"it {what}, with {status}: {value}"
    return End(answer=value)


def live_and_die(engine: Engine, work: Callable[[], Any], boundaries: Boundaries) -> None:
    """All that a child does."""
    try:
        gc.disable()
        # the parent's connections are the parent's
        engine.dispose(close=False)
        boundaries.set_up(engine)
        boundaries.tell("answered", work())
    except BaseException:
        boundaries.tell("failed", traceback.format_exc())
    finally:
        os._exit(0)


def wait_until_gone(watch: Connection, began: datetime) -> None:
    """Until the database has noticed that whoever connected since is dead, and undone what they had begun."""
    until = time.monotonic() + LONGEST_SECONDS
    left = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_start > :began")
    while watch.execute(left, {"began": began}).scalar_one():
        assert time.monotonic() < until, "the database keeps a dead process's connection"
        time.sleep(0.001)


def wait_for_simulators() -> None:
    """Until simulators in this process have done what they were asked: a request may outlive whoever sent it."""
    until = time.monotonic() + LONGEST_SECONDS
    while any("process_request" in thread.name for thread in threading.enumerate()):
        assert time.monotonic() < until, "a simulator answers no more"
        time.sleep(0.001)
