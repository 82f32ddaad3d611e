"""The money on an account for a day, as finance recorded it, held against all that is paid from it on that day.

A Bacs credit is debited from the originating account on the entry day, all of a file's at once: so what counts is the
day, the account, and every payroll that draws on it then, of whichever scheme.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Mapped, Session, mapped_column

from payouts.payroll import Payroll, PayrollStatus
from schemes.bank_profile import BankProfile
from schemes.database import Base, BodyOwned, to_body_row

DRAWS_NOTHING = (PayrollStatus.CANCELLED, PayrollStatus.REJECTED)


class ClearedFunds(BodyOwned, Base):
    """That an account has so many pence for all that is paid from it on `day`, or each day where none is named.

    line_id: the bank profile, whichever version. seen_in: where it was seen, like the treasury's forecast. Never
    changed: the newest of a day counts, and before any of a day the newest of each day.
    """

    __tablename__ = "cleared_funds"
    __table_args__ = (
        Index("ix_cleared_funds_day", "body_id", "line_id", "day", "id"),
        to_body_row("bank_profile", "line_id"),
        CheckConstraint("available_pence >= 0", name="available"),
        CheckConstraint("seen_in <> ''", name="seen_in"),
    )

    line_id: Mapped[UUID]
    day: Mapped[date | None]
    available_pence: Mapped[int] = mapped_column(BigInteger)
    seen_in: Mapped[str]
    recorded_by: Mapped[UUID]
    recorded_at: Mapped[datetime]


class Draw(NamedTuple):
    """What one payroll takes from an account on a day, in pence."""

    payroll_id: UUID
    number: int
    pence: int


class Funds(NamedTuple):
    """An account on a day: what was recorded of it, if anything, and which payrolls draw on it, by number."""

    account: str
    line_id: UUID
    day: date
    recorded: ClearedFunds | None
    draws: tuple[Draw, ...]

    @property
    def needed_pence(self) -> int:
        return sum(draw.pence for draw in self.draws)

    @property
    def short_pence(self) -> int:
        """How much is missing; 0 where it suffices, or where nothing is recorded."""
        return max(0, self.needed_pence - self.recorded.available_pence) if self.recorded else 0

    @property
    def left_pence(self) -> int:
        return self.recorded.available_pence - self.needed_pence if self.recorded else 0


def funds_for(session: Session, payroll: Payroll) -> Funds:
    """The account that a payroll is paid from, on its day, as things stand now."""
    profile = session.get_one(BankProfile, (payroll.body_id, payroll.bank_profile_id))
    recorded = newest_of_days(session, profile.line_id, [payroll.pay_date])
    draws = draws_on(session, profile.line_id, payroll.pay_date, payroll.pay_date)
    return funds_of(profile, payroll.pay_date, recorded, draws)


def funds_ahead(session: Session, profile: BankProfile, *, since: date) -> list[Funds]:
    """The days from one on for which an account has a payroll or an amount of their own."""
    draws = draws_on(session, profile.line_id, since, date.max)
    of_day = ClearedFunds.line_id == profile.line_id, ClearedFunds.day >= since
    days = sorted(
        {*draws, *(day for day in session.scalars(select(ClearedFunds.day).where(*of_day).distinct()) if day)}
    )
    recorded = newest_of_days(session, profile.line_id, days)
    return [funds_of(profile, day, recorded, draws) for day in days]


def funds_of(
    profile: BankProfile,
    day: date,
    recorded: Mapping[date | None, ClearedFunds],
    draws: Mapping[date, Sequence[Draw]],
) -> Funds:
    counts = recorded.get(day) or recorded.get(None)
    return Funds(profile.name, profile.line_id, day, counts, tuple(draws.get(day, ())))


def newest_of_days(session: Session, line_id: UUID, days: Sequence[date]) -> dict[date | None, ClearedFunds]:
    """The newest amount of each of these days, and under None the one for each day."""
    rows = (
        select(ClearedFunds)
        .where(ClearedFunds.line_id == line_id, or_(ClearedFunds.day.is_(None), ClearedFunds.day.in_(days)))
        .ext(distinct_on(ClearedFunds.day))
        .order_by(ClearedFunds.day, ClearedFunds.recorded_at.desc(), ClearedFunds.id.desc())
    )
    return {row.day: row for row in session.scalars(rows)}


def draws_on(session: Session, line_id: UUID, first: date, last: date) -> dict[date, list[Draw]]:
    """The payrolls that draw on an account on days from one to another, by day and number."""
    rows = session.execute(
        select(Payroll.pay_date, Payroll.id, Payroll.number, Payroll.total_pence)
        .join(BankProfile, (BankProfile.body_id == Payroll.body_id) & (BankProfile.id == Payroll.bank_profile_id))
        .where(
            BankProfile.line_id == line_id,
            Payroll.pay_date.between(first, last),
            Payroll.status.not_in(DRAWS_NOTHING),
        )
        .order_by(Payroll.pay_date, Payroll.number)
    )
    found: dict[date, list[Draw]] = {}
    for day, payroll_id, number, pence in rows:
        found.setdefault(day, []).append(Draw(payroll_id, number, pence))
    return found
