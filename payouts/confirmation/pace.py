"""Keeping to a provider's limit of questions a second."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Pace:
    """Lets one question through each interval, in the order in which threads come. Thread-safe."""

    def __init__(
        self,
        per_second: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.interval = 1 / per_second
        self.clock = clock
        self.sleep = sleep
        self.lock = threading.Lock()
        self.next = clock()

    def wait(self) -> None:
        """Return when the next question may be asked. Time that nobody used is not saved up."""
        with self.lock:
            now = self.clock()
            mine = max(self.next, now)
            self.next = mine + self.interval
        if mine > now:
            self.sleep(mine - now)
