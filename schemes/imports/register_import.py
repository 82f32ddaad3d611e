"""An import of a register: its file, its rows, and its way from reading to two people's word.

reading → read (or unreadable) → landing → landed → confirmed; discarded before it lands. Rows stay sealed until then.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, func, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from schemes import audit
from schemes.account import Account
from schemes.database import Base, BodyOwned, copy_text, escaped, in_chunks, stored, take_turns, to_body_row
from schemes.errors import FileRefused, NotFound, NotNow, SamePerson
from schemes.imports import landing
from schemes.imports.entry import (
    ADDED,
    COLUMNS,
    ENCODE,
    Entry,
    Fault,
    Outcome,
    Row,
    RowReason,
    as_cells,
    packed,
    unpacked,
)
from schemes.imports.register_file import read_register
from schemes.person import Actor, Role
from schemes.scheme import Scheme, get_scheme
from schemes.seal import OpenKey, Seals, get_key

CHUNK = 5000


class ImportStatus(StrEnum):
    """Where an import is."""

    READING = "reading"
    UNREADABLE = "unreadable"
    READ = "read"
    LANDING = "landing"
    LANDED = "landed"
    CONFIRMED = "confirmed"
    DISCARDED = "discarded"


MOVES: dict[tuple[ImportStatus, ImportStatus], str] = {
    (ImportStatus.READING, ImportStatus.READ): "every row was read, good or not",
    (ImportStatus.READING, ImportStatus.UNREADABLE): "the file as a whole could not be read; nothing was kept",
    (ImportStatus.READ, ImportStatus.LANDING): "a preparer keeps the good rows",
    (ImportStatus.READ, ImportStatus.DISCARDED): "a preparer wants none of it",
    (ImportStatus.LANDING, ImportStatus.LANDED): "the good rows are in the register, bank details unconfirmed",
    (ImportStatus.LANDED, ImportStatus.CONFIRMED): "a second person confirmed the bank details",
}


class RegisterImport(BodyOwned, Base):
    """One file brought in. Counts are of rows; `rows_done` is the progress of the step that runs."""

    __tablename__ = "register_import"
    __table_args__ = (
        to_body_row("scheme", "scheme_id"),
        to_body_row("sealing_key", "key_id"),
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
    made_by: Mapped[UUID]
    made_at: Mapped[datetime]
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
    )

    body_id: Mapped[UUID] = mapped_column(primary_key=True)
    import_id: Mapped[UUID] = mapped_column(primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    outcome: Mapped[Outcome] = mapped_column(stored(Outcome))
    reference: Mapped[str]
    faults: Mapped[list[dict[str, str]]] = mapped_column(JSONB)
    sealed_cells: Mapped[bytes]


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
        sealed_content=key.seal(content, "register_import", import_id),
        made_by=by.person_id,
        made_at=at,
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


def read(
    session: Session, seals: Seals, brought: RegisterImport, *, progress: Callable[[int], None], at: datetime
) -> None:
    """Read the whole file into rows. A file that cannot be read leaves no rows, and its fault on the import."""
    if brought.status is not ImportStatus.READING:
        return
    key = seals.open_row(get_key(session, brought.body_id, brought.key_id))
    scheme = get_scheme(session, brought.scheme_id)
    assert brought.sealed_content is not None
    content = key.open(brought.sealed_content, "register_import", brought.id)
    # one copy of the file is enough
    session.expire(brought, ["sealed_content"])
    savepoint = session.begin_nested()
    try:
        header, rows = read_register(content)
        session.execute(text("CREATE TEMPORARY TABLE incoming_row (LIKE import_row) ON COMMIT DROP"))
        counts: Counter[Outcome] = Counter()
        with ThreadPoolExecutor(max_workers=1) as database:
            keeping: Future[list[Outcome]] | None = None
            for chunk in in_chunks(rows, CHUNK):
                # a chunk is written while the next is read
                counts.update(keeping.result() if keeping else ())
                keeping = database.submit(keep_rows, session, seals, key, brought, scheme, chunk)
                progress(counts.total())
            counts.update(keeping.result() if keeping else ())
    except FileRefused as refused:
        savepoint.rollback()
        session.refresh(brought)
        brought.fault = {"fault": refused.fault.value, **refused.facts}
        move(brought, ImportStatus.UNREADABLE)
        audit.record(session, "import.unreadable", by=None, about=brought, at=at, fault=refused.fault.value)
        return
    savepoint.commit()
    # only now: progress is told by another transaction, which must not wait for a row that this one has changed
    brought.rows_good, brought.rows_unchanged = counts[Outcome.GOOD], counts[Outcome.UNCHANGED]
    brought.rows_refused = counts[Outcome.REFUSED]
    brought.header = list(header)
    # the rows hold all that is needed now, sealed one by one; a second copy of everybody's details would only be a risk
    brought.sealed_content = None
    move(brought, ImportStatus.READ)
    audit.record(
        session, "import.read", by=None, about=brought, at=at,
        good=brought.rows_good, unchanged=brought.rows_unchanged, refused=brought.rows_refused,
    )  # fmt: skip


def keep_rows(
    session: Session, seals: Seals, key: OpenKey, brought: RegisterImport, scheme: Scheme, chunk: list[Row]
) -> list[Outcome]:
    """Write rows down, sealed: those that are good as they were understood, the others as they stood in the file."""
    entries = [row.entry for row in chunk if row.entry]
    known = landing.already_there(session, seals, brought.body_id, scheme.id, entries)
    outcomes, lines = [], []
    for row in chunk:
        entry, faults = row.entry, row.faults
        outcome = Outcome.GOOD if entry else Outcome.REFUSED
        if entry is not None and entry.reference in known:
            outcome, reason = known[entry.reference]
            faults = (reason,) if reason else ()
        content = packed(row.entry) if row.entry and outcome is Outcome.GOOD else ENCODE(row.cells).encode()
        sealed = key.seal(content, f"import_row/{row.line}", brought.id)
        told = escaped(ENCODE([fault.as_json() for fault in faults])) if faults else "[]"
        lines.append(
            f"{brought.body_id}\t{brought.id}\t{row.line}\t{outcome}\t{entry.reference if entry else ''}\t{told}\t"
            f"\\\\x{sealed.hex()}\n"
        )
        outcomes.append(outcome)
    copy_text(session, "incoming_row", IMPORT_ROW, "".join(lines))
    listed = ", ".join(IMPORT_ROW)
    session.execute(text(f"INSERT INTO import_row ({listed}) SELECT {listed} FROM incoming_row"))  # noqa: S608
    session.execute(text("TRUNCATE incoming_row"))
    return outcomes


IMPORT_ROW = ("body_id", "import_id", "line", "outcome", "reference", "faults", "sealed_cells")


def discard(session: Session, brought: RegisterImport, *, by: Actor, at: datetime) -> None:
    """Keep nothing of an import. Saying it twice is saying it once. Raises NotNow when its rows are kept."""
    by.must_be(Role.PREPARER, scheme=brought.scheme_id)
    if brought.status is ImportStatus.DISCARDED:
        return
    move(brought, ImportStatus.DISCARDED)
    audit.record(session, "import.discarded", by=by, about=brought, at=at)


def keep(session: Session, brought: RegisterImport, *, by: Actor, at: datetime) -> bool:
    """A preparer keeps the good rows: a job lands them. False when it was said before: the form was sent twice."""
    by.must_be(Role.PREPARER, scheme=brought.scheme_id)
    if brought.status in (ImportStatus.LANDING, ImportStatus.LANDED, ImportStatus.CONFIRMED):
        return False
    move(brought, ImportStatus.LANDING)
    brought.rows_done = 0
    audit.record(session, "import.kept", by=by, about=brought, at=at, good=brought.rows_good)
    return True


def land(
    session: Session, seals: Seals, brought: RegisterImport, *, progress: Callable[[int], None], at: datetime
) -> None:
    """Write the good rows into the register, all of them or none: the caller's transaction decides."""
    if brought.status is not ImportStatus.LANDING:
        return
    landing.lock_register(session)
    key = seals.open_row(get_key(session, brought.body_id, brought.key_id))
    scheme = get_scheme(session, brought.scheme_id)
    lander = landing.Lander(session, seals, scheme, import_id=brought.id, by=brought.made_by, at=at)
    done = lost = 0
    with ThreadPoolExecutor(max_workers=1) as database:
        writing = database.submit(lander.land, landing.Prepared([], []))
        rows = good_rows(session, brought, 0)
        while rows:
            # the rows are opened and sealed anew here while the database still writes those before them
            prepared = lander.prepare(opened(key, brought, rows))
            lost += refuse_rows(session, brought, writing.result())
            done += len(rows)
            rows = good_rows(session, brought, rows[-1][0])
            writing = database.submit(lander.land, prepared)
            progress(done)
        lost += refuse_rows(session, brought, writing.result())
    brought.rows_good -= lost
    brought.rows_refused += lost
    move(brought, ImportStatus.LANDED)
    audit.record(session, "import.landed", by=None, about=brought, at=at, rows=brought.rows_good)


def good_rows(session: Session, brought: RegisterImport, after: int) -> list[tuple[int, bytes, bool]]:
    """The next good rows after a line: line, sealed entry, and whether the register knows the reference by now."""
    rows = session.execute(
        select(ImportRow.line, ImportRow.sealed_cells, ImportRow.reference)
        .where(ImportRow.import_id == brought.id, ImportRow.outcome == Outcome.GOOD, ImportRow.line > after)
        .order_by(ImportRow.line)
        .limit(CHUNK)
    ).all()
    known = landing.known_references(session, [row.reference for row in rows])
    return [(line, sealed, reference in known) for line, sealed, reference in rows]


def opened(
    key: OpenKey, brought: RegisterImport, rows: list[tuple[int, bytes, bool]]
) -> Iterator[tuple[int, Entry, bool]]:
    for line, sealed, known in rows:
        yield line, unpacked(key.open(sealed, f"import_row/{line}", brought.id)), known


def refuse_rows(session: Session, brought: RegisterImport, taken: list[tuple[int, Fault]]) -> int:
    """Refuse rows whose reference came into the register by another import since this one was read."""
    if taken:
        session.execute(
            update(ImportRow)
            .where(ImportRow.import_id == brought.id, ImportRow.line.in_([line for line, _ in taken]))
            .values(outcome=Outcome.REFUSED, faults=[Fault("reference", RowReason.IN_REGISTER, "").as_json()])
        )
    return len(taken)


def confirm(session: Session, brought: RegisterImport, *, by: Actor, at: datetime) -> int:
    """A second person confirms the bank details of a landed import; returns how many may be paid from now on.

    A person who says it again, since the first answer was lost, is told the same. Raises SamePerson for the person who
    brought the file in, NotNow before it landed or when somebody else has confirmed it.
    """
    by.must_be(Role.FINANCE, Role.APPROVER, Role.RELEASER, Role.ADMINISTRATOR, scheme=brought.scheme_id)
    if by.person_id == brought.made_by:
        raise SamePerson("brought these bank details in")
    if brought.confirmed_by == by.person_id:
        by_this = (Account.import_id == brought.id, Account.confirmed_at == brought.confirmed_at)
        return session.scalars(select(func.count()).where(*by_this)).one()
    move(brought, ImportStatus.CONFIRMED)
    brought.confirmed_by, brought.confirmed_at = by.person_id, at
    count: int = session.execute(
        update(Account)
        .where(Account.import_id == brought.id, Account.confirmed_by.is_(None))
        .values(confirmed_by=by.person_id, confirmed_at=at)
        .execution_options(synchronize_session=False)
    ).rowcount  # type: ignore[attr-defined]
    audit.record(session, "import.confirmed", by=by, about=brought, at=at, accounts=count)
    return count


def refused_rows(session: Session, import_id: UUID, *, after: int = 0, limit: int = 50) -> Sequence[ImportRow]:
    """The refused rows by line, those after line `after`."""
    return session.scalars(
        select(ImportRow)
        .where(ImportRow.import_id == import_id, ImportRow.outcome == Outcome.REFUSED, ImportRow.line > after)
        .order_by(ImportRow.line)
        .limit(limit)
    ).all()


def refused_csv(session: Session, seals: Seals, brought: RegisterImport) -> Iterator[str]:
    """The refused rows as CSV lines, with a last column that says what is wrong: to be put right and sent again.

    Cells that a spreadsheet would run as a formula get an apostrophe in front.
    """
    key = seals.open_row(get_key(session, brought.body_id, brought.key_id))
    header = brought.header or list(COLUMNS)
    theirs = [index for index, name in enumerate(header) if name not in ADDED]
    yield csv_line([*(header[index] for index in theirs), *ADDED])
    after = 0
    while rows := refused_rows(session, brought.id, after=after, limit=CHUNK):
        after = rows[-1].line
        for row in rows:
            kept = key.open(row.sealed_cells, f"import_row/{row.line}", brought.id)
            cells = json.loads(kept) if kept.startswith(b"[") else as_cells(unpacked(kept), header)
            wrong = "; ".join(f"{fault['field']}: {fault['reason']}" for fault in row.faults)
            padded = [*cells, *[""] * (len(header) - len(cells))]
            theirs_now = [*(padded[index] for index in theirs), *padded[len(header) :]]
            yield csv_line([*(harmless(cell) for cell in theirs_now), str(row.line), wrong])


def harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def csv_line(cells: Sequence[str]) -> str:
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerow(cells)
    return buffer.getvalue()
