"""What has to be done for a payroll by when, and how much time is left: a part of its page."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from payouts.gates.deadline import plan_of
from payouts.gates.decision import GateState
from payouts.payroll import Payroll
from payouts.web.deadline_words import time_left
from payouts.web.pages import now, service
from schemes.duties import london_day
from schemes.freeze import Freeze, freezes_between


class GateDue(NamedTuple):
    """A gate with its deadline. colour of the tag: none where there is nothing to say."""

    name: str
    due: datetime
    words: str
    colour: str


class Deadlines(NamedTuple):
    """left: the time to the cut-off in words, empty once it has passed. freezes: those in the way of the release."""

    planned_input: datetime
    last_input: datetime
    left: str
    gates: list[GateDue]
    freezes: list[Freeze]


def deadlines_of(session: Session, payroll: Payroll, states: list[GateState]) -> Deadlines:
    plan, at = plan_of(session, payroll, service().calendar), now()
    return Deadlines(
        plan.planned_input,
        plan.last_input,
        time_left(plan.last_input, at),
        [gate_due(state, plan.due[state.gate.id], at) for state in states],
        list(freezes_between(session, london_day(at), payroll.input_day)),
    )


def gate_due(state: GateState, due: datetime, at: datetime) -> GateDue:
    if state.passed:
        return GateDue(state.gate.name, due, "Go", "")
    if at > due:
        return GateDue(state.gate.name, due, "Late", "red")
    return GateDue(state.gate.name, due, "Waiting" if state.is_waiting else "Not yet", "grey")
