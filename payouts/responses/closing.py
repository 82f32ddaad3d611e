"""How far a payroll is at the bank, by what is known of its files: submitted, accepted, closed, or refused whole.

Bacs never proves that anybody was paid. A payroll closes when the Input report agrees with each file, the contra was
debited, and the entry day and three working days have passed: until then credits may come back (the Bacs cycle,
returned credits). One that comes back later still finds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from bacs.calendar import LONDON, Calendar
from bacs.errors import DateBeyondCalendar
from payouts.files.payment_file import get_file
from payouts.ledger.entry import Event
from payouts.ledger.posting import post
from payouts.payment import Payment, PaymentStatus
from payouts.payroll import MOVES, Payroll, PayrollKind, PayrollStatus, get_payroll, move
from payouts.responses import clearing, file_word, word
from payouts.responses.file_word import FileSays, FileState, states_of
from payouts.statement.matching import expected_contras
from payouts.tasks import outbox
from payouts.urgent import has_files
from schemes import audit
from schemes.errors import NotNow, ReasonNotGiven
from schemes.person import Actor, Role

if TYPE_CHECKING:
    from payouts.app import Service

DAYS_FOR_RETURNS = 3
"""Working days from the entry day in which credits are returned (the Bacs cycle, returned credits)."""
OUT = (PayrollStatus.RELEASED, PayrollStatus.SUBMITTED, PayrollStatus.ACCEPTED, PayrollStatus.CLOSED)


def follow(session: Session, calendar: Calendar, payroll: Payroll, *, at: datetime) -> None:
    """Move a payroll, locked by the caller, as far as the facts about its files carry it."""
    states = states_of(session, payroll.id)
    if payroll.status not in OUT or not states:
        return
    if payroll.status is PayrollStatus.RELEASED:
        if not all(state.says - {FileSays.CONTRA} for state in states):
            return
        prove_submission(session, payroll, at=at)
    for to in reached(session, calendar, payroll, states, at=at):
        if (payroll.status, to) in MOVES:
            move(session, payroll, to, by=None, at=at)
            if to is PayrollStatus.CLOSED:
                settle(session, payroll, at=at)


def reached(
    session: Session, calendar: Calendar, payroll: Payroll, states: list[FileState], *, at: datetime
) -> list[PayrollStatus]:
    """The states that the facts carry a payroll to, in order."""
    if all(state.is_gone for state in states):
        return [PayrollStatus.REJECTED]
    if not all(state.has_word for state in states):
        return []
    last = last_day_of_returns(calendar, payroll)
    is_over = last is not None and at.astimezone(LONDON).date() > last
    closed = is_over and not undebited(session, payroll, states)
    return [PayrollStatus.ACCEPTED, *([PayrollStatus.CLOSED] if closed else [])]


def undebited(session: Session, payroll: Payroll, states: list[FileState]) -> set[UUID]:
    """The files whose debit neither a person has seen nor the statement shows in full."""
    matched = {one.file_id for one in expected_contras(session, payroll_id=payroll.id) if one.is_matched}
    return {state.file.id for state in states if not state.is_debited} - matched


def last_day_of_returns(calendar: Calendar, payroll: Payroll) -> date | None:
    """The last day on which a return is to be expected; None where the calendar does not know it yet."""
    try:
        return calendar.add_working_days(payroll.pay_date, DAYS_FOR_RETURNS)
    except DateBeyondCalendar:
        return None


def prove_submission(session: Session, payroll: Payroll, *, at: datetime) -> None:
    """The bank speaks of every file of a payroll of which nobody said that it was submitted: so it was."""
    move(session, payroll, PayrollStatus.SUBMITTED, by=None, at=at)
    word.advance(session, Payment.payroll_id == payroll.id, PaymentStatus.SUBMITTED, by=None, at=at)
    outbox.add(session, "notices.plan", once=f"notices.plan/{payroll.id}", at=at, payroll_id=str(payroll.id))


def settle(session: Session, payroll: Payroll, *, at: datetime) -> None:
    """What has not come back by now was paid."""
    mine = Payment.payroll_id == payroll.id
    session.execute(
        update(Payment)
        .where(mine, Payment.status == PaymentStatus.SUBMITTED)
        .values(status=PaymentStatus.PAID)
        .execution_options(synchronize_session=False)
    )
    post(session, Event.PAID, select(Payment.id).where(mine, Payment.status == PaymentStatus.PAID), at=at)


def record_contra(
    session: Session, calendar: Calendar, payroll: Payroll, file_id: UUID, *, evidence: str, by: Actor, at: datetime
) -> None:
    """A finance officer saw the debit for a file on the statement, on a payroll locked by the caller.

    evidence: where, as in the statement's number. Recording it twice is recording it once. Raises ReasonNotGiven,
    NotNow, NotFound, NotAllowed.
    """
    by.must_be(Role.FINANCE, scheme=payroll.scheme_id)
    file = get_file(session, payroll.id, file_id)
    if payroll.status not in OUT:
        raise NotNow("payroll", payroll.status, "debited")
    if not evidence.strip():
        raise ReasonNotGiven("know that the account was debited")
    there = next(state for state in states_of(session, payroll.id) if state.file.id == file_id)
    if FileSays.CONTRA in there.says:
        return
    file_word.note(session, file, FileSays.CONTRA, said_by=by.person_id, evidence=evidence.strip(), at=at)
    audit.record(session, "payroll.contra_recorded", by=by, about=payroll, at=at, file=str(file_id))
    follow(session, calendar, payroll, at=at)


def contra_seen(
    session: Session, calendar: Calendar, payroll: Payroll, file_id: UUID, *, evidence: str, at: datetime
) -> None:
    """The statement shows the debit for a file: said by whoever matches statements, on a payroll locked by them."""
    file = get_file(session, payroll.id, file_id)
    file_word.note(session, file, FileSays.CONTRA, evidence=evidence, at=at)
    follow(session, calendar, payroll, at=at)


def ask_daily(session: Session, *, at: datetime) -> None:
    """Ask for a look at each payroll that may close today."""
    today = at.astimezone(LONDON).date()
    may_close = (Payroll.status == PayrollStatus.ACCEPTED) & (Payroll.pay_date < today)
    made_outside = (Payroll.status == PayrollStatus.SUBMITTED) & (Payroll.kind == PayrollKind.URGENT)
    waiting = select(Payroll.id).where(or_(may_close, made_outside))
    for payroll_id in session.scalars(waiting.order_by(Payroll.id)):
        once = f"payroll.close/{payroll_id}/{today}"
        outbox.add(session, "payroll.close", once=once, at=at, payroll_id=str(payroll_id))


def close(session: Session, service: Service, args: Mapping[str, Any]) -> None:
    """Close a payroll whose days have passed, if everything else is there."""
    payroll = get_payroll(session, UUID(args["payroll_id"]), lock=True)
    if has_files(session, payroll):
        follow(session, service.calendar, payroll, at=service.now())
    else:
        clearing.follow(session, payroll, at=service.now())
