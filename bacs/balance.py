"""What a payment file's credits come to, and what the file itself says that they do.

A Standard 18 file debits its account by contra records, which equal the credits before them (Standard 18, contra
record); a pain.001 message states the control sum of each batch. A bank goes by what is said there.
"""

from typing import BinaryIO, NamedTuple

from bacs import recognition
from bacs.comparison import AmountUnreadable, NotPayments
from bacs.errors import NotAReport
from bacs.iso20022 import instructions
from bacs.standard18 import Kind, read


class Balance(NamedTuple):
    """How many credits, their pence, and the pence that contras or control sums say."""

    credits: int
    pence: int
    said_pence: int

    @property
    def holds(self) -> bool:
        return self.pence == self.said_pence


def balance_of(file: BinaryIO) -> Balance:
    """The balance of a Standard 18 or pain.001 file, which must be seekable, in one pass.

    Raises `NotPayments`, `AmountUnreadable`, `Unreadable`, `HostileXml`.
    """
    try:
        what = recognition.recognise(file)
    except NotAReport as other:
        raise NotPayments(other.name) from None
    if what == recognition.STANDARD_18:
        return _of_standard18(file)
    if what == "pain.001":
        return _of_pain001(file)
    raise NotPayments(what)


def _of_standard18(file: BinaryIO) -> Balance:
    count = pence = said_pence = 0
    for line in read(file):
        item = line.item() if line.kind in (Kind.CREDIT, Kind.CONTRA) else None
        if item is None:
            continue
        if item.amount_pence is None:
            raise AmountUnreadable(count + 1)
        if line.kind is Kind.CONTRA:
            said_pence += item.amount_pence
        else:
            count, pence = count + 1, pence + item.amount_pence
    return Balance(count, pence, said_pence)


def _of_pain001(file: BinaryIO) -> Balance:
    count = pence = said_pence = 0
    for record in instructions.read(file):
        if isinstance(record, instructions.BatchHeader):
            said_pence += record.total_pence or 0
        if isinstance(record, instructions.Instruction):
            if record.amount_pence is None:
                raise AmountUnreadable(count + 1)
            count, pence = count + 1, pence + record.amount_pence
    return Balance(count, pence, said_pence)
