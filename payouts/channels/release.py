"""Release: the last gate's go, given only when everything is still exactly what people decided on."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from bacs.calendar import Calendar
from payouts.channels import dispatch
from payouts.confirmation.meaning import blocked_accounts
from payouts.files.payment_file import PaymentFile, files_of
from payouts.files.segment import sha256_of
from payouts.gates.amount import amount_of
from payouts.gates.cover import plan_review
from payouts.gates.decision import decisions_of, gate_states
from payouts.gates.gate import gates_of
from payouts.gates.lineage import signed_for
from payouts.gates.manifest import ReleaseRefused, differences, manifest_of
from payouts.gates.opening import covers
from payouts.gates.passkey_proof import is_proved
from payouts.gates.release_freeze import must_not_be_frozen
from payouts.gates.release_funds import must_have_funds
from payouts.gates.standing import proven_line
from payouts.ledger.entry import Event
from payouts.ledger.posting import post
from payouts.notices.staff import StaffEvent
from payouts.payment import Payment, PaymentStatus, in_payroll, stopped_count
from payouts.payroll import GONE_FROM_HERE, Payroll, PayrollStatus, days_still_work, move, move_payments
from payouts.returns.reissue import end_cases
from payouts.tasks import outbox
from schemes import audit
from schemes.errors import KeyMissing, NotNow, Refused, SealBroken
from schemes.gate_rule import GateKind
from schemes.person import Actor
from schemes.seal import Seals
from schemes.signer import Signer


class TooLate(Refused):
    """The cut-off for this pay date has passed (`deadline`, UTC)."""

    def __init__(self, deadline: datetime) -> None:
        super().__init__(f"the cut-off passed at {deadline:%H:%M on %d %B %Y} UTC")
        self.deadline = deadline


class DaysGone(Refused):
    """One of the payroll's days is no working day of the banks any more."""

    def __init__(self, pay_date: date) -> None:
        super().__init__(f"the bank does not work on all the days that lead to {pay_date} any more")
        self.pay_date = pay_date


def release_if_passed(
    session: Session, seals: Seals, signer: Signer, calendar: Calendar, payroll: Payroll, *, by: Actor, at: datetime
) -> bool:
    """Release a payroll whose every gate has said go; whether it was. Called in the transaction of the last decision.

    Raises ReleaseRefused naming what is not as in the manifest, TooLate, Frozen, FundsLacking, and DaysGone (a holiday
    was proclaimed since): then the decision does not stand.
    """
    states = gate_states(session, payroll)
    if payroll.status is not PayrollStatus.SEALED or not all(state.passed for state in states):
        return False
    if at > payroll.deadline_at:
        raise TooLate(payroll.deadline_at)
    must_not_be_frozen(session, states, at=at)
    found = not_as_approved(session, seals, payroll, signer=signer)
    if found:
        raise ReleaseRefused(found)
    # by the settings of the checks, which were just compared
    must_have_funds(session, payroll, states)
    if not days_still_work(calendar, payroll):
        raise DaysGone(payroll.pay_date)
    amount = amount_of(session, payroll)
    payrolls = [share.number for share in amount.payrolls]
    audit.record(
        session, "payroll.gates_passed", by=by, about=payroll, at=at, amount_pence=amount.pence, payrolls=payrolls
    )
    move(session, payroll, PayrollStatus.RELEASED, by=by, at=at)
    moved = move_payments(session, payroll, PaymentStatus.RELEASED)
    posted = post(session, Event.RELEASED, select(Payment.id).where(in_payroll(payroll.id)), at=at)
    end_cases(session, payroll, at=at)
    plan_review(session, payroll, at=at)
    if not moved == posted == payroll.payment_count:
        raise ReleaseRefused(["payment_count"])
    dispatch.plan(session, payroll, at=at)
    once = f"staff.tell/released/{payroll.id}"
    outbox.add(session, "staff.tell", once=once, at=at, event=StaffEvent.RELEASED.value, about=str(payroll.id))
    return True


def not_as_approved(session: Session, seals: Seals, payroll: Payroll, *, signer: Signer) -> list[str]:
    """Recompute everything that was signed, and name what differs: manifest, files' bytes, decisions, who may be paid.

    A decision may be signed on a manifest that this one follows, where nothing but what the move allows is different.
    What a bank said after the checks counts as well, where the body's policy lets nobody pay into such an account.

    A decision that names a key which is not the service's proves only that somebody has a key.
    """
    manifest = manifest_of(session, payroll)
    if manifest is None:
        return ["manifest"]
    found = differences(session, payroll, manifest)
    for file in files_of(session, payroll.id):
        if not has_approved_bytes(session, seals, file):
            found.append(f"file {file.name}")
    line = proven_line(session, payroll, manifest)
    gates = {gate.id: gate for gate in gates_of(session, payroll.id)}
    for decision in decisions_of(session, payroll.id):
        ours = signer.was_ours(decision.public_key, decision.decided_at) and decision.is_genuine()
        gate = gates[decision.gate_id]
        looked = gate.kind is not GateKind.APPROVE or covers(manifest.read(), decision.record())
        if not ours or not looked or decision.manifest_digest not in signed_for(gate.kind, line):
            found.append(f"decision {decision.id}")
        if not is_proved(session, decision, gate):
            found.append(f"passkey {decision.id}")
    if blocked_accounts(session, payroll):
        found.append("bank_answers")
    if stopped_count(session, payroll.id, payroll.pay_date):
        found.append("stopped_payments")
    return found


def has_approved_bytes(session: Session, seals: Seals, file: PaymentFile) -> bool:
    """Whether a file opens, and has the SHA-256 that its record says; the manifest binds the record."""
    try:
        return sha256_of(session, seals, file) == (file.sha256, file.byte_count)
    except (SealBroken, KeyMissing):
        return False


def record_refusal(session: Session, payroll_id: UUID, refused: Refused, *, by: Actor, at: datetime) -> None:
    """Leave a trace of a refused release, in a transaction of its own: the refused one was rolled back."""
    audit.record(
        session,
        "payroll.release_refused",
        by=by,
        at=at,
        payroll=str(payroll_id),
        differences=getattr(refused, "differences", [type(refused).__name__]),
    )


def must_be_released(payroll: Payroll) -> None:
    if payroll.status not in GONE_FROM_HERE:
        raise NotNow("payroll", payroll.status, "downloaded")
