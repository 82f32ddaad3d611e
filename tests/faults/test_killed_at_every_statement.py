"""Whatever writes is killed at its statements, commits, requests and pushes, one after the other: each is done once.

The main job, with payments taken out, the day moved and the payroll reopened on its way, is done twice: once calmly,
and once by people and workers whose processes die. What comes of it is the same, to the byte.
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from dataclasses import dataclass
from datetime import date

import pytest
import requests
from sqlalchemy import select

from payouts.app import make_service
from payouts.config import Settings
from payouts.ledger.balance import prove, whereabouts
from payouts.notices.notice import Notice
from payouts.payment import Payment
from payouts.payroll import get_payroll
from payouts.sandbox.notify import NotifyServer
from schemes import audit
from schemes.database import connect, new_id
from schemes.payee import Payee
from tests.conftest import TestClock, monday_morning, settings_on
from tests.faults.killed_job import KilledJob, Killing
from tests.faults.outcome import keys_of
from tests.office import Office
from tests.web.one_app import app_on

pytestmark = pytest.mark.faults

EVERY = int(os.environ.get("PAYOUTS_KILL_EVERY", "24"))
"""Processes die at every so-manieth boundary, from the seed's on; `make faults` kills at each, a quarter a seed."""
PEOPLE = 9
SERVICE = "8b3a2c52-6a3c-4f5e-9e0f-51f1b9b8c001"
KEY = f"faults-{SERVICE}-0d8f5a36-61aa-4ce6-8cf4-0a3f0e6c7b01"
LATER = date(2026, 12, 4)


@pytest.fixture(scope="module")
def few(small_register, tmp_path_factory):
    path = tmp_path_factory.mktemp("register") / "few.csv"
    path.write_bytes(b"".join(small_register.splitlines(keepends=True)[: PEOPLE + 1]))
    return path


@pytest.fixture
def notify(tmp_path):
    """A running simulator in this process, and its address for one run after the other."""

    def start(name):
        server = NotifyServer(
            "127.0.0.1", 0, store=tmp_path / name, api_keys=[KEY], receipts_url=None, receipts_token=None
        )
        thread = threading.Thread(target=server.run)
        thread.start()
        stops.append((server, thread))
        return server.url

    stops: list = []
    yield start
    for server, thread in stops:
        server.stop()
        thread.join()


@dataclass
class Outcome:
    """What came of the job, as far as it can be told from another one's."""

    payments: dict
    file: str
    whereabouts: object
    notices: Counter
    messages: Counter
    events: Counter


def done(job, few, folder):
    """The whole job; what came of it."""
    office = Office(job.service, job.harbour)
    job.confirm_bank_details(job.bring_in(few))
    payroll_id = job.create_payroll()
    job.accept_findings(payroll_id)
    job.seal(payroll_id)
    office.decide_all(payroll_id, upto=3)
    here = f"/payrolls/{payroll_id}"
    with office.transaction() as session:
        mine = select(Payment.id).where(Payment.payroll_id == payroll_id).order_by(Payment.ordinal).limit(1)
        leaving = session.scalars(mine).one()
    job.change(f"{here}/take-out/check?payment={leaving}", reason="died yesterday")
    job.change(
        f"{here}/pay-date", pay_date=[str(LATER.day), str(LATER.month), str(LATER.year)], reason="the cut-off is gone"
    )
    job.change(f"{here}/reopen", reason="an award is looked at again")
    job.accept_findings(payroll_id)
    _, sha256 = job.pay(payroll_id, folder)
    job.work()
    return payroll_id, sha256


def outcome_of(job, payroll_id, sha256):
    service, harbour = job.service, job.harbour
    with service.transaction(harbour.body_id) as session:
        assert prove(session, payroll_id).is_proven
        assert audit.seal_chain(session, harbour.body_id) is not None
        assert audit.verify(session, harbour.body_id, []).faults == []
        notices = select(Payee.reference, Notice.event, Notice.channel, Notice.status).join(
            Payee, (Payee.body_id == Notice.body_id) & (Payee.id == Notice.payee_id)
        )
        told = Counter(tuple(row) for row in session.execute(notices))
        where = whereabouts(session)
        assert where.placed_pence == where.released_pence == get_payroll(session, payroll_id).total_pence
        events = Counter(session.scalars(select(audit.AuditEvent.action)))
        # each time that somebody asks for it
        assert events.pop("file.downloaded") >= 1
    return Outcome(
        keys_of(service, harbour, payroll_id),
        sha256,
        where,
        told,
        messages_at(service.settings.sandbox_notify_url),
        events,
    )


def messages_at(url):
    """To whom the simulator was given what, and how often."""
    assert requests.get(f"{url}/_sandbox/count", timeout=10).json()["repeated_references"] == []
    messages, asked = Counter(), {"limit": 250}
    while page := requests.get(f"{url}/_sandbox/outbox", params=asked, timeout=10).json()["notifications"]:
        messages.update((message["to"], message["subject"]) for message in page)
        asked["older_than"] = page[-1]["id"]
    return messages


@pytest.fixture
def job_on(servers, seeded, notify, tmp_path):
    """The job on a database of its own, with its processes killed at each `stride`-th boundary; 0: not at all."""
    ends = []

    def make(name, *, first=1, stride=0):
        database = f"killed_{new_id().hex}"
        servers.make_database(database, template=seeded.database)
        settings = {
            **settings_on(servers, database, tmp_path / "audit-heads"),
            "sandbox_notify_url": notify(name),
            "sandbox_notify_api_key": KEY,
        }
        clock = TestClock(monday_morning())
        service = make_service(Settings(**settings), now=clock, pool_size=8)
        owner = connect(service.settings.owner_database_url)
        ends.append((service, owner, database))
        killing = Killing(service.engine, owner, first=first, stride=stride)
        return KilledJob(service, seeded.harbour, app_on(service), killing, clock)

    yield make
    for service, owner, database in ends:
        service.engine.dispose()
        owner.dispose()
        servers.drop_database(database)


def test_processes_killed_at_every_statement_do_everything_once(job_on, few, seed, tmp_path):
    calm = job_on("calm")
    expected = outcome_of(calm, *done(calm, few, tmp_path / "calm"))
    job = job_on("killed", first=1 + seed % EVERY, stride=EVERY)
    job.killing.payments = len(expected.payments)
    assert outcome_of(job, *done(job, few, tmp_path / "killed")) == expected
    print(sum(job.killing.kills.values()), job.killing.kills, flush=True)
