"""Reading a response into facts, by what its content says it is. Whoever reads another kind adds a reader here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import BinaryIO

from bacs import recognition
from bacs.errors import HostileXml, NotAReport, Unreadable
from bacs.iso20022 import camt, pain002
from bacs.iso20022.reading import StatusReason
from bacs.reports import (
    ItemOutcome,
    ListedItem,
    Mismatch,
    ReportHeader,
    ReportKind,
    ReturnedCredit,
    UserFileReport,
    input_report,
)
from bacs.reports import arucs as arucs_report
from bacs.reports.envelope import OTHERS
from payouts.responses.line import Fact, Says
from payouts.responses.response import ResponseFault, ResponseKind
from payouts.returns.reason import OF_ARUCS, OF_INPUT_LETTERS, Reason, of_iso
from schemes import openpgp

KINDS = {
    ReportKind.ARRIVAL: ResponseKind.ARRIVAL,
    ReportKind.INPUT: ResponseKind.INPUT,
    ReportKind.WITHDRAWAL: ResponseKind.WITHDRAWAL,
    ReportKind.ARUCS: ResponseKind.ARUCS,
    ReportKind.AWACS: ResponseKind.AWACS,
    "pain.002": ResponseKind.PAYMENT_STATUS,
    "camt.054": ResponseKind.NOTIFICATION,
    "camt.053": ResponseKind.STATEMENT,
    "camt.052": ResponseKind.STATEMENT,
}

# what becomes of a payment by its status in a pain.002; any other tells nothing that moves it
OF_STATUS = {
    "ACSP": Says.TAKEN,
    "ACCP": Says.TAKEN,
    "ACWC": Says.AMENDED,
    "ACTC": Says.TAKEN,
    "RCVD": Says.TAKEN,
    "ACSC": Says.PAID,
    "ACCC": Says.PAID,
    "RJCT": Says.REJECTED,
    "CANC": Says.RECALLED,
}


IN_PART = "PART"
"""Of a batch: the bank took it, but for what it names."""


class NotTaken(Exception):
    """Nothing is taken from a file, and why."""

    def __init__(self, fault: ResponseFault) -> None:
        super().__init__(fault)
        self.fault = fault


@dataclass
class Reading:
    """What a file says, read to its end. accounts: those that a notification is about, as the bank writes them."""

    report_number: str = ""
    produced_on: date | None = None
    user_numbers: set[str] = field(default_factory=set)
    accounts: set[str] = field(default_factory=set)
    is_test: bool = False
    mismatches: int = 0
    facts: list[Fact] = field(default_factory=list)

    def take_header(self, header: ReportHeader) -> None:
        self.report_number = header.report_number
        self.produced_on = header.produced_on or header.processing_day
        self.is_test = header.is_test
        if header.user_number:
            self.user_numbers.add(header.user_number)


def kind_of(content: BinaryIO, *, not_believed: ResponseFault | None = None) -> ResponseKind:
    """What a file is. not_believed: why nobody looks at what it says, once it can be read. Raises NotTaken."""
    if not content.read(1):
        raise NotTaken(ResponseFault.EMPTY)
    content.seek(0)
    if openpgp.is_message(content.read(200)):
        raise NotTaken(ResponseFault.ENCRYPTED)
    if not_believed is not None:
        raise NotTaken(not_believed)
    content.seek(0)
    try:
        said = recognition.recognise(content)
    except NotAReport as refused:
        of_debits = refused.name in OTHERS
        raise NotTaken(ResponseFault.OF_DIRECT_DEBIT if of_debits else ResponseFault.NOT_A_RESPONSE) from None
    except HostileXml:
        raise NotTaken(ResponseFault.HOSTILE) from None
    except Unreadable:
        raise NotTaken(ResponseFault.UNREADABLE) from None
    if said not in KINDS:
        raise NotTaken(ResponseFault.NOT_A_RESPONSE)
    return KINDS[said]


def read(kind: ResponseKind, content: BinaryIO) -> Reading:
    """Read a file to its end: nothing is taken from one that breaks off. Raises NotTaken."""
    if kind not in READERS:
        raise NotTaken(ResponseFault.NOT_A_RESPONSE)
    try:
        return READERS[kind](content)
    except HostileXml:
        raise NotTaken(ResponseFault.HOSTILE) from None
    except (Unreadable, NotAReport):
        raise NotTaken(ResponseFault.UNREADABLE) from None


def arucs(content: BinaryIO) -> Reading:
    """Credits that come back (Bacs messages, ARUCS). Raises NotTaken where its totals are not those of its items."""
    reading = Reading()
    for record in arucs_report.read(content):
        match record:
            case ReportHeader():
                reading.take_header(record)
            case ReturnedCredit():
                reading.facts.append(returned(record))
                reading.user_numbers.add(record.user_number)
            case _:
                # its totals are all that shows a part that was cut out, or an item that somebody put in
                raise NotTaken(ResponseFault.WRONG_TOTALS)
    return reading


def returned(credit: ReturnedCredit) -> Fact:
    # of one that the originator asked back (reason C) too the money has left the account, and comes back
    return Fact(
        Says.RETURNED,
        user_number=credit.user_number,
        sort_code=credit.sort_code,
        account_number=credit.account_number.strip(),
        account_name=credit.account_name,
        reference=credit.reference,
        amount_pence=credit.amount_pence,
        processing_day=credit.original_processing_day,
        transaction_code=credit.transaction_code,
        reason=OF_ARUCS[credit.reason],
        code=credit.code,
        words=credit.description,
    )


def bacs_report(content: BinaryIO) -> Reading:
    """Arrival, Input and Withdrawal reports: what Bacs made of our files (Bacs messages, Input Report)."""
    reading, kind, listed = Reading(), ReportKind.INPUT, list[ListedItem]()
    for record in input_report.read(content):
        match record:
            case ReportHeader():
                kind = record.kind
                reading.take_header(record)
            case ListedItem():
                listed.append(record)
            case UserFileReport():
                reading.user_numbers.add(record.user_number)
                reading.facts += of_user_file(kind, record, listed)
                listed = []
            case Mismatch():
                reading.mismatches += 1
    return reading


def of_user_file(kind: ReportKind, report: UserFileReport, listed: list[ListedItem]) -> Iterator[Fact]:
    """The file as a whole, and each payment that the report lists; what it accepts it only counts."""
    file = Fact(
        whole_file(kind, report, listed),
        user_number=report.user_number,
        serial=plain_number(report.serial_number),
        about_file=True,
        processing_day=report.processing_day,
        reason=Reason.REQUESTED if kind is ReportKind.WITHDRAWAL else Reason.OURS,
        words=report.file_message or report.day_section_message,
        beside={
            "report": kind.name.lower(),
            "submission": report.submission_reference,
            "rejected_listed": sum(item.outcome is ItemOutcome.REJECTED for item in listed),
            **figures_of(report),
        },
    )
    yield file
    for item in listed:
        says, reason = of_item(kind, item)
        yield Fact(
            says,
            user_number=report.user_number,
            serial=file.serial,
            processing_day=report.processing_day,
            sort_code=item.sort_code,
            account_number=item.account_number,
            reference=item.reference,
            amount_pence=item.amount_pence,
            reason=reason,
            code=item.letter,
            words=item.message or item.meaning,
        )


def whole_file(kind: ReportKind, report: UserFileReport, listed: list[ListedItem]) -> Says:
    if kind is ReportKind.WITHDRAWAL and not listed:
        return Says.RECALLED
    return Says.TAKEN if report.is_processed else Says.REJECTED


def of_item(kind: ReportKind, item: ListedItem) -> tuple[Says, Reason]:
    """What became of a listed payment: S is an automated recall, Q and R are reversals by Bacs."""
    reason = OF_INPUT_LETTERS.get(item.letter, Reason.OURS)
    if kind is ReportKind.WITHDRAWAL or item.letter == "S":
        return Says.RECALLED, Reason.REQUESTED
    if item.letter in ("Q", "R") or item.outcome is ItemOutcome.RETURNED:
        return Says.RETURNED, reason
    if item.outcome is ItemOutcome.REJECTED:
        return Says.REJECTED, reason
    return (Says.AMENDED if item.outcome is ItemOutcome.AMENDED else Says.UNCLEAR), reason


def figures_of(report: UserFileReport) -> dict[str, int]:
    """Counts and pence of a file's credits, as far as the report tells them."""
    rows = report.agreement.get("CreditEntry", {})
    found: dict[str, int | None] = {}
    for name, row in (("accepted", "AcceptedRecords"), ("rejected", "RejectedRecords"), ("all", "UserTrailerTotals")):
        if row in rows:
            found |= {f"{name}_count": rows[row].number, f"{name}_pence": rows[row].pence}
    if "all_count" not in found and report.days:
        sides = [day.amounts["Credit"] for day in report.days if "Credit" in day.amounts]
        if sides and all(None not in tuple(side) for side in sides):
            found["all_count"] = sum(side.number or 0 for side in sides)
            found["all_pence"] = sum(side.pence or 0 for side in sides)
    return {name: figure for name, figure in found.items() if figure is not None}


def plain_number(text: str) -> str:
    """A number without the zeros before it, "" when it is none."""
    return str(int(text)) if text.isascii() and text.isdigit() else ""


def payment_status(content: BinaryIO) -> Reading:
    """What the bank did with a pain.001. A status above covers what is below only where nothing is named there.

    No news of a payment is no news: it is never taken for a success (status and statements, pain.002).
    """
    reading, group = Reading(), None
    batches: list[pain002.BatchStatus] = []
    named: set[tuple[str, str]] = set()
    for record in pain002.read(content):
        match record:
            case pain002.Report():
                reading.report_number = record.message_id
            case pain002.GroupStatus():
                group = record
            case pain002.BatchStatus():
                batches.append(record)
            case pain002.PaymentStatus():
                named.add((record.message_id, record.batch_id))
                reading.facts.append(of_payment(record))
    for batch in batches:
        if batch.status and (batch.status == IN_PART or (batch.message_id, batch.batch_id) not in named):
            reading.facts.append(of_whole(batch, batch.message_id))
    if group is not None and group.status and not named and not any(batch.status for batch in batches):
        reading.facts.append(of_whole(group, group.message_id))
    return reading


def of_payment(status: pain002.PaymentStatus) -> Fact:
    code, words = code_and_words(status.reasons)
    return Fact(
        OF_STATUS.get(status.status, Says.UNCLEAR),
        message_id=status.message_id,
        payment_id=status.end_to_end_id,
        reason=of_iso(code),
        code=code or status.status,
        words=words,
        beside={"status": status.status},
    )


def of_whole(status: pain002.BatchStatus | pain002.GroupStatus, message_id: str) -> Fact:
    code, words = code_and_words(status.reasons)
    return Fact(
        OF_STATUS.get(status.status, Says.UNCLEAR),
        message_id=message_id,
        about_file=True,
        reason=of_iso(code) if of_iso(code) is Reason.DUPLICATE else Reason.OURS,
        code=code or status.status,
        words=words,
        beside={"report": "payment_status", "status": status.status},
    )


def code_and_words(reasons: tuple[StatusReason, ...]) -> tuple[str, str]:
    """The first reason that has a meaning for us, and all words that came with any."""
    codes = [reason.code or reason.proprietary for reason in reasons]
    telling = next((code for code in codes if of_iso(code) is not Reason.UNKNOWN), codes[0] if codes else "")
    return telling, " ".join(filter(None, (reason.text for reason in reasons)))


def notification(content: BinaryIO) -> Reading:
    """What moved on the account (camt.054): of it the credits that came back."""
    reading = Reading()
    for record in camt.read(content):
        match record:
            case camt.Statement():
                reading.report_number = reading.report_number or record.statement_id
                reading.accounts.add(record.account)
            case camt.Transaction() if record.is_return and record.is_credit and record.entry.status in ("BOOK", ""):
                reading.facts.append(of_transaction(record))
            case camt.Entry() if record.is_return and record.is_credit and not record.transaction_count:
                reading.facts.append(of_entry(record))
            case camt.Transaction() | camt.Entry():
                pass
            case _:
                reading.mismatches += 1
    return reading


def of_transaction(transaction: camt.Transaction) -> Fact:
    code = transaction.reason or transaction.reason_proprietary
    return Fact(
        Says.RETURNED,
        message_id=transaction.batch_id or transaction.message_id,
        payment_id=transaction.end_to_end_id,
        reference=transaction.remittance,
        amount_pence=transaction.amount_pence,
        account_name=transaction.creditor_name,
        reason=of_iso(code),
        code=code,
        words=transaction.reason_text or transaction.text,
        beside={"bank_reference": transaction.servicer_reference or transaction.entry.servicer_reference},
    )


def of_entry(entry: camt.Entry) -> Fact:
    return Fact(
        Says.RETURNED,
        message_id=entry.batch_id,
        amount_pence=entry.amount_pence,
        words=entry.text,
        beside={"bank_reference": entry.servicer_reference},
    )


READERS: dict[ResponseKind, Callable[[BinaryIO], Reading]] = {
    ResponseKind.ARRIVAL: bacs_report,
    ResponseKind.INPUT: bacs_report,
    ResponseKind.WITHDRAWAL: bacs_report,
    ResponseKind.ARUCS: arucs,
    ResponseKind.PAYMENT_STATUS: payment_status,
    ResponseKind.NOTIFICATION: notification,
}
