"""What a payroll pays by component, under the codes by which the finance system books it: to the penny its total."""

from __future__ import annotations

import csv
import io
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from payouts.payment import Payment, PaymentStatus, in_payroll
from payouts.payroll import Payroll, PayrollStatus
from schemes.definition import NO_CODES, FinanceCodes
from schemes.imports.refused import harmless
from schemes.scheme_version import version_of

HEADER = (*FinanceCodes._fields, "component", "payments", "amount_pounds", "amount_pence")


class CodeLine(NamedTuple):
    """What one component of the scheme pays in a payroll, in pence."""

    component: str
    name: str
    codes: FinanceCodes
    payments: int
    pence: int


def by_finance_code(session: Session, payroll: Payroll, *, most: int | None = None) -> list[CodeLine] | None:
    """A line for each component that the payroll pays, in the scheme's order.

    A scheme of one component needs no count: the payroll keeps its own. most: None comes back instead of a count of
    more payments than that.
    """
    components = version_of(session, payroll.scheme_id, payroll.scheme_version).definition.components
    if len(components) == 1:
        sums = {components[0].code: (payroll.payment_count, payroll.total_pence)}
    elif most is not None and payroll.payment_count > most:
        return None
    else:
        paid = select(Payment.component, func.count(), func.sum(Payment.amount_pence)).where(in_payroll(payroll.id))
        if payroll.status is not PayrollStatus.CANCELLED:
            paid = paid.where(Payment.status != PaymentStatus.CANCELLED)
        rows = session.execute(paid.group_by(Payment.component))
        sums = {component: (count, int(pence)) for component, count, pence in rows}
    known = {component.code: component for component in components}
    # an award of a component that the version lacks is paid by none, but nothing may be missing from the sum
    order = [*known, *sorted(sums.keys() - known.keys())]
    return [
        CodeLine(code, known[code].name if code in known else code, known[code].finance if code in known else NO_CODES,
                 *sums[code])
        for code in order
        if sums.get(code, (0, 0))[0]
    ]  # fmt: skip


def finance_csv(lines: list[CodeLine]) -> str:
    """The lines as a file for the finance system. It holds no personal data."""
    written = io.StringIO(newline="")
    rows = csv.writer(written)
    rows.writerow(HEADER)
    for line in lines:
        pounds = f"{line.pence // 100}.{line.pence % 100:02}"
        texts = (*line.codes, line.component, str(line.payments), pounds, str(line.pence))
        rows.writerow([harmless(text) for text in texts])
    return written.getvalue()
