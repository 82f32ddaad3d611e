"""Notify's limits, kept by all workers together: so many a minute, so many a day, and what a 429 teaches."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from payouts.notices.connection import Way, a_minute_of
from payouts.notices.pace import Pace
from schemes.body import BodyKind, get_body
from schemes.database import new_id

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.fixture
def start(seeded):
    return seeded


@pytest.fixture
def pace(servers):
    """Makes the pace of a worker of one key; it notes how long it would sleep, and does not."""
    connection, name = redis.Redis.from_url(servers.redis_url), str(new_id())

    def make(slept, now=NOW, a_minute=63.158, a_day=250_000, at=connection):
        limits = dict.fromkeys(Way, a_day)
        return Pace(at, name, now=lambda: now, a_minute=a_minute, a_day=limits, sleep=slept.append)

    return make


def test_two_workers_take_turns_a_little_slower_than_notify_allows(pace):
    """63.158 a minute, less a twentieth, is one a second."""
    slept = []
    for worker in (pace(slept), pace(slept), pace(slept)):
        assert worker.wait(Way.EMAIL) is None
    assert slept[0] == 0
    assert slept == sorted(slept)
    # the server's clock goes on between the turns
    assert 1.0 < slept[2] <= 2.0


def test_when_a_days_messages_are_sent_the_rest_waits_for_midnight_in_utc(pace):
    worker = pace([], a_minute=6000, a_day=2)
    assert [worker.wait(Way.TEXT) for _ in range(2)] == [None, None]
    assert worker.wait(Way.TEXT) == datetime(2026, 11, 24, 0, 1, tzinfo=UTC)
    assert worker.wait(Way.EMAIL) is None
    assert pace([], now=NOW + timedelta(days=1), a_day=2).wait(Way.TEXT) is None


def test_after_a_429_everybody_waits_a_minute_and_then_goes_slower(pace):
    slept = []
    until = pace([]).slow_down(Way.EMAIL, day_is_over=False)
    assert NOW + timedelta(seconds=60) <= until <= NOW + timedelta(seconds=65)
    assert abs(pace([]).wait(Way.TEXT) - until) < timedelta(milliseconds=1)
    later = pace(slept, now=until)
    later.wait(Way.EMAIL)
    later.wait(Way.EMAIL)
    assert 1.2 < slept[1] <= 1 / 0.7 + 0.001


def test_a_day_that_notify_calls_over_is_over_for_this_channel_alone(pace):
    midnight = datetime(2026, 11, 24, 0, 1, tzinfo=UTC)
    assert pace([]).slow_down(Way.EMAIL, day_is_over=True) == midnight
    assert pace([]).wait(Way.EMAIL) == midnight
    assert pace([]).wait(Way.TEXT) is None


def test_without_redis_each_worker_keeps_its_own_pace(pace):
    slept = []
    gone = pace(slept, at=redis.Redis(port=1, retry=Retry(NoBackoff(), 0)))
    assert gone.wait(Way.EMAIL) is None
    assert slept == [pytest.approx(1.0, rel=1e-3)]
    assert gone.slow_down(Way.EMAIL, day_is_over=False) == NOW + timedelta(seconds=60)


def test_a_sandbox_body_goes_at_its_simulators_pace_and_a_live_one_at_notifys(office):
    with office.transaction() as session:
        body = get_body(session)
        session.expunge(body)
    assert a_minute_of(office.service, body) == office.service.settings.sandbox_notify_a_minute
    body.kind = BodyKind.LIVE
    assert a_minute_of(office.service, body) == 3000
