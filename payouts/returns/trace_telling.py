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
from payouts.app import NotifyNotSetUp
from payouts.notices import staff
from payouts.notices.staff import StaffEvent
from payouts.notices.words import plain
from payouts.payment import Payment
from payouts.payroll import Payroll
from payouts.returns.trace import PayeeTold, StepKind, Trace, TraceStage, TraceStep
from payouts.returns.tracing import WORKERS
from schemes.body import get_body
from schemes.hold import Hold
from schemes.payee import Payee, get_payee
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
# of what the payee is told; a comparison is the body's own affair
TO_PAYEE: dict[StepKind, str] = {
    StepKind.OPENED: "We were told that it has not arrived where it should. We are looking for it.",
    StepKind.ASKED: "We have asked our bank where it is. This can take some working days.",
    StepKind.CREDITED: (
        "Our bank says that it is in the account that we sent it to. Look at your statement for that day, or ask your "
        "bank. If it is not there, tell us."
    ),
    StepKind.RETURNED: "Our bank says that it was sent back to us. We will be in touch about paying it again.",
    StepKind.MISDIRECTED: "It went to another account. Our bank has asked for it back. This can take some weeks.",
    StepKind.RECOVERED: "Our bank got it back. We will be in touch about paying it again.",
    StepKind.REFUSED: "Our bank could not get it back. We will be in touch about what happens now.",
    StepKind.FOUND: "We are not looking for it any longer, because it was found.",
    StepKind.CAME_BACK: "It has come back to us. We will be in touch about paying it again.",
}


def tell(session: Session, service: Service, args: Mapping[str, Any]) -> None:
    """Plan the messages about one step, once."""
    step = session.get_one(TraceStep, (session.info["body_id"], UUID(args["step_id"])))
    trace = session.get_one(Trace, (step.body_id, step.trace_id))
    payment = session.get_one(Payment, (step.body_id, trace.payment_id))
    at = service.now()
    tell_colleagues(session, service, trace, step, payment, at=at)
    if step.kind in TO_PAYEE:
        step.payee_told = tell_payee(session, service, trace, step, payment, at=at)
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


def tell_payee(
    session: Session, service: Service, trace: Trace, step: TraceStep, payment: Payment, *, at: datetime
) -> PayeeTold:
    payee = get_payee(session, trace.payee_id)
    if is_held(session, payee, payment):
        return PayeeTold.HELD_BACK
    if payee.email is None:
        return PayeeTold.NO_ADDRESS
    body = get_body(session)
    try:
        staff.template_of(service, body, StaffEvent.TRACE_STEP)
    except NotifyNotSetUp:
        return PayeeTold.NOT_SET_UP
    payroll = session.get_one(Payroll, (trace.body_id, trace.payroll_id))
    about = f"{pence.format(payment.amount_pence)} of {payroll.pay_date:%-d %B %Y}"
    staff.plan(
        session,
        service,
        StaffEvent.TRACE_PAYEE,
        email=payee.email,
        name=plain(payee.name),
        subject=f"Your payment of {about}",
        text=(
            f"This is about our payment to you of {about}.\n\n{TO_PAYEE[step.kind]}\n\n"
            f"If you have questions, write to {body.contact_email}.\n\n{body.name}"
        ),
        at=at,
    )
    return PayeeTold.TOLD


def is_held(session: Session, payee: Payee, payment: Payment) -> bool:
    """Whether somebody has died or payments are stopped: then nobody is written to."""
    held = select(Hold.id).where(
        (Hold.payee_id == payee.id) | (Hold.beneficiary_id == payment.beneficiary_id), Hold.lifted_at.is_(None)
    )
    return session.scalar(held.limit(1)) is not None
