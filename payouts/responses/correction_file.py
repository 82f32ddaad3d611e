"""Reading a report of corrections as somebody sent it, and refusing it whole when it is not one of this body's."""

from __future__ import annotations

import io
from enum import StrEnum
from itertools import islice
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from bacs.errors import NotAReport, Unreadable
from bacs.reports import awacs
from bacs.reports.awacs import CorrectedAccount
from bacs.reports.envelope import ReportHeader, ReportKind, recognise
from schemes.bank_profile import BankProfile
from schemes.body import get_body
from schemes.errors import Refused

# each chunk reads its way to its first line, so that nothing but the file has to be kept
MOST_LINES = 100_000


class ReportFault(StrEnum):
    """Why a whole report is refused."""

    UNREADABLE = "unreadable"
    ANOTHER_REPORT = "another_report"
    ANOTHER_SERVICE_USER = "another_service_user"
    TEST = "test"
    TOO_MANY_LINES = "too_many_lines"


class ReportRefused(Refused):
    """A file from which nothing is taken."""

    def __init__(self, fault: ReportFault) -> None:
        super().__init__(f"report of corrections: {fault}")
        self.fault = fault


class ReadReport(NamedTuple):
    """A report's header and how many lines it has; gaps: how often advice numbers are missing between two lines."""

    header: ReportHeader
    line_count: int
    gaps: int


def read_report(session: Session, content: bytes) -> ReadReport:
    """Raises ReportRefused, also when nothing in the file says for whom it is."""
    ours = set(session.scalars(select(BankProfile.service_user_number)))
    header, lines, gaps, named = None, 0, 0, set()
    try:
        if recognise(content) is not ReportKind.AWACS:
            raise ReportRefused(ReportFault.ANOTHER_REPORT)
        for record in awacs.read(io.BytesIO(content)):
            if isinstance(record, ReportHeader):
                header = record
                named.add(record.user_number)
            elif isinstance(record, CorrectedAccount):
                lines += 1
                named.add(record.user_number or (header.user_number if header else ""))
            else:
                gaps += 1
            if lines > MOST_LINES:
                raise ReportRefused(ReportFault.TOO_MANY_LINES)
    except NotAReport:
        raise ReportRefused(ReportFault.ANOTHER_REPORT) from None
    except Unreadable:
        raise ReportRefused(ReportFault.UNREADABLE) from None
    if header is None:
        raise ReportRefused(ReportFault.ANOTHER_REPORT)
    if not named <= ours:
        raise ReportRefused(ReportFault.ANOTHER_SERVICE_USER)
    if header.is_test and not get_body(session).is_sandbox:
        raise ReportRefused(ReportFault.TEST)
    return ReadReport(header, lines, gaps)


def lines_of_file(content: bytes, *, after: int, limit: int) -> list[CorrectedAccount]:
    """Lines of a report that was read before, those after so many."""
    records = awacs.read(io.BytesIO(content))
    lines = (record for record in records if isinstance(record, CorrectedAccount))
    return list(islice(lines, after, after + limit))
