"""Trouble that goes on beside the main job until the test is done with it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def meanwhile(make_trouble: Callable[[threading.Event], None]) -> Iterator[None]:
    """Make trouble in a thread while the block runs; what fails there fails the test."""
    over, failures = threading.Event(), []

    def run() -> None:
        try:
            make_trouble(over)
        except BaseException as failure:
            failures.append(failure)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(60)
    if failures:
        raise failures[0]
    assert not thread.is_alive()
