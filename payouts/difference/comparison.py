"""What became of the difference between a payroll and the last one: its causes counted, and each award's lines."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, ForeignKeyConstraint, delete, func, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from payouts.difference.explanation import Cause
from payouts.payment import Payment, PaymentStatus, in_payroll
from payouts.payroll import Payroll, get_payroll
from schemes.award import Award
from schemes.database import Base, stored, to_body_row
from schemes.errors import Refused
from schemes.payee import Beneficiary
from schemes.signer import canonical


class Comparison(Base):
    """A payroll against the last comparable one, `against_id` (None: there is none, so everything is new). In pence.

    stray_…: payments of this payroll or the last one that belong to no award of the scheme, by what the causes miss.
    chunks_…: how far the work has come; `build` is the one that was looked at.
    """

    __tablename__ = "comparison"
    __table_args__ = (
        to_body_row("payroll", "payroll_id"),
        to_body_row("payroll", "against_id", name="fk_comparison_against"),
        CheckConstraint("chunks_done between 0 and chunks_total", name="chunks"),
    )

    body_id: Mapped[UUID] = mapped_column(ForeignKey("body.id"), primary_key=True)
    payroll_id: Mapped[UUID] = mapped_column(primary_key=True)
    against_id: Mapped[UUID | None]
    build: Mapped[int]
    then_count: Mapped[int] = mapped_column(default=0)
    then_pence: Mapped[int] = mapped_column(BigInteger, default=0)
    now_count: Mapped[int] = mapped_column(default=0)
    now_pence: Mapped[int] = mapped_column(BigInteger, default=0)
    unchanged_count: Mapped[int] = mapped_column(default=0)
    stray_count: Mapped[int] = mapped_column(default=0)
    stray_pence: Mapped[int] = mapped_column(BigInteger, default=0)
    chunks_done: Mapped[int] = mapped_column(default=0)
    chunks_total: Mapped[int] = mapped_column(default=0)

    @property
    def is_done(self) -> bool:
        return self.chunks_done == self.chunks_total

    @property
    def pence(self) -> int:
        return self.now_pence - self.then_pence


class ComparisonCause(Base):
    """All of one cause in a comparison: how many awards, and what it adds and takes away, in pence, both from 0 up."""

    __tablename__ = "comparison_cause"
    __table_args__ = (
        ForeignKeyConstraint(["body_id", "payroll_id"], ["comparison.body_id", "comparison.payroll_id"]),
        CheckConstraint("more_pence >= 0 and less_pence >= 0", name="pence"),
    )

    body_id: Mapped[UUID] = mapped_column(primary_key=True)
    payroll_id: Mapped[UUID] = mapped_column(primary_key=True)
    cause: Mapped[Cause] = mapped_column(stored(Cause), primary_key=True)
    count: Mapped[int]
    more_pence: Mapped[int] = mapped_column(BigInteger)
    less_pence: Mapped[int] = mapped_column(BigInteger)

    @property
    def pence(self) -> int:
        return self.more_pence - self.less_pence


class ComparisonLine(Base):
    """One cause of one award's difference, with what it was and is paid, in pence. Without a last payroll there are
    none for starters: everybody is one."""

    __tablename__ = "comparison_line"
    __table_args__ = (
        ForeignKeyConstraint(["body_id", "payroll_id"], ["comparison.body_id", "comparison.payroll_id"]),
        to_body_row("award", "award_id"),
        CheckConstraint("pence <> 0", name="pence"),
    )

    body_id: Mapped[UUID] = mapped_column(primary_key=True)
    payroll_id: Mapped[UUID] = mapped_column(primary_key=True)
    cause: Mapped[Cause] = mapped_column(stored(Cause), primary_key=True)
    award_id: Mapped[UUID] = mapped_column(primary_key=True)
    pence: Mapped[int] = mapped_column(BigInteger)
    then_pence: Mapped[int] = mapped_column(BigInteger)
    now_pence: Mapped[int] = mapped_column(BigInteger)
    why: Mapped[str | None]


class NotExplained(Refused):
    """The payroll's difference to the last one is not explained to the penny. `count` awards; in pence, with sign.

    Both 0: what is paid is no longer what was explained, or nothing was explained yet.
    """

    def __init__(self, count: int, pence: int) -> None:
        super().__init__(f"{count} awards, {pence} pence of the difference are not explained")
        self.count = count
        self.pence = pence


class Unexplained(NamedTuple):
    """How many awards the causes do not come to, and the pence that they miss, with sign."""

    awards: int
    pence: int


class LineRow(NamedTuple):
    """A line as a person reads it."""

    line: ComparisonLine
    beneficiary: Beneficiary


def comparison_of(session: Session, payroll_id: UUID, *, lock: bool = False) -> Comparison | None:
    return session.get(Comparison, (session.info["body_id"], payroll_id), with_for_update=lock or None)


def against(session: Session, comparison: Comparison) -> Payroll | None:
    """The payroll that this one is compared with."""
    return get_payroll(session, comparison.against_id) if comparison.against_id else None


def causes_of(session: Session, payroll_id: UUID) -> list[ComparisonCause]:
    """The causes of a payroll's difference, in their order."""
    found = session.scalars(select(ComparisonCause).where(ComparisonCause.payroll_id == payroll_id)).all()
    return sorted(found, key=lambda one: list(Cause).index(one.cause))


def lines_of_cause(
    session: Session, payroll_id: UUID, cause: Cause, *, after: UUID | None = None, limit: int = 50
) -> list[LineRow]:
    """The awards of one cause with whom they are for, those after the award `after`."""
    rows = (
        select(ComparisonLine, Beneficiary)
        .join(Award, (Award.body_id == ComparisonLine.body_id) & (Award.id == ComparisonLine.award_id))
        .join(Beneficiary, (Beneficiary.body_id == Award.body_id) & (Beneficiary.id == Award.beneficiary_id))
        .where(ComparisonLine.payroll_id == payroll_id, ComparisonLine.cause == cause)
        .order_by(ComparisonLine.award_id)
        .limit(limit)
    )
    if after is not None:
        rows = rows.where(ComparisonLine.award_id > after)
    return [LineRow(*row) for row in session.execute(rows)]


def lines_of_award(session: Session, payroll_id: UUID, award_id: UUID) -> list[ComparisonLine]:
    lines = select(ComparisonLine).where(
        ComparisonLine.payroll_id == payroll_id,
        ComparisonLine.cause.in_(list(Cause)),
        ComparisonLine.award_id == award_id,
    )
    return sorted(session.scalars(lines), key=lambda line: list(Cause).index(line.cause))


def unexplained(session: Session, comparison: Comparison) -> Unexplained:
    """What the causes miss, of awards and of payments that belong to none."""
    key = (comparison.body_id, comparison.payroll_id, Cause.UNEXPLAINED)
    missed = session.get(ComparisonCause, key)
    count, pence = (missed.count, missed.pence) if missed else (0, 0)
    return Unexplained(count + comparison.stray_count, pence + comparison.stray_pence)


def unexplained_in(session: Session, payroll_id: UUID) -> Unexplained:
    """What the causes miss in a payroll that was compared."""
    comparison = comparison_of(session, payroll_id)
    return unexplained(session, comparison) if comparison is not None else Unexplained(0, 0)


def must_be_explained(session: Session, payroll: Payroll) -> None:
    """Raises NotExplained unless the causes come to the penny to what the payroll pays at this moment."""
    comparison = comparison_of(session, payroll.id)
    if comparison is None or not comparison.is_done or comparison.build != payroll.build:
        raise NotExplained(0, 0)
    missed = unexplained(session, comparison)
    if missed.awards:
        raise NotExplained(*missed)
    if paid_in_all(session, payroll.id) != (comparison.now_count, comparison.now_pence):
        raise NotExplained(0, 0)
    if comparison.then_pence + sum(cause.pence for cause in causes_of(session, payroll.id)) != comparison.now_pence:
        raise NotExplained(0, 0)


def paid_in_all(session: Session, payroll_id: UUID) -> tuple[int, int]:
    """How many payments a payroll makes, and their pence. One that came back was made."""
    count, pence = session.execute(
        select(func.count(), func.coalesce(func.sum(Payment.amount_pence), 0)).where(
            in_payroll(payroll_id), Payment.status != PaymentStatus.CANCELLED
        )
    ).one()
    return count, int(pence)


def forget(session: Session, payroll_id: UUID) -> None:
    """Leave nothing of what an earlier build made of a payroll."""
    for model in (ComparisonLine, ComparisonCause, Comparison):
        session.execute(
            delete(model).where(model.payroll_id == payroll_id).execution_options(synchronize_session="fetch")
        )


def add_to_causes(session: Session, payroll: Payroll, sums: dict[Cause, tuple[int, int, int]]) -> None:
    """Add counts and pence to the causes of a comparison, in one order, so that chunks never wait in a circle."""
    add = text(
        "INSERT INTO comparison_cause AS c (body_id, payroll_id, cause, count, more_pence, less_pence) "
        "VALUES (:body, :payroll, :cause, :count, :more, :less) ON CONFLICT (body_id, payroll_id, cause) DO UPDATE "
        "SET count = c.count + :count, more_pence = c.more_pence + :more, less_pence = c.less_pence + :less"
    )
    for cause in sorted(sums):
        count, more, less = sums[cause]
        mine = {"body": payroll.body_id, "payroll": payroll.id, "cause": cause.value}
        session.execute(add, {**mine, "count": count, "more": more, "less": less})


def take_from_causes(session: Session, payroll: Payroll, sums: dict[Cause, tuple[int, int, int]]) -> None:
    """Take counts and pence from the causes of a comparison; those that are left with nothing go."""
    for cause in sorted(sums):
        count, more, less = sums[cause]
        session.execute(
            update(ComparisonCause)
            .where(ComparisonCause.payroll_id == payroll.id, ComparisonCause.cause == cause)
            .values(
                count=ComparisonCause.count - count,
                more_pence=ComparisonCause.more_pence - more,
                less_pence=ComparisonCause.less_pence - less,
            )
            .execution_options(synchronize_session=False)
        )
    session.execute(
        delete(ComparisonCause)
        .where(ComparisonCause.payroll_id == payroll.id, ComparisonCause.count == 0)
        .execution_options(synchronize_session=False)
    )


def difference_statement(session: Session, payroll: Payroll) -> dict[str, Any]:
    """What the manifest says of the difference: the last payroll, every cause, and the digest of all lines."""
    comparison = comparison_of(session, payroll.id)
    if comparison is None:
        return {}
    running = hashlib.sha256()
    for line in difference_lines(session, payroll.id):
        running.update(line)
    return {
        "difference": {
            "against": str(comparison.against_id) if comparison.against_id else None,
            "then_count": comparison.then_count,
            "then_pence": comparison.then_pence,
            "now_count": comparison.now_count,
            "now_pence": comparison.now_pence,
            "causes": {
                cause.cause.value: [cause.count, cause.more_pence, cause.less_pence]
                for cause in causes_of(session, payroll.id)
            },
            "lines": running.hexdigest(),
        }
    }


def difference_lines(session: Session, payroll_id: UUID) -> Iterator[bytes]:
    """What the digest of the lines is taken of: a line of canonical JSON each, streamed."""
    rows = session.execute(
        select(
            ComparisonLine.cause,
            ComparisonLine.award_id,
            ComparisonLine.pence,
            ComparisonLine.then_pence,
            ComparisonLine.now_pence,
            ComparisonLine.why,
        )
        .where(ComparisonLine.payroll_id == payroll_id)
        .order_by(ComparisonLine.cause, ComparisonLine.award_id)
        .execution_options(yield_per=2000)
    )
    for cause, award_id, *rest in rows:
        yield canonical([cause.value, str(award_id), *rest]) + b"\n"
