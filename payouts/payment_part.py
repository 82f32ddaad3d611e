"""The parts of a payment beside the plain amount of its period: arrears of earlier periods, and what is recovered.

An ordinary payment has none. A part hangs on the payroll and the award, so that it also tells of an award of which
everything was recovered, and for which there is no payment.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    Index,
    UniqueConstraint,
    case,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from schemes.database import Base, BodyOwned, one_of, stored, to_body_row


class PartKind(StrEnum):
    """What a part is. Arrears add to the payment, what is recovered is taken from it."""

    ARREARS = "arrears"
    RECOVERY = "recovery"


class PaymentPart(BodyOwned, Base):
    """Pence, always above 0, that a payroll adds for an earlier period (`about_…`), or takes.

    freed: the payroll was given up, so that another may pay or take it. Nothing else ever changes.
    """

    __tablename__ = "payment_part"
    __table_args__ = (
        UniqueConstraint("body_id", "payroll_id", "award_id", "kind", "about_first_day"),
        Index("ix_payment_part_award", "body_id", "award_id"),
        Index(
            "uq_payment_part_recovery",
            "body_id",
            "recovery_id",
            "about_first_day",
            unique=True,
            postgresql_where=text("recovery_id is not null and not freed"),
        ),
        to_body_row("recovery", "recovery_id"),
        CheckConstraint("(kind = 'recovery') = (recovery_id is not null)", name="recovery"),
        to_body_row("payroll", "payroll_id"),
        to_body_row("award", "award_id"),
        CheckConstraint("pence > 0", name="pence"),
        CheckConstraint("about_last_day >= about_first_day", name="about"),
    )

    payroll_id: Mapped[UUID]
    award_id: Mapped[UUID]
    kind: Mapped[PartKind] = mapped_column(stored(PartKind))
    about_first_day: Mapped[date]
    about_last_day: Mapped[date]
    recovery_id: Mapped[UUID | None]
    pence: Mapped[int] = mapped_column(BigInteger)
    steps: Mapped[list[str]] = mapped_column(JSONB)
    freed: Mapped[bool] = mapped_column(default=False)

    @property
    def signed_pence(self) -> int:
        return self.pence if self.kind is PartKind.ARREARS else -self.pence


class Overpayment(BodyOwned, Base):
    """That an award was paid more for a period than is due by now. Listed for a person: nothing is deducted by itself.

    found_in: the payroll whose building found it last, and found_at when it was first found. When the award is reckoned
    again, its rows are made anew.
    """

    __tablename__ = "overpayment"
    __table_args__ = (
        UniqueConstraint("body_id", "award_id", "about_first_day"),
        Index("ix_overpayment_payroll", "body_id", "found_in"),
        to_body_row("award", "award_id"),
        to_body_row("payroll", "found_in"),
        CheckConstraint("paid_pence > due_pence and due_pence >= 0", name="pence"),
    )

    award_id: Mapped[UUID]
    about_first_day: Mapped[date]
    about_last_day: Mapped[date]
    paid_pence: Mapped[int] = mapped_column(BigInteger)
    due_pence: Mapped[int] = mapped_column(BigInteger)
    found_in: Mapped[UUID]
    found_at: Mapped[datetime]

    @property
    def pence(self) -> int:
        return self.paid_pence - self.due_pence


SIGNED = case((PaymentPart.kind == PartKind.ARREARS, PaymentPart.pence), else_=-PaymentPart.pence)


def parts_of(session: Session, payroll_id: UUID, award_ids: Iterable[UUID]) -> dict[UUID, list[PaymentPart]]:
    """The parts of some payments of a payroll, by award."""
    found: dict[UUID, list[PaymentPart]] = defaultdict(list)
    parts = select(PaymentPart).where(PaymentPart.payroll_id == payroll_id, PaymentPart.award_id.in_(list(award_ids)))
    for part in session.scalars(parts.order_by(PaymentPart.kind, PaymentPart.about_first_day)):
        found[part.award_id].append(part)
    return found


def parts_of_award(session: Session, award_id: UUID) -> list[PaymentPart]:
    """Every part that a payroll which was not given up paid or took for an award, the newest first."""
    parts = select(PaymentPart).where(PaymentPart.award_id == award_id, PaymentPart.freed.is_(False))
    return list(session.scalars(parts.order_by(PaymentPart.id.desc())))


def part_sums(session: Session, payroll_id: UUID) -> dict[PartKind, tuple[int, int]]:
    """How many parts of each kind a payroll has, and their pence."""
    rows = session.execute(
        select(PaymentPart.kind, func.count(), func.sum(PaymentPart.pence))
        .where(PaymentPart.payroll_id == payroll_id)
        .group_by(PaymentPart.kind)
    )
    return {kind: (count, int(pence)) for kind, count, pence in rows}


def parts_by_award(session: Session, payroll_id: UUID, first: UUID, last: UUID) -> dict[UUID, int]:
    """What the parts of each award of a range in a payroll come to, in pence; below 0 where more is taken."""
    sums = select(PaymentPart.award_id, func.sum(SIGNED)).where(
        PaymentPart.payroll_id == payroll_id, PaymentPart.award_id.between(first, last)
    )
    return {award_id: int(pence) for award_id, pence in session.execute(sums.group_by(PaymentPart.award_id))}


def arrears_by_award(session: Session, payroll_id: UUID, award_ids: Iterable[UUID]) -> dict[UUID, tuple[int, int]]:
    """The arrears of some awards in a payroll in pence, and of how many periods."""
    sums = select(PaymentPart.award_id, func.sum(PaymentPart.pence), func.count()).where(
        PaymentPart.payroll_id == payroll_id,
        PaymentPart.kind == PartKind.ARREARS,
        PaymentPart.award_id == one_of(award_ids),
    )
    rows = session.execute(sums.group_by(PaymentPart.award_id))
    return {award_id: (int(pence), count) for award_id, pence, count in rows}


def free_parts(session: Session, payroll_id: UUID) -> None:
    """Let another payroll pay or take what this one gave up."""
    session.execute(
        update(PaymentPart)
        .where(PaymentPart.payroll_id == payroll_id)
        .values(freed=True)
        .execution_options(synchronize_session=False)
    )


def live_arrears(which: ColumnElement[bool]) -> ColumnElement[bool]:
    return (PaymentPart.kind == PartKind.ARREARS) & PaymentPart.freed.is_(False) & which


def overpayments_of(session: Session, award_id: UUID) -> list[Overpayment]:
    """What an award was paid too much, oldest period first."""
    rows = select(Overpayment).where(Overpayment.award_id == award_id).order_by(Overpayment.about_first_day)
    return list(session.scalars(rows))
