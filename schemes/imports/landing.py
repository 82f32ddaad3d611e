"""Writing the good rows of an import into the register, chunk by chunk, without a query for each row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import CollectionAggregate, Integer, String, any_, func, literal, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from schemes import audit
from schemes.account import Account, pack
from schemes.award import Award
from schemes.database import copy_text, escaped, new_id_text
from schemes.imports.entry import Entry, Fault, Outcome, RowReason, unpacked
from schemes.imports.register_import import CHUNK, ImportRow, ImportStatus, RegisterImport, move
from schemes.payee import Beneficiary, Payee, for_search
from schemes.scheme import Scheme, get_scheme
from schemes.seal import OpenKey, Seals, get_key


def land(
    session: Session, seals: Seals, brought: RegisterImport, *, progress: Callable[[int], None], at: datetime
) -> None:
    """Write the good rows into the register. Where all rows or none are wanted and one was taken meanwhile, none."""
    if brought.status is not ImportStatus.LANDING:
        return
    # before the savepoint: rolled back to it, the lock would be lost
    lock_register(session)
    key = seals.open_row(get_key(session, brought.body_id, brought.key_id))
    scheme = get_scheme(session, brought.scheme_id)
    savepoint = session.begin_nested()
    lander = Lander(session, seals, scheme, import_id=brought.id, by=brought.made_by, at=at)
    taken: list[tuple[int, Fault]] = []
    done = 0
    with ThreadPoolExecutor(max_workers=1) as database:
        writing = database.submit(lander.land, Prepared([], []))
        rows = good_rows(session, brought, 0)
        while rows:
            # the rows are opened and sealed anew here while the database still writes those before them
            prepared = lander.prepare(opened(key, brought, rows))
            taken += writing.result()
            done += len(rows)
            rows = good_rows(session, brought, rows[-1][0])
            writing = database.submit(lander.land, prepared)
            progress(done)
        taken += writing.result()
    if taken and brought.whole:
        savepoint.rollback()
        session.refresh(brought)
    else:
        savepoint.commit()
    refuse_rows(session, brought, taken)
    brought.rows_good -= len(taken)
    brought.rows_refused += len(taken)
    if taken and brought.whole:
        brought.notes = {**brought.notes, "not_landed": len(taken)}
        move(brought, ImportStatus.READ)
        audit.record(session, "import.not_landed", by=None, about=brought, at=at, refused=len(taken))
        return
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
    known = known_references(session, [row.reference for row in rows])
    return [(line, sealed, reference in known) for line, sealed, reference in rows]


def opened(
    key: OpenKey, brought: RegisterImport, rows: list[tuple[int, bytes, bool]]
) -> Iterator[tuple[int, Entry, bool]]:
    for line, sealed, known in rows:
        yield line, unpacked(key.open(sealed, f"import_row/{line}", brought.id)), known


def refuse_rows(session: Session, brought: RegisterImport, taken: list[tuple[int, Fault]]) -> None:
    """Refuse rows whose reference came into the register by another import since this one was read."""
    by_fault: dict[Fault, list[int]] = {}
    for line, fault in taken:
        by_fault.setdefault(fault._replace(found=""), []).append(line)
    for fault, lines in by_fault.items():
        session.execute(
            update(ImportRow)
            .where(ImportRow.import_id == brought.id, ImportRow.line == any_(literal(lines, ARRAY(Integer))))
            .values(outcome=Outcome.REFUSED, faults=[fault.as_json()])
        )


def lock_register(session: Session) -> None:
    """Imports of one body land one after another: two files with the same people must not cross."""
    session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended('register ' || :body_id, 0))"),
        {"body_id": str(session.info["body_id"])},
    )


def one_of(references: Iterable[str]) -> CollectionAggregate[bool]:
    # one parameter, whatever their number: thousands of them take longer to write into the query than to look up
    return any_(literal(list(references), ARRAY(String(collation="C"))))


def already_there(
    session: Session, seals: Seals, body_id: UUID, scheme_id: UUID, entries: Sequence[Entry]
) -> dict[str, tuple[Outcome, Fault | None]]:
    """Of these entries those whose beneficiary or payee is in the register: the same throughout, or different."""
    if not entries:
        return {}
    known = {
        row.reference: row
        for row in session.execute(
            select(
                Beneficiary.reference,
                Beneficiary.name,
                Award.amount_pence,
                Award.first_day,
                Award.last_day,
                Payee.reference.label("payee_reference"),
                Payee.name.label("payee_name"),
            )
            .outerjoin(
                Award,
                (Award.body_id == Beneficiary.body_id)
                & (Award.beneficiary_id == Beneficiary.id)
                & (Award.scheme_id == scheme_id),
            )
            .outerjoin(Payee, (Payee.body_id == Award.body_id) & (Payee.id == Award.payee_id))
            .where(Beneficiary.reference == one_of([entry.reference for entry in entries]))
        )
    }
    payees = payees_there(session, {entry.payee_reference for entry in entries})
    found: dict[str, tuple[Outcome, Fault | None]] = {}
    for entry in entries:
        there = known.get(entry.reference)
        payee = payees.get(entry.payee_reference)
        same_payee = payee is not None and same_details(seals, body_id, payee, entry)
        if there is not None:
            award = (entry.beneficiary_name, entry.amount_pence, entry.first_day, entry.last_day, entry.payee_reference)
            kept = (there.name, there.amount_pence, there.first_day, there.last_day, there.payee_reference)
            if award == kept and same_payee:
                found[entry.reference] = Outcome.UNCHANGED, None
            else:
                found[entry.reference] = Outcome.REFUSED, in_register(entry)
        elif payee is not None and not same_payee:
            found[entry.reference] = (
                Outcome.REFUSED,
                Fault("payee_reference", RowReason.PAYEE_DIFFERS, f"{entry.payee_reference} in the register"),
            )
    return found


def known_references(session: Session, references: Sequence[str]) -> set[str]:
    """Of these references those that a beneficiary or a payee has."""
    found: set[str] = set()
    for party in (Beneficiary, Payee):
        found.update(session.scalars(select(party.reference).where(party.reference == one_of(references))))
    return found


def in_register(entry: Entry) -> Fault:
    return Fault("reference", RowReason.IN_REGISTER, entry.reference)


def payees_there(session: Session, references: Iterable[str]) -> dict[str, Any]:
    """Payees with their newest bank details, by reference."""
    rows = session.execute(
        select(
            Payee.reference,
            # a file may go on naming somebody who was merged: what is new is paid to the one who stayed
            func.coalesce(Payee.merged_into, Payee.id).label("id"),
            Payee.name,
            Payee.email,
            Account.holder_name,
            Account.fingerprint,
        )
        .join(Account, (Account.body_id == Payee.body_id) & (Account.payee_id == Payee.id))
        .where(Payee.reference == one_of(references))
        .order_by(Payee.reference, Account.version)
    )
    return {row.reference: row for row in rows}


def same_details(seals: Seals, body_id: UUID, payee: Any, entry: Entry) -> bool:
    fingerprint = seals.fingerprint(body_id, *entry.details)
    return (payee.name, payee.email, payee.holder_name, bytes(payee.fingerprint)) == (
        entry.payee_name,
        entry.email,
        entry.holder_name,
        fingerprint,
    )


class Prepared(NamedTuple):
    """Rows on their way: lines for COPY that need no look at the register, and entries that do."""

    lines: list[str]
    to_look_at: list[tuple[int, Entry]]


class Lander:
    """Lands the entries of one import through one temporary table; remembers the payees that several rows share.

    `prepare` asks the database nothing, so that it can run while `land` waits for the rows before.
    """

    def __init__(
        self, session: Session, seals: Seals, scheme: Scheme, *, import_id: UUID, by: UUID, at: datetime
    ) -> None:
        self.session = session
        self.seals = seals
        self.body_id: UUID = session.info["body_id"]
        self.shared: dict[str, str] = {}
        self.same_for_all = {
            "body_id": self.body_id,
            "scheme_id": scheme.id,
            "component": scheme.component,
            "import_id": import_id,
            "by": by,
            "at": at,
        }
        session.execute(text(f"CREATE TEMPORARY TABLE landing ({LANDING_TABLE}) ON COMMIT DROP"))

    def prepare(self, entries: Iterable[tuple[int, Entry, bool]]) -> Prepared:
        """Entries with their line, and whether the register may know their reference already."""
        lines, to_look_at = [], []
        for line, entry, known in entries:
            if known or entry.shares_payee:
                to_look_at.append((line, entry))
            else:
                lines.append(self.line_of(entry, new_id_text(), new_payee=True))
        return Prepared(lines, to_look_at)

    def land(self, prepared: Prepared) -> list[tuple[int, Fault]]:
        """Write rows; returns the lines that cannot land because their reference came in meanwhile."""
        entries = [entry for _, entry in prepared.to_look_at]
        known = already_there(self.session, self.seals, self.body_id, self.same_for_all["scheme_id"], entries)
        taken = []
        fresh = []
        for line, entry in prepared.to_look_at:
            if entry.reference in known:
                taken.append((line, known[entry.reference][1] or in_register(entry)))
            else:
                fresh.append(entry)
        elsewhere = {entry.payee_reference for entry in fresh} - self.shared.keys()
        there = payees_there(self.session, elsewhere)
        self.shared.update({reference: str(row.id) for reference, row in there.items()})
        lines = prepared.lines + [self.line_sharing(entry) for entry in fresh]
        copy_text(self.session, "landing", LANDING_COLUMNS, "".join(lines))
        for insert in INSERTS:
            self.session.execute(insert, self.same_for_all)
        self.session.execute(text("TRUNCATE landing"))
        return taken

    def line_sharing(self, entry: Entry) -> str:
        payee_id = self.shared.get(entry.payee_reference)
        if payee_id is not None:
            return self.line_of(entry, payee_id, new_payee=False)
        payee_id = self.shared[entry.payee_reference] = new_id_text()
        return self.line_of(entry, payee_id, new_payee=True)

    def line_of(self, entry: Entry, payee_id: str, *, new_payee: bool) -> str:
        award = (
            f"{entry.reference}\t{escaped(entry.beneficiary_name)}\t{escaped(for_search(entry.beneficiary_name))}\t"
            f"{entry.capacity}\t{entry.amount_pence}\t{entry.first_day}\t{entry.last_day or NULL}\t{payee_id}\t"
        )
        return award + (self.payee_of(entry) if new_payee else NO_PAYEE)

    def payee_of(self, entry: Entry) -> str:
        """The rest of a line: the payee with a key of their own, and their bank details sealed with it."""
        key_id, account_id = new_id_text(), new_id_text()
        ring_key_id, wrapped, key = self.seals.make_for(self.body_id, key_id)
        sealed = key.seal(pack(entry.details), "account", account_id)
        fingerprint = self.seals.fingerprint(self.body_id, *entry.details)
        email = escaped(entry.email) if entry.email else NULL
        checked = entry.checked
        return (
            f"{key_id}\t{escaped(ring_key_id)}\t\\\\x{wrapped.hex()}\t{entry.payee_reference}\t"
            f"{escaped(entry.payee_name)}\t{escaped(for_search(entry.payee_name))}\t{email}\t{account_id}\t"
            f"{escaped(entry.holder_name)}\t\\\\x{sealed.hex()}\t\\\\x{fingerprint.hex()}\t"
            f"{entry.details.account_number[-4:]}\t{checked.outcome}\t{checked.rule}\t{checked.table_version}\n"
        )


NULL = "\\N"

# what a line says, in its order; the beneficiary's id is the database's to give
AWARD = (
    "reference text, name text, search_name text, capacity text, amount_pence bigint, first_day date, last_day date, "
    "payee_id uuid"
)
PAYEE = (
    "key_id uuid, ring_key_id text, wrapped bytea, payee_reference text, payee_name text, payee_search_name text, "
    "email text, account_id uuid, holder_name text, sealed_details bytea, fingerprint bytea, last_four text, "
    "modulus_outcome text, modulus_rule text, weight_table text"
)
LANDING_TABLE = f"{AWARD}, {PAYEE}, beneficiary_id uuid DEFAULT uuidv7()"
LANDING_COLUMNS = [column.split()[0] for column in f"{AWARD}, {PAYEE}".split(", ")]
NO_PAYEE = "\t".join([NULL] * len(PAYEE.split(", "))) + "\n"

# in the order of their foreign keys; for a payee who is there already, only what is the beneficiary's is new
INSERTS = [
    text(statement)
    for statement in (
        """
        INSERT INTO sealing_key (body_id, id, ring_key_id, wrapped, made_at)
        SELECT :body_id, key_id, ring_key_id, wrapped, :at FROM landing WHERE key_id IS NOT NULL
        """,
        """
        INSERT INTO beneficiary (body_id, id, reference, name, search_name, made_at)
        SELECT :body_id, beneficiary_id, reference, name, search_name, :at FROM landing
        """,
        """
        INSERT INTO payee (body_id, id, reference, name, search_name, email, key_id, made_at)
        SELECT :body_id, payee_id, payee_reference, payee_name, payee_search_name, email, key_id, :at
          FROM landing WHERE key_id IS NOT NULL
        """,
        """
        INSERT INTO contact (body_id, id, payee_id, channel, value, held_since, added_by)
        SELECT :body_id, uuidv7(), payee_id, 'email', email, :at, :by FROM landing WHERE email IS NOT NULL
        """,
        """
        INSERT INTO mandate (body_id, id, beneficiary_id, payee_id, capacity, made_at)
        SELECT :body_id, uuidv7(), beneficiary_id, payee_id, capacity, :at FROM landing
        """,
        """
        INSERT INTO account (body_id, id, payee_id, version, holder_name, sealed_details, fingerprint, last_four,
                             modulus_outcome, modulus_rule, weight_table, import_id, proposed_by, proposed_at)
        SELECT :body_id, account_id, payee_id, 1, holder_name, sealed_details, fingerprint, last_four,
               modulus_outcome, modulus_rule, weight_table, :import_id, :by, :at
          FROM landing WHERE key_id IS NOT NULL
        """,
        """
        INSERT INTO award (body_id, id, scheme_id, beneficiary_id, payee_id, component, amount_pence,
                           first_day, last_day, import_id, made_by, made_at)
        SELECT :body_id, uuidv7(), :scheme_id, beneficiary_id, payee_id, :component, amount_pence,
               first_day, last_day, :import_id, :by, :at
          FROM landing
        """,
    )
]
