"""Ending a recovery before all is back, or writing off what was paid too much: proposed by one, confirmed by a second.

What it means for the ledger: money that was paid too much was booked as the scheme's expenditure when it was paid, and
each instalment made a later payment, and so its expenditure, smaller. What is written off therefore stays expenditure
of the scheme: no entry is made, and none is needed. What is only stopped is owed to the body still, outside its
payrolls.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from schemes import audit, proposal
from schemes.award import Award
from schemes.database import Base, stored, take_turns, to_body_row
from schemes.errors import NotFound, NotNow, OutOfRange, ReasonNotGiven, Refused
from schemes.person import Actor
from schemes.proposal import WAITING, OfAward, two_people
from schemes.recovery import CONFIRMERS, MOST_PENCE, PROPOSERS, Recovery


class Ending(StrEnum):
    """What becomes of the money that is not back."""

    STOP = "stop"
    """No payment is reduced any more; the body gets it back another way, such as by an invoice."""
    WRITE_OFF = "write_off"
    """The body gives it up."""


class WriteOffThere(Refused):
    """An ending for this recovery, or a write-off for this award, waits already for a second person."""


class WriteOff(OfAward, Base):
    """The end of a recovery, with all that it has not taken; or, without one, pence of an award that are written off.

    Only the second person's word is ever written later.
    """

    __tablename__ = "write_off"
    __table_args__ = (
        Index(
            "uq_write_off_waiting",
            "body_id",
            "award_id",
            unique=True,
            postgresql_where=WAITING,
        ),
        Index(
            "uq_write_off_recovery",
            "body_id",
            "recovery_id",
            unique=True,
            postgresql_where=text("recovery_id is not null and confirmed_at is not null"),
        ),
        Index("ix_write_off_award", "body_id", "award_id"),
        to_body_row("award", "award_id"),
        to_body_row("recovery", "recovery_id"),
        CheckConstraint("(recovery_id is null) = (pence is not null) and coalesce(pence, 1) > 0", name="pence"),
        CheckConstraint("recovery_id is not null or kind = 'write_off'", name="stopped"),
        CheckConstraint("reason <> ''", name="reason"),
        *two_people(),
    )

    recovery_id: Mapped[UUID | None]
    kind: Mapped[Ending] = mapped_column(stored(Ending))
    pence: Mapped[int | None] = mapped_column(BigInteger)


def propose(
    session: Session,
    award: Award,
    *,
    write_off_id: UUID,
    recovery: Recovery | None,
    kind: Ending,
    pence: int | None,
    reason: str,
    by: Actor,
    at: datetime,
) -> WriteOff:
    """Propose to end a recovery, or to write off pence of an award. The same id again is the same proposal.

    Raises WriteOffThere, OutOfRange, ReasonNotGiven, NotFound, NotNow for a recovery that nobody confirmed, NotAllowed.
    """
    by.must_be(*PROPOSERS, scheme=award.scheme_id)
    take_turns(session, f"recovery {award.id}")
    there = session.get(WriteOff, (by.body_id, write_off_id))
    if there is not None:
        if there.award_id != award.id:
            raise NotFound("write-off", write_off_id)
        return there
    earlier = write_offs_of(session, award.id)
    if any(one.is_waiting for one in earlier):
        raise WriteOffThere
    if recovery is not None:
        ended = any(one.recovery_id == recovery.id and one.confirmed_at for one in earlier)
        if recovery.confirmed_at is None or ended:
            raise NotNow("recovery", "ended" if ended else "not confirmed", "ended")
    elif not 1 <= (pence or 0) <= MOST_PENCE:
        raise OutOfRange("the amount", pence or 0, 1, MOST_PENCE)
    if not reason.strip():
        raise ReasonNotGiven("write this off" if kind is Ending.WRITE_OFF else "stop this recovery")
    made = WriteOff(
        body_id=by.body_id,
        id=write_off_id,
        award_id=award.id,
        recovery_id=recovery.id if recovery else None,
        kind=kind if recovery else Ending.WRITE_OFF,
        pence=None if recovery else pence,
        reason=reason.strip(),
        proposed_by=by.person_id,
        proposed_at=at,
    )
    session.add(made)
    session.flush()
    audit.record(session, "write_off.proposed", by=by, about=award, at=at, write_off=str(made.id), kind=made.kind.value)
    return made


def confirm(session: Session, write_off: WriteOff, award: Award, *, by: Actor, at: datetime) -> None:
    """A second person's word, on a row locked by the caller. Raises SamePerson, NotNow, NotAllowed."""
    by.must_be(*CONFIRMERS, scheme=award.scheme_id)
    if not proposal.may_be_confirmed(write_off, "write-off", by=by):
        return
    if write_off.recovery_id is not None:
        # whoever builds a payroll holds this row while it takes an instalment
        session.get_one(Recovery, (award.body_id, write_off.recovery_id), with_for_update=True)
    proposal.confirm(session, write_off, by=by, at=at)
    audit.record(session, "write_off.confirmed", by=by, about=award, at=at, write_off=str(write_off.id))


def reject(session: Session, write_off: WriteOff, award: Award, *, reason: str, by: Actor, at: datetime) -> None:
    """Reject a proposal, or withdraw one's own, on a row locked by the caller. Raises NotNow, ReasonNotGiven."""
    if by.person_id != write_off.proposed_by:
        by.must_be(*CONFIRMERS, scheme=award.scheme_id)
    if proposal.reject(session, write_off, "write-off", reason=reason, by=by, at=at):
        audit.record(session, "write_off.rejected", by=by, about=award, at=at, write_off=str(write_off.id))


def get_write_off(session: Session, award_id: UUID, write_off_id: UUID, *, lock: bool = False) -> WriteOff:
    """Raises NotFound, for another award's too."""
    found = session.get(WriteOff, (session.info["body_id"], write_off_id), with_for_update=lock or None)
    if found is None or found.award_id != award_id:
        raise NotFound("write-off", write_off_id)
    return found


def write_offs_of(session: Session, award_id: UUID) -> Sequence[WriteOff]:
    """What was proposed to be written off or stopped of an award, the newest first."""
    return session.scalars(select(WriteOff).where(WriteOff.award_id == award_id).order_by(WriteOff.id.desc())).all()


def ended(session: Session, recovery_ids: Collection[UUID]) -> dict[UUID, Ending]:
    """How those of some recoveries ended that two people have ended."""
    if not recovery_ids:
        return {}
    rows = select(WriteOff.recovery_id, WriteOff.kind).where(
        WriteOff.recovery_id.in_(recovery_ids), WriteOff.confirmed_at.is_not(None)
    )
    return {recovery_id: kind for recovery_id, kind in session.execute(rows) if recovery_id is not None}
