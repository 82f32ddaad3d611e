"""What was paid too much across all awards, how long it has been known, and what of it nobody has decided about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, tuple_
from sqlalchemy.orm import Session

from payouts.payment_part import Overpayment
from payouts.recovering import Balance, balances
from schemes.award import Award
from schemes.payee import Beneficiary
from schemes.recovery import Recovery
from schemes.scheme import Scheme
from schemes.write_off import Ending, WriteOff


class Overpaid(NamedTuple):
    """An award that was paid too much, in pence. settled_pence: what two people agreed to recover or to write off.

    waits: whether a recovery or a write-off has been proposed, and a second person's word is missing.
    """

    award: Award
    scheme: Scheme
    beneficiary: Beneficiary
    overpaid_pence: int
    settled_pence: int
    known_since: datetime
    waits: bool

    @property
    def open_pence(self) -> int:
        return max(0, self.overpaid_pence - self.settled_pence)


def overpaid_awards(
    session: Session, *, after: tuple[datetime, UUID] | None = None, limit: int = 50
) -> tuple[list[Overpaid], tuple[datetime, UUID] | None]:
    """Awards with something paid too much, the one known longest first; and where the next page begins."""
    known_since = func.min(Overpayment.found_at)
    too_much = (
        select(
            Overpayment.award_id,
            func.sum(Overpayment.paid_pence - Overpayment.due_pence).label("pence"),
            known_since.label("known_since"),
        )
        .group_by(Overpayment.award_id)
        .order_by(known_since, Overpayment.award_id)
        .limit(limit + 1)
    )
    if after is not None:
        too_much = too_much.having(tuple_(known_since, Overpayment.award_id) > tuple_(*after))
    found = session.execute(too_much).all()
    page = found[:limit]
    people = of_awards(session, [row.award_id for row in page])
    settled, waiting = settled_of(session, list(people)), waiting_of(session, list(people))
    listed = [
        Overpaid(
            *people[row.award_id],
            int(row.pence),
            settled.get(row.award_id, 0),
            row.known_since,
            row.award_id in waiting,
        )
        for row in page
    ]
    return listed, ((page[-1].known_since, page[-1].award_id) if len(found) > limit else None)


def of_awards(session: Session, award_ids: Sequence[UUID]) -> dict[UUID, tuple[Award, Scheme, Beneficiary]]:
    rows = session.execute(
        select(Award, Scheme, Beneficiary)
        .join(Scheme, (Scheme.body_id == Award.body_id) & (Scheme.id == Award.scheme_id))
        .join(Beneficiary, (Beneficiary.body_id == Award.body_id) & (Beneficiary.id == Award.beneficiary_id))
        .where(Award.id.in_(award_ids))
    )
    return {award.id: (award, scheme, beneficiary) for award, scheme, beneficiary in rows}


def settled_of(session: Session, award_ids: Sequence[UUID]) -> dict[UUID, int]:
    """What two people agreed to get back or to write off of some awards, in pence.

    A recovery counts whole while it runs, and when its rest was written off; one that was stopped, with what it took.
    """
    recoveries = session.scalars(
        select(Recovery).where(Recovery.award_id.in_(award_ids), Recovery.confirmed_at.is_not(None))
    ).all()
    standing = balances(session, recoveries)
    settled: dict[UUID, int] = dict.fromkeys(award_ids, 0)
    for recovery in recoveries:
        settled[recovery.award_id] += settled_by(recovery, standing[recovery.id])
    without = select(WriteOff.award_id, func.sum(WriteOff.pence)).where(
        WriteOff.award_id.in_(award_ids), WriteOff.recovery_id.is_(None), WriteOff.confirmed_at.is_not(None)
    )
    for award_id, pence in session.execute(without.group_by(WriteOff.award_id)):
        settled[award_id] += int(pence or 0)
    return settled


def settled_by(recovery: Recovery, balance: Balance) -> int:
    if balance.ending is Ending.STOP:
        return recovery.total_pence - balance.given_up_pence
    return recovery.total_pence


def waiting_of(session: Session, award_ids: Sequence[UUID]) -> set[UUID]:
    """Of some awards those for which a second person's word is missing."""

    def undecided(model: type[Recovery | WriteOff]) -> ColumnElement[bool]:
        return model.award_id.in_(award_ids) & model.confirmed_at.is_(None) & model.rejected_at.is_(None)

    return {
        *session.scalars(select(Recovery.award_id).where(undecided(Recovery))),
        *session.scalars(select(WriteOff.award_id).where(undecided(WriteOff))),
    }


class Running(NamedTuple):
    """A recovery that two people agreed, with what is left of it."""

    recovery: Recovery
    award: Award
    scheme: Scheme
    beneficiary: Beneficiary
    balance: Balance


def running(session: Session, *, after: UUID | None = None, limit: int = 50) -> tuple[list[Running], UUID | None]:
    """Agreed recoveries that have something left, oldest first; and after which the next page begins."""
    rows = select(Recovery).where(Recovery.confirmed_at.is_not(None)).order_by(Recovery.id).limit(limit + 1)
    if after is not None:
        rows = rows.where(Recovery.id > after)
    found = session.scalars(rows).all()
    page = found[:limit]
    people = of_awards(session, [one.award_id for one in page])
    standing = balances(session, page)
    listed = [
        Running(one, *people[one.award_id], standing[one.id]) for one in page if standing[one.id].total_left_pence > 0
    ]
    return listed, (page[-1].id if len(found) > limit else None)
