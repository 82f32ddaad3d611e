"""Where the bank says otherwise than the ledger, for the daily control: only of accounts whose statements are sent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from payouts.ledger.control_run import Difference, DifferenceKind
from payouts.ledger.entry import Event, LedgerAccount, LedgerEntry
from payouts.payroll import Payroll
from payouts.statement import combined
from payouts.statement.entry import BankEntry, Match
from payouts.statement.matching import expected_contras
from payouts.statement.posted import unlike_the_entries
from payouts.statement.statement import BankStatement, gaps
from schemes.bank_profile import BankProfile

PATIENCE = timedelta(days=5)
"""Days for which an entry may wait to be matched before it counts as a difference."""
BOOKED_WITHIN = timedelta(days=7)
"""From the report of a returned credit to its money: two working days and a long weekend (Bacs cycle)."""


def bank_differences(session: Session, today: date) -> Iterator[Difference]:
    """What differs on the days that the statements so far tell of."""
    newest = select(BankStatement.line_id, func.max(BankStatement.to_day)).group_by(BankStatement.line_id)
    covered: dict[UUID, date] = dict(session.execute(newest).all())
    if not covered:
        return
    for one in expected_contras(session, only_open=True):
        if one.line_id in covered and one.pay_date <= covered[one.line_id]:
            yield Difference(DifferenceKind.CONTRA, one.expected_pence, one.matched_pence, one.payroll_id, one.number)
    for payroll_id, number, pence in session.execute(returns_not_reported()):
        yield Difference(DifferenceKind.RETURN_NOT_REPORTED, 0, int(pence), payroll_id, number)
    for line_id, day in covered.items():
        for payroll_id, number, pence in session.execute(returns_not_booked(line_id, day - BOOKED_WITHIN)):
            yield Difference(DifferenceKind.RETURN_NOT_BOOKED, int(pence), 0, payroll_id, number)
    for gap in gaps(session):
        yield Difference(DifferenceKind.STATEMENT_GAP, gap.closed_pence, gap.opened_pence)
    for _, books, statements in unlike_the_entries(session):
        yield Difference(DifferenceKind.BANK_POSTINGS, books, statements)
    old = BankEntry.match.is_(None) & (BankEntry.booked_on < today - PATIENCE)
    came = func.coalesce(func.sum(BankEntry.amount_pence).filter(BankEntry.is_credit), 0)
    went = func.coalesce(func.sum(BankEntry.amount_pence).filter(~BankEntry.is_credit), 0)
    count, pence_in, pence_out = session.execute(select(func.count(), came, went).where(old)).one()
    if count:
        yield Difference(DifferenceKind.SUSPENSE, int(pence_in), int(pence_out))


def returns_not_reported() -> Any:
    """Payments that came back on a statement and are not returned in the ledger, by payroll."""
    stands = standing_returns()
    return (
        select(Payroll.id, Payroll.number, func.sum(BankEntry.amount_pence))
        .join(
            LedgerEntry, (LedgerEntry.body_id == BankEntry.body_id) & (LedgerEntry.payment_id == BankEntry.payment_id)
        )
        .join(Payroll, (Payroll.body_id == LedgerEntry.body_id) & (Payroll.id == LedgerEntry.payroll_id))
        .where(
            BankEntry.match == Match.RETURN,
            LedgerEntry.step == 1,
            ~stands.where(LedgerEntry.payment_id == BankEntry.payment_id).correlate(BankEntry).exists(),
        )
        .group_by(Payroll.id, Payroll.number)
        .order_by(Payroll.number)
    )


def returns_not_booked(line_id: UUID, until: date) -> Any:
    """Payments of an account that a report returned up to a day, and whose money came back on no statement."""
    booked = select(BankEntry.id).where(
        BankEntry.body_id == LedgerEntry.body_id,
        BankEntry.payment_id == LedgerEntry.payment_id,
        BankEntry.match == Match.RETURN,
    )
    return (
        standing_returns(Payroll.id, Payroll.number, func.sum(LedgerEntry.amount_pence))
        .join(Payroll, (Payroll.body_id == LedgerEntry.body_id) & (Payroll.id == LedgerEntry.payroll_id))
        .join(BankProfile, (BankProfile.body_id == Payroll.body_id) & (BankProfile.id == Payroll.bank_profile_id))
        .where(
            BankProfile.line_id == line_id,
            LedgerEntry.accounting_date <= until,
            ~booked.exists(),
            ~combined.came_with(LedgerEntry.payment_id),
        )
        .group_by(Payroll.id, Payroll.number)
        .order_by(Payroll.number)
    )


def standing_returns(*columns: Any) -> Any:
    """Movements by which a report returned money, that were not undone."""
    undone = aliased(LedgerEntry)
    taken_back = select(undone.id).where(
        undone.body_id == LedgerEntry.body_id,
        undone.payment_id == LedgerEntry.payment_id,
        undone.step == LedgerEntry.step + 1,
        undone.undoes,
    )
    chosen = columns or (LedgerEntry.id,)
    query = select(*chosen)
    return query.where(
        LedgerEntry.credit == LedgerAccount.RETURNED_AND_HELD,
        LedgerEntry.event == Event.RETURNED,
        ~LedgerEntry.undoes,
        ~taken_back.exists(),
    )
