"""ARUCS: credits that the payee's bank could not apply, and that come back (Bacs messages, ARUCS).

No sample of this report is public. It is read by analogy with its sibling for debits, and tolerantly: items by the
shape of their names, attributes by any of their spellings, and everything raw is kept.
"""

from collections.abc import Callable, Iterator
from datetime import date
from enum import StrEnum
from functools import lru_cache
from operator import itemgetter
from typing import BinaryIO, NamedTuple

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
    pence_of,
    plain_names,
    sort_code_of,
)
from bacs.xmlstream import opened


class ReturnReason(StrEnum):
    """Why a credit came back, by the letter that all sources give it."""

    INVALID_DETAILS = "0"
    DECEASED = "2"
    TRANSFERRED = "3"
    NO_ACCOUNT = "5"
    CLOSED = "B"
    REQUESTED_BY_REMITTER = "C"
    UNKNOWN = ""


_ITEM = (
    ("ref", "reference", "beneficiaryreference"),
    ("valueof", "amount"),
    ("currency",),
    ("transcode", "transactioncode"),
    ("originalprocessingdate",),
    ("returncode", "reasoncode"),
    ("returndescription", "reasondescription", "returnreason"),
)
_ACCOUNT = (("sortcode",), ("number", "accountnumber"), ("name",), ("ref", "reference"))

_BY_DESCRIPTION = (
    ("DECEASED", ReturnReason.DECEASED),
    ("TRANSFERRED", ReturnReason.TRANSFERRED),
    ("CLOSED", ReturnReason.CLOSED),
    ("REMITTER", ReturnReason.REQUESTED_BY_REMITTER),
    ("ORIGINATOR", ReturnReason.REQUESTED_BY_REMITTER),
    ("NO ACCOUNT", ReturnReason.NO_ACCOUNT),
    ("INVALID", ReturnReason.INVALID_DETAILS),
    ("NOT RECOGNISED", ReturnReason.INVALID_DETAILS),
)


class ReturnedCredit(NamedTuple):
    """One credit that comes back. Match it by user number, reference, amount, original day and destination.

    `amount_pence` is `None` when the report's amount cannot be read. `code` and `description` are the report's own
    words; in XML the code is a number of four digits whose meaning is not public, so the description decides.
    """

    user_number: str
    originating_sort_code: str
    originating_account_number: str
    sort_code: str
    account_number: str
    account_name: str
    reference: str
    amount_pence: int | None
    amount: str
    currency: str
    transaction_code: str
    original_processing_day: date | None
    reason: ReturnReason
    code: str
    description: str


def read(source: bytes | BinaryIO, *, user_number: str = "") -> Iterator[ReportHeader | ReturnedCredit | Mismatch]:
    """Yield the returned credits one by one, a `Mismatch` where a total disagrees, and the header at the end.

    With `user_number` a report for another service user is refused (`WrongServiceUser`). Raises `Unreadable` and
    `HostileXml`, possibly after records were yielded: keep them only when the loop has ended.
    """
    report = _Report(user_number)
    for name, pairs in opened(source, limit_bytes=LARGEST_REPORT):
        if name.startswith("Returned") and name.endswith("Item"):
            if report.item is not None:
                yield report.take()
            report.item = pairs
        elif name.endswith("Account") and report.item is not None:
            report.account = pairs
        else:
            if report.item is not None:
                yield report.take()
            yield from report.note(name, attributes_of(pairs))
    if report.item is not None:
        yield report.take()
    yield report.header()


class _Report:
    """What was said so far, above the items."""

    def __init__(self, user_number: str) -> None:
        self.expected_user_number = user_number
        self.head: Attributes = {}
        self.item: list[str] | None = None
        self.user_number = self.user_name = ""
        self.origin_sort_code = self.origin_number = ""
        self.account: list[str] = []
        self.count = 0
        self.total_pence = 0
        self.is_test = self.in_record = False

    def note(self, name: str, values: Attributes) -> Iterator[Mismatch]:
        """Whatever stands around the items."""
        self.is_test = self.is_test or is_test(values)
        if name == "OriginatingAccountRecord":
            self.in_record = True
            self.count = self.total_pence = 0
        elif name == "OriginatingAccount":
            self.origin_sort_code = sort_code_of(first_of(values, "sortcode"))
            self.origin_number = first_of(values, "number")
        elif name == "Header":
            self.head |= values
        elif name in ("ServiceLicenseInformation", "ServiceLicenceInformation"):
            self.user_number = found = first_of(values, "usernumber")
            self.user_name = first_of(values, "username")
            if self.expected_user_number and found and found != self.expected_user_number:
                raise WrongServiceUser(self.expected_user_number, found)
        elif name == "Totals" and self.in_record:
            # totals of several records together may follow, and are not held against the last
            self.in_record = False
            yield from self.totals(values)

    def take(self) -> ReturnedCredit:
        """The item that was begun, with the account inside it."""
        assert self.item is not None
        reference, amount, currency, transaction_code, day, code, description = _picked(self.item, _ITEM)
        sort_code, number, name, account_reference = _picked(self.account, _ACCOUNT)
        self.item, self.account = None, []
        amount_pence = pence_of(amount)
        self.count += 1
        self.total_pence += amount_pence or 0
        return ReturnedCredit(
            self.user_number,
            self.origin_sort_code,
            self.origin_number,
            sort_code_of(sort_code),
            number,
            name,
            reference or account_reference,
            amount_pence,
            amount,
            currency,
            transaction_code,
            day_of(day),
            reason_of(code, description),
            code,
            description,
        )

    def totals(self, values: Attributes) -> Iterator[Mismatch]:
        said_count, said_value = first_of(values, "numberof"), first_of(values, "valueof")
        if said_count and said_count.lstrip("0") != str(self.count).lstrip("0"):
            yield Mismatch("count", said_count, str(self.count))
        if said_value and pence_of(said_value) != self.total_pence:
            yield Mismatch("total_pence", said_value, str(self.total_pence))

    def header(self) -> ReportHeader:
        return ReportHeader(
            ReportKind.ARUCS,
            first_of(self.head, "advicenumber", "reportnumber"),
            first_of(self.head, "reporttype"),
            day_of(first_of(self.head, "produceddate", "date")),
            day_of(first_of(self.head, "currentprocessingdate")),
            self.user_number,
            self.user_name,
            self.is_test,
        )


def _picked(pairs: list[str], wanted: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    """The values of some attributes, each by the first of its spellings that is there, "" where none is."""
    values = pairs[1::2]
    values.append("")
    return tuple(map(str.strip, _places(tuple(pairs[::2]), wanted)(values)))


@lru_cache(maxsize=1024)
def _places(names: tuple[str, ...], wanted: tuple[tuple[str, ...], ...]) -> Callable[[list[str]], tuple[str, ...]]:
    # the items of a report have the same attributes in the same order: where they stand is worked out once
    places = {name: place for place, name in enumerate(plain_names(names))}
    found = [next((places[name] for name in spellings if name in places), len(names)) for spellings in wanted]
    return itemgetter(*found)


@lru_cache(maxsize=1024)
def reason_of(code: str, description: str) -> ReturnReason:
    """The reason by the report's words first, then by its code where that is the letter itself."""
    words = description.upper()
    for part, reason in _BY_DESCRIPTION:
        if part in words:
            return reason
    return ReturnReason(code.upper()) if code.upper() in set(ReturnReason) else ReturnReason.UNKNOWN
