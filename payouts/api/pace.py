"""How many calls a key may make in a minute, counted on the Redis-protocol server.

While that server does not answer, calls go on uncounted: it may be lost at any moment, and people's money must not
wait for it. What protects the database then is the size of its connection pool.
"""

from __future__ import annotations

import logging
import time
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import redis

WINDOW = 60
"""Seconds."""
# after a failure the server is left alone for so long: each try would cost every call its timeout
GIVEN_UP_FOR = 5.0

log = logging.getLogger(__name__)


class Left(NamedTuple):
    """What a key has left of its minute. `over`: this call is one too many."""

    limit: int
    remaining: int
    reset: int
    over: bool

    def headers(self) -> dict[str, str]:
        """As draft-ietf-httpapi-ratelimit-headers has them."""
        return {
            "RateLimit-Policy": f'"default";q={self.limit};w={WINDOW}',
            "RateLimit": f'"default";r={self.remaining};t={self.reset}',
        }


class Pace:
    """Counts calls by key and minute."""

    def __init__(self, redis_url: str, limit: int) -> None:
        self.limit = limit
        self.connection = redis.Redis.from_url(redis_url, socket_connect_timeout=0.25, socket_timeout=0.25)
        self.given_up_until = 0.0

    def take(self, key_id: UUID, at: datetime) -> Left | None:
        """Count a call; None while nobody counts."""
        if time.monotonic() < self.given_up_until:
            return None
        minute, second = divmod(int(at.timestamp()), WINDOW)
        name = f"payouts:api:pace:{key_id}:{minute}"
        try:
            with self.connection.pipeline(transaction=False) as together:
                together.incr(name)
                together.expire(name, 2 * WINDOW)
                count = int(together.execute()[0])
        except redis.RedisError as error:
            self.given_up_until = time.monotonic() + GIVEN_UP_FOR
            log.warning("calls are not counted for a while: %s", type(error).__name__)
            return None
        return Left(self.limit, max(self.limit - count, 0), WINDOW - second, count > self.limit)
