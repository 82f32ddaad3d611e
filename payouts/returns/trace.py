"""Traces: somebody says that a payment has not arrived or went to a wrong account, and the body finds out.

A trace is a case with a clock. Each stage has a day by which somebody has to have done something, in working days:
those of the body's own offices for its own steps, those of the banks for the bank's. Finding out moves no money; what
the bank reports does, and what two people have seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, func, select, text, tuple_
from sqlalchemy.orm import Mapped, Session, mapped_column

from payouts.payment import Payment
from schemes.database import Base, BodyOwned, stored, to_body_row
from schemes.errors import NotFound
from schemes.payee import Payee


class TraceWhy(StrEnum):
    """What somebody says of a payment."""

    NOT_ARRIVED = "not_arrived"
    WRONG_ACCOUNT = "wrong_account"


class ToldBy(StrEnum):
    """Who says it. on_their_behalf: a relative, an adviser, a care provider. staff: somebody of the body noticed."""

    PAYEE = "payee"
    BENEFICIARY = "beneficiary"
    ON_THEIR_BEHALF = "on_their_behalf"
    WHO_GOT_IT = "who_got_it"
    BANK = "bank"
    STAFF = "staff"


class TraceStage(StrEnum):
    """What a trace waits for. coming_back: that the money is back, as a second person or a report says."""

    COMPARE = "compare"
    ASK_BANK = "ask_bank"
    WITH_BANK = "with_bank"
    RECOVERING = "recovering"
    COMING_BACK = "coming_back"
    CLOSED = "closed"


class SaidAccount(StrEnum):
    """The account that the payee says is theirs, held against the one paid and the one held now."""

    SAME_AS_PAID = "same_as_paid"
    SAME_AS_HELD = "same_as_held"
    OTHER = "other"
    NOT_SAID = "not_said"


class TraceOutcome(StrEnum):
    """How a trace ended. credited: in the account it was sent to, says the bank; found: it was there after all."""

    CREDITED = "credited"
    CAME_BACK = "came_back"
    NOT_RECOVERED = "not_recovered"
    FOUND = "found"


class StepKind(StrEnum):
    """What was done, or what the bank said. came_back: a report or two people brought the money back.

    reminded: the day by which it should have been done has passed, says the clock.
    """

    OPENED = "opened"
    COMPARED = "compared"
    ASKED = "asked"
    CREDITED = "credited"
    RETURNED = "returned"
    MISDIRECTED = "misdirected"
    RECOVERED = "recovered"
    REFUSED = "refused"
    FOUND = "found"
    CAME_BACK = "came_back"
    REMINDED = "reminded"


class PayeeTold(StrEnum):
    """Whether the payee was written to. held_back: a death, or payments are stopped; not_set_up: there is no Notify."""

    TOLD = "told"
    HELD_BACK = "held_back"
    NO_ADDRESS = "no_address"
    NOT_SET_UP = "not_set_up"


class Trace(BodyOwned, Base):
    """One payment that somebody looks for; of a payment one at a time.

    due_on: by when the stage must be over. said: what they said. sealed_said: the account that the payee says is
    theirs, under the payee's key. bank_reference: the bank's own number of the enquiry.
    """

    __tablename__ = "trace"
    __table_args__ = (
        Index("uq_trace_open", "body_id", "payment_id", unique=True, postgresql_where=text("stage <> 'closed'")),
        Index("ix_trace_due", "body_id", "due_on", "id", postgresql_where=text("stage <> 'closed'")),
        Index("ix_trace_payment", "body_id", "payment_id"),
        Index("ix_trace_payee", "body_id", "payee_id"),
        to_body_row("payment", "payment_id"),
        to_body_row("payroll", "payroll_id"),
        to_body_row("payee", "payee_id"),
        CheckConstraint("said <> ''", name="said"),
        CheckConstraint("(owner_id is null) = (owned_at is null)", name="owner"),
        CheckConstraint(
            "(stage = 'closed') = (closed_at is not null) and (stage = 'closed') = (outcome is not null) "
            "and (stage = 'closed') = (due_on is null)",
            name="closed",
        ),
    )

    payment_id: Mapped[UUID]
    payroll_id: Mapped[UUID]
    scheme_id: Mapped[UUID]
    payee_id: Mapped[UUID]
    why: Mapped[TraceWhy] = mapped_column(stored(TraceWhy))
    told_by: Mapped[ToldBy] = mapped_column(stored(ToldBy))
    told_on: Mapped[date]
    said: Mapped[str]
    stage: Mapped[TraceStage] = mapped_column(stored(TraceStage))
    due_on: Mapped[date | None]
    opened_by: Mapped[UUID]
    opened_at: Mapped[datetime]
    owner_id: Mapped[UUID | None]
    owned_at: Mapped[datetime | None]
    said_account: Mapped[SaidAccount | None] = mapped_column(stored(SaidAccount))
    said_last_four: Mapped[str | None]
    sealed_said: Mapped[bytes | None]
    bank_reference: Mapped[str | None]
    outcome: Mapped[TraceOutcome | None] = mapped_column(stored(TraceOutcome))
    closed_at: Mapped[datetime | None]

    @property
    def is_open(self) -> bool:
        return self.stage is not TraceStage.CLOSED


class TraceStep(BodyOwned, Base):
    """One step of a trace, from 1. by: None where a report of the bank made it. payee_told: None until looked at."""

    __tablename__ = "trace_step"
    __table_args__ = (
        UniqueConstraint("body_id", "trace_id", "place"),
        to_body_row("trace", "trace_id"),
        CheckConstraint("place >= 1", name="place"),
    )

    trace_id: Mapped[UUID]
    place: Mapped[int]
    kind: Mapped[StepKind] = mapped_column(stored(StepKind))
    words: Mapped[str]
    due_on: Mapped[date | None]
    by: Mapped[UUID | None]
    at: Mapped[datetime]
    payee_told: Mapped[PayeeTold | None] = mapped_column(stored(PayeeTold))


class TraceRow(NamedTuple):
    """A trace as a list shows it."""

    trace: Trace
    payment: Payment
    payee: Payee


def get_trace(session: Session, trace_id: UUID, *, lock: bool = False) -> Trace:
    """Raises NotFound."""
    trace = session.get(Trace, (session.info["body_id"], trace_id), with_for_update=lock or None)
    if trace is None:
        raise NotFound("trace", trace_id)
    return trace


def steps_of(session: Session, trace_id: UUID) -> Sequence[TraceStep]:
    return session.scalars(select(TraceStep).where(TraceStep.trace_id == trace_id).order_by(TraceStep.place)).all()


def open_traces(
    session: Session, *, after: UUID | None = None, mine: UUID | None = None, limit: int = 50
) -> list[TraceRow]:
    """The traces that are not over, the next deadline first, those after one; or only somebody's own."""
    rows = (
        select(Trace, Payment, Payee)
        .join(Payment, (Payment.body_id == Trace.body_id) & (Payment.id == Trace.payment_id))
        .join(Payee, (Payee.body_id == Trace.body_id) & (Payee.id == Trace.payee_id))
        .where(Trace.stage != TraceStage.CLOSED)
        .order_by(Trace.due_on, Trace.id)
        .limit(limit)
    )
    if mine is not None:
        rows = rows.where(Trace.owner_id == mine)
    if after is not None:
        there = session.get(Trace, (session.info["body_id"], after))
        if there is not None and there.due_on is not None:
            rows = rows.where(tuple_(Trace.due_on, Trace.id) > tuple_(there.due_on, there.id))
    return [TraceRow(*row) for row in session.execute(rows)]


class TracesOpen(NamedTuple):
    """How many traces are not over, of these how many are late on a day, and the next deadline."""

    traces: int
    late: int
    next_due: date | None


def waiting(session: Session, *, today: date) -> TracesOpen:
    found = select(func.count(), func.count().filter(Trace.due_on < today), func.min(Trace.due_on)).where(
        Trace.stage != TraceStage.CLOSED
    )
    return TracesOpen(*session.execute(found).one())


def traces_of(session: Session, payment_id: UUID) -> Sequence[Trace]:
    """What was asked about a payment, the newest first."""
    mine = select(Trace).where(Trace.payment_id == payment_id)
    return session.scalars(mine.order_by(Trace.opened_at.desc())).all()


def open_trace_of(session: Session, payment_id: UUID) -> Trace | None:
    mine = select(Trace).where(Trace.payment_id == payment_id, Trace.stage != TraceStage.CLOSED)
    return session.scalars(mine).one_or_none()
