"""The queue (RQ on a Redis-protocol server): carries names of tasks, nothing that may not be lost."""

from __future__ import annotations

import logging
from functools import cached_property

import redis
import rq

from payouts.tasks.outbox import Push

QUEUE_NAME = "payouts"
LONGEST_JOB_SECONDS = 3600

log = logging.getLogger(__name__)


class Queue:
    """Pushes tasks to the workers. A push that fails is no fault: the clock pushes again what got lost."""

    def __init__(self, redis_url: str) -> None:
        self.redis_url = redis_url

    @cached_property
    def connection(self) -> redis.Redis:
        return redis.Redis.from_url(self.redis_url, socket_connect_timeout=2, socket_timeout=5)

    @cached_property
    def jobs(self) -> rq.Queue:
        return rq.Queue(QUEUE_NAME, connection=self.connection)

    def push(self, push: Push) -> bool:
        """Hand a task to the workers; whether the server took it."""
        try:
            self.jobs.enqueue(
                "payouts.tasks.worker.run",
                str(push.task_id),
                str(push.body_id),
                job_id=f"{push.task_id}-{push.attempt}",
                job_timeout=LONGEST_JOB_SECONDS,
                result_ttl=0,
                failure_ttl=3600,
            )
        except redis.RedisError as error:
            log.warning("task %s was not pushed (%s); the clock will push it again", push.task_id, error)
            return False
        return True
