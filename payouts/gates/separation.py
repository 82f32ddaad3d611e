"""The rules of two people, as one pure function: who may not decide at a gate, and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from schemes.scheme import GateKind


class Bar(StrEnum):
    """Why a person may not decide."""

    BUILT_IT = "built_it"
    ACCEPTED_FINDINGS = "accepted_findings"
    PROPOSED_BANK_DETAILS = "proposed_bank_details"
    KEYED_MONEY = "keyed_money"
    DECIDED_ANOTHER_GATE = "decided_another_gate"
    DECIDED_THIS_GATE = "decided_this_gate"


@dataclass(frozen=True)
class Part:
    """What people already did for a payroll. `decided`: gate position → those whose go counts there."""

    built_by: frozenset[UUID]
    accepted_findings: frozenset[UUID]
    proposed_bank_details: frozenset[UUID]
    keyed_money: frozenset[UUID]
    decided: dict[int, frozenset[UUID]]


def bar(person: UUID, kind: GateKind, position: int, part: Part) -> Bar | None:
    """Why a person may not say go at a gate, or None.

    The pattern of four: one person a gate. Whoever built the payroll, accepted its findings, or proposed bank details
    or entered awards that it is the first to pay, does not approve it; nor do they release it.
    """
    if person in part.decided.get(position, frozenset()):
        return Bar.DECIDED_THIS_GATE
    if any(person in people for other, people in part.decided.items() if other != position):
        return Bar.DECIDED_ANOTHER_GATE
    if kind in (GateKind.APPROVE, GateKind.RELEASE):
        if person in part.built_by:
            return Bar.BUILT_IT
        if person in part.accepted_findings:
            return Bar.ACCEPTED_FINDINGS
        if person in part.proposed_bank_details:
            return Bar.PROPOSED_BANK_DETAILS
        if person in part.keyed_money:
            return Bar.KEYED_MONEY
    return None
