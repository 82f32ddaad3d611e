"""One installation with real processes for all fault tests of a test process; each test has a body of its own."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from rich.progress import Progress

from payouts import embedded, local
from payouts.app import make_service
from payouts.config import Settings, read_settings
from payouts.demo.harbour import Harbour
from payouts.demo.register import write_register
from schemes.database import connect, new_id
from tests.conftest import TEMPLATE, settings_on
from tests.faults.installation import Installation, name_connections, start_valkey
from tests.faults.outcome import Keys, keys_of
from tests.faults.people import PatientJob
from tests.faults.prepared import checked
from tests.forking import ForkedProcesses, Nursery
from tests.office import Office

PEOPLE = 120
NOTIFY_KEY = "faults-5c3f6f5e-1f0a-4b1e-8a53-0d7e0a5a9f11-9a8f3d2e-7b6c-4d5e-8f90-a1b2c3d4e5f6"


@dataclass(frozen=True)
class Register:
    """A register to bring in, and the payments that it makes when nothing goes wrong."""

    path: Path
    calm: Keys


def settings_for(servers: embedded.Servers, database: str, folder: Path) -> tuple[Settings, dict[str, str]]:
    """Settings with short pauses, and the same as an environment."""
    values = settings_on(servers, database, folder / "audit-heads")
    web, notify, valkey = local.free_port(0), local.free_port(0), local.free_port(0)
    environment = {
        "DATABASE_URL": str(values["database_url"]),
        "OWNER_DATABASE_URL": str(values["owner_database_url"]),
        "REDIS_URL": f"redis://127.0.0.1:{valkey}/0",
        "PAYOUTS_KEY_RING": str(values["key_ring"]),
        "PAYOUTS_FINGERPRINT_KEY": str(values["fingerprint_key"]),
        "PAYOUTS_SIGNING_KEY": str(values["signing_key"]),
        "PAYOUTS_SECRET_KEY": str(values["secret_key"]),
        "PAYOUTS_AUDIT_HEADS": str(values["audit_heads"]),
        "PAYOUTS_BASE_URL": f"http://localhost:{web}",
        "PORT": str(web),
        "SANDBOX_NOTIFY_URL": f"http://127.0.0.1:{notify}",
        "SANDBOX_NOTIFY_API_KEY": NOTIFY_KEY,
        "SANDBOX_NOTIFY_STORE": str(folder / "notify"),
        # no receipts: they write to the notices of a test that is over, while the next one holds that table
        "NOTIFY_RECEIPTS_TOKEN": "",
        "PAYOUTS_DEMO": "1",
        # a system that tries again must not wait for the next minute
        "PAYOUTS_API_RATE": "1000000",
        "PAYOUTS_WEBHOOK_HOSTS": "127.0.0.1",
        "PAYOUTS_TICK": "0.1",
        "PAYOUTS_PUSH_AGAIN_AFTER": "0.5",
    }
    return read_settings(environment), environment


def port_of(url: str) -> int:
    return urlsplit(url).port or 0


@pytest.fixture(scope="session")
def started(
    servers: embedded.Servers, nursery: Nursery, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    """The installation, for the whole of a test process."""
    folder = tmp_path_factory.mktemp("installation")
    database = f"faults_{new_id().hex}"
    servers.make_database(database, template=TEMPLATE)
    settings, environment = settings_for(servers, database, folder)
    service = make_service(settings)
    name_connections(service.engine)
    owner = name_connections(connect(settings.owner_database_url))
    valkey = start_valkey(folder / "valkey", port_of(settings.redis_url))
    processes = ForkedProcesses(environment, folder / "logs", nursery)
    installation = Installation(settings, service, owner, valkey, processes)
    try:
        yield installation
    finally:
        installation.stop()
        service.engine.dispose()
        owner.dispose()
        servers.drop_database(database)


@pytest.fixture
def installation(started: Installation, register: Register) -> Iterator[Installation]:
    """The installation with everything running, whatever the test before did to it."""
    started.start()
    started.start_web()
    yield started
    started.end_extra()


@pytest.fixture
def harbour(installation: Installation) -> Harbour:
    return installation.new_body()


@pytest.fixture
def office(installation: Installation, harbour: Harbour) -> Office:
    """The body's four people, doing by themselves what pages and workers would: the way to where a test begins."""
    return Office(installation.service, harbour)


@pytest.fixture(scope="session")
def register(started: Installation, tmp_path_factory: pytest.TempPathFactory) -> Register:
    return register_of(started, tmp_path_factory.mktemp("register"), people=PEOPLE)


def register_of(started: Installation, folder: Path, *, people: int) -> Register:
    path = write_register(folder / "register.csv", people=people).path
    calm = Office(started.service, started.new_body())
    payroll_id = checked(calm, path)
    return Register(path, keys_of(started.service, calm.harbour, payroll_id))


@pytest.fixture
def job(installation: Installation, harbour: Harbour) -> PatientJob:
    """The main job on the site itself."""
    return PatientJob(
        installation.service, harbour, base_url=installation.settings.base_url, progress=Progress(disable=True)
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `seed` or `dice` runs for each seed: one, or as many as PAYOUTS_FAULT_SEEDS says."""
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", range(int(os.environ.get("PAYOUTS_FAULT_SEEDS", "1"))))


@pytest.fixture
def dice(seed: int) -> random.Random:
    """Random moments that are the same each time for the same seed."""
    return random.Random(seed)
