"""Every fault of a Standard 18 file, each with its line, its column, what was expected and what was found.

One pass in flat memory: what is kept is a sum for each originating account, day and side (Standard 18, checks a
validator should make).
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import BinaryIO

from bacs import modulus
from bacs.calendar import read_bacs_date
from bacs.errors import BadBacsDate, DateBeyondCalendar, NotAWorkingDay, OutsideWindow
from bacs.standard18 import layout as tables
from bacs.standard18.faults import Fault, FaultKind, Rules, Severity
from bacs.standard18.reader import BYTE_ORDER_MARK, Item, Kind, Line, read

_DATA = (Kind.CREDIT, Kind.DEBIT, Kind.INSTRUCTION, Kind.CONTRA)
_FOLLOWING: dict[Kind, tuple[Kind, ...]] = {
    Kind.VOL1: (Kind.HDR1,),
    Kind.HDR1: (Kind.HDR2,),
    Kind.HDR2: (Kind.UHL1,),
    Kind.UHL1: (Kind.CREDIT, Kind.DEBIT, Kind.INSTRUCTION),
    Kind.CREDIT: (*_DATA, Kind.EOF1),
    Kind.DEBIT: (*_DATA, Kind.EOF1),
    Kind.INSTRUCTION: (*_DATA, Kind.EOF1),
    Kind.CONTRA: (*_DATA, Kind.EOF1),
    Kind.EOF1: (Kind.EOF2,),
    Kind.EOF2: (Kind.UTL1,),
    Kind.UTL1: (Kind.HDR1,),
}
_CONTRA_CODES = ("17", "99")
_LABEL_PART = slice(4, 54)
"""Where a trailer must say what its header says; the block count after it is written in several ways."""

Account = tuple[str, str]
SectionKey = tuple[Account, str, bool]


@dataclass(slots=True)
class _Balance:
    """What an account pays or collects on a day, and what its contras say."""

    item_pence: int = 0
    contra_pence: int = 0
    contra_line: int = 0


@dataclass(slots=True)
class _UserFile:
    """What is known of the user file under the reader's eye."""

    headers: dict[Kind, Line] = field(default_factory=dict)
    balances: dict[SectionKey, _Balance] = field(default_factory=dict)
    days: dict[str, date | None] = field(default_factory=dict)
    debit_pence: int = 0
    credit_pence: int = 0
    debit_count: int = 0
    credit_count: int = 0
    instruction_count: int = 0


def validate(source: bytes | BinaryIO, rules: Rules | None = None) -> Iterator[Fault]:
    """Yield every fault of a file, in the order of its lines. A file without a fault yields nothing.

    Where the sources on Standard 18 disagree nothing is a fault. Amounts in a fault are pence.
    """
    yield from _Validator(rules or Rules()).faults(source)


class _Validator:
    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.serial = ""
        self.user_file = _UserFile()
        self.file_count = 0
        self.file_numbers: set[tuple[str, str]] = set()

    def faults(self, source: bytes | BinaryIO) -> Iterator[Fault]:
        file = io.BytesIO(source) if isinstance(source, bytes) else source
        expected: tuple[Kind, ...] = (Kind.VOL1,)
        number = 0
        for line in read(file):
            number = line.number
            if number == 1 and line.has_byte_order_mark:
                yield Fault(FaultKind.BYTE_ORDER_MARK, 1, 1, "", "no byte-order mark", repr(BYTE_ORDER_MARK))
            if line.layout is None:
                yield Fault(FaultKind.UNKNOWN_RECORD, number, 1, "", _names(expected), repr(line.text[:20]))
                continue
            if line.kind is not Kind.UNKNOWN:
                if line.kind not in expected:
                    yield Fault(FaultKind.OUT_OF_ORDER, number, 1, "", _names(expected), str(line.kind))
                expected = _FOLLOWING[line.kind]
            yield from self._columns(line)
            yield from self._data(line) if line.layout.name == "data" else self._label(line)
        if not number:
            yield Fault(FaultKind.EMPTY_FILE, 1, 1, "", "a VOL1 record", "nothing")
        elif expected != (Kind.HDR1,) or not self.file_count:
            yield Fault(FaultKind.INCOMPLETE, number + 1, 1, "", _names(expected), "the end of the file")

    def _columns(self, line: Line) -> Iterator[Fault]:
        """The record by itself: its length, and each field against its table."""
        layout, text, number = line.layout, line.text, line.number
        assert layout is not None
        if layout.pattern.fullmatch(text):
            return
        # Bacs's own output pads labels to the length of a data record
        padding = text[layout.length :]
        if len(text) < layout.length or padding.strip(" ") or (padding and layout.name == "data"):
            column = min(len(text), layout.length) + 1
            yield Fault(FaultKind.WRONG_LENGTH, number, column, "", f"{layout.length} characters", str(len(text)))
        for each, found in layout.misfits(text):
            yield Fault(FaultKind.WRONG_FIELD, number, each.first, each.name, each.kind.name, repr(found))

    def _label(self, line: Line) -> Iterator[Fault]:
        if line.kind is Kind.VOL1:
            yield from self._volume(line)
        elif line.kind is Kind.HDR1:
            self.user_file = _UserFile()
            self.file_count += 1
            yield from self._header(line)
        elif line.kind is Kind.UHL1:
            yield from self._user_header(line)
        elif line.kind in (Kind.EOF1, Kind.EOF2):
            if line.kind is Kind.EOF1:
                yield from self._sections(line)
            yield from self._trailer(line)
        elif line.kind is Kind.UTL1:
            yield from self._totals(line)
        self.user_file.headers[line.kind] = line

    def _volume(self, line: Line) -> Iterator[Fault]:
        self.serial = line.text[4:10]
        if self.serial in self.rules.used_serials:
            yield _fault(FaultKind.SERIAL_USED_BEFORE, line, "serial_number", "a serial number not used before")

    def _header(self, line: Line) -> Iterator[Fault]:
        fields = line.fields()
        if self.serial and fields["set_identification"] != self.serial:
            yield _fault(FaultKind.SERIAL_DIFFERS, line, "set_identification", f"{self.serial} as in VOL1")
        if fields["file_sequence_number"] != f"{self.file_count:04}":
            yield _fault(FaultKind.SEQUENCE_DIFFERS, line, "file_sequence_number", f"{self.file_count:04}")
        for name in ("creation_date", "expiry_date"):
            if _day(fields[name]) is None:
                yield _fault(FaultKind.NOT_A_DATE, line, name, "a date that exists")

    def _user_header(self, line: Line) -> Iterator[Fault]:
        fields = line.fields()
        if fields["processing_day"].strip(" "):
            yield from self._processing_day(line)
        header = self.user_file.headers.get(Kind.HDR1)
        if header is None:
            return
        key = (header.text[5:11], fields["file_number"])
        if key in self.file_numbers:
            yield _fault(FaultKind.FILE_NUMBER_TWICE, line, "file_number", "a number once for a service user")
        self.file_numbers.add(key)

    def _processing_day(self, line: Line) -> Iterator[Fault]:
        """The line's processing day against calendar and window, once for each day of a user file."""
        text = line.fields()["processing_day"]
        if text in self.user_file.days:
            return
        self.user_file.days[text] = day = _day(text)
        header = self.user_file.headers.get(Kind.HDR1)
        if day is None:
            yield _fault(FaultKind.NOT_A_DATE, line, "processing_day", "a date that exists")
            return
        expiry = _day(header.fields()["expiry_date"]) if header else None
        if expiry and expiry <= day:
            yield _fault(FaultKind.EXPIRES_TOO_EARLY, line, "processing_day", f"a day before the expiry on {expiry}")
        calendar, input_day = self.rules.calendar, self.rules.input_day
        if calendar is None:
            return
        try:
            if not calendar.is_working_day(day):
                yield _fault(FaultKind.NOT_A_WORKING_DAY, line, "processing_day", "a working day")
            elif input_day:
                calendar.check_window(day, input_day, self.rules.forward_limit_days)
        except DateBeyondCalendar as beyond:
            expected = f"a day between {beyond.first} and {beyond.last}"
            yield _fault(FaultKind.BEYOND_CALENDAR, line, "processing_day", expected)
        except NotAWorkingDay:
            yield _fault(FaultKind.OUTSIDE_WINDOW, line, "processing_day", f"input on a working day, not {input_day}")
        except OutsideWindow as outside:
            expected = f"a day between {outside.earliest} and {outside.latest}"
            yield _fault(FaultKind.OUTSIDE_WINDOW, line, "processing_day", expected)

    def _data(self, line: Line) -> Iterator[Fault]:
        item = line.item()
        assert item is not None
        if line.layout is tables.DATA_MPD and line.text[100:106] not in self.user_file.days:
            yield from self._processing_day(line)
        self._tally(line, item)
        if line.kind is Kind.CONTRA:
            if (item.sort_code, item.account_number) != (item.originating_sort_code, item.originating_account_number):
                expected = f"{item.originating_sort_code} {item.originating_account_number}, which originates it"
                yield _fault(FaultKind.CONTRA_OF_ANOTHER_ACCOUNT, line, "destination_sort_code", expected)
            if item.transaction_code not in _CONTRA_CODES:
                yield _fault(FaultKind.CONTRA_CODE, line, "transaction_code", "17 for credits or 99 for debits")
            return
        yield from self._amount(line, item)
        yield from self._texts(line, item)
        if item.transaction_code not in self.rules.licensed_codes and line.kind is not Kind.UNKNOWN:
            expected = " or ".join(sorted(self.rules.licensed_codes))
            yield _fault(FaultKind.CODE_NOT_LICENSED, line, "transaction_code", expected)
        if self.rules.weights:
            yield from self._modulus(line, item)

    def _amount(self, line: Line, item: Item) -> Iterator[Fault]:
        if item.amount_pence is None:
            return
        if line.kind is Kind.INSTRUCTION:
            if item.amount_pence:
                yield _fault(FaultKind.AMOUNT_NOT_ZERO, line, "amount_pence", "zero, for an instruction")
        elif not item.amount_pence:
            yield _fault(FaultKind.AMOUNT_ZERO, line, "amount_pence", "more than zero")
        elif item.amount_pence > self.rules.item_limit_pence:
            expected = f"at most {self.rules.item_limit_pence}"
            yield _fault(FaultKind.AMOUNT_ABOVE_LIMIT, line, "amount_pence", expected)

    def _texts(self, line: Line, item: Item) -> Iterator[Fault]:
        if item.account_number == "00000000" and not item.account_name:
            yield _fault(FaultKind.NAME_MISSING, line, "account_name", "a name, as the account number is all zeros")
        for name, value in (
            ("user_name", item.user_name),
            ("reference", item.reference),
            ("account_name", item.account_name),
        ):
            if value.startswith(" "):
                expected = "text from the first position"
                yield _fault(FaultKind.STARTS_WITH_SPACE, line, name, expected, Severity.WARNING)
        if line.kind is Kind.DEBIT:
            signs = [sign for sign in item.reference if sign.isalnum()]
            if len(signs) < 6 or len(set(signs)) == 1 or item.reference.startswith("DDIC"):
                expected = "six letters or digits, not all the same, not DDIC"
                yield _fault(FaultKind.REFERENCE_REFUSED, line, "reference", expected)

    def _modulus(self, line: Line, item: Item) -> Iterator[Fault]:
        result = modulus.check(item.sort_code, item.account_number, table=self.rules.weights)
        if result.outcome is modulus.Outcome.FAIL:
            expected = f"an account number that passes {result.rule}"
            yield _fault(FaultKind.MODULUS_CHECK_FAILS, line, "destination_account", expected, Severity.WARNING)

    def _tally(self, line: Line, item: Item) -> None:
        tally, amount = self.user_file, item.amount_pence or 0
        if line.kind is Kind.INSTRUCTION:
            tally.instruction_count += 1
            return
        if item.is_debit:
            tally.debit_count += 1
            tally.debit_pence += amount
        else:
            tally.credit_count += 1
            tally.credit_pence += amount
        account = (item.originating_sort_code, item.originating_account_number)
        is_contra = line.kind is Kind.CONTRA
        # a contra is a debit where it balances credits
        day = line.text[100:106] if line.layout is tables.DATA_MPD else ""
        key = (account, day, item.is_debit is is_contra)
        balance = tally.balances.get(key)
        if balance is None:
            balance = tally.balances[key] = _Balance()
        if is_contra:
            balance.contra_pence += amount
            balance.contra_line = line.number
        else:
            balance.item_pence += amount

    def _sections(self, line: Line) -> Iterator[Fault]:
        """Each account's and day's payments against their contras, at the end of the user file."""
        tally = self.user_file
        if not tally.balances and not tally.instruction_count:
            yield Fault(FaultKind.NO_ITEMS, line.number, 1, "", "payments before the trailer", "none")
        column = tables.DATA_SPD["amount_pence"].first
        for ((sort_code, account_number), _, _), balance in tally.balances.items():
            expected, found = str(balance.item_pence), str(balance.contra_pence)
            if not balance.contra_line:
                whose = f"a contra of {expected} for {sort_code} {account_number}"
                yield Fault(FaultKind.CONTRA_MISSING, line.number, 1, "", whose, "none")
            elif balance.contra_pence != balance.item_pence:
                at = balance.contra_line
                yield Fault(FaultKind.CONTRA_DIFFERS, at, column, "amount_pence", expected, found)

    def _trailer(self, line: Line) -> Iterator[Fault]:
        header = self.user_file.headers.get(Kind.HDR1 if line.kind is Kind.EOF1 else Kind.HDR2)
        if header is None or header.text[_LABEL_PART] == line.text[_LABEL_PART]:
            return
        assert line.layout is not None
        for each in line.layout.fields:
            if 4 < each.first <= _LABEL_PART.stop and each.take(header.text) != each.take(line.text):
                expected = f"{each.take(header.text)!r} as in {header.kind}"
                yield _fault(FaultKind.TRAILER_DIFFERS, line, each.name, expected)

    def _totals(self, line: Line) -> Iterator[Fault]:
        fields, tally = line.fields(), self.user_file
        for kind, name, found in (
            (FaultKind.TOTAL_DIFFERS, "debit_total_pence", tally.debit_pence),
            (FaultKind.TOTAL_DIFFERS, "credit_total_pence", tally.credit_pence),
            (FaultKind.COUNT_DIFFERS, "debit_count", tally.debit_count),
            (FaultKind.COUNT_DIFFERS, "credit_count", tally.credit_count),
            (FaultKind.COUNT_DIFFERS, "instruction_count", tally.instruction_count),
        ):
            said = fields[name].strip(" ") or "0"
            if said.isascii() and said.isdigit() and int(said) != found:
                yield _fault(kind, line, name, str(found))


def _fault(kind: FaultKind, line: Line, name: str, expected: str, severity: Severity = Severity.ERROR) -> Fault:
    assert line.layout is not None
    place = line.layout[name]
    return Fault(kind, line.number, place.first, name, expected, repr(place.take(line.text)), severity)


def _names(kinds: tuple[Kind, ...]) -> str:
    return " or ".join(str(kind) for kind in kinds)


def _day(text: str) -> date | None:
    try:
        return read_bacs_date(text)
    except BadBacsDate:
        return None
