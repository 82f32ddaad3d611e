"""Bookings out of a statement's bytes, whichever form it has, and what a booking says of our files and payments."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import BinaryIO, NamedTuple

from bacs.errors import BacsError, HostileXml
from bacs.iso20022 import camt
from bacs.iso20022.reading import Mismatch, recognise
from payouts.statement.entry import Nature
from payouts.statement.statement import StatementFault, StatementRefused
from payouts.statement.table import BadRow, Columns, TableRow, rows_of
from schemes.errors import FileRefused
from schemes.sealed_file import SealedFile

RETURNED_CREDIT = "RA"
"""The transaction code by which UK banks book a returned Bacs credit (Bacs messages, ARUCS)."""
FEE_CODES = ("CHG", "FEE", "CHGS", "CHARGE", "CHARGES")
FEE_WORDS = re.compile(r"\b(fees?|charges?)\b", re.IGNORECASE)
SERIAL = re.compile(r"(?<![0-9A-Za-z])[0-9]{6}(?![0-9A-Za-z])")
MESSAGE_ID = re.compile(r"(?<![0-9A-Za-z])P[0-9]{4,}-[0-9]{6}(?![0-9A-Za-z])")
PAYROLL = re.compile(r"\bPAYROLL ([0-9]{1,9})\b", re.IGNORECASE)
PAYMENT_ID = re.compile(r"([0-9]{4,9})-([0-9]{7})")
# words that banks put before the reference of what came back
BEFORE_REFERENCE = re.compile(r"^(RETURNED|RETURN|RTD|UNPAID|BACS|CREDIT|RA)\s+", re.IGNORECASE)
LONGEST_TEXT = 300


class Head(NamedTuple):
    """What stands above bookings: a statement begins. Balances as far as they are known here."""

    bank_id: str
    sequence: int | None
    opening_pence: int | None
    closing_pence: int | None
    account: str


class Booking(NamedTuple):
    """One booking. payment_of: payroll number and ordinal that its end-to-end id names, where it names any."""

    booked_on: date
    amount_pence: int
    is_credit: bool
    nature: Nature
    code: str
    bank_reference: str
    batch_id: str
    payment_of: tuple[int, int] | None
    reference: str
    text: str


class Balances(NamedTuple):
    """A table's balances, which are known when it ends: None where it has no such column."""

    opening_pence: int | None
    closing_pence: int | None


def read_message(content: BinaryIO) -> Iterator[Head | Booking]:
    """A camt.053 as it goes by. Raises StatementRefused; keep nothing until it has ended."""
    try:
        found = recognise(content)
        if found != "camt.053":
            raise StatementRefused(StatementFault.OTHER_MESSAGE)
        yield from read_camt(content)
    except HostileXml:
        raise StatementRefused(StatementFault.HOSTILE) from None
    except BacsError:
        raise StatementRefused(StatementFault.NOT_READABLE) from None


def read_camt(content: BinaryIO) -> Iterator[Head | Booking]:
    place, last, returned = 0, None, []
    for record in camt.read(content):
        if isinstance(record, camt.Statement):
            yield head_of(record)
        elif isinstance(record, camt.Transaction):
            last = record
            # several returned credits in one booking are as many bookings to us; other batches stay one
            if record.is_return and record.is_credit:
                returned.append(record)
        elif isinstance(record, camt.Entry):
            place += 1
            if record.status in ("BOOK", ""):
                yield from bookings_of(record, place, last, returned)
            last, returned = None, []
        elif isinstance(record, Mismatch):
            raise StatementRefused(StatementFault.DOES_NOT_ADD_UP)


def head_of(statement: camt.Statement) -> Head:
    def balance(*codes: str, first: bool) -> int | None:
        found = [each.amount_pence for each in statement.balances if each.code in codes]
        return (found[0] if first else found[-1]) if found else None

    if statement.currency not in ("", "GBP") or any(each.currency not in ("", "GBP") for each in statement.balances):
        raise StatementRefused(StatementFault.OTHER_CURRENCY)
    sequence = statement.sequence_number or statement.legal_sequence_number
    return Head(
        bank_id=statement.statement_id[:80],
        sequence=int(sequence) if sequence.isascii() and sequence.isdigit() and len(sequence) < 16 else None,
        opening_pence=balance("OPBD", "PRCD", first=True),
        closing_pence=balance("CLBD", first=False),
        account=statement.account,
    )


def bookings_of(
    entry: camt.Entry, place: int, last: camt.Transaction | None, returned: list[camt.Transaction]
) -> Iterator[Booking]:
    booked_on = entry.booked_on or entry.value_day
    if entry.amount_pence is None or booked_on is None or entry.currency not in ("", "GBP"):
        raise StatementRefused(StatementFault.BAD_ROW, place)
    apart = len(returned) > 1 and len(returned) == entry.transaction_count
    if apart and entry.transaction_pence == entry.amount_pence:
        for each in returned:
            yield booking_of(entry, each, booked_on, each.amount_pence or 0)
    elif entry.amount_pence:
        only = last if entry.transaction_count == 1 else None
        yield booking_of(entry, only, booked_on, entry.amount_pence)


def booking_of(entry: camt.Entry, one: camt.Transaction | None, booked_on: date, pence: int) -> Booking:
    pieces = [entry.text, one.remittance if one else "", one.text if one else "", one.reason_text if one else ""]
    code = entry.proprietary_code or entry.bank_code
    is_return = entry.is_credit and (entry.is_return or code == RETURNED_CREDIT)
    return Booking(
        booked_on=booked_on,
        amount_pence=pence,
        is_credit=entry.is_credit,
        nature=nature_of(code, entry.bank_code, entry.text, is_credit=entry.is_credit, is_return=is_return),
        code=code[:40],
        bank_reference=((one.servicer_reference if one else "") or entry.servicer_reference)[:80],
        batch_id=(one.batch_id if one else "") or entry.batch_id or entry.batch_message_id,
        payment_of=payment_named(one.end_to_end_id) if one else None,
        reference=(one.remittance if one and one.remittance else reference_in(entry.text))[:40],
        text=" ".join(piece for piece in dict.fromkeys(pieces) if piece)[:LONGEST_TEXT],
    )


def nature_of(code: str, bank_code: str, text: str, *, is_credit: bool, is_return: bool) -> Nature:
    if is_return:
        return Nature.RETURN
    charged = code.upper() in FEE_CODES or bank_code.endswith(("/CHRG", "/FEES", "/COMM"))
    if not is_credit and (charged or FEE_WORDS.search(text)):
        return Nature.FEE
    return Nature.OTHER


def payment_named(end_to_end_id: str) -> tuple[int, int] | None:
    """The payroll and payment that we gave an end-to-end id to, as our pain.001 files write it."""
    found = PAYMENT_ID.fullmatch(end_to_end_id)
    return (int(found[1]), int(found[2])) if found else None


def reference_in(text: str) -> str:
    """The payment reference in a bank's text of a returned credit: what is left without the bank's own words."""
    while (shorter := BEFORE_REFERENCE.sub("", text)) != text:
        text = shorter
    return text.strip()


def read_table(file: SealedFile, columns: Columns) -> Iterator[Booking | Balances]:
    """A CSV's bookings, then its balances. Raises StatementRefused for a row that cannot be read or does not add up."""
    first: TableRow | None = None
    last: TableRow | None = None
    total = 0
    try:
        for row in rows_of(file, columns):
            if row.pence:
                yield booking_of_row(row)
            first, last, total = first or row, row, total + row.pence
    except BadRow as bad:
        raise StatementRefused(StatementFault.BAD_ROW, bad.line) from None
    except FileRefused:
        raise StatementRefused(StatementFault.BAD_TABLE) from None
    if first is None or last is None or first.balance_pence is None or last.balance_pence is None:
        yield Balances(None, None)
        return
    # the newest comes first in some banks' files, and last in others'
    oldest, newest = (last, first) if first.day > last.day else (first, last)
    assert oldest.balance_pence is not None
    if oldest.balance_pence - oldest.pence + total != newest.balance_pence:
        oldest, newest = newest, oldest
    assert oldest.balance_pence is not None
    if oldest.balance_pence - oldest.pence + total != newest.balance_pence:
        raise StatementRefused(StatementFault.DOES_NOT_ADD_UP)
    yield Balances(oldest.balance_pence - oldest.pence, newest.balance_pence)


def booking_of_row(row: TableRow) -> Booking:
    text = " ".join(piece for piece in dict.fromkeys((row.description, row.reference)) if piece)
    is_credit = row.pence > 0
    code = row.kind or (RETURNED_CREDIT if is_credit and text.upper().startswith(f"{RETURNED_CREDIT} ") else "")
    is_return = is_credit and code.upper() == RETURNED_CREDIT
    reference = row.reference or reference_in(row.description)
    return Booking(
        booked_on=row.day,
        amount_pence=abs(row.pence),
        is_credit=is_credit,
        nature=nature_of(code, "", text, is_credit=is_credit, is_return=is_return),
        code=code[:40],
        bank_reference="",
        batch_id="",
        payment_of=payment_named(row.reference),
        reference=reference[:40],
        text=text[:LONGEST_TEXT],
    )
