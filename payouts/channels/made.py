"""That an urgent payment was made outside, in the bank's portal or by cheque: recorded once every gate said go."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from payouts.channels.submission import SubmissionReferenceMissing, all_are_submitted
from payouts.gates.attachment import Attachment, keep
from payouts.gates.decision import decisions_of
from payouts.gates.gate import gates_of
from payouts.payroll import Payroll, PayrollStatus
from payouts.urgent import UrgentPayment, urgent_of
from schemes import audit
from schemes.errors import NotNow, ReasonNotGiven, Refused
from schemes.person import Actor, Role
from schemes.seal import Seals


class MadeWhen(Refused):
    """A payment is made after the last gate said go, and not in the future: before, nobody had approved it."""


def record_made(
    session: Session,
    payroll: Payroll,
    *,
    reference: str,
    made_by: str,
    made_at: datetime,
    attached: Attachment | None = None,
    by: Actor,
    at: datetime,
) -> UrgentPayment:
    """Record who made a payment, when, and its reference or number, on a payroll locked by the caller.

    attached: a file that shows it (`attach_to_made`).

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
    urgent.attachment_id = attached.id if attached else None
    session.flush()
    audit.record(session, "payroll.made_outside", by=by, about=payroll, at=at, method=urgent.method.value)
    all_are_submitted(session, payroll, by=by, at=at)
    return urgent


def attach_to_made(
    session: Session,
    seals: Seals,
    payroll: Payroll,
    *,
    attachment_id: UUID,
    file_name: str,
    content: bytes,
    by: Actor,
    at: datetime,
) -> Attachment:
    """Keep a file that shows that a payment was made: a page of the portal, a copy of the cheque.

    It is kept with the last gate. The same id again is the same file. Raises AttachmentRefused, NotNow, NotAllowed.
    """
    by.must_be(Role.RELEASER, scheme=payroll.scheme_id)
    there = session.get(Attachment, (payroll.body_id, attachment_id))
    if there is not None:
        return there
    if payroll.status is not PayrollStatus.RELEASED or payroll.manifest_id is None:
        raise NotNow("payroll", payroll.status, "recorded as made")
    last = gates_of(session, payroll.id)[-1]
    return keep(
        session,
        seals,
        payroll,
        last,
        payroll.manifest_id,
        attachment_id=attachment_id,
        file_name=file_name,
        content=content,
        by=by,
        at=at,
    )
