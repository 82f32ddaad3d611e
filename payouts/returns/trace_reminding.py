"""Reminding of traces by the clock: a day by which the bank, or somebody here, should have done something has passed.

The day after it, and once a week from then on, the trace has a step of its own, and it is told to whoever's work it is;
to everybody who may work on it, where it is nobody's. The payee is told nothing: nothing has happened.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from payouts.returns.trace import StepKind, Trace, TraceStage, TraceStep
from payouts.returns.tracing import note
from payouts.tasks import outbox
from schemes.bank_details import london_day

if TYPE_CHECKING:
    from payouts.app import Service

AGAIN_AFTER = timedelta(days=7)
MOST = 500
"""In one go: those left over are reminded of on the next day."""


def ask_daily(session: Session, *, at: datetime) -> None:
    """Ask for a reminder where a trace is late."""
    today = london_day(at)
    if session.scalar(select(exists().where(late(today)))):
        outbox.add(session, "trace.remind", once=f"trace.remind/{today}", at=at)


def late(today: date) -> ColumnElement[bool]:
    return (Trace.stage != TraceStage.CLOSED) & (Trace.due_on < today)


def remind(session: Session, service: Service, args: Mapping[str, Any]) -> None:
    """Remind of each trace that is late and that nobody was reminded of lately. Doing it twice is doing it once."""
    at = service.now()
    today = london_day(at)
    lately = exists().where(
        TraceStep.body_id == Trace.body_id,
        TraceStep.trace_id == Trace.id,
        TraceStep.kind == StepKind.REMINDED,
        TraceStep.due_on == Trace.due_on,
        TraceStep.at > at - AGAIN_AFTER,
    )
    rows = select(Trace).where(late(today), ~lately).order_by(Trace.due_on, Trace.id).limit(MOST)
    for trace in session.scalars(rows.with_for_update()).all():
        note(session, trace, StepKind.REMINDED, "", by=None, at=at)
