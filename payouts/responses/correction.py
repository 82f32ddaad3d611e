"""Corrections from the bank (AWACS): credits that reached their payee, but at other bank details than we hold.

A correction is a proposal like any other: a report that somebody forged would move a payee's money for good, so a
second person calls the payee, or the bank, and confirms it (Bacs messages, AWACS). A line that cannot be used is kept
with the reason; it never sinks the others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bacs.reports.awacs import CorrectedAccount
from payouts import proposing
from payouts.responses.correction_file import lines_of_file, read_report
from payouts.responses.correction_match import Found, Match, match_lines
from payouts.tasks import outbox
from schemes import audit, bank_details
from schemes.account import Account, CameBy
from schemes.database import Base, BodyOwned, new_id, stored, take_turns, to_body_row
from schemes.errors import NotFound, Refused
from schemes.payee import Payee
from schemes.person import Actor, Role
from schemes.seal import Seals, destroy, get_key
from schemes.typed_details import DetailsFault, DetailsRefused, read_details

if TYPE_CHECKING:
    from payouts.app import Service


CHUNK = 500
"""Lines that are looked at in one go: as many as a person waits for when they send a report."""


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
    REFUSED = "refused"


OF_MATCH = {
    Match.NOT_FOUND: LineOutcome.NOT_FOUND,
    Match.SEVERAL_PAYEES: LineOutcome.SEVERAL_PAYEES,
    Match.REPLACED_SINCE: LineOutcome.REPLACED_SINCE,
}


class CorrectionReport(BodyOwned, Base):
    """One report, read once: `sha256` is the file's. gaps: advice numbers that are missing, so a report may be.

    lines_done: how many of its lines were looked at; sealed_content: the file, until that is all of them.
    """

    __tablename__ = "correction_report"
    __table_args__ = (
        UniqueConstraint("body_id", "sha256"),
        Index("ix_correction_report_read", "body_id", "read_at"),
        to_body_row("sealing_key", "key_id"),
        CheckConstraint("(sealed_content is not null) = (lines_done < line_count)", name="content"),
    )

    file_name: Mapped[str]
    sha256: Mapped[str]
    report_number: Mapped[str]
    produced_on: Mapped[date | None]
    line_count: Mapped[int]
    lines_done: Mapped[int]
    gaps: Mapped[int]
    key_id: Mapped[UUID | None]
    sealed_content: Mapped[bytes | None] = mapped_column(deferred=True)
    read_by: Mapped[UUID]
    read_at: Mapped[datetime]

    @property
    def is_read(self) -> bool:
        return self.lines_done == self.line_count


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
    """Read a report and propose what it corrects: of a large one the first lines, and workers the others.

    The same file again is the same report and changes nothing. Raises ReportRefused, NotAllowed.
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
        line_count=read.line_count,
        lines_done=min(read.line_count, CHUNK),
        gaps=read.gaps,
        read_by=by.person_id,
        read_at=at,
    )
    if not report.is_read:
        key_row, key = service.seals.make(by.body_id, at)
        session.add(key_row)
        session.flush()
        report.key_id, report.sealed_content = key_row.id, key.seal(content, "correction_report", report_id)
    session.add(report)
    session.flush()
    propose_lines(session, service, report, lines_of_file(content, after=0, limit=CHUNK), after=0, by=by, at=at)
    go_on(session, report, by=by, at=at)
    return report


def go_on(session: Session, report: CorrectionReport, *, by: Actor, at: datetime) -> None:
    """Have the next lines looked at, or record that all were."""
    if not report.is_read:
        once = f"corrections.read/{report.id}/{report.lines_done}"
        outbox.add(session, "corrections.read", once=once, at=at, report_id=str(report.id))
        return
    audit.record(
        session,
        "correction_report.read",
        by=by,
        about=report,
        at=at,
        lines=report.line_count,
        proposed=counts_of(session, report.id).get(LineOutcome.PROPOSED, 0),
        gaps=report.gaps,
    )


def read_on(session: Session, service: Service, args: Mapping[str, Any]) -> None:
    """Look at the next lines of a large report, in the name of whoever sent it."""
    report = get_report(session, UUID(args["report_id"]), lock=True)
    if report.is_read or report.key_id is None or report.sealed_content is None:
        return
    key = service.seals.open_row(get_key(session, report.body_id, report.key_id))
    content = key.open(report.sealed_content, "correction_report", report.id)
    lines = lines_of_file(content, after=report.lines_done, limit=CHUNK)
    # what they may do was asked when they sent it
    by = Actor(report.read_by, report.body_id, "", "", frozenset({Role.PREPARER}))
    propose_lines(session, service, report, lines, after=report.lines_done, by=by, at=service.now())
    report.lines_done += len(lines)
    if report.lines_done == report.line_count:
        report.sealed_content = None
        session.flush()
        destroy(session, report.body_id, report.key_id, at=service.now())
    session.flush()
    go_on(session, report, by=by, at=service.now())


def propose_lines(
    session: Session,
    service: Service,
    report: CorrectionReport,
    lines: Sequence[CorrectedAccount],
    *,
    after: int,
    by: Actor,
    at: datetime,
) -> None:
    """Keep what becomes of some lines of a report, those after so many."""
    digests = [digest_of(service.seals, by.body_id, line) for line in lines]
    known = set(session.scalars(select(CorrectionLine.digest).where(CorrectionLine.digest.in_(digests))))
    matches = match_lines(session, service.seals, lines, day=bank_details.london_day(at))
    for position, (line, digest, found) in enumerate(zip(lines, digests, matches, strict=True), start=after + 1):
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
    except Refused:
        # whatever it is, the lines after it are looked at
        kept.outcome = LineOutcome.REFUSED


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


def get_report(session: Session, report_id: UUID, *, lock: bool = False) -> CorrectionReport:
    """Raises NotFound."""
    report = session.get(CorrectionReport, (session.info["body_id"], report_id), with_for_update=lock or None)
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
