"""Whether a payroll may be released on a day that the body froze."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from payouts.gates.decision import GateState, Verdict
from schemes.duties import london_day
from schemes.errors import Refused
from schemes.freeze import freezes_between
from schemes.gate_rule import GateKind


class Frozen(Refused):
    """Nothing is released before the day after `until`. urgent_allowed: unless somebody says why it cannot wait."""

    def __init__(self, until: date, *, urgent_allowed: bool) -> None:
        super().__init__(f"nothing is released until {until}" + (", unless it can't wait" if urgent_allowed else ""))
        self.until = until
        self.urgent_allowed = urgent_allowed


def must_not_be_frozen(session: Session, states: list[GateState], *, at: datetime) -> None:
    """Raises Frozen. What cannot wait is released where the freeze allows it and the go at Release says why."""
    today = london_day(at)
    frozen = freezes_between(session, today, today)
    if not frozen:
        return
    urgent_allowed = all(each.urgent_allowed for each in frozen)
    if urgent_allowed and released_with_reason(states):
        return
    raise Frozen(max(each.last_day for each in frozen), urgent_allowed=urgent_allowed)


def released_with_reason(states: list[GateState]) -> bool:
    """Whether somebody who said go at Release said why."""
    return any(
        decision.verdict is Verdict.GO and decision.reason.strip()
        for state in states
        if state.gate.kind is GateKind.RELEASE
        for decision in state.decisions
    )
