"""Asking the bank to take a payment or a file back before it is too late, until the bank has confirmed or refused it.

A whole file can be withdrawn on its input day, before the submitter's cut-off; a single credit until an hour of its
processing day, which the bank profile says; from the entry day on nothing (the Bacs cycle, taking it back). Asking
moves no money: what the bank reports does (a Withdrawal report, the Input report's S, ARUCS's C), whether or not
anybody asked here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ColumnElement, Index, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from bacs.calendar import LONDON
from payouts.files.payment_file import PaymentFile, get_file
from payouts.payment import Payment, PaymentStatus, ordinals
from payouts.payment_item import items_of
from payouts.payroll import Payroll
from schemes import audit
from schemes.bank_profile import BankProfile
from schemes.database import Base, BodyOwned, stored, take_turns, to_body_row
from schemes.errors import NotFound, NotNow, ReasonNotGiven, Refused
from schemes.person import Actor, Role

ASKERS = (Role.PREPARER, Role.FINANCE, Role.APPROVER, Role.RELEASER)
RECALLABLE = (PaymentStatus.RELEASED, PaymentStatus.SUBMITTED)


class RecallStatus(StrEnum):
    """Where a recall is. refused: the bank said no, or said nothing until the money was there."""

    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    REFUSED = "refused"


class TooLateToRecall(Refused):
    """Until `deadline` (UTC) it could have been taken back."""

    def __init__(self, deadline: datetime) -> None:
        super().__init__(f"it could be recalled until {deadline:%H:%M on %d %B %Y} UTC")
        self.deadline = deadline


class Recall(BodyOwned, Base):
    """That somebody asks the bank to take a file back, or one payment. `answer`: what the bank said when it refused."""

    __tablename__ = "recall"
    __table_args__ = (
        Index(
            "uq_recall_payment",
            "body_id",
            "payment_id",
            unique=True,
            postgresql_where=text("status = 'requested' and payment_id is not null"),
        ),
        Index(
            "uq_recall_file",
            "body_id",
            "file_id",
            unique=True,
            postgresql_where=text("status = 'requested' and payment_id is null"),
        ),
        Index("ix_recall_payroll", "body_id", "payroll_id"),
        Index("ix_recall_open", "body_id", "asked_at", postgresql_where=text("status = 'requested'")),
        to_body_row("payroll", "payroll_id"),
        to_body_row("payment_file", "file_id"),
        to_body_row("payment", "payment_id"),
        CheckConstraint("reason <> ''", name="reason"),
        CheckConstraint("(status = 'requested') = (answered_at is null)", name="answered"),
    )

    payroll_id: Mapped[UUID]
    file_id: Mapped[UUID]
    payment_id: Mapped[UUID | None]
    status: Mapped[RecallStatus] = mapped_column(stored(RecallStatus), default=RecallStatus.REQUESTED)
    reason: Mapped[str]
    deadline_at: Mapped[datetime]
    asked_by: Mapped[UUID]
    asked_at: Mapped[datetime]
    answer: Mapped[str | None]
    answered_by: Mapped[UUID | None]
    answered_at: Mapped[datetime | None]


def deadline_of(session: Session, payroll: Payroll, *, whole_file: bool) -> datetime:
    """Until when it may be asked, in UTC: by the bank profile that the payroll was created with."""
    if whole_file:
        return payroll.deadline_at
    profile = session.get_one(BankProfile, (payroll.body_id, payroll.bank_profile_id))
    return datetime.combine(payroll.processing_day, profile.recall_by, LONDON).astimezone(UTC)


def ask(
    session: Session,
    payroll: Payroll,
    *,
    recall_id: UUID,
    file_id: UUID,
    payment_id: UUID | None,
    reason: str,
    by: Actor,
    at: datetime,
) -> Recall:
    """Ask for a file, or for one payment of it, to be taken back, on a payroll locked by the caller.

    The same id again is the same recall. Raises TooLateToRecall, NotNow, ReasonNotGiven, NotFound, NotAllowed.
    """
    by.must_be(*ASKERS, scheme=payroll.scheme_id)
    take_turns(session, f"recall {file_id} {payment_id}")
    there = session.get(Recall, (by.body_id, recall_id))
    if there is not None:
        return there
    file = get_file(session, payroll.id, file_id)
    deadline = deadline_of(session, payroll, whole_file=payment_id is None)
    if at > deadline:
        raise TooLateToRecall(deadline)
    if waiting_of(session, file_id, payment_id) is not None:
        raise NotNow("file" if payment_id is None else "payment", "asked back already", "asked back again")
    left = select(func.count()).where(*payments_of(file, payment_id), Payment.status.in_(RECALLABLE))
    if not session.scalar(left):
        raise NotNow("payment", "back already, or not with the bank", "recalled")
    if not reason.strip():
        raise ReasonNotGiven("want it back")
    recall = Recall(
        body_id=by.body_id,
        id=recall_id,
        payroll_id=payroll.id,
        file_id=file_id,
        payment_id=payment_id,
        reason=reason.strip(),
        deadline_at=deadline,
        asked_by=by.person_id,
        asked_at=at,
    )
    session.add(recall)
    session.flush()
    about: dict[str, Any] = {"file": str(file_id)} | ({"payment": str(payment_id)} if payment_id else {})
    audit.record(session, "recall.requested", by=by, about=payroll, at=at, recall=str(recall_id), **about)
    return recall


def credit_of(session: Session, payment: Payment) -> tuple[str, int]:
    """By what the bank knows a payment: reference and pence of the credit, which may carry others of the same payee."""
    together = items_of(session, [payment]).get(payment.id)
    return (together.item.reference, together.total_pence) if together else (payment.reference, payment.amount_pence)


def payments_of(file: PaymentFile, payment_id: UUID | None) -> tuple[ColumnElement[bool], ...]:
    mine = (Payment.payroll_id == file.payroll_id, ordinals(file.first, file.last), Payment.file_id == file.id)
    return mine if payment_id is None else (*mine, Payment.id == payment_id)


def waiting_of(session: Session, file_id: UUID, payment_id: UUID | None) -> Recall | None:
    same = Recall.payment_id.is_(None) if payment_id is None else Recall.payment_id == payment_id
    mine = select(Recall).where(Recall.file_id == file_id, same, Recall.status == RecallStatus.REQUESTED)
    return session.scalars(mine).one_or_none()


def follow(session: Session, payroll_id: UUID, *, at: datetime) -> None:
    """Recalls that the bank has confirmed by what it reported: nothing of theirs is on its way or paid any more."""
    for recall in session.scalars(
        select(Recall).where(Recall.payroll_id == payroll_id, Recall.status == RecallStatus.REQUESTED).with_for_update()
    ):
        file = get_file(session, payroll_id, recall.file_id)
        out = (*RECALLABLE, PaymentStatus.PAID)
        left = select(func.count()).where(*payments_of(file, recall.payment_id), Payment.status.in_(out))
        if not session.scalar(left):
            recall.status, recall.answered_at = RecallStatus.CONFIRMED, at
    session.flush()


def refuse(session: Session, recall: Recall, payroll: Payroll, *, answer: str, by: Actor, at: datetime) -> None:
    """The bank said no, on a row locked by the caller: the payment stays on its way. Raises NotNow, ReasonNotGiven."""
    by.must_be(*ASKERS, scheme=payroll.scheme_id)
    if recall.answered_by == by.person_id and recall.status is RecallStatus.REFUSED:
        return
    if recall.status is not RecallStatus.REQUESTED:
        raise NotNow("recall", recall.status, "refused")
    if not answer.strip():
        raise ReasonNotGiven("know that the bank said no")
    recall.status, recall.answer, recall.answered_by, recall.answered_at = (
        RecallStatus.REFUSED,
        answer.strip(),
        by.person_id,
        at,
    )
    session.flush()
    about: dict[str, Any] = {"payment": str(recall.payment_id)} if recall.payment_id else {}
    audit.record(session, "recall.refused", by=by, about=payroll, at=at, recall=str(recall.id), **about)


def refuse_by_bank(session: Session, recall: Recall, payroll: Payroll, *, answer: str, at: datetime) -> None:
    """The bank itself answered that it will not, on a row locked by the caller."""
    recall.status, recall.answer, recall.answered_at = RecallStatus.REFUSED, answer, at
    session.flush()
    audit.record(session, "recall.refused", by=None, about=payroll, at=at, recall=str(recall.id))


def get_recall(session: Session, recall_id: UUID, *, lock: bool = False) -> Recall:
    """Raises NotFound."""
    recall = session.get(Recall, (session.info["body_id"], recall_id), with_for_update=lock or None)
    if recall is None:
        raise NotFound("recall", recall_id)
    return recall


def recalls_of(session: Session, payroll_id: UUID) -> Sequence[Recall]:
    """A payroll's recalls, the newest first."""
    return session.scalars(
        select(Recall).where(Recall.payroll_id == payroll_id).order_by(Recall.asked_at.desc(), Recall.id)
    ).all()


def recall_of(session: Session, payment: Payment) -> Recall | None:
    """The last time that a payment was asked back by itself."""
    mine = select(Recall).where(Recall.payroll_id == payment.payroll_id, Recall.payment_id == payment.id)
    return session.scalars(mine.order_by(Recall.asked_at.desc()).limit(1)).first()


def open_recalls(session: Session, *, limit: int = 20) -> Sequence[Recall]:
    """The recalls that the bank has not answered, the most pressing first."""
    waiting = select(Recall).where(Recall.status == RecallStatus.REQUESTED)
    return session.scalars(waiting.order_by(Recall.deadline_at, Recall.id).limit(limit)).all()
