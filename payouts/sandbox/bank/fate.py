"""What becomes of each credit at the simulated bank: by magic accounts first, then by a script with a seed.

Who is struck by a script is found by a digest of the seed and the credit's place: the same seed and file, the same
fates, whatever the machine, and without holding the file.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from payouts.sandbox.bank.submitted import Item

MAGIC_SORT_CODE = "000099"
"""Below the first sort code of the weight table, so that no digit can be checked; no bank has it."""


class Fate(StrEnum):
    """What becomes of a credit that does not simply arrive."""

    REJECTED = "rejected"
    RECALLED = "recalled"
    AMENDED = "amended"
    RETURNED = "returned"
    RETURNED_LATE = "returned_late"
    CORRECTED = "corrected"


@dataclass(frozen=True)
class Struck:
    """A credit and its fate. `code`: an error letter of the Input report, a reason of ARUCS, or one of AWACS."""

    item: Item
    fate: Fate
    code: str


MAGIC_ACCOUNTS: dict[str, tuple[Fate, str]] = {
    "10000000": (Fate.RETURNED, "0"),
    "10000002": (Fate.RETURNED, "2"),
    "10000003": (Fate.RETURNED, "3"),
    "10000005": (Fate.RETURNED, "5"),
    "10000011": (Fate.RETURNED, "B"),
    "20000000": (Fate.CORRECTED, "0"),
    "20000003": (Fate.CORRECTED, "3"),
    "30000001": (Fate.REJECTED, "M"),
    "30000002": (Fate.AMENDED, "B"),
    "40000005": (Fate.RETURNED_LATE, "5"),
}
"""At the magic sort code: what each account number makes happen."""

REQUESTED_BY_REMITTER = "C"
AUTOMATED_RECALL = "S"
NOT_TO_BE_RECALLED = "50000000"
"""At the magic sort code: the bank of this account refuses every recall."""
RETURN_REASONS = ("0", "2", "3", "5", "B")
CORRECTION_REASONS = ("0", "3")


@dataclass(frozen=True)
class Script:
    """What goes wrong. Counts are of credits.

    recalled, recalled_at_input: the keys of credits whose recall reached the bank after the input day, and on it.
    withdrawn: the whole file was asked back before Bacs took it out.
    """

    seed: int = 0
    rejected: int = 0
    amended: int = 0
    returned: int = 0
    returned_late: int = 0
    corrected: int = 0
    recalled: Collection[tuple[str, str, int, str]] = field(default_factory=frozenset)
    recalled_at_input: Collection[tuple[str, str, int, str]] = field(default_factory=frozenset)
    withdrawn: bool = False
    file_refused: bool = False
    acknowledgement_lost: bool = False
    report_repeated: bool = False
    report_cut_off: bool = False

    @classmethod
    def of(cls, seed: int) -> Script:
        """A script that the seed makes up: mostly a few returns, now and then everything that banks do."""
        rejected, amended, returned, late, corrected, refused, lost, repeated, cut_off = (
            lot_of(seed, -place) % 100 for place in range(1, 10)
        )
        return cls(
            seed=seed,
            rejected=max(0, rejected // 20 - 2),
            amended=amended // 75,
            returned=returned // 17,
            returned_late=late // 66,
            corrected=corrected // 25,
            file_refused=refused < 5,
            acknowledgement_lost=lost < 10,
            report_repeated=repeated < 30,
            report_cut_off=cut_off < 10,
        )

    @property
    def fates(self) -> Iterator[Fate]:
        """One for each credit that the script strikes."""
        for fate, count in (
            (Fate.REJECTED, self.rejected),
            (Fate.AMENDED, self.amended),
            (Fate.RETURNED, self.returned),
            (Fate.RETURNED_LATE, self.returned_late),
            (Fate.CORRECTED, self.corrected),
        ):
            yield from [fate] * count


def strike(items: Iterable[Item], script: Script) -> list[Struck]:
    """The credits that do not simply arrive, in the order of the file. Holds no more credits than it strikes."""
    fates = list(script.fates)
    struck: list[Struck] = []
    drawn: list[tuple[int, int, Item]] = []
    for item in items:
        magic = MAGIC_ACCOUNTS.get(item.account_number) if item.sort_code == MAGIC_SORT_CODE else None
        if item.key in script.recalled_at_input:
            struck.append(Struck(item, Fate.RECALLED, AUTOMATED_RECALL))
        elif item.key in script.recalled:
            struck.append(Struck(item, Fate.RETURNED, REQUESTED_BY_REMITTER))
        elif magic is not None:
            struck.append(Struck(item, *magic))
        elif fates:
            # the largest of the negated are the smallest
            lot = (-lot_of(script.seed, item.place), item.place, item)
            if len(drawn) < len(fates):
                heapq.heappush(drawn, lot)
            elif lot > drawn[0]:
                heapq.heapreplace(drawn, lot)
    for fate, (lot_number, _, item) in zip(fates, sorted(drawn, reverse=True), strict=False):
        struck.append(Struck(item, fate, code_of(fate, -lot_number)))
    return sorted(struck, key=lambda each: each.item.place)


def lot_of(seed: int, place: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}/{place}".encode()).digest()[:8])


def code_of(fate: Fate, lot: int) -> str:
    if fate in (Fate.RETURNED, Fate.RETURNED_LATE):
        return RETURN_REASONS[lot % len(RETURN_REASONS)]
    if fate is Fate.CORRECTED:
        return CORRECTION_REASONS[lot % len(CORRECTION_REASONS)]
    return "M" if fate is Fate.REJECTED else "B"
