"""An award: how much, how often, from when to when, for whom and paid to whom."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from schemes.database import Base, BodyOwned, to_body_row


class Award(BodyOwned, Base):
    """An amount in pence for each period of the scheme, from `first_day` to `last_day` (included; None: no end)."""

    __tablename__ = "award"
    __table_args__ = (
        UniqueConstraint("body_id", "scheme_id", "beneficiary_id", "component", "first_day"),
        Index("ix_award_scheme", "body_id", "scheme_id", "id"),
        Index("ix_award_payee", "body_id", "payee_id"),
        to_body_row("scheme", "scheme_id"),
        to_body_row("beneficiary", "beneficiary_id"),
        to_body_row("payee", "payee_id"),
        to_body_row("register_import", "import_id"),
        CheckConstraint("amount_pence > 0", name="amount_pence"),
        CheckConstraint("last_day is null or last_day >= first_day", name="days"),
    )

    scheme_id: Mapped[UUID]
    beneficiary_id: Mapped[UUID]
    payee_id: Mapped[UUID]
    component: Mapped[str]
    amount_pence: Mapped[int] = mapped_column(BigInteger)
    first_day: Mapped[date]
    last_day: Mapped[date | None]
    import_id: Mapped[UUID | None]
    made_by: Mapped[UUID]
    made_at: Mapped[datetime]


def awards_of(session: Session, payee_id: UUID, *, limit: int = 100) -> Sequence[Award]:
    """The awards paid to a payee, newest first."""
    return session.scalars(
        select(Award).where(Award.payee_id == payee_id).order_by(Award.first_day.desc(), Award.id).limit(limit)
    ).all()
