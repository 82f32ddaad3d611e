"""From awards due to sealed payment files, by real workers, beside the barest way to the same bytes.

    python -m benchmarks.payroll --size 50000 [--earlier] [--folder /somewhere]

With `--earlier` the body has paid a month before (`earlier.py`): then arrears are reckoned and every award is compared.
With `--folder` the database stays there, for `benchmarks.pages` to ask its pages.
The workers are the Procfile's (`payouts worker`, two processes), on the embedded PostgreSQL and Valkey. The floor reads
the payments with COPY, opens each sealed account, and writes the file, in one process; it checks nothing and keeps
nothing. Seconds of the processor tell more than those of the clock where others use the machine too.
"""

from __future__ import annotations

import argparse
import os
import pickle
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from uuid import UUID

import psutil
import psycopg
import rq
from sqlalchemy import func, select

from benchmarks import earlier
from payouts import embedded, local, migrating, registering
from payouts.app import Service, make_service
from payouts.checks.acceptance import accept
from payouts.checks.finding import ONE_BY_ONE, Finding, groups_of
from payouts.config import Settings
from payouts.demo.harbour import Harbour, seed
from payouts.demo.processes import Processes
from payouts.demo.register import write_register
from payouts.files import sealing
from payouts.files.payment_file import files_of
from payouts.files.regenerating import regenerate
from payouts.payroll import PayrollStatus, create_payroll, get_payroll
from payouts.tasks import worker
from payouts.tasks.outbox import Task, TaskState
from schemes.bank_profile import BankProfile
from schemes.database import new_id
from schemes.imports import register_import
from schemes.person import Role

SEEDED = "seeded.pickle"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=5000, help="rows in the register")
    parser.add_argument("--earlier", action="store_true", help="with a payroll of the month before in the body")
    parser.add_argument("--folder", type=Path, help="an empty folder that keeps the database")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="payouts-benchmark-") as passing:
        folder = options.folder or Path(passing)
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o711)
        # started twice: what the first start writes down of its memory counts from the second on
        embedded.start(folder / "servers").stop()
        servers = embedded.start(folder / "servers")
        try:
            measure(servers, folder, options.size, with_earlier=options.earlier)
        finally:
            servers.stop()


def measure(servers: embedded.Servers, folder: Path, size: int, *, with_earlier: bool) -> None:
    servers.make_database("benchmark")
    migrating.migrate(servers.owner_url("benchmark"))
    service = service_on(servers, folder)
    harbour = seed(service)
    (folder / SEEDED).write_bytes(pickle.dumps(harbour))
    lift_limits(servers, size)
    register = folder / "register.csv"
    write_register(register, people=size)
    payroll_id = new_id()
    busy_before = os.getloadavg()
    print(f"size={size}")
    print(f"load_before={busy_before[0]:.1f}")
    if with_earlier:
        clocked("earlier_seconds", lambda: pay_before(service, servers, harbour, register))
    processes = Processes(environment_of(service.settings), folder / "logs")
    processes.start("worker")
    wait_for_workers(service)
    if not with_earlier:
        clocked("import_seconds", lambda: bring_in(service, harbour, register, finish=let_workers_finish))
    watch = Watch(processes.running["worker"].pid, servers.postgres.get_pid())
    try:
        built = clocked("build_and_check_seconds", lambda: build(service, harbour, payroll_id))
        watch.tell("build_and_check")
        sealed = clocked("seal_seconds", lambda: seal(service, harbour, payroll_id))
        watch.tell("seal")
    finally:
        watch.stop()
        left = psutil.Process(processes.running["worker"].pid).children(recursive=True)
        processes.stop()
        for child in left:
            with suppress(psutil.Error):
                child.kill()
    bare = clocked("floor_seconds", lambda: floor(service, harbour, payroll_id))
    print(f"due_to_sealed_seconds={built + sealed:.2f}")
    print(f"worker_peak_mib={watch.peak_bytes / 2**20:.0f}")
    print(f"payroll_ratio_to_floor={(built + sealed) / bare:.1f}")


def environment_of(settings: Settings) -> dict[str, str]:
    return {
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "PAYOUTS_KEY_RING": settings.key_ring,
        "PAYOUTS_FINGERPRINT_KEY": settings.fingerprint_key,
        "PAYOUTS_SIGNING_KEY": settings.signing_key,
        "PAYOUTS_SECRET_KEY": settings.secret_key,
        "PAYOUTS_AUDIT_HEADS": str(settings.audit_heads),
    }


class Watch:
    """What the workers and the database use: seconds of the processor by step, and the most memory of one process."""

    def __init__(self, worker_pid: int, postgres_pid: int) -> None:
        self.pids = {"worker": worker_pid, "postgres": postgres_pid}
        self.used: dict[tuple[str, int], float] = {}
        self.peak_bytes = 0
        machine = psutil.cpu_times()
        self.idle, self.spent = machine.idle + machine.iowait, sum(machine)
        self.look()
        self.told = {name: self.total(name) for name in self.pids}
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self) -> None:
        while not self.over.wait(0.05):
            self.look()

    def look(self) -> None:
        for name, pid in self.pids.items():
            parent = psutil.Process(pid)
            for process in (parent, *parent.children(recursive=True)):
                with suppress(psutil.Error):
                    times = process.cpu_times()
                    key = (name, process.pid)
                    self.used[key] = max(self.used.get(key, 0.0), times.user + times.system)
                    if name == "worker":
                        self.peak_bytes = max(self.peak_bytes, process.memory_info().rss)

    def tell(self, step: str) -> None:
        self.look()
        machine = psutil.cpu_times()
        idle, spent = machine.idle + machine.iowait, sum(machine)
        print(f"{step}_cores_idle={(idle - self.idle) / (spent - self.spent):.2f}")
        self.idle, self.spent = idle, spent
        for name, before in self.told.items():
            total = self.total(name)
            print(f"{step}_{name}_cpu_seconds={total - before:.1f}")
            self.told[name] = total

    def total(self, name: str) -> float:
        return sum(used for (of, _), used in self.used.items() if of == name)

    def stop(self) -> None:
        self.over.set()
        self.thread.join()


def wait_for_workers(service: Service) -> None:
    """Until the workers wait for work, as they do when a payroll is asked for."""
    while rq.Worker.count(connection=service.queue.connection) < service.settings.workers:
        time.sleep(0.05)


def service_on(servers: embedded.Servers, folder: Path) -> Service:
    secrets = local.kept_secrets(folder)
    return make_service(
        Settings(
            database_url=servers.app_url("benchmark"),
            redis_url=servers.redis_url,
            key_ring=secrets["PAYOUTS_KEY_RING"],
            fingerprint_key=secrets["PAYOUTS_FINGERPRINT_KEY"],
            signing_key=secrets["PAYOUTS_SIGNING_KEY"],
            secret_key=secrets["PAYOUTS_SECRET_KEY"],
            audit_heads=folder / "heads",
        )
    )


def clocked(name: str, work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    seconds = time.perf_counter() - started
    print(f"{name}={seconds:.2f}")
    return seconds


def lift_limits(servers: embedded.Servers, size: int) -> None:
    """A large register would block on the demo's limits, which are not what is measured."""
    with psycopg.connect(servers.owner_url("benchmark")) as connection:
        connection.execute("SET session_replication_role = replica")
        limit = (
            "UPDATE scheme_version SET definition = definition || jsonb_build_object('payroll_limit_pence', %s::bigint)"
        )
        connection.execute(limit, (100_000 * size,))
        connection.execute("UPDATE bank_profile SET file_limit_pence = 100000::bigint * %s", (size,))


def work_off(service: Service, harbour: Harbour) -> None:
    """Do all tasks that wait, in this process."""
    waiting = select(Task.id).where(Task.state == TaskState.WAITING).order_by(Task.id)
    while True:
        with service.transaction(harbour.body_id) as session:
            tasks = session.scalars(waiting).all()
            failed = session.scalars(select(Task.error).where(Task.error.is_not(None))).first()
        if failed:
            raise RuntimeError(failed)
        if not tasks:
            return
        for task_id in tasks:
            worker.perform(service, task_id, harbour.body_id)


def pay_before(service: Service, servers: embedded.Servers, harbour: Harbour, register: Path) -> None:
    def build_here(then: Service, payroll_id: UUID) -> None:
        create(then, harbour, payroll_id)
        work_off(then, harbour)

    earlier.pay(
        service,
        servers,
        harbour,
        register,
        bring_in=lambda then, path: bring_in(then, harbour, path),
        build=build_here,
    )


def let_workers_finish(service: Service, harbour: Harbour) -> None:
    """Until the workers have done all tasks."""
    open_tasks = select(func.count()).where(Task.state == TaskState.WAITING)
    while True:
        with service.transaction(harbour.body_id) as session:
            left = session.scalar(open_tasks)
            failed = session.scalars(select(Task.error).where(Task.error.is_not(None))).first()
        if failed:
            raise RuntimeError(failed)
        if not left:
            return
        time.sleep(0.05)


def bring_in(
    service: Service, harbour: Harbour, register: Path, *, finish: Callable[[Service, Harbour], None] = work_off
) -> None:
    import_id = new_id()
    preparer, finance = harbour.people[Role.PREPARER], harbour.people[Role.FINANCE]
    with service.transaction(harbour.body_id) as session:
        registering.begin_import(
            session,
            service,
            import_id=import_id,
            scheme_id=harbour.scheme_id,
            file_name=register.name,
            content=register.read_bytes(),
            by=preparer,
            at=service.now(),
        )
    finish(service, harbour)
    with service.transaction(harbour.body_id) as session:
        brought = register_import.get_import(session, import_id, lock=True)
        registering.keep_rows(session, brought, by=preparer, at=service.now())
    finish(service, harbour)
    with service.transaction(harbour.body_id) as session:
        brought = register_import.get_import(session, import_id, lock=True)
        register_import.confirm(session, service.calendar, brought, by=finance, at=service.now())


def build(service: Service, harbour: Harbour, payroll_id: UUID) -> None:
    create(service, harbour, payroll_id)
    wait_until(service, harbour, payroll_id, PayrollStatus.CHECKED)


def create(service: Service, harbour: Harbour, payroll_id: UUID) -> None:
    with service.transaction(harbour.body_id) as session:
        profile = session.scalars(select(BankProfile)).one()
        create_payroll(
            session,
            service.calendar,
            payroll_id=payroll_id,
            scheme_id=harbour.scheme_id,
            pay_date=service.calendar.earliest_entry(service.now(), profile.cut_off),
            by=harbour.people[Role.PREPARER],
            at=service.now(),
        )


def seal(service: Service, harbour: Harbour, payroll_id: UUID) -> None:
    ask_for_files(service, harbour, payroll_id)
    wait_until(service, harbour, payroll_id, PayrollStatus.SEALED)


def ask_for_files(service: Service, harbour: Harbour, payroll_id: UUID) -> None:
    """Accept what the checks found, as people do, and ask for the files."""
    preparer = harbour.people[Role.PREPARER]
    with service.transaction(harbour.body_id) as session:
        payroll = get_payroll(session, payroll_id, lock=True)
        for group in groups_of(session, payroll_id):
            each: list[UUID | None] = [None]
            if group.kind in ONE_BY_ONE:
                waiting = (Finding.payroll_id == payroll_id) & (Finding.kind == group.kind)
                each = list(session.scalars(select(Finding.id).where(waiting)))
            for finding_id in each if group.is_open else ():
                at = service.now()
                accept(session, payroll, group.kind, finding_id=finding_id, reason="A benchmark", by=preparer, at=at)
        sealing.ask_for_files(session, payroll, by=preparer, at=service.now())


def wait_until(service: Service, harbour: Harbour, payroll_id: UUID, status: PayrollStatus) -> None:
    while True:
        with service.transaction(harbour.body_id) as session:
            if get_payroll(session, payroll_id).status is status:
                return
            failed = session.scalars(select(Task.error).where(Task.error.is_not(None))).first()
        if failed:
            raise RuntimeError(failed)
        time.sleep(0.05)


def floor(service: Service, harbour: Harbour, payroll_id: UUID) -> None:
    """COPY the payments out, open each account, write the file."""
    with service.transaction(harbour.body_id) as session:
        connection = session.connection().connection.driver_connection
        assert connection is not None
        query = f"SELECT id, amount_pence, reference FROM payment WHERE payroll_id = '{payroll_id}'"
        with connection.cursor() as cursor, cursor.copy(f"COPY ({query}) TO STDOUT") as copy:
            copied = sum(1 for _ in copy.rows())
        payroll = get_payroll(session, payroll_id)
        files = files_of(session, payroll_id)
        written = sum(len(block) for file in files for block in regenerate(session, service, payroll, file))
    assert (copied, written) == (payroll.payment_count, sum(file.byte_count for file in files))


if __name__ == "__main__":
    main()
