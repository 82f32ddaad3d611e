"""Real servers for every test: PostgreSQL and Valkey from wheels, each database cloned from a migrated template."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings

from payouts import embedded, migrating
from payouts.app import Service, make_service
from payouts.config import Settings
from payouts.demo.harbour import Harbour, seed
from schemes.database import new_id

hypothesis_settings.register_profile("house", deadline=None, print_blob=True)
hypothesis_settings.load_profile("house")

TEMPLATE = "payouts_template"


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


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[embedded.Servers]:
    """The servers of this test process, with a migrated template database."""
    folder: Path = tmp_path_factory.mktemp("servers")
    # PostgreSQL runs as another user when the tests run as root, and pytest's folders are closed to others
    for parent in (folder, *folder.parents):
        if parent.owner() == Path.home().owner() and os.access(parent, os.W_OK) and parent != Path("/tmp"):
            parent.chmod(parent.stat().st_mode | 0o011)
    running = embedded.start(folder, fast=True)
    running.make_database(TEMPLATE)
    migrating.migrate(running.owner_url(TEMPLATE))
    yield running
    running.stop()


@pytest.fixture
def clock() -> TestClock:
    """Monday 23 November 2026, 9:30 in London."""
    return TestClock(datetime(2026, 11, 23, 9, 30, tzinfo=UTC))


@pytest.fixture
def make_settings(servers: embedded.Servers, tmp_path: Path) -> Iterator[Callable[..., Settings]]:
    """Settings on a fresh database; keyword arguments replace what a test wants otherwise."""
    database = f"test_{new_id().hex}"
    servers.make_database(database, template=TEMPLATE)

    def make(**changes: object) -> Settings:
        values: dict[str, object] = {
            "database_url": servers.app_url(database),
            "owner_database_url": servers.owner_url(database),
            "redis_url": servers.redis_url,
            "key_ring": f"k1:{secret('a')}",
            "fingerprint_key": secret("b"),
            "signing_key": secret("c"),
            "secret_key": "for tests only",
            "audit_heads": tmp_path / "audit-heads",
            "demo": True,
            **changes,
        }
        return Settings(**values)  # type: ignore[arg-type]

    yield make
    servers.drop_database(database)


@pytest.fixture
def service(make_settings: Callable[..., Settings], clock: TestClock) -> Iterator[Service]:
    """A service on a fresh database, its clock in the test's hand."""
    made = make_service(make_settings(), now=clock)
    yield made
    made.engine.dispose()


@pytest.fixture
def harbour(service: Service) -> Harbour:
    """The sandbox body with its scheme and four people, its register empty."""
    return seed(service)
