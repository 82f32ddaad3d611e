"""Messages to staff through the real client to the Notify simulator: each once, and nothing of a link left behind."""

from __future__ import annotations

import threading

import pytest
import requests
from sqlalchemy import select

from payouts.app import make_service
from payouts.notices import staff
from payouts.notices.notice import NoticeStatus
from payouts.notices.staff import StaffEvent, StaffMessage
from payouts.sandbox.notify import NotifyServer
from payouts.tasks import worker
from payouts.tasks.outbox import Task, TaskState
from tests.office import Office

SERVICE = "8b3a2c52-6a3c-4f5e-9e0f-51f1b9b8c001"
KEY = f"sandbox-{SERVICE}-0d8f5a36-61aa-4ce6-8cf4-0a3f0e6c7b01"
LINK = "https://payouts.example/invitations/abc"


@pytest.fixture
def start(seeded):
    return seeded


@pytest.fixture
def notify(tmp_path):
    server = NotifyServer(
        "127.0.0.1", 0, store=tmp_path / "notify", api_keys=[KEY], receipts_url=None, receipts_token=None
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    yield server
    server.stop()
    thread.join()


@pytest.fixture
def office(make_settings, harbour, notify, clock):
    made = make_service(make_settings(sandbox_notify_url=notify.url, sandbox_notify_api_key=KEY), now=clock)
    yield Office(made, harbour)
    made.engine.dispose()


@pytest.fixture
def planned(office):
    with office.transaction() as session:
        return staff.plan(
            session, office.service, StaffEvent.INVITATION, email="nia@new.example", name="Nia",
            subject="Join us", text=f"Here: {LINK}", at=office.service.now(),
        ).id  # fmt: skip


def outbox(notify):
    return requests.get(f"{notify.url}/_sandbox/outbox", timeout=10).json()["notifications"]


def work(office, clock):
    """Each try of the one task, until it is done."""
    for _ in range(6):
        with office.transaction() as session:
            waiting = session.scalars(select(Task.id).where(Task.state == TaskState.WAITING)).all()
        for task_id in waiting:
            worker.perform(office.service, task_id, office.harbour.body_id)
        clock.advance(minutes=2)


def kept(office, message_id):
    with office.transaction() as session:
        return session.get_one(StaffMessage, (office.harbour.body_id, message_id))


def test_a_message_is_sent_as_it_was_planned_and_its_link_is_not_kept(office, planned, notify, clock):
    assert LINK.encode() not in kept(office, planned).sealed_content
    work(office, clock)
    [message] = outbox(notify)
    assert (message["to"], message["reference"]) == ("nia@new.example", str(planned))
    sent = kept(office, planned)
    assert (sent.status, sent.sealed_content) == (NoticeStatus.SENT, None)


@pytest.mark.parametrize("trouble", [{"lose_replies": 1}, {"answer_503": 2}, {"answer_429": 2}])
def test_a_message_is_sent_once_whatever_trouble_notify_has(office, planned, notify, clock, trouble):
    requests.post(f"{notify.url}/_sandbox/faults", json=trouble, timeout=10).raise_for_status()
    work(office, clock)
    assert [message["reference"] for message in outbox(notify)] == [str(planned)]
    assert kept(office, planned).status is NoticeStatus.SENT


def test_the_outbox_page_shows_what_staff_were_sent(office, planned):
    with office.transaction() as session:
        assert staff.ours(session, [str(planned), "not ours"]) == {str(planned)}
