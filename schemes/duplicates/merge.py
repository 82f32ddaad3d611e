"""Merging two payees who are one person: one proposes, another confirms, and the awards go to the one who stays.

Nothing is rewritten but whom an award pays, and of that what was before is kept (`MergedAward`). Whose money it is
stays as it is, so that the permanent key of every payment ever made protects as before; the two beneficiaries are noted
as one person, and the database leaves out a payment to the one for what the other was paid.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKeyConstraint, Index, or_, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from schemes import audit, change
from schemes.account import Account
from schemes.amount import inputs_json
from schemes.award import Award
from schemes.award_history import History, Terms
from schemes.award_version import AwardVersion, ever_paid_to, history_of
from schemes.change import Change, ChangeKind
from schemes.database import Base, new_id, to_body_row
from schemes.duplicates.one_person import both_have, join, oneself
from schemes.duplicates.pair import DECIDERS, DuplicatePair, PairStatus, get_pair, move
from schemes.errors import NotFound, Refused
from schemes.payee import Payee, get_payee
from schemes.person import Actor


class MergeBar(StrEnum):
    """Why two cannot be merged as they are, or a merge cannot be undone."""

    MERGED_ALREADY = "merged_already"
    BANK_DETAILS_WAIT = "bank_details_wait"
    BOTH_HAVE_AWARD = "both_have_award"
    ONE_ALREADY = "one_already"
    NOT_MERGED = "not_merged"
    MERGED_AGAIN = "merged_again"
    ONE_BY_ANOTHER = "one_by_another"


class MergeRefused(Refused):
    """Something has to be put right before the two can be one. awards: those that would be paid twice."""

    def __init__(self, why: MergeBar, awards: Sequence[UUID] = ()) -> None:
        super().__init__(f"these two cannot be merged, or parted again: {why}")
        self.why = why
        self.awards = list(awards)


class MergedAward(Base):
    """That an award was paid to somebody else before two payees were merged."""

    __tablename__ = "merged_award"
    __table_args__ = (
        ForeignKeyConstraint(["body_id", "change_id"], ["change.body_id", "change.id"]),
        Index("ix_merged_award_award", "body_id", "award_id"),
        to_body_row("award", "award_id"),
        to_body_row("payee", "paid_before"),
    )

    body_id: Mapped[UUID] = mapped_column(primary_key=True)
    change_id: Mapped[UUID] = mapped_column(primary_key=True)
    award_id: Mapped[UUID] = mapped_column(primary_key=True)
    paid_before: Mapped[UUID]


def propose(
    session: Session, pair: DuplicatePair, *, change_id: UUID, kept_id: UUID, reason: str, by: Actor, at: datetime
) -> Change:
    """Propose that of a pair one is merged into the other, who stays. The same id again is the same proposal.

    Raises MergeRefused, ChangeWaiting, ReasonNotGiven, NotFound, NotAllowed.
    """
    by.must_be(*DECIDERS)
    if kept_id not in (pair.first_payee_id, pair.second_payee_id):
        raise NotFound("payee", kept_id)
    gone_id = pair.first_payee_id if kept_id == pair.second_payee_id else pair.second_payee_id
    gone, kept = get_payee(session, gone_id), get_payee(session, kept_id)
    there = session.get(Change, (by.body_id, change_id))
    if there is None:
        refuse_unless_possible(session, gone, kept)
    return change.propose(
        session,
        ChangeKind.MERGE,
        change_id=change_id,
        subject_id=gone.id,
        before=facts_of(session, gone.id),
        after={"payee": kept.reference, "payee_id": str(kept.id), "pair_id": str(pair.id)},
        reason=reason,
        by=by,
        at=at,
    )


def facts_of(session: Session, gone_id: UUID) -> dict[str, Any]:
    """What would move: if it changes before the second person confirms, they look anew."""
    gone = get_payee(session, gone_id)
    mine = select(Award.id, Award.beneficiary_id).where(ever_paid_to(gone_id))
    awards = session.execute(mine.order_by(Award.id)).all()
    digest = hashlib.sha256(repr([(str(a), str(b)) for a, b in awards]).encode()).hexdigest()
    return {"payee": gone.reference, "payee_id": str(gone_id), "awards": len(awards), "digest": digest}


def refuse_unless_possible(session: Session, gone: Payee, kept: Payee) -> None:
    """Raises MergeRefused."""
    if gone.id == kept.id or gone.merged_into is not None or kept.merged_into is not None:
        raise MergeRefused(MergeBar.MERGED_ALREADY)
    waiting = select(Account.id).where(
        Account.payee_id.in_([gone.id, kept.id]), Account.confirmed_at.is_(None), Account.rejected_at.is_(None)
    )
    if session.scalar(waiting.limit(1)) is not None:
        raise MergeRefused(MergeBar.BANK_DETAILS_WAIT)
    twice = both_have(session, [*oneself(session, gone.id), *oneself(session, kept.id)])
    if twice:
        raise MergeRefused(MergeBar.BOTH_HAVE_AWARD, twice)


def apply(session: Session, confirmed: Change, by: Actor, at: datetime) -> None:
    """Do what a second person confirmed. Raises MergeRefused."""
    ids = (UUID(confirmed.before["payee_id"]), UUID(confirmed.after["payee_id"]))
    # in the order of their ids: two merges of the same two, from either side, must not lock each other out
    locked = {payee_id: get_payee(session, payee_id, lock=True) for payee_id in sorted(ids)}
    gone, kept = locked[ids[0]], locked[ids[1]]
    refuse_unless_possible(session, gone, kept)
    join(session, [*oneself(session, gone.id), *oneself(session, kept.id)])
    facts = {"body_id": gone.body_id, "gone": gone.id, "kept": kept.id, "change": confirmed.id, "at": at}
    moved = {name: session.execute(text(move_all), facts).rowcount for name, move_all in MOVES_OF_A_MERGE.items()}  # type: ignore[attr-defined]
    pay_to(session, kept.id, Award.payee_id == gone.id, by=by, at=at)
    say_anew(session, gone, kept, by=by, at=at)
    gone.merged_into = kept.id
    # whoever was merged into the one who goes now stands behind the one who stays
    session.execute(update(Payee).where(Payee.merged_into == gone.id).values(merged_into=kept.id))
    pair = get_pair(session, UUID(confirmed.after["pair_id"]), lock=True)
    move(pair, PairStatus.MERGED)
    pair.decided_by, pair.decided_at = by.person_id, at
    session.flush()
    for other in open_pairs(session, gone.id):
        move(other, PairStatus.NO_LONGER_ALIKE)
    session.flush()
    audit.record(
        session, "payee.merged", by=by, about=gone, at=at, into=str(kept.id), change=str(confirmed.id), **moved
    )
    audit.record(session, "payee.merged_here", by=by, about=kept, at=at, other=str(gone.id), change=str(confirmed.id))


def pay_to(session: Session, payee_id: UUID, *which: ColumnElement[bool], by: Actor, at: datetime) -> int:
    """Have awards paid to another record of the same person from their beginning; returns how many."""
    paid = update(Award).where(*which).values(payee_id=payee_id).returning(Award.id)
    moved = session.scalars(paid.execution_options(synchronize_session=False)).all()
    session.expire_all()
    audit.record_many(session, MOVED, moved, subject_type=Award.__tablename__, by=by.person_id, at=at)
    return len(moved)


MOVED = "award.payee_moved"


def say_anew(session: Session, gone: Payee, kept: Payee, *, by: Actor, at: datetime) -> None:
    """Later versions of an award are never changed: from the first day on that one pays who goes, all is said anew."""
    later = select(AwardVersion.award_id).where(AwardVersion.payee_id == gone.id)
    reason = f"payee {gone.reference} was merged into {kept.reference}"
    for award in session.scalars(select(Award).where(Award.id.in_(later)).order_by(Award.id)).all():
        history = history_of(session, award)
        pay_from_then_on(
            session, award, history, lambda _, terms: kept.id if terms.payee_id == gone.id else terms.payee_id,
            reason=reason, by=by, at=at,
        )  # fmt: skip
    session.flush()


def pay_from_then_on(
    session: Session,
    award: Award,
    history: History,
    paid: Callable[[date, Terms], UUID],
    *,
    reason: str,
    by: Actor,
    at: datetime,
) -> None:
    """Say an award anew from the first day on for which somebody else is paid. paid: who, by what stands on a day."""
    standing = [(day, history.on(day)) for day in sorted({terms.from_day for terms in history.terms})]
    moving = [(day, terms, paid(day, terms)) for day, terms in standing if terms is not None]
    while moving and moving[0][1].payee_id == moving[0][2]:
        moving.pop(0)
    if moving:
        audit.record(session, MOVED, by=by, about=award, at=at)
    for number, (day, terms, payee_id) in enumerate(moving, start=len(history.terms) + 1):
        session.add(
            AwardVersion(
                body_id=award.body_id,
                id=new_id(),
                award_id=award.id,
                number=number,
                from_day=day,
                last_day=terms.last_day,
                inputs=None if terms.inputs is None else inputs_json(terms.inputs),
                payee_id=payee_id,
                reason=reason,
                made_by=by.person_id,
                made_at=at,
            )
        )


# what stays with the one who goes is their history: bank details, payments, mandates, holds
MOVES_OF_A_MERGE = {
    "awards": """
        INSERT INTO merged_award (body_id, change_id, award_id, paid_before)
        SELECT body_id, :change, id, payee_id FROM award WHERE body_id = :body_id AND payee_id = :gone
    """,
    "mandates": """
        INSERT INTO mandate (body_id, id, beneficiary_id, payee_id, capacity, first_day, last_day, evidence,
                             evidence_reference, made_by, made_at, ended_on, ended_by, ended_at, ended_because,
                             merge_id)
        SELECT body_id, uuidv7(), beneficiary_id, :kept, capacity, first_day, last_day, evidence,
               evidence_reference, made_by, :at, ended_on, ended_by, ended_at, ended_because, :change FROM mandate
         WHERE body_id = :body_id AND payee_id = :gone AND parted_at IS NULL
           AND NOT EXISTS (SELECT FROM mandate AS had
                            WHERE had.body_id = :body_id AND had.payee_id = :kept AND had.parted_at IS NULL
                              AND had.beneficiary_id = mandate.beneficiary_id
                              AND had.first_day IS NULL AND had.last_day IS NULL AND had.ended_on IS NULL)
    """,
    "holds": """
        INSERT INTO hold (body_id, id, payee_id, kind, reason, since, review_on, placed_by, placed_at)
        SELECT body_id, uuidv7(), :kept, kind, reason, since, review_on, placed_by, placed_at FROM hold
         WHERE body_id = :body_id AND payee_id = :gone AND lifted_at IS NULL
    """,
}


def open_pairs(session: Session, payee_id: UUID) -> Sequence[DuplicatePair]:
    return session.scalars(
        select(DuplicatePair).where(
            or_(DuplicatePair.first_payee_id == payee_id, DuplicatePair.second_payee_id == payee_id),
            DuplicatePair.status == PairStatus.OPEN,
        )
    ).all()


def merged_into(session: Session, payee_id: UUID) -> Sequence[Payee]:
    """The payees who were merged into one, by reference."""
    return session.scalars(select(Payee).where(Payee.merged_into == payee_id).order_by(Payee.reference)).all()


def waiting_merge(session: Session, pair: DuplicatePair) -> Change | None:
    """The merge of a pair that waits for a second person, if one does."""
    for gone_id in (pair.first_payee_id, pair.second_payee_id):
        proposed = change.waiting_of(session, ChangeKind.MERGE, gone_id)
        if proposed is not None and proposed.after["pair_id"] == str(pair.id):
            return proposed
    return None
