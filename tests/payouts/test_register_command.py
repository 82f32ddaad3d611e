"""`payouts register`, as a preparer types it: with the settings of the environment, and a worker at work."""

from __future__ import annotations

import threading
from pathlib import Path

import pyotp
import pytest
from click.testing import CliRunner
from sqlalchemy import select

from payouts.cli import payouts
from payouts.machine_time import utc_now
from payouts.tasks import worker
from payouts.tasks.outbox import Task, TaskState
from schemes.imports.register_import import ImportStatus, imports_of_body
from schemes.person import DEMO_PASSWORD, Role

OURS = "reference,beneficiary_name,amount,start_date,account_name,sort_code,account_number\n"
THEIRS = "Client ID,Name,Weekly Amount,Since,Account holder,Sortcode,Account No\n"
GOOD = "C-1,Ann Example,12050,2026-04-25,A Example,089999,66374958\n"
BAD = "C 2,Ann Example,12050,2026-04-25,A Example,089999,66374958\n"
PAYMENTS = (Path(__file__).parents[1] / "golden" / "standard18" / "single-day.txt").read_text()


@pytest.fixture
def start(seeded):
    return seeded


@pytest.fixture
def clock():
    return utc_now


@pytest.fixture
def run(office, harbour, tmp_path):
    """Type `payouts register import` for a file of some content, with a worker at work until it ends."""
    settings = office.service.settings
    environment = {
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "PAYOUTS_KEY_RING": settings.key_ring,
        "PAYOUTS_FINGERPRINT_KEY": settings.fingerprint_key,
        "PAYOUTS_SIGNING_KEY": settings.signing_key,
        "PAYOUTS_SECRET_KEY": settings.secret_key,
        "PAYOUTS_PASSWORD": DEMO_PASSWORD,
        "PAYOUTS_CODE": pyotp.TOTP(harbour.code_secrets[Role.PREPARER]).now(),
    }
    stop = threading.Event()

    def work():
        while not stop.wait(0.05):
            with office.transaction() as session:
                waiting = session.scalars(select(Task.id).where(Task.state == TaskState.WAITING)).all()
            for task_id in waiting:
                worker.perform(office.service, task_id, office.harbour.body_id)

    def typed(content, *words):
        path = tmp_path / "register.csv"
        path.write_text(content)
        email = harbour.people[Role.PREPARER].email
        command = ["register", "import", str(path), "--scheme", "HIL", "--as", email, *words]
        return CliRunner().invoke(payouts, command, env=environment)

    thread = threading.Thread(target=work)
    thread.start()
    yield typed
    stop.set()
    thread.join()


def status(office):
    with office.transaction() as session:
        return imports_of_body(session)[0].status


def test_a_file_with_other_columns_is_brought_in_by_typing_what_they_are(run, office):
    words = ("--mapping", "start_date=Since", "--pence", "--source", "Care system", "--whole", "--keep")
    typed = run(THEIRS + GOOD, *words)
    assert typed.exit_code == 0, typed.output
    assert "client_id is reference" in typed.output
    assert "1 good rows" in typed.output
    assert status(office) is ImportStatus.LANDED


def test_a_file_of_payments_is_brought_in_with_the_day_that_they_start(run, office):
    typed = run(PAYMENTS, "--first-day", "2026-12-01", "--keep")
    assert typed.exit_code == 0, typed.output
    assert "2 payments of £2,125.50; 1 other records are left out" in typed.output
    assert status(office) is ImportStatus.LANDED


@pytest.mark.parametrize(
    ("content", "words", "says", "left"),
    [
        (OURS + GOOD + BAD, ("--whole", "--keep"), "not whole: 1 rows are refused", ImportStatus.DISCARDED),
        (THEIRS + GOOD, ("--keep",), "missing: start_date", ImportStatus.DISCARDED),
        (THEIRS + GOOD, ("--mapping", "start_date=Nowhere"), "theirs client_id, name", ImportStatus.ASKING),
        (PAYMENTS, ("--keep",), "say with --first-day", ImportStatus.DISCARDED),
        (PAYMENTS, ("--first-day", "2026-12-01", "--prefix", "a b"), "--prefix: up to 12", ImportStatus.DISCARDED),
        ("", (), "cannot be read", ImportStatus.UNREADABLE),
    ],
)
def test_what_cannot_be_brought_in_ends_with_a_reason_and_an_exit_status(run, office, content, words, says, left):
    typed = run(content, *words)
    assert typed.exit_code == 1
    assert says in typed.output
    assert status(office) is left
