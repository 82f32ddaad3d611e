"""Notices through the real client to the Notify simulator over HTTP: nobody before time, nobody twice."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
import requests
from sqlalchemy import func, select, text

from payouts.app import make_service
from payouts.channels.submission import NotDownloaded, SubmissionReferenceMissing, SubmittedWhen, record_submission
from payouts.demo.register import PROVIDER_EMAIL
from payouts.notices.notice import Notice, NoticeStatus, counts_of
from payouts.notices.planning import plan
from payouts.notices.receipts import ask_hourly
from payouts.payroll import PayrollStatus, get_payroll
from payouts.sandbox.notification import Pace
from payouts.sandbox.notify import NotifyServer
from payouts.tasks import worker
from payouts.tasks.outbox import Task, TaskState
from schemes.errors import NotAllowed, NotNow
from schemes.payee import Payee
from schemes.person import Role
from tests.office import Office

SERVICE = "8b3a2c52-6a3c-4f5e-9e0f-51f1b9b8c001"
STAFF_SUBJECT = "Payroll 1 is released"
KEY = f"sandbox-{SERVICE}-0d8f5a36-61aa-4ce6-8cf4-0a3f0e6c7b01"


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def payroll_id(sealed):
    return sealed.payroll_id


@pytest.fixture
def notify(tmp_path):
    """A running simulator, without receipts: those are another matter."""
    server = NotifyServer(
        "127.0.0.1",
        0,
        store=tmp_path / "notify",
        api_keys=[KEY],
        receipts_url=None,
        receipts_token=None,
        pace=Pace(timedelta(0), timedelta(0)),
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    yield server
    server.stop()
    thread.join()


@pytest.fixture
def office(make_settings, harbour, notify, clock):
    """The office with Notify within reach."""
    made = make_service(
        make_settings(
            sandbox_notify_url=notify.url, sandbox_notify_api_key=KEY, notify_receipts_token="receipts token"
        ),
        now=clock,
        pool_size=8,
    )
    yield Office(made, harbour)
    made.engine.dispose()


@pytest.fixture
def sent(notify):
    """Every message that the simulator took: reference and address."""

    def run():
        found, after = [], None
        while True:
            parameters = {"limit": 250} | ({"older_than": after} if after else {})
            page = requests.get(f"{notify.url}/_sandbox/outbox", params=parameters, timeout=10).json()["notifications"]
            if not page:
                return found
            # the people who work here are told of other things
            to_payees = [message for message in page if message["subject"] != STAFF_SUBJECT]
            found += [(message["reference"], message["to"]) for message in to_payees]
            after = page[-1]["id"]

    return run


@pytest.fixture
def submitted(office, payroll_id):
    """The payroll released, downloaded, and its submission recorded; no notice is planned yet."""
    office.decide_all(payroll_id)
    office.download(payroll_id)
    office.record_submission(payroll_id)
    return payroll_id


def faults(notify, **counts):
    requests.post(f"{notify.url}/_sandbox/faults", json=counts, timeout=10).raise_for_status()


def work_until_sent(office, clock, tries=6):
    """Let the workers and the clock do what they do while Notify is in trouble."""
    for _ in range(tries):
        with office.transaction() as session:
            waiting = session.scalars(select(Task.id).where(Task.state == TaskState.WAITING)).all()
        for task_id in waiting:
            worker.perform(office.service, task_id, office.harbour.body_id)
        clock.advance(minutes=2)
    with office.transaction() as session:
        assert set(session.scalars(select(Task.state))) == {TaskState.DONE}


def counts(office, payroll_id):
    with office.transaction() as session:
        return counts_of(session, payroll_id)


def addresses(office):
    with office.transaction() as session:
        return sorted(session.scalars(select(Payee.email).where(Payee.email.is_not(None))))


def test_nobody_is_told_anything_before_the_submission_is_recorded(office, payroll_id, sent, clock):
    office.decide_all(payroll_id)
    office.work()
    office.download(payroll_id)
    office.work()
    assert sent() == []
    assert counts(office, payroll_id) == {}
    office.record_submission(payroll_id)
    assert sent() == []
    office.work()
    assert len(sent()) > 0


def test_a_plan_of_notices_asked_for_too_early_plans_none(office, payroll_id):
    office.decide_all(payroll_id)
    with office.transaction() as session:
        plan(session, office.service, {"payroll_id": str(payroll_id)})
        assert session.scalar(select(func.count()).select_from(Notice)) == 0


def test_a_submission_is_recorded_by_a_releaser_after_a_download_with_a_reference_and_a_time_that_can_be(
    office, payroll_id, clock
):
    def record(reference="S-1", at=None, by=Role.RELEASER):
        with office.transaction() as session:
            payroll = get_payroll(session, payroll_id, lock=True)
            record_submission(
                session, payroll, reference=reference, submitted_at=at or clock(), by=office.person(by), at=clock()
            )

    office.decide_all(payroll_id, upto=3)
    with pytest.raises((NotNow, NotDownloaded)):
        record()
    office.decide(payroll_id, 4, by=office.person(Role.RELEASER))
    with pytest.raises(NotDownloaded):
        record()
    office.download(payroll_id)
    clock.advance(minutes=30)
    with pytest.raises(NotAllowed):
        record(by=Role.PREPARER)
    with pytest.raises(SubmissionReferenceMissing):
        record(reference=" ")
    for impossible in (datetime(2026, 11, 23, 10, 1, tzinfo=UTC), datetime(2026, 11, 23, 9, 0, tzinfo=UTC)):
        with pytest.raises(SubmittedWhen):
            record(at=impossible)
    record()
    record(reference="sent twice")
    with office.transaction() as session:
        assert get_payroll(session, payroll_id).status is PayrollStatus.SUBMITTED


def test_every_payee_with_an_address_is_told_once_and_the_others_are_listed(office, submitted, sent, clock):
    office.work()
    messages = sent()
    assert sorted(to for _, to in messages) == addresses(office)
    assert len({reference for reference, _ in messages}) == len(messages)
    with office.transaction() as session:
        without = session.scalar(select(func.count()).select_from(Payee).where(Payee.email.is_(None)))
    assert counts(office, submitted) == {NoticeStatus.SENT: len(messages), NoticeStatus.NO_ADDRESS: without}


def test_a_provider_with_several_clients_gets_one_notice_with_the_total(office, submitted, sent):
    office.work()
    assert [to for _, to in sent()].count(PROVIDER_EMAIL) == 1
    with office.transaction() as session:
        notice = session.scalars(select(Notice).join(Payee, Payee.id == Notice.payee_id).where(
            Payee.email == PROVIDER_EMAIL
        )).one()  # fmt: skip
        assert notice.payment_count == 2
        assert notice.total_pence > 0


def test_the_work_done_again_sends_nothing_again(office, submitted, sent, owner):
    office.work()
    before = sorted(sent())
    with owner.begin() as connection:
        connection.execute(text("UPDATE task SET state = 'waiting' WHERE kind IN ('notices.plan', 'notices.send')"))
    office.work()
    assert sorted(sent()) == before


@pytest.mark.parametrize(
    "trouble",
    [{"lose_replies": 9}, {"accept_then_503": 9}, {"answer_429": 9}, {"answer_503": 9},
     {"lose_replies": 5, "answer_429": 5, "answer_503": 5, "accept_then_503": 5}],
    ids=lambda trouble: "+".join(trouble),
)  # fmt: skip
def test_whatever_notify_answers_in_trouble_everybody_is_told_exactly_once(
    office, submitted, notify, sent, clock, trouble
):
    faults(notify, **trouble)
    work_until_sent(office, clock)
    assert sorted(to for _, to in sent()) == addresses(office)
    assert NoticeStatus.SENDING not in counts(office, submitted)
    assert NoticeStatus.PLANNED not in counts(office, submitted)


def test_what_a_killed_worker_left_at_sending_is_looked_up_before_it_is_sent(office, submitted, sent, owner, notify):
    """Killed between effect and outcome: all were sent, none is known to be."""
    office.work()
    before = sorted(sent())
    with owner.begin() as connection:
        connection.execute(text("UPDATE notice SET status = 'sending', notify_id = NULL WHERE status = 'sent'"))
        connection.execute(text("UPDATE task SET state = 'waiting' WHERE kind = 'notices.send'"))
    office.work()
    assert sorted(sent()) == before
    with office.transaction() as session:
        known = select(func.count()).where(Notice.status == NoticeStatus.SENT, Notice.notify_id.is_not(None))
        assert session.scalar(known) == len(before)


def test_what_a_killed_worker_left_before_sending_is_sent(office, submitted, sent, owner):
    office.work(leave="notices.send")
    with owner.begin() as connection:
        connection.execute(text("UPDATE notice SET status = 'sending' WHERE status = 'planned'"))
    office.work()
    assert sorted(to for _, to in sent()) == addresses(office)


def test_while_notify_is_not_there_notices_wait_and_the_task_is_tried_again(office, submitted, make_settings, clock):
    office.work(leave="notices.send")
    away = make_service(
        make_settings(sandbox_notify_url="http://127.0.0.1:1", sandbox_notify_api_key=KEY), now=clock, pool_size=8
    )
    with office.transaction() as session:
        task_id = session.scalars(select(Task.id).where(Task.kind == "notices.send")).first()
    worker.perform(away, task_id, office.harbour.body_id)
    away.engine.dispose()
    with office.transaction() as session:
        task = session.get(Task, (office.harbour.body_id, task_id))
        assert (task.state, task.attempts) == (TaskState.WAITING, 1)
        assert "@" not in task.error
    assert counts(office, submitted)[NoticeStatus.SENDING] > 0
    work_until_sent(office, clock)
    assert counts(office, submitted)[NoticeStatus.SENT] == len(addresses(office))


def test_whoever_cannot_be_posted_to_asks_notify_what_became_of_each_message(office, submitted, clock, owner):
    with owner.begin() as connection:
        connection.execute(
            text(f"UPDATE payee SET email = 'perm-fail@simulator.notify' WHERE email = '{PROVIDER_EMAIL}'")
        )
    office.work()
    sent = counts(office, submitted)[NoticeStatus.SENT]
    clock.advance(hours=1)
    with office.transaction() as session:
        ask_hourly(session, at=clock())
    office.work()
    told = counts(office, submitted)
    assert told[NoticeStatus.FAILED] > 0
    assert told[NoticeStatus.DELIVERED] + told[NoticeStatus.FAILED] == sent
    assert NoticeStatus.SENT not in told
    with office.transaction() as session:
        before = session.scalar(select(func.count()).select_from(Task))
        clock.advance(hours=1)
        ask_hourly(session, at=clock())  # nothing is in flight any more
        assert session.scalar(select(func.count()).select_from(Task)) == before


def test_an_address_that_notify_refuses_is_refused_alone_and_not_quoted(office, submitted, sent, owner):
    with owner.begin() as connection:
        connection.execute(text(f"UPDATE payee SET email = 'not an address' WHERE email = '{PROVIDER_EMAIL}'"))
    office.work()
    assert counts(office, submitted)[NoticeStatus.REFUSED] == 1
    assert len(sent()) == len(addresses(office)) - 1
    with office.transaction() as session:
        error = session.scalars(select(Notice.error).where(Notice.status == NoticeStatus.REFUSED)).one()
    assert error.startswith("400")
    assert "not an address" not in error
