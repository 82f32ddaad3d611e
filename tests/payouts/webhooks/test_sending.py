"""What a webhook is sent: once under one id, signed, in order, again until it is taken, and not for ever."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text
from standardwebhooks.webhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

from payouts.notices.staff import StaffMessage
from payouts.tasks.outbox import Task, TaskState
from payouts.webhooks import delivery, replaying, sending, signing, webhook
from payouts.webhooks.delivery import PAUSES, Attempt, Delivery, DeliveryStatus
from payouts.webhooks.webhook import Paused, PayloadKind, WebhookStatus
from schemes import api_key
from schemes.api_key import Scope, get_key
from schemes.database import new_id
from schemes.errors import NotAllowed, NotNow
from schemes.payee import Payee
from schemes.person import Role
from tests.keys import a_key, an_administrator


@pytest.fixture
def start(landed):
    return landed


def refuse_with(code, **headers):
    return lambda received: (code, headers)


def take(received):
    return 204, {}


def of(office, made):
    """The webhook as it is now, and its deliveries."""
    with office.transaction() as session:
        now = webhook.get_webhook(session, made.id)
        return now, list(reversed(delivery.deliveries_of(session, made.id)))


def test_a_message_is_the_event_of_the_feed_and_the_convention_s_own_library_verifies_it(
    office, clock, receiving, set_up, happen, tick
):
    clock.time = datetime.now(UTC)
    secret = set_up().secret
    event_id = happen("payee.added")
    tick()
    (received,) = receiving.received
    assert Verifier(secret).verify(received.content, received.headers)["type"] == "payee.added"
    assert received.id == received.told["data"]["id"] == event_id
    assert set(received.told["data"]) == {"id", "type", "at", "position", "subject_type", "subject_id"}
    with pytest.raises(WebhookVerificationError):
        Verifier(secret).verify(received.content.replace(b"added", b"ended"), received.headers)


def test_what_happened_before_or_is_not_asked_for_or_told_to_nobody_is_not_sent(receiving, set_up, happen, tick):
    happen("payee.added")
    set_up(events=["payroll.", "payee.mer"])
    for action in ("payee.added", "payee.merged", "payee.searched_by_account", "payroll.created"):
        happen(action)
    tick()
    assert receiving.types == ["payee.merged", "payroll.created"]


def test_a_full_message_holds_the_thing_as_the_api_gives_it_and_never_an_account_number(
    office, receiving, set_up, happen, tick
):
    set_up(payload=PayloadKind.FULL)
    happen("payee.added")
    happen("bank_details.proposed")
    tick()
    told = {one.told["type"]: one.told["data"] for one in receiving.received}
    with office.transaction() as session:
        payee = session.scalars(select(Payee).where(Payee.id == told["payee.added"]["subject_id"])).one()
    assert told["payee.added"]["subject"]["reference"] == payee.reference
    assert not any("account" in name or "sort" in name for name in told["bank_details.proposed"]["subject"])


def test_somebody_erased_is_told_of_by_id_alone(office, owner, receiving, set_up, happen, tick):
    set_up(payload=PayloadKind.FULL)
    happen("payee.erased")
    with owner.begin() as connection:
        connection.execute(text("UPDATE payee SET erased_at = now()"))
    tick()
    assert receiving.received[0].told["data"]["subject"] is None


def test_while_a_secret_is_replaced_both_verify_and_then_the_new_one_alone(
    office, clock, receiving, set_up, happen, tick
):
    clock.time = datetime.now(UTC) - timedelta(hours=25)
    made = set_up()
    old = made.secret
    with office.transaction() as session:
        found = webhook.get_webhook(session, made.id, lock=True)
        by, terms = an_administrator(office), {"secret_id": new_id(), "overlap_hours": 24}
        new = signing.take(session, office.service.seals, found, by=by, at=clock(), **terms)
        assert signing.take(session, office.service.seals, found, by=by, at=clock(), **terms) is None, "shown once"
    happen("payee.added")
    tick()
    assert receiving.received[0].headers["webhook-signature"].count("v1,") == 2
    clock.advance(hours=25)
    happen("payee.merged")
    tick()
    later = receiving.received[1]
    assert Verifier(new).verify(later.content, later.headers)
    with pytest.raises(WebhookVerificationError):
        Verifier(old).verify(later.content, later.headers)


def test_what_is_not_taken_is_sent_again_under_its_id_by_the_schedule_of_the_convention(
    office, clock, receiving, set_up, happen, tick
):
    made = set_up()
    receiving.answer = refuse_with(500)
    event_id = happen("payee.added")
    tick()
    for pause in PAUSES[:-2]:
        tick()
        clock.advance(seconds=pause.total_seconds() * (1 + delivery.JITTER) + 2)
        # it rests besides, until a round gets there again: the rest is shorter than these pauses
        tick()
        clock.advance(minutes=40)
    assert {one.id for one in receiving.received} == {event_id}
    assert len(receiving.received) == len(PAUSES) - 1
    receiving.answer = take
    clock.advance(days=2)
    tick()
    now, (sent,) = of(office, made)
    assert sent.status is DeliveryStatus.DELIVERED
    assert (now.rests, now.failing_since, now.due_at) == (0, None, None)


def test_a_message_that_was_sent_often_enough_has_failed_and_can_be_sent_again(
    office, clock, receiving, set_up, happen, tick
):
    made = set_up()
    receiving.answer = refuse_with(503)
    happen("payee.added")
    tick()
    with office.transaction() as session:
        (waiting,) = session.scalars(select(Delivery).where(Delivery.status == DeliveryStatus.WAITING)).all()
        waiting.attempts, waiting.due_at = len(PAUSES), clock()
    clock.advance(minutes=1)
    tick()
    _, (failed,) = of(office, made)
    assert failed.status is DeliveryStatus.FAILED
    receiving.answer = take
    with office.transaction() as session:
        found = webhook.get_webhook(session, made.id, lock=True)
        by = an_administrator(office)
        assert replaying.replay_since(session, found, clock() - timedelta(days=1), by=by, at=clock()) == 1
    clock.advance(minutes=1)
    tick()
    assert of(office, made)[1][0].status is DeliveryStatus.DELIVERED
    assert receiving.received[-1].id == str(failed.event_id)


def test_a_later_event_of_one_thing_waits_for_the_earlier_and_those_of_others_do_not(
    office, clock, receiving, set_up, happen, tick
):
    set_up()
    with office.transaction() as session:
        one, other = session.scalars(select(Payee).order_by(Payee.id).limit(2)).all()
    first, second, third = happen("payee.added", one), happen("payee.merged", one), happen("payee.added", other)
    receiving.answer = lambda received: (500 if received.id == first else 204, {})
    tick()
    assert sorted(one.id for one in receiving.received) == sorted([first, third])
    receiving.answer = take
    clock.advance(seconds=7)
    tick()
    assert [one.id for one in receiving.received][2:] == [first, second]
    positions = [one.told["data"]["position"] for one in receiving.received if one.id in (first, second)]
    assert positions == sorted(positions)


def test_what_came_back_is_kept_shortly_for_the_log_and_redirects_are_not_followed(
    office, receiving, set_up, happen, tick
):
    made = set_up()
    receiving.answer = refuse_with(302, Location=receiving.url + "/elsewhere")
    happen("payee.added")
    tick()
    _, (sent,) = of(office, made)
    with office.transaction() as session:
        (attempt,) = delivery.attempts_of(session, [sent.id])[sent.id]
    assert [one.path for one in receiving.received] == ["/payouts"]
    assert (attempt.code, attempt.trouble) == (302, None)
    assert attempt.answer.startswith("the receiver says")
    assert len(attempt.answer) == 300


def test_a_receiver_that_says_it_is_gone_is_sent_nothing_more_and_the_administrators_are_told(
    office, receiving, set_up, happen, tick
):
    office.person_with(Role.ADMINISTRATOR)
    made = set_up()
    receiving.answer = refuse_with(410)
    happen("payee.added")
    tick()
    happen("payee.merged")
    tick()
    now, _ = of(office, made)
    assert (now.status, now.paused_because) == (WebhookStatus.PAUSED, Paused.GONE)
    assert len(receiving.received) == 1
    with office.transaction() as session:
        assert set(session.scalars(select(StaffMessage.event))) == {"webhook_paused"}


@pytest.mark.parametrize("skip", [False, True])
def test_an_address_where_nothing_gets_to_for_days_is_paused_and_a_person_lets_it_go_on(
    office, clock, receiving, set_up, happen, tick, skip
):
    made = set_up()
    receiving.answer = refuse_with(500)
    happen("payee.added")
    tick()
    clock.advance(days=3)
    tick()
    assert of(office, made)[0].paused_because is Paused.FAILING
    happen("payee.merged")
    receiving.answer = take
    tick()
    assert len(receiving.received) == 2
    with office.transaction() as session:
        found = webhook.get_webhook(session, made.id, lock=True)
        with pytest.raises(NotNow):
            replaying.send_test(session, found, by=an_administrator(office), at=clock())
        replaying.resume(session, found, skip=skip, by=an_administrator(office), at=clock())
    tick()
    assert receiving.types[2:] == ([] if skip else ["payee.added", "payee.merged"])


def test_a_key_sees_to_its_own_webhooks_and_only_a_person_lets_one_go_on(office, receiving, set_up):
    made = set_up()
    system = api_key.actor_of(made.key_id, office.harbour.body_id, "A system", [Scope.READ], [])
    other = api_key.actor_of(a_key(office, Scope.READ).id, office.harbour.body_id, "Another", [Scope.READ], [])
    at = office.service.now()
    with office.transaction() as session:
        found = webhook.get_webhook(session, made.id, lock=True)
        with pytest.raises(NotAllowed):
            webhook.pause(session, found, because=Paused.PERSON, by=other, at=at)
        webhook.pause(session, found, because=Paused.PERSON, by=system, at=at)
        with pytest.raises(NotAllowed):
            replaying.resume(session, found, by=system, at=at)


def test_with_its_key_a_webhook_ends(office, receiving, set_up, happen, tick):
    made = set_up()
    happen("payee.added")
    with office.transaction() as session:
        key = get_key(session, made.key_id, lock=True)
        api_key.revoke(session, key, by=office.person_with(Role.ADMINISTRATOR), at=office.service.now())
    tick()
    assert receiving.received == []
    with pytest.raises(webhook.WebhookRefused):
        set_up(key_id=made.key_id)


def test_a_key_of_some_schemes_is_told_nothing_of_the_others(office, owner, receiving, set_up, happen, tick):
    made = set_up(key_id=a_key(office, Scope.READ).id)
    with owner.begin() as connection:
        connection.execute(
            text("UPDATE api_key SET schemes = jsonb_build_array(cast(:other AS text)) WHERE id = :id"),
            {"id": made.key_id, "other": str(new_id())},
        )
    office.create()
    happen("payee.added")
    tick()
    assert receiving.types == ["payee.added"]


def test_a_run_that_died_is_done_again_and_one_that_lives_is_not_doubled(office, receiving, set_up, happen, tick):
    set_up()
    happen("payee.added")
    with office.transaction() as session:
        before = session.scalars(select(Task.id).where(Task.kind == "webhook.send")).all()
    for _ in range(3):
        sending.ask_due(office.service)
    with office.transaction() as session:
        waiting = session.scalars(select(Task).where(Task.kind == "webhook.send", Task.state == TaskState.WAITING))
        assert len(waiting.all()) <= 1 + len(before)
    tick()
    tick()
    assert len(receiving.received) == 1


def test_no_log_and_no_row_tells_a_secret(office, owner, receiving, set_up, happen, tick, caplog):
    caplog.set_level(logging.DEBUG)
    secret = set_up().secret
    happen("payee.added")
    tick()
    with owner.connect() as connection:
        everything = str(connection.execute(text("SELECT t FROM webhook_secret t")).all())
        everything += str(connection.execute(text("SELECT t FROM webhook t")).all())
        everything += str(connection.execute(text("SELECT facts FROM audit_event")).all())
    assert secret not in caplog.text + everything
    assert secret.removeprefix("whsec_") not in caplog.text + everything


def test_what_ended_long_ago_is_forgotten(office, clock, receiving, set_up, happen, tick):
    made = set_up()
    happen("payee.added")
    tick()
    with office.transaction() as session:
        assert delivery.forget(session, at=clock()) == 0
        assert delivery.forget(session, at=clock() + timedelta(days=31)) in (0, 1)
        session.rollback()
    assert [one.status for one in of(office, made)[1]] == [DeliveryStatus.DELIVERED]
    with office.transaction() as session:
        # ids rise with the machine's time
        assert delivery.forget(session, at=datetime.now(UTC) + timedelta(days=31)) == 1
        assert session.scalars(select(Attempt)).all() == []


def test_a_round_reads_little_more_than_it_sends_however_much_waits(office, owner, set_up):
    made = set_up()
    wait = text(
        "INSERT INTO webhook_delivery (body_id, id, webhook_id, event_id, position, type, subject_id, status, attempts,"
        " due_at, made_at) SELECT webhook.body_id, uuidv7(), webhook.id, uuidv7(), 1000000 + n, 'payee.added',"
        " uuidv7(), 'waiting', 0, :at, :at FROM webhook, generate_series(1, 2000) AS n WHERE webhook.id = :id"
    )
    with owner.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(wait, {"id": made.id, "at": office.service.now()})
    with office.transaction() as session:
        asked = delivery.next_ones(made.id, at=office.service.now(), limit=64)
        written = asked.compile(session.get_bind(), compile_kwargs={"literal_binds": True})
        [explained] = session.scalar(text(f"EXPLAIN (ANALYZE, FORMAT JSON) {written}"))
        assert len(session.scalars(asked).all()) == 64
    assert sum(read_by(explained["Plan"])) < 64 * 8


def read_by(node):
    """How many rows each node of a plan looked at."""
    dropped = sum(node.get(f"Rows Removed by {why}", 0) for why in ("Filter", "Join Filter", "Index Recheck"))
    yield node["Actual Loops"] * (node["Actual Rows"] + dropped)
    for child in node.get("Plans", ()):
        yield from read_by(child)
