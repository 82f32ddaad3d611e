"""Another system that calls the API: sends JSON with its key, and reads what comes back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from schemes.database import new_id

PREFIX = "/api/v1"


@dataclass
class Caller:
    """A system with the secret of a key."""

    client: FlaskClient
    secret: str = ""

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.send("GET", path, **headers)

    def post(self, path: str, content: Any = None, *, once: str = "", **headers: str) -> TestResponse:
        """once: the Idempotency-Key; a new one unless it is given."""
        return self.send("POST", path, content, **{"Idempotency-Key": once or new_id().hex, **headers})

    def patch(self, path: str, content: Any, **headers: str) -> TestResponse:
        return self.send("PATCH", path, content, **headers)

    def send(self, method: str, path: str, content: Any = None, **headers: str) -> TestResponse:
        bearer = {"Authorization": f"Bearer {self.secret}"} if self.secret else {}
        body = {} if content is None else {"json": content}
        return self.client.open(PREFIX + path, method=method, headers={**bearer, **headers}, **body)

    def all(self, path: str, limit: int = 50) -> list[dict[str, Any]]:
        """Every item of a list, page by page."""
        found: list[dict[str, Any]] = []
        separator = "&" if "?" in path else "?"
        cursor = ""
        while True:
            answer = self.get(f"{path}{separator}limit={limit}{cursor}")
            assert answer.status_code == 200, answer.json
            found += answer.json["data"]
            if answer.json["next_cursor"] is None:
                return found
            cursor = f"&cursor={answer.json['next_cursor']}"


def problem(answer: TestResponse) -> str:
    """The name of a problem, from an answer that is one to the letter."""
    assert answer.mimetype == "application/problem+json", answer.get_data(as_text=True)[:300]
    assert answer.json["status"] == answer.status_code
    assert answer.json["request_id"] == answer.headers["Request-Id"]
    return str(answer.json["type"]).rpartition("/")[2]
