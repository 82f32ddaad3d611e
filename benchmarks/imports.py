"""Bringing a register in by real workers, beside a bare COPY of the same rows into bare tables.

    python -m benchmarks.imports --size 1000000

Read and landed by the Procfile's workers (`payouts worker`, two processes), on the embedded PostgreSQL and Valkey,
which do not wait for the disk and have the memory that docs/operating.md asks for. The floor copies what the import
left behind, table by table, into tables without keys, indexes or row security. Seconds of the processor tell more than
those of the clock where others use the machine too.
`imports_peak_mib` is the most memory of all the workers' processes together, beyond what they had while they waited;
what several of them share is counted once.
"""

import argparse
import base64
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import psutil
import psycopg
from psycopg import sql
from sqlalchemy import select

from benchmarks.payroll import environment_of, wait_for_workers
from payouts import embedded, migrating, registering
from payouts.app import Service, make_service
from payouts.config import Settings
from payouts.demo.harbour import Harbour, seed
from payouts.demo.processes import Processes
from payouts.demo.register import write_register
from payouts.tasks import worker
from payouts.tasks.outbox import Task, TaskState
from schemes.database import new_id
from schemes.imports import register_import
from schemes.imports.register_import import ImportStatus
from schemes.person import Role

TABLES = ("import_row", "sealing_key", "beneficiary", "payee", "mandate", "account", "award")
MIB = 1024 * 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=100_000, help="rows of the register")
    parser.add_argument("--buffers", default="2GB", help="PostgreSQL's shared_buffers: a quarter of 8 GB of memory")
    options = parser.parse_args()
    with TemporaryDirectory(prefix="payouts-bench-", ignore_cleanup_errors=True) as folder:
        # run by root, PostgreSQL is another user, who must get through to its own folder
        Path(folder).chmod(0o711)
        servers = start_with_room(Path(folder), options.buffers)
        try:
            measure(servers, Path(folder), options.size)
        finally:
            servers.stop()


def start_with_room(folder: Path, buffers: str) -> embedded.Servers:
    """Servers with the memory and the log that docs/operating.md asks for: by PostgreSQL's defaults it has 128 MB."""
    servers = embedded.start(folder, fast=True)
    with psycopg.connect(servers.owner_url("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("ALTER SYSTEM SET shared_buffers = {}").format(buffers))
        connection.execute("ALTER SYSTEM SET max_wal_size = '4GB'")
    servers.stop()
    return embedded.start(folder, fast=True)


def measure(servers: embedded.Servers, folder: Path, size: int) -> None:
    servers.make_database("bench")
    migrating.migrate(servers.owner_url("bench"))
    service = service_on(servers, folder)
    harbour = seed(service)
    register = write_register(folder / "register.csv", people=size)
    print(f"size={size}")
    print(f"file_mib={register.path.stat().st_size / MIB:.1f}")
    import_id = new_id()
    processes = Processes(environment_of(service.settings), folder / "logs")
    processes.start("worker")
    try:
        wait_for_workers(service)
        used = Used(processes.running["worker"].pid, servers.postgres.get_pid(), size)
        with used.watched():
            begin(service, harbour, import_id, register.path)
            took = used.step("read", lambda: wait_until(service, harbour, import_id, ImportStatus.READ))
            keep(service, harbour, import_id)
            took += used.step("land", lambda: wait_until(service, harbour, import_id, ImportStatus.LANDED))
    finally:
        # who looks like whom is looked for next, which is no part of this
        stop_at_once(processes)
    print(f"imports_peak_mib={used.peak_bytes / MIB:.0f}")
    check(service, harbour, import_id, size)
    service.engine.dispose()
    bare = bare_copy(servers, folder)
    print(f"imports_rows_per_second={size / took:.0f}")
    print(f"bare_copy_rows_per_second={size / bare:.0f}")
    print(f"ratio_to_bare_copy={bare / took:.3f}")


def wait_until(service: Service, harbour: Harbour, import_id: UUID, status: ImportStatus) -> None:
    """Until an import has come so far, with the errors of tasks raised."""
    while True:
        with service.transaction(harbour.body_id) as session:
            if register_import.get_import(session, import_id).status is status:
                return
            failed = session.scalars(select(Task.error).where(Task.error.is_not(None))).first()
        if failed:
            raise SystemExit(failed)
        time.sleep(0.1)


def stop_at_once(processes: Processes) -> None:
    left = psutil.Process(processes.running["worker"].pid).children(recursive=True)
    processes.stop()
    for child in left:
        with suppress(psutil.Error):
            child.kill()


class Used:
    """What the workers and PostgreSQL use of the processor by step, and the most memory of the workers."""

    def __init__(self, worker_pid: int, postgres_pid: int, size: int) -> None:
        self.pids, self.size = {"workers": worker_pid, "postgresql": postgres_pid}, size
        self.before = self.memory()
        self.peak_bytes = 0

    def step(self, name: str, wait: Callable[[], None]) -> float:
        """Seconds of a step; prints its rate and what it cost each side."""
        before = {side: cpu_seconds(pid) for side, pid in self.pids.items()}
        started = time.perf_counter()
        wait()
        took = time.perf_counter() - started
        print(f"{name}_rows_per_second={self.size / took:.0f}")
        for side, pid in self.pids.items():
            print(f"{name}_{side}_us_per_row={(cpu_seconds(pid) - before[side]) / self.size * 1e6:.1f}")
        return took

    @contextmanager
    def watched(self) -> Iterator[None]:
        over = threading.Event()

        def look() -> None:
            while not over.wait(1):
                self.peak_bytes = max(self.peak_bytes, self.memory() - self.before)

        thread = threading.Thread(target=look, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def memory(self) -> int:
        """Bytes of the workers' processes: of what several share, each has its part."""
        total = 0
        for process in family(self.pids["workers"]):
            with suppress(psutil.Error):
                total += process.memory_full_info().pss
        return total


def family(pid: int) -> list[psutil.Process]:
    parent = psutil.Process(pid)
    return [parent, *parent.children(recursive=True)]


def cpu_seconds(pid: int) -> float:
    """Processor time of a process and its descendants, those that have ended too."""
    total = 0.0
    for process in family(pid):
        with suppress(psutil.Error):
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def service_on(servers: embedded.Servers, folder: Path) -> Service:
    def secret(letter: str) -> str:
        return base64.b64encode(letter.encode() * 32).decode()

    return make_service(
        Settings(
            database_url=servers.app_url("bench"),
            redis_url=servers.redis_url,
            key_ring=f"k1:{secret('a')}",
            fingerprint_key=secret("b"),
            signing_key=secret("c"),
            secret_key="for measuring only",
            audit_heads=folder / "audit-heads",
            demo=True,
        )
    )


def begin(service: Service, harbour: Harbour, import_id: UUID, path: Path) -> None:
    with service.transaction(harbour.body_id) as session:
        registering.begin_import(
            session,
            service,
            import_id=import_id,
            scheme_id=harbour.scheme_id,
            file_name=path.name,
            content=path.read_bytes(),
            by=harbour.people[Role.PREPARER],
            at=service.now(),
        )


def keep(service: Service, harbour: Harbour, import_id: UUID) -> None:
    with service.transaction(harbour.body_id) as session:
        brought = register_import.get_import(session, import_id, lock=True)
        registering.keep_rows(session, brought, by=harbour.people[Role.PREPARER], at=service.now())


def work(service: Service, harbour: Harbour) -> None:
    """Do what waits, as a worker does."""
    with service.transaction(harbour.body_id) as session:
        tasks = list(session.scalars(select(Task.id).where(Task.state == TaskState.WAITING)))
    for task_id in tasks:
        worker.perform(service, task_id, harbour.body_id)


def check(service: Service, harbour: Harbour, import_id: UUID, size: int) -> None:
    with service.transaction(harbour.body_id) as session:
        brought = register_import.get_import(session, import_id)
        errors = list(session.scalars(select(Task.error).where(Task.error.is_not(None))))
    if errors or brought.status is not register_import.ImportStatus.LANDED or brought.rows != size:
        raise SystemExit(f"the import did not land: {brought.status}, {brought.rows} rows, {errors}")


def server_seconds(servers: embedded.Servers) -> float:
    """Processor time of PostgreSQL's living processes; the pool keeps the one that does the work."""
    postmaster = int((Path(servers.postgres.pgdata) / "postmaster.pid").read_text().split()[0])
    total = 0.0
    for process in psutil.Process(postmaster).children(recursive=True):
        times = process.cpu_times()
        total += times.user + times.system
    return total


def bare_copy(servers: embedded.Servers, folder: Path) -> float:
    """Seconds to COPY the rows that the import left into tables that are nothing but their columns."""
    took = 0.0
    with psycopg.connect(servers.owner_url("bench"), autocommit=True) as connection, connection.cursor() as cursor:
        for table in TABLES:
            path = folder / f"{table}.copy"
            with path.open("wb") as file, cursor.copy(f"COPY {table} TO STDOUT") as copy:
                for block in copy:
                    file.write(block)
            cursor.execute(f"CREATE TABLE bare_{table} (LIKE {table})")
            started = time.perf_counter()
            with cursor.copy(f"COPY bare_{table} FROM STDIN") as copy:
                for block in blocks_of(path):
                    copy.write(block)
            took += time.perf_counter() - started
            path.unlink()
    return took


def blocks_of(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(256 * 1024):
            yield block


def forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def peak() -> int:
    """The highest resident memory of this process since `forget_peak`, in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise OSError("this system does not tell a process's peak")


if __name__ == "__main__":
    main()
