"""A payroll's payments as a Bacs Standard 18 file: the same payments, profile, serial and dates are the same bytes."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from bacs import charset, standard18
from bacs.standard18 import Credit, OriginatingAccount, Section, Submission, UserFile
from payouts.payment import PaymentLine
from schemes.account import open_details
from schemes.seal import Seals

WIDTH = 18


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

    submitter: the service user number, or the number of the bureau that submits (Standard 18, VOL1 42-47).
    """

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


def credits_of(seals: Seals, body_id: object, payments: Iterable[PaymentLine]) -> Iterator[Credit]:
    """The payments with their bank details opened, for the time that a file takes to write."""
    for payment in payments:
        key = seals.open(body_id, payment.key_id, payment.ring_key_id, payment.wrapped)  # type: ignore[arg-type]
        details = open_details(key, payment.account_id, payment.sealed_details)
        yield Credit(
            sort_code=details.sort_code,
            account_number=details.account_number,
            amount_pence=payment.amount_pence,
            account_name=charset.to_bacs(payment.holder_name).cut(WIDTH),
            reference=payment.reference,
            roll_number=details.roll_number,
        )


def wire(text: str, *, sandbox: bool) -> str:
    """A name or narrative on the wire; in a sandbox file it begins with SANDBOX, so that nobody takes it for real."""
    return charset.to_bacs(f"SANDBOX {text}" if sandbox else text).cut(WIDTH).rstrip()


def submission_of(facts: FileFacts, credits: Iterable[Credit]) -> Submission:
    """One user file with one section: single processing day, one originating account."""
    account = OriginatingAccount(facts.sort_code, facts.account_number, wire(facts.account_name, sandbox=facts.sandbox))
    section = Section(account, facts.processing_day, credits, wire(facts.narrative, sandbox=facts.sandbox))
    user_file = UserFile(
        facts.service_user_number,
        wire(facts.service_user_name, sandbox=facts.sandbox),
        (facts.serial - 1) % 999 + 1,
        (section,),
        item_limit_pence=facts.item_limit_pence,
    )
    return Submission(f"{facts.serial:06d}", facts.submitter, facts.created_on, (user_file,))


def build(facts: FileFacts, credits: Iterable[Credit]) -> bytes:
    """The file's bytes, read back and compared record by record before they are given out.

    Raises ReadBackDiffers, and what `bacs.standard18.write` raises for a payment that the format cannot carry.
    """
    written = tuple(credits)
    submission = submission_of(facts, written)
    buffer = io.BytesIO()
    buffer.writelines(standard18.write(submission))
    content = buffer.getvalue()
    compare(submission.as_sent(), standard18.read_submission(content))
    return content


def compare(expected: Submission, found: Submission) -> None:
    wanted = [credit for section in expected.user_files[0].sections for credit in section.credits]
    there = [credit for section in found.user_files[0].sections for credit in section.credits]
    for number, (want, got) in enumerate(zip(wanted, there, strict=False), start=1):
        if want != got:
            raise ReadBackDiffers(number, want, got)
    if len(wanted) != len(there) or expected != found:
        raise ReadBackDiffers(min(len(wanted), len(there)) + 1, len(wanted), len(there))
