"""What a check found, what may be done about it, and a person's reason for accepting it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ColumnElement, Index, Text, cast, delete, func, insert, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from payouts.payment import Payment
from payouts.payroll import Payroll
from schemes.database import Base, BodyOwned, joining_whole_tables, stored, to_body_row
from schemes.errors import NotFound
from schemes.payee import Beneficiary, Payee
from schemes.signer import canonical, canonical_texts


class Severity(StrEnum):
    """block: the payroll cannot go on. needs_reason: a person accepts it with a reason. note: worth knowing."""

    BLOCK = "block"
    NEEDS_REASON = "needs_reason"
    NOTE = "note"


class Kind(StrEnum):
    """What was found. The words for each, and what to do, stand in `payouts/web/words.py`."""

    NOTHING_TO_PAY = "nothing_to_pay"
    TOTALS_DIFFER = "totals_differ"
    DIFFERENCE_UNEXPLAINED = "difference_unexplained"
    TOO_MANY_ITEMS = "too_many_items"
    PAYROLL_OVER_LIMIT = "payroll_over_limit"
    FILE_OVER_LIMIT = "file_over_limit"
    PAYMENT_OVER_LIMIT = "payment_over_limit"
    ITEM_OVER_BANK_LIMIT = "item_over_bank_limit"
    COMBINED_OVER_BANK_LIMIT = "combined_over_bank_limit"
    UNUSUALLY_LARGE = "unusually_large"
    ARREARS = "arrears"
    CUT_OFF_PASSED = "cut_off_passed"
    MODULUS_FAILED = "modulus_failed"
    MODULUS_NOT_CHECKABLE = "modulus_not_checkable"
    FOREIGN_CURRENCY_ACCOUNT = "foreign_currency_account"
    BANK_DETAILS_UNCONFIRMED = "bank_details_unconfirmed"
    ONE_ACCOUNT_SEVERAL_PAYEES = "one_account_several_payees"
    ONE_PAYEE_SEVERAL_PAYMENTS = "one_payee_several_payments"
    NAME_EMPTY = "name_empty"
    NAME_CUT = "name_cut"
    NAME_REWRITTEN = "name_rewritten"
    FIRST_PAYMENT = "first_payment"
    ONE_OFF_PAYMENT = "one_off_payment"
    POSSIBLY_ONE_PERSON = "possibly_one_person"
    NO_SUCH_ACCOUNT = "no_such_account"
    NAME_NO_MATCH = "name_no_match"
    NAME_CLOSE_MATCH = "name_close_match"
    ACCOUNT_SWITCHED = "account_switched"
    NAME_CANNOT_BE_CHECKED = "name_cannot_be_checked"
    NAMES_NOT_CHECKED = "names_not_checked"
    AMOUNT_CHANGED = "amount_changed"
    AWARD_CHANGED = "award_changed"
    BANK_DETAILS_CHANGED = "bank_details_changed"
    PAID_ELSEWHERE = "paid_elsewhere"
    PERIOD_PAID_ELSEWHERE = "period_paid_elsewhere"
    TOTAL_VARIANCE = "total_variance"
    COUNT_VARIANCE = "count_variance"
    HOLIDAYS_RUN_OUT = "holidays_run_out"
    FUNDS_NOT_RECORDED = "funds_not_recorded"
    FUNDS_SHORT = "funds_short"
    CONTROL_TOTAL_MISSING = "control_total_missing"
    CONTROL_TOTAL_DIFFERS = "control_total_differs"


SEVERITIES: dict[Kind, Severity] = {
    Kind.NOTHING_TO_PAY: Severity.BLOCK,
    Kind.TOTALS_DIFFER: Severity.BLOCK,
    Kind.DIFFERENCE_UNEXPLAINED: Severity.BLOCK,
    Kind.TOO_MANY_ITEMS: Severity.NOTE,
    Kind.PAYROLL_OVER_LIMIT: Severity.BLOCK,
    Kind.FILE_OVER_LIMIT: Severity.BLOCK,
    Kind.PAYMENT_OVER_LIMIT: Severity.BLOCK,
    Kind.ITEM_OVER_BANK_LIMIT: Severity.BLOCK,
    Kind.COMBINED_OVER_BANK_LIMIT: Severity.BLOCK,
    Kind.UNUSUALLY_LARGE: Severity.NEEDS_REASON,
    Kind.ARREARS: Severity.NEEDS_REASON,
    Kind.CUT_OFF_PASSED: Severity.BLOCK,
    Kind.MODULUS_FAILED: Severity.BLOCK,
    Kind.MODULUS_NOT_CHECKABLE: Severity.NEEDS_REASON,
    Kind.FOREIGN_CURRENCY_ACCOUNT: Severity.NEEDS_REASON,
    Kind.BANK_DETAILS_UNCONFIRMED: Severity.BLOCK,
    Kind.ONE_ACCOUNT_SEVERAL_PAYEES: Severity.NEEDS_REASON,
    Kind.ONE_PAYEE_SEVERAL_PAYMENTS: Severity.NOTE,
    Kind.NAME_EMPTY: Severity.BLOCK,
    Kind.NAME_CUT: Severity.NOTE,
    Kind.NAME_REWRITTEN: Severity.NOTE,
    Kind.FIRST_PAYMENT: Severity.NOTE,
    Kind.ONE_OFF_PAYMENT: Severity.NEEDS_REASON,
    Kind.POSSIBLY_ONE_PERSON: Severity.NEEDS_REASON,
    Kind.NO_SUCH_ACCOUNT: Severity.BLOCK,
    Kind.NAME_NO_MATCH: Severity.NEEDS_REASON,
    Kind.NAME_CLOSE_MATCH: Severity.NEEDS_REASON,
    Kind.ACCOUNT_SWITCHED: Severity.NEEDS_REASON,
    Kind.NAME_CANNOT_BE_CHECKED: Severity.NOTE,
    Kind.NAMES_NOT_CHECKED: Severity.NOTE,
    Kind.AMOUNT_CHANGED: Severity.NEEDS_REASON,
    Kind.AWARD_CHANGED: Severity.NOTE,
    Kind.BANK_DETAILS_CHANGED: Severity.NOTE,
    Kind.PAID_ELSEWHERE: Severity.NEEDS_REASON,
    Kind.PERIOD_PAID_ELSEWHERE: Severity.NOTE,
    Kind.TOTAL_VARIANCE: Severity.NEEDS_REASON,
    Kind.COUNT_VARIANCE: Severity.NEEDS_REASON,
    Kind.HOLIDAYS_RUN_OUT: Severity.NOTE,
    Kind.FUNDS_NOT_RECORDED: Severity.NOTE,
    Kind.FUNDS_SHORT: Severity.NEEDS_REASON,
    Kind.CONTROL_TOTAL_MISSING: Severity.NOTE,
    Kind.CONTROL_TOTAL_DIFFERS: Severity.NEEDS_REASON,
}

# about accounts, duplicates and variance: each is looked at for itself, and never are all accepted at once
ONE_BY_ONE = frozenset(
    {
        Kind.MODULUS_NOT_CHECKABLE,
        Kind.FOREIGN_CURRENCY_ACCOUNT,
        Kind.ONE_ACCOUNT_SEVERAL_PAYEES,
        Kind.BANK_DETAILS_CHANGED,
        Kind.NO_SUCH_ACCOUNT,
        Kind.NAME_NO_MATCH,
        Kind.NAME_CLOSE_MATCH,
        Kind.ACCOUNT_SWITCHED,
        Kind.POSSIBLY_ONE_PERSON,
        Kind.PAID_ELSEWHERE,
        Kind.PERIOD_PAID_ELSEWHERE,
        Kind.TOTAL_VARIANCE,
        Kind.COUNT_VARIANCE,
        Kind.CONTROL_TOTAL_DIFFERS,
    }
)
# those, and amounts far from the last ones: a new rate moves everybody's at once, so they may be accepted together
OPENED = ONE_BY_ONE - {Kind.PERIOD_PAID_ELSEWHERE} | {Kind.AMOUNT_CHANGED}

# raised when a check's rule changes: the manifest names it, so that old results are read by old rules
RULE_SET = "2026-12.6"


@dataclass(frozen=True)
class Found:
    """What a check yields: of one payment, or of the payroll as a whole. `facts` are JSON values for the sentence."""

    kind: Kind
    payment_id: UUID | None
    facts: dict[str, Any]


class Finding(BodyOwned, Base):
    """A stored finding. Open while it blocks, or needs a reason and has none. kept_from: the build of a kept reason."""

    __tablename__ = "finding"
    __table_args__ = (
        Index("ix_finding_payroll", "body_id", "payroll_id", "kind", "id"),
        to_body_row("payroll", "payroll_id"),
        to_body_row("payment", "payment_id"),
        CheckConstraint("(accepted_by is null) = (accepted_at is null)", name="accepted"),
    )

    payroll_id: Mapped[UUID]
    kind: Mapped[Kind] = mapped_column(stored(Kind))
    severity: Mapped[Severity] = mapped_column(stored(Severity))
    payment_id: Mapped[UUID | None]
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    accepted_by: Mapped[UUID | None]
    accepted_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    kept_from: Mapped[int | None]


class FindingGroup(Base):
    """All findings of one kind in a payroll, counted: a page must not count a million rows each time it is shown."""

    __tablename__ = "finding_group"
    __table_args__ = (
        to_body_row("payroll", "payroll_id"),
        CheckConstraint("open_count between 0 and count", name="open"),
    )

    body_id: Mapped[UUID] = mapped_column(primary_key=True)
    payroll_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[Kind] = mapped_column(stored(Kind), primary_key=True)
    severity: Mapped[Severity] = mapped_column(stored(Severity))
    count: Mapped[int]
    open_count: Mapped[int]
    amount_pence: Mapped[int] = mapped_column(BigInteger)

    @property
    def is_open(self) -> bool:
        return self.open_count > 0


@dataclass(frozen=True)
class FindingRow:
    """A finding as a person reads it: with its payment and people, unless it is of the whole payroll."""

    finding: Finding
    payment: Payment | None
    beneficiary: Beneficiary | None
    payee: Payee | None


IS_OPEN = (Finding.severity != Severity.NOTE) & Finding.accepted_at.is_(None)


def count_groups(session: Session, payroll: Payroll) -> None:
    """Count the findings of a payroll that was just checked, by kind."""
    session.execute(delete(FindingGroup).where(FindingGroup.payroll_id == payroll.id))
    counted = (
        select(
            Finding.body_id,
            Finding.payroll_id,
            Finding.kind,
            Finding.severity,
            func.count(),
            func.count().filter(IS_OPEN),
            func.coalesce(func.sum(Payment.amount_pence), 0),
        )
        .outerjoin(Payment, (Payment.body_id == Finding.body_id) & (Payment.id == Finding.payment_id))
        .where(Finding.payroll_id == payroll.id)
        .group_by(Finding.body_id, Finding.payroll_id, Finding.kind, Finding.severity)
    )
    columns = ["body_id", "payroll_id", "kind", "severity", "count", "open_count", "amount_pence"]
    with joining_whole_tables(session):
        session.execute(insert(FindingGroup).from_select(columns, counted))


def groups_of(session: Session, payroll_id: UUID) -> list[FindingGroup]:
    """A payroll's findings by kind: what blocks first, then what needs a reason, then what is worth knowing."""
    groups = session.scalars(select(FindingGroup).where(FindingGroup.payroll_id == payroll_id)).all()
    order = list(Severity)
    return sorted(groups, key=lambda group: (order.index(group.severity), list(Kind).index(group.kind)))


def findings_of(
    session: Session, payroll_id: UUID, kind: Kind, *, after: UUID | None = None, limit: int = 50
) -> list[FindingRow]:
    """The findings of one kind, those after the id `after`."""
    which = (Finding.payroll_id == payroll_id) & (Finding.kind == kind)
    return findings_where(session, which if after is None else which & (Finding.id > after), limit=limit)


def findings_where(session: Session, which: ColumnElement[bool], *, limit: int | None = None) -> list[FindingRow]:
    """The findings that a condition picks, by id."""
    rows = (
        select(Finding, Payment, Beneficiary, Payee)
        .outerjoin(Payment, (Payment.body_id == Finding.body_id) & (Payment.id == Finding.payment_id))
        .outerjoin(Beneficiary, (Beneficiary.body_id == Payment.body_id) & (Beneficiary.id == Payment.beneficiary_id))
        .outerjoin(Payee, (Payee.body_id == Payment.body_id) & (Payee.id == Payment.payee_id))
        .where(which)
        .order_by(Finding.id)
        .limit(limit)
    )
    return [FindingRow(*row) for row in session.execute(rows)]


def get_finding(session: Session, payroll_id: UUID, finding_id: UUID) -> Finding:
    """Raises NotFound, for a finding of another payroll too."""
    finding = session.get(Finding, (session.info["body_id"], finding_id))
    if finding is None or finding.payroll_id != payroll_id:
        raise NotFound("finding", finding_id)
    return finding


def open_count(session: Session, payroll_id: UUID) -> int:
    """How many findings still keep the payroll from going on, by the findings themselves."""
    return session.scalar(select(func.count()).where(Finding.payroll_id == payroll_id, IS_OPEN)) or 0


def results_digest(session: Session, payroll_id: UUID) -> str:
    """SHA-256 over all findings with their reasons, in order: what the manifest says of the checks."""
    running = hashlib.sha256()
    for line in result_lines(session, payroll_id):
        running.update(line)
    return running.hexdigest()


def result_lines(session: Session, payroll_id: UUID) -> Iterator[bytes]:
    """What the digest of a payroll's check results is taken of: a line of canonical JSON a finding, streamed."""
    rows = session.execute(
        select(
            cast(Finding.id, Text),
            cast(Finding.kind, Text),
            cast(Finding.payment_id, Text),
            cast(Finding.accepted_by, Text),
            Finding.reason,
            Finding.facts,
        )
        .where(Finding.payroll_id == payroll_id)
        .order_by(Finding.id)
        .execution_options(yield_per=2000)
    )
    for *about, accepted_by, reason, facts in rows:
        first, last = canonical_texts(about), canonical_texts((accepted_by, reason))
        # one list: the texts before the facts, the facts, and the texts after them
        yield b"%s,%s,%s\n" % (first[:-1], canonical(facts) if facts else b"{}", last[1:])
