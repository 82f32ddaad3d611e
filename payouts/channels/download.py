"""The download channel: a releaser takes the released bytes to whoever submits them, and says when that was done."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session

from payouts.channels.release import has_approved_bytes, must_be_released
from payouts.files.payment_file import PaymentFile, files_of, get_file
from payouts.ledger.entry import Event
from payouts.ledger.posting import post
from payouts.payment import Payment, PaymentStatus, in_payroll
from payouts.payroll import Payroll, PayrollStatus, move, move_payments
from payouts.tasks import outbox
from schemes import audit
from schemes.database import Base, BodyOwned, new_id, to_body_row
from schemes.errors import Refused
from schemes.person import Actor, Role
from schemes.seal import Seals


class Submission(BodyOwned, Base):
    """That a payroll's files were submitted: a fact of its own, apart from release and download."""

    __tablename__ = "submission"
    __table_args__ = (
        UniqueConstraint("body_id", "payroll_id"),
        to_body_row("payroll", "payroll_id"),
    )

    payroll_id: Mapped[UUID]
    reference: Mapped[str]
    submitted_at: Mapped[datetime]
    recorded_by: Mapped[UUID]
    recorded_at: Mapped[datetime]


class NotDownloaded(Refused):
    """Nobody has downloaded the file yet, so it cannot have been submitted."""


class SubmittedWhen(Refused):
    """A submission lies between the release of the payroll and now."""


class SubmissionReferenceMissing(Refused):
    """The submitter's reference is how the bank and the body find the submission again."""


class BytesDiffer(Refused):
    """The bytes of a file are not those that were approved: nobody gets them."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} does not have the approved bytes")
        self.name = name


def download(
    session: Session, seals: Seals, payroll: Payroll, file_id: UUID, *, by: Actor, at: datetime
) -> PaymentFile:
    """Let a released file be downloaded, by `segment.blocks_of`; each download is recorded.

    Every byte is looked at before the first one is given out. Raises BytesDiffer, NotFound, NotNow, NotAllowed.
    """
    by.must_be(Role.RELEASER, scheme=payroll.scheme_id)
    must_be_released(payroll)
    file = get_file(session, payroll.id, file_id)
    if not has_approved_bytes(session, seals, file):
        raise BytesDiffer(file.name)
    if file.first_downloaded_at is None:
        file.first_downloaded_at = at
    audit.record(session, "file.downloaded", by=by, about=file, at=at, payroll=str(payroll.id), sha256=file.sha256)
    return file


def submission_of(session: Session, payroll_id: UUID) -> Submission | None:
    return session.scalars(select(Submission).where(Submission.payroll_id == payroll_id)).one_or_none()


def record_submission(
    session: Session, payroll: Payroll, *, reference: str, submitted_at: datetime, by: Actor, at: datetime
) -> Submission:
    """Record that the files went to Bacs; only now may anybody be told that money is on its way.

    Recording it twice is recording it once. Raises NotDownloaded, SubmittedWhen, SubmissionReferenceMissing, NotNow,
    NotAllowed.
    """
    by.must_be(Role.RELEASER, scheme=payroll.scheme_id)
    there = submission_of(session, payroll.id)
    if there is not None:
        return there
    if not reference.strip():
        raise SubmissionReferenceMissing
    if any(file.first_downloaded_at is None for file in files_of(session, payroll.id)):
        raise NotDownloaded
    downloaded = [f.first_downloaded_at for f in files_of(session, payroll.id) if f.first_downloaded_at]
    # a person gives the time to the minute
    if submitted_at > at or (downloaded and submitted_at < min(downloaded).replace(second=0, microsecond=0)):
        raise SubmittedWhen
    move(session, payroll, PayrollStatus.SUBMITTED, by=by, at=at)
    move_payments(session, payroll, PaymentStatus.SUBMITTED)
    post(session, Event.SUBMITTED, select(Payment.id).where(in_payroll(payroll.id)), at=at)
    submission = Submission(
        body_id=payroll.body_id,
        id=new_id(),
        payroll_id=payroll.id,
        reference=reference.strip(),
        submitted_at=submitted_at,
        recorded_by=by.person_id,
        recorded_at=at,
    )
    session.add(submission)
    session.flush()
    audit.record(session, "submission.recorded", by=by, about=payroll, at=at, submission=str(submission.id))
    outbox.add(session, "notices.plan", once=f"notices.plan/{payroll.id}", at=at, payroll_id=str(payroll.id))
    return submission
