"""Statements of an account that tell of the same days, so that nothing counts twice.

An entry that another file brought in the same words is known by its digest and not kept again. Banks also tell the
same booking in other words: in the camt.053 and in the table of their portal. So of bookings of one amount, on one day,
in one direction, no more count than the fullest of the files tells of. A statement that opens with what another closed
with on that day goes on where that one stopped: its bookings are others.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session, aliased

from payouts.statement.entry import BankEntry, Match
from payouts.statement.statement import BankStatement, StatementFile
from schemes.database import one_of


class Alike(NamedTuple):
    """What bookings have in common in whatever words."""

    booked_on: date
    amount_pence: int
    is_credit: bool


def last_day_told(session: Session, line_id: UUID) -> date | None:
    """Up to which day the statements of an account tell of anything: later entries repeat nothing."""
    return session.scalar(select(func.max(BankStatement.to_day)).where(BankStatement.line_id == line_id))


def find(session: Session, file: StatementFile, told: Mapping[Alike, int], *, at: datetime) -> int:
    """Say of a file's entries which only repeat what other files told; returns how many.

    told: how many bookings of each kind the file tells of, known ones too, on the days that others tell of.
    """
    if not told:
        return 0
    days = [each.booked_on for each in told]
    between = BankEntry.booked_on.between(min(days), max(days))
    others = counted(session, (BankEntry.line_id == file.line_id) & (BankEntry.file_id != file.id) & between)
    if not others:
        return 0
    goes_on = days_gone_on(session, file)
    new = defaultdict(list)
    rows = select(
        BankEntry.id, BankEntry.statement_id, BankEntry.booked_on, BankEntry.amount_pence, BankEntry.is_credit
    ).where(BankEntry.file_id == file.id, between)
    for entry_id, statement_id, booked_on, pence, is_credit in session.execute(rows.order_by(BankEntry.id)):
        alike = Alike(booked_on, pence, is_credit)
        if alike in others and (statement_id, alike.booked_on) not in goes_on:
            new[alike].append(entry_id)
    repeated = []
    for alike, ids in new.items():
        surplus = others[alike] + len(ids) - max(others[alike], told[alike])
        repeated += ids[: max(surplus, 0)]
    session.execute(
        update(BankEntry)
        .where(BankEntry.id == one_of(repeated))
        .values(match=Match.REPEATED, matched_at=at)
        .execution_options(synchronize_session=False)
    )
    return len(repeated)


def counted(session: Session, which: ColumnElement[bool]) -> Counter[Alike]:
    rows = session.execute(
        select(BankEntry.booked_on, BankEntry.amount_pence, BankEntry.is_credit, func.count())
        .where(which, BankEntry.match.is_distinct_from(Match.REPEATED))
        .group_by(BankEntry.booked_on, BankEntry.amount_pence, BankEntry.is_credit)
    )
    return Counter({Alike(day, pence, is_credit): count for day, pence, is_credit, count in rows})


def days_gone_on(session: Session, file: StatementFile) -> set[tuple[UUID, date]]:
    """Of a file's statements the first day of each that opens with what another closed with on that day."""
    before = aliased(BankStatement)
    rows = session.execute(
        select(BankStatement.id, BankStatement.from_day)
        .join(
            before,
            (before.body_id == BankStatement.body_id)
            & (before.line_id == BankStatement.line_id)
            & (before.to_day == BankStatement.from_day)
            & (before.closing_pence == BankStatement.opening_pence)
            & (before.file_id != BankStatement.file_id),
        )
        .where(BankStatement.file_id == file.id)
    )
    return {(statement_id, day) for statement_id, day in rows}


class Overlap(NamedTuple):
    """Another file of the account that tells of some of the same days."""

    file: StatementFile
    from_day: date
    to_day: date


def overlaps(session: Session, file: StatementFile, *, limit: int = 10) -> Sequence[Overlap]:
    """The files that tell of some of the days that a file tells of, the newest first; known entries as well."""
    mine, theirs = aliased(BankStatement), aliased(BankStatement)
    first = func.min(func.greatest(mine.from_day, theirs.from_day))
    last = func.max(func.least(mine.to_day, theirs.to_day))
    found = (
        select(theirs.file_id.label("file_id"), first.label("first"), last.label("last"))
        .join(mine, (mine.body_id == theirs.body_id) & (mine.line_id == theirs.line_id))
        .where(
            mine.file_id == file.id,
            theirs.file_id != file.id,
            mine.from_day <= theirs.to_day,
            theirs.from_day <= mine.to_day,
        )
        .group_by(theirs.file_id)
        .subquery()
    )
    rows = session.execute(
        select(StatementFile, found.c.first, found.c.last)
        .join(found, found.c.file_id == StatementFile.id)
        .order_by(StatementFile.received_at.desc())
        .limit(limit)
    )
    return [Overlap(*row) for row in rows]
