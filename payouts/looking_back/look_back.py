"""The short review after a payroll, under five headings, and the actions that come of it.

An action is somebody's, has a day, and comes up at the Ready gate of every later payroll of the scheme until it is
done: whoever says go there says of each that it is done, or why it is carried on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, exists, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from payouts.payroll import GONE_FROM_HERE, Payroll
from schemes import audit
from schemes.database import Base, BodyOwned, new_id, stored, to_body_row
from schemes.errors import NotFound, NotNow, ReasonNotGiven, Refused
from schemes.person import Actor, Person, Role, people

SPEAKERS = (Role.PREPARER, Role.FINANCE, Role.APPROVER, Role.RELEASER, Role.ADMINISTRATOR)
LONGEST = 2000


class Heading(StrEnum):
    """What is looked back at."""

    COMMUNICATION = "communication"
    DECISION_MAKING = "decision_making"
    TESTING = "testing"
    DESIGN = "design"
    MOMENTUM = "momentum"


class NothingSaid(Refused):
    """A review says something under one heading at least."""


class ActionRefused(Refused):
    """An action has words, somebody of the body who sees to it, and a day to come."""


class ActionsOpen(Refused):
    """Actions of earlier payrolls are neither done nor carried on. `count`: how many."""

    def __init__(self, count: int) -> None:
        super().__init__(f"{count} actions of earlier payrolls have no answer")
        self.count = count


class LookBack(BodyOwned, Base):
    """What was said after a payroll, once for each. A heading under which nothing was said is ""."""

    __tablename__ = "look_back"
    __table_args__ = (
        UniqueConstraint("body_id", "payroll_id"),
        to_body_row("payroll", "payroll_id"),
        CheckConstraint("communication || decision_making || testing || design || momentum <> ''", name="said"),
    )

    payroll_id: Mapped[UUID]
    communication: Mapped[str]
    decision_making: Mapped[str]
    testing: Mapped[str]
    design: Mapped[str]
    momentum: Mapped[str]
    made_by: Mapped[UUID]
    made_at: Mapped[datetime]

    @property
    def said(self) -> dict[Heading, str]:
        """What was said, by heading, without those under which nothing was."""
        return {heading: words for heading in Heading if (words := getattr(self, heading.value))}


class LookBackAction(BodyOwned, Base):
    """Something to do better; only that it is done is written later, once."""

    __tablename__ = "look_back_action"
    __table_args__ = (
        to_body_row("payroll", "payroll_id"),
        to_body_row("scheme", "scheme_id"),
        CheckConstraint("what <> ''", name="what"),
        CheckConstraint("(done_by is null) = (done_at is null)", name="done"),
        Index("ix_look_back_action_open", "body_id", "scheme_id", postgresql_where=text("done_at is null")),
    )

    payroll_id: Mapped[UUID]
    scheme_id: Mapped[UUID]
    heading: Mapped[Heading] = mapped_column(stored(Heading))
    what: Mapped[str]
    owner_id: Mapped[UUID]
    due_on: Mapped[date]
    made_by: Mapped[UUID]
    made_at: Mapped[datetime]
    done_by: Mapped[UUID | None]
    done_at: Mapped[datetime | None]


class CarriedAction(BodyOwned, Base):
    """Why an action that was not done did not hold a later payroll up."""

    __tablename__ = "carried_action"
    __table_args__ = (
        UniqueConstraint("body_id", "action_id", "payroll_id"),
        to_body_row("look_back_action", "action_id"),
        to_body_row("payroll", "payroll_id"),
        CheckConstraint("reason <> ''", name="reason"),
    )

    action_id: Mapped[UUID]
    payroll_id: Mapped[UUID]
    reason: Mapped[str]
    carried_by: Mapped[UUID]
    carried_at: Mapped[datetime]


def look_back(
    session: Session,
    payroll: Payroll,
    *,
    look_back_id: UUID,
    said: Mapping[Heading, str],
    by: Actor,
    at: datetime,
) -> LookBack:
    """Keep what was said after a payroll that left. The same id again is the same review.

    Raises NothingSaid, NotNow before the release and once somebody else has said it, NotAllowed.
    """
    by.must_be(*SPEAKERS, scheme=payroll.scheme_id)
    there = look_back_of(session, payroll.id)
    if there is not None:
        if there.id == look_back_id:
            return there
        raise NotNow("payroll", "looked back at", "looked back at again")
    if payroll.status not in GONE_FROM_HERE:
        raise NotNow("payroll", payroll.status, "looked back at")
    words = {heading.value: said.get(heading, "").strip()[:LONGEST] for heading in Heading}
    if not any(words.values()):
        raise NothingSaid
    made = LookBack(
        body_id=by.body_id, id=look_back_id, payroll_id=payroll.id, made_by=by.person_id, made_at=at, **words
    )
    session.add(made)
    session.flush()
    audit.record(session, "payroll.looked_back", by=by, about=payroll, at=at, headings=[h.value for h in made.said])
    return made


def look_back_of(session: Session, payroll_id: UUID) -> LookBack | None:
    return session.scalars(select(LookBack).where(LookBack.payroll_id == payroll_id)).one_or_none()


def add_action(
    session: Session,
    payroll: Payroll,
    *,
    action_id: UUID,
    heading: Heading,
    what: str,
    owner_id: UUID,
    due_on: date,
    by: Actor,
    at: datetime,
) -> LookBackAction:
    """Agree on something to do better. The same id again is the same action.

    Raises ActionRefused, NotNow before the release, NotAllowed.
    """
    by.must_be(*SPEAKERS, scheme=payroll.scheme_id)
    there = session.get(LookBackAction, (by.body_id, action_id))
    if there is not None:
        return there
    if payroll.status not in GONE_FROM_HERE:
        raise NotNow("payroll", payroll.status, "looked back at")
    if not what.strip() or due_on < at.date() or owner_id not in {person.id for person in owners(session)}:
        raise ActionRefused
    action = LookBackAction(
        body_id=by.body_id,
        id=action_id,
        payroll_id=payroll.id,
        scheme_id=payroll.scheme_id,
        heading=heading,
        what=what.strip()[:LONGEST],
        owner_id=owner_id,
        due_on=due_on,
        made_by=by.person_id,
        made_at=at,
    )
    session.add(action)
    session.flush()
    audit.record(
        session, "look_back.action_added", by=by, about=payroll, at=at, heading=heading.value, owner=str(owner_id)
    )
    return action


def owners(session: Session) -> list[Person]:
    """Who can see to an action, by name."""
    return [person for person, roles in people(session) if set(roles).intersection(SPEAKERS)]


def actions_of(session: Session, payroll_id: UUID) -> Sequence[LookBackAction]:
    """The actions that came of a payroll, oldest first."""
    actions = select(LookBackAction).where(LookBackAction.payroll_id == payroll_id)
    return session.scalars(actions.order_by(LookBackAction.id)).all()


def earlier_actions(session: Session, payroll: Payroll) -> Sequence[LookBackAction]:
    """The actions of the scheme's earlier payrolls that are not done, the one due first at the top."""
    actions = (
        select(LookBackAction)
        .join(Payroll, (Payroll.body_id == LookBackAction.body_id) & (Payroll.id == LookBackAction.payroll_id))
        .where(
            LookBackAction.scheme_id == payroll.scheme_id,
            LookBackAction.done_at.is_(None),
            Payroll.number < payroll.number,
        )
    )
    return session.scalars(actions.order_by(LookBackAction.due_on, LookBackAction.id)).all()


def carried_of(session: Session, payroll_id: UUID) -> dict[UUID, CarriedAction]:
    """The actions that a payroll carried on, each with why."""
    carried = select(CarriedAction).where(CarriedAction.payroll_id == payroll_id)
    return {one.action_id: one for one in session.scalars(carried)}


def get_action(session: Session, action_id: UUID, *, lock: bool = False) -> LookBackAction:
    """Raises NotFound."""
    action = session.get(LookBackAction, (session.info["body_id"], action_id), with_for_update=lock or None)
    if action is None:
        raise NotFound("action", action_id)
    return action


def end_action(session: Session, action: LookBackAction, *, by: Actor, at: datetime) -> None:
    """Say that an action, locked by the caller, is done. Saying it twice is saying it once. Raises NotAllowed."""
    by.must_be(*SPEAKERS, scheme=action.scheme_id)
    if action.done_at is not None:
        return
    action.done_by, action.done_at = by.person_id, at
    session.flush()
    audit.record(session, "look_back.action_done", by=by, about=action, at=at)


def carry_on(
    session: Session, action: LookBackAction, payroll: Payroll, *, reason: str, by: Actor, at: datetime
) -> None:
    """Say why an open action does not hold a later payroll up; it comes up at the next one again.

    Raises ReasonNotGiven, NotNow for one that is done or of a later payroll, NotAllowed.
    """
    by.must_be(*SPEAKERS, scheme=action.scheme_id)
    if action.done_at is not None:
        raise NotNow("action", "done", "carried on")
    if action.id not in {one.id for one in earlier_actions(session, payroll)}:
        raise NotFound("action", action.id)
    if not reason.strip():
        raise ReasonNotGiven("carry an action on")
    if action.id in carried_of(session, payroll.id):
        return
    carried = CarriedAction(
        body_id=by.body_id,
        id=new_id(),
        action_id=action.id,
        payroll_id=payroll.id,
        reason=reason.strip()[:LONGEST],
        carried_by=by.person_id,
        carried_at=at,
    )
    session.add(carried)
    session.flush()
    audit.record(session, "look_back.action_carried", by=by, about=action, at=at, payroll=str(payroll.id))


def must_be_answered(session: Session, payroll: Payroll) -> None:
    """Before a go at the Ready gate. Raises ActionsOpen."""
    carried = carried_of(session, payroll.id)
    left = [action for action in earlier_actions(session, payroll) if action.id not in carried]
    if left:
        raise ActionsOpen(len(left))


def is_looked_back_at(session: Session) -> bool:
    """Whether the body has looked back at any payroll."""
    return bool(session.scalar(select(exists().where(LookBack.id.is_not(None)))))
