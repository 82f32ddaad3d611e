"""Reasons that outlive a rebuild: where the same is found again of the same award, account and amount, they still hold.

A rebuild replaces a draft wholly. What somebody has looked at and found right is not asked for again, and shows whose
reason it is and from which build; where anything that it was about is different, it is asked for anew.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, delete, func, insert, literal, or_, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from payouts.checks.acceptance import Acceptance
from payouts.checks.finding import Finding, Kind, Severity
from payouts.payment import Payment
from payouts.payroll import Payroll
from schemes import audit
from schemes.database import Base, BodyOwned, stored, to_body_row


class KeptReason(BodyOwned, Base):
    """An accepted finding of an earlier build (`build`), until the payroll is checked again.

    award_id or one_off_id, account_id, amount_pence: of its payment; None where it is of the payroll as a whole.
    """

    __tablename__ = "kept_reason"
    __table_args__ = (
        Index("ix_kept_reason_payroll", "body_id", "payroll_id", "kind", "award_id"),
        to_body_row("payroll", "payroll_id"),
        to_body_row("award", "award_id"),
        to_body_row("one_off", "one_off_id"),
        to_body_row("account", "account_id"),
        CheckConstraint(
            "num_nulls(account_id, amount_pence) in (0, 2) and "
            "num_nonnulls(award_id, one_off_id) = num_nonnulls(account_id)",
            name="payment",
        ),
    )

    payroll_id: Mapped[UUID]
    build: Mapped[int]
    kind: Mapped[Kind] = mapped_column(stored(Kind))
    award_id: Mapped[UUID | None]
    one_off_id: Mapped[UUID | None]
    account_id: Mapped[UUID | None]
    amount_pence: Mapped[int | None] = mapped_column(BigInteger)
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    reason: Mapped[str]
    accepted_by: Mapped[UUID]
    accepted_at: Mapped[datetime]


WITH_PAYMENT = (Payment.body_id == Finding.body_id) & (Payment.id == Finding.payment_id)


def keep_reasons(session: Session, payroll: Payroll) -> None:
    """Keep the reasons of a payroll whose findings are about to go, until it is checked again."""
    accepted = (
        select(
            Finding.body_id,
            Finding.id,
            Finding.payroll_id,
            func.coalesce(Finding.kept_from, literal(payroll.build - 1)),
            Finding.kind,
            Payment.award_id,
            Payment.one_off_id,
            Payment.account_id,
            Payment.amount_pence,
            Finding.facts,
            Finding.reason,
            Finding.accepted_by,
            Finding.accepted_at,
        )
        .outerjoin(Payment, WITH_PAYMENT)
        .where(
            Finding.payroll_id == payroll.id,
            Finding.accepted_at.is_not(None),
            # of a cheque, which has no account to be the same, it is asked for anew
            or_(Finding.payment_id.is_(None), Payment.account_id.is_not(None)),
        )
    )
    columns = (
        "body_id", "id", "payroll_id", "build", "kind", "award_id", "one_off_id", "account_id", "amount_pence", "facts",
        "reason", "accepted_by", "accepted_at",
    )  # fmt: skip
    session.execute(insert(KeptReason).from_select(columns, accepted))


def take_up_reasons(session: Session, payroll: Payroll, *, at: datetime) -> int:
    """Give the findings of a payroll that was just checked the reasons that still apply; returns how many.

    Whoever accepted in the earlier build counts as having accepted in this one.
    """
    mine = (
        (KeptReason.payroll_id == payroll.id) & (KeptReason.kind == Finding.kind) & (KeptReason.facts == Finding.facts)
    )
    said = {
        "reason": KeptReason.reason,
        "accepted_by": KeptReason.accepted_by,
        "accepted_at": KeptReason.accepted_at,
        "kept_from": KeptReason.build,
    }
    open_here = (Finding.payroll_id == payroll.id) & (Finding.severity == Severity.NEEDS_REASON)
    of_payment = (
        (
            func.coalesce(KeptReason.award_id, KeptReason.one_off_id)
            == func.coalesce(Payment.award_id, Payment.one_off_id)
        )
        & (KeptReason.account_id == Payment.account_id)
        & (KeptReason.amount_pence == Payment.amount_pence)
    )
    of_whole = Finding.payment_id.is_(None) & KeptReason.account_id.is_(None)
    for which in (WITH_PAYMENT & of_payment, of_whole):
        taken = update(Finding).where(open_here, mine, which).values(said)
        session.execute(taken.execution_options(synchronize_session=False))
    count = note_kept(session, payroll)
    session.execute(delete(KeptReason).where(KeptReason.payroll_id == payroll.id))
    if count:
        audit.record(session, "findings.kept", by=None, about=payroll, at=at, count=count)
    return count


def note_kept(session: Session, payroll: Payroll) -> int:
    """Note the acts of acceptance that this build takes over, as acts of its own."""
    kept = (
        select(
            Finding.body_id,
            text("uuidv7()"),
            Finding.payroll_id,
            literal(payroll.build),
            Finding.kind,
            func.count(),
            Finding.reason,
            Finding.accepted_by,
            func.max(Finding.accepted_at),
            Finding.kept_from,
        )
        .where(Finding.payroll_id == payroll.id, Finding.kept_from.is_not(None))
        .group_by(
            Finding.body_id, Finding.payroll_id, Finding.kind, Finding.reason, Finding.accepted_by, Finding.kept_from
        )
    )
    columns = (
        "body_id", "id", "payroll_id", "build", "kind", "count", "reason", "accepted_by", "accepted_at", "kept_from",
    )  # fmt: skip
    session.execute(insert(Acceptance).from_select(columns, kept))
    return (
        session.scalar(select(func.count()).where(Finding.payroll_id == payroll.id, Finding.kept_from.is_not(None)))
        or 0
    )
