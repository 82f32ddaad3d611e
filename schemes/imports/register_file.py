"""A register: what its columns are, and each row read into an entry or into faults by field.

One row is one award: the beneficiary, what it is for and the amount for each period, who is paid and into which
account. A beneficiary has a row for each component. A header in the first line, columns in any order. Dates are
2026-11-25 or 25/11/2026, amounts pounds with at most two decimals.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from bacs import charset
from schemes.contact_value import EMAIL
from schemes.errors import FileFault, FileRefused
from schemes.imports import workbook
from schemes.imports.cells import LONGEST_OTHERWISE, UNDEFINED, WINDOWS, Cells
from schemes.imports.csv_file import CsvFile
from schemes.imports.entry import ADDED, COLUMNS, Entry, Fault, Row, RowReason, missing_of
from schemes.imports.offered import Offered
from schemes.imports.table import Table
from schemes.payee import Capacity

MOST_COLUMNS = 30
MOST_ROWS = 1_200_000
BITS = 1 << 27
WRITABLE = re.compile(r"[A-Za-z0-9]")


# `Weekly £` as Windows wrote it; and no NUL, which the database keeps in no text
LEGIBLE = {**WINDOWS, 0: UNDEFINED}


def names_of(cells: Sequence[str]) -> tuple[str, ...]:
    """The names in a header, however they are written: `Sort Code` is sort_code. Raises FileRefused."""
    if len(cells) > MOST_COLUMNS:
        raise FileRefused(FileFault.TOO_MANY_COLUMNS, found=len(cells), most=MOST_COLUMNS)
    header = tuple(
        "_".join(cell.translate(LEGIBLE).strip().casefold().replace("_", " ").split())[:80] for cell in cells
    )
    # a spreadsheet leaves empty columns at the end of each line
    while header and not header[-1]:
        header = header[:-1]
    return header


def read_header(cells: Sequence[str]) -> tuple[str, ...]:
    """The columns by our names. Raises FileRefused naming those that are missing, unknown or there twice."""
    header = names_of(cells)
    unknown = [cells[index].strip() for index, name in enumerate(header) if name not in COLUMNS + ADDED]
    missing = missing_of(header)
    if missing:
        raise FileRefused(FileFault.MISSING_COLUMNS, missing=missing, unknown=unknown)
    if unknown:
        raise FileRefused(FileFault.UNKNOWN_COLUMNS, unknown=unknown)
    repeated = sorted(name for name, count in Counter(header).items() if count > 1)
    if repeated:
        raise FileRefused(FileFault.REPEATED_COLUMNS, repeated=repeated)
    return header


def open_table(content: bytes) -> Table:
    """A file by what its first bytes say it is. Raises FileRefused."""
    workbook.must_be_open_workbook(content)
    if content.startswith(workbook.ZIP):
        return workbook.Workbook(content, is_header=is_header)
    return CsvFile(content)


def header_of(table: Table) -> list[str]:
    """The cells of the first row, legible and fit to be kept. Raises FileRefused for a file without rows."""
    first = next(table.lines(), None)
    if first is None:
        raise FileRefused(FileFault.EMPTY)
    return [cell.translate(LEGIBLE) for cell in first[1]]


def is_header(cells: Sequence[str]) -> bool:
    """Whether a row holds our columns."""
    try:
        read_header(cells)
    except FileRefused:
        return False
    return True


# where nobody says what a scheme pays, each row is an amount
AMOUNTS = Offered()
NONE_REPEATED: Mapping[tuple[str, str], int] = {}


class Register(NamedTuple):
    """What a whole file tells before its rows are read.

    repeated: awards that stand twice, with the line of the first. several: beneficiaries with several rows. sharing:
    references that other rows may name as their payee too.
    """

    header: tuple[str, ...]
    offered: Offered
    repeated: Mapping[tuple[str, str], int]
    several: set[str]
    sharing: set[str]

    def row(self, line: int, cells: Sequence[str]) -> Row:
        """One row, by itself: whether it agrees with others of its payee or beneficiary, `Agreement` says."""
        return read_row(self.header, line, cells, self.repeated, self.offered)

    def references(self, rows: Iterable[Sequence[str]]) -> list[str]:
        """The beneficiaries and payees that some rows name."""
        columns = [self.header.index(name) for name in ("reference", "payee_reference") if name in self.header]
        named = (cells[column].strip().upper() for cells in rows for column in columns if column < len(cells))
        # no other has any chance, and what is no text cannot be asked for
        return [reference for reference in named if reference.isascii() and reference.isprintable() and reference]

    def is_alone(self, entry: Entry) -> bool:
        """Whether no other row tells anything of this one's beneficiary and payee."""
        return not (entry.shares_payee or entry.payee_reference in self.sharing or entry.reference in self.several)


def look_through(table: Table, offered: Offered = AMOUNTS, *, most_rows: int = MOST_ROWS) -> Register:
    """Go through a file once, or twice where a reference may stand in it twice. Raises FileRefused."""
    header = read_header(header_of(table))
    lines = table.lines()
    next(lines)
    suspects, sharing = look_ahead(header, lines, most_rows)
    repeated, several = repeated_awards(header, table.lines(), suspects, offered) if suspects else ({}, set())
    return Register(header, offered, repeated, several, sharing | several)


def read_register(
    table: Table, offered: Offered = AMOUNTS, *, most_rows: int = MOST_ROWS
) -> tuple[tuple[str, ...], Iterator[Row]]:
    """The header and every row of a register, good or not, in the file's order.

    Raises FileRefused for a file that cannot be read as a whole; the row iterator may raise it too.
    """
    register = look_through(table, offered, most_rows=most_rows)
    return register.header, read_rows(register, table.lines())


def look_ahead(
    header: tuple[str, ...], lines: Iterator[tuple[int, list[str]]], most_rows: int
) -> tuple[set[str], set[str]]:
    """References that may stand twice, and the payees of somebody else.

    A bit for each reference, by its hash: a million references themselves would take a hundred times the room.
    """
    where = header.index("reference")
    payee = header.index("payee_reference") if "payee_reference" in header else len(header)
    bits = bytearray(BITS // 8)
    suspects: set[str] = set()
    sharing: set[str] = set()
    count = 0
    for _, cells in lines:
        count += 1
        if count > most_rows:
            raise FileRefused(FileFault.TOO_MANY_ROWS, most=most_rows)
        if len(cells) > payee and (payee_reference := cells[payee].strip()):
            sharing.add(payee_reference.upper())
        reference = cells[where].strip().upper() if where < len(cells) else ""
        if reference:
            place, bit = divmod(hash(reference) % BITS, 8)
            if bits[place] & 1 << bit:
                suspects.add(reference)
            bits[place] |= 1 << bit
    if count == 0:
        raise FileRefused(FileFault.EMPTY)
    return suspects, sharing


def repeated_awards(
    header: tuple[str, ...], lines: Iterator[tuple[int, list[str]]], suspects: set[str], offered: Offered
) -> tuple[dict[tuple[str, str], int], set[str]]:
    """Of the suspects those that stand twice for one component, with the line of the first; and with several."""
    next(lines)
    where = header.index("reference")
    what = header.index("component") if "component" in header else len(header)
    seen: dict[str, dict[str, int]] = {}
    repeated: dict[tuple[str, str], int] = {}
    for line, cells in lines:
        reference = cells[where].strip().upper() if where < len(cells) else ""
        if reference in suspects:
            written = cells[what].strip() if what < len(cells) else ""
            component, awards = offered.code_of(written) or written, seen.setdefault(reference, {})
            if awards.setdefault(component, line) != line:
                repeated.setdefault((reference, component), awards[component])
    return repeated, {reference for reference, awards in seen.items() if len(awards) > 1}


def read_rows(register: Register, lines: Iterator[tuple[int, list[str]]]) -> Iterator[Row]:
    next(lines)
    agreement = Agreement(register)
    for line, cells in lines:
        yield agreement.settle(register.row(line, cells))


class Agreement:
    """Rows of one beneficiary, or of one payee, must tell the same of them. They are asked in the file's order."""

    def __init__(self, register: Register) -> None:
        self.register = register
        self.payees: dict[str, tuple[int, int]] = {}
        self.beneficiaries: dict[str, tuple[int, int]] = {}

    def settle(self, row: Row) -> Row:
        """A row as it stands beside those before it: refused where it says otherwise."""
        entry = row.entry
        if entry is None or self.register.is_alone(entry):
            return row
        if entry.reference in self.register.several:
            facts = hash(entry.beneficiary_facts())
            first, facts_there = self.beneficiaries.setdefault(entry.reference, (row.line, facts))
            if facts_there != facts:
                fault = Fault("reference", RowReason.BENEFICIARY_DIFFERS, f"{entry.reference} on line {first}")
                return row._replace(entry=None, faults=(fault,))
        if entry.shares_payee or entry.payee_reference in self.register.sharing:
            facts = hash(entry.payee_facts())
            first, facts_there = self.payees.setdefault(entry.payee_reference, (row.line, facts))
            if facts_there != facts:
                fault = Fault("payee_reference", RowReason.PAYEE_DIFFERS, f"{entry.payee_reference} on line {first}")
                return row._replace(entry=None, faults=(fault,))
            return row._replace(entry=entry._replace(shares_payee=True))
        return row


def read_row(
    header: tuple[str, ...],
    line: int,
    cells: Sequence[str],
    repeated: Mapping[tuple[str, str], int] = NONE_REPEATED,
    offered: Offered = AMOUNTS,
) -> Row:
    """Read one row by the header's columns."""
    kept = tuple(cells)
    if len(kept) > MOST_COLUMNS or max(map(len, kept), default=0) > LONGEST_OTHERWISE:
        kept = tuple(cell[: LONGEST_OTHERWISE * 2] for cell in cells[: MOST_COLUMNS * 2])
    if len(cells) < len(header) or any(cell.strip() for cell in cells[len(header) :]):
        fault = Fault("row", RowReason.CELLS, f"{len(cells)} cells where the header has {len(header)}")
        return Row(line, tuple(cell.translate(WINDOWS) for cell in kept), None, (fault,))
    row = Cells(header, cells)
    entry = read_entry(row, repeated, offered)
    if not row.is_plain:
        kept = tuple(cell.translate(WINDOWS) for cell in kept)
    return Row(line, kept, None if row.faults else entry, tuple(row.faults), tuple(row.repairs))


def read_entry(row: Cells, repeated: Mapping[tuple[str, str], int], offered: Offered) -> Entry | None:
    reference = row.reference("reference", required=True)
    component = offered.code_of(row.text("component"))
    if component is None:
        row.fault("component", RowReason.COMPONENT)
    if repeated and (line := repeated.get((reference, component or ""))) and not row.faults:
        row.fault("reference", RowReason.REPEATED_REFERENCE, f"{reference} is on line {line} and others")
    name = row.text("beneficiary_name", required=True)
    first_day = row.day("start_date", required=True)
    if component is None or first_day is None:
        inputs = row.no_inputs()
    else:
        inputs = row.inputs(offered.rule(component, first_day))
    last_day = row.day("end_date")
    if first_day and last_day and last_day < first_day:
        row.fault("end_date", RowReason.DATES_REVERSED)
    holder_name = row.text("account_name", required=True)
    if holder_name and not WRITABLE.search(holder_name) and not charset.to_bacs(holder_name).text.strip():
        row.fault("account_name", RowReason.NAME_NOT_WRITABLE)
    email = row.text("email")
    if email and not EMAIL.fullmatch(email):
        row.fault("email", RowReason.EMAIL)
    payee_reference, payee_name, capacity = read_payee(row, reference, name)
    born, address, lives_at = row.birth(offered.today), row.address(), row.address("beneficiary_address")
    details = row.bank_details()
    if row.faults or details is None or first_day is None or component is None:
        return None
    return Entry(
        reference=reference,
        beneficiary_name=name,
        amount_pence=inputs.amount_pence,
        first_day=first_day,
        last_day=last_day,
        payee_reference=payee_reference,
        payee_name=payee_name,
        capacity=capacity,
        email=email or None,
        holder_name=holder_name,
        details=details[0],
        checked=details[1],
        shares_payee=capacity is not Capacity.SELF,
        component=component,
        units=inputs.units,
        rate_pence=inputs.rate_pence,
        born=born,
        address=address,
        lives_at=lives_at,
    )


def read_payee(row: Cells, reference: str, name: str) -> tuple[str, str, Capacity]:
    """Who is paid: the beneficiary where the three payee columns are empty, otherwise all three must stand there."""
    payee_reference = row.text("payee_reference")
    payee_name = row.text("payee_name")
    written = row.text("payee_role").casefold()
    if not (payee_reference or payee_name) and written in ("", Capacity.SELF):
        return reference, name, Capacity.SELF
    if not (payee_reference and payee_name and written):
        row.fault("payee_reference", RowReason.PAYEE_INCOMPLETE)
        return reference, name, Capacity.SELF
    payee_reference = row.reference("payee_reference")
    try:
        capacity = Capacity(written)
    except ValueError:
        row.fault("payee_role", RowReason.PAYEE_ROLE)
        return reference, name, Capacity.SELF
    if capacity is Capacity.SELF:
        row.fault("payee_role", RowReason.PAYEE_ROLE)
    return payee_reference, payee_name, capacity
