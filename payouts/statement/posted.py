"""What a statement's entries that are no payments did to the books: each a debit and a credit, never changed.

The bank account is one side of each. What nobody knows yet stands in suspense, so that the books hold every entry from
the moment when it is read; what it turns out to be takes it out of there, by entries of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    Date,
    DateTime,
    Index,
    SmallInteger,
    String,
    case,
    cast,
    false,
    func,
    insert,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from payouts.ledger.closing import closed_to, open_day
from payouts.statement.entry import BankEntry, Match
from schemes.database import Base, BodyOwned, looking_up_by_index, stored, to_body_row
from schemes.duties import london_day


class BookAccount(StrEnum):
    """The accounts that entries of a statement are posted to. Those that the ledger has too are the same."""

    BANK = "bank"
    SUSPENSE = "suspense"
    BANK_CHARGES = "bank_charges"
    INTEREST = "interest"
    TRANSFERS = "transfers"
    REPAYMENTS = "repayments"
    WRITTEN_OFF = "written_off"


PLACES: dict[Match | None, BookAccount | None] = {
    None: BookAccount.SUSPENSE,
    Match.FEE: BookAccount.BANK_CHARGES,
    Match.INTEREST: BookAccount.INTEREST,
    Match.TRANSFER: BookAccount.TRANSFERS,
    Match.REPAYMENT: BookAccount.REPAYMENTS,
    Match.WRITTEN_OFF: BookAccount.WRITTEN_OFF,
    # these the payments' own entries hold
    Match.CONTRA: None,
    Match.RETURN: None,
    Match.MADE_OUTSIDE: None,
    Match.NOT_OURS: None,
    # another entry is the same booking, and holds it
    Match.REPEATED: None,
}
"""Where an entry stands in the books, by what it is."""


class BankPosting(BodyOwned, Base):
    """One movement of one entry of a statement, in pence. undoes: it takes the one before it back."""

    __tablename__ = "bank_posting"
    __table_args__ = (
        Index("uq_bank_posting_step", "body_id", "entry_id", "step", unique=True),
        to_body_row("bank_entry", "entry_id"),
        to_body_row("bank_profile", "line_id"),
        CheckConstraint("amount_pence > 0", name="amount_pence"),
        CheckConstraint("debit <> credit and 'bank' in (debit, credit)", name="two_accounts"),
        CheckConstraint("step >= 1", name="step"),
    )

    line_id: Mapped[UUID]
    entry_id: Mapped[UUID]
    step: Mapped[int] = mapped_column(SmallInteger)
    undoes: Mapped[bool]
    debit: Mapped[BookAccount] = mapped_column(stored(BookAccount, check="debit"))
    credit: Mapped[BookAccount] = mapped_column(stored(BookAccount, check="credit"))
    amount_pence: Mapped[int] = mapped_column(BigInteger)
    accounting_date: Mapped[date]
    at: Mapped[datetime]


class BankPostingSum(BodyOwned, Base):
    """Postings of one account that were made together: how many, and their pence. A trigger writes it."""

    __tablename__ = "bank_posting_sum"
    __table_args__ = (
        Index("ix_bank_posting_sum_date", "body_id", "accounting_date"),
        to_body_row("bank_profile", "line_id"),
    )

    line_id: Mapped[UUID]
    undoes: Mapped[bool]
    debit: Mapped[BookAccount] = mapped_column(stored(BookAccount, check="debit"))
    credit: Mapped[BookAccount] = mapped_column(stored(BookAccount, check="credit"))
    accounting_date: Mapped[date]
    at: Mapped[datetime]
    entries: Mapped[int]
    total_pence: Mapped[int] = mapped_column(BigInteger)


def settle(session: Session, which: ColumnElement[bool], *, at: datetime) -> int:
    """Bring the books to what entries are now; returns how many movements that took. Doing it twice is doing it once.

    An entry is posted to the day on which the bank booked it, or the first open one; what is taken back, and what
    follows that, to today: the books of a past day keep saying what was known then.
    """
    session.flush()
    today = open_day(session, london_day(at))
    standing = other_side()
    differs = standing.c.account.is_distinct_from(wanted())
    back = moved(session, which, standing, differs & standing.c.account.is_not(None), undoes=True, today=today, at=at)
    standing = other_side()
    lacks = standing.c.account.is_(None) & wanted().is_not(None)
    return back + moved(session, which, standing, lacks, undoes=False, today=today, at=at)


def wanted() -> ColumnElement[Any]:
    places = [(BankEntry.match == match, place.value) for match, place in PLACES.items() if match and place]
    return case((BankEntry.match.is_(None), BookAccount.SUSPENSE.value), *places, else_=None)


def other_side() -> Any:
    """The last movement of each entry. account: where it stands besides the bank; NULL where it stands nowhere."""
    posting = BankPosting.__table__
    account = case((posting.c.debit == BookAccount.BANK, posting.c.credit), else_=posting.c.debit)
    return (
        select(
            posting.c.step,
            posting.c.debit,
            posting.c.credit,
            case((posting.c.undoes, None), else_=cast(account, String)).label("account"),
        )
        .where(posting.c.body_id == BankEntry.body_id, posting.c.entry_id == BankEntry.id)
        .order_by(posting.c.step.desc())
        .limit(1)
        .lateral("standing")
    )


def moved(
    session: Session,
    which: ColumnElement[bool],
    standing: Any,
    those: ColumnElement[bool],
    *,
    undoes: bool,
    today: date,
    at: datetime,
) -> int:
    closed = closed_to(session)
    bank = BookAccount.BANK.value
    if undoes:
        debit, credit = standing.c.credit, standing.c.debit
        day: Any = literal(today, Date)
    else:
        debit = case((BankEntry.is_credit, bank), else_=wanted())
        credit = case((BankEntry.is_credit, wanted()), else_=bank)
        booked = func.greatest(BankEntry.booked_on, literal((closed or date.min) + timedelta(days=1), Date))
        day = case((standing.c.step.is_(None), booked), else_=literal(today, Date))
    rows = (
        select(
            BankEntry.body_id,
            func.uuidv7(),
            BankEntry.line_id,
            BankEntry.id,
            func.coalesce(standing.c.step, 0) + 1,
            true() if undoes else false(),
            cast(debit, String),
            cast(credit, String),
            BankEntry.amount_pence,
            day,
            literal(at, DateTime(timezone=True)),
        )
        .select_from(BankEntry)
        .join(standing, true(), isouter=True)
        .where(which, those)
    )
    names = [
        "body_id",
        "id",
        "line_id",
        "entry_id",
        "step",
        "undoes",
        "debit",
        "credit",
        "amount_pence",
        "accounting_date",
        "at",
    ]
    posted = insert(BankPosting).from_select(names, rows).returning(BankPosting.step).cte("posted")
    with looking_up_by_index(session):
        return session.scalar(select(func.count()).select_from(posted)) or 0


def read_or_matched(file_id: UUID, line_id: UUID, at: datetime) -> ColumnElement[bool]:
    """The entries that a file brought, and those of its account that were matched at this moment."""
    return or_(BankEntry.file_id == file_id, (BankEntry.line_id == line_id) & (BankEntry.matched_at == at))


@dataclass(frozen=True)
class Stands:
    """What stands in an account: entries and pence that came in to the bank account and that went out of it."""

    entries_in: int = 0
    pence_in: int = 0
    entries_out: int = 0
    pence_out: int = 0


def stands(session: Session, *, until: date | None = None) -> dict[BookAccount, Stands]:
    """What stands in each account besides the bank's, from the kept sums; up to and including an accounting date."""
    row = BankPostingSum
    came = (row.debit == BookAccount.BANK) != row.undoes
    account = case((row.debit == BookAccount.BANK, row.credit), else_=row.debit)
    sign = case((row.undoes, -1), else_=1)
    sums = select(account, came, func.sum(sign * row.entries), func.sum(sign * row.total_pence)).group_by(account, came)
    if until is not None:
        sums = sums.where(row.accounting_date <= until)
    found: dict[BookAccount, dict[bool, tuple[int, int]]] = {}
    for name, is_in, entries, pence in session.execute(sums):
        found.setdefault(BookAccount(name), {})[is_in] = (int(entries), int(pence))
    return {
        account: Stands(*found.get(account, {}).get(True, (0, 0)), *found.get(account, {}).get(False, (0, 0)))
        for account in BookAccount
        if account is not BookAccount.BANK
    }


def suspense(session: Session) -> tuple[int, int, int]:
    """How many entries nobody knows, and the pence of those that came in and that went out, as the books have them."""
    found = stands(session)[BookAccount.SUSPENSE]
    return found.entries_in + found.entries_out, found.pence_in, found.pence_out


def postings_of(session: Session, entry_id: UUID) -> Sequence[BankPosting]:
    """What one entry did to the books, in order."""
    mine = select(BankPosting).where(BankPosting.entry_id == entry_id)
    return session.scalars(mine.order_by(BankPosting.step)).all()


def unlike_the_entries(session: Session) -> list[tuple[BookAccount, int, int]]:
    """The accounts whose postings, or whose kept sums, come to something else than the entries: account, books, bank.

    Pence that came in less what went out. For work, not for a page: it reads every entry and posting.
    """
    sign = case((BankEntry.is_credit, 1), else_=-1)
    place = wanted()
    by_entry = select(place, func.sum(sign * BankEntry.amount_pence)).where(place.is_not(None)).group_by(place)
    entries = {BookAccount(name): int(pence) for name, pence in session.execute(by_entry)}
    row = BankPosting
    account = case((row.debit == BookAccount.BANK, row.credit), else_=row.debit)
    towards = case((row.debit == BookAccount.BANK, 1), else_=-1)
    by_posting = select(account, func.sum(towards * row.amount_pence)).group_by(account)
    posted = {BookAccount(name): int(pence) for name, pence in session.execute(by_posting)}
    found = []
    for name, kept in stands(session).items():
        in_sums, in_postings = kept.pence_in - kept.pence_out, posted.get(name, 0)
        wrong = in_sums if in_sums != entries.get(name, 0) else in_postings
        if wrong != entries.get(name, 0):
            found.append((name, wrong, entries.get(name, 0)))
    return found
