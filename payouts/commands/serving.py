"""The processes of the service: web, worker, clock, the sandbox's simulators; and the migrations before them.

Each reads what it runs when it is started: a worker holds no pages in memory, a simulator no payrolls.
"""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import sys
import tempfile
import threading
from urllib.parse import urlsplit

import click

from payouts import local, logs, restored
from payouts.app import make_service
from payouts.commands import ground
from payouts.config import Settings, read_settings


@click.command()
@click.option("--processes", default=2, show_default=True, help="How many web processes.")
def serve(processes: int) -> None:
    """Run the web process (gunicorn)."""
    from gunicorn.app.wsgiapp import run as gunicorn

    # read before gunicorn forks its workers, so that they share it
    from payouts.api import application  # noqa: F401
    from payouts.web import site  # noqa: F401

    found = ground.environment()
    settings = read_settings(found)
    logs.set_up("web")
    # this process becomes gunicorn; what it was stays in the environment of its workers
    os.environ.update(found)
    if settings.metrics_token:
        count_together()
    look_at_copy(settings)
    arguments = [
        "gunicorn",
        "wsgi:app",
        f"--chdir={local.ROOT}",
        f"--bind={settings.host}:{settings.port}",
        f"--workers={processes}",
        "--threads=4",
        "--worker-class=gthread",
        "--timeout=120",
        "--log-level=warning",
        "--logger-class=payouts.web.server_log.ServerLog",
    ]
    sys.argv = arguments
    gunicorn()


def look_at_copy(settings: Settings) -> None:
    """Before anybody is served or any task is done: whether the database came back from a backup."""
    given = make_service(settings, pool_size=1)
    restored.look_at_start(given)
    # processes that are forked from this one make connections of their own
    given.engine.dispose()


def count_together() -> None:
    """Give the web processes a folder to count requests in: each is forked from this one, and any may be asked."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        return
    made, parent = tempfile.mkdtemp(prefix="payouts-metrics-"), os.getpid()
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = made

    def remove() -> None:
        if os.getpid() == parent:
            shutil.rmtree(made, ignore_errors=True)

    atexit.register(remove)


@click.command()
def worker() -> None:
    """Run the worker pool (RQ)."""
    from payouts.tasks import worker as process

    found = ground.environment()
    os.environ.update(found)
    logs.set_up("worker")
    settings = read_settings(found)
    look_at_copy(settings)
    process.work(settings)


@click.command()
def clock() -> None:
    """Run the clock: pushes lost tasks again, links audit chains. Several may run; one does the work."""
    from payouts.tasks import clock as process

    logs.set_up("clock")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    process.run(make_service(ground.settings()), stop)


@click.command()
def sandbox() -> None:
    """Run what sandbox bodies talk to: GOV.UK Notify, and Confirmation of Payee if SANDBOX_CONFIRMATION_URL is set."""
    from payouts.sandbox import notify
    from payouts.sandbox.notify_keys import EXAMPLES

    logs.set_up("sandbox")
    settings = ground.settings()
    address = urlsplit(settings.sandbox_notify_url)
    if not address.port:
        raise click.ClickException("SANDBOX_NOTIFY_URL says where to listen, for example http://127.0.0.1:6001")
    settings.sandbox_notify_store.mkdir(parents=True, exist_ok=True)
    start_confirmation(settings)
    notify.serve(
        address.hostname or "127.0.0.1",
        address.port,
        store=settings.sandbox_notify_store,
        receipts_url=f"{settings.base_url}/callbacks/notify" if settings.notify_receipts_token else None,
        receipts_token=settings.notify_receipts_token or None,
        api_keys=[settings.sandbox_notify_api_key, *EXAMPLES.values()],
    )


def start_confirmation(settings: Settings) -> None:
    """Answer questions about names from a thread: it keeps nothing, so it may end with the process."""
    from payouts.sandbox.confirmation_of_payee import ConfirmationServer

    if not settings.sandbox_confirmation_url:
        return
    address = urlsplit(settings.sandbox_confirmation_url)
    if not address.port or not settings.sandbox_confirmation_token:
        raise click.ClickException("SANDBOX_CONFIRMATION_URL needs a port, and SANDBOX_CONFIRMATION_TOKEN a token")
    server = ConfirmationServer(
        address.hostname or "127.0.0.1", address.port, token=settings.sandbox_confirmation_token
    )
    threading.Thread(target=server.run, name="confirmation-of-payee", daemon=True).start()


@click.command()
def migrate() -> None:
    """Bring the database to the newest shape, as the owner of its tables (OWNER_DATABASE_URL)."""
    from payouts import migrating

    settings = ground.settings()
    if not settings.owner_database_url:
        raise click.ClickException("OWNER_DATABASE_URL is not set: migrations run as the owner of the tables")
    migrating.migrate(settings.owner_database_url)
    click.echo("The database is up to date.")
