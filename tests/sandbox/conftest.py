import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from notifications_python_client import NotificationsAPIClient

from payouts.sandbox.notify import NotifyServer

SERVICE = "8b3a2c52-6a3c-4f5e-9e0f-51f1b9b8c001"
KEY = f"sandbox-key-{SERVICE}-0d8f5a36-61aa-4ce6-8cf4-0a3f0e6c7b01"
NEIGHBOUR_KEY = "neighbour-8b3a2c52-6a3c-4f5e-9e0f-51f1b9b8c002-0d8f5a36-61aa-4ce6-8cf4-0a3f0e6c7b02"
RECEIPTS_TOKEN = "receipts-token-of-the-sandbox"


class SlidingClock:
    """Real time, put forward by hand: tokens carry real time, so the simulator's can't stand still."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


class Callback:
    """A service's callback for receipts, over real HTTP; answers from ``answers``, then 204."""

    def __init__(self) -> None:
        self.posted: list[tuple[str | None, dict[str, object]]] = []
        self.answers: list[int] = []
        self._arrived = threading.Condition()
        callback = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                answer = callback.answers.pop(0) if callback.answers else 204
                with callback._arrived:
                    callback.posted.append((self.headers["Authorization"], body))
                    callback._arrived.notify_all()
                self.send_response(answer)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/receipts"

    def wait_for(self, number: int) -> list[dict[str, object]]:
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.posted) >= number, timeout=10), self.posted
        return [body for _, body in self.posted]


@pytest.fixture
def clock() -> SlidingClock:
    return SlidingClock()


@pytest.fixture
def start(tmp_path: Path, clock: SlidingClock) -> Iterator[Callable[..., NotifyServer]]:
    """Starts simulators on free ports, each in a thread; the same store unless told otherwise."""
    with ExitStack() as running:

        def start(**settings: object) -> NotifyServer:
            defaults = {
                "store": tmp_path / "store", "api_keys": [KEY, NEIGHBOUR_KEY], "now": clock,
                "receipts_url": None, "receipts_token": None,
            }  # fmt: skip
            server = NotifyServer("127.0.0.1", 0, **{**defaults, **settings})
            thread = threading.Thread(target=server.run)
            thread.start()
            running.callback(thread.join)
            running.callback(server.stop)
            return server

        yield start


@pytest.fixture
def notify(start: Callable[..., NotifyServer]) -> NotifyServer:
    return start()


@pytest.fixture
def client(notify: NotifyServer) -> NotificationsAPIClient:
    return NotificationsAPIClient(KEY, base_url=notify.url)


@pytest.fixture
def callback() -> Iterator[Callback]:
    callback = Callback()
    thread = threading.Thread(target=callback.server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield callback
    callback.server.shutdown()
    callback.server.server_close()
    thread.join()
