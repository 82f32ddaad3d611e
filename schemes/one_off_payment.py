"""A one-off payment as it is kept: money that no award makes due. What happens to it stands in `schemes.one_off`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ColumnElement, Index, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from schemes.database import Base, BodyOwned, to_body_row
from schemes.errors import NotFound, Refused
from schemes.payee import Beneficiary, Payee
from schemes.scheme import Scheme


class OneOffFault(StrEnum):
    """What is wrong with a one-off payment that somebody enters."""

    AMOUNT = "amount"
    NO_SUCH_COMPONENT = "no_such_component"
    NO_PERIOD = "no_period"
    TOO_FAR = "too_far"
    REASON_MISSING = "reason_missing"
    PAYEE_NOT_SAID = "payee_not_said"
    NOT_THEIR_PAYEE = "not_their_payee"
    AWARD_PAYS_THIS = "award_pays_this"
    ENTERED_ALREADY = "entered_already"
    FURTHER_WITHOUT_REASON = "further_without_reason"
    NUMBER = "number"
    UNKNOWN_BENEFICIARY = "unknown_beneficiary"
    UNKNOWN_PAYEE = "unknown_payee"
    REPEATED = "repeated"
    NUMBER_NOT_SAID = "number_not_said"


class OneOffRefused(Refused):
    """A one-off payment that cannot be. `field` is the one to put right; `facts` are for the sentence."""

    def __init__(self, field: str, fault: OneOffFault, **facts: str | int) -> None:
        super().__init__(f"{field}: {fault}")
        self.field = field
        self.fault = fault
        self.facts = facts


class OneOff(BodyOwned, Base):
    """One payment to one payee for one beneficiary, for the period of the scheme that the day it is about lies in.

    pay_from: no payroll before this day collects it. sequence: above 1 for a further payment of what is paid already,
    with `further_because`. file_id: the file that it came in. ended_…: rejected, or withdrawn before it was paid; the
    key is free again. Only the second person's word and the end are ever written later.
    """

    __tablename__ = "one_off"
    __table_args__ = (
        Index(
            "uq_one_off_permanent_key",
            "body_id",
            "scheme_id",
            "beneficiary_id",
            "period_first_day",
            "component",
            "sequence",
            unique=True,
            postgresql_where=text("ended_at is null"),
        ),
        Index(
            "ix_one_off_to_pay",
            "body_id",
            "scheme_id",
            "pay_from",
            postgresql_where=text("confirmed_at is not null and ended_at is null"),
        ),
        Index(
            "ix_one_off_waiting",
            "body_id",
            "id",
            postgresql_where=text("confirmed_at is null and ended_at is null"),
        ),
        Index(
            "ix_one_off_ended",
            "body_id",
            "scheme_id",
            "beneficiary_id",
            postgresql_where=text("ended_at is not null"),
        ),
        Index("ix_one_off_payee", "body_id", "payee_id"),
        to_body_row("scheme", "scheme_id"),
        to_body_row("beneficiary", "beneficiary_id"),
        to_body_row("payee", "payee_id"),
        to_body_row("one_off_file", "file_id"),
        Index("ix_one_off_file", "body_id", "file_id", postgresql_where=text("file_id is not null")),
        CheckConstraint("amount_pence > 0", name="amount_pence"),
        CheckConstraint("sequence >= 1", name="sequence"),
        CheckConstraint("(sequence > 1) = (further_because is not null)", name="further"),
        CheckConstraint("reason <> '' and coalesce(further_because, 'x') <> ''", name="reason"),
        CheckConstraint("period_last_day >= period_first_day", name="period"),
        CheckConstraint("confirmed_by is null or confirmed_by <> proposed_by", name="two_people"),
        CheckConstraint("(confirmed_by is null) = (confirmed_at is null)", name="confirmed"),
        CheckConstraint(
            "(ended_by is null) = (ended_at is null) and (ended_by is null or coalesce(ended_because, '') <> '')",
            name="ended",
        ),
    )

    scheme_id: Mapped[UUID]
    beneficiary_id: Mapped[UUID]
    payee_id: Mapped[UUID]
    component: Mapped[str]
    period_first_day: Mapped[date]
    period_last_day: Mapped[date]
    sequence: Mapped[int]
    amount_pence: Mapped[int] = mapped_column(BigInteger)
    pay_from: Mapped[date]
    reason: Mapped[str]
    further_because: Mapped[str | None]
    file_id: Mapped[UUID | None]
    proposed_by: Mapped[UUID]
    proposed_at: Mapped[datetime]
    confirmed_by: Mapped[UUID | None]
    confirmed_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None]
    ended_at: Mapped[datetime | None]
    ended_because: Mapped[str | None]

    @property
    def is_waiting(self) -> bool:
        return self.confirmed_at is None and self.ended_at is None


def get_one_off(session: Session, one_off_id: UUID, *, lock: bool = False) -> OneOff:
    """Raises NotFound."""
    one_off = session.get(OneOff, (session.info["body_id"], one_off_id), with_for_update=lock or None)
    if one_off is None:
        raise NotFound("one-off payment", one_off_id)
    return one_off


class OneOffRow(NamedTuple):
    """A one-off payment as a person reads it."""

    one_off: OneOff
    scheme: Scheme
    beneficiary: Beneficiary
    payee: Payee


def rows_where(
    session: Session, *which: ColumnElement[bool], before: UUID | None = None, limit: int = 50
) -> list[OneOffRow]:
    """One-off payments with their people, the newest first, those before the id `before`."""
    rows = (
        select(OneOff, Scheme, Beneficiary, Payee)
        .join(Scheme, (Scheme.body_id == OneOff.body_id) & (Scheme.id == OneOff.scheme_id))
        .join(Beneficiary, (Beneficiary.body_id == OneOff.body_id) & (Beneficiary.id == OneOff.beneficiary_id))
        .join(Payee, (Payee.body_id == OneOff.body_id) & (Payee.id == OneOff.payee_id))
        .where(*which)
        .order_by(OneOff.id.desc())
        .limit(limit)
    )
    if before is not None:
        rows = rows.where(OneOff.id < before)
    return [OneOffRow(*row) for row in session.execute(rows)]


WAITING = OneOff.confirmed_at.is_(None) & OneOff.ended_at.is_(None)


def waiting(session: Session, *, limit: int = 20) -> list[OneOffRow]:
    """What waits for a second person, the newest first; what came in a file waits with the file."""
    return rows_where(session, WAITING, OneOff.file_id.is_(None), limit=limit)


def one_offs_of_ids(session: Session, ids: Collection[UUID | None]) -> dict[UUID, OneOff]:
    """One-off payments by their ids."""
    wanted = {one for one in ids if one is not None}
    found: Sequence[OneOff] = session.scalars(select(OneOff).where(OneOff.id.in_(wanted))).all() if wanted else ()
    return {one.id: one for one in found}
