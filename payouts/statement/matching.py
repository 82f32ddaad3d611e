"""What entries are, where that is certain: contras, returns, payments made outside, what a rule says, fees.

A contra is certain by its amount together with the file that its text names or the entry day; a returned credit by its
end-to-end id or reference together with its amount, as long as one payment and one entry fit each other and no other.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, func, select, update
from sqlalchemy.orm import Session

from payouts.files.payment_file import PaymentFile
from payouts.ledger.entry import Event, LedgerAccount, LedgerEntry
from payouts.payment import Payment
from payouts.payroll import Payroll, PayrollStatus
from payouts.statement import combined
from payouts.statement.entry import BankEntry, Match, Nature
from payouts.statement.made_outside import match_made_outside
from payouts.statement.rule import BankRule
from schemes.bank_profile import BankProfile

BEFORE_SUBMISSION = (
    PayrollStatus.BUILDING,
    PayrollStatus.CHECKED,
    PayrollStatus.SEALING,
    PayrollStatus.SEALED,
    PayrollStatus.RELEASED,
    PayrollStatus.CANCELLED,
)
# of Bacs: a returned credit is back within days; a payee's bank may take weeks where it first tries to apply it
RETURNED_WITHIN = timedelta(days=60)
NEVER_TAKEN = (Event.REJECTED, Event.RECALLED, Event.WITHDRAWN)


class Expected(NamedTuple):
    """What the bank takes for a file: what was sent less what Bacs did not process; and what it took so far."""

    file_id: UUID
    line_id: UUID
    payroll_id: UUID
    number: int
    name: str
    pay_date: date
    expected_pence: int
    matched_pence: int

    @property
    def is_matched(self) -> bool:
        return self.expected_pence == self.matched_pence


def expected_contras(
    session: Session, *, line_id: UUID | None = None, payroll_id: UUID | None = None, only_open: bool = False
) -> list[Expected]:
    """The contra of each file that went to Bacs, of an account, a payroll or the whole body."""
    taken_back = (
        select(
            Payment.file_id.label("file_id"),
            func.sum(case((LedgerEntry.undoes, -1), else_=1) * LedgerEntry.amount_pence).label("pence"),
        )
        .join(Payment, (Payment.body_id == LedgerEntry.body_id) & (Payment.id == LedgerEntry.payment_id))
        .where(
            (LedgerEntry.credit == LedgerAccount.RETURNED_AND_HELD)
            | (LedgerEntry.undoes & (LedgerEntry.debit == LedgerAccount.RETURNED_AND_HELD)),
            LedgerEntry.event.in_(NEVER_TAKEN),
        )
        .group_by(Payment.file_id)
    )
    if payroll_id is not None:
        taken_back = taken_back.where(LedgerEntry.payroll_id == payroll_id)
    back = taken_back.subquery()
    booked = (
        select(BankEntry.payment_file_id, func.sum(BankEntry.amount_pence).label("pence"))
        .where(BankEntry.match == Match.CONTRA)
        .group_by(BankEntry.payment_file_id)
        .subquery()
    )
    expected = PaymentFile.total_pence - func.coalesce(back.c.pence, 0)
    matched = func.coalesce(booked.c.pence, 0)
    rows = (
        select(
            PaymentFile.id,
            BankProfile.line_id,
            Payroll.id,
            Payroll.number,
            PaymentFile.name,
            Payroll.pay_date,
            expected,
            matched,
        )
        .join(Payroll, (Payroll.body_id == PaymentFile.body_id) & (Payroll.id == PaymentFile.payroll_id))
        .join(BankProfile, (BankProfile.body_id == Payroll.body_id) & (BankProfile.id == Payroll.bank_profile_id))
        .outerjoin(back, back.c.file_id == PaymentFile.id)
        .outerjoin(booked, booked.c.payment_file_id == PaymentFile.id)
        .where(
            PaymentFile.withdrawn_at.is_(None),
            PaymentFile.sealed_at.is_not(None),
            Payroll.status.not_in(BEFORE_SUBMISSION),
        )
        .order_by(Payroll.number, PaymentFile.first)
    )
    if line_id is not None:
        rows = rows.where(BankProfile.line_id == line_id)
    if payroll_id is not None:
        rows = rows.where(Payroll.id == payroll_id)
    if only_open:
        rows = rows.where(expected != matched)
    return [
        Expected(file_id, line, whose, number, name, pay_date, int(wanted), int(found))
        for file_id, line, whose, number, name, pay_date, wanted, found in session.execute(rows)
    ]


def contra_matched(session: Session, payroll_id: UUID) -> bool:
    """Whether the bank took for every file of a payroll just what it should: asked before a payroll is closed."""
    found = expected_contras(session, payroll_id=payroll_id)
    return bool(found) and all(each.is_matched for each in found)


def match_line(session: Session, line_id: UUID, *, at: datetime) -> int:
    """Match what is certain of an account's entries; returns how many. Doing it twice is doing it once."""
    return (
        match_contras(session, line_id, at=at)
        + match_returns(session, line_id, at=at)
        + match_made_outside(session, line_id, at=at)
        + match_rules(session, line_id, at=at)
        + match_fees(session, line_id, at=at)
    )


def match_rules(session: Session, line_id: UUID | None, *, at: datetime) -> int:
    """By the rules that two people made, those that are in force; of an account, or of all."""
    those = update(BankEntry).where(
        BankRule.body_id == BankEntry.body_id,
        BankRule.id == BankEntry.rule_id,
        BankRule.ended_at.is_(None),
        BankEntry.match.is_(None),
        BankEntry.matched_by.is_(None),
    )
    if line_id is not None:
        those = those.where(BankEntry.line_id == line_id)
    matched: int = session.execute(
        those.values(match=BankRule.match, matched_at=at).execution_options(synchronize_session=False)
    ).rowcount  # type: ignore[attr-defined]
    return matched


def match_fees(session: Session, line_id: UUID, *, at: datetime) -> int:
    matched: int = session.execute(
        update(BankEntry)
        .where(
            BankEntry.line_id == line_id,
            BankEntry.match.is_(None),
            BankEntry.matched_by.is_(None),
            BankEntry.nature == Nature.FEE,
        )
        .values(match=Match.FEE, matched_at=at)
        .execution_options(synchronize_session=False)
    ).rowcount  # type: ignore[attr-defined]
    return matched


def match_contras(session: Session, line_id: UUID, *, at: datetime) -> int:
    """By the named file and its amount, in one booking or in several that come to it; else by amount and entry day."""
    wanted = {each.file_id: each for each in expected_contras(session, line_id=line_id, only_open=True)}
    if not wanted:
        return 0
    amounts = [each.expected_pence for each in wanted.values()]
    debits = session.scalars(
        select(BankEntry)
        .where(
            BankEntry.line_id == line_id,
            BankEntry.match.is_(None),
            BankEntry.matched_by.is_(None),
            ~BankEntry.is_credit,
            BankEntry.hint_id.in_(wanted) | BankEntry.amount_pence.in_(amounts),
        )
        .order_by(BankEntry.id)
        .limit(20_000)
    ).all()
    matched = 0
    by_file, by_fact = defaultdict(list), defaultdict(list)
    for entry in debits:
        if entry.hint_id in wanted:
            by_file[entry.hint_id].append(entry)
        elif entry.hint_id is None:
            by_fact[entry.amount_pence, entry.booked_on].append(entry)
    for file_id, entries in by_file.items():
        left = wanted[file_id].expected_pence - wanted[file_id].matched_pence
        exact = [entry for entry in entries if entry.amount_pence == left]
        together = entries if sum(entry.amount_pence for entry in entries) == left else exact[:1]
        matched += take(together, file_id, at=at)
        if together:
            del wanted[file_id]
    files = defaultdict(list)
    for each in wanted.values():
        files[each.expected_pence - each.matched_pence, each.pay_date].append(each.file_id)
    for fact, entries in by_fact.items():
        if len(entries) == 1 and len(files[fact]) == 1:
            matched += take(entries, files[fact][0], at=at)
    session.flush()
    return matched


def take(entries: list[BankEntry], file_id: UUID, *, at: datetime) -> int:
    for entry in entries:
        entry.match, entry.payment_file_id, entry.matched_at = Match.CONTRA, file_id, at
    return len(entries)


def match_returns(session: Session, line_id: UUID, *, at: datetime) -> int:
    """By end-to-end id, credits of several payments by theirs or by reference, then payments by reference.

    Among those that a report returned already first, then among all that were sent.
    """
    by_id = and_(BankEntry.payroll_number == Payroll.number, BankEntry.ordinal == Payment.ordinal)
    by_reference = and_(BankEntry.reference == Payment.reference, BankEntry.reference != "")
    matched = match_pairs(session, pairs(line_id, by_id), at=at)
    for fits in (combined.BY_ID, combined.BY_REFERENCE):
        matched += match_pairs(session, combined.certain(line_id, fits, may_have_come_back()), at=at)
    matched += match_pairs(session, pairs(line_id, by_reference & was_returned()), at=at)
    return matched + match_pairs(session, pairs(line_id, by_reference), at=at)


def was_returned() -> ColumnElement[bool]:
    """Of a payment, that a report or two people said that it came back."""
    return (
        select(LedgerEntry.id)
        .where(
            LedgerEntry.body_id == Payment.body_id,
            LedgerEntry.payment_id == Payment.id,
            LedgerEntry.event == Event.RETURNED,
            ~LedgerEntry.undoes,
        )
        .exists()
    )


def may_have_come_back() -> ColumnElement[bool]:
    """Of payrolls and entries, that what the one paid may have come back as the other."""
    return and_(
        Payroll.status.not_in(BEFORE_SUBMISSION),
        BankEntry.booked_on >= Payroll.pay_date,
        BankEntry.booked_on <= Payroll.pay_date + RETURNED_WITHIN.days,
    )


def fitting(line_id: UUID, fits: ColumnElement[bool]) -> Select[UUID, UUID]:
    """Returned credits and payments of the same amount that fit each other."""
    taken = (
        select(BankEntry.id)
        .where(BankEntry.match == Match.RETURN, BankEntry.payment_id == Payment.id)
        .correlate(Payment)
        .exists()
    )
    return (
        select(BankEntry.id.label("entry_id"), Payment.id.label("payment_id"))
        .select_from(BankEntry)
        .join(Payment, (Payment.body_id == BankEntry.body_id) & (Payment.amount_pence == BankEntry.amount_pence))
        .join(Payroll, (Payroll.body_id == Payment.body_id) & (Payroll.id == Payment.payroll_id))
        .join(BankProfile, (BankProfile.body_id == Payroll.body_id) & (BankProfile.id == Payroll.bank_profile_id))
        .where(
            BankEntry.line_id == line_id,
            BankProfile.line_id == line_id,
            BankEntry.match.is_(None),
            BankEntry.matched_by.is_(None),
            BankEntry.nature == Nature.RETURN,
            may_have_come_back(),
            Payment.file_id.is_not(None),
            # those come back with the others of their credit
            ~Payment.combined,
            fits,
            ~taken,
        )
    )


def pairs(line_id: UUID, fits: ColumnElement[bool]) -> Select[tuple[UUID, UUID]]:
    """Of those that fit each other those that fit no other."""
    both: Subquery = (
        fitting(line_id, fits)
        .add_columns(
            func.count().over(partition_by=BankEntry.id).label("payments"),
            func.count().over(partition_by=Payment.id).label("entries"),
        )
        .subquery()
    )
    return select(both.c.entry_id, both.c.payment_id).where(both.c.payments == 1, both.c.entries == 1)


def match_pairs(session: Session, certain: Select[tuple[UUID, UUID]], *, at: datetime) -> int:
    found = certain.cte("certain")
    matched: int = session.execute(
        update(BankEntry)
        .where(BankEntry.body_id == session.info["body_id"], BankEntry.id == found.c.entry_id)
        .values(match=Match.RETURN, payment_id=found.c.payment_id, matched_at=at)
        .execution_options(synchronize_session=False)
    ).rowcount  # type: ignore[attr-defined]
    return matched
