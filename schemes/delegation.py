"""While somebody is away: who decides at gates in their place, from a day to a day.

It gives nobody a right that they do not hold: whoever stands in has the role themselves. Whoever decides for somebody
counts as both of them, so that no rule of two people is passed by standing in.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from schemes import audit, change
from schemes.change import Change, ChangeKind
from schemes.database import Base, BodyOwned, new_id, take_turns, to_body_row
from schemes.duties import london_day
from schemes.errors import NotFound, ReasonNotGiven, Refused, SamePerson
from schemes.gate_rule import DECIDERS
from schemes.person import Actor, Role, people

MOST_DAYS = 92
"""Whoever is away for longer is replaced."""

APPOINTERS = (Role.ADMINISTRATOR, Role.APPROVER)


class DelegationFault(StrEnum):
    """Why somebody cannot stand in."""

    ONESELF = "oneself"
    ENDS_BEFORE_IT_BEGINS = "ends_before_it_begins"
    OVER = "over"
    TOO_LONG = "too_long"
    LACKS_ROLE = "lacks_role"
    OTHER_THERE = "other_there"
    AWAY_TOO = "away_too"


class DelegationRefused(Refused):
    """Somebody cannot stand in for another on these days."""

    def __init__(self, fault: DelegationFault) -> None:
        super().__init__(f"nobody can stand in so: {fault}")
        self.fault = fault


class Delegation(BodyOwned, Base):
    """That a person decides at gates for another one. Both days are London's and included; it ends by itself.

    change_id: the proposal by which two others appointed them; None where the person who is away did it.
    """

    __tablename__ = "delegation"
    __table_args__ = (
        Index("ix_delegation_last_day", "body_id", "last_day"),
        to_body_row("change", "change_id"),
        CheckConstraint("delegate_id <> person_id", name="oneself"),
        CheckConstraint("last_day >= first_day", name="days"),
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    delegate_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    first_day: Mapped[date]
    last_day: Mapped[date]
    reason: Mapped[str]
    made_by: Mapped[UUID]
    made_at: Mapped[datetime]
    change_id: Mapped[UUID | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None]

    def runs_on(self, day: date) -> bool:
        return self.ended_at is None and self.first_day <= day <= self.last_day


def ahead(session: Session, today: date) -> Sequence[Delegation]:
    """Those that run or are still to come, the next first."""
    live = Delegation.ended_at.is_(None) & (Delegation.last_day >= today)
    return session.scalars(select(Delegation).where(live).order_by(Delegation.first_day, Delegation.id)).all()


def running(session: Session, today: date) -> list[Delegation]:
    return [one for one in ahead(session, today) if one.runs_on(today)]


def hand_over(
    session: Session,
    *,
    delegation_id: UUID,
    delegate_id: UUID,
    first_day: date,
    last_day: date,
    reason: str,
    by: Actor,
    at: datetime,
) -> Delegation:
    """A person who will be away hands their decisions to another. The same id again is the same delegation.

    Raises DelegationRefused, ReasonNotGiven, NotAllowed, NotFound.
    """
    by.must_be(*DECIDERS)
    take_turns(session, "delegation")
    there = session.get(Delegation, (by.body_id, delegation_id))
    if there is not None:
        return there
    if not reason.strip():
        raise ReasonNotGiven("hand your decisions over")
    must_fit(session, by.person_id, delegate_id, first_day, last_day, today=london_day(at))
    made = Delegation(
        body_id=by.body_id,
        id=delegation_id,
        person_id=by.person_id,
        delegate_id=delegate_id,
        first_day=first_day,
        last_day=last_day,
        reason=reason.strip(),
        made_by=by.person_id,
        made_at=at,
    )
    return kept(session, made, by=by, at=at)


def kept(session: Session, made: Delegation, *, by: Actor, at: datetime) -> Delegation:
    session.add(made)
    session.flush()
    audit.record(
        session,
        "delegation.made",
        by=by,
        about=made,
        at=at,
        person=str(made.person_id),
        delegate=str(made.delegate_id),
        first_day=made.first_day.isoformat(),
        last_day=made.last_day.isoformat(),
    )
    return made


def must_fit(
    session: Session, person_id: UUID, delegate_id: UUID, first_day: date, last_day: date, *, today: date
) -> None:
    """Raises DelegationRefused, NotFound."""
    if person_id == delegate_id:
        raise DelegationRefused(DelegationFault.ONESELF)
    if last_day < first_day:
        raise DelegationRefused(DelegationFault.ENDS_BEFORE_IT_BEGINS)
    if last_day < today:
        raise DelegationRefused(DelegationFault.OVER)
    if last_day - first_day >= timedelta(days=MOST_DAYS):
        raise DelegationRefused(DelegationFault.TOO_LONG)
    held = {person.id: set(roles) for person, roles in people(session)}
    for asked in (person_id, delegate_id):
        if asked not in held:
            raise NotFound("person", asked)
    if not held[person_id] & held[delegate_id] & set(DECIDERS):
        raise DelegationRefused(DelegationFault.LACKS_ROLE)
    for other in ahead(session, today):
        if other.first_day <= last_day and first_day <= other.last_day:
            if other.person_id == person_id:
                raise DelegationRefused(DelegationFault.OTHER_THERE)
            # nobody stands in for whoever stands in: two are enough to look through
            if other.person_id == delegate_id or other.delegate_id == person_id:
                raise DelegationRefused(DelegationFault.AWAY_TOO)


def propose(
    session: Session,
    *,
    change_id: UUID,
    person_id: UUID,
    delegate_id: UUID,
    first_day: date,
    last_day: date,
    reason: str,
    by: Actor,
    at: datetime,
) -> Change:
    """Somebody else appoints who decides for a person who is away already; a third one confirms it.

    Raises SamePerson, DelegationRefused, NotAllowed, NotFound, and as `change.propose`.
    """
    by.must_be(*APPOINTERS)
    there = session.get(Change, (by.body_id, change_id))
    if there is not None:
        return there
    must_be_an_outsider(by, person_id, delegate_id)
    must_fit(session, person_id, delegate_id, first_day, last_day, today=london_day(at))
    after: dict[str, Any] = {
        "person": str(person_id),
        "delegate": str(delegate_id),
        "first_day": first_day.isoformat(),
        "last_day": last_day.isoformat(),
    }
    return change.propose(
        session,
        ChangeKind.DELEGATION,
        change_id=change_id,
        subject_id=person_id,
        before={},
        after=after,
        reason=reason,
        by=by,
        at=at,
    )


def must_be_an_outsider(by: Actor, *concerned: UUID) -> None:
    """Raises SamePerson: neither who is away nor who stands in appoints anybody."""
    if by.person_id in concerned:
        raise SamePerson("are one of those whom it concerns")


def apply(session: Session, confirmed: Change, by: Actor, at: datetime) -> None:
    """Raises SamePerson, DelegationRefused."""
    facts = confirmed.after
    person_id, delegate_id = UUID(facts["person"]), UUID(facts["delegate"])
    first_day, last_day = (date.fromisoformat(facts[name]) for name in ("first_day", "last_day"))
    must_be_an_outsider(by, person_id, delegate_id)
    must_fit(session, person_id, delegate_id, first_day, last_day, today=london_day(at))
    made = Delegation(
        body_id=confirmed.body_id,
        id=new_id(),
        person_id=person_id,
        delegate_id=delegate_id,
        first_day=first_day,
        last_day=last_day,
        reason=confirmed.reason,
        made_by=confirmed.proposed_by,
        made_at=at,
        change_id=confirmed.id,
    )
    kept(session, made, by=by, at=at)


def end(session: Session, delegation_id: UUID, *, by: Actor, at: datetime) -> Delegation:
    """Let a delegation end now: by either of the two, or an administrator. Ending it twice is ending it once.

    Raises NotFound, NotAllowed.
    """
    there = session.get(Delegation, (by.body_id, delegation_id), with_for_update=True)
    if there is None:
        raise NotFound("delegation", delegation_id)
    if by.person_id not in (there.person_id, there.delegate_id):
        by.must_be(Role.ADMINISTRATOR)
    if there.ended_at is None:
        there.ended_at, there.ended_by = at, by.person_id
        session.flush()
        audit.record(session, "delegation.ended", by=by, about=there, at=at)
    return there
