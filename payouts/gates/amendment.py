"""What its preparer changed of a sealed payroll by a named move: payments taken out, another pay date, or reopened.

But for a payroll that was reopened, the files are built anew and the new manifest names the amendment:
`payouts.gates.lineage` says which decisions stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from payouts.gates.voiding import Move
from schemes.database import Base, BodyOwned, stored, to_body_row
from schemes.payee import Beneficiary


class Amendment(BodyOwned, Base):
    """One move on one manifest, which it ends: a manifest is followed by one other at most.

    after_id: the amendment that led to the manifest that this one ends, if one did.
    payment_count, total_pence: of what was taken out. pay_date: the one before, of a payroll that was re-dated.
    """

    __tablename__ = "amendment"
    __table_args__ = (
        UniqueConstraint("body_id", "follows_id"),
        Index("ix_amendment_payroll", "body_id", "payroll_id"),
        to_body_row("payroll", "payroll_id"),
        to_body_row("manifest", "follows_id"),
        to_body_row("amendment", "after_id"),
        CheckConstraint("reason <> ''", name="reason"),
        CheckConstraint("(move = 'take_out') = (payment_count > 0 and total_pence > 0)", name="taken_out"),
        CheckConstraint("move in ('take_out', 're_date', 'reopen')", name="by_preparer"),
    )

    payroll_id: Mapped[UUID]
    follows_id: Mapped[UUID]
    after_id: Mapped[UUID | None]
    move: Mapped[Move] = mapped_column(stored(Move))
    reason: Mapped[str]
    payment_count: Mapped[int] = mapped_column(default=0)
    total_pence: Mapped[int] = mapped_column(BigInteger, default=0)
    pay_date: Mapped[date]
    made_by: Mapped[UUID]
    made_at: Mapped[datetime]


class TakenOut(BodyOwned, Base):
    """A payment that left a sealed payroll, as it was.

    `payment_id` is no foreign key: the row of the payment goes when the payroll is built again, this one stays.
    """

    __tablename__ = "taken_out"
    __table_args__ = (
        UniqueConstraint("body_id", "amendment_id", "payment_id"),
        Index("ix_taken_out_payroll", "body_id", "payroll_id", "award_id"),
        to_body_row("payroll", "payroll_id"),
        to_body_row("amendment", "amendment_id"),
        to_body_row("award", "award_id"),
        to_body_row("one_off", "one_off_id"),
        CheckConstraint("num_nonnulls(award_id, one_off_id) = 1", name="made_due_by"),
        to_body_row("beneficiary", "beneficiary_id"),
        to_body_row("payee", "payee_id"),
        CheckConstraint("amount_pence > 0", name="amount_pence"),
    )

    payroll_id: Mapped[UUID]
    amendment_id: Mapped[UUID]
    payment_id: Mapped[UUID]
    award_id: Mapped[UUID | None]
    one_off_id: Mapped[UUID | None]
    beneficiary_id: Mapped[UUID]
    payee_id: Mapped[UUID]
    reference: Mapped[str]
    amount_pence: Mapped[int] = mapped_column(BigInteger)


def get_amendment(session: Session, amendment_id: UUID) -> Amendment | None:
    return session.get(Amendment, (session.info["body_id"], amendment_id))


def amendments_of(session: Session, payroll_id: UUID) -> Sequence[Amendment]:
    """Everything that was changed of a payroll after it was sealed, oldest first, whether or not it still counts."""
    amendments = select(Amendment).where(Amendment.payroll_id == payroll_id)
    return session.scalars(amendments.order_by(Amendment.made_at, Amendment.id)).all()


class LeftRow(NamedTuple):
    """A payment that was taken out, as a person reads it."""

    taken: TakenOut
    beneficiary: Beneficiary


class Changed(NamedTuple):
    """A change of a sealed payroll as a person reads it; of many payments that left, the first."""

    amendment: Amendment
    left: list[LeftRow]


TOLD = 50


def since_sealing(session: Session, amendment_id: UUID | None) -> list[Changed]:
    """The changes that the manifest of now rests on, oldest first: `amendment_id` is the payroll's."""
    found: list[Changed] = []
    while amendment_id is not None:
        amendment = session.get_one(Amendment, (session.info["body_id"], amendment_id))
        found.insert(0, Changed(amendment, left_by(session, amendment)))
        amendment_id = amendment.after_id
    return found


def left_by(session: Session, amendment: Amendment, *, limit: int = TOLD) -> list[LeftRow]:
    """The payments that a change took out, the first by reference."""
    if not amendment.payment_count:
        return []
    rows = session.execute(
        select(TakenOut, Beneficiary)
        .join(Beneficiary, (Beneficiary.body_id == TakenOut.body_id) & (Beneficiary.id == TakenOut.beneficiary_id))
        .where(TakenOut.amendment_id == amendment.id)
        .order_by(TakenOut.reference)
        .limit(limit)
    )
    return [LeftRow(*row) for row in rows]


def changed_by(session: Session, payroll_id: UUID) -> frozenset[UUID]:
    """Those who changed a payroll after it was sealed: they approve it no more."""
    return frozenset(session.scalars(select(Amendment.made_by).where(Amendment.payroll_id == payroll_id)))
