"""The journal of a payroll or of a period: the ledger's entries summed by day, event and component, under codes.

Each sum is two lines, a debit and a credit, so that a journal always balances. Scheme expenditure, and what ends
against it, stands under the finance codes of the component; the other accounts under the body's codes for them. A
period holds the entries of statements that are no payments too. The same entries are the same lines in the same order.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from payouts.exports.codes import LedgerCodes, Missing, codes_by_key, key_of
from payouts.ledger.balance import LedgerPosting
from payouts.ledger.entry import LedgerAccount, LedgerEntry
from payouts.payment import Payment
from payouts.payroll import Payroll
from payouts.statement.posted import BankPostingSum, BookAccount
from schemes.bank_profile import BankProfile
from schemes.definition import NO_CODES, FinanceCodes
from schemes.errors import Refused
from schemes.scheme import Scheme
from schemes.scheme_version import version_of

AGAINST_EXPENDITURE = (LedgerAccount.SCHEME_EXPENDITURE, LedgerAccount.REISSUED, LedgerAccount.RECOVERED)
OF_THE_BANK = "BANK"
"""The reference of lines that are of no payroll."""


class JournalDiffers(Refused):
    """The lines do not come to what the ledger keeps: nothing is given out. Pence."""

    def __init__(self, lines_pence: int, ledger_pence: int) -> None:
        super().__init__(f"lines of {lines_pence} pence, ledger of {ledger_pence}")
        self.lines_pence = lines_pence
        self.ledger_pence = ledger_pence


class NothingPosted(Refused):
    """Nothing was posted that an export could hold."""


class CodesMissing(Refused):
    """A profile asks for an account code in each line, and these have none."""

    def __init__(self, missing: tuple[Missing, ...]) -> None:
        super().__init__(f"no code for {len(missing)}")
        self.missing = missing


class Scope(NamedTuple):
    """What is exported: one payroll, or everything with an accounting date between two days, both included."""

    payroll_id: UUID | None = None
    first_day: date | None = None
    last_day: date | None = None

    def of(self, table: type[LedgerEntry] | type[LedgerPosting]) -> ColumnElement[bool]:
        if self.payroll_id is not None:
            return table.payroll_id == self.payroll_id
        return self.within(table)

    def within(self, table: type[LedgerEntry] | type[LedgerPosting] | type[BankPostingSum]) -> ColumnElement[bool]:
        assert self.first_day is not None, "an export is of a payroll or of a period"
        return table.accounting_date.between(self.first_day, self.last_day)


class JournalLine(NamedTuple):
    """One side of a sum. Pence, one of the two always 0. payroll, scheme_id: None of a bank's own entries."""

    day: date
    scheme_id: UUID | None
    scheme: str
    payroll: int | None
    event: str
    undoes: bool
    component: str
    key: str
    account: LedgerAccount | BookAccount
    codes: FinanceCodes
    payments: int
    debit_pence: int
    credit_pence: int

    @property
    def reference(self) -> str:
        return f"{self.scheme}-{self.payroll:04d}" if self.payroll is not None else OF_THE_BANK

    @property
    def description(self) -> str:
        what = f"Payroll {self.payroll}" if self.payroll is not None else "Statement"
        undone = " undone" if self.undoes else ""
        return f"{what} {self.event.replace('_', ' ')}{undone} {self.component}".strip()

    @property
    def uncoded(self) -> Missing | None:
        """What has to be given an account code before this line has one."""
        if self.codes.account:
            return None
        if self.account in AGAINST_EXPENDITURE:
            return Missing(self.scheme_id, self.scheme, self.component)
        return Missing(None, "", self.key)


def lines_of(session: Session, scope: Scope, codes: LedgerCodes | None) -> Iterator[JournalLine]:
    """The journal's lines, streamed: by day, payroll, event and component, then those of the bank's own entries."""
    known = codes_by_key(codes)
    yield from payment_lines(session, scope, known)
    if scope.payroll_id is None:
        yield from bank_lines(session, scope, known)


def payment_lines(session: Session, scope: Scope, known: dict[str, FinanceCodes]) -> Iterator[JournalLine]:
    of_components: dict[tuple[UUID, int], dict[str, FinanceCodes]] = {}
    for row in session.execute(summed_entries(session, scope)):
        day, number, event, undoes, component, debit, credit, scheme_id, version, line_id, scheme, count, pence = row
        if (scheme_id, version) not in of_components:
            found = version_of(session, scheme_id, version).definition.components
            of_components[scheme_id, version] = {each.code: each.finance for each in found}
        of_scheme = of_components[scheme_id, version]
        for account, sides in ((debit, (int(pence), 0)), (credit, (0, int(pence)))):
            key = key_of(account, line_id)
            mapped = (of_scheme.get(component) if account in AGAINST_EXPENDITURE else known.get(key)) or NO_CODES
            what = (day, scheme_id, scheme, number, event.value, undoes, component, key, account, mapped, count)
            yield JournalLine(*what, *sides)


def summed_entries(session: Session, scope: Scope) -> Any:
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
    of_payroll = (Payroll.scheme_id, Payroll.scheme_version, BankProfile.line_id, Scheme.code)
    return (
        select(*keys, *of_payroll, func.count(), func.sum(entry.amount_pence))
        .join(Payment, (Payment.body_id == entry.body_id) & (Payment.id == entry.payment_id))
        .join(Payroll, (Payroll.body_id == entry.body_id) & (Payroll.id == entry.payroll_id))
        .join(Scheme, (Scheme.body_id == Payroll.body_id) & (Scheme.id == Payroll.scheme_id))
        .join(BankProfile, (BankProfile.body_id == Payroll.body_id) & (BankProfile.id == Payroll.bank_profile_id))
        .where(which_payrolls(session, scope), scope.of(entry))
        .group_by(*keys, *of_payroll)
        .order_by(*keys)
        .execution_options(yield_per=1000)
    )


def bank_lines(session: Session, scope: Scope, known: dict[str, FinanceCodes]) -> Iterator[JournalLine]:
    row = BankPostingSum
    keys = (row.accounting_date, row.line_id, row.undoes, row.debit, row.credit)
    summed = select(*keys, func.sum(row.entries), func.sum(row.total_pence)).where(scope.within(row))
    for day, line_id, undoes, debit, credit, count, pence in session.execute(summed.group_by(*keys).order_by(*keys)):
        what = credit if debit == BookAccount.BANK else debit
        for account, sides in ((debit, (int(pence), 0)), (credit, (0, int(pence)))):
            key = key_of(account, line_id)
            codes = known.get(key, NO_CODES)
            facts = (day, None, "", None, what.value, undoes, "", key, account, codes, int(count))
            yield JournalLine(*facts, *sides)


def which_payrolls(session: Session, scope: Scope) -> ColumnElement[bool]:
    """Of a period, the payrolls to which something was posted: a few, by whose index the entries are found."""
    if scope.payroll_id is not None:
        return LedgerEntry.payroll_id == scope.payroll_id
    touched = session.scalars(select(LedgerPosting.payroll_id).where(scope.of(LedgerPosting)).distinct()).all()
    return LedgerEntry.payroll_id.in_(touched)


def ledger_pence(session: Session, scope: Scope) -> int:
    """What the ledger's kept sums come to: the total of either side."""
    pence = session.scalar(select(func.sum(LedgerPosting.total_pence)).where(scope.of(LedgerPosting))) or 0
    if scope.payroll_id is None:
        pence += session.scalar(select(func.sum(BankPostingSum.total_pence)).where(scope.within(BankPostingSum))) or 0
    return int(pence)
