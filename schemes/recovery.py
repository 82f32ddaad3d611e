"""Getting back by instalments what an award was paid too much: proposed by one person, confirmed by a second.

Nothing is ever deducted but by a recovery, and never more than its instalment, its balance, or what leaves the payment
the minimum that was stated.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from schemes import audit, proposal
from schemes.award import Award
from schemes.database import Base, take_turns, to_body_row
from schemes.errors import NotFound, OutOfRange, ReasonNotGiven, Refused
from schemes.person import Actor, Role
from schemes.proposal import WAITING, OfAward, two_people

PROPOSERS = (Role.PREPARER, Role.FINANCE)
CONFIRMERS = (Role.FINANCE, Role.APPROVER)
MOST_PENCE = 10**12


class RecoveryThere(Refused):
    """A recovery from this award waits already for a second person."""


class Recovery(OfAward, Base):
    """How much in all, and how much at a time: an instalment in pence, or a share of the payment in per cent.

    least_left_pence: what a payment is never brought below; 0: a whole payment may be recovered. Of several the oldest
    that is not recovered yet is taken from. Only the second person's word is ever written later.
    """

    __tablename__ = "recovery"
    __table_args__ = (
        Index(
            "uq_recovery_waiting",
            "body_id",
            "award_id",
            unique=True,
            postgresql_where=WAITING,
        ),
        Index("ix_recovery_award", "body_id", "award_id"),
        to_body_row("award", "award_id"),
        CheckConstraint("total_pence > 0 and least_left_pence >= 0", name="pence"),
        CheckConstraint(
            "(instalment_pence is null) <> (share_percent is null) and coalesce(instalment_pence, 1) > 0 "
            "and coalesce(share_percent, 1) between 1 and 100",
            name="instalment",
        ),
        CheckConstraint("reason <> ''", name="reason"),
        *two_people(),
    )

    total_pence: Mapped[int] = mapped_column(BigInteger)
    instalment_pence: Mapped[int | None] = mapped_column(BigInteger)
    share_percent: Mapped[int | None]
    least_left_pence: Mapped[int] = mapped_column(BigInteger)
    from_day: Mapped[date]

    def instalment_of(self, payment_pence: int, balance_pence: int) -> int:
        """What is taken of a payment; 0 where its minimum leaves nothing to take."""
        return instalment(
            payment_pence,
            balance_pence,
            instalment_pence=self.instalment_pence,
            share_percent=self.share_percent,
            least_left_pence=self.least_left_pence,
        )


def instalment(
    payment_pence: int,
    balance_pence: int,
    *,
    instalment_pence: int | None,
    share_percent: int | None,
    least_left_pence: int,
) -> int:
    """The smallest of the instalment (a share is rounded down), the balance, and what the minimum leaves.

    >>> instalment(10_000, 50_000, instalment_pence=3_000, share_percent=None, least_left_pence=8_000)
    2000
    """
    agreed = payment_pence * share_percent // 100 if share_percent is not None else instalment_pence or 0
    return max(0, min(agreed, balance_pence, payment_pence - least_left_pence))


def propose(
    session: Session,
    award: Award,
    *,
    recovery_id: UUID,
    total_pence: int,
    instalment_pence: int | None,
    share_percent: int | None,
    least_left_pence: int,
    from_day: date,
    reason: str,
    by: Actor,
    at: datetime,
) -> Recovery:
    """Propose to recover something from an award. The same id again is the same proposal.

    Raises RecoveryThere, OutOfRange, ReasonNotGiven, NotFound, NotAllowed.
    """
    by.must_be(*PROPOSERS, scheme=award.scheme_id)
    take_turns(session, f"recovery {award.id}")
    there = session.get(Recovery, (by.body_id, recovery_id))
    if there is not None:
        if there.award_id != award.id:
            raise NotFound("recovery", recovery_id)
        return there
    if any(one.is_waiting for one in recoveries_of(session, award.id)):
        raise RecoveryThere
    must_be_between("the total", total_pence, 1)
    must_be_between("what is left", least_left_pence, 0)
    if share_percent is not None:
        must_be_between("the share", share_percent, 1, 100)
    else:
        must_be_between("the instalment", instalment_pence or 0, 1)
    if not reason.strip():
        raise ReasonNotGiven("recover this")
    recovery = Recovery(
        body_id=by.body_id,
        id=recovery_id,
        award_id=award.id,
        total_pence=total_pence,
        instalment_pence=None if share_percent is not None else instalment_pence,
        share_percent=share_percent,
        least_left_pence=least_left_pence,
        from_day=from_day,
        reason=reason.strip(),
        proposed_by=by.person_id,
        proposed_at=at,
    )
    session.add(recovery)
    session.flush()
    audit.record(session, "recovery.proposed", by=by, about=award, at=at, recovery=str(recovery_id))
    return recovery


def must_be_between(what: str, given: int, least: int, most: int = MOST_PENCE) -> None:
    if not least <= given <= most:
        raise OutOfRange(what, given, least, most)


def confirm(session: Session, recovery: Recovery, award: Award, *, by: Actor, at: datetime) -> None:
    """A second person's word, on a row locked by the caller. Raises SamePerson, NotNow, NotAllowed."""
    by.must_be(*CONFIRMERS, scheme=award.scheme_id)
    if proposal.may_be_confirmed(recovery, "recovery", by=by):
        proposal.confirm(session, recovery, by=by, at=at)
        audit.record(session, "recovery.confirmed", by=by, about=award, at=at, recovery=str(recovery.id))


def reject(session: Session, recovery: Recovery, award: Award, *, reason: str, by: Actor, at: datetime) -> None:
    """Reject a proposal, or withdraw one's own, on a row locked by the caller. Raises NotNow, ReasonNotGiven."""
    if by.person_id != recovery.proposed_by:
        by.must_be(*CONFIRMERS, scheme=award.scheme_id)
    if proposal.reject(session, recovery, "recovery", reason=reason, by=by, at=at):
        audit.record(session, "recovery.rejected", by=by, about=award, at=at, recovery=str(recovery.id))


def get_recovery(session: Session, award_id: UUID, recovery_id: UUID, *, lock: bool = False) -> Recovery:
    """Raises NotFound, for another award's too."""
    found = session.get(Recovery, (session.info["body_id"], recovery_id), with_for_update=lock or None)
    if found is None or found.award_id != award_id:
        raise NotFound("recovery", recovery_id)
    return found


def recoveries_of(session: Session, award_id: UUID) -> Sequence[Recovery]:
    """All recoveries from an award, the newest first."""
    return session.scalars(select(Recovery).where(Recovery.award_id == award_id).order_by(Recovery.id.desc())).all()
