"""Reading an import's file into sealed rows, a chunk at a time; nothing of it is in the register yet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from itertools import islice

from sqlalchemy import text
from sqlalchemy.orm import Session

from schemes import audit
from schemes.database import copy_text, in_chunks
from schemes.errors import FileFault, FileRefused
from schemes.imports import legacy_file, workbook
from schemes.imports.csv_file import CsvFile
from schemes.imports.entry import REQUIRED, Outcome
from schemes.imports.hands import Hands, spare
from schemes.imports.mapping import ColumnMapping, MappedTable, looks_of, proposed
from schemes.imports.offered import offered_by
from schemes.imports.reading_line import IMPORT_ROW, MENDED, Chunk, ReadChunk, Reader
from schemes.imports.register_file import Agreement, header_of, look_through, names_of, open_table, read_header
from schemes.imports.register_import import CHUNK, ImportStatus, RegisterImport, move
from schemes.imports.register_look import already_there, known_references
from schemes.imports.sealed_file import SealedFile
from schemes.imports.source import get_source, source_of
from schemes.imports.table import Table
from schemes.scheme import Scheme, get_scheme
from schemes.seal import Seals, get_key
from schemes.sealed_file import part_of

MANY_BYTES = 2 << 20
"""From here on a file is read by several processes: a smaller one is read before they have begun."""


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
            part = part_of(session, RegisterImport.sealed_content, brought.id)
            file = SealedFile(part, database, key, import_id=brought.id, byte_count=brought.byte_count)
            table = table_of(session, brought, file)
            if table is None:
                savepoint.commit()
                return
            register = look_through(table, offered_by(session, brought.scheme_id, at=at))
            session.execute(text("CREATE TEMPORARY TABLE incoming_row (LIKE import_row) ON COMMIT DROP"))
            keeper = Keeper(session, seals, scheme, Reader(register, key, brought.id))
            keeping: Future[None] | None = None
            with Hands(keeper.reader.read, spare() if brought.byte_count > MANY_BYTES else 0) as hands:
                chunks = in_chunks(islice(table.lines(), 1, None), CHUNK)
                for chunk in hands.map(keeper.asked(lines, database) for lines in chunks):
                    # a chunk is written while the next are read
                    if keeping:
                        keeping.result()
                        progress(keeper.rows)
                    keeping = database.submit(keeper.keep, chunk)
            if keeping:
                keeping.result()
            counts = keeper.counts
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
    brought.header, brought.notes = list(register.header), dict(table.notes)
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


class Keeper:
    """Writes down what was read of a file, a chunk at a time, in the file's order."""

    def __init__(self, session: Session, seals: Seals, scheme: Scheme, reader: Reader) -> None:
        self.session, self.seals, self.scheme, self.reader = session, seals, scheme, reader
        self.agreement = Agreement(reader.register)
        self.counts: Counter[str] = Counter()

    @property
    def rows(self) -> int:
        return self.counts.total() - self.counts[MENDED]

    def asked(self, lines: list[tuple[int, list[str]]], database: ThreadPoolExecutor) -> Chunk:
        """Lines with what the register knows of them, asked in the thread that writes."""
        references = self.reader.register.references(cells for _, cells in lines)
        return Chunk(lines, database.submit(known_references, self.session, references).result())

    def keep(self, chunk: ReadChunk) -> None:
        """Write a chunk down, with those of its rows that others or the register have to be asked about."""
        rows = [self.agreement.settle(row) for row in chunk.to_look_at]
        entries = [row.entry for row in rows if row.entry]
        known = already_there(self.session, self.seals, self.scheme.body_id, self.scheme.id, entries)
        settled = []
        for row in rows:
            outcome, faults = (Outcome.GOOD if row.entry else Outcome.REFUSED), row.faults
            if row.entry is not None and row.entry.key in known:
                outcome, reason = known[row.entry.key]
                faults = (reason,) if reason else ()
            settled.append((row, outcome, faults))
        lines, counts = self.reader.written(settled)
        copy_text(self.session, "incoming_row", IMPORT_ROW, chunk.lines + lines)
        listed = ", ".join(IMPORT_ROW)
        self.session.execute(text(f"INSERT INTO import_row ({listed}) SELECT {listed} FROM incoming_row"))  # noqa: S608
        self.session.execute(text("TRUNCATE incoming_row"))
        self.counts.update(chunk.counts)
        self.counts.update(counts)
