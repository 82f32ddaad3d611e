"""`payouts health`: whether the installation works, from any machine that has its settings."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

import click
import redis
from rq import Worker

from payouts.app import Service
from payouts.commands import ground
from payouts.health import Part
from payouts.tasks import clock
from schemes import standing
from schemes.before_body import all_bodies
from schemes.older_copy import is_held


class Line(NamedTuple):
    """What was looked at, whether it is well, and in which words."""

    what: str
    well: bool
    words: str


@click.command()
@click.option("--late", "late_seconds", default=300, show_default=True, help="Seconds after which a task is late.")
def health(late_seconds: int) -> None:
    """Say whether the installation works: database, migration, queue, clock, workers, tasks. Exit 1 if anything fails.

    Asks the database, the queue and what they know of the other processes, so it can run on any machine, beside a
    worker or a clock as well.
    """
    lines = list(looked_at(ground.service(), timedelta(seconds=late_seconds)))
    for line in lines:
        click.echo(f"{'ok' if line.well else 'FAILS':<6} {line.what:<10} {line.words}")
    sys.exit(0 if all(line.well for line in lines) else 1)


def looked_at(given: Service, late: timedelta) -> Iterator[Line]:
    found = given.probe.readiness()
    answers = Part.DATABASE not in found.failed
    yield Line("database", answers, "answers" if answers else "does not answer")
    migrated = Part.MIGRATION not in found.failed
    if answers:
        agrees = Part.CLOCK not in found.failed
        yield Line(
            "time",
            agrees,
            "this machine's clock agrees with the database's"
            if agrees
            else "this machine's clock and the database's are more than 30 seconds apart: nothing is decided or done",
        )
        yield Line(
            "migration",
            migrated,
            "the database has the shape that this version needs" if migrated else "run `payouts migrate` first",
        )
    yield queue_line(given, answers=found.queue_answers)
    yield workers_line(given, answers=found.queue_answers)
    if answers and migrated:
        yield from work_lines(given, late)


def queue_line(given: Service, *, answers: bool) -> Line:
    words = (
        f"answers, {len(given.queue.jobs):,} waiting in it" if answers else "away: nothing is lost, work waits for it"
    )
    return Line("queue", answers, words)


def workers_line(given: Service, *, answers: bool) -> Line:
    """By RQ's own list, in which a worker that was killed stands for some minutes more."""
    if not answers:
        return Line("workers", well=False, words="not known while the queue is away")
    try:
        workers = Worker.all(queue=given.queue.jobs)
    except redis.RedisError:
        return Line("workers", well=False, words="not known: the queue did not answer")
    busy = sum(worker.get_state() == "busy" for worker in workers)
    words = f"{len(workers)}, {busy} of them at a task" if workers else "none: start `payouts worker`"
    return Line("workers", bool(workers), words)


def held_bodies(given: Service) -> list[str]:
    """The bodies of a restored copy that nothing goes out of, by name: the clock waits for them."""
    with given.transaction(None) as session:
        bodies = all_bodies(session)
    found = []
    for body_id, name, _ in bodies:
        with given.transaction(body_id) as session:
            if is_held(session):
                found.append(name)
    return found


def work_lines(given: Service, late: timedelta) -> Iterator[Line]:
    """The clock and the tasks, as the database knows them."""
    at = given.now()
    with given.transaction(None) as session:
        elected = clock.at_work(session)
        kinds = standing.tasks_standing(session, at)
    names = [] if elected else held_bodies(given)
    if names:
        yield Line("clock", well=False, words=f"held for {', '.join(names)}: see `payouts restored check`")
    else:
        yield Line("clock", elected, "at work" if elected else "none at work: start `payouts clock`")
    waiting, due = sum(kind.waiting for kind in kinds), sum(kind.due for kind in kinds)
    oldest = min((kind.oldest_due_at for kind in kinds if kind.oldest_due_at), default=at)
    behind = max(at - oldest, timedelta(0))
    words = f"{waiting:,} waiting, {due:,} of them due"
    yield Line(
        "tasks", behind <= late, f"{words}, the oldest for {behind.total_seconds():,.0f} seconds" if due else words
    )
    stopped = {kind.kind: kind.stopped for kind in kinds if kind.stopped}
    which = ", ".join(f"{count:,} {kind}" for kind, count in stopped.items())
    yield Line("stopped", not stopped, f"{which}: see `payouts task list`" if stopped else "none")
