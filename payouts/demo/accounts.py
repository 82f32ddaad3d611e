"""Bank details that pass modulus checking and belong to nobody we know.

A made-up number that passes the check may still be a real person's account: that is why a sandbox body's files carry
a service user number that is never issued, and say SANDBOX.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from bacs import modulus
from bacs.modulus import Outcome
from payouts.demo.dice import Dice

# Ordinary ranges of the weight table, of banks old and new: what a register in Britain is full of
SORT_CODES = (
    "01-05-53", "01-10-01", "04-00-04", "04-00-75", "05-08-21", "07-01-16", "07-04-36", "07-08-06", "08-90-00",
    "08-92-99", "09-01-26", "09-01-29", "09-01-55", "11-00-01", "11-04-80", "12-24-82", "15-80-00", "16-00-15",
    "20-17-92", "20-32-53", "20-74-63", "23-05-80", "23-69-72", "30-00-09", "30-94-57", "30-96-26", "30-98-90",
    "40-02-50", "40-11-18", "40-35-09", "52-21-06", "54-10-26", "60-00-01", "60-12-35", "60-40-05", "60-83-71",
    "72-00-00", "77-04-05", "77-19-22", "80-22-60", "80-49-39", "82-11-07", "83-06-08", "87-34-00", "87-70-00",
)  # fmt: skip
UNLISTED_SORT_CODES = ("60-91-28", "05-00-21")  # in no range of the table: payable, but no digit can be checked

# Building societies collect in one account each and tell their members apart by roll number
_SOCIETIES = (
    ("07-01-16", "{0}/{1}-{2}", (4, 7, 1)),
    ("40-11-18", "AB{0}X", (7,)),
    ("20-17-92", "{0} {1}", (5, 6)),
    ("60-12-35", "S-{0}.{1}", (8, 2)),
    ("30-96-26", "{0}", (10,)),
)


@dataclass(frozen=True)
class BankDetails:
    """As they stand in a register: the sort code as someone wrote it, eight digits, and a roll number or ''."""

    sort_code: str
    account_number: str
    roll_number: str = ""


class Accounts:
    """Bank details, never the same account twice unless it is a building society's."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice
        self._given: set[tuple[str, str]] = set()
        self._societies = [(self._numbered(sort_code), form, widths) for sort_code, form, widths in _SOCIETIES]

    def ordinary(self) -> BankDetails:
        """An account of one's own. One in six people writes the sort code without hyphens."""
        details = self._numbered(self._dice.pick(SORT_CODES))
        if self._dice.chance(16):
            return BankDetails(details.sort_code.replace("-", ""), details.account_number)
        return details

    def building_society(self) -> BankDetails:
        """A society's collecting account, and a member's roll number."""
        details, form, widths = self._dice.pick(self._societies)
        roll_number = form.format(*(self._dice.digits(width) for width in widths))
        return BankDetails(details.sort_code, details.account_number, roll_number)

    def unlisted(self) -> Iterator[BankDetails]:
        """An account at each sort code that the weight table doesn't hold."""
        return map(self._numbered, UNLISTED_SORT_CODES)

    def failing(self) -> BankDetails:
        """An account number in which one digit is wrong, so that the check finds it."""
        right = self.ordinary()
        for digit in "0123456789":
            wrong = BankDetails(right.sort_code, right.account_number[:7] + digit)
            if _outcome(wrong.sort_code, wrong.account_number) is Outcome.FAIL:
                return wrong
        raise ValueError(f"every last digit passes at {right.sort_code}")

    def _numbered(self, sort_code: str) -> BankDetails:
        # a sort code outside the table gives NOT_CHECKABLE for every number: the first one will do
        while True:
            number = self._dice.digits(8)
            if (sort_code, number) in self._given:
                continue
            if _outcome(sort_code, number) in (Outcome.PASS, Outcome.NOT_CHECKABLE):
                break
        self._given.add((sort_code, number))
        return BankDetails(sort_code, number)


def _outcome(sort_code: str, account_number: str) -> Outcome:
    return modulus.check(sort_code.replace("-", ""), account_number).outcome
