"""Sort codes, account numbers and roll numbers: `compact`, `validate` and `format` each.

A number may be written with spaces and hyphens. `validate` gives the digits that a payment file carries, or raises;
whether an account can exist at its sort code is for `bacs.modulus`.

>>> validate("20-29-59", "637 484 72")
Account(sort_code='202959', account_number='63748472')
>>> format("202959", "63748472")
'20-29-59 63748472'
"""

import re
from enum import StrEnum
from typing import NamedTuple

from bacs.errors import AccountRefused, Reason

ROLL_NUMBER_WIDTH = 18

_SEPARATORS = str.maketrans("", "", " -\u00a0\u2009\u202f\u2010\u2011\u2012\u2013")
_ROLL_NUMBER = re.compile(r"[A-Z0-9./-](?:[A-Z0-9./ -]*[A-Z0-9./-])?")


class Account(NamedTuple):
    """Where a payment goes: six digits and eight digits, kept as text because leading zeros matter."""

    sort_code: str
    account_number: str

    def __str__(self) -> str:
        return f"{self.sort_code[:2]}-{self.sort_code[2:4]}-{self.sort_code[4:]} {self.account_number}"


class Bank(StrEnum):
    """The banks whose customers may hold account numbers of nine or ten digits."""

    COOPERATIVE = "Co-operative Bank"
    LEEDS = "Leeds Building Society"
    NATWEST = "NatWest"
    SANTANDER = "Santander"


_SANTANDER_SORT_CODES = ("09", "72")
_COOPERATIVE_SORT_CODES = ("08",)


def compact_sort_code(sort_code: str) -> str:
    """Take off spaces and hyphens.

    >>> compact_sort_code("20-29 59")
    '202959'
    """
    return sort_code.translate(_SEPARATORS)


def validate_sort_code(sort_code: str) -> str:
    """The six digits of a sort code. Raises `AccountRefused`.

    >>> validate_sort_code("20-29-59")
    '202959'
    """
    digits = compact_sort_code(sort_code)
    if len(digits) != 6 or not _are_digits(digits):
        raise AccountRefused(sort_code, Reason.SORT_CODE_NOT_SIX_DIGITS)
    return digits


def format_sort_code(sort_code: str) -> str:
    """The six digits in pairs.

    >>> format_sort_code("202959")
    '20-29-59'
    """
    digits = validate_sort_code(sort_code)
    return f"{digits[:2]}-{digits[2:4]}-{digits[4:]}"


def compact(sort_code: str, account_number: str) -> tuple[str, str]:
    """Take spaces and hyphens off both; nothing is checked or converted.

    >>> compact("20-29-59", "6374-8472")
    ('202959', '63748472')
    """
    return compact_sort_code(sort_code), account_number.translate(_SEPARATORS)


def validate(sort_code: str, account_number: str, *, bank: Bank | None = None) -> Account:
    """The sort code and account number that a payment file carries (modulus checking, non-standard lengths).

    Six and seven digits are filled with zeros. Nine digits are Santander's, and change the sort code's last digit;
    ten digits are cut at the front (NatWest) or at the end (Co-operative Bank, Leeds). Where the sort code does not
    tell the bank, name it in `bank`; otherwise `AccountRefused` with `Reason.BANK_UNKNOWN`, since a wrong guess pays
    a stranger.

    >>> validate("086001", "1234567")
    Account(sort_code='086001', account_number='01234567')
    >>> validate("720000", "512345678")
    Account(sort_code='720005', account_number='12345678')
    >>> validate("600001", "01-12345678", bank=Bank.NATWEST)
    Account(sort_code='600001', account_number='12345678')
    """
    sort_digits = validate_sort_code(sort_code)
    digits = account_number.translate(_SEPARATORS)
    if not _are_digits(digits):
        raise AccountRefused(account_number, Reason.ACCOUNT_NOT_DIGITS)
    if len(digits) == 8:
        return Account(sort_digits, digits)
    if len(digits) in (6, 7):
        return Account(sort_digits, digits.zfill(8))
    bank = bank or _bank_of(sort_digits)
    if len(digits) == 9:
        if bank is not Bank.SANTANDER:
            raise AccountRefused(account_number, Reason.BANK_UNKNOWN)
        return Account(sort_digits[:5] + digits[0], digits[1:])
    if len(digits) == 10:
        if bank in (Bank.COOPERATIVE, Bank.LEEDS):
            return Account(sort_digits, digits[:8])
        if bank is not Bank.NATWEST:
            raise AccountRefused(account_number, Reason.BANK_UNKNOWN)
        return Account(sort_digits, digits[2:])
    raise AccountRefused(account_number, Reason.ACCOUNT_WRONG_LENGTH)


def is_valid(sort_code: str, account_number: str, *, bank: Bank | None = None) -> bool:
    """Whether `validate` would give an account.

    >>> is_valid("20-29-59", "63748472"), is_valid("20-29-5", "63748472")
    (True, False)
    """
    try:
        validate(sort_code, account_number, bank=bank)
    except AccountRefused:
        return False
    return True


def format(sort_code: str, account_number: str) -> str:  # noqa: A001
    """Write an account for people to read; raises as `validate` does.

    >>> format("202959", "3748472")
    '20-29-59 03748472'
    """
    return str(validate(sort_code, account_number))


def compact_roll_number(roll_number: str) -> str:
    """Upper case, without spaces at the ends; spaces inside stay, because the society prints them.

    >>> compact_roll_number(" d/1234567 8-x ")
    'D/1234567 8-X'
    """
    return roll_number.strip(" ").upper() if roll_number.isascii() else roll_number.strip(" ")


def validate_roll_number(roll_number: str) -> str:
    """A building society roll number as the reference field carries it (Standard 18, roll numbers).

    Up to 18 letters, digits, `/`, `-` and `.`, spaces only inside. Raises `AccountRefused`.

    >>> validate_roll_number("d/12345678-9")
    'D/12345678-9'
    """
    roll = compact_roll_number(roll_number)
    if not roll:
        raise AccountRefused(roll_number, Reason.ROLL_NUMBER_EMPTY)
    if len(roll) > ROLL_NUMBER_WIDTH:
        raise AccountRefused(roll_number, Reason.ROLL_NUMBER_TOO_LONG)
    if not _ROLL_NUMBER.fullmatch(roll):
        raise AccountRefused(roll_number, Reason.ROLL_NUMBER_CHARACTERS)
    return roll


def _bank_of(sort_code: str) -> Bank | None:
    if sort_code.startswith(_SANTANDER_SORT_CODES):
        return Bank.SANTANDER
    return Bank.COOPERATIVE if sort_code.startswith(_COOPERATIVE_SORT_CODES) else None


def _are_digits(text: str) -> bool:
    # isdigit alone takes superscripts and the digits of other scripts
    return text.isascii() and text.isdigit()
