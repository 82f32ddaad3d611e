"""An import of a register: its file, its rows, and its way from reading to two people's word.

reading → read (or unreadable) → landing → landed → confirmed; discarded before it lands. Rows stay sealed until then.
Reading stops to ask where a person has to say how a file is meant.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, func, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from bacs.calendar import LONDON, Calendar
from schemes import audit, cooling_off
from schemes.account import Account
from schemes.behind_key import people_behind
from schemes.database import Base, BodyOwned, stored, take_turns, to_body_row
from schemes.errors import NotFound, NotNow, Refused, SamePerson
from schemes.imports.entry import Outcome
from schemes.imports.legacy_file import CreditTerms
from schemes.imports.mapping import ColumnMapping
from schemes.imports.source import remember
from schemes.person import Actor, Role
from schemes.scheme import get_scheme
from schemes.seal import Seals
from schemes.sealed_file import seal_file

# rows to a chunk: as many as are read while those before are written
CHUNK = 5000


class NotWhole(Refused):
    """All rows or none is asked for, and some are refused."""

    def __init__(self, refused: int) -> None:
        super().__init__(f"{refused} rows are refused")
        self.refused = refused


class ImportStatus(StrEnum):
    """Where an import is."""

    READING = "reading"
    ASKING = "asking"
    UNREADABLE = "unreadable"
    READ = "read"
    LANDING = "landing"
    LANDED = "landed"
    CONFIRMED = "confirmed"
    DISCARDED = "discarded"


MOVES: dict[tuple[ImportStatus, ImportStatus], str] = {
    (ImportStatus.READING, ImportStatus.READ): "every row was read, good or not",
    (ImportStatus.READING, ImportStatus.UNREADABLE): "the file as a whole could not be read; nothing was kept",
    (ImportStatus.READING, ImportStatus.ASKING): "its columns are not ours: a person says which is which",
    (ImportStatus.READING, ImportStatus.DISCARDED): "its reading stopped, and a preparer wants none of it",
    (ImportStatus.LANDING, ImportStatus.DISCARDED): "its landing stopped, and a preparer wants none of it",
    (ImportStatus.ASKING, ImportStatus.READING): "a preparer said what the columns are",
    (ImportStatus.ASKING, ImportStatus.DISCARDED): "a preparer wants none of it",
    (ImportStatus.READ, ImportStatus.LANDING): "a preparer keeps the good rows",
    (ImportStatus.READ, ImportStatus.DISCARDED): "a preparer wants none of it",
    (ImportStatus.LANDING, ImportStatus.READ): "all or nothing was asked for, and a row turned bad meanwhile",
    (ImportStatus.LANDING, ImportStatus.LANDED): "the good rows are in the register, bank details unconfirmed",
    (ImportStatus.LANDED, ImportStatus.CONFIRMED): "a second person confirmed the bank details",
}


class RegisterImport(BodyOwned, Base):
    """One file brought in. Counts are of rows; `rows_done` is the progress of the step that runs.

    `rows_mended`: of the good rows those with a repair. `accounts_made`: bank details that it brought. `notes`: how the
    file as a whole was read. `asked`: what a person has to say before it can be, and `answers` what they said. `whole`:
    all of it lands or nothing. `step_asked_at`: when the step that runs was asked for.
    """

    __tablename__ = "register_import"
    __table_args__ = (
        to_body_row("scheme", "scheme_id"),
        to_body_row("sealing_key", "key_id"),
        to_body_row("import_source", "source_id"),
        Index("ix_register_import_made", "body_id", "made_at"),
    )

    scheme_id: Mapped[UUID]
    file_name: Mapped[str]
    sha256: Mapped[str]
    byte_count: Mapped[int]
    key_id: Mapped[UUID]
    sealed_content: Mapped[bytes | None] = mapped_column(deferred=True)
    header: Mapped[list[str]] = mapped_column(JSONB, default=list)
    status: Mapped[ImportStatus] = mapped_column(stored(ImportStatus), default=ImportStatus.READING)
    fault: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    rows_done: Mapped[int] = mapped_column(default=0)
    rows_good: Mapped[int] = mapped_column(default=0)
    rows_unchanged: Mapped[int] = mapped_column(default=0)
    rows_refused: Mapped[int] = mapped_column(default=0)
    rows_mended: Mapped[int] = mapped_column(default=0)
    accounts_made: Mapped[int] = mapped_column(default=0)
    notes: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    asked: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    answers: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    source_id: Mapped[UUID | None]
    whole: Mapped[bool] = mapped_column(default=False)
    made_by: Mapped[UUID]
    made_at: Mapped[datetime]
    step_asked_at: Mapped[datetime]
    confirmed_by: Mapped[UUID | None]
    confirmed_at: Mapped[datetime | None]

    @property
    def rows(self) -> int:
        return self.rows_good + self.rows_unchanged + self.rows_refused


class ImportRow(Base):
    """A row of an import, by its line. `sealed_cells` is a JSON list of the cells as they stood in the file."""

    __tablename__ = "import_row"
    __table_args__ = (
        ForeignKeyConstraint(["body_id", "import_id"], ["register_import.body_id", "register_import.id"]),
        Index("ix_import_row_outcome", "body_id", "import_id", "outcome", "line"),
        Index(
            "ix_import_row_corrected",
            "body_id",
            "import_id",
            "corrected_by",
            postgresql_where=text("corrected_by IS NOT NULL"),
        ),
        Index("ix_import_row_mended", "body_id", "import_id", "line", postgresql_where=text("repairs IS NOT NULL")),
    )

    body_id: Mapped[UUID] = mapped_column(primary_key=True)
    import_id: Mapped[UUID] = mapped_column(primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    outcome: Mapped[Outcome] = mapped_column(stored(Outcome))
    reference: Mapped[str]
    faults: Mapped[list[dict[str, str]]] = mapped_column(JSONB)
    repairs: Mapped[list[dict[str, str]] | None] = mapped_column(JSONB(none_as_null=True))
    sealed_cells: Mapped[bytes]
    corrected_by: Mapped[UUID | None]
    corrected_at: Mapped[datetime | None]


def move(brought: RegisterImport, to: ImportStatus) -> None:
    """The one door to an import's status. Raises NotNow."""
    if (brought.status, to) not in MOVES:
        raise NotNow("import", brought.status, to)
    brought.status = to


def begin(
    session: Session,
    seals: Seals,
    *,
    import_id: UUID,
    scheme_id: UUID,
    file_name: str,
    content: bytes,
    by: Actor,
    at: datetime,
) -> tuple[RegisterImport, bool]:
    """Take a file in, sealed, to be read by a job; and whether it is new: a form sent twice begins one import."""
    by.must_be(Role.PREPARER, scheme=scheme_id)
    take_turns(session, f"import {import_id}")
    there = session.get(RegisterImport, (by.body_id, import_id))
    if there is not None:
        return there, False
    scheme = get_scheme(session, scheme_id)
    key_row, key = seals.make(by.body_id, at)
    session.add(key_row)
    session.flush()
    brought = RegisterImport(
        body_id=by.body_id,
        id=import_id,
        scheme_id=scheme.id,
        file_name=file_name[:200],
        sha256=hashlib.sha256(content).hexdigest(),
        byte_count=len(content),
        key_id=key_row.id,
        sealed_content=seal_file(key, content, "register_import", import_id),
        made_by=by.person_id,
        made_at=at,
        step_asked_at=at,
    )
    session.add(brought)
    session.flush()
    audit.record(session, "import.begun", by=by, about=brought, at=at, sha256=brought.sha256, bytes=len(content))
    return brought, True


def get_import(session: Session, import_id: UUID, *, lock: bool = False) -> RegisterImport:
    """Raises NotFound."""
    brought = session.get(RegisterImport, (session.info["body_id"], import_id), with_for_update=lock or None)
    if brought is None:
        raise NotFound("import", import_id)
    return brought


def imports_of_body(session: Session, *, limit: int = 20) -> Sequence[RegisterImport]:
    """The body's imports, newest first."""
    return session.scalars(select(RegisterImport).order_by(RegisterImport.made_at.desc()).limit(limit)).all()


def discard(session: Session, brought: RegisterImport, *, is_stopped: bool = False, by: Actor, at: datetime) -> None:
    """Keep nothing of an import. Saying it twice is saying it once. Raises NotNow when its rows are kept.

    is_stopped: the work on it is, so that nothing of it can be in the register.
    """
    by.must_be(Role.PREPARER, scheme=brought.scheme_id)
    if brought.status is ImportStatus.DISCARDED:
        return
    if brought.status in (ImportStatus.READING, ImportStatus.LANDING) and not is_stopped:
        raise NotNow("import", brought.status, ImportStatus.DISCARDED)
    move(brought, ImportStatus.DISCARDED)
    # a file that was asked about holds everybody's details still
    brought.sealed_content = None
    audit.record(session, "import.discarded", by=by, about=brought, at=at)


def keep(session: Session, brought: RegisterImport, *, whole: bool = False, by: Actor, at: datetime) -> bool:
    """A preparer keeps the good rows, or all rows or none: a job lands them. False when it was said before.

    Raises NotNow, and NotWhole when all are wanted and some are refused.
    """
    by.must_be(Role.PREPARER, scheme=brought.scheme_id)
    if brought.status in (ImportStatus.LANDING, ImportStatus.LANDED, ImportStatus.CONFIRMED):
        return False
    if whole and brought.rows_refused:
        raise NotWhole(brought.rows_refused)
    move(brought, ImportStatus.LANDING)
    brought.rows_done, brought.whole, brought.step_asked_at = 0, whole, at
    audit.record(session, "import.kept", by=by, about=brought, at=at, good=brought.rows_good, whole=whole)
    return True


def tell_columns(
    session: Session, brought: RegisterImport, mapping: ColumnMapping, *, source: str, by: Actor, at: datetime
) -> bool:
    """A preparer says what the columns of a file are, so that it is read; a source with a name is remembered.

    False when they said so before: the form was sent twice. Raises MappingRefused, NotNow.
    """
    by.must_be(Role.PREPARER, scheme=brought.scheme_id)
    if brought.answers == mapping.as_json():
        return False
    if brought.status is not ImportStatus.ASKING or brought.asked is None or "header" not in brought.asked:
        raise NotNow("import", brought.status, ImportStatus.READING)
    mapping.must_be_whole()
    move(brought, ImportStatus.READING)
    if source.strip():
        brought.source_id = remember(session, source.strip(), brought.asked["header"], mapping, by=by, at=at).id
    brought.answers, brought.step_asked_at = mapping.as_json(), at
    audit.record(session, "import.columns_told", by=by, about=brought, at=at, columns=len(mapping.columns))
    return True


def tell_terms(session: Session, brought: RegisterImport, terms: CreditTerms, *, by: Actor, at: datetime) -> bool:
    """A preparer says how the credits of a file of payments are taken, so that it is read. False when said before.

    Raises NotNow.
    """
    by.must_be(Role.PREPARER, scheme=brought.scheme_id)
    if brought.answers == terms.as_json():
        return False
    if brought.status is not ImportStatus.ASKING or brought.asked is None or "credits" not in brought.asked:
        raise NotNow("import", brought.status, ImportStatus.READING)
    move(brought, ImportStatus.READING)
    brought.answers, brought.step_asked_at = terms.as_json(), at
    audit.record(session, "import.terms_told", by=by, about=brought, at=at, count=brought.asked["credits"]["count"])
    return True


def confirm(session: Session, calendar: Calendar, brought: RegisterImport, *, by: Actor, at: datetime) -> int:
    """A second person confirms the bank details of a landed import; returns of how many payees.

    They are the payees' first, so they wait as long as the body lets first details wait.
    A person who says it again, since the first answer was lost, is told the same. Raises SamePerson for the person who
    brought the file in, NotNow before it landed or when somebody else has confirmed it.
    """
    by.must_be(Role.FINANCE, Role.APPROVER, Role.RELEASER, Role.ADMINISTRATOR, scheme=brought.scheme_id)
    if by.person_id in people_behind(session, {brought.made_by}):
        raise SamePerson("brought these bank details in")
    corrected = select(ImportRow.line).where(
        ImportRow.import_id == brought.id, ImportRow.corrected_by == by.person_id, ImportRow.outcome == Outcome.GOOD
    )
    if session.scalars(corrected.limit(1)).first() is not None:
        raise SamePerson("corrected rows of the file")
    if brought.confirmed_by == by.person_id:
        by_this = (Account.import_id == brought.id, Account.confirmed_at == brought.confirmed_at)
        return session.scalars(select(func.count()).where(*by_this)).one()
    move(brought, ImportStatus.CONFIRMED)
    days = cooling_off.current(session).first_days
    usable_from = calendar.add_working_days(at.astimezone(LONDON).date(), days) if days else None
    brought.confirmed_by, brought.confirmed_at = by.person_id, at
    count: int = session.execute(
        update(Account)
        .where(Account.import_id == brought.id, Account.confirmed_by.is_(None))
        .values(confirmed_by=by.person_id, confirmed_at=at, usable_from=usable_from)
        .execution_options(synchronize_session=False)
    ).rowcount  # type: ignore[attr-defined]
    audit.record(session, "import.confirmed", by=by, about=brought, at=at, accounts=count, cooling_off_days=days)
    return count
