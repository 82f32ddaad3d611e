"""Bank details: immutable, sealed versions, used only once a second person confirmed them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Date,
    Index,
    String,
    UniqueConstraint,
    cast,
    func,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from bacs.calendar import LONDON
from bacs.modulus import Outcome
from schemes.database import Base, BodyOwned, stored, to_body_row
from schemes.errors import NotFound
from schemes.seal import OpenKey


class BankDetails(NamedTuple):
    """What is sealed: 6 digits, 8 digits, and the roll number or an empty string."""

    sort_code: str
    account_number: str
    roll_number: str


class CameBy(StrEnum):
    """How new bank details reached the body."""

    LETTER = "letter"
    FORM = "form"
    PHONE = "phone"
    EMAIL = "email"
    BANK = "bank"


class Stopped(StrEnum):
    """Why nothing is paid into an account any more. returned: a payment to it came back."""

    CLOSED = "closed"
    COMPROMISED = "compromised"
    RETURNED = "returned"


class State(StrEnum):
    """Where a version is on a day."""

    WAITING = "waiting"
    REJECTED = "rejected"
    COOLING_OFF = "cooling_off"
    HELD = "held"
    IN_USE = "in_use"
    REPLACED = "replaced"
    CLOSED = "closed"
    COMPROMISED = "compromised"
    RETURNED = "returned"


class Account(BodyOwned, Base):
    """One version of a payee's bank details. `holder_name` is what the payment file carries.

    What it says never changes: a payment points at the version it was approved with. Only what people decide about it
    is added. `usable_from` ends the cooling-off of a change; without it a version is usable once it is confirmed.
    `came_by` is None for a version that came in a file. `confirmed_because`: why, where the bank's answer asked for it.
    `confirmed_under`: the policy by which a match at the bank confirmed it; then nobody did (`confirmed_by` is None).
    `disowned_at`: when the payee said that it was not theirs; `held_back`: it waits until somebody has looked.
    """

    __tablename__ = "account"
    __table_args__ = (
        UniqueConstraint("body_id", "payee_id", "version"),
        Index("ix_account_fingerprint", "body_id", "fingerprint"),
        Index("ix_account_import", "body_id", "import_id"),
        Index("ix_account_last_four", "body_id", "last_four"),
        Index("ix_account_stopped", "body_id", "stopped_at", postgresql_where=text("stopped_at is not null")),
        to_body_row("payee", "payee_id"),
        to_body_row("register_import", "import_id"),
        to_body_row("name_policy", "confirmed_under"),
        CheckConstraint("confirmed_by is null or confirmed_by <> proposed_by", name="two_people"),
        CheckConstraint(
            "(confirmed_at is null) = (confirmed_by is null and confirmed_under is null)", name="confirmed"
        ),
        CheckConstraint("confirmed_by is null or confirmed_under is null", name="one_confirmation"),
        CheckConstraint(
            "(waived_by is null) = (waived_at is null) and (waived_by is null or "
            "(waived_by <> proposed_by and confirmed_at is not null and coalesce(waived_because, '') <> ''))",
            name="waiver",
        ),
        CheckConstraint(
            "(rejected_by is null) = (rejected_at is null) and (rejected_by is null or "
            "(confirmed_at is null and coalesce(rejected_because, '') <> ''))",
            name="rejection",
        ),
        CheckConstraint(
            "(stopped_by is null) = (stopped_at is null) and (stopped_by is null) = (stopped_as is null)", name="stop"
        ),
        CheckConstraint(
            "(looked_by is null) = (looked_at is null) and (looked_by is null or "
            "(looked_by <> proposed_by and disowned_at is not null and coalesce(looked_because, '') <> ''))",
            name="looked",
        ),
        CheckConstraint("not held_back or disowned_at is not null", name="held_back"),
        Index(
            "ix_account_disowned",
            "body_id",
            "disowned_at",
            postgresql_where=text("disowned_at is not null and looked_at is null"),
        ),
        Index(
            "uq_account_waiting",
            "body_id",
            "payee_id",
            unique=True,
            postgresql_where=text("import_id is null and confirmed_at is null and rejected_at is null"),
        ),
    )

    payee_id: Mapped[UUID]
    version: Mapped[int]
    holder_name: Mapped[str]
    sealed_details: Mapped[bytes]
    fingerprint: Mapped[bytes]
    last_four: Mapped[str] = mapped_column(String(collation="C"))
    modulus_outcome: Mapped[Outcome] = mapped_column(stored(Outcome))
    modulus_rule: Mapped[str]
    weight_table: Mapped[str]
    import_id: Mapped[UUID | None]
    proposed_by: Mapped[UUID]
    proposed_at: Mapped[datetime]
    confirmed_by: Mapped[UUID | None]
    confirmed_at: Mapped[datetime | None]
    confirmed_because: Mapped[str | None]
    confirmed_under: Mapped[UUID | None]
    held_back: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    disowned_at: Mapped[datetime | None]
    looked_by: Mapped[UUID | None]
    looked_at: Mapped[datetime | None]
    looked_because: Mapped[str | None]
    came_by: Mapped[CameBy | None] = mapped_column(stored(CameBy))
    usable_from: Mapped[date | None]
    waived_by: Mapped[UUID | None]
    waived_at: Mapped[datetime | None]
    waived_because: Mapped[str | None]
    rejected_by: Mapped[UUID | None]
    rejected_at: Mapped[datetime | None]
    rejected_because: Mapped[str | None]
    stopped_as: Mapped[Stopped | None] = mapped_column(stored(Stopped))
    stopped_by: Mapped[UUID | None]
    stopped_at: Mapped[datetime | None]

    @property
    def is_waiting(self) -> bool:
        return self.confirmed_at is None and self.rejected_at is None

    @property
    def is_match_confirmed(self) -> bool:
        return self.confirmed_under is not None

    @property
    def is_disowned(self) -> bool:
        """Whether the payee said that it was not theirs, and nobody has looked into it."""
        return self.disowned_at is not None and self.looked_at is None


def pack(details: BankDetails) -> bytes:
    return "|".join(details).encode("ascii")


def open_details(key: OpenKey, account_id: UUID, sealed: bytes) -> BankDetails:
    """The bank details in the clear. Raises SealBroken."""
    return BankDetails(*key.open(sealed, "account", account_id).decode("ascii").split("|"))


def accounts_of(session: Session, payee_id: UUID) -> Sequence[Account]:
    """A payee's versions, newest first."""
    return session.scalars(select(Account).where(Account.payee_id == payee_id).order_by(Account.version.desc())).all()


def usable_on(day: date) -> ColumnElement[bool]:
    """Whether a version may be used on a day: confirmed by its end, and past its cooling-off.

    Of several the newest counts, and if that one is stopped nobody is paid: the versions before it are over. One that
    was stopped in its cooling-off never comes into use, nor does one that is held.
    """
    end = datetime.combine(day + timedelta(days=1), time.min, LONDON)
    stopped_on = cast(func.timezone("Europe/London", Account.stopped_at), Date)
    cooled_off = (Account.usable_from <= day) & or_(Account.stopped_at.is_(None), stopped_on >= Account.usable_from)
    return ~Account.held_back & (Account.confirmed_at < end) & or_(Account.usable_from.is_(None), cooled_off)


def in_use_on(session: Session, payee_id: UUID, day: date) -> Account | None:
    """The version that a payee's money goes to on a day; it may be stopped."""
    usable = select(Account).where(Account.payee_id == payee_id, usable_on(day))
    return session.scalars(usable.order_by(Account.version.desc()).limit(1)).first()


def state_on(account: Account, in_use: Account | None, day: date) -> State:
    """Where a version is on a day, `in_use` being the payee's version in use."""
    if account.stopped_as is not None:
        return State(account.stopped_as.value)
    if account.rejected_at is not None:
        return State.REJECTED
    if account.confirmed_at is None:
        return State.WAITING
    if in_use is not None and account.id == in_use.id:
        return State.IN_USE
    if account.held_back:
        return State.HELD
    return State.COOLING_OFF if account.usable_from and account.usable_from > day else State.REPLACED


def get_account(session: Session, payee_id: UUID, account_id: UUID, *, lock: bool = False) -> Account:
    """Raises NotFound, for another payee's account too."""
    account = session.get(Account, (session.info["body_id"], account_id), with_for_update=lock or None)
    if account is None or account.payee_id != payee_id:
        raise NotFound("account", account_id)
    return account
