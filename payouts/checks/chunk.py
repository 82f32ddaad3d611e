"""The chunks that a payroll's checks are cut into, for any worker: ranges of payments and of awards."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Select, Text, cast, delete, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from payouts.building import CHUNK, chunk_bounds
from payouts.payment import Payment
from payouts.payroll import Payroll
from schemes.account import Account
from schemes.database import Base, joining_whole_tables, to_body_row

NO_AWARD = UUID(int=0)


class CheckChunk(Base):
    """The payments with ordinals from `first` to `last`, and a share of the scheme's awards.

    shared_accounts, several_payments: what only a look at all payments shows, of those that the chunk has: fingerprint
    or payee → how many payees or payments. due_count, due_pence: what the chunk's awards say is due; None until the
    chunk is done. The rows are gone once the payroll is checked.
    """

    __tablename__ = "check_chunk"
    __table_args__ = (to_body_row("payroll", "payroll_id"),)

    body_id: Mapped[UUID] = mapped_column(primary_key=True)
    payroll_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    first: Mapped[int]
    last: Mapped[int]
    first_award_id: Mapped[UUID]
    last_award_id: Mapped[UUID]
    shared_accounts: Mapped[dict[str, int]] = mapped_column(JSONB)
    several_payments: Mapped[dict[str, int]] = mapped_column(JSONB)
    due_count: Mapped[int | None]
    due_pence: Mapped[int | None] = mapped_column(BigInteger)


def cut(session: Session, payroll: Payroll) -> int:
    """Cut a payroll's payments, and its scheme's awards, into chunks; returns how many. At least one."""
    forget(session, payroll)
    awards = chunk_bounds(session, payroll)
    last_ordinal = session.scalar(select(func.max(Payment.ordinal)).where(Payment.payroll_id == payroll.id)) or 0
    count = max(len(awards), -(-last_ordinal // CHUNK), 1)
    with joining_whole_tables(session):
        shared, several = shared_accounts(session, payroll), several_payments(session, payroll)
    for number in range(count):
        first_award_id, last_award_id = awards[number] if number < len(awards) else (NO_AWARD, NO_AWARD)
        session.add(
            CheckChunk(
                body_id=payroll.body_id,
                payroll_id=payroll.id,
                number=number,
                first=number * CHUNK + 1,
                last=(number + 1) * CHUNK,
                first_award_id=first_award_id,
                last_award_id=last_award_id,
                shared_accounts=shared.get(number, {}),
                several_payments=several.get(number, {}),
            )
        )
    session.flush()
    return count


def number_of_chunk() -> ColumnElement[int]:
    """Of the chunk that a payment is in."""
    return (Payment.ordinal - 1) // CHUNK


def shared_accounts(session: Session, payroll: Payroll) -> dict[int, dict[str, int]]:
    """Fingerprints of accounts into which several payees are paid, with how many these are, by chunk."""
    on_account = (Account.body_id == Payment.body_id) & (Account.id == Payment.account_id)
    of_all = select(Account.fingerprint).join(Payment, on_account).where(Payment.payroll_id == payroll.id)
    # two different payees are quicker to tell than how many there are, and few accounts have two
    doubled = (
        of_all.group_by(Account.fingerprint)
        .having(func.min(cast(Payment.payee_id, Text)) != func.max(cast(Payment.payee_id, Text)))
        .subquery()
    )
    paid = (
        select(Account.fingerprint, Payment.payee_id, number_of_chunk().label("number"))
        .join(Payment, on_account)
        .join(doubled, doubled.c.fingerprint == Account.fingerprint)
        .where(Payment.payroll_id == payroll.id)
        .cte("paid")
    )
    payees = (
        select(paid.c.fingerprint, func.count(paid.c.payee_id.distinct()).label("payees"))
        .group_by(paid.c.fingerprint)
        .subquery()
    )
    return by_chunk(
        session,
        select(paid.c.number, func.encode(paid.c.fingerprint, "hex"), payees.c.payees)
        .join(payees, payees.c.fingerprint == paid.c.fingerprint)
        .distinct(),
    )


def several_payments(session: Session, payroll: Payroll) -> dict[int, dict[str, int]]:
    """Payees to whom several payments are made, with how many these are, by chunk."""
    mine = Payment.payroll_id == payroll.id
    several = (
        select(Payment.payee_id, func.count().label("payments"))
        .where(mine)
        .group_by(Payment.payee_id)
        .having(func.count() > 1)
        .subquery()
    )
    return by_chunk(
        session,
        select(number_of_chunk(), Payment.payee_id, several.c.payments)
        .join(several, several.c.payee_id == Payment.payee_id)
        .where(mine)
        .distinct(),
    )


def by_chunk(session: Session, rows: Select[Any, Any, Any]) -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = {}
    for number, key, count in session.execute(rows):
        found.setdefault(number, {})[str(key)] = count
    return found


def chunk_of(session: Session, payroll: Payroll, number: int) -> CheckChunk:
    return session.get_one(CheckChunk, (payroll.body_id, payroll.id, number))


def is_being_checked(session: Session, payroll: Payroll) -> bool:
    return (
        session.scalars(select(CheckChunk.number).where(CheckChunk.payroll_id == payroll.id).limit(1)).first()
        is not None
    )


def due_in_all(session: Session, payroll: Payroll) -> tuple[int, int]:
    """Count and total in pence of what the awards of all chunks say is due."""
    count, pence = session.execute(
        select(func.sum(CheckChunk.due_count), func.sum(CheckChunk.due_pence)).where(
            CheckChunk.payroll_id == payroll.id
        )
    ).one()
    return int(count or 0), int(pence or 0)


def forget(session: Session, payroll: Payroll) -> None:
    session.execute(
        delete(CheckChunk).where(CheckChunk.payroll_id == payroll.id).execution_options(synchronize_session=False)
    )
