"""The clock: many may run, one works; when it goes, another takes over. Audit heads are published outside."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest
from sqlalchemy import select, text

from payouts.app import make_service
from payouts.tasks import clock as ticking
from payouts.tasks.outbox import Task, TaskState, add
from schemes import audit


@pytest.fixture
def start(seeded):
    return seeded


@pytest.fixture
def clocks(make_settings, clock):
    """Starts clocks, each with its own connections as a process has; returns how to stop one, and its ticks."""
    running = []

    def begin():
        ticks = []

        def now():
            ticks.append(1)
            return clock()

        service = make_service(make_settings(tick=0.02), now=now)
        stop = threading.Event()
        thread = threading.Thread(target=ticking.run, args=(service, stop))
        thread.start()

        def end():
            stop.set()
            thread.join(10)
            service.engine.dispose()

        running.append(end)
        return end, ticks

    yield begin
    for end in running:
        end()


def eventually(true, seconds=10):
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if true():
            return True
        time.sleep(0.02)
    return False


def holders(owner):
    """Who holds the election: the clock's work takes other advisory locks, for moments."""
    with owner.connect() as connection:
        return connection.scalars(
            text("SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1 "
                 "AND (classid::bigint << 32 | objid::bigint) = hashtextextended('payouts clock', 0) AND database = "
                 "(SELECT oid FROM pg_database WHERE datname = current_database())")
        ).all()  # fmt: skip


def test_of_two_clocks_one_works_and_the_other_takes_over_when_it_ends(office, clocks, owner):
    end_first, first = clocks()
    assert eventually(lambda: len(first) > 3)
    _, second = clocks()
    before = len(first)
    assert eventually(lambda: len(first) > before + 5)
    assert second == []
    assert len(holders(owner)) == 1
    end_first()
    assert eventually(lambda: len(second) > 3)


def test_a_clock_whose_connection_is_cut_loses_the_election_and_goes_on(office, clocks, owner):
    clocks()
    assert eventually(lambda: len(holders(owner)) == 1)
    (pid,) = holders(owner)
    with owner.connect() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
    assert eventually(lambda: holders(owner) not in ([], [pid]))
    with office.transaction() as session:
        audit.record(session, "test.event", by=None, at=office.service.now())
    heads = office.service.settings.audit_heads
    assert eventually(lambda: (heads / f"{office.harbour.body_id}.jsonl").exists())


def test_a_running_clock_links_events_and_publishes_a_head_that_verifies(office, clocks):
    clocks()
    folder, body_id = office.service.settings.audit_heads, office.harbour.body_id
    assert eventually(lambda: (folder / f"{body_id}.jsonl").exists())
    with office.transaction() as session:
        heads = list(audit.published(folder, body_id, signer=office.service.signer))
        assert heads[-1][1] is True
        assert audit.verify(session, body_id, heads).faults == []


def test_the_clock_does_not_need_the_queue(make_settings, clock, office):
    deaf = make_service(make_settings(redis_url="redis://127.0.0.1:1/0"), now=clock)
    with office.transaction() as session:
        add(session, "import.read", once="x", at=clock(), import_id="x")
    clock.advance(minutes=1)
    ticking.tick(deaf)
    deaf.engine.dispose()
    with office.transaction() as session:
        assert session.scalars(select(Task.state)).one() is TaskState.WAITING
    assert (office.service.settings.audit_heads / f"{office.harbour.body_id}.jsonl").exists()


def test_nothing_new_publishes_no_new_head(office):
    service = replace(office.service)
    ticking.link_audit(service)
    ticking.link_audit(service)
    lines = (service.settings.audit_heads / f"{office.harbour.body_id}.jsonl").read_text().splitlines()
    assert len(lines) == 1
