"""A register as CSV: what its columns are, and each row read into an entry or into faults by field.

One row is one award: the beneficiary, the amount for each period, who is paid and into which account. UTF-8, comma
separated, a header in the first line, columns in any order. Dates are 2026-11-25 or 25/11/2026, amounts pounds with at
most two decimals.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache

from bacs import account, charset, modulus, pence
from bacs.errors import AccountRefused, AmountReason, AmountRefused
from schemes.account import BankDetails
from schemes.contact_value import EMAIL
from schemes.errors import FileFault, FileRefused
from schemes.imports.entry import ADDED, COLUMNS, REQUIRED, Entry, Fault, Row, RowReason
from schemes.payee import Capacity

MOST_COLUMNS = 30
MOST_ROWS = 1_200_000
BITS = 1 << 27
PIECE = 1 << 20
LONGEST = {"reference": 20, "payee_reference": 20, "beneficiary_name": 140, "payee_name": 140, "account_name": 140}
LONGEST_OTHERWISE = 254
SHORT = 20
REFERENCES = ("reference", "payee_reference")
SEALED = ("account_number", "roll_number")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9/.-]*")
CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f-\x9f]")
# of the cells of a row one after another, each after a unit separator: whether any must be looked at on its own
NOT_PLAIN = re.compile(r"[\x00-\x1e\x7f-\x9f]|\x1f\s*[=+@-]|\x1f[^\x1f]{141}")
WRITABLE = re.compile(r"[A-Za-z0-9]")
SORT_CODE = re.compile(r"[0-9]{2}(-?)[0-9]{2}\1[0-9]{2}")
ACCOUNT_NUMBER = re.compile(r"[0-9]{8}")


@lru_cache(maxsize=4096)
def read_day(written: str) -> date | None:
    """A day as 2026-11-25 or 25/11/2026. A register has few different days, so they are remembered."""
    for layout in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return datetime.strptime(written, layout).date()  # noqa: DTZ007  (a day, not an instant)
        except ValueError:
            continue
    return None


class Cells:
    """The cells of one row by column, gathering faults as they are read."""

    def __init__(self, header: Sequence[str], cells: Sequence[str]) -> None:
        self.by_column = dict(zip(header, cells, strict=False))
        self.faults: list[Fault] = []
        # nearly every row is plain, and then each of its cells is taken as it is
        together = "\x1f" + "\x1f".join(cells)
        self.is_plain = NOT_PLAIN.search(together) is None and together.count("\x1f") == max(len(cells), 1)

    def fault(self, column: str, reason: RowReason, found: str | None = None) -> None:
        value = self.by_column.get(column, "") if found is None else found
        # faults are read by everybody who may see the import; whole numbers stand in the sealed cells only
        value = f"…{value.strip()[-4:]}" if column in SEALED and value.strip() else value
        self.faults.append(Fault(column, reason, value[:80]))

    def text(self, column: str, *, required: bool = False) -> str:
        value = self.by_column.get(column, "").strip()
        if not value:
            if required:
                self.fault(column, RowReason.MISSING)
        elif self.is_plain and (len(value) <= SHORT or column not in REFERENCES):
            return value
        elif len(value) > LONGEST.get(column, LONGEST_OTHERWISE):
            self.fault(column, RowReason.TOO_LONG)
        elif CONTROL_CHARACTER.search(value):
            self.fault(column, RowReason.CONTROL_CHARACTER, ascii(value)[1:-1])
        elif value.startswith(FORMULA_STARTS) and column not in ("amount",):
            self.fault(column, RowReason.FORMULA)
        else:
            return value
        return ""

    def amount(self) -> int:
        written = self.text("amount", required=True)
        if not written:
            return 0
        try:
            amount_pence = pence.parse(written)
        except AmountRefused as refused:
            self.fault("amount", AMOUNT_REASONS.get(refused.reason, RowReason.AMOUNT_NOT_A_NUMBER))
            return 0
        if amount_pence == 0:
            self.fault("amount", RowReason.AMOUNT_ZERO)
        return amount_pence

    def day(self, column: str, *, required: bool = False) -> date | None:
        written = self.text(column, required=required)
        if not written:
            return None
        day = read_day(written)
        if day is None:
            self.fault(column, RowReason.DATE)
        return day

    def bank_details(self) -> tuple[BankDetails, modulus.Result] | None:
        sort_code = self.text("sort_code", required=True)
        account_number = self.text("account_number", required=True)
        roll_number = self.text("roll_number")
        if not sort_code or not account_number:
            return None
        try:
            if SORT_CODE.fullmatch(sort_code) and ACCOUNT_NUMBER.fullmatch(account_number):
                valid = account.Account(sort_code.replace("-", ""), account_number)
            else:
                valid = account.validate(sort_code, account_number)
            if roll_number:
                roll_number = account.validate_roll_number(roll_number)
        except AccountRefused as refused:
            column = "sort_code" if refused.reason.name.startswith("SORT_CODE") else "account_number"
            column = "roll_number" if refused.reason.name.startswith("ROLL_NUMBER") else column
            self.fault(column, RowReason(column))
            return None
        checked = modulus.check(valid.sort_code, valid.account_number)
        if checked.outcome is modulus.Outcome.FAIL:
            self.fault("account_number", RowReason.MODULUS)
        return BankDetails(valid.sort_code, valid.account_number, roll_number), checked


AMOUNT_REASONS = {
    AmountReason.NEGATIVE: RowReason.AMOUNT_NEGATIVE,
    AmountReason.ZERO: RowReason.AMOUNT_ZERO,
    AmountReason.TOO_MANY_DECIMALS: RowReason.AMOUNT_DECIMALS,
    AmountReason.TOO_LARGE: RowReason.AMOUNT_TOO_LARGE,
}


def must_be_text(content: bytes) -> None:
    """Raises FileRefused: empty, a spreadsheet, or not UTF-8, with the line and the byte."""
    if not content.strip():
        raise FileRefused(FileFault.EMPTY)
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise FileRefused(FileFault.NOT_CSV, looks_like="spreadsheet")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise FileRefused(FileFault.NOT_UTF8, line=1, byte=content[0], looks_like="UTF-16")
    decoder = codecs.getincrementaldecoder("utf-8")()
    for start in range(0, len(content), PIECE):
        end = min(start + PIECE, len(content))
        try:
            decoder.decode(content[start:end], final=end == len(content))
        except UnicodeDecodeError as error:
            # counted from the end, since what was left over of the piece before stands in front of this one
            where = end - len(error.object) + error.start
            line = content.count(b"\n", 0, where) + 1
            raise FileRefused(FileFault.NOT_UTF8, line=line, byte=content[where], looks_like="Windows") from None


def read_header(cells: Sequence[str]) -> tuple[str, ...]:
    """The columns by our names. Raises FileRefused naming those that are missing, unknown or there twice."""
    if len(cells) == 1 and cells[0].count(";") + cells[0].count("\t") >= 3:
        raise FileRefused(FileFault.NOT_CSV, looks_like="semicolons" if ";" in cells[0] else "tabs")
    if len(cells) > MOST_COLUMNS:
        raise FileRefused(FileFault.TOO_MANY_COLUMNS, found=len(cells), most=MOST_COLUMNS)
    header = tuple("_".join(cell.strip().casefold().replace("_", " ").split()) for cell in cells)
    # a spreadsheet leaves empty columns at the end of each line
    while header and not header[-1]:
        header = header[:-1]
    unknown = [cells[index].strip() for index, name in enumerate(header) if name not in COLUMNS + ADDED]
    missing = [name for name in REQUIRED if name not in header]
    if missing:
        raise FileRefused(FileFault.MISSING_COLUMNS, missing=missing, unknown=unknown)
    if unknown:
        raise FileRefused(FileFault.UNKNOWN_COLUMNS, unknown=unknown)
    repeated = sorted(name for name, count in Counter(header).items() if count > 1)
    if repeated:
        raise FileRefused(FileFault.REPEATED_COLUMNS, repeated=repeated)
    return header


def rows_of(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of every row that is not blank. Raises FileRefused for quotes that never close."""
    # read as it goes: the text of a whole file would take up to four times the room of its bytes
    reader = csv.reader(io.TextIOWrapper(io.BytesIO(content), "utf-8-sig", newline=""), strict=True)
    first_line = 1
    try:
        for cells in reader:
            if (cells and cells[0].strip()) or any(cell.strip() for cell in cells):
                yield first_line, cells
            first_line = reader.line_num + 1
    except csv.Error as error:
        raise FileRefused(FileFault.NOT_CSV, looks_like="quotes", line=first_line, error=str(error)) from None


def read_register(content: bytes, *, most_rows: int = MOST_ROWS) -> tuple[tuple[str, ...], Iterator[Row]]:
    """The header and every row of a register, good or not, in the file's order.

    Raises FileRefused for a file that cannot be read as a whole; the row iterator may raise it too.
    """
    must_be_text(content)
    lines = rows_of(content)
    first = next(lines, None)
    if first is None:
        raise FileRefused(FileFault.EMPTY)
    header = read_header(first[1])
    suspects, sharing = look_ahead(header, lines, most_rows)
    repeated = repeated_references(header, rows_of(content), suspects) if suspects else {}
    return header, read_rows(header, rows_of(content), repeated, sharing)


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


def repeated_references(
    header: tuple[str, ...], lines: Iterator[tuple[int, list[str]]], suspects: set[str]
) -> dict[str, int]:
    """Of the suspects those that do stand twice, with the line of the first."""
    next(lines)
    where = header.index("reference")
    seen: dict[str, int] = {}
    repeated: dict[str, int] = {}
    for line, cells in lines:
        reference = cells[where].strip().upper() if where < len(cells) else ""
        if reference in suspects and seen.setdefault(reference, line) != line:
            repeated.setdefault(reference, seen[reference])
    return repeated


def read_rows(
    header: tuple[str, ...],
    lines: Iterator[tuple[int, list[str]]],
    repeated: Mapping[str, int],
    sharing: Container[str],
) -> Iterator[Row]:
    next(lines)
    payees: dict[str, tuple[int, int]] = {}
    for line, cells in lines:
        row = read_row(header, line, cells, repeated)
        entry = row.entry
        if entry is not None and (entry.shares_payee or entry.payee_reference in sharing):
            facts = hash(entry.payee_facts())
            first, facts_there = payees.setdefault(entry.payee_reference, (line, facts))
            if facts_there != facts:
                fault = Fault("payee_reference", RowReason.PAYEE_DIFFERS, f"{entry.payee_reference} on line {first}")
                row = row._replace(entry=None, faults=(fault,))
            else:
                row = row._replace(entry=entry._replace(shares_payee=True))
        yield row


def read_row(
    header: tuple[str, ...], line: int, cells: Sequence[str], repeated: Mapping[str, int] | None = None
) -> Row:
    """Read one row by the header's columns."""
    kept = tuple(cells)
    if len(kept) > MOST_COLUMNS or max(map(len, kept), default=0) > LONGEST_OTHERWISE:
        kept = tuple(cell[: LONGEST_OTHERWISE * 2] for cell in cells[: MOST_COLUMNS * 2])
    if len(cells) < len(header) or any(cell.strip() for cell in cells[len(header) :]):
        fault = Fault("row", RowReason.CELLS, f"{len(cells)} cells where the header has {len(header)}")
        return Row(line, kept, None, (fault,))
    row = Cells(header, cells)
    entry = read_entry(row, repeated or {})
    return Row(line, kept, None if row.faults else entry, tuple(row.faults))


def read_entry(row: Cells, repeated: Mapping[str, int]) -> Entry | None:
    reference = row.text("reference", required=True).upper()
    if reference and not REFERENCE.fullmatch(reference):
        row.fault("reference", RowReason.REFERENCE)
    elif reference in repeated:
        row.fault("reference", RowReason.REPEATED_REFERENCE, f"{reference} is on line {repeated[reference]} and others")
    name = row.text("beneficiary_name", required=True)
    amount_pence = row.amount()
    first_day = row.day("start_date", required=True)
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
    details = row.bank_details()
    if row.faults or details is None or first_day is None:
        return None
    return Entry(
        reference=reference,
        beneficiary_name=name,
        amount_pence=amount_pence,
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
    )


def read_payee(row: Cells, reference: str, name: str) -> tuple[str, str, Capacity]:
    """Who is paid: the beneficiary where the three payee columns are empty, otherwise all three must stand there."""
    payee_reference = row.text("payee_reference").upper()
    payee_name = row.text("payee_name")
    written = row.text("payee_role").casefold()
    if not (payee_reference or payee_name) and written in ("", Capacity.SELF):
        return reference, name, Capacity.SELF
    if not (payee_reference and payee_name and written):
        row.fault("payee_reference", RowReason.PAYEE_INCOMPLETE)
        return reference, name, Capacity.SELF
    if not REFERENCE.fullmatch(payee_reference):
        row.fault("payee_reference", RowReason.REFERENCE)
    try:
        capacity = Capacity(written)
    except ValueError:
        row.fault("payee_role", RowReason.PAYEE_ROLE)
        return reference, name, Capacity.SELF
    if capacity is Capacity.SELF:
        row.fault("payee_role", RowReason.PAYEE_ROLE)
    return payee_reference, payee_name, capacity
