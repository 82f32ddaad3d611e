"""What a payment file depends on: payments, bank profile, serial number and dates, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from heapq import merge
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.orm import InstrumentedAttribute, Session

from bacs.charset import WireText
from bacs.iso20022 import Scheme
from bacs.standard18 import Credit
from payouts.payment import Payment, PaymentLine, lines_of
from payouts.payment_item import PaymentItem, combined_lines
from payouts.payroll import Payroll, PayrollKind
from schemes.account import open_details
from schemes.bank_profile import BankProfile, open_account
from schemes.body import get_body
from schemes.seal import Seals

if TYPE_CHECKING:
    from payouts.app import Service
    from payouts.files.payment_file import PaymentFile


class ReadBackDiffers(Exception):
    """The file, read back, is not what was written: it is not sealed."""

    def __init__(self, record: int, expected: object, found: object) -> None:
        super().__init__(f"credit {record} reads back differently")
        self.record = record
        self.expected = expected
        self.found = found


@dataclass(frozen=True)
class FileFacts:
    """What a file depends on beside its payments. `narrative` is what the body's own bank statement shows.

    submitter: the service user number, or the number of the bureau that submits (Standard 18, VOL1 42-47). count,
    total_pence: of the file's items.
    """

    payroll_number: int
    serial: int
    created_on: date
    processing_day: date
    service_user_number: str
    submitter: str
    service_user_name: str
    account_name: str
    sort_code: str
    account_number: str
    narrative: str
    item_limit_pence: int
    sandbox: bool
    count: int
    total_pence: int
    scheme: Scheme = Scheme.BACS


class FileCredit(NamedTuple):
    """An item as a file is told of it: with its place in the payroll, which makes it unique there, and how many
    payments it carries.
    """

    ordinal: int
    credit: Credit
    payments: int = 1


class Items(NamedTuple):
    """The items of a payroll from one ordinal to another, both included."""

    first: int
    last: int

    def between(self, ordinal: InstrumentedAttribute[int]) -> ColumnElement[bool]:
        return ordinal.between(self.first, self.last)


EVERY_ITEM = Items(0, 2**31 - 1)


@dataclass(frozen=True)
class Form:
    """A form of payment files. The opening, the records of all items in order, and the closing are the file.

    wire_text, name_width: an account holder's name in the characters that the file takes, and how many of them.
    records raises a `BacsError` for an item that the form cannot carry. read_back reads some records as a file of their
    own, compares them with the items, and raises ReadBackDiffers.
    """

    wire_text: Callable[[str], WireText]
    name_width: int
    opening: Callable[[FileFacts], bytes]
    records: Callable[[FileFacts, Iterable[FileCredit]], Iterator[bytes]]
    closing: Callable[[FileFacts], bytes]
    read_back: Callable[[FileFacts, Sequence[FileCredit], bytes], None]

    def name_on_the_wire(self, name: str) -> str:
        """An account holder's name as the file carries it."""
        return self.wire_text(name).cut(self.name_width)


def facts_of_file(session: Session, service: Service, payroll: Payroll, file: PaymentFile) -> FileFacts:
    """The facts that a file was, or is to be, built from."""
    profile = session.get_one(BankProfile, (payroll.body_id, payroll.bank_profile_id))
    account = open_account(session, service.seals, profile)
    return FileFacts(
        payroll_number=payroll.number,
        serial=file.serial,
        created_on=file.created_on,
        processing_day=payroll.processing_day,
        service_user_number=profile.service_user_number,
        submitter=profile.bureau_number or profile.service_user_number,
        service_user_name=profile.service_user_name,
        account_name=profile.account_name,
        sort_code=account.sort_code,
        account_number=account.account_number,
        narrative=f"PAYROLL {payroll.number}",
        item_limit_pence=profile.item_limit_pence,
        sandbox=get_body(session).is_sandbox,
        count=file.item_count,
        total_pence=file.total_pence,
        scheme=Scheme.FASTER_PAYMENTS if payroll.kind is PayrollKind.URGENT else Scheme.BACS,
    )


def credits_of(
    session: Session,
    seals: Seals,
    payroll: Payroll,
    items: Items,
    which: ColumnElement[bool],
    name_on_the_wire: Callable[[str], str],
) -> Iterator[FileCredit]:
    """The items of a payroll between two ordinals, of those payments that a condition picks, in order.

    Their bank details are opened for the time that a file takes to write. Raises SealBroken, KeyMissing.
    """
    mine = (Payment.payroll_id == payroll.id) & which
    alone = lines_of(session, mine & Payment.combined.is_(False) & items.between(Payment.ordinal))
    together = combined_lines(session, mine & items.between(PaymentItem.ordinal))
    return merge(
        (
            FileCredit(one.ordinal, credit_of(seals, payroll.body_id, one, name_on_the_wire, one.reference))
            for one in alone
        ),
        (
            FileCredit(item.ordinal, one_credit(seals, payroll.body_id, lines, name_on_the_wire, item), len(lines))
            for item, lines in together
        ),
        key=itemgetter(0),
    )


def credit_of(
    seals: Seals, body_id: UUID, payment: PaymentLine, name_on_the_wire: Callable[[str], str], reference: str
) -> Credit:
    key = seals.open(body_id, payment.key_id, payment.ring_key_id, payment.wrapped)
    details = open_details(key, payment.account_id, payment.sealed_details)
    return Credit(
        sort_code=details.sort_code,
        account_number=details.account_number,
        amount_pence=payment.amount_pence,
        account_name=name_on_the_wire(payment.holder_name),
        reference=reference,
        roll_number=details.roll_number,
    )


def one_credit(
    seals: Seals, body_id: UUID, lines: Sequence[PaymentLine], name_on_the_wire: Callable[[str], str], item: PaymentItem
) -> Credit:
    """The credit for payments into one account."""
    credit = credit_of(seals, body_id, lines[0], name_on_the_wire, item.reference)
    return credit._replace(amount_pence=sum(line.amount_pence for line in lines))
