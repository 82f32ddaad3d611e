"""Corrections from the bank (AWACS): credits that reached their payee, but at other bank details than we hold.

A correction is a proposal like any other: a report that somebody forged would move a payee's money for good, so a
second person calls the payee, or the bank, and confirms it (Bacs messages, AWACS). A line that cannot be used is kept
with the reason; it never sinks the others.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bacs.reports.awacs import CorrectedAccount
from payouts import proposing
from payouts.responses.correction_file import ReadReport, read_report
from payouts.responses.correction_match import Found, Match, match_lines
from schemes import audit, bank_details
from schemes.account import Account, CameBy
from schemes.database import Base, BodyOwned, new_id, stored, take_turns, to_body_row
from schemes.errors import NotFound
from schemes.payee import Payee
from schemes.person import Actor, Role
from schemes.seal import Seals
from schemes.typed_details import DetailsFault, DetailsRefused, read_details

if TYPE_CHECKING:
    from payouts.app import Service


class LineOutcome(StrEnum):
    """What became of one line of a report."""

    PROPOSED = "proposed"
    CHANGE_WAITING = "change_waiting"
    IN_USE_ALREADY = "in_use_already"
    REPLACED_SINCE = "replaced_since"
    REPEATED = "repeated"
    NOT_FOUND = "not_found"
    SEVERAL_PAYEES = "several_payees"
    NOT_PAYABLE = "not_payable"


OF_MATCH = {
    Match.NOT_FOUND: LineOutcome.NOT_FOUND,
    Match.SEVERAL_PAYEES: LineOutcome.SEVERAL_PAYEES,
    Match.REPLACED_SINCE: LineOutcome.REPLACED_SINCE,
}


class CorrectionReport(BodyOwned, Base):
    """One report, read once: `sha256` is the file's. gaps: advice numbers that are missing, so a report may be."""

    __tablename__ = "correction_report"
    __table_args__ = (UniqueConstraint("body_id", "sha256"), Index("ix_correction_report_read", "body_id", "read_at"))

    file_name: Mapped[str]
    sha256: Mapped[str]
    report_number: Mapped[str]
    produced_on: Mapped[date | None]
    line_count: Mapped[int]
    gaps: Mapped[int]
    read_by: Mapped[UUID]
    read_at: Mapped[datetime]


class CorrectionLine(BodyOwned, Base):
    """One line of a report, and what became of it. Numbers stand in the proposal, sealed; here only their ends.

    digest: keyed, over all that the line says: the same advice in another file is the same advice.
    """

    __tablename__ = "correction_line"
    __table_args__ = (
        UniqueConstraint("body_id", "report_id", "position"),
        Index("ix_correction_line_digest", "body_id", "digest"),
        to_body_row("correction_report", "report_id"),
        to_body_row("payee", "payee_id"),
        to_body_row("account", "proposal_id"),
        CheckConstraint("(outcome = 'proposed') = (proposal_id is not null)", name="proposal"),
        CheckConstraint("(outcome = 'not_payable') = (fault is not null)", name="fault"),
    )

    report_id: Mapped[UUID]
    position: Mapped[int]
    outcome: Mapped[LineOutcome] = mapped_column(stored(LineOutcome))
    fault: Mapped[DetailsFault | None] = mapped_column(stored(DetailsFault))
    payee_id: Mapped[UUID | None]
    proposal_id: Mapped[UUID | None]
    reference: Mapped[str]
    old_last_four: Mapped[str]
    new_last_four: Mapped[str]
    reason_code: Mapped[str]
    effective_on: Mapped[date | None]
    digest: Mapped[bytes]


def take(
    session: Session, service: Service, *, report_id: UUID, file_name: str, content: bytes, by: Actor, at: datetime
) -> CorrectionReport:
    """Read a report and propose what it corrects. The same file again is the same report and changes nothing.

    Raises ReportRefused, NotAllowed.
    """
    by.must_be(Role.PREPARER)
    take_turns(session, "correction report")
    sha256 = hashlib.sha256(content).hexdigest()
    there = session.scalars(select(CorrectionReport).where(CorrectionReport.sha256 == sha256)).one_or_none()
    if there is not None:
        return there
    read = read_report(session, content)
    report = CorrectionReport(
        body_id=by.body_id,
        id=report_id,
        file_name=file_name,
        sha256=sha256,
        report_number=read.header.report_number[:40],
        produced_on=read.header.produced_on,
        line_count=len(read.lines),
        gaps=read.gaps,
        read_by=by.person_id,
        read_at=at,
    )
    session.add(report)
    session.flush()
    outcomes = propose_lines(session, service, report, read, by=by, at=at)
    audit.record(
        session,
        "correction_report.read",
        by=by,
        about=report,
        at=at,
        lines=len(read.lines),
        proposed=outcomes[LineOutcome.PROPOSED],
        gaps=read.gaps,
    )
    return report


def propose_lines(
    session: Session, service: Service, report: CorrectionReport, read: ReadReport, *, by: Actor, at: datetime
) -> Counter[LineOutcome]:
    digests = [digest_of(service.seals, by.body_id, line) for line in read.lines]
    known = set(session.scalars(select(CorrectionLine.digest).where(CorrectionLine.digest.in_(digests))))
    matches = match_lines(session, service.seals, read.lines, day=bank_details.london_day(at))
    outcomes: Counter[LineOutcome] = Counter()
    for position, (line, digest, found) in enumerate(zip(read.lines, digests, matches, strict=True), start=1):
        kept = CorrectionLine(
            body_id=report.body_id,
            id=new_id(),
            report_id=report.id,
            position=position,
            payee_id=found.account.payee_id if found.account else None,
            reference=line.reference[:40],
            old_last_four=line.account_number[-4:],
            new_last_four=line.new_account_number[-4:],
            reason_code=line.reason[:10],
            effective_on=line.effective_day,
            digest=digest,
        )
        if digest in known:
            kept.outcome = LineOutcome.REPEATED
        else:
            propose_line(session, service, kept, line, found, by=by, at=at)
        known.add(digest)
        session.add(kept)
        session.flush()
        outcomes[kept.outcome] += 1
    return outcomes


def propose_line(
    session: Session,
    service: Service,
    kept: CorrectionLine,
    line: CorrectedAccount,
    found: Found,
    *,
    by: Actor,
    at: datetime,
) -> None:
    """Propose what a line corrects, and note what became of it."""
    if found.account is None or found.match in OF_MATCH:
        kept.outcome = OF_MATCH[found.match]
        return
    try:
        read_details(line.new_sort_code, line.new_account_number, "")
        with session.begin_nested():
            proposal = bank_details.propose(
                session,
                service.seals,
                account_id=new_id(),
                payee_id=found.account.payee_id,
                holder_name=line.new_account_name or found.account.holder_name,
                sort_code=line.new_sort_code,
                account_number=line.new_account_number,
                roll_number="",
                came_by=CameBy.BANK,
                by=by,
                at=at,
            )
        proposing.follow_up(service, session, proposal, by=by, at=at)
        kept.outcome, kept.proposal_id = LineOutcome.PROPOSED, proposal.id
    except DetailsRefused as refused:
        kept.outcome, kept.fault = LineOutcome.NOT_PAYABLE, refused.fault
    except bank_details.ProposalWaiting:
        kept.outcome = LineOutcome.CHANGE_WAITING
    except bank_details.SameDetails:
        kept.outcome = LineOutcome.IN_USE_ALREADY


def digest_of(seals: Seals, body_id: UUID, line: CorrectedAccount) -> bytes:
    return seals.fingerprint(
        body_id,
        "correction",
        line.sort_code,
        line.account_number,
        line.new_sort_code,
        line.new_account_number,
        line.new_account_name,
        line.reference,
        line.reason,
        str(line.effective_day),
        line.sequence,
    )


def get_report(session: Session, report_id: UUID) -> CorrectionReport:
    """Raises NotFound."""
    report = session.get(CorrectionReport, (session.info["body_id"], report_id))
    if report is None:
        raise NotFound("correction report", report_id)
    return report


def reports(session: Session, *, limit: int = 50) -> Sequence[CorrectionReport]:
    """The last reports, newest first."""
    return session.scalars(
        select(CorrectionReport).order_by(CorrectionReport.read_at.desc(), CorrectionReport.id.desc()).limit(limit)
    ).all()


class LineRow(NamedTuple):
    """A line as a person reads it; payee and proposal where it found them."""

    line: CorrectionLine
    payee: Payee | None
    proposal: Account | None


def lines_of(session: Session, report_id: UUID, *, after: int = 0, limit: int = 50) -> list[LineRow]:
    """A report's lines by position, those after `after`."""
    rows = session.execute(
        select(CorrectionLine, Payee, Account)
        .outerjoin(Payee, (Payee.body_id == CorrectionLine.body_id) & (Payee.id == CorrectionLine.payee_id))
        .outerjoin(Account, (Account.body_id == CorrectionLine.body_id) & (Account.id == CorrectionLine.proposal_id))
        .where(CorrectionLine.report_id == report_id, CorrectionLine.position > after)
        .order_by(CorrectionLine.position)
        .limit(limit)
    )
    return [LineRow(*row) for row in rows]


def counts_of(session: Session, report_id: UUID) -> dict[LineOutcome, int]:
    """How many lines of a report came to what."""
    counted = select(CorrectionLine.outcome, func.count()).where(CorrectionLine.report_id == report_id)
    return dict(session.execute(counted.group_by(CorrectionLine.outcome)).all())
