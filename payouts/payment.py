"""A payment and its permanent key; and who is not paid this time, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    UniqueConstraint,
    func,
    or_,
    select,
    text,
    union,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from schemes.account import Account
from schemes.award import Award
from schemes.claim import only_dead
from schemes.database import Base, BodyOwned, stored, to_body_row
from schemes.hold import gravest
from schemes.mandate import in_force_on
from schemes.payee import Beneficiary, Mandate, Payee, PaymentMethod
from schemes.seal import SealingKey


class PaymentStatus(StrEnum):
    """Where a payment is. It moves with its payroll until the bank speaks of it alone."""

    PREPARED = "prepared"
    RELEASED = "released"
    SUBMITTED = "submitted"
    PAID = "paid"
    CANCELLED = "cancelled"
    TAKEN_OUT = "taken_out"
    REJECTED = "rejected"
    RECALLED = "recalled"
    RETURNED = "returned"


MOVES: dict[tuple[PaymentStatus, PaymentStatus], str] = {
    (PaymentStatus.PREPARED, PaymentStatus.RELEASED): "every gate said go, bound to the file's bytes",
    (
        PaymentStatus.PREPARED,
        PaymentStatus.CANCELLED,
    ): "its payroll was given up before release; the key is free again",
    (
        PaymentStatus.PREPARED,
        PaymentStatus.TAKEN_OUT,
    ): "a person took it out of a sealed payroll; the key is free again",
    (PaymentStatus.RELEASED, PaymentStatus.SUBMITTED): "a person says that the file was sent, or the bank speaks of it",
    (PaymentStatus.SUBMITTED, PaymentStatus.PAID): "the days for returns passed, or the bank says that it was paid",
    (PaymentStatus.SUBMITTED, PaymentStatus.REJECTED): "Bacs did not take it; the key is free for one successor",
    (PaymentStatus.SUBMITTED, PaymentStatus.RECALLED): "it was taken back in time; the key is free for one successor",
    (PaymentStatus.SUBMITTED, PaymentStatus.RETURNED): "the bank could not apply it; the key is free for one successor",
    (PaymentStatus.PAID, PaymentStatus.REJECTED): "it was not taken after all",
    (PaymentStatus.PAID, PaymentStatus.RECALLED): "it was taken back after all",
    (PaymentStatus.PAID, PaymentStatus.RETURNED): "it came back late",
    (PaymentStatus.REJECTED, PaymentStatus.RECALLED): "it had been taken, and was taken back",
    (PaymentStatus.REJECTED, PaymentStatus.RETURNED): "it had been taken, and came back",
    (PaymentStatus.RECALLED, PaymentStatus.RETURNED): "it was too late to take it back, and it came back by itself",
}

GONE_OUT = (PaymentStatus.RELEASED, PaymentStatus.SUBMITTED, PaymentStatus.PAID)
CAME_BACK = (PaymentStatus.REJECTED, PaymentStatus.RECALLED, PaymentStatus.RETURNED)
FREED = (PaymentStatus.CANCELLED, PaymentStatus.TAKEN_OUT, *CAME_BACK)
"""Payments whose permanent key is free."""

IS_LIVE = "status not in ('cancelled', 'taken_out', 'rejected', 'recalled', 'returned')"
HAS_COME_BACK = "status in ('rejected', 'recalled', 'returned')"
LIVE = text(f"payment.{IS_LIVE}")
"""Of payments those whose permanent key is taken: in the words of the index that holds it."""
LIVE_EARLIER = text(f"earlier.{IS_LIVE}")
"""The same of payments that a query calls `earlier`."""
BACK = text(f"payment.{HAS_COME_BACK}")
"""Of payments those that came back, in the words of their index."""
BACK_EARLIER = text(f"earlier.{HAS_COME_BACK}")


class Payment(BodyOwned, Base):
    """One amount to one payee for one beneficiary and period, made due by an award or entered as a one-off payment.

    The permanent key is body + scheme + beneficiary + period + component + sequence: unique for as long as the payment
    lives. Only a cancellation or being taken out before release, or a return, frees it. Nothing but `status` and
    `file_id` ever changes. combined: it goes to the bank in one credit with the payee's others (`payment_item`).
    account_id: None of a cheque, which an urgent payment may be.
    """

    __tablename__ = "payment"
    __table_args__ = (
        Index(
            "uq_payment_permanent_key",
            "body_id",
            "scheme_id",
            "beneficiary_id",
            "period_first_day",
            "component",
            "sequence",
            unique=True,
            postgresql_where=text(IS_LIVE),
        ),
        Index("ix_payment_returned", "body_id", "award_id", postgresql_where=text(HAS_COME_BACK)),
        Index(
            "uq_payment_one_off",
            "body_id",
            "one_off_id",
            unique=True,
            postgresql_where=text(f"one_off_id is not null and {IS_LIVE}"),
        ),
        Index(
            "ix_payment_one_offs_of_payroll",
            "body_id",
            "payroll_id",
            "one_off_id",
            postgresql_where=text("one_off_id is not null"),
        ),
        UniqueConstraint("body_id", "payroll_id", "ordinal"),
        Index("ix_payment_payee", "body_id", "payee_id", "id"),
        Index("ix_payment_reference", "body_id", "reference"),
        Index(
            "ix_payment_combined",
            "body_id",
            "payroll_id",
            "payee_id",
            "account_id",
            postgresql_where=text("combined"),
        ),
        to_body_row("payroll", "payroll_id"),
        to_body_row("beneficiary", "beneficiary_id"),
        to_body_row("payee", "payee_id"),
        to_body_row("account", "account_id"),
        to_body_row("award", "award_id"),
        to_body_row("one_off", "one_off_id"),
        to_body_row("payment_file", "file_id"),
        CheckConstraint("num_nonnulls(award_id, one_off_id) = 1", name="made_due_by"),
        CheckConstraint("amount_pence > 0", name="amount_pence"),
        CheckConstraint("sequence >= 1", name="sequence"),
    )

    payroll_id: Mapped[UUID]
    scheme_id: Mapped[UUID]
    beneficiary_id: Mapped[UUID]
    payee_id: Mapped[UUID]
    account_id: Mapped[UUID | None]
    award_id: Mapped[UUID | None]
    one_off_id: Mapped[UUID | None]
    period_first_day: Mapped[date]
    period_last_day: Mapped[date]
    component: Mapped[str]
    sequence: Mapped[int]
    ordinal: Mapped[int]
    amount_pence: Mapped[int] = mapped_column(BigInteger)
    reference: Mapped[str]
    status: Mapped[PaymentStatus] = mapped_column(stored(PaymentStatus), default=PaymentStatus.PREPARED)
    file_id: Mapped[UUID | None]
    combined: Mapped[bool] = mapped_column(server_default=text("false"))


class UnpaidReason(StrEnum):
    """Why somebody with an award is not in a payroll."""

    NOT_STARTED = "not_started"
    ENDED = "ended"
    SUSPENDED = "suspended"
    NOTHING_DUE = "nothing_due"
    NO_RULE = "no_rule"
    NO_CONFIRMED_BANK_DETAILS = "no_confirmed_bank_details"
    BANK_DETAILS_STOPPED = "bank_details_stopped"
    PAID_ALREADY = "paid_already"
    RECOVERED = "recovered"
    ON_HOLD = "on_hold"
    DECEASED = "deceased"
    CLOSED = "closed"
    MANDATE_NOT_IN_FORCE = "mandate_not_in_force"
    NO_ACCOUNT = "no_account"
    ADDRESS_ONLY = "address_only"
    RESTRICTED = "restricted"
    TAKEN_OUT = "taken_out"


class Unpaid(BodyOwned, Base):
    """An award or a one-off payment that this payroll does not pay.

    due_pence: what it would have been paid; None where nothing was due.
    """

    __tablename__ = "unpaid"
    __table_args__ = (
        Index("ix_unpaid_payroll", "body_id", "payroll_id", "reason", "id"),
        Index("ix_unpaid_award", "body_id", "award_id"),
        to_body_row("payroll", "payroll_id"),
        to_body_row("award", "award_id"),
        to_body_row("one_off", "one_off_id"),
        to_body_row("beneficiary", "beneficiary_id"),
        CheckConstraint("num_nonnulls(award_id, one_off_id) = 1", name="made_due_by"),
    )

    body_id: Mapped[UUID] = mapped_column(ForeignKey("body.id"), primary_key=True)
    payroll_id: Mapped[UUID]
    award_id: Mapped[UUID | None]
    one_off_id: Mapped[UUID | None]
    beneficiary_id: Mapped[UUID]
    reason: Mapped[UnpaidReason] = mapped_column(stored(UnpaidReason))
    due_pence: Mapped[int | None] = mapped_column(BigInteger)


def in_payroll(payroll_id: UUID) -> ColumnElement[bool]:
    """Of payments those that a payroll makes: not the ones that were taken out of it."""
    return (Payment.payroll_id == payroll_id) & (Payment.status != PaymentStatus.TAKEN_OUT)


class PaymentLine(NamedTuple):
    """A payment with all that a file or a check needs of it; bank details still sealed."""

    id: UUID
    ordinal: int
    amount_pence: int
    reference: str
    payee_id: UUID
    beneficiary_id: UUID
    award_id: UUID | None
    account_id: UUID
    holder_name: str
    fingerprint: bytes
    modulus_outcome: str
    sealed_details: bytes
    key_id: UUID
    ring_key_id: str
    wrapped: bytes | None
    proposed_by: UUID
    confirmed_by: UUID | None


def lines_of(session: Session, which: ColumnElement[bool]) -> Iterator[PaymentLine]:
    """The payments that a condition on Payment picks, by ordinal, streamed."""
    rows = session.execute(line_rows().where(which).order_by(Payment.ordinal), execution_options={"yield_per": 2000})
    return (PaymentLine._make(row) for row in rows)


def line_rows(*beside: Any) -> Select[*tuple[Any, ...]]:
    """The columns of a PaymentLine, and what else is asked for, of payments with their bank details."""
    return (
        select(
            Payment.id,
            Payment.ordinal,
            Payment.amount_pence,
            Payment.reference,
            Payment.payee_id,
            Payment.beneficiary_id,
            Payment.award_id,
            Payment.account_id,
            Account.holder_name,
            Account.fingerprint,
            Account.modulus_outcome,
            Account.sealed_details,
            SealingKey.id,
            SealingKey.ring_key_id,
            SealingKey.wrapped,
            Account.proposed_by,
            func.coalesce(Account.confirmed_by, Account.confirmed_under),
            *beside,
        )
        .join(Account, (Account.body_id == Payment.body_id) & (Account.id == Payment.account_id))
        .join(Payee, (Payee.body_id == Payment.body_id) & (Payee.id == Account.payee_id))
        .join(SealingKey, (SealingKey.body_id == Payee.body_id) & (SealingKey.id == Payee.key_id))
    )


def ordinals(first: int, last: int | None) -> ColumnElement[bool]:
    return Payment.ordinal >= first if last is None else Payment.ordinal.between(first, last)


class PaymentRow(NamedTuple):
    """A payment as a person reads it. account: None of a cheque."""

    payment: Payment
    beneficiary: Beneficiary
    payee: Payee
    account: Account | None


def payments_of(session: Session, payroll_id: UUID, *, after: int = 0, limit: int = 50) -> list[PaymentRow]:
    """A payroll's payments with their people, those after the ordinal `after`."""
    rows = session.execute(
        select(Payment, Beneficiary, Payee, Account)
        .join(Beneficiary, (Beneficiary.body_id == Payment.body_id) & (Beneficiary.id == Payment.beneficiary_id))
        .join(Payee, (Payee.body_id == Payment.body_id) & (Payee.id == Payment.payee_id))
        .outerjoin(Account, (Account.body_id == Payment.body_id) & (Account.id == Payment.account_id))
        .where(in_payroll(payroll_id), Payment.ordinal > after)
        .order_by(Payment.ordinal)
        .limit(limit)
    )
    return [PaymentRow(*row) for row in rows]


def payments_to(session: Session, payee_id: UUID, *, limit: int = 50) -> Sequence[Payment]:
    """What a payee was or will be paid, newest first."""
    return session.scalars(
        select(Payment).where(Payment.payee_id == payee_id).order_by(Payment.id.desc()).limit(limit)
    ).all()


class UnpaidRow(NamedTuple):
    """Somebody who is not paid this time, as a person reads it: an award, or None for a one-off payment."""

    unpaid: Unpaid
    beneficiary: Beneficiary
    award: Award | None


class UnpaidSum(NamedTuple):
    """How many a payroll does not pay for one reason, and what they would have been paid together, in pence."""

    reason: UnpaidReason
    people: int
    due_pence: int


def unpaid_sums(session: Session, payroll_id: UUID) -> list[UnpaidSum]:
    """Who is not paid, by reason: what takes the most money first."""
    due = func.coalesce(func.sum(Unpaid.due_pence), 0)
    rows = session.execute(
        select(Unpaid.reason, func.count(), due)
        .where(Unpaid.payroll_id == payroll_id)
        .group_by(Unpaid.reason)
        .order_by(due.desc(), Unpaid.reason)
    )
    return [UnpaidSum(reason, count, int(pence or 0)) for reason, count, pence in rows]


def unpaid_counts(session: Session, payroll_id: UUID) -> dict[UnpaidReason, int]:
    rows = session.execute(
        select(Unpaid.reason, func.count())
        .where(Unpaid.payroll_id == payroll_id)
        .group_by(Unpaid.reason)
        .order_by(Unpaid.reason)
    )
    return dict(rows.all())


def unpaid_of(
    session: Session,
    payroll_id: UUID,
    *,
    reason: UnpaidReason | None = None,
    after: UUID | None = None,
    limit: int = 50,
) -> list[UnpaidRow]:
    """Who is not paid in a payroll, for one reason or any, those after the id `after`."""
    rows = (
        select(Unpaid, Beneficiary, Award)
        .join(Beneficiary, (Beneficiary.body_id == Unpaid.body_id) & (Beneficiary.id == Unpaid.beneficiary_id))
        .outerjoin(Award, (Award.body_id == Unpaid.body_id) & (Award.id == Unpaid.award_id))
        .where(Unpaid.payroll_id == payroll_id)
        .order_by(Unpaid.id)
        .limit(limit)
    )
    if reason is not None:
        rows = rows.where(Unpaid.reason == reason)
    if after is not None:
        rows = rows.where(Unpaid.id > after)
    return [UnpaidRow(*row) for row in session.execute(rows)]


def stopped_count(session: Session, payroll_id: UUID, pay_date: date) -> int:
    """How many payments of a payroll may not be made any more, for what came after they were built.

    A stop or a hold, the end of a mandate, a payee who is no longer paid into an account: a question each, since an OR
    of them all would look each payment up anew for every one.
    """
    mine = select(Payment.id).where(in_payroll(payroll_id))
    account = (Account.body_id == Payment.body_id) & (Account.id == Payment.account_id)
    payee = (Payee.body_id == Payment.body_id) & (Payee.id == Payment.payee_id)
    mandated = select(Mandate.id).where(
        Mandate.body_id == Payment.body_id,
        Mandate.payee_id == Payment.payee_id,
        Mandate.beneficiary_id == Payment.beneficiary_id,
        in_force_on(pay_date),
    )
    held = gravest(Payment.payee_id, Payment.beneficiary_id).is_not(None) & ~only_dead(
        Payment.payee_id, Payment.beneficiary_id, pay_date
    )
    stopped = union(
        mine.join(Account, account).where(or_(Account.stopped_at.is_not(None), Account.held_back, held)),
        mine.where(Payment.account_id.is_(None), held),
        mine.join(Payee, payee).where(Payee.payment_method != PaymentMethod.ACCOUNT, Payment.account_id.is_not(None)),
        mine.where(~mandated.exists()),
    )
    return session.scalar(select(func.count()).select_from(stopped.subquery())) or 0
