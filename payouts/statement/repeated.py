"""Statements of an account that tell of the same days, so that nothing counts twice.

An entry that another file brought in the same words is known by its digest and not kept again. Banks also tell the
same booking in other words: in the camt.053 and in the table of their portal. So of bookings of one amount, on one day,
in one direction, no more count than the fullest of the files tells of. A statement that opens with what another closed
with on that day goes on where that one stopped: its bookings are others.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session, aliased

from payouts.statement.statement import BankStatement, StatementFile


def last_day_told(session: Session, line_id: UUID) -> date | None:
    """Up to which day the statements of an account tell of anything: later entries repeat nothing."""
    return session.scalar(select(func.max(BankStatement.to_day)).where(BankStatement.line_id == line_id))


# what the other files tell of the bookings that this one tells of too
OTHERS = text(
    """
    UPDATE told_again SET others = found.bookings
      FROM (
        SELECT booked_on, amount_pence, is_credit, count(*) AS bookings
          FROM bank_entry
         WHERE line_id = :line_id AND file_id <> :file_id AND booked_on BETWEEN :first AND :last
           AND match IS DISTINCT FROM 'repeated'
         GROUP BY booked_on, amount_pence, is_credit
      ) AS found
     WHERE (told_again.booked_on, told_again.amount_pence, told_again.is_credit)
           = (found.booked_on, found.amount_pence, found.is_credit)
    """
)
# of the new entries so many as the fullest of the files does not tell of
REPEATED = text(
    """
    UPDATE bank_entry SET match = 'repeated', matched_at = :at
      FROM (
        SELECT id, booked_on, amount_pence, is_credit,
               row_number() OVER (PARTITION BY booked_on, amount_pence, is_credit ORDER BY id) AS place,
               count(*) OVER (PARTITION BY booked_on, amount_pence, is_credit) AS bookings
          FROM bank_entry
         WHERE file_id = :file_id AND booked_on BETWEEN :first AND :last
           AND NOT EXISTS (
               SELECT FROM unnest(CAST(:statements AS uuid[]), CAST(:days AS date[])) AS goes_on (statement_id, day)
                WHERE goes_on.statement_id = bank_entry.statement_id AND goes_on.day = bank_entry.booked_on
           )
      ) AS new
      JOIN told_again AS told USING (booked_on, amount_pence, is_credit)
     WHERE bank_entry.body_id = :body_id AND bank_entry.id = new.id
       AND new.place <= told.others + new.bookings - greatest(told.others, told.bookings)
    """
)


def find(session: Session, file: StatementFile, *, at: datetime) -> int:
    """Say of a file's entries which only repeat what other files told; returns how many.

    `told_again` says how many bookings of each kind the file tells of, known ones too, on the days that others tell of.
    """
    first, last = session.execute(text("SELECT min(booked_on), max(booked_on) FROM told_again")).one()
    if first is None:
        return 0
    session.execute(text("ANALYZE told_again"))
    facts = {"file_id": file.id, "first": first, "last": last}
    session.execute(OTHERS, {"line_id": file.line_id, **facts})
    goes_on = days_gone_on(session, file)
    facts |= {"statements": [each for each, _ in goes_on], "days": [day for _, day in goes_on]}
    found = session.execute(REPEATED, {"body_id": file.body_id, "at": at, **facts})
    repeated: int = found.rowcount  # type: ignore[attr-defined]
    return repeated


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
