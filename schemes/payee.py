"""The three parties apart: the beneficiary whose award it is, and the payee who is paid for them under a mandate.

The third, the account holder, stands on the bank details (`schemes.account`).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    select,
    text,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from schemes.database import Base, BodyOwned, stored, to_body_row
from schemes.errors import NotFound
from schemes.person import Role


class Capacity(StrEnum):
    """In what capacity a payee is paid for a beneficiary."""

    SELF = "self"
    APPOINTEE = "appointee"
    DEPUTY = "deputy"
    PARENT = "parent"
    PROVIDER = "provider"
    LANDLORD = "landlord"
    EXECUTOR = "executor"
    ESTATE_ADMINISTRATOR = "estate_administrator"


OF_ESTATE = (Capacity.EXECUTOR, Capacity.ESTATE_ADMINISTRATOR)
"""Capacities in which somebody receives what is still owed to a person who has died."""


class PaymentMethod(StrEnum):
    """How a payee is paid. Without an account a payroll lists them as unpaid, with what to do."""

    ACCOUNT = "account"
    NO_ACCOUNT = "no_account"
    ADDRESS_ONLY = "address_only"


class Format(StrEnum):
    """In which format somebody is written to."""

    STANDARD = "standard"
    LARGE_PRINT = "large_print"
    EASY_READ = "easy_read"


class Language(StrEnum):
    """In which language somebody is written to."""

    ENGLISH = "english"
    WELSH = "welsh"


# who may change what the register says of a payee; bank details have rules of their own
EDITORS = (Role.PREPARER,)


class Beneficiary(BodyOwned, Base):
    """A person whose award it is. `reference` is the body's own; `search_name` the name in lower case.

    same_as: the other record of the same person, where two were merged (`schemes.duplicates.merge`). address, postcode:
    where they live, a line each; of one paid for themselves the payee's contacts say it.
    """

    __tablename__ = "beneficiary"
    __table_args__ = (
        UniqueConstraint("body_id", "reference"),
        Index("ix_beneficiary_same_as", "body_id", "same_as", postgresql_where=text("same_as is not null")),
        to_body_row("beneficiary", "same_as"),
        Index("ix_beneficiary_search_name", "body_id", "search_name"),
        Index("ix_beneficiary_postcode", "body_id", "postcode", postgresql_where=text("postcode is not null")),
    )

    body_id: Mapped[UUID] = mapped_column(ForeignKey("body.id"), primary_key=True)
    reference: Mapped[str] = mapped_column(String(collation="C"))
    name: Mapped[str]
    search_name: Mapped[str] = mapped_column(String(collation="C"))
    date_of_birth: Mapped[date | None]
    address: Mapped[str | None]
    postcode: Mapped[str | None]
    same_as: Mapped[UUID | None]
    erased_at: Mapped[datetime | None]
    made_at: Mapped[datetime]


class Payee(BodyOwned, Base):
    """Who receives the money: the beneficiary, or an appointee, parent or provider. `key_id` seals their details.

    email: where notices go now (`schemes.contact` keeps it). safe_contact: reached by contacts marked safe alone.
    preferred_channel: a `schemes.contact_value.Channel`. payments_combined: what a payroll pays them for several
    beneficiaries goes in one credit. merged_into: who stays, of two found to be one person.
    """

    __tablename__ = "payee"
    __table_args__ = (
        UniqueConstraint("body_id", "reference"),
        Index("ix_payee_search_name", "body_id", "search_name"),
        Index("ix_payee_merged_into", "body_id", "merged_into", postgresql_where=text("merged_into is not null")),
        Index("ix_payee_without_account", "body_id", "id", postgresql_where=text("payment_method <> 'account'")),
        Index("ix_payee_payments_combined", "body_id", "id", postgresql_where=text("payments_combined")),
        to_body_row("payee", "merged_into"),
        to_body_row("sealing_key", "key_id"),
    )

    body_id: Mapped[UUID] = mapped_column(ForeignKey("body.id"), primary_key=True)
    reference: Mapped[str] = mapped_column(String(collation="C"))
    name: Mapped[str]
    search_name: Mapped[str] = mapped_column(String(collation="C"))
    email: Mapped[str | None]
    date_of_birth: Mapped[date | None]
    preferred_channel: Mapped[str | None]
    format: Mapped[Format] = mapped_column(stored(Format), server_default=Format.STANDARD.value)
    language: Mapped[Language] = mapped_column(stored(Language), server_default=Language.ENGLISH.value)
    safe_contact: Mapped[bool] = mapped_column(server_default=text("false"))
    merged_into: Mapped[UUID | None]
    erased_at: Mapped[datetime | None]
    payment_method: Mapped[PaymentMethod] = mapped_column(
        stored(PaymentMethod), server_default=PaymentMethod.ACCOUNT.value
    )
    payments_combined: Mapped[bool] = mapped_column(server_default=text("false"))
    key_id: Mapped[UUID]
    made_at: Mapped[datetime]


class Mandate(BodyOwned, Base):
    """That a payee is paid for a beneficiary, and in what capacity, from its first to its last day, both included.

    first_day: None for one that came in a file, in force since ever. last_day: as it was given, None for no end.
    ended_on: its last day after all. merge_id: the merge that brought it from another payee's record; parted_at: when
    that was undone. What happens to a mandate stands in `schemes.mandate`.
    """

    __tablename__ = "mandate"
    __table_args__ = (
        Index("ix_mandate_beneficiary", "body_id", "beneficiary_id", "payee_id"),
        Index("ix_mandate_payee", "body_id", "payee_id"),
        Index("ix_mandate_ended", "body_id", "ended_at", postgresql_where=text("ended_at is not null")),
        to_body_row("beneficiary", "beneficiary_id"),
        to_body_row("payee", "payee_id"),
        to_body_row("change", "merge_id"),
        Index("ix_mandate_merge", "body_id", "merge_id", postgresql_where=text("merge_id is not null")),
        CheckConstraint("last_day >= first_day", name="days"),
        CheckConstraint(
            "(ended_by is null) = (ended_on is null) and (ended_by is null) = (ended_at is null) "
            "and (ended_by is null or coalesce(ended_because, '') <> '')",
            name="ended",
        ),
    )

    beneficiary_id: Mapped[UUID]
    payee_id: Mapped[UUID]
    capacity: Mapped[Capacity] = mapped_column(stored(Capacity))
    first_day: Mapped[date | None]
    last_day: Mapped[date | None]
    evidence: Mapped[str | None]
    evidence_reference: Mapped[str | None]
    made_by: Mapped[UUID | None]
    made_at: Mapped[datetime]
    ended_on: Mapped[date | None]
    ended_by: Mapped[UUID | None]
    ended_at: Mapped[datetime | None]
    ended_because: Mapped[str | None]
    merge_id: Mapped[UUID | None]
    parted_at: Mapped[datetime | None]

    @property
    def end(self) -> date | None:
        """Its last day, whichever comes first."""
        return min((day for day in (self.last_day, self.ended_on) if day), default=None)

    def is_in_force(self, day: date) -> bool:
        return (self.first_day is None or self.first_day <= day) and (self.end is None or day <= self.end)


def for_search(name: str) -> str:
    """A name as it is searched: lower case, single spaces."""
    return " ".join(name.casefold().split())


def get_payee(session: Session, payee_id: UUID, *, lock: bool = False) -> Payee:
    """Raises NotFound."""
    payee = session.get(Payee, (session.info["body_id"], payee_id), with_for_update=lock or None)
    if payee is None:
        raise NotFound("payee", payee_id)
    return payee


def payee_of_reference(session: Session, reference: str) -> Payee:
    """Raises NotFound."""
    payee = session.scalars(select(Payee).where(Payee.reference == reference)).one_or_none()
    if payee is None:
        raise NotFound("payee", reference)
    return payee


def beneficiary_of_reference(session: Session, reference: str) -> Beneficiary:
    """Raises NotFound."""
    beneficiary = session.scalars(select(Beneficiary).where(Beneficiary.reference == reference)).one_or_none()
    if beneficiary is None:
        raise NotFound("beneficiary", reference)
    return beneficiary


def is_known(session: Session, payee_id: UUID) -> bool:
    return session.get(Payee, (session.info["body_id"], payee_id)) is not None


def get_beneficiary(session: Session, beneficiary_id: UUID, *, lock: bool = False) -> Beneficiary:
    """Raises NotFound."""
    beneficiary = session.get(Beneficiary, (session.info["body_id"], beneficiary_id), with_for_update=lock or None)
    if beneficiary is None:
        raise NotFound("beneficiary", beneficiary_id)
    return beneficiary


def is_paid_for(session: Session, payee_id: UUID, beneficiary_id: UUID) -> bool:
    """Whether a payee is or was paid for a beneficiary."""
    mandate = select(Mandate.id).where(Mandate.payee_id == payee_id, Mandate.beneficiary_id == beneficiary_id)
    # whoever was merged into another payee is paid for nobody any more
    mandate = mandate.join(Payee, (Payee.body_id == Mandate.body_id) & (Payee.id == Mandate.payee_id))
    return session.scalar(mandate.where(Payee.merged_into.is_(None)).limit(1)) is not None


def beneficiaries_of(session: Session, payee: Payee, *, limit: int = 100) -> list[tuple[Beneficiary, Mandate]]:
    """For whom a payee is or was paid, by reference, with each mandate: of one beneficiary the newest first."""
    rows = session.execute(
        select(Beneficiary, Mandate)
        .join(Mandate, (Mandate.body_id == Beneficiary.body_id) & (Mandate.beneficiary_id == Beneficiary.id))
        .where(Mandate.payee_id == payee.id)
        .order_by(Beneficiary.reference, Mandate.id.desc())
        .limit(limit)
    )
    return [(beneficiary, mandate) for beneficiary, mandate in rows]


def payees_of_ids(session: Session, payee_ids: Iterable[UUID]) -> dict[UUID, Payee]:
    """Payees by their ids."""
    found = session.scalars(select(Payee).where(Payee.id.in_(set(payee_ids))))
    return {payee.id: payee for payee in found}


def payees_for(session: Session, beneficiary_id: UUID) -> list[Payee]:
    """Who may be paid for a beneficiary, by reference."""
    with_mandate = (Mandate.body_id == Payee.body_id) & (Mandate.payee_id == Payee.id)
    payees = select(Payee).join(Mandate, with_mandate).where(Mandate.beneficiary_id == beneficiary_id)
    # one payee may have had several mandates, one after the other
    return list(session.scalars(payees.order_by(Payee.reference)).unique())
