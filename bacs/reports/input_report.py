"""Arrival, Input and Withdrawal reports: what Bacs made of a submission (Bacs messages, Input Report).

An accepted payment is only counted; every other one is listed. A user file's report is complete when its element
ends, so its errors come before it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import BinaryIO, NamedTuple

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
from bacs.xmlstream import Element, finished, local_name

_REPORTS = frozenset({ReportKind.ARRIVAL, ReportKind.INPUT, ReportKind.WITHDRAWAL})
_NAMES = frozenset({"Header", "Error", "UserFile", *(str(kind) for kind in _REPORTS)})
_LETTER = re.compile(r"[A-Z]")

ERROR_LETTERS = {
    "A": "originating account, bank originated",
    "B": "originating account, customer originated",
    "C": "destination sort code and originating account, bank originated",
    "D": "destination sort code and originating account, customer originated",
    "E": "destination sort code",
    "F": "type of account and originating account, bank originated",
    "G": "type of account and originating account, customer originated",
    "H": "type of account, originating account and destination sort code, bank originated",
    "I": "type of account, originating account and destination sort code, customer originated",
    "J": "destination sort code and type of account",
    "K": "type of account",
    "L": "several, destination account and name among them",
    "M": "destination account and name",
    "N": "the contra's account details",
    "O": "reference",
    "P": "originating account is not in the file's currency",
    "Q": "reversal initiated by Bacs",
    "R": "reversal initiated by Bacs",
    "S": "automated recall",
    "T": "originating account replaced by the main account, which lacks the currency",
    "Y": "transaction code not acceptable at the destination sort code",
}


class ItemOutcome(StrEnum):
    """What Bacs did with a payment that it lists: only an amended one still goes to the payee."""

    REJECTED = "REJECTED"
    AMENDED = "AMENDED"
    RETURNED = "RETURNED"
    UNKNOWN = ""


class Amounts(NamedTuple):
    """A count of records and their value in pence; `None` for a figure that cannot be read."""

    number: int | None
    pence: int | None


@dataclass(frozen=True, slots=True)
class ListedItem:
    """A payment that was rejected, amended or returned, as far as the report tells; `raw` has all its attributes."""

    user_number: str
    file_number: str
    outcome: ItemOutcome
    letter: str
    meaning: str
    message: str
    reference: str
    amount_pence: int | None
    sort_code: str
    account_number: str
    raw: dict[str, str]


@dataclass(frozen=True, slots=True)
class DaySection:
    """What a user file holds for a processing day, by side, contras apart."""

    processing_day: date | None
    amounts: dict[str, Amounts]


@dataclass(frozen=True, slots=True)
class AccountTotals:
    """An account's records by kind of entry and row, as in `entries["CreditEntry"]["AcceptedRecords"]`."""

    sort_code: str
    account_number: str
    entries: dict[str, dict[str, Amounts]]


@dataclass(frozen=True, slots=True)
class UserFileReport:
    """What Bacs says of one user file. It is found again by `serial_number` (VOL1) and `file_number` (UHL1).

    A `file_message` or `day_section_message` that is not "" means that nothing of the file was processed.
    """

    submission_reference: str
    serial_number: str
    bureau_number: str
    user_number: str
    user_name: str
    file_number: str
    work_code: str
    processing_day: date | None
    file_message: str
    day_section_message: str
    days: tuple[DaySection, ...]
    accounts: tuple[AccountTotals, ...]
    agreement: dict[str, dict[str, Amounts]]

    @property
    def is_processed(self) -> bool:
        """Whether Bacs took the file at all: its listed items may still have been rejected."""
        return not (self.file_message or self.day_section_message)


Record = ReportHeader | UserFileReport | ListedItem | Mismatch


def read(source: bytes | BinaryIO, *, user_number: str = "") -> Iterator[Record]:
    """Yield the header, then for each user file its listed items, its report, and its disagreements.

    With `user_number` a user file of another service user is refused (`WrongServiceUser`). Raises `Unreadable` and
    `HostileXml`, possibly after records were yielded: keep them only when the loop has ended.
    """
    file: Element = None
    about: Attributes = {}
    for name, element in finished(source, _NAMES, limit_bytes=LARGEST_REPORT):
        parent = element.getparent()
        if name == "Header" and parent is not None and local_name(parent) in _REPORTS:
            yield _header(ReportKind(local_name(parent)), element)
        elif name == "Error":
            around = next((each for each in element.iterancestors() if local_name(each) == "UserFile"), None)
            if around is not file:
                # once for each user file: looking for it again at each error would take longer the more there are
                file, about = around, _below(around, "UserFileInformation") if around is not None else {}
            yield _listed(element, about)
        elif name == "UserFile":
            report = _user_file(element)
            if user_number and report.user_number and report.user_number != user_number:
                raise WrongServiceUser(user_number, report.user_number)
            yield report
            yield from _disagreements(report)


def _header(kind: ReportKind, element: Element) -> ReportHeader:
    values = attributes(element)
    return ReportHeader(
        kind,
        first_of(values, "reportnumber"),
        first_of(values, "reporttype"),
        day_of(first_of(_below(element, "ProducedOn"), "date")),
        day_of(first_of(_below(element, "ProcessingDate"), "date")),
        first_of(values, "usernumber"),
        first_of(values, "username"),
        is_test(values),
    )


def _listed(element: Element, about: Attributes) -> ListedItem:
    item, message = _below(element, "ErrorItem"), _below(element, "ErrorMessage")
    kind = first_of(message, "type").upper() or first_of(item, "type").upper()
    letter = _letter(message) or _letter(item)
    return ListedItem(
        user_number=first_of(about, "usernumber"),
        file_number=first_of(about, "userfilenumber"),
        outcome=ItemOutcome(kind) if kind in set(ItemOutcome) else ItemOutcome.UNKNOWN,
        letter=letter,
        meaning=ERROR_LETTERS.get(letter, ""),
        message=first_of(message, "text", "message", "description"),
        reference=first_of(item, "reference", "ref"),
        amount_pence=pence_of(first_of(item, "valueof", "amount")),
        sort_code=sort_code_of(first_of(item, "destinationsortcode", "sortcode")),
        account_number=first_of(item, "destinationaccountnumber", "accountnumber", "number"),
        raw={f"item.{name}": value for name, value in item.items()}
        | {f"message.{name}": value for name, value in message.items()},
    )


def _letter(values: Attributes) -> str:
    """Where the report puts the letter is not public: it is the one value that is a single capital."""
    return next((value for value in values.values() if _LETTER.fullmatch(value)), "")


def _user_file(element: Element) -> UserFileReport:
    about = _below(element, "UserFileInformation")
    parent = element.getparent()
    submission = _below(parent, "SubmissionInformation") if parent is not None else {}
    return UserFileReport(
        submission_reference=first_of(submission, "submissionreferencenumber"),
        serial_number=first_of(submission, "volumeserialnumber"),
        bureau_number=first_of(submission, "bureaunumber"),
        user_number=first_of(about, "usernumber"),
        user_name=first_of(about, "username"),
        file_number=first_of(about, "userfilenumber"),
        work_code=first_of(about, "uhl1workcode"),
        processing_day=day_of(first_of(about, "uhl1processingdate")),
        file_message=first_of(attributes(element), "filelevelmessage"),
        day_section_message=first_of(_below(element, "DaySection"), "daysectionlevelerrormessage"),
        days=tuple(_day_section(each) for each in element.iter("{*}DaySectionRecord")),
        accounts=tuple(_account(each) for each in element.iter("{*}AccountTotal")),
        agreement=next((_entries(each) for each in element.iter("{*}AgreementOfFileTotals")), {}),
    )


def _day_section(element: Element) -> DaySection:
    amounts = {}
    for side in element:
        amounts[local_name(side)] = _amounts(side)
        for contra in side:
            amounts[f"{local_name(side)}{local_name(contra)}"] = _amounts(contra)
    return DaySection(day_of(first_of(attributes(element), "processingdate")), amounts)


def _account(element: Element) -> AccountTotals:
    values = attributes(element)
    return AccountTotals(sort_code_of(first_of(values, "sortcode")), first_of(values, "number"), _entries(element))


def _entries(element: Element) -> dict[str, dict[str, Amounts]]:
    return {local_name(entry): {local_name(row): _amounts(row) for row in entry} for entry in element}


def _amounts(element: Element) -> Amounts:
    values = attributes(element)
    count = first_of(values, "numberof")
    return Amounts(int(count) if count.isascii() and count.isdigit() else None, pence_of(first_of(values, "valueof")))


def _disagreements(report: UserFileReport) -> Iterator[Mismatch]:
    """Accepted and rejected records must come to all records, for each account and kind of entry."""
    for account in report.accounts:
        for entry, rows in account.entries.items():
            total, accepted, rejected = (
                rows.get(name) for name in ("TotalsRecords", "AcceptedRecords", "RejectedRecords")
            )
            if total is None or accepted is None:
                continue
            for part, said, found in (
                ("number", total.number, _sum(accepted.number, rejected.number if rejected else 0)),
                ("pence", total.pence, _sum(accepted.pence, rejected.pence if rejected else 0)),
            ):
                if said is not None and found is not None and said != found:
                    where = f"{account.sort_code} {account.account_number} {entry} {part}"
                    yield Mismatch(where, str(said), str(found))


def _sum(*figures: int | None) -> int | None:
    return None if None in figures else sum(figure for figure in figures if figure is not None)


def _below(element: Element, name: str) -> Attributes:
    """The attributes of the first element of a name anywhere below, {} when there is none."""
    found = next(element.iter(f"{{*}}{name}"), None)
    return attributes(found) if found is not None else {}
