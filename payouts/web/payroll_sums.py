"""What a payroll's total is made of: by finance code, and what of it is arrears or kept back as a recovery."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from payouts.finance_codes import CodeLine, by_finance_code, finance_csv
from payouts.payment_part import PartKind, part_sums
from payouts.payroll import Payroll, PayrollStatus, get_payroll
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.imports import csv_file
from payouts.web.pages import pages, transaction

# above, summing up takes longer than a page should: the file has the sums
MOST_SUMMED = 100_000


class Sums(NamedTuple):
    """codes: None where there is too much to sum up for a page. Parts: how many, and their pence."""

    codes: list[CodeLine] | None
    arrears: tuple[int, int]
    recovered: tuple[int, int]


def sums_of(session: Session, payroll: Payroll) -> Sums | None:
    """What the page of a payroll shows; None while it is built."""
    if payroll.status is PayrollStatus.BUILDING or not payroll.payment_count:
        return None
    parts = part_sums(session, payroll.id)
    codes = by_finance_code(session, payroll, most=MOST_SUMMED)
    return Sums(codes, parts.get(PartKind.ARREARS, (0, 0)), parts.get(PartKind.RECOVERY, (0, 0)))


@pages.route("/payrolls/<uuid:payroll_id>/finance-codes.csv")
@allowed(ANYONE_SIGNED_IN)
def download_finance_codes(payroll_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        payroll = get_payroll(session, payroll_id)
        lines = by_finance_code(session, payroll)
    return csv_file(finance_csv(lines or []), f"finance-codes-{payroll.number:04d}.csv")
