"""The reference that stands on a payee's bank statement: a pattern of a scheme, filled in for each payment.

Bacs carries 18 characters of A-Z, 0-9, space and . & / - (Standard 18, field 10, reference). A reference that would not
fit is refused when the pattern is written, with the largest numbers that it may have to hold: never cut.

>>> payment_reference(DEFAULT_PATTERN, scheme="HIL", payroll=7, number=125)
'HIL-0007-000125'
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from string import Formatter

from bacs.charset import BACS
from schemes.errors import FieldFault, Misfit

DEFAULT_PATTERN = "{scheme}-{payroll}-{number}"
LONGEST_REFERENCE = 18
MOST_PAYROLLS = 99_999
MOST_PAYMENTS = 999_999

FIELDS = frozenset({"scheme", "payroll", "number"})
NEEDED = frozenset({"payroll", "number"})
"""Without these two, payments of a body have the same reference, and a return cannot be told from another."""

_TWO_NUMBERS_TOUCH = re.compile(r"\{(payroll|number)\}\{(payroll|number)\}")


def payment_reference(pattern: str, *, scheme: str, payroll: int, number: int) -> str:
    """The reference of a payment: the scheme's code, the payroll's number, the payment's place in it."""
    return pattern.format(scheme=scheme, payroll=f"{payroll:04}", number=f"{number:06}")


def reference_faults(pattern: str, code: str) -> Iterator[FieldFault]:
    """What keeps a pattern from being used."""
    try:
        parts = list(Formatter().parse(pattern))
    except ValueError:
        yield FieldFault("reference", Misfit.UNKNOWN)
        return
    named = [name for _, name, _, _ in parts if name is not None]
    if set(named) - FIELDS or any(form or conversion for _, _, form, conversion in parts):
        yield FieldFault("reference", Misfit.UNKNOWN)
        return
    if not set(named) >= NEEDED or _TWO_NUMBERS_TOUCH.search(pattern):
        yield FieldFault("reference", Misfit.NOT_TOLD_APART)
    if any(set(text) - set(BACS) for text, *_ in parts):
        yield FieldFault("reference", Misfit.NOT_IN_BACS)
    longest = payment_reference(pattern, scheme=code, payroll=MOST_PAYROLLS, number=MOST_PAYMENTS)
    if len(longest) > LONGEST_REFERENCE:
        yield FieldFault("reference", Misfit.TOO_LONG, (LONGEST_REFERENCE,))
