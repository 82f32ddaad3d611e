"""A gate as a scheme defines it: its question, who answers, how many of them, and what they have to show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from schemes.errors import FieldFault, Misfit
from schemes.person import Role

MOST_PEOPLE = 9
MOST_GATES = 12
LONGEST_QUESTION = 300

DECIDERS = (Role.PREPARER, Role.FINANCE, Role.APPROVER, Role.RELEASER)
"""The roles that a gate may ask. Who administers, audits or answers enquiries decides about no payment."""


class GateKind(StrEnum):
    """What a gate asks. The gates of a scheme stand in this order."""

    READY = "ready"
    FUNDS = "funds"
    APPROVE = "approve"
    RELEASE = "release"


class GateRule(NamedTuple):
    """A gate of a scheme. A payroll copies the rules when it is created: a change touches later payrolls only."""

    kind: GateKind
    name: str
    question: str
    role: Role
    people_needed: int = 1
    evidence_asked: str = ""


FIRST_GATES = (
    GateRule(
        GateKind.READY, "Ready", "Is the payroll complete, and is every finding put right or explained?", Role.PREPARER
    ),
    GateRule(
        GateKind.FUNDS,
        "Funds",
        "Will the money be in the account on the day the payments leave it?",
        Role.FINANCE,
        evidence_asked="Balance or funding reference",
    ),
    GateRule(GateKind.APPROVE, "Approve", "Do you approve exactly these payments?", Role.APPROVER),
    GateRule(GateKind.RELEASE, "Release", "May these files go to the bank?", Role.RELEASER),
)
"""The gates that every scheme starts with."""


def gate_faults(gates: Sequence[GateRule]) -> Iterator[FieldFault]:
    """What keeps gates from being passed, or lets a payroll out without one of the four questions."""
    order = list(GateKind)
    kinds = [gate.kind for gate in gates]
    missing = any(kind not in kinds for kind in order)
    if missing or kinds.count(GateKind.RELEASE) != 1 or kinds != sorted(kinds, key=order.index):
        yield FieldFault("gates", Misfit.NOT_THE_FOUR)
    if len(gates) > MOST_GATES:
        yield FieldFault("gates", Misfit.TOO_LONG, (MOST_GATES,))
    for place, gate in enumerate(gates):
        for field in ("name", "question"):
            if not getattr(gate, field).strip():
                yield FieldFault(f"gates.{place}.{field}", Misfit.MISSING)
            elif len(getattr(gate, field)) > LONGEST_QUESTION:
                yield FieldFault(f"gates.{place}.{field}", Misfit.TOO_LONG, (LONGEST_QUESTION,))
        if gate.role not in DECIDERS:
            yield FieldFault(f"gates.{place}.role", Misfit.UNKNOWN)
        if not 1 <= gate.people_needed <= MOST_PEOPLE:
            yield FieldFault(f"gates.{place}.people_needed", Misfit.OUT_OF_RANGE, (1, MOST_PEOPLE))


def gate_json(gate: GateRule) -> dict[str, Any]:
    return {**gate._asdict(), "kind": gate.kind.value, "role": gate.role.value}


def gate_from(kept: Mapping[str, Any]) -> GateRule:
    return GateRule(**{**kept, "kind": GateKind(kept["kind"]), "role": Role(kept["role"])})
