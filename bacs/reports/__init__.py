"""Bacs reports to a payer of credits: recognising them, and reading them as streams of plain records.

`read` tells by content which report a file is, and hands it to `input_report`, `arucs` or `awacs`.
"""

import io
from collections.abc import Iterator
from typing import BinaryIO

from bacs.reports import arucs, awacs, input_report
from bacs.reports.arucs import ReturnedCredit, ReturnReason
from bacs.reports.awacs import CorrectedAccount
from bacs.reports.envelope import Mismatch, ReportHeader, ReportKind, recognise
from bacs.reports.input_report import ItemOutcome, ListedItem, UserFileReport

__all__ = [
    "CorrectedAccount",
    "ItemOutcome",
    "ListedItem",
    "Mismatch",
    "ReportHeader",
    "ReportKind",
    "ReturnReason",
    "ReturnedCredit",
    "UserFileReport",
    "read",
    "recognise",
]

Record = ReportHeader | UserFileReport | ListedItem | ReturnedCredit | CorrectedAccount | Mismatch

_READERS = {
    ReportKind.ARRIVAL: input_report.read,
    ReportKind.INPUT: input_report.read,
    ReportKind.WITHDRAWAL: input_report.read,
    ReportKind.ARUCS: arucs.read,
    ReportKind.AWACS: awacs.read,
}


def read(source: bytes | BinaryIO, *, user_number: str = "") -> Iterator[Record]:
    """Read whichever report this is. A file must be seekable, since it is looked at twice.

    With `user_number` a report for another service user is refused. Raises `NotAReport` for a Direct Debit
    collector's report by its name, `WrongServiceUser`, `HostileXml` and `Unreadable`.
    """
    file = io.BytesIO(source) if isinstance(source, bytes) else source
    return iter(_READERS[recognise(file)](file, user_number=user_number))
