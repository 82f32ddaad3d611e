"""Deciding for somebody who is away: only while they handed it over, in a role that both hold, and barred as both."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from payouts.payroll import Payroll
from schemes import delegation
from schemes.duties import london_day
from schemes.errors import Refused
from schemes.person import Role, people


class NotHandedOver(Refused):
    """The person did not hand their decisions to this one for today, or does not hold the role."""


def away_for(session: Session, payroll: Payroll, delegate_id: UUID, role: Role, *, at: datetime) -> list[UUID]:
    """Those for whom a person may decide in a role now."""
    handed = {one.person_id for one in delegation.running(session, london_day(at)) if one.delegate_id == delegate_id}
    if not handed:
        return []
    return [
        person.id
        for person, roles in people(session, scheme_id=payroll.scheme_id)
        if person.id in handed and role in roles
    ]


def must_stand_in(
    session: Session, payroll: Payroll, for_person_id: UUID, *, delegate_id: UUID, role: Role, at: datetime
) -> None:
    """Raises NotHandedOver."""
    if for_person_id not in away_for(session, payroll, delegate_id, role, at=at):
        raise NotHandedOver


def stand_ins(session: Session, *, at: datetime) -> dict[UUID, UUID]:
    """Who decides for whom now: the delegate by the one who is away."""
    return {one.person_id: one.delegate_id for one in delegation.running(session, london_day(at))}
