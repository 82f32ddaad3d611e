"""The clock: pushes lost tasks again, links audit chains and publishes their heads. Many may run, one does the work."""

from __future__ import annotations

import logging
import threading
from datetime import date, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from bacs.calendar import LONDON
from payouts import logs, matching, restored
from payouts.app import Service
from payouts.channels import certificate_warning, collecting
from payouts.first_hour import sign_up
from payouts.gates import reminding
from payouts.ledger import control
from payouts.notices import planning, receipts
from payouts.responses import closing
from payouts.returns import trace_reminding
from payouts.tasks import outbox
from payouts.tasks.outbox import Push
from payouts.webhooks import sending as webhooks
from schemes import audit, before_body

ELECTION = "SELECT pg_try_advisory_lock(hashtextextended('payouts clock', 0))"
# PostgreSQL shows the two halves of a lock's number
ELECTED = """
SELECT EXISTS (SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database AND d.datname = current_database()
                WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
                  AND (l.classid::bigint << 32 | l.objid::bigint) = hashtextextended('payouts clock', 0))
"""
MOST_PUSHES = 500
# until an older copy of the database is looked at again
HELD_SECONDS = 10
# in London: after the evening's changes, before anybody comes to work
NIGHT_HOUR = 2

log = logging.getLogger(__name__)


def run(service: Service, stop: threading.Event) -> None:
    """Tick until stopped. A lost database is waited for; a lost queue does not matter."""
    asked_on: date | None = None
    asked_at: datetime | None = None
    while not stop.is_set():
        try:
            with service.engine.connect() as connection:
                elected = connection.execute(text(ELECTION)).scalar()
                connection.commit()
                if elected and not may_work(service):
                    stop.wait(HELD_SECONDS)
                    continue
                while elected and not stop.is_set():
                    tick(service)
                    asked_on = ask_daily(service, asked_on)
                    asked_at = ask_hourly(service, asked_at)
                    # a connection that broke has lost the election with it
                    connection.execute(text("SELECT 1"))
                    connection.commit()
                    stop.wait(service.settings.tick)
        except DBAPIError as error:
            log.warning("the database does not answer (%s); trying again", type(error.orig).__name__)
        stop.wait(service.settings.tick)


def may_work(service: Service) -> bool:
    """Whether the database knows all that was published of it. An older copy does nothing until a person says go.

    What went out after the copy was made would go out of it once more.
    """
    held = restored.hold(service, at=service.now())
    if held:
        log.error("this database is older than its published heads: see `payouts restored check`")
        logs.happened("clock.held", bodies=len(held))
        return False
    logs.happened("clock.elected")
    return True


def at_work(session: Session) -> bool:
    """Whether any machine's clock is elected."""
    return bool(session.execute(text(ELECTED)).scalar())


def tick(service: Service) -> None:
    """One round of everything that the clock does."""
    push_due(service)
    link_audit(service)
    webhooks.ask_due(service)


def ask_daily(service: Service, asked_on: date | None) -> date | None:
    """Ask for what each body does once a day, in the small hours; returns the day on which it was asked for last.

    Whoever asks a second time, after a restart, asks for the same tasks.
    """
    now = service.now()
    today = now.astimezone(LONDON).date()
    if asked_on == today or now.astimezone(LONDON).hour < NIGHT_HOUR:
        return asked_on
    with service.transaction(None) as session:
        bodies = before_body.all_bodies(session)
    for body_id, _, _ in bodies:
        with service.transaction(body_id) as session:
            matching.ask_nightly(session, body_id, at=now)
            control.ask_daily(session, at=now)
            closing.ask_daily(session, at=now)
            trace_reminding.ask_daily(session, at=now)
            certificate_warning.ask_daily(session, at=now)
            sign_up.ask_daily(session, at=now)
            outbox.add(session, "api.forget", once=f"api.forget/{today}", at=now)
            outbox.add(session, "webhook.forget", once=f"webhook.forget/{today}", at=now)
            outbox.add(session, "retention.look", once=f"retention.look/{today}", at=now)
    return today


def ask_hourly(service: Service, asked_at: datetime | None) -> datetime | None:
    """Ask for reminders, for the answers of banks and of Notify, and for a look at what payees can be told, each hour.

    Returns the hour of the last time.
    """
    now = service.now()
    hour = now.replace(minute=0, second=0, microsecond=0)
    if asked_at == hour:
        return asked_at
    with service.transaction(None) as session:
        bodies = before_body.all_bodies(session)
    for body_id, _, _ in bodies:
        with service.transaction(body_id) as session:
            reminding.ask_hourly(session, at=now)
            collecting.ask_hourly(session, at=now)
            planning.ask(session, once=f"{now:%Y-%m-%d/%H}", at=now)
            receipts.ask_hourly(session, at=now)
    return hour


def push_due(service: Service) -> int:
    """Push tasks that are due and not in anybody's hands; returns how many the queue took."""
    now = service.now()
    with service.transaction(None) as session:
        due = before_body.tasks_to_push(
            session, now, now - timedelta(seconds=service.settings.push_again_after), MOST_PUSHES
        )
    pushed = sum(service.queue.push(Push(*task)) for task in due)
    if due:
        logs.happened("clock.pushed", due=len(due), pushed=pushed)
    return pushed


def link_audit(service: Service) -> None:
    """Link what came since into each body's chain, and publish its new head outside the database."""
    with service.transaction(None) as session:
        bodies = before_body.bodies_with_pending_audit(session)
    for body_id in bodies:
        with service.transaction(body_id) as session:
            head = audit.seal_chain(session, body_id)
        if head is not None:
            audit.publish(head, signer=service.signer, folder=service.settings.audit_heads, at=service.now())
