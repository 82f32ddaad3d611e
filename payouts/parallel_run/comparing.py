"""The job that holds another system's file against a payroll, and the sealed pages of what differs."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from bacs.comparison import Comparison, Difference, Listed, Part, compare
from payouts.files.facts import EVERY_ITEM, credits_of
from payouts.gates.manifest import payments_digest
from payouts.parallel_run import old_file
from payouts.parallel_run.old_file import Column, Columns, Unreadable
from payouts.parallel_run.parallel_run import (
    ALWAYS,
    CLASSES,
    UNREADABLE,
    ParallelRun,
    ParallelRunPage,
    RunStatus,
    columns_for,
    day_of,
    get_run,
    move,
    unreadable,
)
from payouts.payment import in_payroll
from payouts.payroll import Payroll, get_payroll
from schemes import audit
from schemes.database import in_chunks
from schemes.errors import FileRefused
from schemes.seal import Seals, get_key

if TYPE_CHECKING:
    from payouts.app import Service

PAGE = 100
TOLD_BY: dict[Part, Column] = {
    Part.REFERENCE: Column.REFERENCE,
    Part.DAY: Column.DAY,
    Part.NAME: Column.NAME,
}


class Side(NamedTuple):
    """A payment that differs as it is shown: of the account only the last four digits. amount in pence."""

    name: str
    amount_pence: int
    account_ends: str
    reference: str
    day: str


class DifferenceRow(NamedTuple):
    """A payment that differs. parts: all ways in which it does; None on the side that lacks it.

    other_sort_code: the account number is the same, and the sort code is not. line: of a row that cannot be read, and
    why.
    """

    parts: tuple[str, ...]
    old: Side | None
    ours: Side | None
    other_sort_code: bool = False
    line: int = 0
    why: str = ""


def compare_run(session: Session, service: Service, args: Mapping[str, Any]) -> None:
    """Compare a file that was taken in; twice is once. What cannot be read leaves its fault on the run."""
    run = get_run(session, UUID(args["run_id"]), lock=True)
    if run.status is not RunStatus.READING or run.sealed_content is None:
        return
    payroll = get_payroll(session, run.payroll_id)
    key = service.seals.open_row(get_key(session, run.body_id, run.key_id))
    content = key.open(run.sealed_content, "parallel_run", run.id)
    try:
        columns = columns_of(session, run, content)
        if columns is None and old_file.is_table(content):
            move(run, RunStatus.ASKING)
            return
        old, no_payments = read(content, columns)
    except FileRefused as refused:
        unreadable(session, run, refused, at=service.now())
        return
    looking_at = frozenset(Part(part) for part in run.looking_at)
    if columns is not None:
        looking_at = frozenset(part for part in looking_at if part in ALWAYS or TOLD_BY[part] in columns.places)
    ours = payments_of(session, service.seals, payroll, day_of(run, payroll))
    comparison = compare(old, ours, looking_at=looking_at)
    classed = by_class(comparison)
    run.classes = {part.value: [len(found), sum(each.pence for each in found)] for part, found in classed.items()}
    for part in CLASSES:
        keep(session, service.seals, run, part.value, map(row_of, classed.get(part, ())))
    keep(session, service.seals, run, UNREADABLE, (unread(one) for one in no_payments))
    run.looking_at = sorted(part.value for part in looking_at)
    run.expected_count, run.expected_pence = comparison.expected_count, comparison.expected_pence
    run.given_count, run.given_pence = comparison.given_count, comparison.given_pence
    run.same_count, run.unreadable_count = comparison.same_count, len(no_payments)
    run.payments = payments_digest(session, payroll.id)
    run.compared_at = service.now()
    run.sealed_content = None
    move(run, RunStatus.COMPARED)
    audit.record(
        session,
        "parallel_run.compared",
        by=None,
        about=payroll,
        at=service.now(),
        same=run.same_count,
        differing=sum(count for count, _ in run.differing.values()),
    )


def columns_of(session: Session, run: ParallelRun, content: bytes) -> Columns | None:
    """The columns of a table; None for a file of payments, and where a person has to say them."""
    if not old_file.is_table(content):
        return None
    known = columns_for(session, run, content)
    if known is None:
        guess = old_file.guessed(run.header)
        # "payment date" may be the day that the bank works on it or the day that people have the money
        if len(guess.places) == len(Column) and run.header[guess.places[Column.DAY]].startswith("processing"):
            known, run.columns = guess, guess.as_json()
    return known


def read(content: bytes, columns: Columns | None) -> tuple[list[Listed], list[Unreadable]]:
    old: list[Listed] = []
    no_payments: list[Unreadable] = []
    for one in old_file.payments_in(content, columns):
        if isinstance(one, Unreadable):
            no_payments.append(one)
        else:
            old.append(one)
    return old, no_payments


def payments_of(session: Session, seals: Seals, payroll: Payroll, day: date) -> Iterator[Listed]:
    """The payroll's payments as its file carries them: a roll number stands in place of the reference."""
    mine = in_payroll(payroll.id)
    for each in credits_of(session, seals, payroll, EVERY_ITEM, mine, str):
        credit = each.credit
        yield old_file.on_the_wire(
            Listed(
                credit.sort_code,
                credit.account_number,
                credit.amount_pence,
                credit.account_name,
                credit.roll_number or credit.reference,
                day,
            )
        )


def by_class(comparison: Comparison) -> dict[Part, list[Difference]]:
    """Every difference in one class, the gravest of its own."""
    found: defaultdict[Part, list[Difference]] = defaultdict(list)
    for difference in comparison.differences:
        found[next(part for part in CLASSES if part in difference.parts)].append(difference)
    return found


def row_of(difference: Difference) -> DifferenceRow:
    old, ours = difference.expected, difference.given
    other_sort_code = bool(
        old and ours and old.account_number == ours.account_number and old.sort_code != ours.sort_code
    )
    parts = tuple(part.value for part in CLASSES if part in difference.parts)
    return DifferenceRow(parts, side_of(old), side_of(ours), other_sort_code)


def side_of(one: Listed | None) -> Side | None:
    if one is None:
        return None
    return Side(
        one.name, one.amount_pence, one.account_number[-4:], one.reference, one.day.isoformat() if one.day else ""
    )


def unread(one: Unreadable) -> DifferenceRow:
    return DifferenceRow((UNREADABLE,), None, None, line=one.line, why=one.why.value)


def keep(session: Session, seals: Seals, run: ParallelRun, part: str, rows: Iterator[DifferenceRow]) -> None:
    key = seals.open_row(get_key(session, run.body_id, run.key_id))
    for number, chunk in enumerate(in_chunks(rows, PAGE), start=1):
        sealed = key.seal(json.dumps(chunk).encode(), f"parallel_run_page/{part}/{number}", run.id)
        session.add(ParallelRunPage(body_id=run.body_id, run_id=run.id, part=part, number=number, sealed_rows=sealed))
    session.flush()


def rows_on(session: Session, seals: Seals, run: ParallelRun, part: str, number: int) -> Sequence[DifferenceRow]:
    """A page of the payments of a class that differ; none beyond the last, and none once they were destroyed."""
    page = session.get(ParallelRunPage, (run.body_id, run.id, part, number))
    if page is None:
        return []
    key = seals.open_row(get_key(session, run.body_id, run.key_id))
    rows = json.loads(key.open(page.sealed_rows, f"parallel_run_page/{part}/{number}", run.id))
    return [
        DifferenceRow(tuple(parts), side and Side(*side), ours and Side(*ours), other, line, why)
        for parts, side, ours, other, line, why in rows
    ]
