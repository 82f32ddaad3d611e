"""Posting: what happened to the money of many payments at once, by a table of where each event takes it from and to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    Date,
    DateTime,
    FromClause,
    Select,
    SmallInteger,
    String,
    Subquery,
    Uuid,
    column,
    false,
    func,
    insert,
    literal,
    select,
    true,
    values,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from payouts.ledger.closing import open_day
from payouts.ledger.entry import Event, LedgerAccount, LedgerEntry
from payouts.payment import Payment
from schemes.database import looking_up_by_index
from schemes.duties import london_day


class Movement(NamedTuple):
    """From which account to which an event takes a payment's amount."""

    debit: LedgerAccount
    credit: LedgerAccount


MOVEMENTS: dict[Event, Movement] = {
    #                          from (debit)                         to (credit)
    Event.RELEASED: Movement(LedgerAccount.SCHEME_EXPENDITURE, LedgerAccount.APPROVED_TO_PAY),
    Event.SUBMITTED: Movement(LedgerAccount.APPROVED_TO_PAY, LedgerAccount.WITH_BACS),
    Event.PAID: Movement(LedgerAccount.WITH_BACS, LedgerAccount.BANK),
    # released, but it never went to Bacs
    Event.WITHDRAWN: Movement(LedgerAccount.APPROVED_TO_PAY, LedgerAccount.RETURNED_AND_HELD),
    # Bacs did not process it, or took it out: it never left the bank account
    Event.REJECTED: Movement(LedgerAccount.WITH_BACS, LedgerAccount.RETURNED_AND_HELD),
    Event.RECALLED: Movement(LedgerAccount.WITH_BACS, LedgerAccount.RETURNED_AND_HELD),
    # it left the bank account and came back
    Event.RETURNED: Movement(LedgerAccount.BANK, LedgerAccount.RETURNED_AND_HELD),
    # another payment was released in its place, which is expenditure of its own
    Event.REISSUED: Movement(LedgerAccount.RETURNED_AND_HELD, LedgerAccount.REISSUED),
    # owed to nobody any more, so the scheme has it again
    Event.RECOVERED: Movement(LedgerAccount.RETURNED_AND_HELD, LedgerAccount.RECOVERED),
    # it was paid, and whoever got it paid it back
    Event.PAID_BACK: Movement(LedgerAccount.BANK, LedgerAccount.RECOVERED),
    # owed, but nobody was found to pay it to
    Event.WRITTEN_OFF: Movement(LedgerAccount.RETURNED_AND_HELD, LedgerAccount.WRITTEN_OFF),
}
ONWARD: dict[LedgerAccount, Event] = {
    LedgerAccount.APPROVED_TO_PAY: Event.SUBMITTED,
    LedgerAccount.WITH_BACS: Event.PAID,
}
"""What must have happened to a pound that was seen further on: reports come in any order, and some never."""


def way(event: Event, place: LedgerAccount) -> list[Event]:
    """The events to post so that a payment whose money is in `place` comes through one; none where it cannot."""
    before: list[Event] = []
    while place is not MOVEMENTS[event].debit:
        if place not in ONWARD:
            return []
        before.append(ONWARD[place])
        place = MOVEMENTS[ONWARD[place]].credit
    return [*before, event]


def post(
    session: Session, event: Event, payments: Select[Any] | Sequence[UUID], *, at: datetime, on: date | None = None
) -> int:
    """Post an event of payments, given as ids or as a query of ids; returns of how many it was posted now.

    One statement, however many. What must have happened before is posted with it: money that is returned was paid. A
    payment whose money is somewhere else is left out, so that the same event is never posted twice; whoever needs to
    know compares the count. Of two who post of the same payment at the same moment, one fails: hold the payroll's row.

    on: the accounting date, the London day of `at` without it; of a day that is closed, the first open one.
    """
    payment, latest = Payment.__table__, latest_entry()
    ways = way_table(event)
    chosen = chosen_of(payments)
    place = func.coalesce(latest.c.credit.cast(String), LedgerAccount.SCHEME_EXPENDITURE.value)
    rows = (
        select(
            payment.c.body_id,
            func.uuidv7(),
            payment.c.payroll_id,
            payment.c.id,
            ways.c.event,
            func.coalesce(latest.c.step, 0) + ways.c.nth,
            false(),
            ways.c.debit,
            ways.c.credit,
            payment.c.amount_pence,
            literal(open_day(session, on or london_day(at)), Date),
            literal(at, DateTime(timezone=True)),
        )
        .select_from(payment)
        .join(chosen, (payment.c.body_id == session.info["body_id"]) & (payment.c.id == chosen.c[0]))
        .join(latest, true(), isouter=True)
        .join(ways, ways.c.place == place)
    )
    return insert_rows(session, event, rows)


def undo(
    session: Session, event: Event, payments: Select[Any] | Sequence[UUID], *, at: datetime, on: date | None = None
) -> int:
    """Take the last event of payments back, by entries the other way round; returns of how many.

    Where something else happened since, or the event never did, nothing is posted.
    """
    payment, latest = Payment.__table__, latest_entry()
    chosen = chosen_of(payments)
    rows = (
        select(
            payment.c.body_id,
            func.uuidv7(),
            payment.c.payroll_id,
            payment.c.id,
            latest.c.event,
            latest.c.step + 1,
            true(),
            latest.c.credit,
            latest.c.debit,
            payment.c.amount_pence,
            literal(open_day(session, on or london_day(at)), Date),
            literal(at, DateTime(timezone=True)),
        )
        .select_from(payment)
        .join(chosen, (payment.c.body_id == session.info["body_id"]) & (payment.c.id == chosen.c[0]))
        .join(latest, (latest.c.event == event) & ~latest.c.undoes)
    )
    return insert_rows(session, event, rows)


def insert_rows(session: Session, event: Event, rows: Select[Any]) -> int:
    columns = (
        "body_id",
        "id",
        "payroll_id",
        "payment_id",
        "event",
        "step",
        "undoes",
        "debit",
        "credit",
        "amount_pence",
        "accounting_date",
        "at",
    )
    posted = insert(LedgerEntry).from_select(columns, rows).returning(LedgerEntry.event).cte("posted")
    with looking_up_by_index(session):
        return session.scalar(select(func.count()).where(posted.c.event == event)) or 0


def chosen_of(payments: Select[Any] | Sequence[UUID]) -> FromClause:
    """The ids as something to join."""
    if isinstance(payments, Select):
        return payments.subquery("chosen")
    ids = literal(list(dict.fromkeys(payments)), ARRAY(Uuid()))
    return select(func.unnest(ids).label("id")).subquery("chosen")


def latest_entry() -> Any:
    """The last entry of each payment: its credit is where the money is."""
    entry, payment = LedgerEntry.__table__, Payment.__table__
    return (
        select(entry.c.event, entry.c.undoes, entry.c.step, entry.c.debit, entry.c.credit)
        .where(entry.c.body_id == payment.c.body_id, entry.c.payment_id == payment.c.id)
        .order_by(entry.c.step.desc())
        .limit(1)
        .lateral("latest")
    )


def way_table(event: Event) -> Subquery:
    """For each place from which the event can be reached, the steps that lead through it."""
    table = values(
        column("place", String),
        column("nth", SmallInteger),
        column("event", String),
        column("debit", String),
        column("credit", String),
        name="way",
    ).data(list(way_rows(event)))
    return select(table).subquery("ways")


def way_rows(event: Event) -> Iterator[tuple[str, int, str, str, str]]:
    for place in LedgerAccount:
        for nth, step in enumerate(way(event, place), start=1):
            movement = MOVEMENTS[step]
            yield place.value, nth, step.value, movement.debit.value, movement.credit.value
