"""GB IBANs: sort code and account number as one international number, both ways (ISO 13616).

>>> to_account("GB29 NWBK 6016 1331 9268 19")
Account(sort_code='601613', account_number='31926819')
>>> from_account("NWBK", "60-16-13", "31926819")
'GB29NWBK60161331926819'
"""

import re

from bacs import account
from bacs.account import Account
from bacs.errors import AccountRefused, Reason

LENGTH = 22

_IBAN = re.compile(r"GB[0-9]{2}[A-Z]{4}[0-9]{14}")
_BANK = re.compile(r"[A-Z]{4}")


def compact(iban: str) -> str:
    """Take off spaces, and write letters large.

    >>> compact("gb29 nwbk 6016 1331 9268 19")
    'GB29NWBK60161331926819'
    """
    letters = "".join(iban.split())
    return letters.upper() if letters.isascii() else letters


def validate(iban: str) -> str:
    """The 22 characters of a GB IBAN whose check digits fit. Raises `AccountRefused`.

    >>> validate("GB29 NWBK 6016 1331 9268 19")
    'GB29NWBK60161331926819'
    """
    number = compact(iban)
    if not number.startswith("GB"):
        raise AccountRefused(iban, Reason.IBAN_NOT_GB)
    if len(number) != LENGTH:
        raise AccountRefused(iban, Reason.IBAN_WRONG_LENGTH)
    if not _IBAN.fullmatch(number):
        raise AccountRefused(iban, Reason.IBAN_FORMAT)
    # check digits are 02 to 98: 00, 01 and 99 can satisfy the division too, and were never issued
    if number[2:4] != _check_digits(number[4:]):
        raise AccountRefused(iban, Reason.IBAN_CHECK_DIGITS)
    return number


def is_valid(iban: str) -> bool:
    """Whether `validate` would give an IBAN.

    >>> is_valid("GB28NWBK60161331926819")
    False
    """
    try:
        validate(iban)
    except AccountRefused:
        return False
    return True


def format(iban: str) -> str:  # noqa: A001
    """Write an IBAN for people to read, in groups of four.

    >>> format("GB29NWBK60161331926819")
    'GB29 NWBK 6016 1331 9268 19'
    """
    number = validate(iban)
    return " ".join(number[place : place + 4] for place in range(0, LENGTH, 4))


def to_account(iban: str) -> Account:
    """The sort code and account number inside a GB IBAN. Raises `AccountRefused`."""
    number = validate(iban)
    return Account(number[8:14], number[14:])


def from_account(bank: str, sort_code: str, account_number: str) -> str:
    """The IBAN of an account at a bank, named by the first four letters of its BIC. Raises `AccountRefused`.

    >>> from_account("MIDL", "40-05-15", "12345678")
    'GB15MIDL40051512345678'
    """
    letters = compact(bank)[:4]
    if not _BANK.fullmatch(letters):
        raise AccountRefused(bank, Reason.BANK_CODE_FORMAT)
    digits = "".join(account.validate(sort_code, account_number))
    return f"GB{_check_digits(letters + digits)}{letters}{digits}"


def _check_digits(rest: str) -> str:
    """The two digits that leave 1 when the rearranged number is divided by 97."""
    number = "".join(str(int(sign, 36)) for sign in rest + "GB")
    return f"{98 - int(number + '00') % 97:02}"
