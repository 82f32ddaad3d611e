"""Payments as a Bacs Standard 18 file: the same payments, profile, serial and dates are the same bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from bacs import charset, standard18
from bacs.standard18 import Credit, OriginatingAccount, Pieces, Section, Submission, UserFile
from payouts.files.facts import FileCredit, FileFacts, Form, ReadBackDiffers

WIDTH = 18


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


def opening(facts: FileFacts) -> bytes:
    """The volume's, header and user labels."""
    return Pieces(submission_of(facts, ())).opening()


def records(facts: FileFacts, credits: Iterable[FileCredit]) -> Iterator[bytes]:
    """A data record for each payment. Raises ItemRefused for one that the format cannot carry."""
    return Pieces(submission_of(facts, ())).records(each.credit for each in credits)


def closing(facts: FileFacts) -> bytes:
    """The contra record and the trailers."""
    return Pieces(submission_of(facts, ())).closing(facts.count, facts.total_pence)


def read_back(facts: FileFacts, credits: Sequence[FileCredit], records: bytes) -> None:
    """Read some records as a file of their own, and compare them with the payments. Raises ReadBackDiffers."""
    wanted = tuple(each.credit for each in credits)
    part = replace(facts, count=len(wanted), total_pence=sum(credit.amount_pence for credit in wanted))
    found = standard18.read_submission(opening(part) + records + closing(part))
    compare(submission_of(part, wanted).as_sent(), found)


def compare(expected: Submission, found: Submission) -> None:
    wanted = [credit for section in expected.user_files[0].sections for credit in section.credits]
    there = [credit for section in found.user_files[0].sections for credit in section.credits]
    for number, (want, got) in enumerate(zip(wanted, there, strict=False), start=1):
        if want != got:
            raise ReadBackDiffers(number, want, got)
    if len(wanted) != len(there) or expected != found:
        raise ReadBackDiffers(min(len(wanted), len(there)) + 1, len(wanted), len(there))


FORM = Form(charset.to_bacs, WIDTH, opening, records, closing, read_back)
