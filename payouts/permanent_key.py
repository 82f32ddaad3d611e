"""Writing payments under their permanent keys: one whose key is taken is left out, whoever asks again and however.

The key of one person is taken under each of their records. That is looked up here; the database looks again when the
payments are in, and refuses all of them if another payroll or chunk was faster: then they are built anew.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from payouts.payment import LIVE, Payment
from schemes.database import copy_rows, one_of
from schemes.payee import Beneficiary

COLUMNS = (
    "body_id",
    "id",
    "payroll_id",
    "scheme_id",
    "beneficiary_id",
    "payee_id",
    "account_id",
    "award_id",
    "period_first_day",
    "period_last_day",
    "component",
    "sequence",
    "ordinal",
    "amount_pence",
    "reference",
    "status",
    "combined",
)
SCHEME, BENEFICIARY, FIRST_DAY, COMPONENT, SEQUENCE = map(
    COLUMNS.index, ("scheme_id", "beneficiary_id", "period_first_day", "component", "sequence")
)

Row = tuple[Any, ...]


def insert_payments(session: Session, payments: list[Row], columns: tuple[str, ...] = COLUMNS) -> set[UUID]:
    """Insert payments, leaving out any whose permanent key is taken; returns the ids that are in."""
    twice = under_another_record(session, payments)
    rows = [row for row in payments if row[1] not in twice]
    ids = [row[1] for row in rows]
    if copy_rows(session, "payment", columns, rows, unless_there=True) == len(rows):
        return set(ids)
    return set(session.scalars(select(Payment.id).where(Payment.id == one_of(ids))))


def under_another_record(session: Session, payments: list[Row]) -> set[UUID]:
    """The ids of those payments whose key is taken under another record of the same person, by these or by others."""
    people = people_with_several_records(session)
    mine = [row for row in payments if row[BENEFICIARY] in people]
    if not mine:
        return set()
    roots = {people[row[BENEFICIARY]] for row in mine}
    theirs = select(
        Payment.scheme_id, Payment.beneficiary_id, Payment.period_first_day, Payment.component, Payment.sequence
    ).where(
        Payment.scheme_id == one_of({row[SCHEME] for row in mine}),
        Payment.beneficiary_id == one_of(record for record, root in people.items() if root in roots),
        Payment.period_first_day >= min(row[FIRST_DAY] for row in mine),
        Payment.period_first_day <= max(row[FIRST_DAY] for row in mine),
        LIVE,
    )
    taken: dict[Row, set[UUID]] = defaultdict(set)
    for scheme_id, record, *rest in session.execute(theirs):
        taken[scheme_id, people[record], *rest].add(record)
    twice = set()
    for row in mine:
        record = row[BENEFICIARY]
        records = taken[row[SCHEME], people[record], row[FIRST_DAY], row[COMPONENT], row[SEQUENCE]]
        if records - {record}:
            twice.add(row[1])
        else:
            records.add(record)
    return twice


def people_with_several_records(session: Session) -> dict[UUID, UUID]:
    """Each record of a person who has several, and the one that stands for them all."""
    merged = session.execute(select(Beneficiary.id, Beneficiary.same_as).where(Beneficiary.same_as.is_not(None)))
    people = {record: root for record, root in merged if root is not None}
    return people | {root: root for root in people.values()}
