"""How the installation as a whole stands, over all bodies: for whoever runs it. Counts and times, and nobody's data.

Row security shows nothing until a body is set, so these are functions like those of `before_body`.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from schemes.before_body import call


class TasksStanding(NamedTuple):
    """How the tasks of a kind stand. Those that are due wait as well."""

    kind: str
    waiting: int
    due: int
    stopped: int
    oldest_due_at: datetime | None


def schema_revisions(session: Session) -> list[str]:
    """The migration that the database is at: none before the first, several if two branches were ever applied."""
    return [row[0] for row in call(session, "schema_revisions")]


def tasks_standing(session: Session, at: datetime) -> list[TasksStanding]:
    return [TasksStanding._make(row) for row in call(session, "tasks_standing", at)]


class Standing(NamedTuple):
    """One number. body_kind: whether it is of live or of sandbox bodies; state: which of them. Either may be empty."""

    gauge: str
    body_kind: str
    state: str
    value: float


def installation_standing(session: Session, at: datetime) -> list[Standing]:
    """How payrolls, notices, files on their way, returns, controls and webhooks stand, in counts and seconds."""
    return [Standing._make(row) for row in call(session, "installation_standing", at)]
