"""Corrected accounts (AWACS) among the bank's answers, handed to those who propose what they correct."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from sqlalchemy.orm import Session

from payouts.responses import correction
from payouts.responses.correction_file import ReportFault, ReportRefused
from payouts.responses.readers import NotTaken
from payouts.responses.response import Response, ResponseFault
from schemes.person import Actor, Role

if TYPE_CHECKING:
    from payouts.app import Service

FAULTS = {
    ReportFault.UNREADABLE: ResponseFault.UNREADABLE,
    ReportFault.ANOTHER_REPORT: ResponseFault.NOT_A_RESPONSE,
    ReportFault.ANOTHER_SERVICE_USER: ResponseFault.ANOTHER_SERVICE_USER,
    ReportFault.TEST: ResponseFault.TEST,
    ReportFault.TOO_MANY_LINES: ResponseFault.UNREADABLE,
}


def take_corrections(session: Session, service: Service, response: Response, content: BinaryIO) -> None:
    """Propose what an AWACS report corrects, in the name of whoever sent it: so they confirm none of it themselves."""
    by = Actor(response.received_by, response.body_id, "", "", frozenset({Role.PREPARER}))
    try:
        report = correction.take(
            session,
            service,
            report_id=response.id,
            file_name=response.file_name,
            content=content.read(),
            by=by,
            at=service.now(),
        )
    except ReportRefused as refused:
        raise NotTaken(FAULTS[refused.fault]) from None
    response.report_number, response.produced_on = report.report_number, report.produced_on
    response.line_count = response.lines_done = report.line_count
    response.mismatches = report.gaps
