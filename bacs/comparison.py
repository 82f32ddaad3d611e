"""Two lists of payments held against each other: what is missing, what is extra, and what of a payment differs.

For whoever asks "is the file that was submitted the one that was approved?", and for a first run beside the system
that is left. No record layout, sequence or serial matters, only payments: the same ones in another order are the same.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import BinaryIO, NamedTuple

from bacs import iban, recognition
from bacs.calendar import read_bacs_date
from bacs.errors import AccountRefused, BacsError, BadBacsDate
from bacs.iso20022 import instructions
from bacs.standard18 import read
from bacs.standard18.reader import Kind, Line


class Listed(NamedTuple):
    """A payment as a list has it. `day` is the processing day, None where the list tells none.

    A sort code and an account number are 6 and 8 digits; an account of another country stands whole in
    `account_number`.
    """

    sort_code: str
    account_number: str
    amount_pence: int
    name: str
    reference: str
    day: date | None = None


class NotPayments(BacsError):
    """The file is readable, and no list of payments: `what` it is instead."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what

    def __str__(self) -> str:
        return f"a file of payments is needed, and this is {self.what}"


class AmountUnreadable(BacsError):
    """A payment whose amount cannot be read: nothing can be said of the file's total. `place` counts from 1."""

    def __init__(self, place: int) -> None:
        super().__init__(place)
        self.place = place

    def __str__(self) -> str:
        return f"payment {self.place}: the amount cannot be read"


class Part(StrEnum):
    """What of a payment differs, or that it stands on one side only."""

    MISSING = "missing"
    EXTRA = "extra"
    AMOUNT = "amount"
    ACCOUNT = "account"
    NAME = "name"
    REFERENCE = "reference"
    DAY = "day"


class Difference(NamedTuple):
    """One payment that differs: as it was expected, as it was given (None on the side that lacks it), and how."""

    expected: Listed | None
    given: Listed | None
    parts: frozenset[Part]

    @property
    def pence(self) -> int:
        """By how much more is given than expected: the differences of a comparison add up to that of its totals."""
        return (self.given.amount_pence if self.given else 0) - (self.expected.amount_pence if self.expected else 0)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Counts and totals in pence of both sides, and every payment that differs, in the order of the expected list."""

    expected_count: int
    expected_pence: int
    given_count: int
    given_pence: int
    same_count: int
    differences: Sequence[Difference]

    @property
    def is_same(self) -> bool:
        """Whether both lists hold the same payments."""
        return not self.differences

    def sums(self) -> dict[Part, tuple[int, int]]:
        """For each way to differ, how many payments do and by how many pence together. One may differ in several."""
        found: dict[Part, tuple[int, int]] = {}
        for part in Part:
            pence = [difference.pence for difference in self.differences if part in difference.parts]
            if pence:
                found[part] = (len(pence), sum(pence))
        return found


def listed(file: BinaryIO) -> Iterator[Listed]:
    """The payments of a Standard 18 or pain.001 file: credits only, contras and headers left out.

    The file must be seekable. Raises `NotPayments`, `AmountUnreadable`, `Unreadable`, `HostileXml`.
    """
    what = recognition.recognise(file)
    if what == recognition.STANDARD_18:
        yield from _of_standard18(read(file))
    elif what == "pain.001":
        yield from _of_pain001(instructions.read(file))
    else:
        raise NotPayments(what)


def _of_standard18(lines: Iterable[Line]) -> Iterator[Listed]:
    day: date | None = None
    place = 0
    for line in lines:
        if line.kind is Kind.UHL1:
            day = _day(line.fields()["processing_day"])
        item = line.item() if line.kind is Kind.CREDIT else None
        if item is None:
            continue
        place += 1
        if item.amount_pence is None:
            raise AmountUnreadable(place)
        yield Listed(
            item.sort_code,
            item.account_number,
            item.amount_pence,
            item.account_name,
            item.reference,
            item.processing_day or day,
        )


def _day(text: str) -> date | None:
    try:
        return read_bacs_date(text)
    except BadBacsDate:
        return None


def _of_pain001(records: Iterable[instructions.Record]) -> Iterator[Listed]:
    day: date | None = None
    place = 0
    for record in records:
        if isinstance(record, instructions.BatchHeader):
            day = record.execution_day
        if not isinstance(record, instructions.Instruction):
            continue
        place += 1
        if record.amount_pence is None:
            raise AmountUnreadable(place)
        sort_code, number = record.creditor_sort_code, record.creditor_account
        # a plain account number, or an account of another country, stays as it is
        with suppress(AccountRefused):
            sort_code, number = iban.to_account(number)
        reference = record.remittance or record.end_to_end_id
        yield Listed(sort_code, number, record.amount_pence, record.creditor_name, reference, day)


ALL_PARTS = frozenset({Part.AMOUNT, Part.ACCOUNT, Part.NAME, Part.REFERENCE, Part.DAY})

Key = Callable[[Listed], Hashable]

# who is the same payment on the other side: by what least changes first. A swapped account keeps its reference; in
# the files of two systems nothing but account and amount may be alike
_PAIRED_BY: tuple[Key, ...] = (
    lambda one: one,
    lambda one: (one.reference, one.sort_code, one.account_number, one.amount_pence),
    lambda one: (one.reference, one.sort_code, one.account_number),
    lambda one: (one.reference, one.amount_pence, one.name),
    lambda one: (one.reference, one.name),
    lambda one: (one.sort_code, one.account_number, one.amount_pence, one.name),
    lambda one: (one.sort_code, one.account_number, one.amount_pence),
    lambda one: (one.sort_code, one.account_number, one.name),
    lambda one: (one.sort_code, one.account_number),
    lambda one: one.reference or one,
    lambda one: (one.name, one.amount_pence),
    lambda one: one.name or one,
)


def compare(
    expected: Iterable[Listed], given: Iterable[Listed], *, looking_at: frozenset[Part] = ALL_PARTS
) -> Comparison:
    """Hold what is given against what is expected. `looking_at` leaves out parts that may differ.

    Each payment is paired once: payments that are the same altogether first, then those that are alike in most. Time
    and memory are linear in the number of payments.
    """
    kept = [tuple(_kept(one, looking_at) for one in side) for side in (expected, given)]
    left, right = ([*enumerate(side)] for side in kept)
    pairs: list[tuple[int, Listed, Listed]] = []
    for key in _PAIRED_BY:
        found, left, right = _paired(left, right, key)
        pairs += found
    changed = [
        (place, Difference(one, other, parts))
        for place, one, other in pairs
        if (parts := _differing(one, other) & looking_at)
    ]
    missing = [(place, Difference(one, None, frozenset({Part.MISSING}))) for place, one in left]
    in_order = [difference for _, difference in sorted(changed + missing, key=lambda placed: placed[0])]
    extra = [Difference(None, one, frozenset({Part.EXTRA})) for _, one in right]
    return Comparison(
        expected_count=len(kept[0]),
        expected_pence=sum(one.amount_pence for one in kept[0]),
        given_count=len(kept[1]),
        given_pence=sum(one.amount_pence for one in kept[1]),
        same_count=len(pairs) - len(changed),
        differences=(*in_order, *extra),
    )


def _kept(one: Listed, looking_at: frozenset[Part]) -> Listed:
    """A payment without the parts that nobody looks at, so that these do not keep two from being the same."""
    return Listed(
        one.sort_code if Part.ACCOUNT in looking_at else "",
        one.account_number if Part.ACCOUNT in looking_at else "",
        one.amount_pence,
        one.name if Part.NAME in looking_at else "",
        one.reference if Part.REFERENCE in looking_at else "",
        one.day if Part.DAY in looking_at else None,
    )


Placed = list[tuple[int, Listed]]


def _paired(left: Placed, right: Placed, key: Key) -> tuple[list[tuple[int, Listed, Listed]], Placed, Placed]:
    """Pair the two sides by a key, in order where several have the same; and what is left of each."""
    if not left or not right:
        return [], left, right
    waiting: defaultdict[Hashable, list[int]] = defaultdict(list)
    for index in range(len(right) - 1, -1, -1):
        waiting[key(right[index][1])].append(index)
    pairs, over, taken = [], [], Counter[int]()
    for place, one in left:
        others = waiting.get(key(one))
        if others:
            index = others.pop()
            taken[index] += 1
            pairs.append((place, one, right[index][1]))
        else:
            over.append((place, one))
    return pairs, over, [placed for index, placed in enumerate(right) if index not in taken]


def _differing(one: Listed, other: Listed) -> frozenset[Part]:
    parts = {
        Part.AMOUNT: one.amount_pence != other.amount_pence,
        Part.ACCOUNT: (one.sort_code, one.account_number) != (other.sort_code, other.account_number),
        Part.NAME: one.name != other.name,
        Part.REFERENCE: one.reference != other.reference,
        Part.DAY: one.day != other.day,
    }
    return frozenset(part for part, differs in parts.items() if differs)
