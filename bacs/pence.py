"""Amounts as people write them, and whole pence: never a float, never a rounding.

>>> parse("£1,234.50")
123450
>>> format(123450)
'£1,234.50'
"""

import re

from bacs.errors import AmountReason, AmountRefused

LARGEST = 10**15 - 1
"""The most pence `parse` takes: far above any payment, and still inside a 64-bit integer."""

# ASCII digits only: \d would take Arabic and full-width digits, which no bank file can carry
_AMOUNT = re.compile(r"£?\s?((?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+))(?:\.([0-9]{1,2}))?")
_WIRE_AMOUNT = re.compile(r"(-)?(?:£|GBP)?\s?([0-9]{1,15})(?:\.(?:([0-9]{1,2})0*)?)?")
_TOO_FINE = re.compile(r"£?\s?[0-9,]+\.[0-9]{3,}")


def parse(text: str) -> int:
    """Read an amount of pounds as a person writes it, in whole pence.

    A pound sign, thousands commas in the right places and one or two decimals may be there ("12.5" is £12.50, as
    spreadsheets write it). Zero is read as 0: whether it can be paid is for the caller. Raises `AmountRefused` for
    anything else: a sign, a third decimal, an exponent, a misplaced comma, letters.

    >>> [parse(amount) for amount in ("12", "12.5", "12.50", "1,234.50", "£ 0.01")]
    [1200, 1250, 1250, 123450, 1]
    """
    if not isinstance(text, str):
        raise AmountRefused(text, AmountReason.NOT_A_NUMBER)
    amount = text.strip()
    if not amount:
        raise AmountRefused(text, AmountReason.EMPTY)
    match = _AMOUNT.fullmatch(amount)
    if match is None:
        raise AmountRefused(text, _why_not(amount))
    pounds = match[1].replace(",", "")
    if len(pounds.lstrip("0")) > 13:
        raise AmountRefused(text, AmountReason.TOO_LARGE)
    return int(pounds) * 100 + int((match[2] or "0").ljust(2, "0"))


def read_decimal(text: str) -> int | None:
    """Read an amount as banks' files write it, in pence: `None` when it is none, or not of whole pence.

    A currency sign, a minus, thousands commas, leading zeros and decimals beyond the second that are zeros may be
    there.

    >>> [read_decimal(text) for text in ("0.01", "-12.5", "£1,234.50", "0012.5000", "7", "0.001", "")]
    [1, -1250, 123450, 1250, 700, None, None]
    """
    pounds, _, rest = text.partition(".")
    if len(rest) == 2 and len(pounds) <= 15 and text.isascii() and pounds.isdigit() and rest.isdigit():
        return int(pounds) * 100 + int(rest)
    match = _WIRE_AMOUNT.fullmatch(text.strip().replace(",", ""))
    if match is None:
        return None
    amount = int(match[2]) * 100 + int((match[3] or "0").ljust(2, "0"))
    return -amount if match[1] else amount


def format(amount_pence: int) -> str:  # noqa: A001
    """Write whole pence for people to read.

    >>> format(5), format(-123456789)
    ('£0.05', '-£1,234,567.89')
    """
    pounds, pence = divmod(abs(amount_pence), 100)
    return f"{'-' if amount_pence < 0 else ''}£{pounds:,}.{pence:02}"


def _why_not(amount: str) -> AmountReason:
    if amount[0] in "-−(" and any(character.isdigit() for character in amount):
        return AmountReason.NEGATIVE
    if _TOO_FINE.fullmatch(amount):
        return AmountReason.TOO_MANY_DECIMALS
    return AmountReason.NOT_A_NUMBER
