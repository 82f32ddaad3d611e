"""Seeing bank details in full: for a reason, by role, and each look is recorded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, select
from sqlalchemy.orm import Mapped, Session

from schemes.account import Account, BankDetails, open_details
from schemes.bank_details import note
from schemes.database import Base, BodyOwned, new_id, to_body_row
from schemes.errors import ReasonNotGiven
from schemes.payee import get_payee
from schemes.person import Actor, Role
from schemes.seal import Seals, get_key

UNMASKERS = (Role.FINANCE, Role.APPROVER, Role.ADMINISTRATOR)


class Unmasking(BodyOwned, Base):
    """That a person saw bank details in full, and why."""

    __tablename__ = "unmasking"
    __table_args__ = (
        Index("ix_unmasking_account", "body_id", "account_id"),
        to_body_row("account", "account_id"),
        CheckConstraint("reason <> ''", name="reason"),
    )

    account_id: Mapped[UUID]
    person_id: Mapped[UUID]
    reason: Mapped[str]
    at: Mapped[datetime]


def unmask(session: Session, seals: Seals, account: Account, *, reason: str, by: Actor, at: datetime) -> BankDetails:
    """Bank details in full, for one look that is recorded with its reason. Raises ReasonNotGiven, NotAllowed."""
    by.must_be(*UNMASKERS)
    if not reason.strip():
        raise ReasonNotGiven("need to see the whole number")
    payee = get_payee(session, account.payee_id)
    key = seals.open_row(get_key(session, account.body_id, payee.key_id))
    session.add(
        Unmasking(
            body_id=account.body_id,
            id=new_id(),
            account_id=account.id,
            person_id=by.person_id,
            reason=reason.strip(),
            at=at,
        )
    )
    note(session, account, "unmasked", by=by, at=at)
    return open_details(key, account.id, account.sealed_details)


def unmaskings_of(session: Session, payee_id: UUID, *, limit: int = 50) -> Sequence[Unmasking]:
    """Who saw a payee's bank details in full, newest first."""
    return session.scalars(
        select(Unmasking)
        .join(Account, (Account.body_id == Unmasking.body_id) & (Account.id == Unmasking.account_id))
        .where(Account.payee_id == payee_id)
        .order_by(Unmasking.id.desc())
        .limit(limit)
    ).all()
