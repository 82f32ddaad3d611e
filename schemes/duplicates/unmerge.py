"""Undoing a merge of two payees that was wrong: one proposes, another confirms, and each is paid for their own again.

What the merge moved goes back: awards to whom they were paid before, later versions of them said anew. What was paid
meanwhile stays as it is, and counts: the permanent keys name the beneficiaries, which no merge ever changes. Holds stay
on both until somebody lifts them.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from bacs.calendar import LONDON
from schemes import audit, change
from schemes.award import Award
from schemes.award_history import History, Terms
from schemes.award_version import AwardVersion, history_of
from schemes.change import Change, ChangeKind
from schemes.duplicates.merge import MergeBar, MergedAward, MergeRefused, pay_from_then_on, pay_to
from schemes.duplicates.one_person import oneself, part
from schemes.duplicates.pair import DECIDERS, DuplicatePair, PairStatus, get_pair, move
from schemes.payee import Mandate, Payee, get_payee
from schemes.person import Actor


def propose(session: Session, pair: DuplicatePair, *, change_id: UUID, reason: str, by: Actor, at: datetime) -> Change:
    """Propose to undo the merge of a pair. The same id again is the same proposal.

    Raises MergeRefused, ChangeWaiting, ReasonNotGiven, NotAllowed.
    """
    by.must_be(*DECIDERS)
    merged = merge_of(session, pair)
    if session.get(Change, (by.body_id, change_id)) is None:
        refuse_unless_last(session, merged)
    gone_id = UUID(merged.before["payee_id"])
    return change.propose(
        session,
        ChangeKind.UNMERGE,
        change_id=change_id,
        subject_id=gone_id,
        before=facts_of(session, gone_id),
        after={"payee": merged.before["payee"], "pair_id": str(pair.id), "merge_id": str(merged.id)},
        reason=reason,
        by=by,
        at=at,
    )


def merge_of(session: Session, pair: DuplicatePair) -> Change:
    """The merge that a second person confirmed of a pair, the last one. Raises MergeRefused."""
    merges = select(Change).where(
        Change.kind == ChangeKind.MERGE,
        Change.subject_id.in_([pair.first_payee_id, pair.second_payee_id]),
        Change.confirmed_at.is_not(None),
    )
    for merged in session.scalars(merges.order_by(Change.confirmed_at.desc(), Change.id.desc())):
        if merged.after["pair_id"] == str(pair.id) and pair.status is PairStatus.MERGED:
            return merged
    raise MergeRefused(MergeBar.NOT_MERGED)


def facts_of(session: Session, gone_id: UUID) -> dict[str, Any]:
    """Into whom a payee is merged: if that changes before a second person confirms, they look anew."""
    gone = get_payee(session, gone_id)
    kept = get_payee(session, gone.merged_into) if gone.merged_into else gone
    return {"payee": kept.reference, "payee_id": str(gone_id), "merged_into": str(kept.id)}


def refuse_unless_last(session: Session, merged: Change) -> None:
    """Of several merges the last is undone first: who stayed must still be there. Raises MergeRefused."""
    gone = get_payee(session, UUID(merged.before["payee_id"]))
    kept = get_payee(session, UUID(merged.after["payee_id"]))
    if kept.merged_into is not None:
        raise MergeRefused(MergeBar.MERGED_AGAIN)
    if gone.merged_into != kept.id:
        raise MergeRefused(MergeBar.NOT_MERGED)


def apply(session: Session, confirmed: Change, by: Actor, at: datetime) -> None:
    """Do what a second person confirmed. Raises MergeRefused."""
    pair = get_pair(session, UUID(confirmed.after["pair_id"]), lock=True)
    merged = merge_of(session, pair)
    locked = [get_payee(session, each, lock=True) for each in (pair.first_payee_id, pair.second_payee_id)]
    gone, kept = sorted(locked, key=lambda payee: payee.id == UUID(merged.after["payee_id"]))
    refuse_unless_last(session, merged)
    people = oneself(session, kept.id)
    mandates_back(session, merged, by=by, at=at)
    awards = awards_back(session, merged, gone, kept, by=by, at=at)
    gone.merged_into = None
    payees_back(session, gone, kept)
    # the reason first: the database takes no pair for two people without one
    pair.decided_by, pair.decided_at, pair.because = by.person_id, at, confirmed.reason
    move(pair, PairStatus.NOT_SAME)
    session.flush()
    part(session, people)
    session.expire_all()
    audit.record(
        session, "payee.unmerged", by=by, about=gone, at=at, out_of=str(kept.id), change=str(confirmed.id),
        awards=awards,
    )  # fmt: skip
    audit.record(session, "payee.unmerged_here", by=by, about=kept, at=at, other=str(gone.id), change=str(confirmed.id))


def mandates_back(session: Session, merged: Change, *, by: Actor, at: datetime) -> None:
    """Nothing more is paid under what the merge brought from the other record."""
    brought = session.scalars(select(Mandate).where(Mandate.merge_id == merged.id, Mandate.parted_at.is_(None)))
    yesterday = at.astimezone(LONDON).date() - timedelta(days=1)
    for mandate in brought:
        mandate.parted_at = at
        if mandate.end is None or mandate.end > yesterday:
            mandate.ended_on, mandate.ended_by, mandate.ended_at = yesterday, by.person_id, at
            mandate.ended_because = "the merge that brought it was undone"
    session.flush()


def awards_back(session: Session, merged: Change, gone: Payee, kept: Payee, *, by: Actor, at: datetime) -> int:
    """The awards that the merge moved pay who was paid before; returns how many. Those given since stay."""
    moved = select(MergedAward.award_id).where(MergedAward.change_id == merged.id, MergedAward.paid_before == gone.id)
    count = pay_to(session, gone.id, Award.id.in_(moved), Award.payee_id == kept.id, by=by, at=at)
    assert merged.confirmed_at is not None
    said = select(AwardVersion.award_id).where(
        AwardVersion.made_at == merged.confirmed_at, AwardVersion.payee_id == kept.id
    )
    reason = f"the merge of payee {gone.reference} into {kept.reference} was undone"
    for award in session.scalars(select(Award).where(Award.id.in_(said)).order_by(Award.id)).all():
        history = history_of(session, award)
        before = History(tuple(terms for terms in history.terms if terms.made_at < merged.confirmed_at))

        def paid(day: date, terms: Terms, before: History = before) -> UUID:
            said_by_merge = terms.made_at == merged.confirmed_at
            return before.payee_on(day) if said_by_merge else terms.payee_id

        pay_from_then_on(session, award, history, paid, reason=reason, by=by, at=at)
    session.flush()
    return count


def payees_back(session: Session, gone: Payee, kept: Payee) -> None:
    """Whoever was merged into the one who comes back stands behind them again."""
    behind = session.scalars(select(Payee).where(Payee.merged_into == kept.id).order_by(Payee.id)).all()
    merges = session.scalars(
        select(Change)
        .where(
            Change.kind == ChangeKind.MERGE,
            Change.subject_id.in_([payee.id for payee in behind]),
            Change.confirmed_at.is_not(None),
        )
        .order_by(Change.confirmed_at, Change.id)
    )
    # of each the last merge counts: one that was undone and made again, elsewhere maybe
    into = {merged.subject_id: UUID(merged.after["payee_id"]) for merged in merges}
    for payee in behind:
        stays = into[payee.id]
        while stays not in (gone.id, kept.id):
            stays = into[stays]
        payee.merged_into = stays
    session.flush()


def waiting_unmerge(session: Session, pair: DuplicatePair) -> Change | None:
    """The proposal to undo the merge of a pair, if one waits for a second person."""
    for gone_id in (pair.first_payee_id, pair.second_payee_id):
        proposed = change.waiting_of(session, ChangeKind.UNMERGE, gone_id)
        if proposed is not None and proposed.after["pair_id"] == str(pair.id):
            return proposed
    return None
