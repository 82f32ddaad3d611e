"""Up to which day the books are closed. The database refuses an entry of a closed day, whoever posts it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import Index, func, select
from sqlalchemy.orm import Mapped, Session

from schemes.database import Base, BodyOwned, to_body_row


class Closing(BodyOwned, Base):
    """Two people's word that the books are closed up to and including `last_day`. Never taken back."""

    __tablename__ = "ledger_closing"
    __table_args__ = (Index("ix_ledger_closing_last_day", "body_id", "last_day"), to_body_row("change", "change_id"))

    change_id: Mapped[UUID]
    last_day: Mapped[date]
    closed_at: Mapped[datetime]


def closed_to(session: Session) -> date | None:
    """The last day that is closed."""
    return session.scalar(select(func.max(Closing.last_day)))


def closings(session: Session, *, limit: int = 24) -> Sequence[Closing]:
    """The last closings, newest first."""
    return session.scalars(select(Closing).order_by(Closing.last_day.desc()).limit(limit)).all()


def open_day(session: Session, wanted: date) -> date:
    """The accounting date of something of a day: itself, or the first open day where it is closed."""
    closed = closed_to(session)
    return wanted if closed is None or wanted > closed else closed + timedelta(days=1)
