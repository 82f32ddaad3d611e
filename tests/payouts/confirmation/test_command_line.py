"""`payouts confirmation`, as an operator types it: with the settings of the environment, and a worker at work."""

from __future__ import annotations

import threading

import pyotp
import pytest
from click.testing import CliRunner
from sqlalchemy import select

from payouts.cli import payouts
from payouts.machine_time import utc_now
from payouts.tasks import worker
from payouts.tasks.outbox import Task, TaskState
from schemes.payee import Payee
from schemes.person import DEMO_PASSWORD, Role
from tests.payouts.confirmation.conftest import TOKEN


@pytest.fixture
def clock():
    return utc_now


@pytest.fixture
def run(service, harbour, bank):
    """Type a command as the finance officer."""
    settings = service.settings
    environment = {
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "PAYOUTS_KEY_RING": settings.key_ring,
        "PAYOUTS_FINGERPRINT_KEY": settings.fingerprint_key,
        "PAYOUTS_SIGNING_KEY": settings.signing_key,
        "PAYOUTS_SECRET_KEY": settings.secret_key,
        "SANDBOX_CONFIRMATION_URL": bank.url,
        "SANDBOX_CONFIRMATION_TOKEN": TOKEN,
        "PAYOUTS_PASSWORD": DEMO_PASSWORD,
        "PAYOUTS_CODE": pyotp.TOTP(harbour.code_secrets[Role.FINANCE]).now(),
    }
    return lambda *words: CliRunner().invoke(payouts, ["confirmation", *words], env=environment)


@pytest.fixture
def at_work(office):
    """A worker, until the test ends."""
    stop = threading.Event()

    def work():
        while not stop.wait(0.05):
            with office.transaction() as session:
                waiting = session.scalars(select(Task.id).where(Task.state == TaskState.WAITING)).all()
            for task_id in waiting:
                worker.perform(office.service, task_id, office.harbour.body_id)

    thread = threading.Thread(target=work)
    thread.start()
    yield
    stop.set()
    thread.join()


def test_the_register_is_checked_and_its_answers_are_shown(run, office, at_work):
    asked = run("ask", "--as", "femi@harbour.example")
    assert asked.exit_code == 0, asked.output
    everybody = len(office.answers())
    assert f"Checked {everybody} names." in asked.output

    assert run("show", "--import", str(office.import_id())).output == f"Match\t{everybody}\n"
    with office.transaction() as session:
        reference = session.scalars(select(Payee.reference).order_by(Payee.reference)).first()
    shown = run("show", "--payee", reference).output
    assert shown.startswith("version 1\tMatch\tMATC\tThe name matches this account\t")


def test_what_is_not_there_is_said_in_one_line(run):
    assert "give --import or --payee" in run("show").output
    assert str(run("show", "--payee", "NOBODY").exception) == "there is no payee NOBODY in this body"
