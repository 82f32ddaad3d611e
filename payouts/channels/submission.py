"""That the files of a payroll were submitted: recorded by a person, file by file, apart from release and download."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session

from payouts.channels.dispatch import must_go_by_hand
from payouts.files.payment_file import PaymentFile, files_of
from payouts.ledger.entry import Event
from payouts.ledger.posting import post
from payouts.payment import Payment, PaymentStatus, in_payroll
from payouts.payroll import GONE_FROM_HERE, Payroll, PayrollStatus, move, move_payments
from payouts.tasks import outbox
from schemes import audit
from schemes.database import Base, BodyOwned, new_id, to_body_row
from schemes.errors import NotFound, NotNow, Refused
from schemes.person import Actor, Role


class Submission(BodyOwned, Base):
    """That one file was submitted: when, under which reference of the submitter, and who says so. Never changed.

    recorded_by: None of a file that the service itself put into the bank's folder.
    """

    __tablename__ = "submission"
    __table_args__ = (
        UniqueConstraint("body_id", "file_id"),
        Index("ix_submission_payroll", "body_id", "payroll_id"),
        to_body_row("payroll", "payroll_id"),
        to_body_row("payment_file", "file_id"),
    )

    payroll_id: Mapped[UUID]
    file_id: Mapped[UUID]
    reference: Mapped[str]
    submitted_at: Mapped[datetime]
    recorded_by: Mapped[UUID | None]
    recorded_at: Mapped[datetime]


class NotDownloaded(Refused):
    """Nobody has downloaded the file yet, so it cannot have been submitted."""


class NoFileChosen(Refused):
    """Of a payroll of several files somebody has to say which ones were submitted."""


class SubmittedWhen(Refused):
    """A submission lies between the download of its file and now."""


class SubmissionReferenceMissing(Refused):
    """The submitter's reference is how the bank and the body find the submission again."""


def submissions_of(session: Session, payroll_id: UUID) -> dict[UUID, Submission]:
    """What is recorded of a payroll, by file."""
    recorded = select(Submission).where(Submission.payroll_id == payroll_id).order_by(Submission.id)
    return {one.file_id: one for one in session.scalars(recorded)}


def files_to_submit(session: Session, payroll_id: UUID) -> Sequence[PaymentFile]:
    """The live files of a payroll of which nobody said yet that they were submitted."""
    recorded = submissions_of(session, payroll_id)
    return [file for file in files_of(session, payroll_id) if file.id not in recorded]


def record_submission(
    session: Session,
    payroll: Payroll,
    *,
    file_ids: Collection[UUID] | None = None,
    reference: str,
    submitted_at: datetime,
    by: Actor,
    at: datetime,
) -> list[Submission]:
    """Record that files went to Bacs, on a payroll locked by the caller; the last of them moves the payroll.

    file_ids: the files that went in this submission; None for all of which nothing is recorded yet. Only when every
    file was submitted may anybody be told that money is on its way. Recording a file twice is recording it once: its
    first submission stands. Raises NoFileChosen, NotDownloaded, GoesByItself, SubmittedWhen, NotFound, NotNow,
    SubmissionReferenceMissing, NotAllowed.
    """
    by.must_be(Role.RELEASER, scheme=payroll.scheme_id)
    if payroll.status not in GONE_FROM_HERE:
        raise NotNow("payroll", payroll.status, "recorded as submitted")
    waiting = files_to_submit(session, payroll.id)
    chosen = waiting if file_ids is None else chosen_of(session, payroll, waiting, file_ids)
    if not chosen:
        return list(submissions_of(session, payroll.id).values())
    if not reference.strip():
        raise SubmissionReferenceMissing
    for file in chosen:
        must_go_by_hand(session, file.id)
        must_have_been_sent(file, submitted_at, at=at)
    made = [note(session, payroll, file, reference.strip(), submitted_at, by=by, at=at) for file in chosen]
    # the bank's reports may have told before anybody recorded it
    if len(chosen) == len(waiting) and payroll.status is PayrollStatus.RELEASED:
        all_are_submitted(session, payroll, by=by, at=at)
    return made


def chosen_of(
    session: Session, payroll: Payroll, waiting: Sequence[PaymentFile], file_ids: Collection[UUID]
) -> Sequence[PaymentFile]:
    """The files of these ids that still wait. Raises NoFileChosen, NotFound."""
    if not file_ids:
        raise NoFileChosen
    known = {file.id for file in files_of(session, payroll.id)}
    for file_id in file_ids:
        if file_id not in known:
            raise NotFound("file", file_id)
    return [file for file in waiting if file.id in file_ids]


def must_have_been_sent(file: PaymentFile, submitted_at: datetime, *, at: datetime) -> None:
    if file.first_downloaded_at is None:
        raise NotDownloaded
    # a person gives the time to the minute
    if not file.first_downloaded_at.replace(second=0, microsecond=0) <= submitted_at <= at:
        raise SubmittedWhen


def note(
    session: Session,
    payroll: Payroll,
    file: PaymentFile,
    reference: str,
    submitted_at: datetime,
    *,
    by: Actor | None,
    at: datetime,
) -> Submission:
    submission = Submission(
        body_id=payroll.body_id,
        id=new_id(),
        payroll_id=payroll.id,
        file_id=file.id,
        reference=reference,
        submitted_at=submitted_at,
        recorded_by=by.person_id if by else None,
        recorded_at=at,
    )
    session.add(submission)
    session.flush()
    audit.record(
        session,
        "submission.recorded",
        by=by,
        about=payroll,
        at=at,
        submission=str(submission.id),
        file=str(file.id),
        sha256=file.sha256,
    )
    return submission


def file_was_sent(session: Session, payroll: Payroll, file: PaymentFile, *, by: Actor | None, at: datetime) -> None:
    """Record that the bank's folder has a file, on a payroll locked by the caller; its name there is the reference."""
    waiting = files_to_submit(session, payroll.id)
    if payroll.status is not PayrollStatus.RELEASED or file.id not in {each.id for each in waiting}:
        return
    note(session, payroll, file, file.name, at, by=by, at=at)
    if len(waiting) == 1:
        all_are_submitted(session, payroll, by=by, at=at)


def all_are_submitted(session: Session, payroll: Payroll, *, by: Actor | None, at: datetime) -> None:
    """Move a payroll whose last file was submitted, its payments and its money, and have payees told."""
    move(session, payroll, PayrollStatus.SUBMITTED, by=by, at=at)
    move_payments(session, payroll, PaymentStatus.SUBMITTED)
    post(session, Event.SUBMITTED, select(Payment.id).where(in_payroll(payroll.id)), at=at)
    outbox.add(session, "notices.plan", once=f"notices.plan/{payroll.id}", at=at, payroll_id=str(payroll.id))
