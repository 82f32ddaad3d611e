"""Work follows its change in one transaction; the queue may lose all of it; a task is done once."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import suppress
from datetime import timedelta

import pytest
import redis
import rq
from sqlalchemy import select, text

from payouts.app import make_service
from payouts.tasks import clock as ticking
from payouts.tasks import outbox, worker
from payouts.tasks.kinds import KINDS, OnDatabase, Outside
from payouts.tasks.outbox import MOST_ATTEMPTS, NotThere, Task, TaskState, add, retry
from schemes import before_body, older_copy
from schemes.database import new_id
from schemes.errors import NotFound, NotNow


@pytest.fixture
def start(seeded):
    return seeded


@pytest.fixture
def queue(servers):
    """The names of the jobs in the queue of this test process's own server, empty at first."""
    connection = redis.Redis.from_url(servers.redis_url)
    connection.flushall()
    yield lambda: [name.decode() for name in connection.lrange("rq:queue:payouts", 0, -1)]
    connection.flushall()
    connection.close()


@pytest.fixture
def done(monkeypatch):
    """Kinds of work that a test needs: `test.note` counts each time that it is done, `test.fail` always fails."""
    noted = []

    def note(session, service, args):
        noted.append(args["name"])

    def fail(session, service, args):
        raise RuntimeError("no luck")

    monkeypatch.setitem(KINDS, "test.note", OnDatabase(note))
    monkeypatch.setitem(KINDS, "test.outside", Outside(note))
    monkeypatch.setitem(KINDS, "test.fail", OnDatabase(fail))
    return noted


def ask(office, kind="test.note", name="it"):
    """Add a task as an operation does, and return its id."""
    with office.transaction() as session:
        add(session, kind, once=f"{kind}/{name}", at=office.service.now(), name=name)
    with office.transaction() as session:
        return session.scalars(select(Task.id).where(Task.once == f"{kind}/{name}")).one()


def task(office, task_id):
    with office.transaction() as session:
        found = session.get(Task, (office.harbour.body_id, task_id))
        session.expunge(found)
    return found


def test_a_task_of_a_change_that_was_rolled_back_was_never_there_nor_pushed(office, queue):
    with suppress(RuntimeError), office.transaction() as session:
        add(session, "import.read", once="x", at=office.service.now(), import_id=str(new_id()))
        raise RuntimeError("after all, no")
    with office.transaction() as session:
        assert session.scalars(select(Task)).all() == []
    assert queue() == []


def test_a_task_is_pushed_once_its_change_is_committed_and_not_before(office, queue):
    with office.transaction() as session:
        add(session, "import.read", once="x", at=office.service.now(), import_id=str(new_id()))
        assert queue() == []
    with office.transaction() as session:
        task_id = session.scalars(select(Task.id)).one()
    assert queue() == [f"{task_id}-0"]


def test_the_same_work_asked_for_twice_is_one_task(office, queue, done):
    assert ask(office) == ask(office)
    assert len(queue()) == 1


def test_without_the_queues_server_a_change_commits_all_the_same(make_settings, clock, office, done):
    deaf = make_service(make_settings(redis_url="redis://127.0.0.1:1/0"), now=clock)
    with deaf.transaction(office.harbour.body_id) as session:
        add(session, "test.note", once="x", at=clock(), name="x")
    deaf.engine.dispose()
    with office.transaction() as session:
        assert session.scalars(select(Task.state)).one() is TaskState.WAITING


def test_what_an_emptied_queue_lost_the_clock_pushes_again_after_a_while(office, queue, done, clock, servers):
    task_id = ask(office)
    redis.Redis.from_url(servers.redis_url).flushall()
    assert ticking.push_due(office.service) == 0, "it may still be in somebody's hands"
    clock.advance(seconds=office.service.settings.push_again_after + 1)
    assert ticking.push_due(office.service) == 1
    assert queue() == [f"{task_id}-0"]
    assert ticking.push_due(office.service) == 0, "once a while, not at each tick"


def test_a_failed_push_leaves_the_task_to_the_clock(make_settings, office, queue, done, clock):
    task_id = ask(office)
    deaf = make_service(make_settings(redis_url="redis://127.0.0.1:1/0"), now=clock)
    clock.advance(seconds=60)
    assert ticking.push_due(deaf) == 0
    deaf.engine.dispose()
    clock.advance(seconds=60)
    assert ticking.push_due(office.service) == 1
    assert task(office, task_id).state is TaskState.WAITING


def test_a_task_is_done_once_however_often_it_is_performed(office, queue, done):
    task_id = ask(office)
    for _ in range(3):
        worker.perform(office.service, task_id, office.harbour.body_id)
    assert done == ["it"]
    assert task(office, task_id).state is TaskState.DONE


def test_what_reaches_outside_waits_while_its_body_is_held_and_counts_no_failure(office, queue, done, clock):
    outside, inside = ask(office, "test.outside", "sent"), ask(office, "test.note", "built")
    with office.transaction() as session:
        older_copy.hold(session, position=1, published=2, at=clock())
    for task_id in (outside, inside):
        worker.perform(office.service, task_id, office.harbour.body_id)
    assert done == ["built"]
    assert (task(office, outside).state, task(office, outside).attempts) == (TaskState.WAITING, 0)
    with office.transaction() as session:
        older_copy.let_go_on(session, position=1, published=2, at=clock())
    worker.perform(office.service, outside, office.harbour.body_id)
    assert done == ["built", "sent"]


def test_another_bodys_worker_call_cannot_reach_a_task(office, queue, done):
    task_id = ask(office)
    worker.perform(office.service, task_id, new_id())
    assert done == []
    assert task(office, task_id).state is TaskState.WAITING


@pytest.mark.parametrize("kind", [OnDatabase, Outside], ids=["on the database", "outside"])
def test_two_workers_with_one_task_do_it_once(office, queue, monkeypatch, kind):
    begun, may_end, count = threading.Event(), threading.Event(), []

    def slow(session, service, args):
        count.append(1)
        begun.set()
        assert may_end.wait(10)

    monkeypatch.setitem(KINDS, "test.slow", kind(slow))
    task_id = ask(office, "test.slow")
    perform = (office.service, task_id, office.harbour.body_id)
    first = threading.Thread(target=worker.perform, args=perform)
    first.start()
    assert begun.wait(10)
    worker.perform(*perform)  # returns at once: another has it
    assert task(office, task_id).state is TaskState.WAITING
    may_end.set()
    first.join()
    worker.perform(*perform)
    assert len(count) == 1
    assert task(office, task_id).state is TaskState.DONE


def test_what_a_failing_task_wrote_is_gone_and_its_error_kept(office, queue, monkeypatch):
    def write_and_fail(session, service, args):
        add(session, "test.note", once="left behind", at=service.now(), name="x")
        raise RuntimeError("half way")

    monkeypatch.setitem(KINDS, "test.half", OnDatabase(write_and_fail))
    task_id = ask(office, "test.half")
    worker.perform(office.service, task_id, office.harbour.body_id)
    with office.transaction() as session:
        assert session.scalars(select(Task.id)).all() == [task_id]
    failed = task(office, task_id)
    assert (failed.attempts, failed.error) == (1, "RuntimeError: half way")
    assert len(queue()) == 1


def test_a_failing_task_waits_twice_as_long_each_time_and_stops_after_six(office, queue, done, clock):
    task_id = ask(office, "test.fail")
    waits = []
    for _ in range(MOST_ATTEMPTS - 1):
        worker.perform(office.service, task_id, office.harbour.body_id)
        waits.append(task(office, task_id).due_at - clock())
        assert ticking.push_due(office.service) == 0
        clock.time = task(office, task_id).due_at
        assert ticking.push_due(office.service) == 1
    assert waits == [timedelta(seconds=2**n) for n in range(1, MOST_ATTEMPTS)]
    assert len(set(queue())) == MOST_ATTEMPTS, "each try is a job of its own name"
    worker.perform(office.service, task_id, office.harbour.body_id)
    stopped = task(office, task_id)
    assert (stopped.state, stopped.attempts) == (TaskState.STOPPED, MOST_ATTEMPTS)
    clock.advance(hours=1)
    assert ticking.push_due(office.service) == 0
    worker.perform(office.service, task_id, office.harbour.body_id)
    assert task(office, task_id).attempts == MOST_ATTEMPTS
    with office.service.transaction(None) as session:
        shown = before_body.stopped_tasks(session)
    assert [(row.id, row.error) for row in shown] == [(task_id, "RuntimeError: no luck")]


def test_a_task_that_its_process_does_not_outlive_is_noted_and_stops_after_six(office, queue, monkeypatch):
    monkeypatch.setitem(KINDS, "test.killed", OnDatabase(lambda *_: os.kill(os.getpid(), signal.SIGKILL)))
    monkeypatch.setattr(worker, "read_settings", lambda: office.service.settings)
    task_id = ask(office, "test.killed")
    connection = worker.Queue(office.service.settings.redis_url).connection
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    worker.TaskWorker([rq.Queue(worker.QUEUE_NAME, connection=connection)], connection=connection).work(burst=True)
    for number, handler in before.items():
        signal.signal(number, handler)
    noted = task(office, task_id)
    assert (noted.state, noted.attempts, noted.error) == (TaskState.WAITING, 1, "CutOff: its process was killed")
    for _ in range(MOST_ATTEMPTS - 1):
        worker.note_cut_off(office.service, task_id, office.harbour.body_id)
    assert task(office, task_id).state is TaskState.STOPPED
    worker.note_cut_off(office.service, task_id, office.harbour.body_id)
    assert task(office, task_id).attempts == MOST_ATTEMPTS


def test_work_that_waits_for_somebody_outside_waits_a_day_and_not_six_tries(office, queue, done, clock, monkeypatch):
    def away(session, service, args):
        raise NotThere("closed for now")

    monkeypatch.setitem(KINDS, "test.fail", OnDatabase(away))
    task_id = ask(office, "test.fail")
    asked = clock()
    while task(office, task_id).state is TaskState.WAITING:
        worker.perform(office.service, task_id, office.harbour.body_id)
        assert task(office, task_id).due_at - clock() <= timedelta(minutes=5)
        clock.time = task(office, task_id).due_at
    assert timedelta(days=1) <= clock() - asked < timedelta(days=1, minutes=10)


def test_a_stopped_task_that_is_retried_is_pushed_and_done(office, queue, done, monkeypatch):
    task_id = ask(office, "test.fail")
    for _ in range(MOST_ATTEMPTS):
        worker.perform(office.service, task_id, office.harbour.body_id)
    before = len(queue())
    monkeypatch.setitem(KINDS, "test.fail", KINDS["test.note"])
    with office.transaction() as session:
        retry(session, task_id, at=office.service.now())
    assert len(queue()) == before + 1
    worker.perform(office.service, task_id, office.harbour.body_id)
    assert done == ["it"]
    assert task(office, task_id).error is None
    with pytest.raises(NotNow), office.transaction() as session:
        retry(session, task_id, at=office.service.now())
    with pytest.raises(NotFound), office.transaction() as session:
        retry(session, new_id(), at=office.service.now())


def test_a_task_of_a_kind_that_nobody_knows_fails_and_is_seen(office, queue):
    with office.transaction() as session:
        add(session, "no.such.kind", once="x", at=office.service.now())
    with office.transaction() as session:
        task_id = session.scalars(select(Task.id)).one()
    worker.perform(office.service, task_id, office.harbour.body_id)
    assert "KeyError" in task(office, task_id).error


def test_an_error_that_quotes_a_statement_keeps_peoples_details_out_of_the_tasks_record(office, queue, monkeypatch):
    def insert(session, service, args):
        session.execute(text("INSERT INTO payee (name) VALUES (:name)"), {"name": "Zoë Secret"})

    monkeypatch.setitem(KINDS, "test.insert", OnDatabase(insert))
    task_id = ask(office, "test.insert")
    worker.perform(office.service, task_id, office.harbour.body_id)
    assert "Zoë" not in task(office, task_id).error


def test_a_task_that_fails_outside_is_noted_and_lets_go_of_its_lock(office, queue, monkeypatch):
    tries = []

    def shaky(session, service, args):
        tries.append(args["body_id"])
        if len(tries) == 1:
            raise RuntimeError("silence")

    monkeypatch.setitem(KINDS, "test.shaky", Outside(shaky))
    task_id = ask(office, "test.shaky")
    for _ in range(2):
        worker.perform(office.service, task_id, office.harbour.body_id)
    assert tries == [str(office.harbour.body_id)] * 2
    assert task(office, task_id).state is TaskState.DONE


def test_a_task_taken_by_one_transaction_is_nobody_elses_until_it_ends(office, queue, done):
    task_id = ask(office)
    with office.transaction() as mine, office.transaction() as other:
        assert outbox.take(mine, task_id) is not None
        assert outbox.take(other, task_id) is None
