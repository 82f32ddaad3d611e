"""The journal of a payroll or of a period: the ledger's entries summed by day, event and component, under codes.

Each sum is two lines, a debit and a credit, so that a journal always balances. Scheme expenditure, and what ends
against it, stands under the finance codes of the component; the other accounts under their own names, which a finance
system maps once. The same entries are the same lines in the same order.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from payouts.ledger.balance import LedgerPosting
from payouts.ledger.entry import Event, LedgerAccount, LedgerEntry
from payouts.payment import Payment
from payouts.payroll import Payroll
from schemes.definition import NO_CODES, FinanceCodes
from schemes.errors import Refused
from schemes.scheme import Scheme
from schemes.scheme_version import version_of

AGAINST_EXPENDITURE = (LedgerAccount.SCHEME_EXPENDITURE, LedgerAccount.REISSUED, LedgerAccount.RECOVERED)


class JournalDiffers(Refused):
    """The lines do not come to what the ledger keeps: nothing is given out. Pence."""

    def __init__(self, lines_pence: int, ledger_pence: int) -> None:
        super().__init__(f"lines of {lines_pence} pence, ledger of {ledger_pence}")
        self.lines_pence = lines_pence
        self.ledger_pence = ledger_pence


class NothingPosted(Refused):
    """Nothing was posted that an export could hold."""


class Scope(NamedTuple):
    """What is exported: one payroll, or everything with an accounting date between two days, both included."""

    payroll_id: UUID | None = None
    first_day: date | None = None
    last_day: date | None = None

    def of(self, table: type[LedgerEntry] | type[LedgerPosting]) -> ColumnElement[bool]:
        if self.payroll_id is not None:
            return table.payroll_id == self.payroll_id
        assert self.first_day is not None, "an export is of a payroll or of a period"
        return table.accounting_date.between(self.first_day, self.last_day)


class JournalLine(NamedTuple):
    """One side of a sum. Pence, one of the two always 0."""

    day: date
    scheme: str
    payroll: int
    event: Event
    undoes: bool
    component: str
    account: LedgerAccount
    codes: FinanceCodes
    payments: int
    debit_pence: int
    credit_pence: int


def lines_of(session: Session, scope: Scope) -> Iterator[JournalLine]:
    """The journal's lines, streamed, by day, payroll, event and component."""
    entry = LedgerEntry
    keys = (
        entry.accounting_date,
        Payroll.number,
        entry.event,
        entry.undoes,
        Payment.component,
        entry.debit,
        entry.credit,
    )
    rows = session.execute(
        select(
            *keys,
            Payroll.scheme_id,
            Payroll.scheme_version,
            Scheme.code,
            func.count(),
            func.sum(entry.amount_pence),
        )
        .join(Payment, (Payment.body_id == entry.body_id) & (Payment.id == entry.payment_id))
        .join(Payroll, (Payroll.body_id == entry.body_id) & (Payroll.id == entry.payroll_id))
        .join(Scheme, (Scheme.body_id == Payroll.body_id) & (Scheme.id == Payroll.scheme_id))
        .where(which_payrolls(session, scope), scope.of(entry))
        .group_by(*keys, Payroll.scheme_id, Payroll.scheme_version, Scheme.code)
        .order_by(*keys)
        .execution_options(yield_per=1000)
    )
    codes: dict[tuple[UUID, int], dict[str, FinanceCodes]] = {}
    for day, number, event, undoes, component, debit, credit, scheme_id, version, scheme, count, pence in rows:
        if (scheme_id, version) not in codes:
            found = version_of(session, scheme_id, version).definition.components
            codes[scheme_id, version] = {each.code: each.finance for each in found}
        for account, sides in ((debit, (int(pence), 0)), (credit, (0, int(pence)))):
            mapped = codes[scheme_id, version].get(component, NO_CODES) if account in AGAINST_EXPENDITURE else NO_CODES
            yield JournalLine(day, scheme, number, event, undoes, component, account, mapped, count, *sides)


def which_payrolls(session: Session, scope: Scope) -> ColumnElement[bool]:
    """Of a period, the payrolls to which something was posted: a few, by whose index the entries are found."""
    if scope.payroll_id is not None:
        return LedgerEntry.payroll_id == scope.payroll_id
    touched = session.scalars(select(LedgerPosting.payroll_id).where(scope.of(LedgerPosting)).distinct()).all()
    return LedgerEntry.payroll_id.in_(touched)


def ledger_pence(session: Session, scope: Scope) -> int:
    """What the ledger's kept sums come to: the total of either side."""
    return int(session.scalar(select(func.sum(LedgerPosting.total_pence)).where(scope.of(LedgerPosting))) or 0)
