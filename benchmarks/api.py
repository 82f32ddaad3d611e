"""Single creates through the API, beside a bare Flask view that does one INSERT; and lists of a small and a large body.

    python -m benchmarks.api --size 100000 --creates 2000

Real gunicorn (two processes of four threads, as `payouts serve` runs them), PostgreSQL and Valkey, and the callers, all
on the same machine. Each create is a one-off payment with an Idempotency-Key of its own: key looked up, call counted,
reply and audit event kept, all in one transaction. The servers do not wait for the disk.
"""

import argparse
import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
import psycopg
from flask import Flask
from sqlalchemy import select

from benchmarks.imports import begin, keep, server_seconds, service_on, work
from payouts import embedded, migrating
from payouts.app import Service
from payouts.demo.harbour import Harbour, seed
from payouts.demo.register import write_register
from schemes import api_key, api_secret, change_applied
from schemes.api_key import KeyKind, Scope, get_key
from schemes.change import get_change
from schemes.database import new_id
from schemes.payee import Beneficiary
from schemes.person import Role

PORT = 5931
CALLERS = 8
BARE_TABLE = "CREATE TABLE bare (id bigserial PRIMARY KEY, name text NOT NULL, amount_pence bigint NOT NULL)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=20_000, help="payees in the register")
    parser.add_argument("--creates", type=int, default=2_000, help="one-off payments to create")
    options = parser.parse_args()
    with TemporaryDirectory(prefix="payouts-bench-", ignore_cleanup_errors=True) as folder:
        # run by root, PostgreSQL is another user, who must get through to its own folder
        Path(folder).chmod(0o711)
        servers = embedded.start(Path(folder), fast=True)
        try:
            measure(servers, Path(folder), options.size, options.creates)
        finally:
            servers.stop()


def measure(servers: embedded.Servers, folder: Path, size: int, creates: int) -> None:
    servers.make_database("bench")
    migrating.migrate(servers.owner_url("bench"))
    service = service_on(servers, folder)
    harbour = seed(service)
    fill(service, harbour, write_register(folder / "register.csv", people=size).path)
    with psycopg.connect(servers.owner_url("bench"), autocommit=True) as connection:
        # a register that has been there for a while: its import is not counted and tidied up behind the first creates
        connection.execute("VACUUM ANALYZE")
    writes, reads = secret_of(service, harbour, Scope.PAYMENTS), secret_of(service, harbour, Scope.READ)
    with service.transaction(harbour.body_id) as session:
        references = list(session.scalars(select(Beneficiary.reference).order_by(Beneficiary.id).limit(creates)))
    print(f"size={size}")
    environment = environment_of(service)
    with gunicorn("wsgi:app", environment) as master:
        bodies = [payment(service, reference) for reference in references]
        with processor_time(servers, master, "creates", len(bodies)):
            report("creates", run("/api/v1/one_off_payments", writes, bodies, expect=201))
        report("lists", run("/api/v1/payees?limit=50", reads, [None] * 300, expect=200))
    with psycopg.connect(servers.owner_url("bench")) as connection:
        connection.execute(BARE_TABLE)
        connection.execute("GRANT ALL ON bare, bare_id_seq TO payouts_app")
    with gunicorn("benchmarks.api:bare()", environment) as master:
        rows = [{"name": "x", "amount_pence": 1}] * creates
        with processor_time(servers, master, "bare_inserts", len(rows)):
            report("bare_inserts", run("/bare", "", rows, expect=200))
    service.engine.dispose()


def fill(service: Service, harbour: Harbour, register: Path) -> None:
    import_id = new_id()
    begin(service, harbour, import_id, register)
    work(service, harbour)
    keep(service, harbour, import_id)
    work(service, harbour)


def secret_of(service: Service, harbour: Harbour, scope: Scope) -> str:
    """A key with one right, agreed on by two people."""
    key_id, at = new_id(), service.now()
    proposer, confirmer = harbour.people[Role.ADMINISTRATOR], harbour.people[Role.APPROVER]
    with service.transaction(harbour.body_id) as session:
        facts = {"name": f"{scope.value} {key_id}", "kind": KeyKind.TEST, "scopes": [scope], "reason": "benchmark"}
        api_key.propose(session, key_id=key_id, by=proposer, at=at, **facts)
        change_applied.confirm(session, get_change(session, key_id, lock=True), by=confirmer, at=at)
        key = get_key(session, key_id, lock=True)
        written = api_secret.take(session, service.seals, key, secret_id=new_id(), by=proposer, at=at)
    assert written
    return written


def payment(service: Service, reference: str) -> dict[str, Any]:
    today = service.now().date()
    return {
        "scheme": "HIL",
        "beneficiary": reference,
        "amount_pence": 2500,
        "about": today.isoformat(),
        "pay_from": (today + timedelta(days=7)).isoformat(),
        "reason": "a winter grant",
        "further_because": "besides the award",
        "sequence": 2,
    }


def environment_of(service: Service) -> dict[str, str]:
    settings = service.settings
    return {
        **os.environ,
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "PAYOUTS_KEY_RING": settings.key_ring,
        "PAYOUTS_FINGERPRINT_KEY": settings.fingerprint_key,
        "PAYOUTS_SIGNING_KEY": settings.signing_key,
        "PAYOUTS_SECRET_KEY": settings.secret_key,
        "PAYOUTS_API_RATE": "1000000",
    }


@contextmanager
def gunicorn(application: str, environment: dict[str, str]) -> Iterator[psutil.Process]:
    command = [sys.executable, "-m", "gunicorn", application, f"--bind=127.0.0.1:{PORT}", "--workers=2", "--threads=4"]
    command += ["--worker-class=gthread", "--log-level=warning", "--keep-alive=30"]
    process = subprocess.Popen(command, env=environment)
    try:
        for _ in range(200):
            try:
                ask(http.client.HTTPConnection("127.0.0.1", PORT, timeout=5), "GET", "/nowhere", "", None)
                break
            except OSError:
                time.sleep(0.1)
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


@contextmanager
def processor_time(servers: embedded.Servers, master: psutil.Process, what: str, calls: int) -> Iterator[None]:
    """Tell what each call cost the processor, in gunicorn and in PostgreSQL: on a busy machine that says more."""

    def spent() -> tuple[float, float]:
        times = [process.cpu_times() for process in master.children()]
        return sum(each.user + each.system for each in times), server_seconds(servers)

    before = spent()
    yield
    for where, first, last in zip(("gunicorn", "postgresql"), before, spent(), strict=True):
        print(f"{what}_{where}_ms_each={(last - first) / calls * 1000:.2f}")


def bare() -> Flask:
    """What a create costs with nothing around it: parse, one INSERT, commit, answer."""
    from flask import request
    from sqlalchemy import create_engine, text

    url = os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(url, pool_size=10)
    app = Flask("bare")

    @app.route("/bare", methods=["POST"])
    def insert() -> dict[str, int]:
        insertion = text("INSERT INTO bare (name, amount_pence) VALUES (:name, :amount_pence) RETURNING id")
        with engine.begin() as connection:
            return {"id": connection.execute(insertion, request.get_json()).scalar_one()}

    return app


def ask(connection: http.client.HTTPConnection, method: str, path: str, secret: str, body: Any) -> int:
    headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": new_id().hex}
    if body is not None:
        headers["Content-Type"] = "application/json"
    connection.request(method, path, None if body is None else json.dumps(body), headers)
    answer = connection.getresponse()
    answer.read()
    return answer.status


def run(path: str, secret: str, bodies: list[Any], *, expect: int) -> tuple[list[float], float]:
    """Send the bodies from several callers at once; the seconds of each call, and of all together."""
    took: list[float] = []
    taken = count()

    def caller(_: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
        while (number := next(taken)) < len(bodies):
            begun = time.perf_counter()
            status = ask(connection, "GET" if bodies[number] is None else "POST", path, secret, bodies[number])
            took.append(time.perf_counter() - begun)
            assert status == expect, status

    begun = time.perf_counter()
    with ThreadPoolExecutor(CALLERS) as callers:
        list(callers.map(caller, range(CALLERS)))
    return took, time.perf_counter() - begun


def report(what: str, measured: tuple[list[float], float]) -> None:
    took, together = sorted(measured[0]), measured[1]
    print(f"{what}_per_second={len(took) / together:.0f}")
    print(f"{what}_p50_ms={took[len(took) // 2] * 1000:.1f}")
    print(f"{what}_p99_ms={took[int(len(took) * 0.99)] * 1000:.1f}", flush=True)


if __name__ == "__main__":
    main()
