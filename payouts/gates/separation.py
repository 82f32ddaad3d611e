"""The rules of two people, as one pure function: who may not decide at a gate, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from schemes.body import DutyPattern
from schemes.gate_rule import GateKind


class Bar(StrEnum):
    """Why a person may not decide."""

    BUILT_IT = "built_it"
    CHANGED_IT = "changed_it"
    ACCEPTED_FINDINGS = "accepted_findings"
    PROPOSED_BANK_DETAILS = "proposed_bank_details"
    KEYED_MONEY = "keyed_money"
    DECIDED_ANOTHER_GATE = "decided_another_gate"
    DECIDED_THIS_GATE = "decided_this_gate"


@dataclass(frozen=True)
class Part:
    """What people already did for a payroll. `decided`: gate position → those whose go counts there.

    gates: the kind of each of the payroll's gates, by position.
    changed_it: those who took payments out of it or moved its day once it was sealed.
    """

    built_by: frozenset[UUID]
    accepted_findings: frozenset[UUID]
    proposed_bank_details: frozenset[UUID]
    keyed_money: frozenset[UUID]
    decided: Mapping[int, frozenset[UUID]]
    gates: Mapping[int, GateKind]
    changed_it: frozenset[UUID] = frozenset()

    def did(self, person: UUID) -> frozenset[Bar]:
        """What of the building is this person's."""
        parts = {
            Bar.BUILT_IT: self.built_by,
            Bar.CHANGED_IT: self.changed_it,
            Bar.ACCEPTED_FINDINGS: self.accepted_findings,
            Bar.PROPOSED_BANK_DETAILS: self.proposed_bank_details,
            Bar.KEYED_MONEY: self.keyed_money,
        }
        return frozenset(did for did, people in parts.items() if person in people)


# the gates at which one person may decide both; at any others, two people
SHARED: dict[DutyPattern, tuple[frozenset[GateKind], ...]] = {
    DutyPattern.FOUR: (),
    DutyPattern.THREE: (frozenset({GateKind.FUNDS, GateKind.RELEASE}),),
    DutyPattern.TWO: (
        frozenset({GateKind.READY, GateKind.RELEASE}),
        frozenset({GateKind.FUNDS, GateKind.APPROVE}),
    ),
}

# told in this order, where several hold
BUILDING = (Bar.BUILT_IT, Bar.CHANGED_IT, Bar.ACCEPTED_FINDINGS, Bar.PROPOSED_BANK_DETAILS, Bar.KEYED_MONEY)
# of two people whoever built the payroll is the one who releases it: what the other approved, and nobody's new money
RELEASE_BY_TWO = (Bar.PROPOSED_BANK_DETAILS, Bar.KEYED_MONEY)


def bar(person: UUID, kind: GateKind, position: int, part: Part, pattern: DutyPattern) -> Bar | None:
    """Why a person may not say go at a gate, or None.

    In every pattern, whoever built or changed the payroll, accepted its findings, or proposed bank details or entered
    awards that it is the first to pay, does not approve it; nor do they release it, but for the builder where only two
    are there.
    """
    if person in part.decided.get(position, frozenset()):
        return Bar.DECIDED_THIS_GATE
    for other, people in part.decided.items():
        if other != position and person in people and not may_share(kind, part.gates[other], part, pattern):
            return Bar.DECIDED_ANOTHER_GATE
    did = part.did(person)
    return next((each for each in barring(kind, pattern) if each in did), None)


def barring(kind: GateKind, pattern: DutyPattern) -> tuple[Bar, ...]:
    """What of the building bars a person from a gate."""
    match kind:
        case GateKind.APPROVE:
            return BUILDING
        case GateKind.RELEASE:
            return RELEASE_BY_TWO if pattern is DutyPattern.TWO else BUILDING
        case GateKind.READY | GateKind.FUNDS:
            return ()


def may_share(kind: GateKind, other: GateKind, part: Part, pattern: DutyPattern) -> bool:
    """Whether one person may decide at gates of both kinds. Never without a gate at which somebody else approves."""
    shared = any({kind, other} == gates for gates in SHARED[pattern])
    return shared and GateKind.APPROVE in part.gates.values()
