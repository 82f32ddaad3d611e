"""The cells of a bank's own table: days and amounts as banks and spreadsheets write them, read for sure or not at all.

A comma that could part thousands or pounds from pence is never guessed at: one wrong guess is a hundred times the
money.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import lru_cache

DAY_FIRST = (
    "%Y-%m-%d",
    "%d/%m/%Y",
    "%d-%m-%Y",
    "%d.%m.%Y",
    "%d/%m/%y",
    "%d-%m-%y",
    "%d.%m.%y",
    "%d %b %Y",
    "%d %B %Y",
    "%d-%b-%Y",
    "%d-%b-%y",
    "%d %b %y",
    "%Y%m%d",
    "%Y/%m/%d",
)
MONTH_FIRST = ("%Y-%m-%d", "%m/%d/%Y", "%m-%d-%Y", "%m/%d/%y", "%b %d %Y", "%B %d %Y", "%d-%b-%Y", "%d %b %Y")
TIME = re.compile(r"[T ][0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?( ?[AaPp][Mm])?Z?$")
# sign before or behind, brackets for a minus as in books, or the bank's letters; groups of three or none
AMOUNT = re.compile(
    r"(?P<open>\()?(?P<before>[-+])? ?(?:£|GBP)? ?(?P<inside>[-+])?"
    r"(?P<pounds>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,13})?(?:\.(?P<pence>[0-9]{1,2})0*)?"
    r" ?(?:£|GBP)? ?(?P<close>\))? ?(?P<behind>-|CR|DR|C|D|OD)?",
    re.IGNORECASE,
)
MINUS = ("-", "DR", "D", "OD")
SWAPPED = str.maketrans(",.", ".,")
PLAIN = str.maketrans({"\u2212": "-", "\u2013": "-", "\u00a0": " ", "\u202f": " "})
IN = ("C", "CR", "CRDT", "CREDIT", "IN", "+")
OUT = ("D", "DR", "DBIT", "DEBIT", "OUT", "-")


@lru_cache(maxsize=4096)
def read_day(written: str, *, month_first: bool = False) -> date | None:
    """A day as 25/11/2026, 25 Nov 2026 or 2026-11-25, with a time behind it or none; None for what is no day.

    >>> [str(read_day(each)) for each in ("25/11/26", "25 Nov 2026", "25-Nov-2026", "20261125", "2026-11-25T09:30:00")]
    ['2026-11-25', '2026-11-25', '2026-11-25', '2026-11-25', '2026-11-25']
    >>> str(read_day("11/25/2026", month_first=True)), read_day("11/25/2026")
    ('2026-11-25', None)
    """
    plain = TIME.sub("", written.translate(PLAIN).strip()).replace(",", "")
    for layout in MONTH_FIRST if month_first else DAY_FIRST:
        try:
            day = datetime.strptime(plain, layout).date()  # noqa: DTZ007  (a day, not an instant)
        except ValueError:
            continue
        # a year of 0026 is none
        return day if day.year > 1900 else None
    return None


def read_amount(written: str, *, decimal_comma: bool = False) -> int | None:
    """Signed pence of an amount, below 0 for one with a minus, in brackets, or DR; None for what is none for sure.

    decimal_comma: it is written 1.234,56.

    >>> [read_amount(each) for each in ("1,234.50", "-12.5", "(7.00)", "£3.00 DR", "3.00CR", "4.00-", "+.50")]
    [123450, -1250, -700, -300, 300, -400, 50]
    >>> [read_amount(each) for each in ("12,50", "1.234,56", "1,23,456.00", "0.005", "", "-")]
    [None, None, None, None, None, None]
    >>> [read_amount(each, decimal_comma=True) for each in ("12,50", "-1.234,56", "1 234,56", "12.50")]
    [1250, -123456, 123456, None]
    """
    plain = written.translate(PLAIN).strip()
    if decimal_comma:
        plain = re.sub(r"(?<=[0-9]) (?=[0-9]{3})", "", plain).translate(SWAPPED)
    found = AMOUNT.fullmatch(plain)
    if found is None or not (found["pounds"] or found["pence"]) or bool(found["open"]) is not bool(found["close"]):
        return None
    signs = [sign for sign in (found["before"], found["inside"], found["behind"], found["open"]) if sign]
    if len(signs) > 1:
        return None
    pence = int((found["pounds"] or "0").replace(",", "")) * 100 + int((found["pence"] or "0").ljust(2, "0"))
    return -pence if signs and signs[0].upper() in (*MINUS, "(") else pence


def is_money_in(written: str) -> bool | None:
    """Which way a booking went, by a column of its own as DR or Credit; None for what says neither.

    >>> [is_money_in(each) for each in ("CR", "debit", "D", "Credit", "")]
    [True, False, False, True, None]
    """
    plain = written.strip().upper()
    return True if plain in IN else False if plain in OUT else None
