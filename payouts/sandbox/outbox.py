"""What the Notify simulator accepted, on disk and in memory.

One file of JSON lines that only grows. A message is written and flushed before its sender hears "accepted", so a
killed simulator starts again with all it had promised; the one line that a kill may cut short had not been answered.
"""

import fcntl
import json
import os
import threading
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

from payouts.sandbox.notification import Notification, Pace, outcome, status_at

PAGE = 250
RETENTION = timedelta(days=7)


class OutboxInUse(Exception):
    """Another simulator writes to this store; two would tear each other's lines."""


class OutboxDamaged(Exception):
    """A line before the last cannot be read, so the file was changed by something else than a kill."""

    def __init__(self, path: Path, line: int) -> None:
        super().__init__(f"{path}: line {line} cannot be read")
        self.path, self.line = path, line


class Outbox:
    """The messages of all services, in the order of acceptance. Safe to share between threads."""

    def __init__(self, store: Path) -> None:
        """Open ``store`` (a directory, made when missing). Raises OutboxInUse or OutboxDamaged."""
        store.mkdir(parents=True, exist_ok=True)
        self._path = store / "notify.jsonl"
        self._lock = threading.Lock()
        self._messages: list[Notification] = []
        self._position: dict[str, int] = {}
        self._by_reference: dict[str, list[int]] = {}
        self._receipts: dict[str, str] = {}  # id -> how it ended
        self._file = self._open()

    def accept(self, notification: Notification) -> None:
        """Keep a message for good; when this returns, a kill of the process loses nothing."""
        with self._lock:
            created_at = notification.created_at.isoformat()
            self._write({"event": "accepted", **asdict(notification), "created_at": created_at})
            self._index(notification)

    def end_receipt(self, notification_id: str, ending: str) -> None:
        """Record that no further delivery receipt will be posted for a message, and why: posted, dropped, given-up."""
        with self._lock:
            self._write({"event": "receipt", "id": notification_id, "ending": ending})
            self._receipts[notification_id] = ending

    def get(self, notification_id: str) -> Notification | None:
        """The message with an id, of whichever service."""
        position = self._position.get(notification_id)
        return None if position is None else self._messages[position]

    def page(
        self, *, now: datetime, pace: Pace, service_id: str | None = None, type: str | None = None,
        statuses: Collection[str] = (), reference: str | None = None, older_than: str | None = None, size: int = PAGE,
    ) -> list[Notification]:  # fmt: skip
        """Up to ``size`` messages, newest first, not older than a week; empty when ``older_than`` is not known."""
        found: list[Notification] = []
        for notification in self._newest_first(reference, older_than):
            if now - notification.created_at > RETENTION or len(found) == size:
                break
            if service_id not in (None, notification.service_id) or type not in (None, notification.type):
                continue
            if statuses and not _matches(status_at(notification, now, pace), statuses):
                continue
            found.append(notification)
        return found

    def without_receipt(self) -> list[Notification]:
        """E-mails and texts whose delivery receipt has not been posted, dropped or given up, oldest first."""
        return [one for one in self._messages if one.type != "letter" and one.id not in self._receipts]

    def count(self) -> dict[str, Any]:
        """How many messages of which type and with which fate; references that came more than once; receipts."""
        with self._lock:
            messages, receipts = list(self._messages), Counter(self._receipts.values())
            repeated = sorted(reference for reference, positions in self._by_reference.items() if len(positions) > 1)
            return {
                "notifications": len(messages),
                "by_type": dict(Counter(one.type for one in messages)),
                "by_outcome": dict(Counter(outcome(one) for one in messages)),
                "references": len(self._by_reference),
                "repeated_references": repeated,
                "receipts": dict(receipts),
            }

    def close(self) -> None:
        """Let another process have the store."""
        with self._lock:
            self._file.close()

    def _newest_first(self, reference: str | None, older_than: str | None) -> Iterator[Notification]:
        with self._lock:
            end = len(self._messages) if older_than is None else self._position.get(older_than, 0)
            positions = range(end) if reference is None else list(self._by_reference.get(reference, ()))
        return (self._messages[position] for position in reversed(positions) if position < end)

    def _open(self) -> IO[bytes]:
        file = open(self._path, "a+b", buffering=0)  # noqa: SIM115 -- stays open as long as the outbox
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._read(file)
        except BlockingIOError:
            file.close()
            raise OutboxInUse(str(self._path)) from None
        except BaseException:
            file.close()
            raise
        return file

    def _read(self, file: IO[bytes]) -> None:
        file.seek(0)
        lines = file.read().split(b"\n")
        torn = lines.pop()  # what follows the last newline: nothing, or a line cut short by a kill
        for number, line in enumerate(lines, start=1):
            try:
                self._replay(json.loads(line))
            except (ValueError, KeyError, TypeError):
                raise OutboxDamaged(self._path, number) from None
        if torn:
            file.truncate(sum(len(line) + 1 for line in lines))

    def _replay(self, event: dict[str, Any]) -> None:
        match event.pop("event"):
            case "accepted":
                created_at = datetime.fromisoformat(event.pop("created_at"))
                self._index(Notification(created_at=created_at, **event))
            case "receipt":
                self._receipts[event["id"]] = event["ending"]
            case other:
                raise ValueError(other)

    def _index(self, notification: Notification) -> None:
        position = len(self._messages)
        self._messages.append(notification)
        self._position[notification.id] = position
        if notification.reference is not None:
            self._by_reference.setdefault(notification.reference, []).append(position)

    def _write(self, event: dict[str, Any]) -> None:
        line = memoryview(json.dumps(event, ensure_ascii=False).encode() + b"\n")
        while line:  # a raw write may take less than it was given
            line = line[os.write(self._file.fileno(), line) :]


def _matches(status: str, wanted: Collection[str]) -> bool:
    return status in wanted or ("failed" in wanted and status.endswith("-failure"))
