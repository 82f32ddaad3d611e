"""The simulators' end of a connection: quiet, without delay, and droppable."""

import socket

from flask import request
from werkzeug.serving import WSGIRequestHandler


class QuietHandler(WSGIRequestHandler):
    """Answers at once and logs nothing: what is in addresses and bodies is personal data."""

    # headers and body leave in two writes: with Nagle's algorithm each answer would wait 40 ms for an acknowledgement
    disable_nagle_algorithm = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing: 5,000 lines a payroll help nobody."""


def drop_connection() -> None:
    """End the connection without an answer, as a cable or a proxy does: the sender cannot know what became of it."""
    connection = request.environ.get("werkzeug.socket") or request.environ.get("gunicorn.socket")
    if not isinstance(connection, socket.socket):
        raise ConnectionAbortedError("no connection to drop: the simulator isn't behind a real server")
    connection.shutdown(socket.SHUT_RDWR)
