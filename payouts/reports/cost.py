"""What a body's bank charges for a payment, by the channel that it goes by, from a day on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from payouts.urgent import PayMethod
from schemes import audit
from schemes.database import Base, BodyOwned, new_id, take_turns
from schemes.errors import NotFound
from schemes.person import Actor, Role

BACS = "bacs"
"""The channel of every payroll that is no urgent payment; those go by their `PayMethod`."""
CHANNELS = (BACS, *(method.value for method in PayMethod))
SETTERS = (Role.FINANCE, Role.ADMINISTRATOR)


class ChannelCost(BodyOwned, Base):
    """What a hundred payments by a channel cost from a day on, in pence: one payment often costs less than a penny.

    It is for reports alone and pays nothing, so one person sets it.
    """

    __tablename__ = "channel_cost"
    __table_args__ = (
        UniqueConstraint("body_id", "channel", "from_day"),
        CheckConstraint("pence_a_hundred >= 0", name="pence_a_hundred"),
    )

    channel: Mapped[str]
    from_day: Mapped[date]
    pence_a_hundred: Mapped[int] = mapped_column(BigInteger)
    set_by: Mapped[UUID]
    set_at: Mapped[datetime]


class Cost(NamedTuple):
    """What payments cost, in hundredths of a penny, and of how many payments that is known."""

    hundredths: int = 0
    payments: int = 0

    @property
    def pence(self) -> int | None:
        """To the nearest penny; None where nothing is known."""
        return (self.hundredths + 50) // 100 if self.payments else None

    @property
    def hundredths_a_payment(self) -> int | None:
        return round(self.hundredths / self.payments) if self.payments else None


class Rates:
    """What a payment costs by channel and day."""

    def __init__(self, costs: Sequence[ChannelCost]) -> None:
        # newest first, so that the first that has begun counts
        self.costs = sorted(costs, key=lambda cost: cost.from_day, reverse=True)

    def on(self, channel: str, day: date) -> int | None:
        """Hundredths of a penny for one payment; None where nobody has said."""
        found = (cost.pence_a_hundred for cost in self.costs if cost.channel == channel and cost.from_day <= day)
        return next(found, None)

    def added(self, cost: Cost, channel: str, day: date, payments: int) -> Cost:
        rate = self.on(channel, day)
        return cost if rate is None else Cost(cost.hundredths + rate * payments, cost.payments + payments)


def costs_of(session: Session) -> Sequence[ChannelCost]:
    """What was said of each channel, newest first."""
    return session.scalars(select(ChannelCost).order_by(ChannelCost.from_day.desc(), ChannelCost.channel)).all()


def set_cost(
    session: Session, *, channel: str, from_day: date, pence_a_hundred: int, by: Actor, at: datetime
) -> ChannelCost:
    """Say what a hundred payments cost from a day on; for the same day again, it is said anew.

    Raises NotFound for a channel that there is none of, NotAllowed.
    """
    by.must_be(*SETTERS)
    if channel not in CHANNELS:
        raise NotFound("channel", channel)
    take_turns(session, "channel cost")
    said = select(ChannelCost).where(ChannelCost.channel == channel, ChannelCost.from_day == from_day)
    cost = session.scalars(said).one_or_none()
    if cost is None:
        cost = ChannelCost(body_id=by.body_id, id=new_id(), channel=channel, from_day=from_day)
        session.add(cost)
    cost.pence_a_hundred, cost.set_by, cost.set_at = pence_a_hundred, by.person_id, at
    session.flush()
    audit.record(
        session, "channel_cost.set", by=by, about=cost, at=at, channel=channel, pence_a_hundred=pence_a_hundred
    )
    return cost
