"""Notices: planning those of a whole payroll, and sending some of them to Notify's simulator as one worker does.

    python -m benchmarks.notices --size 250000 --send 3200

Payees and their payments are written straight into the tables; planning is the task that a submission asks for. Sending
runs the tasks of the first parts in this process, eight threads each, at the pace that Notify allows: `a_minute` is
what came of it, and `share_of_a_core` what this process used meanwhile. The floor is the real client alone, sending the
same message over and over from this process: `times_the_client` says how much of a core ours needs for each of its.
"""

from __future__ import annotations

import argparse
import multiprocessing
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import psutil
import psycopg
from notifications_python_client.notifications import NotificationsAPIClient
from sqlalchemy import func, select

from benchmarks.imports import service_on
from benchmarks.ledger import DAY, payroll_of
from payouts import embedded, local, migrating
from payouts.app import Service
from payouts.config import NOTIFY_A_MINUTE
from payouts.demo.harbour import Harbour, seed
from payouts.notices import planning
from payouts.notices.notice import Notice, NoticeStatus
from payouts.sandbox import notify
from payouts.sandbox.templates import PASS_THROUGH
from payouts.tasks import worker
from payouts.tasks.outbox import Task, TaskState

KEY = "bench-8b3a2c52-6a3c-4f5e-9e0f-51f1b9b8c001-0d8f5a36-61aa-4ce6-8cf4-0a3f0e6c7b01"
FLOOR_MESSAGES = 400


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=50_000, help="payees, each with one payment")
    parser.add_argument("--send", type=int, default=1200, help="how many of their notices are sent")
    options = parser.parse_args()
    with TemporaryDirectory(prefix="payouts-bench-", ignore_cleanup_errors=True) as folder:
        # run by root, PostgreSQL is another user, who must get through to its own folder
        Path(folder).chmod(0o711)
        servers = embedded.start(Path(folder), fast=True)
        port = local.free_port(0)
        simulator = multiprocessing.get_context("spawn").Process(target=simulate, args=(port, Path(folder) / "notify"))
        simulator.start()
        try:
            measure(servers, Path(folder), f"http://127.0.0.1:{port}", options.size, options.send)
        finally:
            simulator.terminate()
            simulator.join()
            servers.stop()


def simulate(port: int, store: Path) -> None:
    notify.serve("127.0.0.1", port, store=store, receipts_url=None, receipts_token=None, api_keys=[KEY])


def measure(servers: embedded.Servers, folder: Path, url: str, size: int, sent: int) -> None:
    servers.make_database("bench")
    migrating.migrate(servers.owner_url("bench"))
    made = service_on(servers, folder)
    service = replace(
        made,
        settings=replace(
            made.settings, sandbox_notify_url=url, sandbox_notify_api_key=KEY, sandbox_notify_a_minute=NOTIFY_A_MINUTE
        ),
    )
    harbour = seed(service)
    payroll_id = payroll_of(service, harbour, folder)
    multiply(servers, size)
    print(f"size={size}")
    began = time.perf_counter()
    with service.transaction(harbour.body_id) as session:
        planning.plan(session, service, {"payroll_id": str(payroll_id)})
    print(f"planned_seconds={time.perf_counter() - began:.1f}")
    floor = cost_of_the_client(url)
    parts = -(-sent // planning.CHUNK)
    before, began = cpu_seconds(), time.perf_counter()
    for task_id in tasks_of(service, harbour, parts):
        worker.perform(service, task_id, harbour.body_id)
    seconds, cpu = time.perf_counter() - began, cpu_seconds() - before
    with service.transaction(harbour.body_id) as session:
        done = session.scalar(select(func.count()).where(Notice.status == NoticeStatus.SENT)) or 0
    print(f"sent={done}")
    print(f"a_minute={done / seconds * 60:.0f}")
    print(f"share_of_a_core={cpu / seconds:.2f}")
    print(f"cpu_ms_each={cpu / done * 1000:.2f}")
    print(f"client_cpu_ms_each={floor * 1000:.2f}")
    print(f"times_the_client={cpu / done / floor:.2f}")


def multiply(servers: embedded.Servers, size: int) -> None:
    """Make a payroll's first payment many, each to a payee of its own, and the payroll a submitted one."""
    with psycopg.connect(servers.owner_url("bench")) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE payroll SET status = 'submitted', pay_date = %s", (DAY,))
        connection.execute("UPDATE payment SET status = 'submitted'")
        connection.execute(
            "CREATE TEMP TABLE made AS SELECT n, uuidv7() AS id FROM generate_series(1, %s) AS n", (size,)
        )
        payee = {"id": "made.id", "reference": "'BENCH' || n", "email": "'p' || n || '@example.com'"}
        copy(connection, "payee", payee, "email IS NOT NULL")
        payment = {
            "id": "uuidv7()",
            "payee_id": "made.id",
            "ordinal": "1000 + n",
            "sequence": "1000 + n",
            "reference": "'R' || n",
            "file_id": "uuidv7()",
        }
        copy(connection, "payment", payment, "true")
        connection.execute("ANALYZE payee")
        connection.execute("ANALYZE payment")


def copy(connection: psycopg.Connection[tuple[object, ...]], table: str, made: dict[str, str], which: str) -> None:
    names = [
        str(name)
        for (name,) in connection.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND table_schema = 'public' "
            "AND is_generated = 'NEVER' ORDER BY ordinal_position",
            (table,),
        )
    ]
    chosen = ", ".join(made.get(name, f"one.{name}") for name in names)
    connection.execute(
        f"INSERT INTO {table} ({', '.join(names)}) SELECT {chosen} "  # type: ignore[arg-type]
        f"FROM (SELECT * FROM {table} WHERE {which} LIMIT 1) AS one, made"
    )


def tasks_of(service: Service, harbour: Harbour, most: int) -> list[UUID]:
    with service.transaction(harbour.body_id) as session:
        waiting = select(Task.id).where(Task.kind == "notices.send", Task.state == TaskState.WAITING)
        return list(session.scalars(waiting.order_by(Task.id).limit(most)))


def cost_of_the_client(url: str) -> float:
    """Seconds of a core that the real client alone needs for a message."""
    client = NotificationsAPIClient(KEY, base_url=url)
    before = cpu_seconds()
    for number in range(FLOOR_MESSAGES):
        client.send_email_notification(
            f"floor{number}@example.com", PASS_THROUGH["email"], {"subject": "A", "body": "B " * 300}, f"floor {number}"
        )
    return (cpu_seconds() - before) / FLOOR_MESSAGES


def cpu_seconds() -> float:
    used = psutil.Process().cpu_times()
    return float(used.user + used.system)


if __name__ == "__main__":
    main()
