"""Bank details: immutable, sealed versions, used only once a second person confirmed them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bacs.modulus import Outcome
from schemes.database import Base, BodyOwned, stored, to_body_row
from schemes.seal import OpenKey


class BankDetails(NamedTuple):
    """What is sealed: 6 digits, 8 digits, and the roll number or an empty string."""

    sort_code: str
    account_number: str
    roll_number: str


class Account(BodyOwned, Base):
    """One version of a payee's bank details. `holder_name` is what the payment file carries.

    Nothing of it ever changes but `confirmed_by` and `confirmed_at`: a payment points at the version it was approved
    with.
    """

    __tablename__ = "account"
    __table_args__ = (
        UniqueConstraint("body_id", "payee_id", "version"),
        Index("ix_account_fingerprint", "body_id", "fingerprint"),
        Index("ix_account_import", "body_id", "import_id"),
        to_body_row("payee", "payee_id"),
        to_body_row("register_import", "import_id"),
        CheckConstraint("confirmed_by is null or confirmed_by <> proposed_by", name="two_people"),
        CheckConstraint("(confirmed_by is null) = (confirmed_at is null)", name="confirmed"),
    )

    payee_id: Mapped[UUID]
    version: Mapped[int]
    holder_name: Mapped[str]
    sealed_details: Mapped[bytes]
    fingerprint: Mapped[bytes]
    last_four: Mapped[str]
    modulus_outcome: Mapped[Outcome] = mapped_column(stored(Outcome))
    modulus_rule: Mapped[str]
    weight_table: Mapped[str]
    import_id: Mapped[UUID | None]
    proposed_by: Mapped[UUID]
    proposed_at: Mapped[datetime]
    confirmed_by: Mapped[UUID | None]
    confirmed_at: Mapped[datetime | None]


def pack(details: BankDetails) -> bytes:
    return "|".join(details).encode("ascii")


def open_details(key: OpenKey, account_id: UUID, sealed: bytes) -> BankDetails:
    """The bank details in the clear. Raises SealBroken."""
    return BankDetails(*key.open(sealed, "account", account_id).decode("ascii").split("|"))


def accounts_of(session: Session, payee_id: UUID) -> Sequence[Account]:
    """A payee's versions, newest first."""
    return session.scalars(select(Account).where(Account.payee_id == payee_id).order_by(Account.version.desc())).all()
