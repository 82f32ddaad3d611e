"""What voids decisions, and the way back from the gates to where findings are worked on."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from payouts.files.sealing import withdraw_files
from payouts.gates.decision import Decision
from payouts.gates.gate import Gate
from payouts.gates.voiding import VOIDS, Move
from payouts.payroll import Payroll, PayrollStatus, move
from schemes import audit
from schemes.person import Actor


def void_decisions(session: Session, payroll: Payroll, what: Move, *, because: str, at: datetime) -> int:
    """Void the live decisions on a payroll whose facts a move changes; returns how many."""
    gates = select(Gate.id).where(Gate.payroll_id == payroll.id, Gate.kind.in_(VOIDS[what]))
    voided: int = session.execute(
        update(Decision)
        .where(Decision.payroll_id == payroll.id, Decision.voided_at.is_(None), Decision.gate_id.in_(gates))
        .values(voided_at=at, voided_because=because)
        .execution_options(synchronize_session="fetch")
    ).rowcount  # type: ignore[attr-defined]
    return voided


def return_to_preparer(
    session: Session, payroll: Payroll, what: Move, *, because: str, by: Actor, at: datetime
) -> None:
    """Back to where findings are worked on: decisions are void, the files are withdrawn. Raises NotNow."""
    move(session, payroll, PayrollStatus.CHECKED, by=by, at=at)
    voided = void_decisions(session, payroll, what, because=because, at=at)
    withdraw_files(session, payroll, at=at)
    payroll.manifest_id = payroll.amendment_id = None
    audit.record(session, "payroll.returned", by=by, about=payroll, at=at, decisions_voided=voided)
