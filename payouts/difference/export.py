"""The difference to the last payroll as a file: a row for each award and cause, for whoever reconciles outside."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from typing import IO

from sqlalchemy.orm import Session

from payouts.difference import one_offs
from payouts.difference.comparison import LineRow, causes_of, comparison_of, lines_of_cause
from payouts.difference.table import write_table
from payouts.payroll import Payroll
from schemes import audit
from schemes.person import READERS, Actor

HEADER = ("cause", "reference", "name", "difference", "paid_last_time", "paid_this_time", "why")
READ = 5000


def write_csv(session: Session, payroll: Payroll, *, to: IO[bytes], by: Actor, at: datetime) -> int:
    """Write every line, in flat memory, and return how many. Amounts in pounds; no cell runs as a formula.

    That somebody took it is recorded. Raises NotAllowed.
    """
    by.must_be(*READERS, scheme=payroll.scheme_id)
    rows = (
        (
            line.cause.value,
            beneficiary.reference,
            beneficiary.name,
            line.pence,
            line.then_pence,
            line.now_pence,
            (line.why or "").replace("_", " "),
        )
        for line, beneficiary in all_lines(session, payroll)
    )
    comparison = comparison_of(session, payroll.id)
    entered = one_offs.rows_of(session, payroll, comparison) if comparison is not None else ()
    count = write_table(to, HEADER, chain(rows, entered))
    audit.record(session, "difference.taken", by=by, about=payroll, at=at, lines=count)
    return count


def all_lines(session: Session, payroll: Payroll) -> Iterator[LineRow]:
    """Every line of a payroll, by cause and award, a few thousand at a time."""
    for cause in causes_of(session, payroll.id):
        after = None
        while rows := lines_of_cause(session, payroll.id, cause.cause, after=after, limit=READ):
            yield from rows
            after = rows[-1].line.award_id
