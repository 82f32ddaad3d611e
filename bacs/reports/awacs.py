"""AWACS: credits that were paid, but to corrected details (Bacs messages, AWACS).

The credit reached the payee; only future payments change. A report like this is a way to divert payments: never
change bank details from it without a second person and a modulus check.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO

from bacs.errors import WrongServiceUser
from bacs.reports.envelope import (
    LARGEST_REPORT,
    Attributes,
    Mismatch,
    ReportHeader,
    ReportKind,
    attributes_of,
    day_of,
    first_of,
    is_test,
    sort_code_of,
)
from bacs.xmlstream import opened

_NAMES = frozenset({"MessagingHeader", "MessagingAdvice"})


@dataclass(frozen=True, slots=True)
class CorrectedAccount:
    """One credit that was applied to other details than it was sent to. The report says "payer" for the payee.

    `reason` is "0" when the bank corrected invalid details and "3" when the account was transferred. `sequence` is
    the advice's number; a gap means a report that was missed.
    """

    user_number: str
    sort_code: str
    account_number: str
    account_name: str
    new_sort_code: str
    new_account_number: str
    new_account_name: str
    reference: str
    reason: str
    effective_day: date | None
    due_day: date | None
    sequence: str


def read(source: bytes | BinaryIO, *, user_number: str = "") -> Iterator[ReportHeader | CorrectedAccount | Mismatch]:
    """Yield the header, each corrected account, and a `Mismatch` where a number of the sequence is missing.

    With `user_number` a report for another service user is refused (`WrongServiceUser`). Raises `Unreadable` and
    `HostileXml`, possibly after records were yielded: keep them only when the loop has ended.
    """
    last = ""
    for name, pairs in opened(source, limit_bytes=LARGEST_REPORT):
        if name not in _NAMES:
            continue
        values = attributes_of(pairs)
        found = first_of(values, "user-number")
        if user_number and found and found != user_number:
            raise WrongServiceUser(user_number, found)
        if name == "MessagingHeader":
            yield _header(values)
            continue
        sequence = first_of(values, "aosn")
        if last.isdecimal() and sequence.isdecimal() and int(sequence) != int(last) + 1:
            yield Mismatch("sequence", str(int(last) + 1), sequence)
        last = sequence
        yield _corrected(values)


def _header(values: Attributes) -> ReportHeader:
    return ReportHeader(
        ReportKind.AWACS,
        first_of(values, "document-number", "envelope-sequence-number"),
        first_of(values, "report-type"),
        day_of(first_of(values, "report-generation-date")),
        None,
        first_of(values, "user-number"),
        first_of(values, "user-name"),
        is_test(values),
    )


def _corrected(values: Attributes) -> CorrectedAccount:
    return CorrectedAccount(
        user_number=first_of(values, "user-number"),
        sort_code=sort_code_of(first_of(values, "payer-sort-code")),
        account_number=first_of(values, "payer-account-number"),
        account_name=first_of(values, "payer-name"),
        new_sort_code=sort_code_of(first_of(values, "payer-new-sort-code")),
        new_account_number=first_of(values, "payer-new-account-number"),
        new_account_name=first_of(values, "payer-new-name"),
        reference=first_of(values, "reference"),
        reason=first_of(values, "reason-code"),
        effective_day=day_of(first_of(values, "effective-date")),
        due_day=day_of(first_of(values, "due-date")),
        sequence=first_of(values, "aosn"),
    )
