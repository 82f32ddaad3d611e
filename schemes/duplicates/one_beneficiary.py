"""Two beneficiaries who are one person: one proposes it, another confirms it; and the way back, when it was wrong.

Both records stay, each with its awards and with those who are paid for it; awards for the same thing and the same days
end first. From then on the database pays one person once, under whichever record, and a hold on one stops both.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from schemes import audit, change
from schemes.award import Award
from schemes.change import Change, ChangeKind
from schemes.duplicates.merge import MergeBar, MergeRefused
from schemes.duplicates.one_person import both_have, join, part, records_of
from schemes.duplicates.pair import DECIDERS, BeneficiaryPair, PairStatus, get_beneficiary_pair, move
from schemes.payee import Beneficiary, get_beneficiary
from schemes.person import Actor


def propose_one(
    session: Session, pair: BeneficiaryPair, *, change_id: UUID, reason: str, by: Actor, at: datetime
) -> Change:
    """Propose that the two of a pair are one person. The same id again is the same proposal.

    Raises MergeRefused, ChangeWaiting, ReasonNotGiven, NotAllowed.
    """
    by.must_be(*DECIDERS)
    if session.get(Change, (by.body_id, change_id)) is None:
        refuse_unless_two(session, pair)
    return propose(session, ChangeKind.ONE_BENEFICIARY, pair, change_id=change_id, reason=reason, by=by, at=at)


def propose_two(
    session: Session, pair: BeneficiaryPair, *, change_id: UUID, reason: str, by: Actor, at: datetime
) -> Change:
    """Propose that the two of a pair, taken for one person, are two after all. The same id again is the same proposal.

    Raises MergeRefused, ChangeWaiting, ReasonNotGiven, NotAllowed.
    """
    by.must_be(*DECIDERS)
    if session.get(Change, (by.body_id, change_id)) is None and pair.status is not PairStatus.MERGED:
        raise MergeRefused(MergeBar.NOT_MERGED)
    return propose(session, ChangeKind.TWO_BENEFICIARIES, pair, change_id=change_id, reason=reason, by=by, at=at)


def propose(
    session: Session, kind: ChangeKind, pair: BeneficiaryPair, *, change_id: UUID, reason: str, by: Actor, at: datetime
) -> Change:
    other = get_beneficiary(session, pair.first_beneficiary_id)
    return change.propose(
        session,
        kind,
        change_id=change_id,
        subject_id=pair.second_beneficiary_id,
        before=facts_of(session, pair.second_beneficiary_id),
        after={"beneficiary": other.reference, "beneficiary_id": str(other.id), "pair_id": str(pair.id)},
        reason=reason,
        by=by,
        at=at,
    )


def facts_of(session: Session, beneficiary_id: UUID) -> dict[str, Any]:
    """What a second person looks at: if it changes before they confirm, they look anew."""
    beneficiary = get_beneficiary(session, beneficiary_id)
    records = records_of(session, [beneficiary_id])
    awards = session.scalars(select(Award.id).where(Award.beneficiary_id.in_(records)).order_by(Award.id)).all()
    digest = hashlib.sha256(repr([str(each) for each in (*records, *awards)]).encode()).hexdigest()
    return {
        "beneficiary": beneficiary.reference,
        "beneficiary_id": str(beneficiary_id),
        "awards": len(awards),
        "digest": digest,
    }


def refuse_unless_two(session: Session, pair: BeneficiaryPair) -> None:
    """Raises MergeRefused."""
    ids = (pair.first_beneficiary_id, pair.second_beneficiary_id)
    if ids[1] in records_of(session, [ids[0]]):
        raise MergeRefused(MergeBar.ONE_ALREADY)
    twice = both_have(session, records_of(session, ids))
    if twice:
        raise MergeRefused(MergeBar.BOTH_HAVE_AWARD, twice)


def lock(session: Session, confirmed: Change) -> tuple[BeneficiaryPair, Beneficiary, Beneficiary]:
    """The pair of a change and its two beneficiaries, in the order of their ids, as they were locked."""
    pair = get_beneficiary_pair(session, UUID(confirmed.after["pair_id"]), lock=True)
    ids = (pair.first_beneficiary_id, pair.second_beneficiary_id)
    one, other = (get_beneficiary(session, each, lock=True) for each in ids)
    return pair, one, other


def apply_one(session: Session, confirmed: Change, by: Actor, at: datetime) -> None:
    """Do what a second person confirmed. Raises MergeRefused, NotNow."""
    pair, one, other = lock(session, confirmed)
    refuse_unless_two(session, pair)
    join(session, [one.id, other.id])
    settle(session, pair, PairStatus.MERGED, because=None, by=by, at=at)
    note(session, "beneficiary.found_one", one, other, confirmed, by=by, at=at)


def apply_two(session: Session, confirmed: Change, by: Actor, at: datetime) -> None:
    """Undo it, unless something else says that they are one. Raises MergeRefused, NotNow."""
    pair, one, other = lock(session, confirmed)
    settle(session, pair, PairStatus.NOT_SAME, because=confirmed.reason, by=by, at=at)
    part(session, [one.id, other.id])
    session.expire_all()
    if other.id in records_of(session, [one.id]):
        raise MergeRefused(MergeBar.ONE_BY_ANOTHER)
    note(session, "beneficiary.found_two", one, other, confirmed, by=by, at=at)


def settle(
    session: Session, pair: BeneficiaryPair, to: PairStatus, *, because: str | None, by: Actor, at: datetime
) -> None:
    move(pair, to)
    pair.decided_by, pair.decided_at, pair.because = by.person_id, at, because
    session.flush()


def note(
    session: Session, act: str, one: Beneficiary, other: Beneficiary, confirmed: Change, *, by: Actor, at: datetime
) -> None:
    for mine, theirs in ((one, other), (other, one)):
        audit.record(session, act, by=by, about=mine, at=at, other=str(theirs.id), change=str(confirmed.id))


def waiting_change(session: Session, pair: BeneficiaryPair) -> Change | None:
    """What waits for a second person about a pair, if anything does."""
    for kind in (ChangeKind.ONE_BENEFICIARY, ChangeKind.TWO_BENEFICIARIES):
        proposed = change.waiting_of(session, kind, pair.second_beneficiary_id)
        if proposed is not None and proposed.after["pair_id"] == str(pair.id):
            return proposed
    return None
