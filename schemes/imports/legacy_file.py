"""The payments of an older system, as a register: each credit of a Standard 18 file or of a pain.001 message is a row.

Such a file knows neither the body's own references nor since when somebody is paid: a person says both. Contras,
collections and instructions are left out and counted; a line that is none of these is a row too, and refused. What the
file says of its totals is held against what stands in it, so that a file that was cut short is noticed.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from bacs import iban, standard18
from bacs.errors import AccountRefused, HostileXml, Unreadable
from bacs.iso20022 import instructions
from bacs.iso20022.reading import Mismatch, recognise
from bacs.standard18.layout import CREDIT_CODES, DEBIT_CODES, INSTRUCTION_CODES
from bacs.standard18.reader import Kind
from schemes.errors import FileFault, FileRefused, Refused
from schemes.imports.cells import LONGEST, REFERENCE

STANDARD_18 = "standard18"
PAIN_001 = "pain.001"
LABELS = ("VOL1", "HDR1", "HDR2", "UHL1")
CODES = "|".join((*CREDIT_CODES, *DEBIT_CODES, *INSTRUCTION_CODES))
RECORD = re.compile(rf"[0-9]{{14}}.(?:{CODES})[0-9]{{14}}.{{15}}")
HEADER = ["reference", "beneficiary_name", "amount", "start_date", "account_name", "sort_code", "account_number"]
PREFIX = re.compile(r"[A-Za-z0-9][A-Za-z0-9/.-]{0,11}")
LOOKED_AT = 4096
# of the first payments: whether the file's references can be the body's own
SAMPLED = 2000


class TermsRefused(Refused):
    """How credits are to be taken is not said: `field` is the first day or the prefix of the references."""

    def __init__(self, field: str) -> None:
        super().__init__(f"say the {field}")
        self.field = field


@dataclass(frozen=True)
class CreditTerms:
    """How credits become awards. prefix: payees are numbered with it; "" takes the file's own payment references."""

    first_day: date
    prefix: str = ""

    def __post_init__(self) -> None:
        if self.prefix and not PREFIX.fullmatch(self.prefix):
            raise TermsRefused("prefix")

    def as_json(self) -> dict[str, Any]:
        return {"credits": {"first_day": self.first_day.isoformat(), "prefix": self.prefix}}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> CreditTerms:
        return cls(date.fromisoformat(kept["credits"]["first_day"]), kept["credits"]["prefix"])


class Payment(NamedTuple):
    """A credit as the file has it, its amount as text; `damaged` is a line that cannot be told what it is."""

    line: int
    name: str
    amount: str
    sort_code: str
    account_number: str
    reference: str
    damaged: str = ""


def kind_of(content: bytes) -> str:
    """Whether a file is a Standard 18 file or a pain.001 message; "" for neither. Raises FileRefused for other XML."""
    start = content[:LOOKED_AT].removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"<"):
        try:
            found = recognise(content)
        except (Unreadable, HostileXml) as error:
            raise FileRefused(FileFault.PAYMENT_FILE_BROKEN, detail=str(error)[:200]) from None
        if found != PAIN_001:
            raise FileRefused(FileFault.OTHER_XML, found=found)
        return PAIN_001
    first = start.partition(b"\n")[0].decode("latin-1")
    return STANDARD_18 if first.startswith(LABELS) or RECORD.match(first) else ""


class LegacyFile:
    """The credits of a file as rows under our columns. The terms are known once a person has told them."""

    def __init__(self, content: bytes, kind: str, terms: CreditTerms) -> None:
        self.content = content
        self.kind = kind
        self.terms = terms
        self.notes = {"payments_of": kind}

    def lines(self) -> Iterator[tuple[int, list[str]]]:
        yield 0, HEADER
        first_day = self.terms.first_day.isoformat()
        firsts: dict[int, int] = {}
        for number, payment in enumerate(payments_of(self.content, self.kind), start=1):
            if payment.damaged:
                yield payment.line, [payment.damaged]
                continue
            if self.terms.prefix:
                # paid twice under one name and reference, somebody has one number: a person decides what it means
                number = firsts.setdefault(hash(payment[1:2] + payment[3:]), number)
                reference = f"{self.terms.prefix}-{number:06}"
            else:
                reference = reference_of(payment)
            details = [payment.name, payment.sort_code, payment.account_number]
            yield payment.line, [reference, payment.name, payment.amount, first_day, *details]


def reference_of(payment: Payment) -> str:
    """The payment's own reference as one of ours, which have no spaces."""
    return "-".join(payment.reference.split())


def payments_of(content: bytes, kind: str) -> Iterator[Payment]:
    """Every credit, and every line that cannot be told what it is. Raises FileRefused where a message breaks off."""
    yield from standard18_payments(content) if kind == STANDARD_18 else pain001_payments(content)


def standard18_payments(content: bytes) -> Iterator[Payment]:
    for line in standard18.read(content):
        item = line.item()
        if line.kind is Kind.CREDIT and item is not None:
            amount = pounds(item.amount_pence) if item.amount_pence is not None else f"{line.text[35:46]} pence"
            yield Payment(line.number, item.account_name, amount, item.sort_code, item.account_number, item.reference)
        elif line.kind is Kind.UNKNOWN and line.text.strip(" \x1a\x00"):
            yield Payment(line.number, "", "", "", "", "", damaged=line.text.strip()[:200])


def pain001_payments(content: bytes) -> Iterator[Payment]:
    try:
        number = 0
        for record in instructions.read(content):
            if isinstance(record, instructions.Instruction):
                number += 1
                yield from_instruction(number, record)
    except (Unreadable, HostileXml) as error:
        raise FileRefused(FileFault.PAYMENT_FILE_BROKEN, detail=str(error)[:200]) from None


def from_instruction(number: int, told: instructions.Instruction) -> Payment:
    sort_code, account_number = told.creditor_sort_code, told.creditor_account
    try:
        if account_number[:2].isalpha():
            sort_code, account_number = iban.to_account(account_number)
    except AccountRefused:
        pass  # the row is refused for it, with what stands there
    in_pounds = told.currency == "GBP" and told.amount_pence is not None
    amount = pounds(told.amount_pence or 0) if in_pounds else f"{told.currency} {told.amount}"
    reference = told.remittance or told.end_to_end_id
    return Payment(number, told.creditor_name, amount, sort_code, account_number, reference)


def pounds(amount_pence: int) -> str:
    return f"{amount_pence // 100}.{amount_pence % 100:02}"


def summary_of(content: bytes, kind: str) -> dict[str, Any]:
    """What is asked about: how many credits of how much, what is left out, where totals differ. No personal data."""
    found = standard18_totals(content) if kind == STANDARD_18 else pain001_totals(content)
    sample = [
        reference_of(payment)
        for payment, _ in zip(payments_of(content, kind), range(SAMPLED), strict=False)
        if not payment.damaged
    ]
    own = len(set(sample)) == len(sample) and all(
        REFERENCE.fullmatch(each) and len(each) <= LONGEST["reference"] for each in sample
    )
    return {"credits": {"kind": kind, "own_references": own, **found}}


def standard18_totals(content: bytes) -> dict[str, Any]:
    totals: Counter[str] = Counter()
    for line in standard18.read(content):
        item, fields = line.item(), line.fields()
        if line.kind is Kind.UTL1:
            totals["trailers"] += 1
            for name in ("credit_count", "credit_total_pence"):
                totals[f"said_{name}"] += int(fields[name]) if fields[name].isdigit() else 0
        elif item is not None and line.kind is Kind.CONTRA:
            totals["left_out"] += 1
            if item.is_credit:
                totals["contra_credits"] += 1
                totals["contra_credit_pence"] += item.amount_pence or 0
            else:
                totals["contra_pence"] += item.amount_pence or 0
        elif line.kind is Kind.CREDIT and item is not None:
            totals["count"] += 1
            totals["total_pence"] += item.amount_pence or 0
        elif line.kind in (Kind.DEBIT, Kind.INSTRUCTION):
            totals["left_out"] += 1
    counted = {name: totals[name] for name in ("count", "total_pence", "left_out")}
    return {**counted, "differences": standard18_differences(totals)}


def standard18_differences(totals: Mapping[str, int]) -> list[list[str]]:
    """Where the trailer and the contras say otherwise than the credits: what, what they say, what was found."""
    compared = []
    if totals["trailers"]:
        found_pence = totals["total_pence"] + totals["contra_credit_pence"]
        compared.append(("count", totals["said_credit_count"], totals["count"] + totals["contra_credits"]))
        compared.append(("pence", totals["said_credit_total_pence"], found_pence))
    if totals["contra_pence"]:
        compared.append(("contra_pence", totals["contra_pence"], totals["total_pence"]))
    told = [] if totals["trailers"] else [["trailer", "", ""]]
    return told + [[what, str(said), str(found)] for what, said, found in compared if said != found]


def pain001_totals(content: bytes) -> dict[str, Any]:
    count = total = 0
    differences = []
    try:
        for record in instructions.read(io.BytesIO(content)):
            if isinstance(record, instructions.Instruction):
                count, total = count + 1, total + (record.amount_pence or 0)
            elif isinstance(record, Mismatch):
                name = "pence" if record.what.endswith("pence") else "count"
                differences.append([name, record.said, record.found])
    except (Unreadable, HostileXml) as error:
        raise FileRefused(FileFault.PAYMENT_FILE_BROKEN, detail=str(error)[:200]) from None
    return {"count": count, "total_pence": total, "left_out": 0, "differences": differences}
