"""The log: one line for each thing that happened, as JSON for machines or plain for a terminal.

No line holds anybody's name, account, address or reference: of a request stands the pattern of its route, never its
path; of an error its kind and where it was raised, never what it said, since PostgreSQL's errors quote rows; of another
library's line the sentence that stands in its code, without what was filled in. People and bodies stand there by id.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from flask import g, has_app_context

from payouts.config import SettingsWrong

OURS = ("payouts", "schemes", "bacs")
EVENTS = "payouts.events"
MOST_FRAMES = 12

events = logging.getLogger(EVENTS)


class Form(StrEnum):
    """How a line is written. Plain is for a terminal: the errors of our own code are told there in full."""

    JSON = "json"
    PLAIN = "plain"


def happened(event: str, **facts: object) -> None:
    """One line. The facts are ids, counts and words of our own: nothing that somebody typed."""
    events.info(event, extra={"facts": facts})


def set_up(process: str, *, form: Form | None = None) -> None:
    """Have this process write its log to its standard error. Raises SettingsWrong."""
    chosen = form or form_wanted()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter(chosen, process))
    logging.root.handlers[:] = [handler]
    events.setLevel(logging.INFO)
    logging.captureWarnings(capture=True)


def form_wanted() -> Form:
    """Raises SettingsWrong."""
    wanted = os.environ.get("PAYOUTS_LOG", "").strip().lower() or Form.JSON
    if wanted not in set(Form):
        raise SettingsWrong([f"  PAYOUTS_LOG is {' or '.join(Form)}, not {wanted}"])
    return Form(wanted)


def formatter(form: Form, process: str) -> logging.Formatter:
    return JsonLine(process) if form is Form.JSON else PlainLine()


class JsonLine(logging.Formatter):
    """A line as JSON."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self.process = process

    def format(self, record: logging.LogRecord) -> str:
        told = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "process": self.process,
            "pid": record.process,
            **told_by(record),
        }
        return json.dumps({name: value for name, value in told.items() if value is not None}, default=str)


class PlainLine(logging.Formatter):
    """A line for a person's eyes."""

    def format(self, record: logging.LogRecord) -> str:
        if record.name != EVENTS:
            return super().format(record)
        facts = " ".join(f"{name}={value}" for name, value in told_by(record).items() if value is not None)
        return f"{datetime.fromtimestamp(record.created, UTC):%H:%M:%S} {facts}"


def told_by(record: logging.LogRecord) -> dict[str, Any]:
    """What a record may tell."""
    request_id = g.get("request_id") if has_app_context() else None
    if record.name == EVENTS:
        facts: dict[str, Any] = record.__dict__.get("facts", {})
        return {"event": record.msg, "request_id": request_id, **facts}
    told: dict[str, Any] = {"event": "log", "logger": record.name, "request_id": request_id}
    told["message"] = (
        record.getMessage() if record.name.partition(".")[0] in OURS else without_what_was_filled_in(record)
    )
    if record.exc_info and record.exc_info[1] is not None:
        told.update(error_facts(record.exc_info[1]))
    return told


def without_what_was_filled_in(record: logging.LogRecord) -> str:
    """The sentence of another library: where it filled one in before it logged it, only where it stands."""
    return str(record.msg) if record.args else f"see {record.module}:{record.lineno}"


def error_facts(error: BaseException) -> dict[str, Any]:
    """The kinds of an error and of what caused it, and where the first of them was raised."""
    kinds = list(causes(error))
    frames = traceback.extract_tb(kinds[-1].__traceback__)[-MOST_FRAMES:]
    return {
        "error": " < ".join(type(kind).__name__ for kind in kinds),
        "raised_at": [f"{short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames],
    }


def causes(error: BaseException) -> Iterator[BaseException]:
    found: BaseException | None = error
    for _ in range(5):
        if found is None:
            return
        yield found
        found = found.__cause__ or (None if found.__suppress_context__ else found.__context__)


def short(filename: str) -> str:
    return "/".join(filename.rsplit("/", 3)[1:])
