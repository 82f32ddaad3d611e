"""A receiver of webhooks on this machine: notes what it is sent, and answers as it is told to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any, NamedTuple


class Received(NamedTuple):
    """One message as it came: headers with small letters, and the body's bytes."""

    path: str
    headers: dict[str, str]
    content: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def told(self) -> dict[str, Any]:
        return dict(json.loads(self.content))


@dataclass
class Receiver:
    """Where it listens, what came, and what it answers: `answer(received)` gives a status and headers."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    answer: Callable[[Received], tuple[int, dict[str, str]]] = lambda received: (204, {})
    lock: Lock = field(default_factory=Lock)

    @property
    def types(self) -> list[str]:
        return [one.told["type"] for one in self.received]


@contextmanager
def receiver() -> Iterator[Receiver]:
    """A receiver, for as long as the block lasts."""
    noting = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            one = Received(self.path, {name.lower(): value for name, value in self.headers.items()}, content)
            with noting.lock:
                noting.received.append(one)
                code, headers = noting.answer(one)
            self.send_response(code)
            for name, value in headers.items():
                self.send_header(name, value)
            said = b"" if code == 204 else b"the receiver says <b>so</b>\n" * 100
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    noting.url = f"http://127.0.0.1:{server.server_port}/payouts"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield noting
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
