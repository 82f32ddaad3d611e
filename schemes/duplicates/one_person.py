"""Several records of one person whose money it is: which they are, what they may not both have, joined and parted.

Each record but one points at that one (`Beneficiary.same_as`), and the database pays what is due to one person once,
under whichever of the records. The records themselves stay: the permanent key of every payment names one of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import combinations, pairwise
from uuid import UUID

from sqlalchemy import func, or_, select, text, update
from sqlalchemy.orm import Session

from schemes.award import Award
from schemes.award_history import DAY, History
from schemes.award_version import histories_of
from schemes.duplicates.pair import BeneficiaryPair, PairStatus
from schemes.payee import Beneficiary, Capacity, Mandate


def records_of(session: Session, beneficiary_ids: Iterable[UUID]) -> list[UUID]:
    """All records of the persons whom these are records of."""
    roots = select(func.coalesce(Beneficiary.same_as, Beneficiary.id)).where(Beneficiary.id.in_(set(beneficiary_ids)))
    mine = or_(Beneficiary.id.in_(roots), Beneficiary.same_as.in_(roots))
    return list(session.scalars(select(Beneficiary.id).where(mine).order_by(Beneficiary.id)))


def oneself(session: Session, payee_id: UUID) -> list[UUID]:
    """The beneficiaries that a payee is: those paid themselves, and whoever was found to be the same person."""
    mine = select(Mandate.beneficiary_id).where(
        Mandate.payee_id == payee_id, Mandate.capacity == Capacity.SELF, Mandate.parted_at.is_(None)
    )
    return records_of(session, session.scalars(mine))


def both_have(session: Session, beneficiary_ids: Sequence[UUID]) -> list[UUID]:
    """Awards that would pay one person twice: of different beneficiaries, for one thing, in force on the same days."""
    awards = session.scalars(select(Award).where(Award.beneficiary_id.in_(beneficiary_ids)).order_by(Award.id)).all()
    histories = histories_of(session, awards)
    twice = {
        award.id
        for one, other in combinations(awards, 2)
        if one.beneficiary_id != other.beneficiary_id
        and (one.scheme_id, one.component) == (other.scheme_id, other.component)
        and overlap(list(in_force(histories[one.id])), list(in_force(histories[other.id])))
        for award in (one, other)
    }
    return sorted(twice)


def in_force(history: History) -> Iterator[tuple[date, date]]:
    """The days on which an award is in force, as stretches with both days included."""
    begins = sorted({terms.from_day for terms in history.terms})
    for begin, next_begin in zip(begins, [*begins[1:], None], strict=True):
        terms = history.on(begin)
        if terms is not None and terms.holds_on(begin):
            ends = [day for day in (terms.last_day, next_begin and next_begin - DAY) if day is not None]
            yield begin, min(ends, default=date.max)


def overlap(these: Sequence[tuple[date, date]], those: Sequence[tuple[date, date]]) -> bool:
    return any(first <= theirs[1] and theirs[0] <= last for first, last in these for theirs in those)


def join(session: Session, beneficiary_ids: Iterable[UUID]) -> None:
    """Note that these are records of one person, who is stopped as one: a hold on one stops what is due to all."""
    ids = records_of(session, beneficiary_ids)
    if len(ids) < 2:
        return
    stand_for(session, ids)
    session.execute(
        text(
            """
            INSERT INTO hold (body_id, id, beneficiary_id, kind, reason, since, review_on, placed_by, placed_at)
            SELECT hold.body_id, uuidv7(), other.id, kind, reason, since, review_on, placed_by, placed_at
              FROM hold JOIN beneficiary other ON other.body_id = hold.body_id AND other.id <> hold.beneficiary_id
             WHERE hold.beneficiary_id = ANY (:ids) AND other.id = ANY (:ids) AND hold.lifted_at IS NULL
               AND NOT EXISTS (SELECT FROM hold there WHERE there.body_id = hold.body_id
                                  AND there.beneficiary_id = other.id AND there.kind = hold.kind
                                  AND there.placed_at = hold.placed_at AND there.lifted_at IS NULL)
            """
        ),
        {"ids": ids},
    )


def stand_for(session: Session, ids: Sequence[UUID]) -> None:
    """Let the first of some records of one person, in the order of their ids, stand for them all."""
    session.execute(update(Beneficiary).where(Beneficiary.id.in_(ids[1:])).values(same_as=ids[0]))
    session.execute(update(Beneficiary).where(Beneficiary.id == ids[0]).values(same_as=None))


def part(session: Session, beneficiary_ids: Iterable[UUID]) -> None:
    """Note anew who of these is one person, when a reason to take them for one is gone. The other reasons stand.

    Holds stay with every record: that nothing is paid to somebody who should be paid is seen sooner than the opposite.
    """
    ids = records_of(session, beneficiary_ids)
    people = {beneficiary_id: {beneficiary_id} for beneficiary_id in ids}
    for one, other in reasons(session, ids):
        together = people[one] | people[other]
        for beneficiary_id in together:
            people[beneficiary_id] = together
    for person in {frozenset(person) for person in people.values()}:
        stand_for(session, sorted(person))


def reasons(session: Session, ids: Sequence[UUID]) -> Iterator[tuple[UUID, UUID]]:
    """Why these are taken for one: two people said so of a pair, or one payee is paid as each of them."""
    pairs = select(BeneficiaryPair.first_beneficiary_id, BeneficiaryPair.second_beneficiary_id).where(
        BeneficiaryPair.status == PairStatus.MERGED,
        BeneficiaryPair.first_beneficiary_id.in_(ids),
        BeneficiaryPair.second_beneficiary_id.in_(ids),
    )
    yield from [(one, other) for one, other in session.execute(pairs)]
    paid = select(Mandate.payee_id, Mandate.beneficiary_id).where(
        Mandate.beneficiary_id.in_(ids), Mandate.capacity == Capacity.SELF, Mandate.parted_at.is_(None)
    )
    for mine, theirs in pairwise(session.execute(paid.order_by(Mandate.payee_id, Mandate.id))):
        if mine.payee_id == theirs.payee_id:
            yield mine.beneficiary_id, theirs.beneficiary_id
