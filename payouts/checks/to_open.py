"""Which findings everybody who approves a payroll opens one by one: accounts, duplicates and variance.

Of a kind with few findings all; of one with very many the largest payments and some drawn by lot. The lot is drawn by
the digest of the check results: the same for everybody who approves, to be drawn again by whoever audits, and known to
nobody before the last finding is settled.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Text, cast, func, select
from sqlalchemy.orm import Session

from payouts.checks.finding import OPENED, Finding, Kind
from payouts.payment import Payment
from schemes.database import joining_whole_tables

EACH = 25
"""Up to so many findings of a kind are all opened."""
LARGEST = 10
"""Of more, so many of the largest payments; the others by lot."""


def to_open(session: Session, payroll_id: UUID, *, lot: str) -> list[str]:
    """The ids of the findings that whoever approves opens, in the order of their kinds. lot: what it is drawn by."""
    chosen: list[UUID] = []
    for kind in Kind:
        if kind in OPENED:
            chosen += of_kind(session, payroll_id, kind, lot)
    return [str(finding_id) for finding_id in chosen]


def of_kind(session: Session, payroll_id: UUID, kind: Kind, lot: str) -> list[UUID]:
    mine = select(Finding.id).where(Finding.payroll_id == payroll_id, Finding.kind == kind)
    ids = session.scalars(mine.order_by(Finding.id).limit(EACH + 1)).all()
    if len(ids) <= EACH:
        return list(ids)
    with_payment = (Payment.body_id == Finding.body_id) & (Payment.id == Finding.payment_id)
    by_amount = mine.join(Payment, with_payment).order_by(Payment.amount_pence.desc(), Finding.id)
    drawn = func.sha256(func.convert_to(lot + cast(Finding.id, Text), "UTF8"))
    with joining_whole_tables(session):
        largest = session.scalars(by_amount.limit(LARGEST)).all()
    others = mine.where(Finding.id.not_in(largest)).order_by(drawn)
    return [*largest, *session.scalars(others.limit(EACH - len(largest)))]
