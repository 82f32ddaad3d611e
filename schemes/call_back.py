"""The call back: before a change is confirmed, somebody speaks to the payee on a contact that was held for long."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session

from schemes.account import Account
from schemes.database import Base, BodyOwned, new_id, to_body_row
from schemes.errors import Refused
from schemes.person import Actor

CONTACT_HELD_DAYS = 30


class CallBackNeeded(Refused):
    """A change of bank details is confirmed only after somebody spoke to the payee on a contact of their own."""


class ContactTooNew(Refused):
    """The contact that was called has not been held long enough: whoever sent the details may have sent it too."""

    def __init__(self, latest: date) -> None:
        super().__init__(f"the contact must be held since {latest} or longer")
        self.latest = latest


class CallBack(BodyOwned, Base):
    """That somebody called the payee back about a change: who spoke, on which contact, held since when."""

    __tablename__ = "call_back"
    __table_args__ = (
        UniqueConstraint("body_id", "account_id"),
        to_body_row("account", "account_id"),
        CheckConstraint("contact_held_since <= called_on - 30", name="contact_held"),
    )

    account_id: Mapped[UUID]
    spoke_to: Mapped[str]
    contact: Mapped[str]
    contact_held_since: Mapped[date]
    called_on: Mapped[date]
    called_by: Mapped[UUID]
    recorded_at: Mapped[datetime]


@dataclass(frozen=True)
class Call:
    """What a person says of their call to the payee."""

    spoke_to: str
    contact: str
    contact_held_since: date


def record(session: Session, account: Account, call: Call | None, *, on: date, by: Actor, at: datetime) -> None:
    """Keep the call that a change is confirmed by. on: today in London. Raises CallBackNeeded, ContactTooNew."""
    if call is None or not call.spoke_to.strip() or not call.contact.strip():
        raise CallBackNeeded
    latest = on - timedelta(days=CONTACT_HELD_DAYS)
    if call.contact_held_since > latest:
        raise ContactTooNew(latest)
    session.add(
        CallBack(
            body_id=account.body_id,
            id=new_id(),
            account_id=account.id,
            spoke_to=call.spoke_to.strip(),
            contact=call.contact.strip(),
            contact_held_since=call.contact_held_since,
            called_on=on,
            called_by=by.person_id,
            recorded_at=at,
        )
    )


def call_backs_of(session: Session, payee_id: UUID) -> dict[UUID, CallBack]:
    """The call to a payee about each version, where there was one."""
    calls = select(CallBack).join(Account, (Account.body_id == CallBack.body_id) & (Account.id == CallBack.account_id))
    return {call.account_id: call for call in session.scalars(calls.where(Account.payee_id == payee_id))}
