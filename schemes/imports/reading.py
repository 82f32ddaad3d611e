"""Reading an import's file into sealed rows, a chunk at a time; nothing of it is in the register yet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from functools import partial

from sqlalchemy import text
from sqlalchemy.orm import Session

from schemes import audit
from schemes.database import copy_text, escaped, in_chunks
from schemes.errors import FileFault, FileRefused
from schemes.imports import legacy_file, workbook
from schemes.imports.csv_file import CsvFile
from schemes.imports.entry import ENCODE, REQUIRED, Outcome, Row, packed
from schemes.imports.mapping import ColumnMapping, MappedTable, looks_of, proposed
from schemes.imports.offered import offered_by
from schemes.imports.register_file import header_of, names_of, open_table, read_header, read_register
from schemes.imports.register_import import CHUNK, ImportStatus, RegisterImport, move, part_of_file
from schemes.imports.register_look import already_there
from schemes.imports.sealed_file import SealedFile
from schemes.imports.source import get_source, source_of
from schemes.imports.table import Table
from schemes.scheme import Scheme, get_scheme
from schemes.seal import OpenKey, Seals, get_key


def read(
    session: Session, seals: Seals, brought: RegisterImport, *, progress: Callable[[int], None], at: datetime
) -> None:
    """Read the whole file into rows. A file that cannot be read leaves no rows, and its fault on the import.

    One whose columns are not ours, and of no source that we know, waits to be told what they are; so does a file of
    payments, which does not tell since when they are due.
    """
    if brought.status is not ImportStatus.READING:
        return
    key = seals.open_row(get_key(session, brought.body_id, brought.key_id))
    scheme = get_scheme(session, brought.scheme_id)
    savepoint = session.begin_nested()
    try:
        with ThreadPoolExecutor(max_workers=1) as database:
            part = partial(part_of_file, session, brought.id)
            file = SealedFile(part, database, key, import_id=brought.id, byte_count=brought.byte_count)
            table = table_of(session, brought, file)
            if table is None:
                savepoint.commit()
                return
            header, rows = read_register(table, offered_by(session, brought.scheme_id, at=at))
            session.execute(text("CREATE TEMPORARY TABLE incoming_row (LIKE import_row) ON COMMIT DROP"))
            counts: Counter[str] = Counter()
            keeping: Future[Counter[str]] | None = None
            for chunk in in_chunks(rows, CHUNK):
                # a chunk is written while the next is read
                counts.update(keeping.result() if keeping else {})
                keeping = database.submit(keep_rows, session, seals, key, brought, scheme, chunk)
                progress(rows_in(counts))
            counts.update(keeping.result() if keeping else {})
    except FileRefused as unreadable:
        savepoint.rollback()
        session.refresh(brought)
        brought.fault = {"fault": unreadable.fault.value, **unreadable.facts}
        move(brought, ImportStatus.UNREADABLE)
        audit.record(session, "import.unreadable", by=None, about=brought, at=at, fault=unreadable.fault.value)
        return
    savepoint.commit()
    # only now: progress is told by another transaction, which must not wait for a row that this one has changed
    brought.rows_good, brought.rows_unchanged = counts[Outcome.GOOD], counts[Outcome.UNCHANGED]
    brought.rows_refused, brought.rows_mended = counts[Outcome.REFUSED], counts[MENDED]
    brought.header, brought.notes = list(header), dict(table.notes)
    if isinstance(table, MappedTable):
        brought.source_id = table.source_id
    # the rows hold all that is needed now, sealed one by one; a second copy of everybody's details would only be a risk
    brought.sealed_content = None
    move(brought, ImportStatus.READ)
    good, unchanged, refused = brought.rows_good, brought.rows_unchanged, brought.rows_refused
    audit.record(session, "import.read", by=None, about=brought, at=at, good=good, unchanged=unchanged, refused=refused)


def table_of(session: Session, brought: RegisterImport, file: SealedFile) -> Table | None:
    """The file under our columns; None when a person has to say what its own are. Raises FileRefused."""
    is_text = is_plain_text(file.head)
    content = b"" if is_text else file.whole()
    kind = legacy_file.kind_of(content)
    if kind and brought.answers is not None:
        return legacy_file.LegacyFile(content, kind, legacy_file.CreditTerms.from_json(brought.answers))
    if kind:
        brought.asked = legacy_file.summary_of(content, kind)
        move(brought, ImportStatus.ASKING)
        return None
    table = CsvFile(file) if is_text else open_table(content)
    cells = header_of(table)
    names = names_of(cells)
    if brought.answers is not None:
        source = get_source(session, brought.source_id).name if brought.source_id else ""
        answered = ColumnMapping.from_json(brought.answers)
        return MappedTable(table, answered, source_id=brought.source_id, source=source)
    try:
        read_header(cells)
        return table
    except FileRefused as refused:
        if refused.fault not in (FileFault.MISSING_COLUMNS, FileFault.UNKNOWN_COLUMNS) or len(names) < LEAST_COLUMNS:
            raise
    known = source_of(session, names)
    if known is not None and known.columns.first_day is None:
        return MappedTable(table, known.columns, source_id=known.id, source=known.name)
    looks = looks_of(table, len(names))
    guessed = known.columns.columns if known else proposed(names, looks)
    brought.asked = {"header": list(names), "looks": [look.value for look in looks], "proposed": list(guessed)}
    move(brought, ImportStatus.ASKING)
    return None


def is_plain_text(head: bytes) -> bool:
    """Whether a file is cells in text, by its beginning, and so is read a part at a time."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    whole = b"<", workbook.ZIP, workbook.OLD_OFFICE
    return bool(start) and not start.startswith(whole) and not legacy_file.kind_of(head)


# without a column for the first day, which may be one for all awards
LEAST_COLUMNS = len(REQUIRED) - 1


def keep_rows(
    session: Session, seals: Seals, key: OpenKey, brought: RegisterImport, scheme: Scheme, chunk: list[Row]
) -> Counter[str]:
    """Write rows down, sealed: those that are good as they were understood, the others as they stood in the file.

    Returns how many have which outcome, and how many of those that were not refused were mended.
    """
    entries = [row.entry for row in chunk if row.entry]
    known = already_there(session, seals, brought.body_id, scheme.id, entries)
    counts: Counter[str] = Counter()
    lines = []
    for row in chunk:
        entry, faults = row.entry, row.faults
        outcome = Outcome.GOOD if entry else Outcome.REFUSED
        if entry is not None and entry.key in known:
            outcome, reason = known[entry.key]
            faults = (reason,) if reason else ()
        content = packed(row.entry) if row.entry and outcome is Outcome.GOOD else ENCODE(row.cells).encode()
        sealed = key.seal(content, f"import_row/{row.line}", brought.id)
        told = escaped(ENCODE([fault.as_json() for fault in faults])) if faults else "[]"
        mended = "\\N"
        if row.repairs and outcome is not Outcome.REFUSED:
            counts[MENDED] += 1
            mended = escaped(ENCODE([repair.as_json() for repair in row.repairs]))
        lines.append(
            f"{brought.body_id}\t{brought.id}\t{row.line}\t{outcome}\t{entry.reference if entry else ''}\t{told}\t"
            f"{mended}\t\\\\x{sealed.hex()}\n"
        )
        counts[outcome] += 1
    copy_text(session, "incoming_row", IMPORT_ROW, "".join(lines))
    listed = ", ".join(IMPORT_ROW)
    session.execute(text(f"INSERT INTO import_row ({listed}) SELECT {listed} FROM incoming_row"))  # noqa: S608
    session.execute(text("TRUNCATE incoming_row"))
    return counts


IMPORT_ROW = ("body_id", "import_id", "line", "outcome", "reference", "faults", "repairs", "sealed_cells")
MENDED = "mended"


def rows_in(counts: Counter[str]) -> int:
    return counts.total() - counts[MENDED]
