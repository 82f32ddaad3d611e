"""Giving a payroll up before release."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from payouts.files.sealing import withdraw_files
from payouts.gates.returning import void_decisions
from payouts.gates.voiding import Move
from payouts.payment import PaymentStatus
from payouts.payment_part import free_parts
from payouts.payroll import Payroll, PayrollStatus, move, move_payments
from schemes.errors import Refused
from schemes.person import Actor, Role


class CancelReasonMissing(Refused):
    """Whoever gives a payroll up says why."""


def cancel(session: Session, payroll: Payroll, *, by: Actor, reason: str, at: datetime) -> None:
    """Give a payroll up: its payments' keys are free for another, its files are withdrawn, its decisions are void.

    Giving it up twice is giving it up once. Raises CancelReasonMissing, NotNow (released already), NotAllowed.
    """
    by.must_be(Role.PREPARER, scheme=payroll.scheme_id)
    if payroll.status is PayrollStatus.CANCELLED:
        return
    if not reason.strip():
        raise CancelReasonMissing
    move(session, payroll, PayrollStatus.CANCELLED, by=by, at=at)
    move_payments(session, payroll, PaymentStatus.CANCELLED)
    free_parts(session, payroll.id)
    withdraw_files(session, payroll, at=at)
    void_decisions(session, payroll, Move.CANCEL, because="the payroll was given up", at=at)
    payroll.amendment_id = None
    payroll.given_up_because = reason.strip()
