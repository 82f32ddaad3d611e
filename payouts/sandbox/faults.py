"""Trouble on request: what a tester can make the simulator do to the next messages."""

import threading
from collections.abc import Mapping

FAULTS = {
    "answer_400": "not accepted; answered 400 BadRequestError",
    "answer_403": "not accepted; answered 403 AuthError, as for a wrong clock",
    "answer_429": "not accepted; answered 429 RateLimitError",
    "answer_429_for_the_day": "not accepted; answered 429 TooManyRequestsError, until midnight UTC",
    "answer_500": "not accepted; answered 500",
    "answer_503": "not accepted; answered 503",
    "accept_then_503": "accepted and kept; answered 503 all the same",
    "accept_then_500": "accepted and kept; answered 500 all the same",
    "time_out": "accepted and kept; no answer for 40 seconds, longer than the client waits, and then none",
    "lose_replies": "accepted and kept; the connection is dropped without an answer",
    "repeat_receipts": "the delivery receipt is posted twice",
    "late_receipts": "the delivery receipt is posted 10 seconds later",
}


class UnknownFault(ValueError):
    """A fault that the simulator doesn't know, or a count that isn't a whole number from 0."""


class Faults:
    """How many more messages meet which fault. In memory only: a restarted simulator behaves. Thread-safe."""

    def __init__(self, known: Mapping[str, str] = FAULTS) -> None:
        """known: the faults that this simulator has, each with what it does."""
        self._left = dict.fromkeys(known, 0)
        self._lock = threading.Lock()

    def set(self, counts: Mapping[str, object]) -> None:
        """Replace the counts that are named; refuses all of them with UnknownFault when one is wrong."""
        for name, count in counts.items():
            if name not in self._left:
                raise UnknownFault(f"{name} is not one of {', '.join(self._left)}")
            if not isinstance(count, int) or isinstance(count, bool) or count < 0:
                raise UnknownFault(f"{name} must be a whole number from 0, not {count!r}")
        with self._lock:
            self._left.update({name: int(str(count)) for name, count in counts.items()})

    def take(self, name: str) -> bool:
        """Whether the message at hand meets this fault; uses it up."""
        with self._lock:
            if self._left[name] == 0:
                return False
            self._left[name] -= 1
            return True

    def left(self) -> dict[str, int]:
        """What is still to come."""
        with self._lock:
            return dict(self._left)
