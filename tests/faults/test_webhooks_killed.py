"""The site, the workers, the clock and Valkey killed while systems create payees and are told of it by a webhook.

Whoever tries again with the same Idempotency-Key makes each payee once; and each event of theirs arrives at least once,
always under the one id that it has in the trail.
"""

from __future__ import annotations

import os
import random
import time
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

import pytest
import requests
from sqlalchemy import func, select

from payouts import happened
from payouts.webhooks.delivery import Delivery, DeliveryStatus
from schemes.api_key import Scope
from schemes.audit import AuditEvent, AuditLink, AuditPending
from schemes.payee import Payee
from tests.faults.installation import Installation, Kill, wait_until
from tests.faults.outcome import assert_audit_whole
from tests.hooked import a_webhook
from tests.keys import a_key
from tests.receiving import Received, receiver

pytestmark = pytest.mark.faults

PAYEES = int(os.environ.get("PAYOUTS_FAULT_CREATES", "15"))
AT_ONCE = 4
PATIENCE = 60 + PAYEES / 10
"""Seconds, for all to arrive after the last trouble."""
CALM = max(0.6, min(6.0, PAYEES / 1000))
"""Seconds at most between two troubles: a long run leaves the workers time to have messages under way when they die."""


def create(url: str, secret: str, number: int) -> str:
    """What a careful client does: try with one Idempotency-Key until there is an answer; the payee's id."""
    sent = {
        "reference": f"HOOK-{number}",
        "name": f"Somebody {number}",
        "bank_details": {"account_holder": "Some Body", "sort_code": "20-29-59", "account_number": "63748472"},
    }
    headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": f"create-{number}"}
    until = time.monotonic() + 120
    while time.monotonic() < until:
        try:
            answer = requests.post(f"{url}/api/v1/payees", json=sent, headers=headers, timeout=30)
            if answer.status_code == 201:
                return str(answer.json()["id"])
            assert answer.status_code in (429, 503), answer.text
        except requests.RequestException:
            pass
        time.sleep(0.05)
    raise AssertionError(f"payee {number} was never created")


def make_trouble(installation: Installation, over: Event, dice: random.Random) -> int:
    """Kill and empty whatever the dice say, until it is over; how often."""
    times = 0
    while not over.is_set() or times < 3:
        match dice.choice(["site", "workers", "clock", "valkey"]):
            case "site":
                installation.processes.kill("serve")
                installation.start_web()
            case "workers":
                installation.kill_workers(dice.choice(list(Kill)))
                installation.start("worker")
            case "clock":
                installation.processes.kill("clock")
                installation.start("clock")
            case "valkey":
                installation.empty_valkey()
        times += 1
        over.wait(dice.uniform(0.1, CALM))
    return times


def left_to_tell(office, webhook_id) -> int:
    """Events that are not linked yet, and messages that wait."""
    with office.transaction() as session:
        body_id = office.harbour.body_id
        pending = session.scalar(select(func.count()).where(AuditPending.body_id == body_id))
        waiting = session.scalar(
            select(func.count()).where(Delivery.webhook_id == webhook_id, Delivery.status != DeliveryStatus.DELIVERED)
        )
        delivered = set(
            session.scalars(
                select(Delivery.event_id).where(
                    Delivery.webhook_id == webhook_id, Delivery.status == DeliveryStatus.DELIVERED
                )
            )
        )
        untold = [event for event in events_told(session) if event.id not in delivered]
    return (pending or 0) + (waiting or 0) + len(untold)


def events_told(session) -> list[AuditEvent]:
    """The trail's events about payees and bank details, in the order of the chain."""
    linked = select(AuditEvent).join(AuditLink, AuditLink.event_id == AuditEvent.id).order_by(AuditLink.position)
    rows = session.scalars(linked.where(AuditEvent.subject_type == "payee")).all()
    return [event for event in rows if happened.is_told(event.action, ("payee.", "bank_details."))]


def test_each_payee_is_made_once_and_each_event_arrives_under_its_one_id(installation, office, dice):
    key = a_key(office, Scope.READ, Scope.PAYEES)
    refused: set[str] = set()

    def answer(received: Received) -> tuple[int, dict[str, str]]:
        # some are refused once: their next attempt comes after five seconds
        if received.id not in refused and received.id[-1] == "7" and len(refused) < 20:
            refused.add(received.id)
            return 500, {}
        return 204, {}

    over = Event()
    with receiver() as there, ThreadPoolExecutor(AT_ONCE + 1) as threads:
        there.answer = answer
        hook = a_webhook(office, there.url, key_id=key.id, events=["payee.", "bank_details."])
        url = installation.settings.base_url
        trouble: Future[int] = threads.submit(make_trouble, installation, over, dice)
        try:
            ids = list(threads.map(lambda number: create(url, key.written, number), range(PAYEES)))
        finally:
            over.set()
        assert trouble.result() >= 3
        installation.start()
        wait_until("every event to arrive", lambda: not left_to_tell(office, hook.id), seconds=PATIENCE)
        received = list(there.received)
    with office.transaction() as session:
        made = session.scalars(select(Payee.id).where(Payee.reference.startswith("HOOK-"))).all()
        events = events_told(session)
    assert sorted(str(each) for each in made) == sorted(ids), "each once"
    assert {one.id for one in received} == {str(event.id) for event in events}, "all, and nothing else"
    assert len({(one.id, one.told["type"], one.told["data"]["subject_id"]) for one in received}) == len(events)
    assert len(events) == 2 * PAYEES
    assert_in_order(received)
    assert_audit_whole(installation, office.harbour)


def assert_in_order(received: list[Received]) -> None:
    """Of one payee no later event came before an earlier one had."""
    seen: dict[str, int] = {}
    ids: set[str] = set()
    for one in received:
        if one.id not in ids:
            ids.add(one.id)
            about, position = one.told["data"]["subject_id"], one.told["data"]["position"]
            assert seen.get(about, -1) < position, (about, position)
            seen[about] = position
