"""The register of "Harbour Independent Living Fund": 5,000 synthetic people in a CSV, the same bytes each time.

Who is in it, of 5,000 rows (shares stay the same in a smaller register; see ``Kind``):

* most receive their own money, and their ``payee_`` columns are blank;
* about 5 in 100 through an appointee (``APP-…``) and 1 in 100 through a parent (``PAR-…``), each with their own;
* 40 through one care provider, ``PROV-001``, whose name, e-mail and account are the same in all its rows;
* about 4 in 100 into a building society's collecting account, with a roll number;
* a couple with a joint account, two accounts at sort codes that no check knows, one award far above all others;
* six people whose e-mail address is one that the Notify simulator fails, temporarily or for good.

Twelve rows are wrong, one of each ``Mistake`` in ``mistakes.py``: an import must find them and take the others.
"""

import csv
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path

from payouts.demo.accounts import Accounts, BankDetails
from payouts.demo.dice import Dice
from payouts.demo.mistakes import Mistake, spoil
from payouts.demo.names import Name, any_name, as_account_holder
from payouts.demo.row import COLUMNS, Row

BODY_NAME = "Harbour Independent Living Fund"
SEED = 20260916
SMALLEST = 60  # fewer rows have no room for each mistake beside each kind

PROVIDER_REFERENCE = "PROV-001"
PROVIDER_NAME = "Quayside Home Support Ltd"
PROVIDER_EMAIL = "accounts.quayside@example.org"
LARGEST_AMOUNT_PENCE = 980_000
FAILING_EMAILS = ("temp-fail@simulator.notify", "perm-fail@simulator.notify")

_FIRST_START, _LAST_START = date(2025, 4, 1), date(2026, 10, 1)
_ENDS = (date(2027, 3, 31), date(2027, 9, 30), date(2028, 3, 31))


class Kind(StrEnum):
    """What is particular about a row."""

    ORDINARY = "ordinary"
    APPOINTEE = "appointee"
    PARENT = "parent"
    PROVIDER = "provider"
    BUILDING_SOCIETY = "building society"
    JOINT_ACCOUNT = "joint account"
    UNLISTED_SORT_CODE = "unlisted sort code"
    LARGEST_AWARD = "largest award"
    FAILING_EMAIL = "failing e-mail"
    MISTAKE = "mistake"


@dataclass(frozen=True)
class Register:
    """What was written. Lines count from 1, which is the header."""

    path: Path
    kinds: dict[int, Kind]
    mistakes: dict[int, Mistake]

    @property
    def rows(self) -> int:
        """Rows without the header."""
        return len(self.kinds)

    @property
    def good_rows(self) -> int:
        """Rows that an import takes."""
        return len(self.kinds) - len(self.mistakes)


def write_register(path: Path, *, people: int = 5000, seed: int = SEED) -> Register:
    """Write ``people`` rows and a header to ``path`` (UTF-8, CR LF as spreadsheets write it), and say what is where.

    The same people and seed give the same bytes anywhere, as long as the shipped modulus weight table stays the same.
    ValueError for fewer than ``SMALLEST``.
    """
    dice = Dice(seed)
    kinds = _lay_out(dice, people)
    mistakes: dict[int, Mistake] = {}
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(_rows(dice, kinds, mistakes))
    return Register(path, dict(enumerate(kinds, start=2)), mistakes)


def _lay_out(dice: Dice, people: int) -> list[Kind]:
    """The kind of each row: how many there are of each is fixed, where they stand is chance."""
    if people < SMALLEST:
        raise ValueError(f"a register of {people} is too small for one of each: {SMALLEST} at least")
    kinds = [Kind.MISTAKE] * len(Mistake) + [Kind.PROVIDER] * min(40, people // 30)
    kinds += [Kind.JOINT_ACCOUNT] * 2 + [Kind.UNLISTED_SORT_CODE] * 2 + [Kind.LARGEST_AWARD] + [Kind.FAILING_EMAIL] * 6
    kinds += [Kind.APPOINTEE] * (people // 20) + [Kind.PARENT] * (people // 100)
    kinds += [Kind.BUILDING_SOCIETY] * (people // 25)
    kinds += [Kind.ORDINARY] * (people - len(kinds) - 1)
    return [Kind.ORDINARY, *dice.shuffled(kinds)]  # the first row is good, so that a later one can repeat its reference


def _rows(dice: Dice, kinds: list[Kind], mistakes: dict[int, Mistake]) -> Iterator[list[str]]:
    people = _People(dice)
    still_to_make = iter(Mistake)
    before = ""
    for number, kind in enumerate(kinds, start=1):
        row = people.row(number, kind)
        if kind is Kind.MISTAKE:
            mistakes[number + 1] = mistake = next(still_to_make)
            yield spoil(row, mistake, failing=people.accounts.failing(), reference_before=before)
            continue
        before = row.reference
        yield row.cells()


class _People:
    """Makes the rows one after another; remembers what several of them share."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice
        self.accounts = Accounts(dice)
        self._provider = self.accounts.ordinary()
        self._joint = self.accounts.ordinary()
        self._couple = [any_name(dice)]
        while len(self._couple) < 2 or self._couple[0] == self._couple[1]:
            self._couple[1:] = [any_name(dice, family=self._couple[0].family)]
        self._joint_name = " & ".join(f"{person.given[0]} {person.family}" for person in self._couple)
        self._unlisted = list(self.accounts.unlisted())
        self._appointees = self._parents = self._failing = 0

    def row(self, number: int, kind: Kind) -> Row:
        """The row of one person; ``number`` is their place in the register, from 1."""
        person = any_name(self._dice)
        row = Row(
            reference=f"HILF-{number:05d}",
            beneficiary_name=person.full,
            amount=_in_pounds(self._amount_pence()),
            **self._dates(),
            email=self._email(person, number),
            account_name=as_account_holder(self._dice, person),
        )
        row = replace(row, **asdict(self._details(kind)))
        match kind:
            case Kind.APPOINTEE | Kind.PARENT:
                return self._through_another(row, kind, number)
            case Kind.PROVIDER:
                return replace(
                    row, payee_reference=PROVIDER_REFERENCE, payee_name=PROVIDER_NAME, payee_role="provider",
                    email=PROVIDER_EMAIL, account_name=PROVIDER_NAME,
                )  # fmt: skip
            case Kind.JOINT_ACCOUNT:
                return self._one_of_the_couple(row, number)
            case Kind.LARGEST_AWARD:
                return replace(row, amount=_in_pounds(LARGEST_AMOUNT_PENCE))
            case Kind.FAILING_EMAIL:
                self._failing += 1
                return replace(row, email=FAILING_EMAILS[self._failing % 2])
            case _:
                return row

    def _through_another(self, row: Row, kind: Kind, number: int) -> Row:
        if kind is Kind.PARENT:
            self._parents += 1
            reference = f"PAR-{self._parents:04d}"
            payee = any_name(self._dice, family=row.beneficiary_name.rpartition(" ")[2])
        else:
            self._appointees += 1
            reference = f"APP-{self._appointees:04d}"
            payee = any_name(self._dice)
        return replace(
            row, payee_reference=reference, payee_name=payee.full, payee_role=kind.value,
            email=self._email(payee, number), account_name=as_account_holder(self._dice, payee),
        )  # fmt: skip

    def _one_of_the_couple(self, row: Row, number: int) -> Row:
        person = self._couple.pop()
        email = self._email(person, number)
        return replace(row, beneficiary_name=person.full, email=email, account_name=self._joint_name)

    def _details(self, kind: Kind) -> BankDetails:
        match kind:
            case Kind.PROVIDER:
                return self._provider
            case Kind.JOINT_ACCOUNT:
                return self._joint
            case Kind.BUILDING_SOCIETY:
                return self.accounts.building_society()
            case Kind.UNLISTED_SORT_CODE:
                return self._unlisted.pop()
            case _:
                return self.accounts.ordinary()

    def _amount_pence(self) -> int:
        # awards are worked out from hours and rates, so they come in all sizes and mostly end in round pence
        pounds = self._dice.whole(40, 700) if self._dice.chance(70) else self._dice.whole(700, 1399)
        return pounds * 100 + self._dice.pick((0, 0, 25, 50, 50, 75, self._dice.whole(0, 99)))

    def _dates(self) -> dict[str, str]:
        start = _FIRST_START + timedelta(days=self._dice.whole(0, (_LAST_START - _FIRST_START).days))
        end = self._dice.pick(_ENDS).isoformat() if self._dice.chance(12) else ""
        return {"start_date": start.isoformat(), "end_date": end}

    def _email(self, person: Name, number: int) -> str:
        if self._dice.chance(13):
            return ""
        return f"{person.mailbox}{number}@{self._dice.pick(('example.com', 'example.org'))}"


def _in_pounds(amount_pence: int) -> str:
    return f"{amount_pence // 100}.{amount_pence % 100:02d}"
