"""What was released and has not arrived: on its way past its day, or come back and held; by how long it is."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from payouts.ledger.balance import LedgerPosting
from payouts.ledger.entry import LedgerAccount
from payouts.payroll import Payroll
from payouts.reports.figures import Sum

ON_ITS_WAY = (LedgerAccount.APPROVED_TO_PAY, LedgerAccount.WITH_BACS)
OPEN = (*ON_ITS_WAY, LedgerAccount.RETURNED_AND_HELD)


class Age(StrEnum):
    """How long ago a payment was due. Bacs banks have three working days to return one."""

    NOT_DUE = "not_due"
    UP_TO_A_WEEK = "up_to_a_week"
    UP_TO_A_MONTH = "up_to_a_month"
    UP_TO_A_QUARTER = "up_to_a_quarter"
    LONGER = "longer"


UP_TO = ((0, Age.NOT_DUE), (7, Age.UP_TO_A_WEEK), (30, Age.UP_TO_A_MONTH), (90, Age.UP_TO_A_QUARTER))
"""In days after the pay date: up to and including."""


class Outstanding(NamedTuple):
    """What has not arrived of one age: on its way, and returned and held."""

    age: Age
    on_its_way: Sum
    held: Sum


def outstanding(session: Session, today: date, *, scheme_id: UUID | None = None) -> list[Outstanding]:
    """What has not arrived, by age; every age is listed."""
    found = {age: Outstanding(age, Sum(), Sum()) for age in Age}
    for account, pay_date, payments, pence in open_balances(session, scheme_id):
        one = found[age_of(pay_date, today)]
        (one.on_its_way if account in ON_ITS_WAY else one.held).add(payments, pence)
    return list(found.values())


def age_of(pay_date: date, today: date) -> Age:
    days = (today - pay_date).days
    return next((age for most, age in UP_TO if days <= most), Age.LONGER)


def open_balances(session: Session, scheme_id: UUID | None) -> list[tuple[LedgerAccount, date, int, int]]:
    """Of each open account and pay date the payments and pence in it, in two questions."""
    rows: list[tuple[LedgerAccount, date, int, int]] = []
    for side, sign in ((LedgerPosting.credit, 1), (LedgerPosting.debit, -1)):
        sums = (
            select(side, Payroll.pay_date, func.sum(LedgerPosting.entries), func.sum(LedgerPosting.total_pence))
            .join(Payroll, (Payroll.body_id == LedgerPosting.body_id) & (Payroll.id == LedgerPosting.payroll_id))
            .where(side.in_(OPEN))
            .group_by(side, Payroll.pay_date)
        )
        if scheme_id is not None:
            sums = sums.where(LedgerPosting.scheme_id == scheme_id)
        found = session.execute(sums)
        rows += [(account, pay_date, sign * int(n), sign * int(pence)) for account, pay_date, n, pence in found]
    return rows
