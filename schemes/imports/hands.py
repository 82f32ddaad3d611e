"""More hands for a large file: processes beside the one that speaks to the database, for work that needs none.

They are forked, so that they know what is known where they begin, keys too, and nothing of it is written anywhere.
Only the rows go to them and come back, by a pipe. They end with the process that has them, however that ends.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, Pipe
from types import TracebackType
from typing import Any, Generic, NamedTuple, TypeVar

Given = TypeVar("Given")
Made = TypeVar("Made")

MOST = 2
"""As many as keep up with one connection of PostgreSQL's."""


def spare() -> int:
    """How many hands this machine has room for; on one core a second process is no help."""
    cores = len(os.sched_getaffinity(0))
    return min(MOST, cores) if cores > 1 else 0


class HandLost(Exception):
    """A process that did a part of the work has died. What it was given is not done."""


class Hand(NamedTuple):
    """One process, and the pipe to it."""

    pid: int
    pipe: Connection


class Hands(Generic[Given, Made]):
    """`work`, done by so many processes; by none, it is done here. What it raises is raised here.

    Begin with no other thread at work: a fork takes its locks along, but not the thread.
    """

    def __init__(self, work: Callable[[Given], Made], count: int) -> None:
        self.work = work
        self.hands: list[Hand] = []
        try:
            for _ in range(count):
                self.hands.append(self.take_on())
        except BaseException:
            self.let_go()
            raise

    def __enter__(self) -> Hands[Given, Made]:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.let_go()

    def map(self, things: Iterable[Given]) -> Iterator[Made]:
        """What is made of each thing, in their order. No more of them are asked for than there are hands, and one."""
        if not self.hands:
            yield from map(self.work, things)
            return
        waiting: list[Hand] = []
        for number, thing in enumerate(things):
            hand = self.hands[number % len(self.hands)]
            # one thing to a hand: two that both have much to say would wait for each other to listen
            made = [self.taken_from(waiting.pop(0))] if hand in waiting else []
            with lost(hand):
                hand.pipe.send_bytes(pickle.dumps(thing, pickle.HIGHEST_PROTOCOL))
            waiting.append(hand)
            yield from made
        for hand in waiting:
            yield self.taken_from(hand)

    def taken_from(self, hand: Hand) -> Made:
        with lost(hand):
            answer = hand.pipe.recv_bytes()
        made, error = pickle.loads(answer)  # noqa: S301  (from a process of our own)
        if error is not None:
            raise error
        return made

    def take_on(self) -> Hand:
        ours, theirs = Pipe()
        pid = os.fork()
        if pid == 0:
            # whatever happens here, nothing of the parent's is tidied up a second time
            try:
                ours.close()
                for hand in self.hands:
                    hand.pipe.close()
                self.serve(theirs)
            finally:
                os._exit(0)
        theirs.close()
        return Hand(pid, ours)

    def serve(self, pipe: Connection) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        gc.freeze()
        with suppress(EOFError, OSError):
            while True:
                given = pickle.loads(pipe.recv_bytes())  # noqa: S301
                answer: tuple[Any, BaseException | None]
                try:
                    answer = self.work(given), None
                except Exception as error:
                    answer = None, error
                pipe.send_bytes(pickle.dumps(answer, pickle.HIGHEST_PROTOCOL))

    def let_go(self) -> None:
        """End them, whatever they are at: their work is done, or nobody waits for it."""
        for hand in self.hands:
            hand.pipe.close()
            with suppress(ProcessLookupError):
                os.kill(hand.pid, signal.SIGKILL)
            with suppress(ChildProcessError):
                os.waitpid(hand.pid, 0)
        self.hands = []


@contextmanager
def lost(hand: Hand) -> Iterator[None]:
    """Says which hand was lost where its pipe breaks."""
    try:
        yield
    except (EOFError, OSError) as broken:
        raise HandLost(f"process {hand.pid} ended in the middle of its work") from broken
