"""Where the money is: balances per payroll, scheme and body, from sums that the database keeps of each posting."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Index, func, literal_column, select, union_all
from sqlalchemy.orm import Mapped, Session, mapped_column

from payouts.ledger.entry import Event, LedgerAccount, LedgerEntry
from schemes.database import Base, BodyOwned, stored, to_body_row


class LedgerPosting(BodyOwned, Base):
    """The entries of one payroll that were posted together: how many, and their pence. A trigger writes it.

    So a balance is a sum over a few rows a payroll, whether it pays a hundred people or a million.
    """

    __tablename__ = "ledger_posting"
    __table_args__ = (
        Index("ix_ledger_posting_payroll", "body_id", "payroll_id"),
        Index("ix_ledger_posting_scheme", "body_id", "scheme_id", "accounting_date"),
        Index("ix_ledger_posting_date", "body_id", "accounting_date"),
        to_body_row("payroll", "payroll_id"),
        to_body_row("scheme", "scheme_id"),
    )

    scheme_id: Mapped[UUID]
    payroll_id: Mapped[UUID]
    event: Mapped[Event] = mapped_column(stored(Event, check="event"))
    undoes: Mapped[bool]
    debit: Mapped[LedgerAccount] = mapped_column(stored(LedgerAccount, check="debit"))
    credit: Mapped[LedgerAccount] = mapped_column(stored(LedgerAccount, check="credit"))
    accounting_date: Mapped[date]
    at: Mapped[datetime]
    entries: Mapped[int]
    total_pence: Mapped[int] = mapped_column(BigInteger)


@dataclass(frozen=True)
class Balance:
    """What moved through one account: pence and entries on each side."""

    debit_pence: int = 0
    debit_entries: int = 0
    credit_pence: int = 0
    credit_entries: int = 0

    @property
    def held_pence(self) -> int:
        """What is in a place: what came in less what went on."""
        return self.credit_pence - self.debit_pence

    @property
    def held_entries(self) -> int:
        """How many payments are in a place: an undone movement is another one back."""
        return self.credit_entries - self.debit_entries


@dataclass(frozen=True)
class Whereabouts:
    """Where every released pound is: in exactly one of these, so that they sum to what was released.

    `payments`: how many payments' money is in each account.
    """

    released_pence: int
    on_its_way_pence: int
    paid_pence: int
    returned_and_held_pence: int
    reissued_pence: int
    recovered_pence: int
    written_off_pence: int
    payments: dict[LedgerAccount, int]

    @property
    def placed_pence(self) -> int:
        return (
            self.on_its_way_pence
            + self.paid_pence
            + self.returned_and_held_pence
            + self.reissued_pence
            + self.recovered_pence
            + self.written_off_pence
        )


def balances(
    session: Session, *, payroll_id: UUID | None = None, scheme_id: UUID | None = None, until: date | None = None
) -> dict[LedgerAccount, Balance]:
    """Each account's balance: of a payroll, a scheme or the whole body; up to and including an accounting date."""
    posting = LedgerPosting
    pence, entries = func.sum(posting.total_pence), func.sum(posting.entries)
    found: dict[LedgerAccount, list[int]] = {account: [0, 0, 0, 0] for account in LedgerAccount}
    for side, offset in ((posting.debit, 0), (posting.credit, 2)):
        sums = select(side, pence, entries).where(*of_these(payroll_id, scheme_id, until)).group_by(side)
        for account, *figures in session.execute(sums):
            found[account][offset : offset + 2] = (int(figure) for figure in figures)
    return {account: Balance(*figures) for account, figures in found.items()}


def of_these(payroll_id: UUID | None, scheme_id: UUID | None, until: date | None) -> Iterator[ColumnElement[bool]]:
    if payroll_id is not None:
        yield LedgerPosting.payroll_id == payroll_id
    if scheme_id is not None:
        yield LedgerPosting.scheme_id == scheme_id
    if until is not None:
        yield LedgerPosting.accounting_date <= until


def whereabouts(
    session: Session, *, payroll_id: UUID | None = None, scheme_id: UUID | None = None, until: date | None = None
) -> Whereabouts:
    """Where the released money of a payroll, a scheme or the body is."""
    return placed(balances(session, payroll_id=payroll_id, scheme_id=scheme_id, until=until))


def by_scheme(session: Session) -> dict[UUID, Whereabouts]:
    """Where the released money of each scheme is."""
    posting = LedgerPosting
    pence, entries = func.sum(posting.total_pence), func.sum(posting.entries)
    found: dict[UUID, dict[LedgerAccount, list[int]]] = {}
    for side, offset in ((posting.debit, 0), (posting.credit, 2)):
        sums = select(posting.scheme_id, side, pence, entries).group_by(posting.scheme_id, side)
        for scheme_id, account, *figures in session.execute(sums):
            of_scheme = found.setdefault(scheme_id, {account: [0, 0, 0, 0] for account in LedgerAccount})
            of_scheme[account][offset : offset + 2] = (int(figure) for figure in figures)
    return {
        scheme_id: placed({account: Balance(*figures) for account, figures in of_scheme.items()})
        for scheme_id, of_scheme in found.items()
    }


def placed(found: dict[LedgerAccount, Balance]) -> Whereabouts:
    held = {account: balance.held_pence for account, balance in found.items()}
    return Whereabouts(
        released_pence=-held[LedgerAccount.SCHEME_EXPENDITURE],
        on_its_way_pence=held[LedgerAccount.APPROVED_TO_PAY] + held[LedgerAccount.WITH_BACS],
        paid_pence=held[LedgerAccount.BANK],
        returned_and_held_pence=held[LedgerAccount.RETURNED_AND_HELD],
        reissued_pence=held[LedgerAccount.REISSUED],
        recovered_pence=held[LedgerAccount.RECOVERED],
        written_off_pence=held[LedgerAccount.WRITTEN_OFF],
        payments={
            account: balance.held_entries
            for account, balance in found.items()
            if account is not LedgerAccount.SCHEME_EXPENDITURE
        },
    )


@dataclass(frozen=True)
class Unproven:
    """What the entries of a payroll say otherwise than its kept sums, or of a payment that is in no one place."""

    payroll_id: UUID
    broken_payments: int
    differing_sums: int

    @property
    def is_proven(self) -> bool:
        return not self.broken_payments and not self.differing_sums


def prove(session: Session, payroll_id: UUID) -> Unproven:
    """Read a payroll's entries whole: each payment's lead from one account to the next, and sum to what is kept.

    For work, not for a page: it reads every entry.
    """
    entry = LedgerEntry

    def in_order(column: Any) -> Any:
        return column.over(partition_by=entry.payment_id, order_by=entry.step)

    chain = (
        select(
            entry.payment_id,
            entry.debit,
            entry.step,
            in_order(func.lag(entry.credit)).label("came_to"),
            in_order(func.row_number()).label("nth"),
            in_order(func.lag(entry.amount_pence)).label("amount_before"),
            entry.amount_pence,
        )
        .where(entry.payroll_id == payroll_id)
        .subquery()
    )
    goes_on = func.coalesce(chain.c.came_to, LedgerAccount.SCHEME_EXPENDITURE.value) == chain.c.debit
    same = func.coalesce(chain.c.amount_before, chain.c.amount_pence) == chain.c.amount_pence
    broken = session.scalar(
        select(func.count(chain.c.payment_id.distinct())).where(~(goes_on & same & (chain.c.nth == chain.c.step)))
    )
    keys = ("event", "undoes", "debit", "credit", "accounting_date")
    real = (
        select(*(getattr(entry, key) for key in keys), func.count().label("n"), func.sum(entry.amount_pence).label("p"))
        .where(entry.payroll_id == payroll_id)
        .group_by(*(getattr(entry, key) for key in keys))
    )
    kept = (
        select(
            *(getattr(LedgerPosting, key) for key in keys),
            func.sum(LedgerPosting.entries).label("n"),
            func.sum(LedgerPosting.total_pence).label("p"),
        )
        .where(LedgerPosting.payroll_id == payroll_id)
        .group_by(*(getattr(LedgerPosting, key) for key in keys))
    )
    either = union_all(real.except_(kept), kept.except_(real)).subquery()
    differing = session.scalar(select(func.count(literal_column("1"))).select_from(either))
    return Unproven(payroll_id, broken or 0, differing or 0)
