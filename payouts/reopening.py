"""Reopening a sealed payroll: its preparer takes it back without waiting for a no-go, and every decision repeats."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from payouts.gates.amendment import Amendment, get_amendment
from payouts.gates.returning import return_to_preparer
from payouts.gates.voiding import Move
from payouts.payroll import Payroll, PayrollStatus
from schemes.errors import NotNow, ReasonNotGiven
from schemes.person import Actor, Role


def reopen(
    session: Session, payroll: Payroll, *, amendment_id: UUID, reason: str, by: Actor, at: datetime
) -> Amendment:
    """Take a sealed payroll, locked by the caller, back to its findings. The same id again is the same act.

    Raises ReasonNotGiven, NotNow (not sealed, or released), NotAllowed.
    """
    by.must_be(Role.PREPARER, scheme=payroll.scheme_id)
    there = get_amendment(session, amendment_id)
    if there is not None:
        return there
    if payroll.status is not PayrollStatus.SEALED or payroll.manifest_id is None:
        raise NotNow("payroll", payroll.status, "reopened")
    if not reason.strip():
        raise ReasonNotGiven("reopen the payroll")
    amendment = Amendment(
        body_id=payroll.body_id,
        id=amendment_id,
        payroll_id=payroll.id,
        follows_id=payroll.manifest_id,
        after_id=payroll.amendment_id,
        move=Move.REOPEN,
        reason=reason.strip(),
        payment_count=0,
        total_pence=0,
        pay_date=payroll.pay_date,
        made_by=by.person_id,
        made_at=at,
    )
    session.add(amendment)
    session.flush()
    return_to_preparer(session, payroll, Move.REOPEN, because="the payroll was reopened", by=by, at=at)
    return amendment
