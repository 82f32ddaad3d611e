"""A file of one-off payments: what its columns are, and each row read into what was wanted, or into faults by field.

A header in the first line, columns in any order. Dates are 2026-11-25 or 25/11/2026, amounts pounds with at most two
decimals. A further payment (`further_because`) says which it is (`sequence`): a file sent again changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from schemes.errors import FileFault, FileRefused
from schemes.imports import workbook
from schemes.imports.cells import Cells
from schemes.imports.csv_file import CsvFile
from schemes.imports.entry import RowReason
from schemes.imports.register_file import header_of, names_of
from schemes.imports.table import Table
from schemes.one_off_look import Resolved, Thing, Wanted, known_about, resolve
from schemes.one_off_payment import OneOffFault, OneOffRefused
from schemes.payee import Beneficiary, Payee

REQUIRED = ("reference", "amount", "about", "reason")
COLUMNS = (*REQUIRED, "pay_from", "component", "payee_reference", "further_because", "sequence")
MOST_ROWS = 20_000


class RowFault(NamedTuple):
    """What is wrong with one field of a row; found: what stands there."""

    field: str
    why: RowReason | OneOffFault
    found: str

    def as_json(self) -> dict[str, str]:
        return {"field": self.field, "reason": self.why.value, "found": self.found}


class Read(NamedTuple):
    """A row of a file. wanted, resolved: None where it is refused, with its faults."""

    line: int
    reference: str
    wanted: Wanted | None
    resolved: Resolved | None
    faults: tuple[RowFault, ...]

    @property
    def is_new(self) -> bool:
        """Whether it is to be entered: it is good, and not there already."""
        return self.resolved is not None and self.resolved.same is None


def read_header(cells: Sequence[str]) -> tuple[str, ...]:
    """The columns by our names. Raises FileRefused naming those that are missing, unknown or there twice."""
    header = names_of(cells)
    unknown = [cells[place].strip() for place, name in enumerate(header) if name not in COLUMNS]
    missing = [name for name in REQUIRED if name not in header]
    if missing:
        raise FileRefused(FileFault.MISSING_COLUMNS, missing=missing, unknown=unknown)
    if unknown:
        raise FileRefused(FileFault.UNKNOWN_COLUMNS, unknown=unknown)
    repeated = sorted(name for name, count in Counter(header).items() if count > 1)
    if repeated:
        raise FileRefused(FileFault.REPEATED_COLUMNS, repeated=repeated)
    return header


def is_header(cells: Sequence[str]) -> bool:
    try:
        read_header(cells)
    except FileRefused:
        return False
    return True


def open_table(content: bytes) -> Table:
    """A file by what its first bytes say it is. Raises FileRefused."""
    workbook.must_be_open_workbook(content)
    if content.startswith(workbook.ZIP):
        return workbook.Workbook(content, is_header=is_header)
    return CsvFile(content)


def read_file(session: Session, scheme_id: UUID, content: bytes) -> list[Read]:
    """Every row, good or not, in the file's order, beside the register as it is now. Raises FileRefused."""
    table = open_table(content)
    header = read_header(header_of(table))
    lines = table.lines()
    next(lines)
    rows: list[tuple[int, Cells]] = []
    for line, cells in lines:
        if len(rows) == MOST_ROWS:
            raise FileRefused(FileFault.TOO_MANY_ROWS, most=MOST_ROWS)
        rows.append((line, Cells(header, cells)))
    references = {str(row.by_column.get("reference", "")).strip().upper() for _, row in rows}
    payees = {str(row.by_column.get("payee_reference", "")).strip().upper() for _, row in rows}
    people = ids_of(session, Beneficiary, references)
    receivers = ids_of(session, Payee, payees)
    known = known_about(session, scheme_id, list(people.values()))
    return list(looked_at(rows, scheme_id, people, receivers, known))


def ids_of(session: Session, table: type[Beneficiary] | type[Payee], references: set[str]) -> dict[str, UUID]:
    """The ids of those in the register under some references."""
    found = session.execute(select(table.reference, table.id).where(table.reference.in_(references - {""})))
    return dict(found.all())


def looked_at(
    rows: Sequence[tuple[int, Cells]],
    scheme_id: UUID,
    people: Mapping[str, UUID],
    receivers: Mapping[str, UUID],
    known: Any,
) -> Iterator[Read]:
    """The rows one by one; of two for the same payment the second is refused."""
    seen: set[tuple[Thing, int]] = set()
    for line, row in rows:
        reference = row.reference("reference", required=True)
        wanted = wanted_of(row, reference, scheme_id, people, receivers)
        faults = [RowFault(fault.field, fault.reason, fault.found) for fault in row.faults]
        resolved = None
        if isinstance(wanted, RowFault):
            faults.append(wanted)
        elif wanted is not None and not faults:
            try:
                resolved = resolve(wanted, known)
                if (resolved.thing, resolved.sequence) in seen:
                    faults.append(RowFault("reference", OneOffFault.REPEATED, reference))
                seen.add((resolved.thing, resolved.sequence))
            except OneOffRefused as refused:
                field = "payee_reference" if refused.field == "payee" else refused.field
                faults.append(RowFault(field, refused.fault, row.by_column.get(field, "")[:80]))
        good = isinstance(wanted, Wanted) and not faults
        yield Read(line, reference, wanted if good and isinstance(wanted, Wanted) else None,
                   resolved if good else None, tuple(faults))  # fmt: skip


def wanted_of(
    row: Cells, reference: str, scheme_id: UUID, people: Mapping[str, UUID], receivers: Mapping[str, UUID]
) -> Wanted | RowFault | None:
    """What a row wants, as far as it can be read: whatever cannot is among the row's faults, or is the fault."""
    amount_pence, about = row.amount(), row.day("about", required=True)
    pay_from, reason = row.day("pay_from") or about, row.text("reason", required=True)
    because, payee = row.text("further_because"), row.reference("payee_reference")
    number = row.text("sequence")
    component = row.text("component") or None
    if number and not (number.isdecimal() and number.isascii() and len(number) <= 3):
        return RowFault("sequence", OneOffFault.NUMBER, number[:80])
    if because and not number:
        return RowFault("sequence", OneOffFault.NUMBER_NOT_SAID, "")
    if row.faults or about is None or pay_from is None:
        return None
    if reference not in people:
        return RowFault("reference", OneOffFault.UNKNOWN_BENEFICIARY, reference)
    if payee and payee not in receivers:
        return RowFault("payee_reference", OneOffFault.UNKNOWN_PAYEE, payee)
    return Wanted(
        scheme_id=scheme_id,
        beneficiary_id=people[reference],
        amount_pence=amount_pence,
        about=about,
        pay_from=pay_from,
        reason=reason,
        component=component,
        payee_id=receivers[payee] if payee else None,
        further_because=because,
        sequence=int(number) if number else None,
    )
