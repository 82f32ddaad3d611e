"""When a payroll made each of its moves, and who made it: read off the trail, which every move leaves an event in."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from payouts.payroll import PayrollStatus
from schemes.audit import AuditEvent

CREATED = "payroll.created"


class MoveMade(NamedTuple):
    """at: when. by: who, None where the service moved it by itself."""

    at: datetime
    by: UUID | None


def moves_made(session: Session, payroll_id: UUID) -> dict[PayrollStatus, MoveMade]:
    """The last move to each status that a payroll has been in; its creation begins the building."""
    actions = {f"payroll.{status}": status for status in PayrollStatus}
    rows = session.execute(
        select(AuditEvent.action, AuditEvent.at, AuditEvent.actor_id)
        .where(AuditEvent.subject_id == payroll_id, AuditEvent.action.in_([CREATED, *actions]))
        .order_by(AuditEvent.id)
    )
    return {actions.get(action, PayrollStatus.BUILDING): MoveMade(at, by) for action, at, by in rows}
