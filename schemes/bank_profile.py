"""How a body reaches its bank: originating account, service user number, form of the files, cut-off, limits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, UniqueConstraint, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from bacs.account import validate
from schemes import audit
from schemes.database import Base, BodyOwned, new_id, stored, to_body_row
from schemes.errors import NotFound
from schemes.file_format import FileFormat
from schemes.file_naming import FIRST_PATTERN
from schemes.person import Actor
from schemes.seal import Seals, get_key

# never issued to anybody: a sandbox file that strays into real Bacs software is refused there
SANDBOX_SERVICE_USER_NUMBER = "000000"
LAST_RECALL = time(16)
"""Europe/London, on the processing day: banks recall single credits until then, many ask earlier (the Bacs cycle)."""
TRACE_DAYS = 5
RECOVERY_DAYS = 20
"""What a bank is given to answer where it said nothing else, in working days."""


class BankProfile(BodyOwned, Base):
    """A version of how a body reaches its bank: one originating account behind one service user number.

    A change is a new row of the same `line_id`, the id of the first: a payroll keeps the row that it was created with,
    a scheme names the line. A row counts once a second person confirmed it (`confirmed_at`). `cut_off` is the
    submitter's own, Europe/London; `recall_by` the hour of the processing day until which the bank recalls a credit.
    trace_days, recovery_days: working days in which the bank answers where a payment is, and gets one back from whoever
    has it. bureau_number: of whoever submits for the body, "" if it submits itself.
    `next_serial` of the first row numbers the submissions of the line, and is never given twice.
    """

    __tablename__ = "bank_profile"
    __table_args__ = (
        to_body_row("sealing_key", "key_id"),
        to_body_row("bank_profile", "line_id"),
        UniqueConstraint("body_id", "line_id", "version"),
        CheckConstraint("bureau_number ~ '^([A-Z0-9][0-9]{5})?$'", name="bureau_number"),
        CheckConstraint("next_serial between 1 and 1000000", name="serial"),
        CheckConstraint("trace_days between 1 and 60 and recovery_days between 1 and 60", name="answers"),
        CheckConstraint("item_limit_pence > 0 and file_limit_pence > 0 and items_per_file > 0", name="limits"),
    )

    line_id: Mapped[UUID]
    version: Mapped[int]
    confirmed_at: Mapped[datetime | None]
    name: Mapped[str]
    service_user_number: Mapped[str]
    bureau_number: Mapped[str] = mapped_column(default="", server_default="")
    service_user_name: Mapped[str]
    account_name: Mapped[str]
    file_naming: Mapped[str] = mapped_column(default=FIRST_PATTERN, server_default=FIRST_PATTERN)
    key_id: Mapped[UUID]
    sealed_account: Mapped[bytes]
    last_four: Mapped[str]
    cut_off: Mapped[time]
    recall_by: Mapped[time] = mapped_column(default=LAST_RECALL, server_default="16:00")
    trace_days: Mapped[int] = mapped_column(default=TRACE_DAYS, server_default=text(str(TRACE_DAYS)))
    recovery_days: Mapped[int] = mapped_column(default=RECOVERY_DAYS, server_default=text(str(RECOVERY_DAYS)))
    item_limit_pence: Mapped[int] = mapped_column(BigInteger)
    file_limit_pence: Mapped[int] = mapped_column(BigInteger)
    items_per_file: Mapped[int]
    file_format: Mapped[FileFormat] = mapped_column(
        stored(FileFormat), default=FileFormat.STANDARD18, server_default=FileFormat.STANDARD18.value
    )
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
    bureau_number: str = "",
    file_naming: str = FIRST_PATTERN,
    file_format: FileFormat = FileFormat.STANDARD18,
    by: Actor | None,
    at: datetime,
) -> BankProfile:
    """Add a bank profile that counts at once: when a body is set up. Raises AccountRefused for an account that is none.

    Later ones are proposed and confirmed (`schemes.bank_profile_change`).
    """
    account = validate(sort_code, account_number)
    profile_id = new_id()
    profile = BankProfile(
        id=profile_id,
        line_id=profile_id,
        version=1,
        confirmed_at=at,
        name=name,
        service_user_number=service_user_number,
        bureau_number=bureau_number,
        service_user_name=service_user_name,
        account_name=account_name,
        file_naming=file_naming,
        cut_off=cut_off,
        item_limit_pence=item_limit_pence,
        file_limit_pence=file_limit_pence,
        items_per_file=items_per_file,
        file_format=file_format,
        made_at=at,
    )
    keep(session, seals, profile, OriginatingAccount(*account), at=at)
    audit.record(session, "bank_profile.added", by=by, about=profile, at=at)
    return profile


def keep(session: Session, seals: Seals, profile: BankProfile, account: OriginatingAccount, *, at: datetime) -> None:
    """Write a new row, its account sealed under a key of its own."""
    profile.body_id = session.info["body_id"]
    key_row, key = seals.make(profile.body_id, at)
    session.add(key_row)
    session.flush()
    profile.key_id = key_row.id
    profile.sealed_account = key.seal("|".join(account).encode(), "bank_profile", profile.id)
    profile.last_four = account.account_number[-4:]
    session.add(profile)
    session.flush()


def versions_of(session: Session, line_id: UUID) -> Sequence[BankProfile]:
    """The confirmed versions of a bank profile, the newest first."""
    return session.scalars(
        select(BankProfile)
        .where(BankProfile.line_id == line_id, BankProfile.confirmed_at.is_not(None))
        .order_by(BankProfile.version.desc())
    ).all()


def newest_profile(session: Session, profile_id: UUID) -> BankProfile:
    """The version that counts now, of the bank profile that any of its versions' ids names. Raises NotFound."""
    named = session.get(BankProfile, (session.info["body_id"], profile_id))
    versions = versions_of(session, named.line_id) if named else []
    if not versions:
        raise NotFound("bank profile", profile_id)
    return versions[0]


def bank_profiles(session: Session) -> list[BankProfile]:
    """The body's bank profiles as they count now, by name."""
    newest = (
        select(BankProfile.line_id, func.max(BankProfile.version).label("version"))
        .where(BankProfile.confirmed_at.is_not(None))
        .group_by(BankProfile.line_id)
        .subquery()
    )
    rows = select(BankProfile).join(
        newest, (BankProfile.line_id == newest.c.line_id) & (BankProfile.version == newest.c.version)
    )
    return list(session.scalars(rows.order_by(BankProfile.name, BankProfile.line_id)))


def open_account(session: Session, seals: Seals, profile: BankProfile) -> OriginatingAccount:
    """The originating account in the clear, for a file."""
    key = seals.open_row(get_key(session, profile.body_id, profile.key_id))
    sort_code, account_number = key.open(profile.sealed_account, "bank_profile", profile.id).decode().split("|")
    return OriginatingAccount(sort_code, account_number)


def take_serial(session: Session, profile: BankProfile) -> int:
    """The next submission serial number of the line, 1 to 999999: a number once taken is never given again."""
    first = session.get_one(BankProfile, (profile.body_id, profile.line_id))
    session.refresh(first, with_for_update=True)
    serial = first.next_serial
    first.next_serial = serial + 1
    session.flush()
    return serial
