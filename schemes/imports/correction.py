"""Correcting a refused row of an import on its page: typed again, read again by the same rules."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from schemes import audit
from schemes.errors import NotFound, NotNow
from schemes.imports.cells import SEALED
from schemes.imports.entry import COLUMNS, ENCODE, Entry, Fault, Outcome, Row, RowReason, as_cells, packed, unpacked
from schemes.imports.offered import Offered, offered_by
from schemes.imports.register_file import read_row
from schemes.imports.register_import import ImportRow, ImportStatus, RegisterImport
from schemes.imports.register_look import already_there
from schemes.person import Actor, Role
from schemes.seal import OpenKey, Seals, get_key


def get_row(session: Session, brought: RegisterImport, line: int) -> ImportRow:
    """A row of an import by its line. Raises NotFound."""
    row = session.get(ImportRow, (brought.body_id, brought.id, line))
    if row is None:
        raise NotFound("import_row", line)
    return row


def values_of(session: Session, seals: Seals, brought: RegisterImport, row: ImportRow) -> dict[str, str]:
    """What stands in a row, by our column."""
    key = seals.open_row(get_key(session, brought.body_id, brought.key_id))
    return opened(key, brought, row)


def opened(key: OpenKey, brought: RegisterImport, row: ImportRow) -> dict[str, str]:
    content = key.open(row.sealed_cells, place_of(row.line), brought.id)
    if not content.startswith(b"["):
        return dict(zip(COLUMNS, as_cells(unpacked(content), COLUMNS), strict=True))
    return {name: cell for name, cell in zip(brought.header, json.loads(content), strict=False) if name in COLUMNS}


def correct(
    session: Session,
    seals: Seals,
    brought: RegisterImport,
    line: int,
    values: Mapping[str, str],
    *,
    by: Actor,
    at: datetime,
) -> Outcome:
    """Type a refused row again, by our columns: it becomes good, or stays refused with what is wrong now.

    An account or roll number left empty stays as it was: the page does not show it. The caller holds the import's lock.
    A row that is good already stays so: the form was sent twice. Raises NotNow unless the import waits for a decision.
    """
    by.must_be(Role.PREPARER, scheme=brought.scheme_id)
    row = get_row(session, brought, line)
    if brought.status is not ImportStatus.READ:
        raise NotNow("import", brought.status, "corrected")
    if row.outcome is not Outcome.REFUSED:
        return row.outcome
    key = seals.open_row(get_key(session, brought.body_id, brought.key_id))
    before = opened(key, brought, row)
    typed = {name: values.get(name, "").strip() for name in COLUMNS}
    typed |= {name: before.get(name, "") for name in SEALED if not typed[name]}
    outcome, read = read_again(session, seals, key, brought, line, typed, at=at)
    row.outcome = outcome
    row.faults = [fault.as_json() for fault in read.faults]
    row.repairs = [repair.as_json() for repair in read.repairs] or None
    row.reference = read.entry.reference if read.entry else ""
    row.sealed_cells = key.seal(content_of(brought, read, outcome, typed), place_of(line), brought.id)
    row.corrected_by, row.corrected_at = by.person_id, at
    if outcome is not Outcome.REFUSED:
        brought.rows_refused -= 1
        brought.rows_mended += bool(row.repairs)
        if outcome is Outcome.GOOD:
            brought.rows_good += 1
        else:
            brought.rows_unchanged += 1
    session.flush()
    audit.record(session, "import.row_corrected", by=by, about=brought, at=at, line=line, outcome=outcome.value)
    return outcome


def place_of(line: int) -> str:
    return f"import_row/{line}"


def read_again(
    session: Session,
    seals: Seals,
    key: OpenKey,
    brought: RegisterImport,
    line: int,
    typed: Mapping[str, str],
    *,
    at: datetime,
) -> tuple[Outcome, Row]:
    """A row as it is read now, beside the other rows of its file and beside the register."""
    offered = offered_by(session, brought.scheme_id, at=at)
    read = read_row(COLUMNS, line, [typed[name] for name in COLUMNS], offered=offered)
    if read.entry is None:
        return Outcome.REFUSED, read
    entry = read.entry._replace(shares_payee=True)
    fault = contradiction(session, key, brought, offered, entry)
    if fault is not None:
        return Outcome.REFUSED, read._replace(entry=None, faults=(fault,))
    known = already_there(session, seals, brought.body_id, brought.scheme_id, [entry])
    outcome, there = known.get(entry.key, (Outcome.GOOD, None))
    return outcome, read._replace(entry=entry, faults=(there,) if there else ())


def contradiction(
    session: Session, key: OpenKey, brought: RegisterImport, offered: Offered, entry: Entry
) -> Fault | None:
    """What other good rows of the file have against a row: the same award, another name, other details of the payee."""
    accepted = (ImportRow.import_id == brought.id, ImportRow.outcome.in_((Outcome.GOOD, Outcome.UNCHANGED)))
    either = ImportRow.reference.in_((entry.reference, entry.payee_reference))
    for row in session.scalars(select(ImportRow).where(*accepted, either).order_by(ImportRow.line)).all():
        twice = Fault("reference", RowReason.REPEATED_REFERENCE, f"{entry.reference} is on line {row.line} and others")
        if row.outcome is Outcome.UNCHANGED:
            # the register holds all that it says, and is asked afterwards
            written = opened(key, brought, row).get("component", "").strip()
            if row.reference == entry.reference and offered.code_of(written) == entry.component:
                return twice
            continue
        other = unpacked(key.open(row.sealed_cells, place_of(row.line), brought.id))
        if other.key == entry.key:
            return twice
        if other.reference == entry.reference and other.beneficiary_facts() != entry.beneficiary_facts():
            return Fault("reference", RowReason.BENEFICIARY_DIFFERS, f"{entry.reference} on line {row.line}")
        if other.payee_reference == entry.payee_reference and other.payee_facts() != entry.payee_facts():
            return Fault("payee_reference", RowReason.PAYEE_DIFFERS, f"{entry.payee_reference} on line {row.line}")
        # from now on both lead to one person
        row.sealed_cells = key.seal(packed(other._replace(shares_payee=True)), place_of(row.line), brought.id)
    return None


def content_of(brought: RegisterImport, read: Row, outcome: Outcome, typed: Mapping[str, str]) -> bytes:
    """What is sealed of a row: the entry of a good one, the cells of another under the file's header."""
    if read.entry is not None and outcome is Outcome.GOOD:
        return packed(read.entry)
    added = [name for name in COLUMNS if typed[name] and name not in brought.header]
    if added:
        brought.header = [*brought.header, *added]
    return ENCODE([typed.get(name, "") for name in brought.header]).encode()
