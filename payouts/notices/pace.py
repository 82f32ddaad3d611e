"""Keeping to Notify's limits, shared by all workers through Redis: so many messages a minute, and so many a day.

Notify counts 3,000 a minute for each kind of key, rolling, and a day's messages by channel until midnight UTC. What is
kept here may be lost at any moment: then Notify's own 429 says it again, and it is learned anew.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import redis

from payouts.notices.connection import Way

# a little less than is allowed: their minute is not ours, and other programs may use the key too
SHARE = 0.95
# texts to numbers abroad have a day of their own, which is over long before that of the others
ABROAD = "text_abroad"
DAY: dict[str, int] = {Way.EMAIL: 250_000, Way.TEXT: 250_000, Way.LETTER: 20_000, ABROAD: 100}
AFTER_429_SECONDS = 60
SLOWER, LEAST_SHARE, SLOW_FOR_SECONDS = 0.7, 0.1, 600
KEPT_SECONDS = 2 * 24 * 3600

# One message's turn, by the server's own clock, which is one for all. KEYS: the next free turn, the day's count, the
# day's end, the share after 429s. ARGV: seconds a turn, the day's limit, how long the count is kept. Returns {seconds
# to wait, 1 if the day is over}
TURN = """
if redis.call('EXISTS', KEYS[3]) == 1 or tonumber(redis.call('GET', KEYS[2]) or '0') >= tonumber(ARGV[2]) then
    return {'0', 1}
end
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local turn = tonumber(ARGV[1]) / tonumber(redis.call('GET', KEYS[4]) or '1')
local free = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
redis.call('SET', KEYS[1], string.format('%.6f', free + turn), 'EX', 600)
redis.call('INCR', KEYS[2])
redis.call('EXPIRE', KEYS[2], ARGV[3])
return {string.format('%.6f', free - now), 0}
"""


class Pace:
    """The turns of one key. Without Redis messages go at a worker's own pace, and Notify says when it is too much."""

    def __init__(
        self,
        connection: redis.Redis,
        name: str,
        *,
        now: Callable[[], datetime],
        a_minute: float,
        a_day: Mapping[str, int] = DAY,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.connection = connection
        self.name = f"notify:{name}"
        self.now = now
        self.a_day = a_day
        self.seconds = 60 / (a_minute * SHARE)
        self.sleep = sleep
        self.turn = connection.register_script(TURN)

    def wait(self, lane: str) -> datetime | None:
        """Return when a message may go, None; or at once, with when it is worth coming back.

        lane: what Notify counts it as in a day, a `Way` or `ABROAD`.
        """
        now = self.now()
        day = day_of(lane, now)
        keys = [f"{self.name}:{each}" for each in ("free", day, f"over:{day}", "share")]
        try:
            paused = float(self.connection.get(f"{self.name}:pause") or 0)
            if paused > now.timestamp():
                return datetime.fromtimestamp(paused, UTC)
            waits, is_over = self.turn(keys=keys, args=[self.seconds, self.a_day[lane], KEPT_SECONDS])
        except redis.RedisError:
            self.sleep(self.seconds)
            return None
        if is_over:
            return midnight(now)
        self.sleep(float(waits))
        return None

    def slow_down(self, lane: str, *, day_is_over: bool) -> datetime:
        """Learn from a 429: pause everybody for a minute and go slower for a while, or stop until midnight UTC."""
        now = self.now()
        try:
            if day_is_over:
                self.connection.set(f"{self.name}:over:{day_of(lane, now)}", 1, ex=KEPT_SECONDS)
                return midnight(now)
            # a little apart, so that all do not come back at once, and in milliseconds: none comes back before its time
            until = round(now.timestamp() + AFTER_429_SECONDS + random.uniform(0, 5), 3)  # noqa: S311
            self.connection.set(f"{self.name}:pause", until, ex=AFTER_429_SECONDS + 10)
            share = max(LEAST_SHARE, float(self.connection.get(f"{self.name}:share") or 1) * SLOWER)
            self.connection.set(f"{self.name}:share", share, ex=SLOW_FOR_SECONDS)
        except redis.RedisError:
            until = now.timestamp() + AFTER_429_SECONDS
        return midnight(now) if day_is_over else datetime.fromtimestamp(until, UTC)


@dataclass(frozen=True)
class NoPace:
    """For few messages, which need no turn."""

    def wait(self, lane: str) -> datetime | None:
        return None

    def slow_down(self, lane: str, *, day_is_over: bool) -> datetime | None:
        return None


NO_LIMIT = NoPace()


def day_of(lane: str, now: datetime) -> str:
    return f"{now.astimezone(UTC):%Y-%m-%d}:{lane}"


def midnight(now: datetime) -> datetime:
    """When Notify's day begins again, and a minute."""
    tomorrow = now.astimezone(UTC).date() + timedelta(days=1)
    return datetime(tomorrow.year, tomorrow.month, tomorrow.day, 0, 1, tzinfo=UTC)
