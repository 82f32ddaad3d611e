"""From a register file to a sealed payment file, in one process, beside the barest way to the same bytes.

    python -m benchmarks.payroll --size 5000

The floor reads the payments with COPY, opens each sealed account, and writes the file; it checks nothing and keeps
nothing. PostgreSQL is the embedded one.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import psycopg
from sqlalchemy import select

from bacs.standard18 import write
from payouts import embedded, local, migrating, registering
from payouts.app import Service, make_service
from payouts.checks.acceptance import accept
from payouts.checks.finding import groups_of
from payouts.config import Settings
from payouts.demo.harbour import Harbour, seed
from payouts.demo.register import write_register
from payouts.files import sealing, standard18
from payouts.files.payment_file import files_of
from payouts.payment import lines_of
from payouts.payroll import create_payroll, get_payroll
from payouts.tasks import worker
from payouts.tasks.outbox import Task, TaskState
from schemes.bank_profile import BankProfile
from schemes.database import new_id
from schemes.imports import register_import
from schemes.person import Role


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=5000, help="rows in the register")
    size = parser.parse_args().size
    with tempfile.TemporaryDirectory(prefix="payouts-benchmark-") as folder:
        Path(folder).chmod(0o711)
        servers = embedded.start(Path(folder) / "servers")
        try:
            measure(servers, Path(folder), size)
        finally:
            servers.stop()


def measure(servers: embedded.Servers, folder: Path, size: int) -> None:
    servers.make_database("benchmark")
    migrating.migrate(servers.owner_url("benchmark"))
    service = service_on(servers, folder)
    harbour = seed(service)
    lift_limits(servers, size)
    register = folder / "register.csv"
    write_register(register, people=size)
    import_id = new_id()
    print(f"size={size}")
    brought_in = clocked("import_seconds", lambda: bring_in(service, harbour, register, import_id))
    payroll_id = new_id()
    built = clocked("build_and_check_seconds", lambda: build(service, harbour, payroll_id))
    sealed = clocked("seal_seconds", lambda: seal(service, harbour, payroll_id))
    bare = clocked("floor_seconds", lambda: floor(service, harbour, payroll_id))
    print(f"upload_to_file_seconds={brought_in + built + sealed:.2f}")
    print(f"payroll_ratio_to_floor={(built + sealed) / bare:.1f}")


def service_on(servers: embedded.Servers, folder: Path) -> Service:
    secrets = local.make_secrets()
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
        limits = "UPDATE bank_profile SET file_limit_pence = 100000::bigint * %s, items_per_file = %s"
        connection.execute(limits, (size, size))


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


def bring_in(service: Service, harbour: Harbour, register: Path, import_id: UUID) -> None:
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
    work_off(service, harbour)
    with service.transaction(harbour.body_id) as session:
        brought = register_import.get_import(session, import_id, lock=True)
        registering.keep_rows(session, brought, by=preparer, at=service.now())
    work_off(service, harbour)
    with service.transaction(harbour.body_id) as session:
        brought = register_import.get_import(session, import_id, lock=True)
        register_import.confirm(session, service.calendar, brought, by=finance, at=service.now())


def build(service: Service, harbour: Harbour, payroll_id: UUID) -> None:
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
    work_off(service, harbour)


def seal(service: Service, harbour: Harbour, payroll_id: UUID) -> None:
    preparer = harbour.people[Role.PREPARER]
    with service.transaction(harbour.body_id) as session:
        payroll = get_payroll(session, payroll_id, lock=True)
        for group in groups_of(session, payroll_id):
            if group.is_open:
                accept(session, payroll, group.kind, reason="A benchmark", by=preparer, at=service.now())
        sealing.ask_for_files(session, payroll, by=preparer, at=service.now())
    work_off(service, harbour)


def floor(service: Service, harbour: Harbour, payroll_id: UUID) -> None:
    """COPY the payments out, open each account, write the file."""
    with service.transaction(harbour.body_id) as session:
        connection = session.connection().connection.driver_connection
        assert connection is not None
        query = "SELECT id, amount_pence, reference FROM payment"
        with connection.cursor() as cursor, cursor.copy(f"COPY ({query}) TO STDOUT") as copy:
            copied = sum(1 for _ in copy.rows())
        payroll = get_payroll(session, payroll_id)
        [file] = files_of(session, payroll_id)
        facts = sealing.file_facts(
            session, service, payroll, serial=file.serial, created_on=file.created_on, sandbox=True
        )
        opened = standard18.credits_of(service.seals, harbour.body_id, lines_of(session, payroll_id))
        written = sum(len(block) for block in write(standard18.submission_of(facts, opened)))
    assert (copied, written) == (payroll.payment_count, file.byte_count)


if __name__ == "__main__":
    main()
