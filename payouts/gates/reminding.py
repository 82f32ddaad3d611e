"""Who is told about a gate: those who may decide when it waits for them, others when it is late, all of a no-go.

Each is told once of each thing, which the database keeps: a task that runs again tells nobody twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import UniqueConstraint, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from bacs.calendar import LONDON
from payouts import when
from payouts.gates.deadline import offices_of, plan_for
from payouts.gates.decision import GateState, gate_states, get_decision, part_of, took_part
from payouts.gates.gate import get_gate
from payouts.gates.separation import bar
from payouts.gates.standing_in import stand_ins
from payouts.notices.staff_fields import of_payroll
from payouts.notices.staff_wording import StaffText, write
from payouts.notices.words import HOLDS, plain
from payouts.payroll import Payroll, PayrollStatus, get_payroll
from payouts.tasks import outbox
from schemes.database import Base, BodyOwned, new_id, stored, to_body_row
from schemes.person import Person, people

if TYPE_CHECKING:
    from payouts.app import Service

MORNING, EVENING = time(8), time(19)
"""London's time, between which people are reminded."""


class Reminded(StrEnum):
    """Of what somebody was told."""

    WAITING = "waiting"
    BEFORE = "before"
    AFTER = "after"
    NO_GO = "no_go"


class GateReminder(BodyOwned, Base):
    """That a person was told of something about a gate of a payroll as it was sealed."""

    __tablename__ = "gate_reminder"
    __table_args__ = (
        UniqueConstraint("body_id", "gate_id", "manifest_id", "person_id", "reminded"),
        to_body_row("gate", "gate_id"),
        to_body_row("manifest", "manifest_id"),
    )

    gate_id: Mapped[UUID]
    manifest_id: Mapped[UUID]
    person_id: Mapped[UUID]
    reminded: Mapped[Reminded] = mapped_column(stored(Reminded))
    told_at: Mapped[datetime]


def ask_hourly(session: Session, *, at: datetime) -> None:
    """Ask for a look at the open gates, once an hour while people are at work, if there is one."""
    here = at.astimezone(LONDON)
    if MORNING <= here.time() < EVENING and open_payrolls(session):
        outbox.add(session, "gates.remind", once=f"gates.remind/{here:%Y-%m-%d/%H}", at=at)


def open_payrolls(session: Session) -> list[Payroll]:
    """The payrolls at the gates: few, so read whole."""
    return list(session.scalars(select(Payroll).where(Payroll.status == PayrollStatus.SEALED).order_by(Payroll.number)))


def remind(session: Session, service: Service, args: Mapping[str, Any]) -> None:
    """Tell those who may decide that a payroll waits for them, and again from the office day before its deadline on.

    Where it reaches them only then, they are told once. After the deadline others are told too.
    """
    now = service.now()
    offices = offices_of(session, service.calendar)
    for payroll in open_payrolls(session):
        waiting = next((state for state in gate_states(session, payroll) if state.is_waiting), None)
        if waiting is None or now > payroll.deadline_at:
            continue
        planned = plan_for(offices, payroll, [(waiting.gate.id, waiting.gate.due_days)])
        due = planned.due[waiting.gate.id]
        from_day = offices.day_at_or_before(due.date() - timedelta(days=1))
        is_near = now.astimezone(LONDON) >= datetime.combine(from_day, MORNING, LONDON)
        reminded = Reminded.BEFORE if is_near else Reminded.WAITING
        tell_deciders(session, service, payroll, waiting, reminded, due, at=now)
        if now >= due:
            tell_others(session, service, payroll, waiting, due, at=now)


def tell_deciders(
    session: Session,
    service: Service,
    payroll: Payroll,
    state: GateState,
    reminded: Reminded,
    due: datetime,
    *,
    at: datetime,
) -> None:
    values = of_gate(session, service, payroll, state, due)
    values |= {"late": HOLDS if at >= due else "", "on_time": HOLDS if at < due else ""}
    instead, by_id = stand_ins(session, at=at), {person.id: person for person, _ in people(session)}
    for asked in may_decide(session, payroll, state):
        # whoever is away has handed it over: the one who stands in is asked
        person = by_id.get(instead.get(asked.id, asked.id), asked)
        tell(session, service, payroll, state.gate.id, person, reminded, values, at=at)


def tell_others(
    session: Session, service: Service, payroll: Payroll, state: GateState, due: datetime, *, at: datetime
) -> None:
    lacking = " and ".join(f"{count} {role}" for role, count in state.lacks.items())
    values = of_gate(session, service, payroll, state, due) | {"lacking": lacking}
    for person, roles in people(session, scheme_id=payroll.scheme_id):
        if state.gate.escalates_to in roles:
            tell(session, service, payroll, state.gate.id, person, Reminded.AFTER, values, at=at)


def of_gate(session: Session, service: Service, payroll: Payroll, state: GateState, due: datetime) -> dict[str, str]:
    """What fills the fields of a message about a gate that waits."""
    return {
        **of_payroll(session, service, payroll),
        "gate": state.gate.name,
        "due": when.deadline(due),
        "cut_off": when.deadline(payroll.deadline_at),
    }


def may_decide(session: Session, payroll: Payroll, state: GateState) -> Iterator[Person]:
    """Those who hold a role that the gate lacks, and whom nothing bars."""
    part, gate = part_of(session, payroll), state.gate
    for person, roles in people(session, scheme_id=payroll.scheme_id):
        barred = bar(person.id, gate.kind, gate.position, part, payroll.duty_pattern)
        if state.lacks.keys() & set(roles) and barred is None:
            yield person


def tell_of_no_go(session: Session, service: Service, args: Mapping[str, Any]) -> None:
    """Tell all who built a payroll or decided on it that somebody said no-go, and why."""
    payroll = get_payroll(session, UUID(args["payroll_id"]))
    decision = get_decision(session, payroll.id, UUID(args["decision_id"]))
    gate = get_gate(session, payroll.id, decision.gate_id)
    by = session.get_one(Person, decision.person_id)
    values = {**of_payroll(session, service, payroll), "gate": gate.name, "who": plain(by.name)}
    involved = took_part(session, payroll) - {decision.person_id}
    for person, _ in people(session, scheme_id=payroll.scheme_id):
        if person.id in involved:
            told_at = service.now()
            tell_once(
                session, service, decision.manifest_id, gate.id, person, Reminded.NO_GO, payroll, values, at=told_at
            )


def tell(
    session: Session,
    service: Service,
    payroll: Payroll,
    gate_id: UUID,
    person: Person,
    reminded: Reminded,
    values: Mapping[str, str],
    *,
    at: datetime,
) -> None:
    assert payroll.manifest_id is not None, "a payroll at its gates was sealed"
    tell_once(session, service, payroll.manifest_id, gate_id, person, reminded, payroll, values, at=at)


TEXTS: dict[Reminded, StaffText] = {
    Reminded.WAITING: StaffText.GATE_WAITING,
    Reminded.BEFORE: StaffText.GATE_REMINDER,
    Reminded.AFTER: StaffText.GATE_LATE,
    Reminded.NO_GO: StaffText.NO_GO,
}


def tell_once(
    session: Session,
    service: Service,
    manifest_id: UUID,
    gate_id: UUID,
    person: Person,
    reminded: Reminded,
    payroll: Payroll,
    values: Mapping[str, str],
    *,
    at: datetime,
) -> None:
    """Plan a message, unless this person was told of this before."""
    row = {"body_id": payroll.body_id, "id": new_id(), "gate_id": gate_id, "manifest_id": manifest_id}
    kept = insert(GateReminder).values(**row, person_id=person.id, reminded=reminded, told_at=at)
    if session.scalar(kept.on_conflict_do_nothing().returning(GateReminder.id)) is None:
        return
    write(session, service, TEXTS[reminded], person, values, at=at)
