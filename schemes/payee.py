"""The three parties apart: the beneficiary whose award it is, and the payee who is paid for them under a mandate.

The third, the account holder, stands on the bank details (`schemes.account`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, Index, String, UniqueConstraint, func, or_, select, text
from sqlalchemy.orm import InstrumentedAttribute, Mapped, Session, mapped_column

from schemes.database import Base, BodyOwned, stored, to_body_row
from schemes.errors import NotFound
from schemes.person import Role


class Capacity(StrEnum):
    """In what capacity a payee is paid for a beneficiary."""

    SELF = "self"
    APPOINTEE = "appointee"
    PARENT = "parent"
    PROVIDER = "provider"


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

    same_as: the other record of the same person, where two were merged (`schemes.duplicates.merge`).
    """

    __tablename__ = "beneficiary"
    __table_args__ = (
        UniqueConstraint("body_id", "reference"),
        Index("ix_beneficiary_same_as", "body_id", "same_as", postgresql_where=text("same_as is not null")),
        to_body_row("beneficiary", "same_as"),
    )

    body_id: Mapped[UUID] = mapped_column(ForeignKey("body.id"), primary_key=True)
    reference: Mapped[str] = mapped_column(String(collation="C"))
    name: Mapped[str]
    search_name: Mapped[str]
    date_of_birth: Mapped[date | None]
    same_as: Mapped[UUID | None]
    erased_at: Mapped[datetime | None]
    made_at: Mapped[datetime]


class Payee(BodyOwned, Base):
    """Who receives the money: the beneficiary, or an appointee, parent or provider. `key_id` seals their details.

    email: where notices go now (`schemes.contact` keeps it). safe_contact: reached by contacts marked safe alone.
    preferred_channel: a `schemes.contact_value.Channel`. merged_into: who stays, of two found to be one person.
    """

    __tablename__ = "payee"
    __table_args__ = (
        UniqueConstraint("body_id", "reference"),
        Index("ix_payee_search_name", "body_id", "search_name"),
        Index("ix_payee_merged_into", "body_id", "merged_into", postgresql_where=text("merged_into is not null")),
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
    key_id: Mapped[UUID]
    made_at: Mapped[datetime]


class Mandate(BodyOwned, Base):
    """That a payee is paid for a beneficiary, and in what capacity."""

    __tablename__ = "mandate"
    __table_args__ = (
        UniqueConstraint("body_id", "beneficiary_id", "payee_id"),
        Index("ix_mandate_payee", "body_id", "payee_id"),
        to_body_row("beneficiary", "beneficiary_id"),
        to_body_row("payee", "payee_id"),
    )

    beneficiary_id: Mapped[UUID]
    payee_id: Mapped[UUID]
    capacity: Mapped[Capacity] = mapped_column(stored(Capacity))
    made_at: Mapped[datetime]


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


def find_payees(session: Session, *, search: str = "", after: str | None = None, limit: int = 50) -> Sequence[Payee]:
    """Payees by reference, those after `after`; a search matches the start of a reference or of a name."""
    payees = select(Payee).order_by(Payee.reference).limit(limit)
    if after is not None:
        payees = payees.where(Payee.reference > after)
    if search:
        start = for_search(search)
        payees = payees.where(
            or_(
                between(Payee.reference, search.strip().upper()),
                between(Payee.search_name, start),
            )
        )
    return session.scalars(payees).all()


def between(column: InstrumentedAttribute[str], start: str) -> ColumnElement[bool]:
    # a range, not LIKE: under row security LIKE gets no index, since its operator is not leakproof
    return (column >= start) & (column < start + "\U0010fffd")


def count_payees(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Payee)) or 0


def beneficiaries_of(session: Session, payee: Payee, *, limit: int = 100) -> list[tuple[Beneficiary, Mandate]]:
    """For whom a payee is paid, by reference."""
    rows = session.execute(
        select(Beneficiary, Mandate)
        .join(Mandate, (Mandate.body_id == Beneficiary.body_id) & (Mandate.beneficiary_id == Beneficiary.id))
        .where(Mandate.payee_id == payee.id)
        .order_by(Beneficiary.reference)
        .limit(limit)
    )
    return [(beneficiary, mandate) for beneficiary, mandate in rows]
