"""Writing the good rows of an import into the register, chunk by chunk, without a query for each row."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from uuid import UUID

from sqlalchemy import Integer, any_, literal, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from schemes import audit
from schemes.database import copy_text
from schemes.imports.entry import Entry, Fault, Outcome, RowReason
from schemes.imports.good_rows import MANY_ROWS, chunks_of_good_rows, note_known
from schemes.imports.hands import Hands, spare
from schemes.imports.landing_line import (
    LANDING_COLUMNS,
    LANDING_TABLE,
    LAST_DIGITS,
    KnownAs,
    Prepared,
    Preparer,
)
from schemes.imports.register_import import ImportRow, ImportStatus, RegisterImport, move
from schemes.imports.register_look import (
    already_there,
    beneficiaries_there,
    in_register,
    mandated,
    payees_there,
)
from schemes.scheme import Scheme, get_scheme
from schemes.seal import Seals, get_key


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
    # only where it may come to that: rows of a part of a transaction take the database longer to lock
    savepoint = session.begin_nested() if brought.whole else None
    note_known(session, brought)
    preparer = Preparer(seals, key, brought.id)
    lander = Lander(session, preparer, scheme, import_id=brought.id, by=brought.made_by, at=at)
    taken: list[tuple[int, Fault]] = []
    with (
        Hands(preparer.prepare, spare() if brought.rows_good > MANY_ROWS else 0) as hands,
        ThreadPoolExecutor(max_workers=1) as database,
    ):
        writing: list[Future[list[tuple[int, Fault]]]] = []
        # rows are opened and sealed anew while the database still writes those before them, and the next ones wait
        # for it: it waits for nobody
        for prepared in hands.map(chunks_of_good_rows(session, brought, database)):
            writing.append(database.submit(lander.land, prepared))
            if len(writing) > 1:
                taken += writing.pop(0).result()
                progress(lander.done)
        for last in writing:
            taken += last.result()
    if savepoint is not None and taken:
        savepoint.rollback()
        session.refresh(brought)
    elif savepoint is not None:
        savepoint.commit()
    refuse_rows(session, brought, taken)
    brought.rows_good -= len(taken)
    brought.rows_refused += len(taken)
    if taken and brought.whole:
        brought.notes = {**brought.notes, "not_landed": len(taken)}
        move(brought, ImportStatus.READ)
        audit.record(session, "import.not_landed", by=None, about=brought, at=at, refused=len(taken))
        return
    brought.accounts_made = lander.accounts_made
    move(brought, ImportStatus.LANDED)
    audit.record(session, "import.landed", by=None, about=brought, at=at, rows=brought.rows_good)


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


class People:
    """The beneficiaries of some rows: those whom the register knows, and those who come in on the rows themselves."""

    def __init__(self, session: Session, entries: list[Entry]) -> None:
        there = beneficiaries_there(session, {entry.reference for entry in entries})
        self.known = {row.reference: (str(row.id), row.name, row.born) for row in there.values()}
        self.pairs = {(str(one), str(two)) for one, two in mandated(session, [row.id for row in there.values()])}

    def differ(self, entry: Entry) -> bool:
        """Whether another row calls this one's beneficiary otherwise: a corrected one may."""
        known = self.known.get(entry.reference)
        return known is not None and (known[1] != entry.beneficiary_name or entry.born not in (None, known[2]))

    def take(self, entry: Entry, payee_id: str, ids: str) -> KnownAs:
        is_new = entry.reference not in self.known
        if is_new:
            self.known[entry.reference] = (ids + LAST_DIGITS["beneficiary"], entry.beneficiary_name, entry.born)
        beneficiary_id = self.known[entry.reference][0]
        is_mandated = (beneficiary_id, payee_id) in self.pairs
        self.pairs.add((beneficiary_id, payee_id))
        return KnownAs(beneficiary_id, is_new, is_mandated)


class Lander:
    """Lands the entries of one import through one temporary table; remembers the payees that several rows share."""

    def __init__(
        self, session: Session, preparer: Preparer, scheme: Scheme, *, import_id: UUID, by: UUID, at: datetime
    ) -> None:
        self.session, self.preparer = session, preparer
        self.body_id: UUID = session.info["body_id"]
        self.done = 0
        # by reference: the payee's id, and a digest of what is told of them
        self.shared: dict[str, tuple[str, int]] = {}
        self.accounts_made = 0
        self.same_for_all = {
            **LAST_DIGITS,
            "body_id": self.body_id,
            "scheme_id": scheme.id,
            "component": scheme.component,
            "import_id": import_id,
            "by": by,
            "at": at,
        }
        session.execute(text(f"CREATE TEMPORARY TABLE landing ({LANDING_TABLE}) ON COMMIT DROP"))

    def land(self, prepared: Prepared) -> list[tuple[int, Fault]]:
        """Write rows; returns the lines that cannot land because their reference came in meanwhile."""
        entries = [row.entry for row in prepared.to_look_at]
        known = already_there(self.session, self.preparer.seals, self.body_id, self.same_for_all["scheme_id"], entries)
        taken = []
        fresh = []
        for row in prepared.to_look_at:
            if row.entry.key in known:
                taken.append((row.line, known[row.entry.key][1] or in_register(row.entry)))
            else:
                fresh.append(row)
        there = payees_there(self.session, {row.entry.payee_reference for row in fresh} - self.shared.keys())
        people = People(self.session, [row.entry for row in fresh])
        lines = []
        self.accounts_made += prepared.line_count
        for row in fresh:
            entry, facts = row.entry, hash(row.entry.payee_facts())
            if entry.payee_reference in there:
                self.shared.setdefault(entry.payee_reference, (str(there[entry.payee_reference].id), facts))
            payee_id, facts_there = self.shared.get(entry.payee_reference, ("", facts))
            if facts_there != facts:
                # a row that was corrected may contradict another of the file
                taken.append((row.line, Fault("payee_reference", RowReason.PAYEE_DIFFERS, "")))
                continue
            if people.differ(entry):
                taken.append((row.line, Fault("reference", RowReason.BENEFICIARY_DIFFERS, "")))
                continue
            self.shared[entry.payee_reference] = payee_id or row.ids + LAST_DIGITS["payee"], facts
            made = self.shared[entry.payee_reference][0]
            known_as = people.take(entry, made, row.ids)
            self.accounts_made += not payee_id
            lines.append(
                self.preparer.line_of(entry, row.ids, made, known_as, new_payee=not payee_id, keyed_by=row.corrected_by)
            )
        copy_text(self.session, "landing", LANDING_COLUMNS, prepared.lines + "".join(lines).encode())
        for insert in INSERTS:
            self.session.execute(insert, self.same_for_all)
        self.session.execute(text("TRUNCATE landing"))
        self.done += prepared.line_count + len(prepared.to_look_at)
        return taken


# in the order of their foreign keys; for a payee who is there already, only what is the beneficiary's is new
INSERTS = [
    text(statement)
    for statement in (
        """
        INSERT INTO sealing_key (body_id, id, ring_key_id, wrapped, made_at)
        SELECT :body_id, (ids || :key)::uuid, ring_key_id, wrapped, :at FROM landing WHERE wrapped IS NOT NULL
        """,
        """
        INSERT INTO beneficiary (body_id, id, reference, name, search_name, date_of_birth, address, postcode, made_at)
        SELECT :body_id, coalesce(known_as, (ids || :beneficiary)::uuid), reference, name, search_name, born,
               home, home_postcode, :at
          FROM landing WHERE name IS NOT NULL
        """,
        """
        INSERT INTO payee (body_id, id, reference, name, search_name, email, date_of_birth, key_id, made_at)
        SELECT :body_id, payee_id, payee_reference, payee_name, payee_search_name, email, payee_born,
               (ids || :key)::uuid, :at
          FROM landing WHERE wrapped IS NOT NULL
        """,
        """
        INSERT INTO contact (body_id, id, payee_id, channel, value, held_since, added_by)
        SELECT :body_id, (ids || :email)::uuid, payee_id, 'email', email, :at, coalesce(keyed_by, :by)
          FROM landing WHERE email IS NOT NULL
        """,
        """
        INSERT INTO contact (body_id, id, payee_id, channel, value, postcode, held_since, added_by)
        SELECT :body_id, (ids || :letter)::uuid, payee_id, 'letter', address, postcode, :at,
               coalesce(keyed_by, :by)
          FROM landing WHERE address IS NOT NULL
        """,
        """
        INSERT INTO mandate (body_id, id, beneficiary_id, payee_id, capacity, made_at)
        SELECT :body_id, (ids || :mandate)::uuid, coalesce(known_as, (ids || :beneficiary)::uuid), payee_id,
               capacity, :at
          FROM landing WHERE capacity IS NOT NULL
        """,
        """
        INSERT INTO account (body_id, id, payee_id, version, holder_name, sealed_details, fingerprint, last_four,
                             modulus_outcome, modulus_rule, weight_table, import_id, proposed_by, proposed_at)
        SELECT :body_id, (ids || :account)::uuid, payee_id, 1, holder_name, sealed_details, fingerprint,
               last_four, modulus_outcome, modulus_rule, weight_table, :import_id, coalesce(keyed_by, :by), :at
          FROM landing WHERE wrapped IS NOT NULL
        """,
        """
        INSERT INTO award (body_id, id, scheme_id, beneficiary_id, payee_id, component, amount_pence, inputs,
                           first_day, last_day, import_id, made_by, made_at)
        SELECT :body_id, (ids || :award)::uuid, :scheme_id, coalesce(known_as, (ids || :beneficiary)::uuid), payee_id,
               coalesce(component, :component), amount_pence, inputs,
               first_day, last_day, :import_id, coalesce(keyed_by, :by), :at
          FROM landing
        """,
    )
]
