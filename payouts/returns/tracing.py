"""What people do about a trace: open it, compare the accounts, ask the bank, record what it said, and close it.

Where the bank returned the money, or got it back from whoever had it (Credit Payment Recovery, between the banks), that
is recorded as a return told by letter: it counts once a second person has seen it, and the ledger moves then.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bacs import account as numbers
from payouts.payment import GONE_OUT, Payment
from payouts.payroll import Payroll
from payouts.returns import telling
from payouts.returns.reason import Reason
from payouts.returns.trace import (
    SaidAccount,
    StepKind,
    ToldBy,
    Trace,
    TraceOutcome,
    TraceStage,
    TraceStep,
    TraceWhy,
    open_trace_of,
)
from payouts.tasks import outbox
from schemes import audit, office_days
from schemes.account import Account, BankDetails, get_account, in_use_on
from schemes.bank_details import london_day
from schemes.bank_profile import newest_profile
from schemes.database import new_id, take_turns
from schemes.errors import NotNow, ReasonNotGiven, Refused
from schemes.payee import get_payee
from schemes.person import Actor, Role
from schemes.seal import get_key
from schemes.typed_details import DetailsFault, DetailsRefused, read_details
from schemes.unmasking import unmask

if TYPE_CHECKING:
    from payouts.app import Service

OPENERS = (Role.ENQUIRY, Role.PREPARER, Role.FINANCE)
"""Whoever answers the phone may open a trace."""
WORKERS = (Role.PREPARER, Role.FINANCE)
OWN_DAYS = 1
"""Working days for a step of the body's own."""
SEEN_DAYS = 3
"""Working days until money that is said to come back is seen: returned credits take no longer (the Bacs cycle)."""

MOVES: dict[tuple[TraceStage, TraceStage], str] = {
    (TraceStage.COMPARE, TraceStage.ASK_BANK): "the accounts were compared",
    (TraceStage.ASK_BANK, TraceStage.WITH_BANK): "the bank was asked",
    (TraceStage.WITH_BANK, TraceStage.RECOVERING): "it is in somebody else's account, and the bank asks for it",
    (TraceStage.WITH_BANK, TraceStage.COMING_BACK): "the bank sent it back",
    (TraceStage.RECOVERING, TraceStage.COMING_BACK): "whoever had it gives it back",
    (TraceStage.COMPARE, TraceStage.CLOSED): "it was there after all, or came back by itself",
    (TraceStage.ASK_BANK, TraceStage.CLOSED): "it was there after all, or came back by itself",
    (TraceStage.WITH_BANK, TraceStage.CLOSED): "the bank says that it is in the payee's account, or it came back",
    (TraceStage.RECOVERING, TraceStage.CLOSED): "whoever has it does not give it back, or it came back",
    (TraceStage.COMING_BACK, TraceStage.CLOSED): "it came back, as two people or a report say, or it never will",
    (TraceStage.COMING_BACK, TraceStage.COMING_BACK): "a second person had not seen it, and it is told once more",
    (TraceStage.COMING_BACK, TraceStage.RECOVERING): "a second person had not seen it: somebody else has it",
}


class BankAnswer(StrEnum):
    """What the bank says. The last two answer the attempt to get it back."""

    CREDITED = "credited"
    RETURNED = "returned"
    MISDIRECTED = "misdirected"
    RECOVERED = "recovered"
    REFUSED = "refused"


ANSWERS: dict[TraceStage, tuple[BankAnswer, ...]] = {
    TraceStage.WITH_BANK: (BankAnswer.CREDITED, BankAnswer.RETURNED, BankAnswer.MISDIRECTED),
    TraceStage.RECOVERING: (BankAnswer.RECOVERED, BankAnswer.REFUSED),
}
ANOTHERS = (SaidAccount.SAME_AS_HELD, SaidAccount.OTHER)
"""Of what the payee says: that the account paid is not theirs. That it is in there is then no end of the search."""
LEADS_TO: dict[BankAnswer, TraceStage | TraceOutcome] = {
    BankAnswer.CREDITED: TraceOutcome.CREDITED,
    BankAnswer.RETURNED: TraceStage.COMING_BACK,
    BankAnswer.MISDIRECTED: TraceStage.RECOVERING,
    BankAnswer.RECOVERED: TraceStage.COMING_BACK,
    BankAnswer.REFUSED: TraceOutcome.NOT_RECOVERED,
}


class NotDueYet(Refused):
    """Nobody has the money before the pay date."""

    def __init__(self, pay_date: date) -> None:
        super().__init__(f"it is paid on {pay_date}")
        self.pay_date = pay_date


def open_trace(
    session: Session,
    service: Service,
    payroll: Payroll,
    payment: Payment,
    *,
    trace_id: UUID,
    why: TraceWhy,
    told_by: ToldBy,
    told_on: date,
    said: str,
    by: Actor,
    at: datetime,
) -> Trace:
    """Look for a payment of which somebody says that it is not there. The same id again is the same trace.

    Raises NotDueYet, NotNow, ReasonNotGiven, NotAllowed.
    """
    by.must_be(*OPENERS, scheme=payment.scheme_id)
    take_turns(session, f"trace {payment.id}")
    there = session.get(Trace, (by.body_id, trace_id))
    if there is not None:
        return there
    if payment.status not in GONE_OUT:
        raise NotNow("payment", payment.status, "looked for")
    account_paid(session, payment)
    if london_day(at) < payroll.pay_date:
        raise NotDueYet(payroll.pay_date)
    if open_trace_of(session, payment.id) is not None:
        raise NotNow("payment", "being looked for", "looked for again")
    if not said.strip():
        raise ReasonNotGiven("think that it is not there")
    trace = Trace(
        body_id=by.body_id,
        id=trace_id,
        payment_id=payment.id,
        payroll_id=payroll.id,
        scheme_id=payment.scheme_id,
        payee_id=payment.payee_id,
        why=why,
        told_by=told_by,
        told_on=min(told_on, london_day(at)),
        said=said.strip(),
        stage=TraceStage.COMPARE,
        due_on=day_of_ours(session, at),
        opened_by=by.person_id,
        opened_at=at,
    )
    session.add(trace)
    session.flush()
    note(session, trace, StepKind.OPENED, said, by=by, at=at)
    return trace


def day_of_ours(session: Session, at: datetime) -> date:
    """By when a step of the body's own is due, by the days on which its people work."""
    return office_days.calendar_of(office_days.current(session)).add_working_days(london_day(at), OWN_DAYS)


def take_on(session: Session, trace: Trace, *, by: Actor, at: datetime) -> None:
    """Somebody takes a trace as their own, on a row locked by the caller; from somebody else too. Raises NotNow."""
    by.must_be(*WORKERS, scheme=trace.scheme_id)
    if trace.owner_id == by.person_id:
        return
    if not trace.is_open:
        raise NotNow("trace", trace.stage, "taken on")
    trace.owner_id, trace.owned_at = by.person_id, at
    session.flush()
    audit.record(session, "trace.assigned", by=by, about=trace, at=at)


def compare(
    session: Session,
    service: Service,
    trace: Trace,
    *,
    sort_code: str,
    account_number: str,
    roll_number: str,
    words: str,
    by: Actor,
    at: datetime,
) -> SaidAccount:
    """Hold what the payee says of their account against the one paid and the one held, on a row locked by the caller.

    With nothing typed they could not say. The account is sealed; the digits need not fit together, since people
    misread their own. Raises DetailsRefused, NotNow, NotAllowed.
    """
    by.must_be(*WORKERS, scheme=trace.scheme_id)
    if trace.said_account is not None:
        raise NotNow("trace", "compared already", "compared")
    said, details = SaidAccount.NOT_SAID, None
    if sort_code.strip() or account_number.strip() or roll_number.strip():
        details = typed(sort_code, account_number, roll_number)
        said = said_of(session, service, trace, details, at=at)
        key = service.seals.open_row(get_key(session, trace.body_id, get_payee(session, trace.payee_id).key_id))
        trace.sealed_said = key.seal("|".join(details).encode(), "trace", trace.id)
        trace.said_last_four = details.account_number[-4:]
    move(trace, TraceStage.ASK_BANK, "compared")
    trace.said_account, trace.due_on = said, day_of_ours(session, at)
    note(session, trace, StepKind.COMPARED, words, by=by, at=at)
    return said


def typed(sort_code: str, account_number: str, roll_number: str) -> BankDetails:
    """Raises DetailsRefused."""
    try:
        return read_details(sort_code, account_number, roll_number)[0]
    except DetailsRefused as refused:
        if refused.fault is not DetailsFault.MODULUS:
            raise
    valid = numbers.validate(sort_code, account_number)
    return BankDetails(valid.sort_code, valid.account_number, roll_number.strip())


def account_paid(session: Session, payment: Payment) -> Account:
    """Raises NotNow for a cheque, which went into none."""
    if payment.account_id is None:
        raise NotNow("payment", "a cheque", "looked for")
    return get_account(session, payment.payee_id, payment.account_id)


def said_of(session: Session, service: Service, trace: Trace, details: BankDetails, *, at: datetime) -> SaidAccount:
    payment = session.get_one(Payment, (trace.body_id, trace.payment_id))
    mine = service.seals.fingerprint(trace.body_id, *details)
    if bytes(account_paid(session, payment).fingerprint) == mine:
        return SaidAccount.SAME_AS_PAID
    held = in_use_on(session, payment.payee_id, london_day(at))
    return SaidAccount.SAME_AS_HELD if held is not None and bytes(held.fingerprint) == mine else SaidAccount.OTHER


def ask_bank(
    session: Session, service: Service, trace: Trace, *, reference: str, words: str, by: Actor, at: datetime
) -> None:
    """Somebody has asked the bank, on a row locked by the caller: its days begin to run. Raises NotNow, NotAllowed.

    reference: the bank's own number of the enquiry, "" where it gave none.
    """
    by.must_be(*WORKERS, scheme=trace.scheme_id)
    move(trace, TraceStage.WITH_BANK, "asked about")
    trace.bank_reference = reference.strip() or None
    trace.due_on = day_of_bank(session, service, trace, recovery=False, at=at)
    note(session, trace, StepKind.ASKED, words, by=by, at=at)


def day_of_bank(session: Session, service: Service, trace: Trace, *, recovery: bool, at: datetime) -> date:
    """By when the bank has to have answered, by what its profile says now."""
    payroll = session.get_one(Payroll, (trace.body_id, trace.payroll_id))
    profile = newest_profile(session, payroll.bank_profile_id)
    days = profile.recovery_days if recovery else profile.trace_days
    return service.calendar.add_working_days(london_day(at), days)


def answer(
    session: Session, service: Service, trace: Trace, said: BankAnswer, *, words: str, by: Actor, at: datetime
) -> None:
    """Record what the bank said, on a row locked by the caller. Raises NotNow, ReasonNotGiven, NotAllowed.

    That the money is back waits for a second person, as a return told by letter.
    """
    by.must_be(*WORKERS, scheme=trace.scheme_id)
    if said not in answers_of(session, trace):
        raise NotNow("trace", trace.stage.replace("_", " "), "answered so")
    if not words.strip():
        raise ReasonNotGiven("know that")
    to = LEADS_TO[said]
    kind = StepKind(said.value)
    if isinstance(to, TraceOutcome):
        close(session, trace, to, kind, words, by=by, at=at)
        return
    move(trace, to, "answered so")
    if to is TraceStage.COMING_BACK:
        trace.due_on = service.calendar.add_working_days(london_day(at), SEEN_DAYS)
        tell_return(session, trace, said, words, by=by, at=at)
    else:
        trace.due_on = day_of_bank(session, service, trace, recovery=True, at=at)
    note(session, trace, kind, words, by=by, at=at)


def answers_of(session: Session, trace: Trace) -> tuple[BankAnswer, ...]:
    """What the bank may say of a trace as it stands.

    Where a second person did not see that the money is back, it may say anything of that stage anew.
    """
    stage = trace.stage
    if stage is TraceStage.COMING_BACK and telling.waiting_of(session, trace.payment_id) is None:
        asked_back = select(TraceStep.id).where(TraceStep.trace_id == trace.id, TraceStep.kind == StepKind.MISDIRECTED)
        stage = TraceStage.RECOVERING if session.scalars(asked_back.limit(1)).first() else TraceStage.WITH_BANK
    possible = ANSWERS.get(stage, ())
    if trace.said_account in ANOTHERS:
        return tuple(one for one in possible if one is not BankAnswer.CREDITED)
    return possible


def tell_return(session: Session, trace: Trace, said: BankAnswer, words: str, *, by: Actor, at: datetime) -> None:
    payment = session.get_one(Payment, (trace.body_id, trace.payment_id))
    if payment.status in GONE_OUT and telling.waiting_of(session, payment.id) is None:
        why = Reason.REQUESTED if said is BankAnswer.RECOVERED else Reason.UNKNOWN
        if trace.said_account in ANOTHERS:
            # so that nothing more is paid into it, and this is not paid there again
            why = Reason.NAME
        telling.tell(session, payment, told_id=new_id(), why=why, reason=words, by=by, at=at)


def find(session: Session, trace: Trace, *, words: str, by: Actor, at: datetime) -> None:
    """It was there after all, or whoever asked takes it back, on a row locked by the caller.

    Raises NotNow, ReasonNotGiven, NotAllowed.
    """
    by.must_be(*WORKERS, scheme=trace.scheme_id)
    if not words.strip():
        raise ReasonNotGiven("look for it no longer")
    close(session, trace, TraceOutcome.FOUND, StepKind.FOUND, words, by=by, at=at)


def follow(session: Session, payment_ids: Sequence[UUID], *, at: datetime) -> None:
    """Payments came back: whoever looked for them has found them."""
    mine = select(Trace).where(Trace.payment_id.in_(payment_ids), Trace.stage != TraceStage.CLOSED)
    for trace in session.scalars(mine.order_by(Trace.id).with_for_update()):
        close(session, trace, TraceOutcome.CAME_BACK, StepKind.CAME_BACK, "", by=None, at=at)


def close(
    session: Session, trace: Trace, outcome: TraceOutcome, kind: StepKind, words: str, *, by: Actor | None, at: datetime
) -> None:
    move(trace, TraceStage.CLOSED, "closed")
    trace.outcome, trace.closed_at, trace.due_on = outcome, at, None
    note(session, trace, kind, words, by=by, at=at)


def move(trace: Trace, to: TraceStage, act: str) -> None:
    """The one door to Trace.stage. Raises NotNow."""
    if (trace.stage, to) not in MOVES:
        raise NotNow("trace", trace.stage.replace("_", " "), act)
    trace.stage = to


def note(session: Session, trace: Trace, kind: StepKind, words: str, *, by: Actor | None, at: datetime) -> None:
    """Keep a step, record it, and have those told whom it concerns."""
    session.flush()
    places = select(func.coalesce(func.max(TraceStep.place), 0)).where(TraceStep.trace_id == trace.id)
    step = TraceStep(
        body_id=trace.body_id,
        id=new_id(),
        trace_id=trace.id,
        place=(session.scalar(places) or 0) + 1,
        kind=kind,
        words=words.strip(),
        due_on=trace.due_on,
        by=by.person_id if by else None,
        at=at,
    )
    session.add(step)
    session.flush()
    audit.record(session, f"trace.{kind}", by=by, about=trace, at=at, payment=str(trace.payment_id))
    outbox.add(session, "trace.tell", once=f"trace.tell/{step.id}", at=at, step_id=str(step.id))


def in_full(
    session: Session, service: Service, trace: Trace, *, by: Actor, at: datetime
) -> dict[str, tuple[str, BankDetails]]:
    """The account paid, the one held now and the one that the payee says, each with its holder's name and in full.

    A look that is recorded for each of the body's own. Raises NotAllowed.
    """
    payment = session.get_one(Payment, (trace.body_id, trace.payment_id))
    paid = account_paid(session, payment)
    held = in_use_on(session, trace.payee_id, london_day(at))
    reason = f"Looking for payment {payment.reference}"
    found = {"paid": (paid.holder_name, unmask(session, service.seals, paid, reason=reason, by=by, at=at))}
    if held is not None and held.id == paid.id:
        found["held"] = found["paid"]
    elif held is not None:
        found["held"] = (held.holder_name, unmask(session, service.seals, held, reason=reason, by=by, at=at))
    if trace.sealed_said is not None:
        payee = get_payee(session, trace.payee_id)
        key = service.seals.open_row(get_key(session, trace.body_id, payee.key_id))
        said = key.open(trace.sealed_said, "trace", trace.id).decode().split("|")
        found["said"] = (payee.name, BankDetails(*said))
    return found
