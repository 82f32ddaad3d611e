"""Who a payroll does not pay, and why, as a file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import IO

from sqlalchemy.orm import Session

from payouts.difference.table import write_table
from payouts.payment import UnpaidReason, UnpaidRow, unpaid_of
from payouts.payroll import Payroll
from schemes import audit
from schemes.person import READERS, Actor

HEADER = ("reason", "reference", "name", "would_have_been_paid")
READ = 5000


def write_unpaid(
    session: Session, payroll: Payroll, *, reason: UnpaidReason | None, to: IO[bytes], by: Actor, at: datetime
) -> int:
    """Write everybody who is not paid, for one reason or any, and return how many; that it was taken is recorded.

    Raises NotAllowed.
    """
    by.must_be(*READERS, scheme=payroll.scheme_id)
    rows = (
        (row.unpaid.reason.value, row.beneficiary.reference, row.beneficiary.name, row.unpaid.due_pence)
        for row in all_unpaid(session, payroll, reason)
    )
    count = write_table(to, HEADER, rows)
    audit.record(session, "unpaid.taken", by=by, about=payroll, at=at, people=count)
    return count


def all_unpaid(session: Session, payroll: Payroll, reason: UnpaidReason | None) -> Iterator[UnpaidRow]:
    after = None
    while rows := unpaid_of(session, payroll.id, reason=reason, after=after, limit=READ):
        yield from rows
        after = rows[-1].unpaid.id
