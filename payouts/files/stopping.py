"""Giving up files that cannot be built: nothing of them is kept, and the payroll is where it was asked for."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from payouts.gates.returning import return_to_preparer
from payouts.gates.voiding import Move
from payouts.payroll import Payroll, PayrollStatus
from schemes.errors import NotNow
from schemes.person import Actor, Role


def stop_files(session: Session, payroll: Payroll, *, by: Actor, at: datetime) -> None:
    """The preparer gives up the files of a payroll, locked by the caller, that are being built.

    Segments that are there can never be opened, and decisions that stood are void. Doing it twice is doing it once.
    Raises NotNow, NotAllowed.
    """
    by.must_be(Role.PREPARER, scheme=payroll.scheme_id)
    if payroll.status is PayrollStatus.CHECKED:
        return
    if payroll.status is not PayrollStatus.SEALING:
        raise NotNow("payroll", payroll.status, "taken back from building its files")
    return_to_preparer(session, payroll, Move.REOPEN, because="the files could not be built", by=by, at=at)
