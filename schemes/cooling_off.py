"""The cooling-off: how long new bank details wait after a second person confirmed them, by their risk."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from schemes import audit, change
from schemes.body import MOST_COOLING_OFF_DAYS, Body, get_body
from schemes.change import Change, ChangeKind
from schemes.errors import OutOfRange, Refused
from schemes.person import Actor, Role
from schemes.risk import Risk


class HighRiskSooner(Refused):
    """What is risky would be used sooner than what is not."""


class CoolingOff(NamedTuple):
    """Working days between the confirmation of bank details and their first use, by risk."""

    first_days: int
    ordinary_days: int
    high_days: int

    def days(self, risk: Risk) -> int:
        return {Risk.FIRST: self.first_days, Risk.ORDINARY: self.ordinary_days, Risk.HIGH: self.high_days}[risk]


def current(session: Session) -> CoolingOff:
    """What the body has set."""
    body = get_body(session)
    return CoolingOff(body.cooling_off_first_days, body.cooling_off_days, body.cooling_off_high_days)


def must_be_possible(wanted: CoolingOff) -> None:
    """Raises OutOfRange, HighRiskSooner."""
    for days in wanted:
        if not 0 <= days <= MOST_COOLING_OFF_DAYS:
            raise OutOfRange("cooling-off", days, 0, MOST_COOLING_OFF_DAYS)
    if wanted.high_days < max(wanted.first_days, wanted.ordinary_days):
        raise HighRiskSooner


def set_to(session: Session, wanted: CoolingOff, *, by: Actor | None = None, at: datetime) -> Body:
    """How long bank details wait from now on; what is confirmed keeps its day. Raises OutOfRange, HighRiskSooner.

    by: the person who confirmed it; None when whoever runs the service sets it.
    """
    must_be_possible(wanted)
    body = get_body(session)
    audit.record(session, "body.cooling_off_set", by=by, about=body, at=at, **wanted._asdict(), before=facts(session))
    body.cooling_off_first_days, body.cooling_off_days, body.cooling_off_high_days = wanted
    return body


def facts(session: Session) -> dict[str, Any]:
    """The setting as a proposal's facts."""
    return current(session)._asdict()


def propose(session: Session, wanted: CoolingOff, *, change_id: UUID, reason: str, by: Actor, at: datetime) -> Change:
    """Propose how long details wait. Raises OutOfRange, HighRiskSooner, NotAllowed, and as `change.propose`."""
    by.must_be(Role.ADMINISTRATOR)
    must_be_possible(wanted)
    return change.propose(
        session,
        ChangeKind.COOLING_OFF,
        change_id=change_id,
        subject_id=by.body_id,
        before=facts(session),
        after=wanted._asdict(),
        reason=reason,
        by=by,
        at=at,
    )


def apply(session: Session, confirmed: Change, by: Actor, at: datetime) -> None:
    set_to(session, CoolingOff(**confirmed.after), by=by, at=at)
