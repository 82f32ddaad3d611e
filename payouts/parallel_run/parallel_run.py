"""One file of another system held against a payroll: taken in, compared by a job, every class of difference explained.

The file is destroyed once it is compared, and the payments that differ are kept sealed for `KEPT`. Counts and sums
stay: they are evidence for whoever decides at a gate.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, delete, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from bacs.comparison import Part
from payouts.gates.manifest import manifest_of
from payouts.parallel_run import old_file
from payouts.parallel_run.old_file import Columns
from payouts.payroll import Payroll, PayrollStatus, get_payroll
from payouts.tasks import outbox
from schemes import audit
from schemes.database import Base, BodyOwned, new_id, stored, take_turns, to_body_row
from schemes.errors import FileRefused, NotFound, NotNow, ReasonNotGiven
from schemes.person import Actor, Role
from schemes.seal import Seals, destroy

COMPARERS = (Role.PREPARER, Role.FINANCE, Role.ADMINISTRATOR)
# long enough for the audit of a first year
KEPT = timedelta(days=400)
BEFORE_PAYMENTS = (PayrollStatus.BUILDING, PayrollStatus.CANCELLED)

# in which class a payment stands that differs in several ways: the gravest
CLASSES = (Part.MISSING, Part.EXTRA, Part.ACCOUNT, Part.AMOUNT, Part.REFERENCE, Part.DAY, Part.NAME)
ALWAYS = frozenset({Part.ACCOUNT, Part.AMOUNT})
CHOOSABLE = (Part.REFERENCE, Part.DAY, Part.NAME)


class RunStatus(StrEnum):
    """Where a comparison is. asking: a person says what the columns of the table are."""

    READING = "reading"
    ASKING = "asking"
    COMPARED = "compared"
    UNREADABLE = "unreadable"


MOVES: dict[tuple[RunStatus, RunStatus], str] = {
    (RunStatus.READING, RunStatus.ASKING): "its columns are not told by their names",
    (RunStatus.ASKING, RunStatus.READING): "a person said what the columns are",
    (RunStatus.READING, RunStatus.COMPARED): "every payment was held against the payroll",
    (RunStatus.READING, RunStatus.UNREADABLE): "the file cannot be read",
}


class DayMeant(StrEnum):
    """Which day of a payment another system writes into its file."""

    PROCESSING_DAY = "processing_day"
    PAY_DATE = "pay_date"


class RunOutcome(StrEnum):
    """How a compared file stands to the payroll."""

    SAME = "same"
    EXPLAINED = "explained"
    DIFFERS = "differs"


class ParallelRun(BodyOwned, Base):
    """One comparison. The old file is what is expected, the payroll what is given: pence are payroll minus old file.

    payments: the digest of the payroll's payments that were compared. classes: for each class of difference, how many
    payments and by how many pence together; each payment is in one class, so that they add up to the difference of the
    totals. unreadable_count: rows of the old file that are in no sum.
    """

    __tablename__ = "parallel_run"
    __table_args__ = (
        to_body_row("payroll", "payroll_id"),
        to_body_row("sealing_key", "key_id"),
        Index("ix_parallel_run_payroll", "body_id", "payroll_id", "made_at"),
        CheckConstraint("status <> 'compared' or (sealed_content is null and payments is not null)", name="compared"),
    )

    payroll_id: Mapped[UUID]
    file_name: Mapped[str]
    sha256: Mapped[str]
    byte_count: Mapped[int] = mapped_column(BigInteger)
    key_id: Mapped[UUID]
    sealed_content: Mapped[bytes | None] = mapped_column(deferred=True)
    status: Mapped[RunStatus] = mapped_column(stored(RunStatus), default=RunStatus.READING)
    fault: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    header: Mapped[list[str]] = mapped_column(JSONB, default=list)
    columns: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    looking_at: Mapped[list[str]] = mapped_column(JSONB)
    day_meant: Mapped[DayMeant] = mapped_column(stored(DayMeant))
    payments: Mapped[str | None]
    expected_count: Mapped[int] = mapped_column(default=0)
    expected_pence: Mapped[int] = mapped_column(BigInteger, default=0)
    given_count: Mapped[int] = mapped_column(default=0)
    given_pence: Mapped[int] = mapped_column(BigInteger, default=0)
    same_count: Mapped[int] = mapped_column(default=0)
    unreadable_count: Mapped[int] = mapped_column(default=0)
    classes: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    made_by: Mapped[UUID]
    made_at: Mapped[datetime]
    compared_at: Mapped[datetime | None]
    forgotten_at: Mapped[datetime | None]

    @property
    def differing(self) -> dict[str, tuple[int, int]]:
        """The classes, gravest first, rows that could not be read last: how many, and by how many pence."""
        found = {part.value: tuple(self.classes[part]) for part in CLASSES if part in self.classes}
        if self.unreadable_count:
            found[UNREADABLE] = (self.unreadable_count, 0)
        return found


UNREADABLE = "unreadable"


class ParallelRunPage(Base):
    """Up to `PAGE` payments of one class that differ, sealed, in the old file's order. `number` counts from 1."""

    __tablename__ = "parallel_run_page"
    __table_args__ = (
        ForeignKeyConstraint(["body_id", "run_id"], ["parallel_run.body_id", "parallel_run.id"]),
        CheckConstraint("number >= 1", name="number"),
    )

    body_id: Mapped[UUID] = mapped_column(primary_key=True)
    run_id: Mapped[UUID] = mapped_column(primary_key=True)
    part: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    sealed_rows: Mapped[bytes]


class ParallelRunReason(BodyOwned, Base):
    """Why a class of differences is right. The first word stands; a new comparison asks anew."""

    __tablename__ = "parallel_run_reason"
    __table_args__ = (
        UniqueConstraint("body_id", "run_id", "part"),
        to_body_row("parallel_run", "run_id"),
    )

    run_id: Mapped[UUID]
    part: Mapped[str]
    reason: Mapped[str]
    given_by: Mapped[UUID]
    given_at: Mapped[datetime]


def move(run: ParallelRun, to: RunStatus) -> None:
    """The one door to a comparison's status. Raises NotNow."""
    if (run.status, to) not in MOVES:
        raise NotNow("parallel run", run.status, to)
    run.status = to


def begin(
    session: Session,
    seals: Seals,
    payroll: Payroll,
    *,
    run_id: UUID,
    file_name: str,
    content: bytes,
    looking_at: frozenset[Part] = frozenset(CHOOSABLE),
    day_meant: DayMeant = DayMeant.PROCESSING_DAY,
    by: Actor,
    at: datetime,
) -> ParallelRun:
    """Take another system's file in; a job compares it. The same id again is the same comparison.

    looking_at: what must agree besides account and amount. Raises NotNow for a payroll that has no payments yet,
    NotAllowed.
    """
    by.must_be(*COMPARERS, scheme=payroll.scheme_id)
    take_turns(session, f"parallel run {run_id}")
    there = session.get(ParallelRun, (by.body_id, run_id))
    if there is not None:
        return there
    if payroll.status in BEFORE_PAYMENTS:
        raise NotNow("payroll", payroll.status, "compared with another system's file")
    key_row, key = seals.make(by.body_id, at)
    session.add(key_row)
    session.flush()
    run = ParallelRun(
        body_id=by.body_id,
        id=run_id,
        payroll_id=payroll.id,
        file_name=file_name[:200],
        sha256=hashlib.sha256(content).hexdigest(),
        byte_count=len(content),
        key_id=key_row.id,
        sealed_content=key.seal(content, "parallel_run", run_id),
        looking_at=sorted(part.value for part in ALWAYS | looking_at),
        day_meant=day_meant,
        made_by=by.person_id,
        made_at=at,
    )
    session.add(run)
    session.flush()
    audit.record(session, "parallel_run.begun", by=by, about=payroll, at=at, sha256=run.sha256, bytes=len(content))
    ask_to_compare(session, run, at=at)
    return run


def ask_to_compare(session: Session, run: ParallelRun, *, at: datetime) -> None:
    told = "told" if run.columns else "as it is"
    outbox.add(session, "parallel_run.compare", once=f"parallel_run/{run.id}/{told}", at=at, run_id=str(run.id))


def tell_columns(
    session: Session, run: ParallelRun, columns: Columns, *, day_meant: DayMeant, by: Actor, at: datetime
) -> None:
    """Say what a table's columns are; a job compares it so. Raises ColumnsRefused, NotNow, NotAllowed."""
    by.must_be(*COMPARERS, scheme=get_payroll(session, run.payroll_id).scheme_id)
    if run.columns == columns.as_json() and run.status is not RunStatus.ASKING:
        return
    columns.must_be_whole()
    move(run, RunStatus.READING)
    run.columns, run.day_meant = columns.as_json(), day_meant
    session.flush()
    ask_to_compare(session, run, at=at)


def columns_for(session: Session, run: ParallelRun, content: bytes) -> Columns | None:
    """A table's columns: as told, as told of the last file with this header, or by their names.

    None when a person has to say them; the header is then on the run. Raises FileRefused.
    """
    if run.columns is not None:
        return Columns.from_json(run.columns)
    run.header = list(old_file.header_names(content))
    last = session.scalars(
        select(ParallelRun)
        .where(ParallelRun.status == RunStatus.COMPARED, ParallelRun.id != run.id)
        .order_by(ParallelRun.made_at.desc(), ParallelRun.id.desc())
        .limit(20)
    )
    for known in last:
        if known.header == run.header and known.columns is not None:
            run.columns, run.day_meant = known.columns, known.day_meant
            return Columns.from_json(known.columns)
    return None


def explain(session: Session, run: ParallelRun, part: str, *, reason: str, by: Actor, at: datetime) -> None:
    """Say why a class of differences is right, on a run locked by the caller. Said twice, the first word stands.

    Raises NotFound for a class that the comparison has not, NotNow, ReasonNotGiven, NotAllowed.
    """
    by.must_be(*COMPARERS, scheme=get_payroll(session, run.payroll_id).scheme_id)
    if run.status is not RunStatus.COMPARED:
        raise NotNow("parallel run", run.status, "explained")
    if part not in run.differing:
        raise NotFound("class of differences", part)
    if not reason.strip():
        raise ReasonNotGiven("explain these differences")
    if part in reasons_of(session, run.id):
        return
    row = ParallelRunReason(
        body_id=run.body_id,
        id=new_id(),
        run_id=run.id,
        part=part,
        reason=reason.strip(),
        given_by=by.person_id,
        given_at=at,
    )
    session.add(row)
    session.flush()
    audit.record(session, "parallel_run.explained", by=by, about=run, at=at, part=part)


def get_run(session: Session, run_id: UUID, *, lock: bool = False) -> ParallelRun:
    """Raises NotFound."""
    run = session.get(ParallelRun, (session.info["body_id"], run_id), with_for_update=lock or None)
    if run is None:
        raise NotFound("parallel run", run_id)
    return run


def runs_of(session: Session, payroll_id: UUID, *, limit: int = 20) -> Sequence[ParallelRun]:
    """A payroll's comparisons, newest first."""
    return session.scalars(
        select(ParallelRun)
        .where(ParallelRun.payroll_id == payroll_id)
        .order_by(ParallelRun.made_at.desc(), ParallelRun.id.desc())
        .limit(limit)
    ).all()


def reasons_of(session: Session, run_id: UUID) -> Mapping[str, ParallelRunReason]:
    """Why classes of differences are right, by class."""
    rows = session.scalars(select(ParallelRunReason).where(ParallelRunReason.run_id == run_id))
    return {row.part: row for row in rows}


def outcome_of(session: Session, run: ParallelRun) -> RunOutcome:
    """How a compared file stands to the payroll. Rows that could not be read have to be explained too."""
    if not run.differing:
        return RunOutcome.SAME
    return RunOutcome.EXPLAINED if run.differing.keys() <= reasons_of(session, run.id).keys() else RunOutcome.DIFFERS


def is_current(session: Session, run: ParallelRun, payroll: Payroll) -> bool:
    """Whether the payroll's sealed payments are those that were compared."""
    manifest = manifest_of(session, payroll)
    return manifest is not None and manifest.read()["payments"] == run.payments


def statement_of(session: Session, payroll: Payroll) -> dict[str, Any] | None:
    """What a person who decides is shown of the last comparison, as JSON values; None where there is none."""
    run = next((run for run in runs_of(session, payroll.id) if run.status is RunStatus.COMPARED), None)
    if run is None:
        return None
    return {
        "run": str(run.id),
        "file_sha256": run.sha256,
        "outcome": outcome_of(session, run).value,
        "is_current": is_current(session, run, payroll),
        "same_count": run.same_count,
        "classes": {part: list(figures) for part, figures in run.differing.items()},
    }


def forget_old(session: Session, *, at: datetime) -> int:
    """Destroy the lists of payments that differ once they are older than `KEPT`; returns of how many comparisons."""
    old = session.scalars(
        select(ParallelRun).where(ParallelRun.made_at < at - KEPT, ParallelRun.forgotten_at.is_(None))
    ).all()
    for run in old:
        destroy(session, run.body_id, run.key_id, at=at)
        session.execute(delete(ParallelRunPage).where(ParallelRunPage.run_id == run.id))
        run.sealed_content, run.forgotten_at = None, at
        audit.record(session, "parallel_run.forgotten", by=None, about=run, at=at)
    session.flush()
    return len(old)


def unreadable(session: Session, run: ParallelRun, refused: FileRefused, *, at: datetime) -> None:
    run.fault = {"fault": refused.fault.value, **refused.facts}
    run.sealed_content = None
    move(run, RunStatus.UNREADABLE)
    audit.record(session, "parallel_run.unreadable", by=None, about=run, at=at, fault=refused.fault.value)


def day_of(run: ParallelRun, payroll: Payroll) -> date:
    """The day of the payroll's payments that is compared with the file's."""
    return payroll.pay_date if run.day_meant is DayMeant.PAY_DATE else payroll.processing_day
