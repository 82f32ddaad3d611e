"""Real servers for every test: PostgreSQL and Valkey from wheels, each database cloned from a migrated template."""

from __future__ import annotations

import base64
import gc
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from shutil import disk_usage
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import pytest
from argon2 import PasswordHasher
from flask import Flask
from hypothesis import settings as hypothesis_settings
from jinja2.bccache import Bucket, BytecodeCache
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import Engine, create_engine

from payouts import embedded, migrating
from payouts.app import Service, make_service
from payouts.config import Settings
from payouts.demo.harbour import Harbour, seed
from payouts.demo.register import write_register
from schemes import database, password
from schemes.database import connect, new_id
from tests.forking import Nursery, started_nursery
from tests.office import Office

hypothesis_settings.register_profile("house", deadline=None, print_blob=True)
hypothesis_settings.load_profile("house")
# so that an assert in there says what it compared
pytest.register_assert_rewrite("tests.faults.outcome", "tests.faults.installation", "tests.faults.trouble")

TEMPLATE = "payouts_template"

LONG = ("faults", "browser")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, and together: whoever runs them starts the processes and the browser once."""
    items.sort(key=lambda item: not any(item.get_closest_marker(marker) for marker in LONG))


def pytest_collection_finish() -> None:
    """What was imported stays: Python need not look through it again and again for what may go."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


# production's own, which a test looks at
PASSWORD_HASHER = password.hasher
# hundreds of tests keep or prove a password, and a hash carries how costly it is to prove
password.hasher = cache(lambda: PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


class CompiledTemplates(BytecodeCache):
    """The pages' templates, compiled once in this process: some tests make an app of their own."""

    def __init__(self) -> None:
        self.compiled: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.compiled:
            bucket.bytecode_from_string(self.compiled[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.compiled[bucket.key] = bucket.bytecode_to_string()


Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": CompiledTemplates()}


def share_statements(url: str) -> None:
    """Let every engine of this process know the statements that others compiled: each test has its own, all ask alike.

    A compiled statement is kept by its dialect, which knows of a database only what all of the server's have.
    """
    known = create_engine(url.replace("postgresql://", "postgresql+psycopg://"), query_cache_size=10_000)
    with known.connect():
        pass
    known.dispose()

    def knowing(url: str, **arguments: Any) -> Engine:
        made = create_engine(url, **arguments)
        made.dialect, made._compiled_cache = known.dialect, known._compiled_cache
        return made

    database.create_engine = knowing


class TestClock:
    """A clock that a test sets and moves."""

    __test__ = False

    def __init__(self, now: datetime) -> None:
        self.time = now

    def __call__(self) -> datetime:
        return self.time

    def advance(self, **by: float) -> None:
        self.time += timedelta(**by)


def secret(letter: str) -> str:
    return base64.b64encode(letter.encode() * 32).decode()


def quick_folder() -> str | None:
    """Where thousands of databases are copied in memory, where there is enough of it; else the usual place."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and disk_usage(memory).free > 8 * 1024**3
    return str(memory) if roomy else None


@pytest.fixture(scope="session")
def servers() -> Iterator[embedded.Servers]:
    """The servers of this test process, with a migrated template database."""
    # not in pytest's folder: each start of a pytest closes it to others, and run by root, PostgreSQL is another user
    with TemporaryDirectory(prefix="payouts-tests-", dir=quick_folder(), ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        running = embedded.start(Path(folder), fast=True)
        running.make_database(TEMPLATE)
        migrating.migrate(running.owner_url(TEMPLATE))
        share_statements(running.app_url(TEMPLATE))
        yield running
        running.stop()


@dataclass(frozen=True)
class Prepared:
    """A database to be cloned, and what is in it."""

    database: str
    harbour: Harbour
    payroll_id: UUID | None = None


def monday_morning() -> datetime:
    """Monday 23 November 2026, 9:30 in London."""
    return datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


def settings_on(servers: embedded.Servers, database: str, audit_heads: Path) -> dict[str, object]:
    return {
        "database_url": servers.app_url(database),
        "owner_database_url": servers.owner_url(database),
        "redis_url": servers.redis_url,
        "key_ring": f"k1:{secret('a')}",
        "fingerprint_key": secret("b"),
        "signing_key": secret("c"),
        "secret_key": "for tests only",
        "audit_heads": audit_heads,
        "demo": True,
    }


@pytest.fixture(scope="session")
def small_register(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """60 rows of the demo's register, 12 of them wrong."""
    return write_register(tmp_path_factory.mktemp("register") / "small.csv", people=60).path.read_bytes()


Prepare = Callable[[str, str], AbstractContextManager[Service]]


@pytest.fixture(scope="session")
def prepare(servers: embedded.Servers, tmp_path_factory: pytest.TempPathFactory) -> Prepare:
    """`with prepare(name, template) as service` makes a database to be cloned; after the block nobody is in it."""

    @contextmanager
    def preparing(name: str, template: str = TEMPLATE) -> Iterator[Service]:
        servers.make_database(name, template=template)
        values = settings_on(servers, name, tmp_path_factory.mktemp("heads"))
        made = make_service(Settings(**values), now=monday_morning)  # type: ignore[arg-type]
        try:
            yield made
        finally:
            made.engine.dispose()

    return preparing  # type: ignore[return-value]


@pytest.fixture(scope="session")
def seeded(prepare: Prepare) -> Prepared:
    """The sandbox body with its scheme and four people."""
    with prepare("payouts_seeded", TEMPLATE) as service:
        return Prepared("payouts_seeded", seed(service))


@pytest.fixture(scope="session")
def landed(prepare: Prepare, seeded: Prepared, small_register: bytes) -> Prepared:
    """The seeded body with a small register, its bank details confirmed."""
    with prepare("payouts_landed", seeded.database) as service:
        office = Office(service, seeded.harbour)
        import_id = office.bring_in(small_register)
        office.keep(import_id)
        office.confirm(import_id)
    return Prepared("payouts_landed", office.harbour)


@pytest.fixture(scope="session")
def sealed(prepare: Prepare, landed: Prepared) -> Prepared:
    """A payroll of the small register, its findings accepted and its file sealed, waiting at the first gate."""
    with prepare("payouts_sealed", landed.database) as service:
        office = Office(service, landed.harbour)
        payroll_id = office.create()
        office.work()
        office.accept_findings(payroll_id)
        office.seal(payroll_id)
    return Prepared("payouts_sealed", landed.harbour, payroll_id)


@pytest.fixture
def clock() -> TestClock:
    """Monday 23 November 2026, 9:30 in London."""
    return TestClock(monday_morning())


@pytest.fixture
def start() -> Prepared | None:
    """What a test begins with: nothing but tables. A module's own fixture `start` returns `sealed`, for one."""
    return None


@pytest.fixture
def make_settings(
    servers: embedded.Servers, start: Prepared | None, tmp_path: Path
) -> Iterator[Callable[..., Settings]]:
    """Settings on a fresh database; keyword arguments replace what a test wants otherwise."""
    database = f"test_{new_id().hex}"
    servers.make_database(database, template=start.database if start else TEMPLATE)

    def make(**changes: object) -> Settings:
        values = settings_on(servers, database, tmp_path / "audit-heads")
        return Settings(**{**values, **changes})  # type: ignore[arg-type]

    yield make
    servers.drop_database(database)


@pytest.fixture
def service(make_settings: Callable[..., Settings], clock: TestClock) -> Iterator[Service]:
    """A service on a fresh database, its clock in the test's hand."""
    made = make_service(make_settings(), now=clock)
    yield made
    made.engine.dispose()


@pytest.fixture
def harbour(service: Service, start: Prepared | None) -> Harbour:
    """The sandbox body with its scheme and four people; its register is empty unless the test starts with one."""
    return start.harbour if start else seed(service)


@pytest.fixture
def office(service: Service, harbour: Harbour) -> Office:
    """The four people at work, on whatever database this test's was cloned from."""
    return Office(service, harbour)


@pytest.fixture
def owner(make_settings: Callable[..., Settings]) -> Iterator[Engine]:
    """The test's database as its owner: what an intruder with the superuser's password could do."""
    engine = connect(make_settings().owner_database_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """Where the site's processes are forked, for all that a test process starts."""
    with started_nursery() as there:
        yield there


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real browser, one for each test process: Playwright does not start twice in one thread."""
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    finder = [Path(__file__).parents[1] / "scripts" / "find-chromium"]
    path = os.environ.get("CHROMIUM") or subprocess.run(finder, check=True, capture_output=True, text=True).stdout
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path.strip(), args=arguments)
        yield started
        started.close()
