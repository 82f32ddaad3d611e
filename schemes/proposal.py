"""What one person proposes and a second one confirms or rejects: the columns, the rules and the two acts.

A table of proposals adds what is proposed, and its module says who may do which and what follows. A row is never
changed but by the second person's word, which is written once.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ColumnElement, select, text
from sqlalchemy.orm import Mapped, Session

from schemes.award import Award
from schemes.database import BodyOwned
from schemes.errors import NotNow, ReasonNotGiven, SamePerson
from schemes.payee import Beneficiary
from schemes.person import Actor

WAITING = text("confirmed_at is null and rejected_at is null")
"""Of a table's rows those that wait for a second person: in the words of the index that lets only one wait."""


class Proposal(BodyOwned):
    """A row that waits for a second person, or that one confirmed or rejected."""

    reason: Mapped[str]
    proposed_by: Mapped[UUID]
    proposed_at: Mapped[datetime]
    confirmed_by: Mapped[UUID | None]
    confirmed_at: Mapped[datetime | None]
    rejected_by: Mapped[UUID | None]
    rejected_at: Mapped[datetime | None]
    rejected_because: Mapped[str | None]

    @property
    def is_waiting(self) -> bool:
        return self.confirmed_at is None and self.rejected_at is None


class OfAward(Proposal):
    """A proposal about an award."""

    award_id: Mapped[UUID]


AboutAward = TypeVar("AboutAward", bound=OfAward)


def two_people() -> tuple[CheckConstraint, ...]:
    """What the database holds of every table of proposals."""
    return (
        CheckConstraint("confirmed_by is null or confirmed_by <> proposed_by", name="two_people"),
        CheckConstraint("(confirmed_by is null) = (confirmed_at is null)", name="confirmed"),
        CheckConstraint(
            "(rejected_by is null) = (rejected_at is null) and (rejected_by is null or "
            "(confirmed_by is null and coalesce(rejected_because, '') <> ''))",
            name="rejection",
        ),
    )


def may_be_confirmed(proposal: Proposal, what: str, *, by: Actor) -> bool:
    """Whether somebody may confirm a proposal; false where they did so already.

    what: what people call it. Raises SamePerson, NotNow.
    """
    if proposal.confirmed_by == by.person_id:
        return False
    must_wait(proposal, what, "confirmed")
    if by.person_id == proposal.proposed_by:
        raise SamePerson(f"proposed this {what}")
    return True


def confirm(session: Session, proposal: Proposal, *, by: Actor, at: datetime) -> None:
    """Write the second person's word, on a row locked by the caller and asked about before."""
    proposal.confirmed_by, proposal.confirmed_at = by.person_id, at
    session.flush()


def reject(session: Session, proposal: Proposal, what: str, *, reason: str, by: Actor, at: datetime) -> bool:
    """Reject a proposal, on a row locked by the caller; whoever made it may withdraw it so. False: they did already.

    Raises NotNow, ReasonNotGiven.
    """
    if proposal.rejected_by == by.person_id:
        return False
    must_wait(proposal, what, "rejected")
    if not reason.strip():
        raise ReasonNotGiven(f"reject this {what}")
    proposal.rejected_by, proposal.rejected_at, proposal.rejected_because = by.person_id, at, reason.strip()
    session.flush()
    return True


def must_wait(proposal: Proposal, what: str, act: str) -> None:
    """Raises NotNow."""
    if not proposal.is_waiting:
        raise NotNow(what, "confirmed" if proposal.confirmed_at else "rejected", act)


def waits(proposals: type[Proposal]) -> ColumnElement[bool]:
    return proposals.confirmed_at.is_(None) & proposals.rejected_at.is_(None)


def waiting_about_awards(
    session: Session, proposals: type[AboutAward], *, limit: int = 20
) -> list[tuple[AboutAward, Beneficiary]]:
    """The proposals of a table that wait for a second person, oldest first, and from whose award each is."""
    table: Any = proposals
    rows = session.execute(
        select(proposals, Beneficiary)
        .join(Award, (Award.body_id == table.body_id) & (Award.id == table.award_id))
        .join(Beneficiary, (Beneficiary.body_id == Award.body_id) & (Beneficiary.id == Award.beneficiary_id))
        .where(waits(proposals))
        .order_by(table.id)
        .limit(limit)
    )
    return [(proposal, beneficiary) for proposal, beneficiary in rows]
