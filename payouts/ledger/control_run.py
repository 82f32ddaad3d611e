"""What the daily control found: each run is kept, with every difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from schemes.database import Base, BodyOwned
from schemes.errors import NotFound

MOST_KEPT = 500
"""Differences of one run that are kept by name; the rest is counted."""


class DifferenceKind(StrEnum):
    """What does not agree."""

    PAYROLL_TOTAL = "payroll_total"
    FILE_TOTAL = "file_total"
    NOT_SUBMITTED = "not_submitted"
    KEPT_SUMS = "kept_sums"
    BROKEN_PAYMENTS = "broken_payments"
    CONTRA = "contra"
    RETURN_NOT_REPORTED = "return_not_reported"
    RETURN_NOT_BOOKED = "return_not_booked"
    STATEMENT_GAP = "statement_gap"
    SUSPENSE = "suspense"
    BANK_POSTINGS = "bank_postings"


@dataclass(frozen=True)
class Difference:
    """One thing that does not agree: pence, or a count where `kind` tells of entries. payroll: its number.

    here: what the ledger says; there: what it was held against.
    """

    kind: DifferenceKind
    here: int
    there: int
    payroll_id: UUID | None = None
    payroll: int | None = None

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "payroll_id": str(self.payroll_id) if self.payroll_id else None}

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Difference:
        payroll_id = UUID(kept["payroll_id"]) if kept["payroll_id"] else None
        return cls(DifferenceKind(kept["kind"]), kept["here"], kept["there"], payroll_id, kept["payroll"])


class ControlRun(BodyOwned, Base):
    """One control of the whole body. Never changed. asked_by: None where the clock asked.

    payrolls: how many were compared, and `proven` of them read entry by entry, because something was posted since.
    """

    __tablename__ = "ledger_control"
    __table_args__ = (
        Index("ix_ledger_control_ran_at", "body_id", "ran_at"),
        CheckConstraint("difference_count >= 0", name="difference_count"),
    )

    day: Mapped[date]
    ran_at: Mapped[datetime]
    asked_by: Mapped[UUID | None]
    payrolls: Mapped[int]
    proven: Mapped[int]
    figures: Mapped[dict[str, int]] = mapped_column(JSONB)
    difference_count: Mapped[int]
    differences: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)

    def found(self) -> list[Difference]:
        return [Difference.from_json(kept) for kept in self.differences]


def newest_run(session: Session) -> ControlRun | None:
    return next(iter(runs(session, limit=1)), None)


def runs(session: Session, *, limit: int = 30) -> Sequence[ControlRun]:
    """The last runs, newest first."""
    return session.scalars(
        select(ControlRun).order_by(ControlRun.ran_at.desc(), ControlRun.id.desc()).limit(limit)
    ).all()


def get_run(session: Session, run_id: UUID) -> ControlRun:
    """Raises NotFound."""
    run = session.get(ControlRun, (session.info["body_id"], run_id))
    if run is None:
        raise NotFound("control", run_id)
    return run
