"""The cells of one row of a register, each read by its column into what it means, or into a fault or a repair.

A spreadsheet spoils numbers: it eats leading zeros, makes a date of 12-03-26 and 6.64E+07 of an account number. Zeros
are put back where the digits then pass the bank's check; what has lost digits is refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache

from bacs import account, modulus, pence
from bacs.errors import AccountRefused, AmountReason, AmountRefused, Reason
from schemes.account import BankDetails
from schemes.amount import MOST_RATE_PENCE, MOST_UNITS, AmountKind, AmountRule, Inputs, read_units
from schemes.contact_value import Channel, ContactRefused, read_contact
from schemes.imports.entry import Fault, Mend, Repair, RowReason
from schemes.payee_details import PersonRefused, read_birth

LONGEST = {"reference": 20, "payee_reference": 20, "beneficiary_name": 140, "payee_name": 140, "account_name": 140}
LONGEST_OTHERWISE = 254
SHORT = 20
REFERENCES = ("reference", "payee_reference")
SEALED = ("account_number", "roll_number")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
# a day as spreadsheets write it where somebody has typed 12-03-26, and a number of which they show a few digits
MADE_A_DATE = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{1,2}/[0-9]{1,2}/[0-9]{2,4}|[0-9]{1,2}-[A-Za-z]{3}-[0-9]{2,4}"
)
SHORTENED = re.compile(r"[0-9]+(\.[0-9]+)?[Ee]\+[0-9]+")
REFERENCE = re.compile(rf"(?!(?:{MADE_A_DATE.pattern})$)[A-Za-z0-9][A-Za-z0-9/.-]*")
CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f-\x9f]")
# of the cells of a row one after another, each after a unit separator: whether any must be looked at on its own
NOT_PLAIN = re.compile(r"[\x00-\x1e\x7f-\x9f\udc80-\udcff]|\x1f\s*[=+@-]|\x1f[^\x1f]{141}")
# bytes that were no UTF-8, as Python keeps them (PEP 383), and what they are in Windows-1252; it leaves five undefined
NOT_UTF8 = re.compile(r"[\udc80-\udcff]")
WINDOWS = {0xDC00 + byte: bytes([byte]).decode("cp1252", "replace") for byte in range(0x80, 0x100)}
UNDEFINED = "\ufffd"
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
        self.faults: list[Fault] = []
        self.repairs: list[Repair] = []
        # nearly every row is plain, and then each of its cells is taken as it is
        together = "\x1f" + "\x1f".join(cells)
        self.is_plain = NOT_PLAIN.search(together) is None and together.count("\x1f") == max(len(cells), 1)
        self.by_column = dict(zip(header, cells, strict=False))
        if not self.is_plain and NOT_UTF8.search(together):
            self.by_column = {column: self.from_windows(column, cell) for column, cell in self.by_column.items()}

    def from_windows(self, column: str, cell: str) -> str:
        """A cell whose bytes are no UTF-8, as Windows wrote it."""
        if not NOT_UTF8.search(cell):
            return cell
        read = cell.translate(WINDOWS)
        if UNDEFINED in read:
            self.fault(column, RowReason.UNREADABLE_CHARACTER, read)
        else:
            self.repairs.append(Repair(column, Mend.WINDOWS_CHARACTERS, "", read[:80]))
        return read

    def fault(self, column: str, reason: RowReason, found: str | None = None) -> None:
        value = self.by_column.get(column, "") if found is None else found
        # faults are read by everybody who may see the import; whole numbers stand in the sealed cells only
        value = f"…{value.strip()[-4:]}" if column in SEALED and value.strip() else value
        value = value.replace("\x00", UNDEFINED)  # which the database keeps in no text
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
            reason = AMOUNT_REASONS.get(refused.reason, RowReason.AMOUNT_NOT_A_NUMBER)
            self.fault("amount", spoilt(written) or reason)
            return 0
        if amount_pence == 0:
            self.fault("amount", RowReason.AMOUNT_ZERO)
        return amount_pence

    def inputs(self, rule: AmountRule) -> Inputs:
        """What the award brings to its rule; what the rule does not ask for must not stand there and be ignored."""
        if rule.kind is AmountKind.FIXED:
            for column in ("units", "unit_rate"):
                if self.text(column):
                    self.fault(column, RowReason.NOT_ASKED_FOR)
            return Inputs(self.amount())
        if self.text("amount"):
            self.fault("amount", RowReason.NOT_ASKED_FOR)
        units, rate_pence = self.units(), self.unit_rate() if rule.rate_on_award else None
        if rate_pence is None and self.text("unit_rate"):
            self.fault("unit_rate", RowReason.NOT_ASKED_FOR)
        return Inputs(units=units, rate_pence=rate_pence)

    def units(self) -> int:
        written = self.text("units", required=True)
        if not written:
            return 0
        units = read_units(written)
        if units is None or units > MOST_UNITS:
            self.fault("units", spoilt(written) or RowReason.UNITS)
        return units or 0

    def unit_rate(self) -> int:
        written = self.text("unit_rate", required=True)
        if not written:
            return 0
        try:
            rate_pence = pence.parse(written)
        except AmountRefused as refused:
            rate_pence = 0
            self.fault("unit_rate", AMOUNT_REASONS.get(refused.reason, RowReason.AMOUNT_NOT_A_NUMBER))
        else:
            if not 1 <= rate_pence <= MOST_RATE_PENCE:
                self.fault("unit_rate", RowReason.AMOUNT_TOO_LARGE if rate_pence else RowReason.AMOUNT_ZERO)
        return rate_pence

    def no_inputs(self) -> Inputs:
        """Where it cannot be told by which rule: what is there is read, so that its faults are told at once."""
        if self.by_column.get("amount", "").strip():
            self.amount()
        return Inputs()

    def birth(self, today: date | None) -> date | None:
        """A date of birth; one still to come, or of somebody older than anybody, is a slip of the hand."""
        born = self.day("date_of_birth")
        try:
            return read_birth(born, today) if today else born
        except PersonRefused:
            self.fault("date_of_birth", RowReason.BIRTH)
            return None

    def address(self, column: str = "address") -> str | None:
        """An address, its lines apart by commas or by line breaks."""
        written = self.by_column.get(column, "").strip()
        if not written:
            return None
        lines = LINE_ENDS.sub("\n", written)
        if CONTROL_CHARACTER.search(lines.replace("\n", "")) or lines.startswith(FORMULA_STARTS):
            self.fault(column, RowReason.FORMULA if lines.startswith(FORMULA_STARTS) else RowReason.CONTROL_CHARACTER)
            return None
        try:
            return read_contact(Channel.LETTER, lines).value
        except ContactRefused:
            self.fault(column, RowReason.ADDRESS)
            return None

    def day(self, column: str, *, required: bool = False) -> date | None:
        written = self.text(column, required=required)
        if not written:
            return None
        day = read_day(written)
        if day is None:
            self.fault(column, RowReason.DATE)
        return day

    def reference(self, column: str, *, required: bool = False) -> str:
        written = self.text(column, required=required)
        if written and not REFERENCE.fullmatch(written):
            self.fault(column, spoilt(written) or RowReason.REFERENCE)
        return written.upper()

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
                valid = self.mended_account(sort_code, account_number)
            if roll_number:
                roll_number = account.validate_roll_number(roll_number)
        except AccountRefused as refused:
            column = "sort_code" if refused.reason.name.startswith("SORT_CODE") else "account_number"
            column = "roll_number" if refused.reason.name.startswith("ROLL_NUMBER") else column
            written = self.text(column)
            eaten = column == "sort_code" and FIVE_DIGITS.fullmatch(written)
            self.fault(column, RowReason.EATEN_ZEROS if eaten else spoilt(written) or RowReason(column))
            return None
        checked = modulus.check(valid.sort_code, valid.account_number)
        if checked.outcome is modulus.Outcome.FAIL:
            self.fault("account_number", RowReason.MODULUS)
        return BankDetails(valid.sort_code, valid.account_number, roll_number), checked

    def mended_account(self, sort_code: str, account_number: str) -> account.Account:
        """An account whose numbers are not written in full, its repairs noted. Raises AccountRefused.

        A sort code of five digits has lost a zero in front, if the bank's check passes with it: then no other digit can
        be missing. Six, seven, nine and ten digits of an account number have one meaning at their sort code
        (modulus checking, non-standard lengths).
        """
        whole = f"0{sort_code}" if FIVE_DIGITS.fullmatch(sort_code) else sort_code
        valid = account.validate(whole, account_number)
        if whole != sort_code:
            if modulus.check(*valid).outcome is not modulus.Outcome.PASS:
                raise AccountRefused(sort_code, Reason.SORT_CODE_NOT_SIX_DIGITS)
            self.repairs.append(Repair("sort_code", Mend.LEADING_ZEROS, sort_code, account.format_sort_code(whole)))
        digits = account.compact(sort_code, account_number)[1]
        if digits != valid.account_number:
            mend = Mend.LEADING_ZEROS if len(digits) < 8 else Mend.OTHER_LENGTH
            self.repairs.append(Repair("account_number", mend, f"…{digits[-4:]}", f"…{valid.account_number[-4:]}"))
        return valid


def spoilt(written: str) -> RowReason | None:
    """What a spreadsheet has made of a number, if it looks like that."""
    if MADE_A_DATE.fullmatch(written):
        return RowReason.MADE_A_DATE
    return RowReason.SHORTENED_NUMBER if SHORTENED.fullmatch(written) else None


LINE_ENDS = re.compile(r"[,\r\n]+")
FIVE_DIGITS = re.compile(r"[0-9]{5}")
AMOUNT_REASONS = {
    AmountReason.NEGATIVE: RowReason.AMOUNT_NEGATIVE,
    AmountReason.ZERO: RowReason.AMOUNT_ZERO,
    AmountReason.TOO_MANY_DECIMALS: RowReason.AMOUNT_DECIMALS,
    AmountReason.TOO_LARGE: RowReason.AMOUNT_TOO_LARGE,
}
