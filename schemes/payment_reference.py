"""The reference that stands on a payee's bank statement: a pattern of a scheme, filled in for each payment.

Bacs carries 18 characters of A-Z, 0-9, space and . & / - (Standard 18, field 10, reference). A reference that would not
fit is refused when the pattern is written, with the largest numbers that it may have to hold: never cut. Somebody's own
reference may be longer than a pattern leaves room for: that payment then has the ordinary one.

>>> payment_reference(DEFAULT_PATTERN, scheme="HIL", payroll=7, number=125)
'HIL-0007-000125'
>>> payment_reference("{reference}/{payroll}", scheme="HIL", payroll=7, number=125, reference="ILF-00312")
'ILF-00312/0007'
>>> payment_reference("{reference}/{payroll}", scheme="HIL", payroll=7, number=125, reference="A-LONG-REFERENCE-1")
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

LEAST_ROOM = 4
"""Characters that a pattern leaves for somebody's own reference."""

FIELDS = frozenset({"scheme", "payroll", "number", "reference"})
NEEDED = (frozenset({"payroll", "number"}), frozenset({"payroll", "reference"}))
"""Without these, payments of a body have the same reference, and a return cannot be told from another. A beneficiary's
own reference tells payments apart only where a scheme pays each of them one."""

_TWO_NUMBERS_TOUCH = re.compile(r"\{(payroll|number|reference)\}\{(payroll|number|reference)\}")


def payment_reference(pattern: str, *, scheme: str, payroll: int, number: int, reference: str = "") -> str:
    """The reference of a payment: the scheme's code, the payroll's number, the payment's place in it, whose money."""
    made = pattern.format(scheme=scheme, payroll=f"{payroll:04}", number=f"{number:06}", reference=reference)
    if len(made) <= LONGEST_REFERENCE or not names_whose(pattern):
        return made
    return payment_reference(DEFAULT_PATTERN, scheme=scheme, payroll=payroll, number=number)


def names_whose(pattern: str) -> bool:
    """Whether a pattern names the beneficiary's own reference."""
    return "{reference}" in pattern


def reference_faults(pattern: str, code: str, *, components: int = 1) -> Iterator[FieldFault]:
    """What keeps a pattern from being used by a scheme of so many components."""
    try:
        parts = list(Formatter().parse(pattern))
    except ValueError:
        yield FieldFault("reference", Misfit.UNKNOWN)
        return
    named = [name for _, name, _, _ in parts if name is not None]
    if set(named) - FIELDS or any(form or conversion for _, _, form, conversion in parts):
        yield FieldFault("reference", Misfit.UNKNOWN)
        return
    told_apart = NEEDED if components == 1 else NEEDED[:1]
    if not any(set(named) >= needed for needed in told_apart) or _TWO_NUMBERS_TOUCH.search(pattern):
        yield FieldFault("reference", Misfit.NOT_TOLD_APART)
    if any(set(text) - set(BACS) for text, *_ in parts):
        yield FieldFault("reference", Misfit.NOT_IN_BACS)
    longest = payment_reference(pattern, scheme=code, payroll=MOST_PAYROLLS, number=MOST_PAYMENTS)
    room = LEAST_ROOM * named.count("reference")
    if len(longest) + room > LONGEST_REFERENCE:
        yield FieldFault("reference", Misfit.TOO_LONG, (LONGEST_REFERENCE,))
