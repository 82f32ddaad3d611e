"""What people say in the bank's place: which payment a line is about, or that one came back. Always two of them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from payouts.payment import Payment, PaymentStatus
from payouts.payment_item import paid_with
from payouts.payroll import Payroll
from payouts.responses import word
from payouts.responses.applying import apply_wanted
from payouts.responses.line import LineMatch, ResponseLine
from payouts.responses.suspense import CONFIRMERS, SETTLERS, Suspense, SuspenseRow, SuspenseStatus
from payouts.returns import telling
from payouts.returns.recall import credit_of
from payouts.returns.telling import ToldReturn
from schemes import audit, proposal
from schemes.account import Account
from schemes.errors import NotFound, NotNow, ReasonNotGiven, Refused, SamePerson
from schemes.payee import Payee
from schemes.person import Actor

MOST_CANDIDATES = 10
LOOKED_THROUGH = 20_000
"""The most payments of a payroll among which an amount is looked for: a page waits for it."""
NOT_AT_THE_BANK = (PaymentStatus.PREPARED, PaymentStatus.CANCELLED, PaymentStatus.TAKEN_OUT)


class NotAtTheBank(Refused):
    """The bank cannot speak of this payment: it was never released."""


class OtherAmount(Refused):
    """The bank names another amount than the credit that this payment is in: what moves would not be what it says."""

    def __init__(self, line_pence: int, credit_pence: int) -> None:
        super().__init__(f"the bank says {line_pence} pence of a credit of {credit_pence}")
        self.line_pence = line_pence
        self.credit_pence = credit_pence


class Candidate(NamedTuple):
    """A payment that a line may be about, and what agrees."""

    payment: Payment
    payroll: Payroll
    payee: Payee
    account: Account
    same_amount: bool
    same_account: bool
    same_reference: bool
    same_day: bool

    @property
    def agreeing(self) -> int:
        return sum((self.same_amount, self.same_account, self.same_reference, self.same_day))


def candidates(session: Session, line: ResponseLine) -> list[Candidate]:
    """The payments that a line is likeliest about, those of which most agrees first."""
    prints = [each for each in (line.fingerprint, line.roll_fingerprint) if each is not None]
    found: set[UUID] = set()
    if line.reference:
        found |= set(session.scalars(of_bank(Payment.reference == line.reference)))
    if prints:
        accounts = session.execute(
            select(Account.id, Account.payee_id).where(Account.fingerprint.in_(prints)).limit(50)
        ).all()
        payees, ids = {payee_id for _, payee_id in accounts}, {account_id for account_id, _ in accounts}
        found |= set(session.scalars(of_bank(Payment.payee_id.in_(payees) & Payment.account_id.in_(ids))))
    if line.amount_pence is not None and line.processing_day is not None:
        found |= set(session.scalars(of_bank(of_that_day(line) & (Payment.amount_pence == line.amount_pence))))
    return sorted(compared(session, line, found), key=lambda one: (-one.agreeing, one.payment.id))[:MOST_CANDIDATES]


def of_that_day(line: ResponseLine) -> ColumnElement[bool]:
    """Of payments those that were processed on a line's day, in payrolls that are not too large to be gone through."""
    of_day = select(Payroll.id).where(
        Payroll.processing_day == line.processing_day, Payroll.payment_count <= LOOKED_THROUGH
    )
    return Payment.payroll_id.in_(of_day)


def compared(session: Session, line: ResponseLine, payments: Collection[UUID]) -> list[Candidate]:
    """What of a line agrees with each of some payments."""
    if not payments:
        return []
    prints = {bytes(each) for each in (line.fingerprint, line.roll_fingerprint) if each is not None}
    rows = session.execute(
        select(Payment, Payroll, Payee, Account)
        .join(Payroll, (Payroll.body_id == Payment.body_id) & (Payroll.id == Payment.payroll_id))
        .join(Payee, (Payee.body_id == Payment.body_id) & (Payee.id == Payment.payee_id))
        .join(Account, (Account.body_id == Payment.body_id) & (Account.id == Payment.account_id))
        .where(Payment.id.in_(payments))
    )
    return [
        Candidate(
            payment,
            payroll,
            payee,
            account,
            same_amount=payment.amount_pence == line.amount_pence,
            same_account=bytes(account.fingerprint) in prints,
            same_reference=payment.reference == line.reference,
            same_day=payroll.processing_day == line.processing_day,
        )
        for payment, payroll, payee, account in rows
    ]


def with_reference(session: Session, reference: str) -> list[UUID]:
    """The payments that the bank may speak of by a reference, as somebody types it."""
    return list(session.scalars(of_bank(Payment.reference == " ".join(reference.upper().split()))))


def of_bank(which: ColumnElement[bool]) -> Select[UUID]:
    return select(Payment.id).where(which, Payment.status.not_in(NOT_AT_THE_BANK)).order_by(Payment.id.desc()).limit(50)


def propose(
    session: Session, row: SuspenseRow, *, payment_id: UUID | None, reason: str, by: Actor, at: datetime
) -> Suspense:
    """Say which payment a line is about, or (None) that it is none of ours, on a row locked by the caller.

    Raises NotAtTheBank, OtherAmount, NotNow, ReasonNotGiven, NotFound, NotAllowed.
    """
    by.must_be(*SETTLERS)
    waiting = row.suspense
    if waiting.status is SuspenseStatus.PROPOSED and waiting.proposed_by == by.person_id:
        return waiting
    if waiting.status is not SuspenseStatus.WAITING:
        raise NotNow("line", waiting.status.replace("_", " "), "settled")
    if not reason.strip():
        raise ReasonNotGiven("settle this line so")
    if payment_id is not None:
        _, credit_pence = credit_of(session, get_payment(session, payment_id))
        line_pence = row.line.amount_pence
        if line_pence is not None and line_pence != credit_pence:
            raise OtherAmount(line_pence, credit_pence)
    waiting.status, waiting.payment_id, waiting.reason = SuspenseStatus.PROPOSED, payment_id, reason.strip()
    waiting.proposed_by, waiting.proposed_at = by.person_id, at
    session.flush()
    about: dict[str, Any] = {"payment": str(payment_id)} if payment_id else {}
    audit.record(session, "suspense.proposed", by=by, about=row.response, at=at, suspense=str(waiting.id), **about)
    return waiting


def confirm(session: Session, row: SuspenseRow, *, by: Actor, at: datetime) -> None:
    """A second person confirms it, on a row locked by the caller: the payment moves as the line says.

    Raises SamePerson, NotNow, NotAllowed.
    """
    by.must_be(*CONFIRMERS)
    waiting, line = row.suspense, row.line
    if waiting.confirmed_by == by.person_id:
        return
    if waiting.status is not SuspenseStatus.PROPOSED:
        raise NotNow("line", waiting.status.replace("_", " "), "confirmed")
    if waiting.proposed_by == by.person_id:
        raise SamePerson("said what this line is about")
    matched = waiting.payment_id is not None
    waiting.status = SuspenseStatus.MATCHED if matched else SuspenseStatus.SET_ASIDE
    waiting.confirmed_by, waiting.confirmed_at = by.person_id, at
    session.flush()
    audit.record(session, f"suspense.{waiting.status}", by=by, about=row.response, at=at, suspense=str(waiting.id))
    if waiting.payment_id is None:
        return
    payments = in_one_credit(session, waiting.payment_id)
    for payment_id in payments:
        session.add(
            LineMatch(
                body_id=waiting.body_id,
                digest=waiting.digest,
                payment_id=payment_id,
                matched_by=waiting.proposed_by,
                confirmed_by=by.person_id,
                reason=waiting.reason,
                matched_at=at,
            )
        )
    session.flush()
    if line.says in word.ASKS_FOR:
        apply_wanted(session, {word.ASKS_FOR[line.says]: payments}, by=by.person_id, at=at)


def let_wait(session: Session, row: SuspenseRow, *, by: Actor, at: datetime) -> None:
    """A proposal was wrong: the line waits again, on a row locked by the caller. Raises NotNow, NotAllowed."""
    waiting = row.suspense
    if waiting.proposed_by != by.person_id:
        by.must_be(*CONFIRMERS)
    if waiting.status is not SuspenseStatus.PROPOSED:
        raise NotNow("line", waiting.status.replace("_", " "), "let wait")
    waiting.status, waiting.payment_id, waiting.reason = SuspenseStatus.WAITING, None, None
    waiting.proposed_by = waiting.proposed_at = None
    session.flush()
    audit.record(session, "suspense.let_wait", by=by, about=row.response, at=at, suspense=str(waiting.id))


def get_payment(session: Session, payment_id: UUID) -> Payment:
    """A payment that the bank may speak of. Raises NotAtTheBank, NotFound."""
    payment = session.get(Payment, (session.info["body_id"], payment_id))
    if payment is None:
        raise NotFound("payment", payment_id)
    if payment.status in NOT_AT_THE_BANK:
        raise NotAtTheBank
    return payment


def confirm_told(session: Session, told: ToldReturn, *, by: Actor, at: datetime) -> None:
    """A second person has seen that a payment came back, on a row locked by the caller: now it has.

    Raises SamePerson, NotNow, NotAllowed.
    """
    by.must_be(*telling.CONFIRMERS)
    if not proposal.may_be_confirmed(told, "recorded return", by=by):
        return
    proposal.confirm(session, told, by=by, at=at)
    audit.record(session, "return.told_confirmed", by=by, at=at, payment=str(told.payment_id))
    apply_wanted(session, {PaymentStatus.RETURNED: in_one_credit(session, told.payment_id)}, by=told.proposed_by, at=at)


def in_one_credit(session: Session, payment_id: UUID) -> list[UUID]:
    """The payments that the bank knows as one with this, itself among them: one credit comes back as a whole."""
    payment = session.get_one(Payment, (session.info["body_id"], payment_id))
    return [one.id for one in paid_with(session, payment) if one.status not in NOT_AT_THE_BANK]


def counted(session: Session, payroll_id: UUID) -> dict[PaymentStatus, tuple[int, int]]:
    """How many payments of a payroll are in which state, and their pence."""
    rows = session.execute(
        select(Payment.status, func.count(), func.sum(Payment.amount_pence))
        .where(Payment.payroll_id == payroll_id)
        .group_by(Payment.status)
    )
    return {status: (count, int(pence)) for status, count, pence in rows}
