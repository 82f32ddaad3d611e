"""How a body reaches its bank: originating account, service user number, cut-off, limits."""

from __future__ import annotations

from datetime import datetime, time
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint
from sqlalchemy.orm import Mapped, Session, mapped_column

from bacs.account import validate
from schemes import audit
from schemes.database import Base, BodyOwned, new_id, to_body_row
from schemes.person import Actor
from schemes.seal import Seals, get_key

# never issued to anybody: a sandbox file that strays into real Bacs software is refused there
SANDBOX_SERVICE_USER_NUMBER = "000000"


class BankProfile(BodyOwned, Base):
    """One originating account behind one service user number.

    `cut_off` is the submitter's own, Europe/London. `next_serial` numbers submissions and is never given twice.
    """

    __tablename__ = "bank_profile"
    __table_args__ = (
        to_body_row("sealing_key", "key_id"),
        CheckConstraint("next_serial between 1 and 1000000", name="serial"),
        CheckConstraint("item_limit_pence > 0 and file_limit_pence > 0 and items_per_file > 0", name="limits"),
    )

    name: Mapped[str]
    service_user_number: Mapped[str]
    service_user_name: Mapped[str]
    account_name: Mapped[str]
    key_id: Mapped[UUID]
    sealed_account: Mapped[bytes]
    last_four: Mapped[str]
    cut_off: Mapped[time]
    item_limit_pence: Mapped[int] = mapped_column(BigInteger)
    file_limit_pence: Mapped[int] = mapped_column(BigInteger)
    items_per_file: Mapped[int]
    next_serial: Mapped[int] = mapped_column(default=1)
    made_at: Mapped[datetime]


class OriginatingAccount(NamedTuple):
    sort_code: str
    account_number: str


def add_bank_profile(
    session: Session,
    seals: Seals,
    *,
    name: str,
    service_user_number: str,
    service_user_name: str,
    account_name: str,
    sort_code: str,
    account_number: str,
    cut_off: time,
    item_limit_pence: int,
    file_limit_pence: int,
    items_per_file: int,
    by: Actor | None,
    at: datetime,
) -> BankProfile:
    """Add a bank profile. Raises AccountRefused for an originating account that is not one."""
    account = validate(sort_code, account_number)
    body_id: UUID = session.info["body_id"]
    key_row, key = seals.make(body_id, at)
    profile_id = new_id()
    session.add(key_row)
    session.flush()
    profile = BankProfile(
        body_id=body_id,
        id=profile_id,
        name=name,
        service_user_number=service_user_number,
        service_user_name=service_user_name,
        account_name=account_name,
        key_id=key_row.id,
        sealed_account=key.seal("|".join(account).encode(), "bank_profile", profile_id),
        last_four=account.account_number[-4:],
        cut_off=cut_off,
        item_limit_pence=item_limit_pence,
        file_limit_pence=file_limit_pence,
        items_per_file=items_per_file,
        made_at=at,
    )
    session.add(profile)
    session.flush()
    audit.record(session, "bank_profile.added", by=by, about=profile, at=at)
    return profile


def open_account(session: Session, seals: Seals, profile: BankProfile) -> OriginatingAccount:
    """The originating account in the clear, for a file."""
    key = seals.open_row(get_key(session, profile.body_id, profile.key_id))
    sort_code, account_number = key.open(profile.sealed_account, "bank_profile", profile.id).decode().split("|")
    return OriginatingAccount(sort_code, account_number)


def take_serial(session: Session, profile: BankProfile) -> int:
    """The next submission serial number, 1 to 999999: a number once taken is never given again."""
    session.refresh(profile, with_for_update=True)
    serial = profile.next_serial
    profile.next_serial = serial + 1
    session.flush()
    return serial
