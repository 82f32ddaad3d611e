"""A control total: how many payments and how much a payroll should come to, by the list that it was decided from.

Worked out apart from the payroll, by whoever has the source list, it shows what no look at the payroll alone can: an
award that was never brought in, one that came twice, an amount that lost a digit on its way.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from payouts.payroll import Payroll
from schemes.database import Base, BodyOwned, to_body_row


class ControlTotal(BodyOwned, Base):
    """What a payroll should come to, by `source`. Never changed: the newest counts, and the manifest names it."""

    __tablename__ = "control_total"
    __table_args__ = (
        Index("ix_control_total_payroll", "body_id", "payroll_id", "id"),
        to_body_row("payroll", "payroll_id"),
        CheckConstraint("payment_count >= 0 and total_pence >= 0", name="figures"),
        CheckConstraint("source <> ''", name="source"),
    )

    payroll_id: Mapped[UUID]
    payment_count: Mapped[int]
    total_pence: Mapped[int] = mapped_column(BigInteger)
    source: Mapped[str]
    entered_by: Mapped[UUID]
    entered_at: Mapped[datetime]


def control_totals_of(session: Session, payroll_id: UUID) -> list[ControlTotal]:
    """What was entered for a payroll, the newest first."""
    newest = (ControlTotal.entered_at.desc(), ControlTotal.id.desc())
    return list(session.scalars(select(ControlTotal).where(ControlTotal.payroll_id == payroll_id).order_by(*newest)))


def control_total_of(session: Session, payroll_id: UUID) -> ControlTotal | None:
    """The one that counts, or None."""
    return next(iter(control_totals_of(session, payroll_id)), None)


def control_statement(session: Session, payroll: Payroll) -> dict[str, dict[str, str | int]]:
    """What the manifest says of a payroll's control total; nothing where none was entered."""
    entered = control_total_of(session, payroll.id)
    if entered is None:
        return {}
    return {
        "control_total": {
            "payment_count": entered.payment_count,
            "total_pence": entered.total_pence,
            "source": entered.source,
            "by": str(entered.entered_by),
        }
    }
