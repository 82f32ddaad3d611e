"""Telling of a trace's steps: whoever opened it and whoever works on it, and the payee, where they may be written to.

Nobody writes to the dead, nor to a payee whose payments are stopped; of a payee marked for safe contact only a safe
contact is used. What is written names the amount and the day, never an account.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from bacs import pence
from payouts.notices import planning, staff
from payouts.notices.notice import Notice, NoticeStatus
from payouts.notices.staff import StaffEvent
from payouts.notices.who import LOOKED_FOR
from payouts.notices.words import STEPS
from payouts.payment import Payment
from payouts.returns.trace import PayeeTold, StepKind, Trace, TraceStage, TraceStep
from payouts.returns.tracing import WORKERS
from schemes.person import Role, people

if TYPE_CHECKING:
    from payouts.app import Service

TO_COLLEAGUES: dict[StepKind, str] = {
    StepKind.OPENED: "somebody says that it is not there, and it is looked for now",
    StepKind.COMPARED: "the accounts were compared; now the bank is asked",
    StepKind.ASKED: "the bank was asked",
    StepKind.CREDITED: "the bank says that it is in the account, so it is looked for no longer",
    StepKind.RETURNED: "the bank says that it was sent back; a second person confirms it",
    StepKind.MISDIRECTED: "the bank says that it is in another account, and asks for it back",
    StepKind.RECOVERED: "the bank got it back; a second person confirms it",
    StepKind.REFUSED: "whoever has it does not give it back",
    StepKind.FOUND: "it is looked for no longer",
    StepKind.CAME_BACK: "it came back, and can be put right and paid again",
    StepKind.REMINDED: "it is late",
}
# of a reminder what is late
LATE: dict[TraceStage, str] = {
    TraceStage.COMPARE: "the accounts have not been compared",
    TraceStage.ASK_BANK: "the bank has not been asked",
    TraceStage.WITH_BANK: "the bank has not answered. Ring it, and record what it says",
    TraceStage.RECOVERING: "the bank has not said whether it got it back. Ring it, and record what it says",
    TraceStage.COMING_BACK: "nobody has seen that it is back. Look at the bank account",
}


def tell(session: Session, service: Service, args: Mapping[str, Any]) -> None:
    """Plan the messages about one step, once."""
    step = session.get_one(TraceStep, (session.info["body_id"], UUID(args["step_id"])))
    trace = session.get_one(Trace, (step.body_id, step.trace_id))
    payment = session.get_one(Payment, (step.body_id, trace.payment_id))
    at = service.now()
    tell_colleagues(session, service, trace, step, payment, at=at)
    if step.kind in STEPS:
        step.payee_told = tell_payee(session, service, step)
        session.flush()


def tell_colleagues(
    session: Session, service: Service, trace: Trace, step: TraceStep, payment: Payment, *, at: datetime
) -> None:
    """Whoever opened it and whoever's work it is, but for whoever did the step."""
    if step.kind is StepKind.REMINDED:
        said, due = LATE.get(trace.stage, TO_COLLEAGUES[step.kind]), "That was due by"
    else:
        said, due = TO_COLLEAGUES[step.kind], "The next step is due by"
    words = [f"Payment {payment.reference}, {pence.format(payment.amount_pence)}: {said}."]
    if step.due_on is not None:
        words.append(f"{due} {step.due_on:%-d %B %Y}.")
    words.append(f"Look at it here:\n\n{service.settings.base_url}/bank/traces/{trace.id}")
    for person, roles in people(session, scheme_id=trace.scheme_id):
        if concerns(trace, step, person.id, roles):
            staff.plan(
                session,
                service,
                StaffEvent.TRACE_STEP,
                email=person.email,
                name=person.name,
                subject=f"Payment {payment.reference} that has not arrived",
                text="\n\n".join(words),
                at=at,
            )


def concerns(trace: Trace, step: TraceStep, person_id: UUID, roles: Iterable[Role]) -> bool:
    """Whether somebody is told of a step."""
    if step.kind is StepKind.REMINDED and trace.owner_id is None:
        return any(role in WORKERS for role in roles)
    return person_id in {trace.opened_by, trace.owner_id} - {step.by}


def tell_payee(session: Session, service: Service, step: TraceStep) -> PayeeTold:
    """Plan the payee's own message, by their channel and in their language."""
    if planning.sender_or_none(session, service) is None:
        return PayeeTold.NOT_SET_UP
    planning.write(session, service, LOOKED_FOR, step_id=step.id)
    status = session.scalars(select(Notice.status).where(Notice.subject_id == step.id)).one()
    return {NoticeStatus.HELD_BACK: PayeeTold.HELD_BACK, NoticeStatus.NO_ADDRESS: PayeeTold.NO_ADDRESS}.get(
        status, PayeeTold.TOLD
    )
