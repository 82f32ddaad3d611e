"""Payments as an ISO 20022 pain.001 message: the same payments, profile, serial and dates are the same bytes.

One batch, for the day that Standard 18 calls the processing day: banks differ on what the execution date of a Bacs
payment is, and a body asks its own before the first file (pain.001, file limits and dates).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, time
from functools import cache, partial

from bacs import charset, iso20022
from bacs.calendar import LONDON
from bacs.charset import WireText
from bacs.iso20022 import Batch, CharacterSet, Message, Party, Payment, Pieces, instructions
from bacs.iso20022.reading import Mismatch
from payouts.files.facts import FileCredit, FileFacts, Form, ReadBackDiffers

SERVICE_USER_NUMBER = "SUN"


@cache
def wishes(bank: str) -> iso20022.BankProfile:
    """How a bank wants to be asked, by its name among the settings that are shipped."""
    return iso20022.BankProfile.shipped(bank)


def wire_text(bank: str, name: str) -> WireText:
    """A name in the characters that the bank takes."""
    if wishes(bank).characters is CharacterSet.ISO20022:
        return charset.to_iso20022(name)
    return charset.to_bacs(name)


def party_of(bank: str, text: str, *, sandbox: bool) -> str:
    """The body's name on the wire; in a sandbox file it begins with SANDBOX, so that nobody takes it for real."""
    return wire_text(bank, f"SANDBOX {text}" if sandbox else text).cut(wishes(bank).debtor_name_width)


def message_of(bank: str, facts: FileFacts) -> Message:
    """A message of one batch, without its payments."""
    message_id = f"P{facts.payroll_number:04d}-{facts.serial:06d}"
    party = partial(party_of, bank, sandbox=facts.sandbox)
    submitter = Party(party(facts.service_user_name), facts.service_user_number, SERVICE_USER_NUMBER)
    batch = Batch(
        message_id,
        facts.scheme,
        facts.processing_day,
        Party(party(facts.account_name)),
        facts.sort_code,
        facts.account_number,
        (),
        count=facts.count,
        total_pence=facts.total_pence,
    )
    return Message(message_id, datetime.combine(facts.created_on, time(9), LONDON), submitter, (batch,))


def payment_of(bank: str, facts: FileFacts, each: FileCredit) -> Payment:
    """A payment under an id that no other payment of the body has, and that is short enough for every scheme."""
    credit = each.credit
    return Payment(
        end_to_end_id=f"{facts.payroll_number:04d}-{each.ordinal:07d}",
        sort_code=credit.sort_code,
        account_number=credit.account_number,
        amount_pence=credit.amount_pence,
        name=credit.account_name,
        reference=wire_text(bank, credit.reference).text,
        roll_number=wire_text(bank, credit.roll_number).text,
    )


def opening(bank: str, facts: FileFacts) -> bytes:
    """The group header and the batch's."""
    return Pieces(message_of(bank, facts), wishes(bank)).opening()


def records(bank: str, facts: FileFacts, credits: Iterable[FileCredit]) -> Iterator[bytes]:
    """A credit transfer for each payment. Raises ItemRefused for one that the message cannot carry."""
    pieces = Pieces(message_of(bank, facts), wishes(bank))
    return pieces.records(payment_of(bank, facts, each) for each in credits)


def closing(bank: str, facts: FileFacts) -> bytes:
    """The ends of the batch and of the message."""
    return Pieces(message_of(bank, facts), wishes(bank)).closing()


def read_back(bank: str, facts: FileFacts, credits: Sequence[FileCredit], records: bytes) -> None:
    """Read some records as a message of their own, and compare them with the payments. Raises ReadBackDiffers."""
    part = replace(facts, count=len(credits), total_pence=sum(each.credit.amount_pence for each in credits))
    wanted = [seen(payment_of(bank, facts, each)) for each in credits]
    there: list[Payment] = []
    for record in instructions.read(opening(bank, part) + records + closing(bank, part)):
        if isinstance(record, Mismatch):
            raise ReadBackDiffers(len(there), record.said, record.found)
        if isinstance(record, instructions.Instruction):
            there.append(
                Payment(
                    record.end_to_end_id,
                    record.creditor_sort_code,
                    record.creditor_account,
                    record.amount_pence or 0,
                    record.creditor_name,
                    record.remittance,
                )
            )
    for number, (want, got) in enumerate(zip(wanted, there, strict=False), start=1):
        if want != got:
            raise ReadBackDiffers(number, want, got)
    if len(wanted) != len(there):
        raise ReadBackDiffers(min(len(wanted), len(there)) + 1, len(wanted), len(there))


def seen(payment: Payment) -> Payment:
    """A payment as a reader sees it: the roll number is the reference."""
    return payment._replace(reference=payment.roll_number or payment.reference, roll_number="")


def form(bank: str) -> Form:
    """The form of messages to a bank."""
    return Form(
        partial(wire_text, bank),
        wishes(bank).name_width,
        partial(opening, bank),
        partial(records, bank),
        partial(closing, bank),
        partial(read_back, bank),
    )
