"""The amount that a gate's tiers go by: all that a scheme pays on one day, however many payrolls it is split into."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from payouts.payroll import Payroll, PayrollStatus


class Share(NamedTuple):
    """What one payroll adds to the amount, in pence."""

    number: int
    pence: int


class Amount(NamedTuple):
    """The sum in pence, and the payrolls that it is the sum of, by number."""

    pence: int
    payrolls: tuple[Share, ...]


def amount_of(session: Session, payroll: Payroll) -> Amount:
    """What a payroll's gates go by now. A payroll that is still being made counts: it may be released before this one.

    So a later payroll of the same pay date can raise what an earlier one needs, until that one is released.
    """
    rows = session.execute(
        select(Payroll.number, Payroll.total_pence)
        .where(
            Payroll.scheme_id == payroll.scheme_id,
            Payroll.pay_date == payroll.pay_date,
            Payroll.status != PayrollStatus.CANCELLED,
        )
        .order_by(Payroll.number)
    )
    shares = tuple(Share(*row) for row in rows)
    return Amount(sum(share.pence for share in shares), shares)
