"""ARUCS: credits that the payee's bank could not apply, and that come back (Bacs messages, ARUCS).

No sample of this report is public. It is read by analogy with its sibling for debits, and tolerantly: items by the
shape of their names, attributes by any of their spellings, and everything raw is kept.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import BinaryIO

from bacs.errors import WrongServiceUser
from bacs.reports.envelope import (
    LARGEST_REPORT,
    Attributes,
    Mismatch,
    ReportHeader,
    ReportKind,
    attributes,
    day_of,
    first_of,
    is_test,
    pence_of,
    sort_code_of,
)
from bacs.xmlstream import finished, local_name


class ReturnReason(StrEnum):
    """Why a credit came back, by the letter that all sources give it."""

    INVALID_DETAILS = "0"
    DECEASED = "2"
    TRANSFERRED = "3"
    NO_ACCOUNT = "5"
    CLOSED = "B"
    REQUESTED_BY_REMITTER = "C"
    UNKNOWN = ""


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


@dataclass(frozen=True, slots=True)
class ReturnedCredit:
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
    for name, element in finished(source, limit_bytes=LARGEST_REPORT):
        if name.startswith("Returned") and name.endswith("Item"):
            yield report.item(attributes(element))
        elif name == "Totals" and local_name(element.getparent()) == "OriginatingAccountRecord":
            yield from report.totals(attributes(element))
        elif name == "OriginatingAccountRecord":
            report.origin = {}
        else:
            report.note(name, element)
    yield report.header()


class _Report:
    """What was said so far, above the items."""

    def __init__(self, user_number: str) -> None:
        self.expected_user_number = user_number
        self.head: Attributes = {}
        self.service: Attributes = {}
        self.origin: Attributes = {}
        self.account: Attributes = {}
        self.count = 0
        self.total_pence = 0
        self.is_test = False

    def note(self, name: str, element: object) -> None:
        values = attributes(element)
        if name == "OriginatingAccount":
            self.origin, self.count, self.total_pence = values, 0, 0
        elif name.endswith("Account"):
            self.account = values
        elif name == "Header":
            self.head |= values
        elif name in ("ServiceLicenseInformation", "ServiceLicenceInformation"):
            self.service = values
            found = first_of(values, "usernumber")
            if self.expected_user_number and found and found != self.expected_user_number:
                raise WrongServiceUser(self.expected_user_number, found)
        self.is_test = self.is_test or is_test(values)

    def item(self, values: Attributes) -> ReturnedCredit:
        account, self.account = self.account, {}
        amount = first_of(values, "valueof", "amount")
        amount_pence = pence_of(amount)
        self.count += 1
        self.total_pence += amount_pence or 0
        code = first_of(values, "returncode", "reasoncode")
        description = first_of(values, "returndescription", "reasondescription", "returnreason")
        return ReturnedCredit(
            user_number=first_of(self.service, "usernumber"),
            originating_sort_code=sort_code_of(first_of(self.origin, "sortcode")),
            originating_account_number=first_of(self.origin, "number"),
            sort_code=sort_code_of(first_of(account, "sortcode")),
            account_number=first_of(account, "number", "accountnumber"),
            account_name=first_of(account, "name"),
            reference=first_of(values, "ref", "reference", "beneficiaryreference") or first_of(account, "ref"),
            amount_pence=amount_pence,
            amount=amount,
            currency=first_of(values, "currency"),
            transaction_code=first_of(values, "transcode", "transactioncode"),
            original_processing_day=day_of(first_of(values, "originalprocessingdate")),
            reason=reason_of(code, description),
            code=code,
            description=description,
        )

    def totals(self, values: Attributes) -> Iterator[Mismatch]:
        said_count, said_value = first_of(values, "numberof"), first_of(values, "valueof")
        if said_count and said_count.lstrip("0") != str(self.count).lstrip("0"):
            yield Mismatch("count", said_count, str(self.count))
        if said_value and pence_of(said_value) != self.total_pence:
            yield Mismatch("total_pence", said_value, str(self.total_pence))
        self.count = self.total_pence = 0

    def header(self) -> ReportHeader:
        return ReportHeader(
            ReportKind.ARUCS,
            first_of(self.head, "advicenumber", "reportnumber"),
            first_of(self.head, "reporttype"),
            day_of(first_of(self.head, "produceddate", "date")),
            day_of(first_of(self.head, "currentprocessingdate")),
            first_of(self.service, "usernumber"),
            first_of(self.service, "username"),
            self.is_test,
        )


def reason_of(code: str, description: str) -> ReturnReason:
    """The reason by the report's words first, then by its code where that is the letter itself."""
    words = description.upper()
    for part, reason in _BY_DESCRIPTION:
        if part in words:
            return reason
    return ReturnReason(code.upper()) if code.upper() in set(ReturnReason) else ReturnReason.UNKNOWN
