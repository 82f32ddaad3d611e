"""A return that the bank told by letter, by phone or in its portal: recorded by one person, confirmed by a second."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from payouts.payment import GONE_OUT, Payment
from payouts.returns.reason import Reason
from schemes import audit, proposal
from schemes.database import Base, stored, to_body_row
from schemes.errors import NotFound, NotNow, ReasonNotGiven
from schemes.person import Actor, Role
from schemes.proposal import WAITING, Proposal, two_people, waits

TELLERS = (Role.PREPARER, Role.FINANCE)
CONFIRMERS = (Role.FINANCE, Role.APPROVER)


class ToldReturn(Proposal, Base):
    """That the bank told somebody of a return. It counts once a second person has seen the same letter or page.

    why: what the bank says. reason: how the teller knows, as in the letter's date and number.
    """

    __tablename__ = "told_return"
    __table_args__ = (
        Index("uq_told_return_waiting", "body_id", "payment_id", unique=True, postgresql_where=WAITING),
        Index("ix_told_return_payment", "body_id", "payment_id"),
        to_body_row("payment", "payment_id"),
        CheckConstraint("reason <> ''", name="reason"),
        *two_people(),
    )

    payment_id: Mapped[UUID]
    why: Mapped[Reason] = mapped_column(stored(Reason, check="why"))


def tell(
    session: Session, payment: Payment, *, told_id: UUID, why: Reason, reason: str, by: Actor, at: datetime
) -> ToldReturn:
    """Record a return from a letter or a portal. The same id again is the same; one waits at a time.

    Raises NotNow, ReasonNotGiven, NotAllowed.
    """
    by.must_be(*TELLERS, scheme=payment.scheme_id)
    there = session.get(ToldReturn, (by.body_id, told_id))
    if there is not None:
        return there
    if payment.status not in GONE_OUT:
        raise NotNow("payment", payment.status, "recorded as returned")
    if waiting_of(session, payment.id) is not None:
        raise NotNow("return", "waiting", "recorded again")
    if not reason.strip():
        raise ReasonNotGiven("know that it came back")
    told = ToldReturn(
        body_id=by.body_id,
        id=told_id,
        payment_id=payment.id,
        why=why,
        reason=reason.strip(),
        proposed_by=by.person_id,
        proposed_at=at,
    )
    session.add(told)
    session.flush()
    audit.record(session, "return.told", by=by, at=at, payment=str(payment.id), why=why.value)
    return told


def get_told(session: Session, told_id: UUID, *, lock: bool = False) -> ToldReturn:
    """Raises NotFound."""
    told = session.get(ToldReturn, (session.info["body_id"], told_id), with_for_update=lock or None)
    if told is None:
        raise NotFound("recorded return", told_id)
    return told


def reject(session: Session, told: ToldReturn, *, reason: str, by: Actor, at: datetime) -> None:
    """It was a mistake: whoever recorded it or a second person takes it back, on a row locked by the caller.

    Raises NotNow, ReasonNotGiven, NotAllowed.
    """
    if by.person_id != told.proposed_by:
        by.must_be(*CONFIRMERS)
    if proposal.reject(session, told, "recorded return", reason=reason, by=by, at=at):
        audit.record(session, "return.told_rejected", by=by, at=at, payment=str(told.payment_id))


def waiting_of(session: Session, payment_id: UUID) -> ToldReturn | None:
    mine = select(ToldReturn).where(ToldReturn.payment_id == payment_id, waits(ToldReturn))
    return session.scalars(mine).one_or_none()


def waiting(session: Session, *, limit: int = 20) -> Sequence[ToldReturn]:
    """The recorded returns that wait for a second person, the oldest first."""
    mine = select(ToldReturn).where(waits(ToldReturn)).order_by(ToldReturn.proposed_at, ToldReturn.id)
    return session.scalars(mine.limit(limit)).all()
