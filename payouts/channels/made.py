"""That an urgent payment was made outside, in the bank's portal: recorded by the releaser, once every gate said go."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from payouts.channels.submission import SubmissionReferenceMissing, all_are_submitted
from payouts.gates.decision import decisions_of
from payouts.payroll import Payroll, PayrollStatus
from payouts.urgent import UrgentPayment, urgent_of
from schemes import audit
from schemes.errors import NotNow, ReasonNotGiven, Refused
from schemes.person import Actor, Role


class MadeWhen(Refused):
    """A payment is made after the last gate said go, and not in the future: before, nobody had approved it."""


def record_made(
    session: Session, payroll: Payroll, *, reference: str, made_by: str, made_at: datetime, by: Actor, at: datetime
) -> UrgentPayment:
    """Record who made a payment, when, and the bank's reference, on a payroll locked by the caller.

    Its money is then on its way as if a file had been submitted, and its payee is told. Recording it twice is
    recording it once. Raises MadeWhen, SubmissionReferenceMissing, ReasonNotGiven, NotNow (not released, or it goes by
    files), NotAllowed.
    """
    by.must_be(Role.RELEASER, scheme=payroll.scheme_id)
    urgent = urgent_of(session, payroll)
    if urgent is None or urgent.method.has_file:
        raise NotNow("payroll", "one that goes by files", "recorded as made")
    if urgent.is_made:
        return urgent
    if payroll.status is not PayrollStatus.RELEASED:
        raise NotNow("payroll", payroll.status, "recorded as made")
    if not reference.strip():
        raise SubmissionReferenceMissing
    if not made_by.strip():
        raise ReasonNotGiven("know that it was made: who made it")
    last = max(decision.decided_at for decision in decisions_of(session, payroll.id))
    # a person gives the time to the minute
    if not last.replace(second=0, microsecond=0) <= made_at <= at:
        raise MadeWhen
    urgent.reference, urgent.made_by, urgent.made_at = reference.strip(), made_by.strip(), made_at
    urgent.recorded_by, urgent.recorded_at = by.person_id, at
    session.flush()
    audit.record(session, "payroll.made_outside", by=by, about=payroll, at=at, method=urgent.method.value)
    all_are_submitted(session, payroll, by=by, at=at)
    return urgent
