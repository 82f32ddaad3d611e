"""Bringing a register in, beside a bare COPY of the same rows into bare tables.

    python -m benchmarks.imports --size 1000000

Reading and landing run as a worker runs them, in one process, against the servers of the tests (no waiting for the
disk). The floor copies what the import left behind, table by table, into tables without keys, indexes or row security.
`imports_peak_mib` is the highest memory of this process beyond what it had before; the file itself is held whole.
"""

import argparse
import base64
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import psycopg
from sqlalchemy import select

from payouts import embedded, migrating, registering
from payouts.app import Service, make_service
from payouts.config import Settings
from payouts.demo.harbour import Harbour, seed
from payouts.demo.register import write_register
from payouts.tasks import worker
from payouts.tasks.outbox import Task, TaskState
from schemes.database import new_id
from schemes.imports import register_import
from schemes.person import Role

TABLES = ("import_row", "sealing_key", "beneficiary", "payee", "mandate", "account", "award")
MIB = 1024 * 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=100_000, help="rows of the register")
    options = parser.parse_args()
    with TemporaryDirectory(prefix="payouts-bench-", ignore_cleanup_errors=True) as folder:
        # run by root, PostgreSQL is another user, who must get through to its own folder
        Path(folder).chmod(0o711)
        servers = embedded.start(Path(folder), fast=True)
        try:
            measure(servers, Path(folder), options.size)
        finally:
            servers.stop()


def measure(servers: embedded.Servers, folder: Path, size: int) -> None:
    servers.make_database("bench")
    migrating.migrate(servers.owner_url("bench"))
    service = service_on(servers, folder)
    harbour = seed(service)
    register = write_register(folder / "register.csv", people=size)
    print(f"size={size}")
    print(f"file_mib={register.path.stat().st_size / MIB:.1f}")
    import_id = new_id()
    worker.make_ready()
    begin(service, harbour, import_id, register.path)
    forget_peak()
    before = psutil.Process().memory_info().rss
    took = {"read": timed(servers, "read", size, lambda: work(service, harbour))}
    keep(service, harbour, import_id)
    took["land"] = timed(servers, "land", size, lambda: work(service, harbour))
    print(f"imports_peak_mib={(peak() - before) / MIB:.0f}")
    check(service, harbour, import_id, size)
    service.engine.dispose()
    together = sum(took.values())
    bare = bare_copy(servers, folder)
    print(f"imports_rows_per_second={size / together:.0f}")
    print(f"bare_copy_rows_per_second={size / bare:.0f}")
    print(f"ratio_to_bare_copy={bare / together:.3f}")


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


def begin(service: Service, harbour: Harbour, import_id: object, path: Path) -> None:
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


def keep(service: Service, harbour: Harbour, import_id: object) -> None:
    with service.transaction(harbour.body_id) as session:
        brought = register_import.get_import(session, import_id, lock=True)
        registering.keep_rows(session, brought, by=harbour.people[Role.PREPARER], at=service.now())


def work(service: Service, harbour: Harbour) -> None:
    """Do what waits, as a worker does."""
    with service.transaction(harbour.body_id) as session:
        tasks = list(session.scalars(select(Task.id).where(Task.state == TaskState.WAITING)))
    for task_id in tasks:
        worker.perform(service, task_id, harbour.body_id)


def check(service: Service, harbour: Harbour, import_id: object, size: int) -> None:
    with service.transaction(harbour.body_id) as session:
        brought = register_import.get_import(session, import_id)
        errors = list(session.scalars(select(Task.error).where(Task.error.is_not(None))))
    if errors or brought.status is not register_import.ImportStatus.LANDED or brought.rows != size:
        raise SystemExit(f"the import did not land: {brought.status}, {brought.rows} rows, {errors}")


def timed(servers: embedded.Servers, name: str, size: int, step: Callable[[], None]) -> float:
    """Seconds of a step; prints its rate and what it cost each processor, which says more on a busy machine."""
    ours, theirs, started = time.process_time(), server_seconds(servers), time.perf_counter()
    step()
    took = time.perf_counter() - started
    print(f"{name}_rows_per_second={size / took:.0f}")
    print(f"{name}_python_us_per_row={(time.process_time() - ours) / size * 1e6:.1f}")
    print(f"{name}_postgresql_us_per_row={(server_seconds(servers) - theirs) / size * 1e6:.1f}")
    return took


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
