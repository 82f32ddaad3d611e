"""What a load balancer and an operator ask: whether a process answers, and whether it can work."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from payouts.app import make_service
from payouts.commands import health as command
from payouts.machine_time import utc_now
from payouts.tasks import clock as ticking
from payouts.tasks import outbox
from payouts.tasks.queue import Queue
from tests.web.one_app import app_on

NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def start(seeded):
    return seeded


@pytest.fixture
def ask(service):
    """Asks an address of a process whose service is otherwise: its answer is one that nobody got before."""

    def asking(path="/health", **otherwise):
        return app_on(replace(service, **otherwise)).test_client().get(path)

    return asking


def at_migration(owner, *revisions):
    with owner.begin() as connection:
        connection.execute(text("DELETE FROM alembic_version"))
        for revision in revisions:
            connection.execute(text("INSERT INTO alembic_version VALUES (:revision)"), {"revision": revision})


def test_a_process_that_can_work_says_so_and_tells_nothing_else(ask):
    answer = ask()
    assert answer.status_code == 200
    assert answer.json == {"live": True, "ready": True, "failed": [], "queue": "answers"}
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers


def test_without_its_database_a_process_is_live_and_not_ready(make_settings):
    away = make_service(make_settings(database_url="postgresql://nobody@127.0.0.1:1/nothing"))
    browser = app_on(away).test_client()
    assert browser.get("/health/live").json == {"live": True}
    answer = browser.get("/health/ready")
    assert (answer.status_code, answer.json["failed"]) == (503, ["database"])
    assert "127.0.0.1" not in answer.text


def test_a_queue_that_is_away_makes_no_process_unready(ask):
    answer = ask("/health/ready", queue=Queue(NOWHERE))
    assert (answer.status_code, answer.json) == (200, {"ready": True, "failed": [], "queue": "away"})


def test_a_clock_that_is_wrong_makes_a_process_unready(ask):
    answer = ask("/health/ready", machine_time=lambda: utc_now() + timedelta(hours=1))
    assert (answer.status_code, answer.json["failed"]) == (503, ["clock"])


def test_a_database_that_was_not_migrated_makes_a_process_unready_and_a_newer_one_does_not(ask, owner):
    """During an upgrade the database is migrated first, and processes of the version before go on."""
    at_migration(owner, "going_live")
    assert ask("/health/ready").json["failed"] == ["migration"]
    at_migration(owner)
    assert ask("/health/ready").json["failed"] == ["migration"]
    at_migration(owner, "of_a_later_version")
    assert ask("/health/ready").status_code == 200


def test_however_often_it_is_asked_the_database_is_asked_once_a_second(service, owner):
    browser = app_on(service).test_client()
    assert browser.get("/health/ready").status_code == 200
    at_migration(owner, "going_live")
    assert {browser.get("/health/ready").status_code for _ in range(20)} == {200}


@pytest.fixture
def told(monkeypatch):
    """What `payouts health` says of a service, by its first words, and its exit status."""

    def telling(given):
        monkeypatch.setattr(command.ground, "service", lambda: given)
        ran = CliRunner().invoke(command.health, [])
        lines = [line.split(maxsplit=2) for line in ran.output.splitlines()]
        return ran.exit_code, {what: (word, rest) for word, what, rest in lines}

    return telling


def test_the_command_tells_who_is_missing(service, told):
    status, lines = told(service)
    assert status == 1
    well = {what for what, (word, _) in lines.items() if word == "ok"}
    assert well == {"database", "time", "migration", "queue", "tasks", "stopped"}
    assert lines["clock"] == ("FAILS", "none at work: start `payouts clock`")
    with service.engine.connect() as elected:
        elected.execute(text(ticking.ELECTION))
        assert told(service)[1]["clock"] == ("ok", "at work")


def test_the_command_tells_what_is_late_and_what_stopped(service, harbour, clock, told):
    with service.transaction(harbour.body_id) as session:
        outbox.add(session, "ledger.control", once="late", at=clock())
        outbox.add(session, "ledger.control", once="stopped", at=clock())
        session.execute(text("UPDATE task SET state = 'stopped', ended_at = due_at WHERE once = 'stopped'"))
    assert told(service)[1]["tasks"][0] == "ok"
    clock.advance(minutes=6)
    lines = told(service)[1]
    assert lines["tasks"] == ("FAILS", "1 waiting, 1 of them due, the oldest for 360 seconds")
    assert lines["stopped"] == ("FAILS", "1 ledger.control: see `payouts task list`")


def test_the_command_goes_on_without_the_servers_and_says_so(make_settings, told):
    away = make_settings(database_url="postgresql://nobody@127.0.0.1:1/nothing", redis_url=NOWHERE)
    status, lines = told(make_service(away))
    assert status == 1
    assert {what: word for what, (word, _) in lines.items()} == {
        "database": "FAILS", "queue": "FAILS", "workers": "FAILS"
    }  # fmt: skip
