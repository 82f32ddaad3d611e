"""A gate as a scheme defines it: its question, who answers, how many of them, and what they have to show.

How many it takes may grow with the money. What counts is the sum of all the scheme's payrolls for one pay date, so
that nobody stays below an amount by splitting a payroll.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from schemes.amount import MOST_AMOUNT_PENCE
from schemes.errors import FieldFault, Misfit
from schemes.person import Role

MOST_PEOPLE = 9
MOST_GATES = 12
MOST_TIERS = 6
MOST_DUE_DAYS = 10
LONGEST_QUESTION = 300

DECIDERS = (Role.PREPARER, Role.FINANCE, Role.APPROVER, Role.RELEASER)
"""The roles that a gate may ask. Who administers, audits or answers enquiries decides about no payment."""


class GateKind(StrEnum):
    """What a gate asks. The gates of a scheme stand in this order."""

    READY = "ready"
    FUNDS = "funds"
    APPROVE = "approve"
    RELEASE = "release"


DUE_DAYS: dict[GateKind, int] = {
    GateKind.READY: 2,
    GateKind.FUNDS: 1,
    GateKind.APPROVE: 1,
    GateKind.RELEASE: 0,
}
"""Office days before the planned input, by which each gate is decided where a scheme says nothing else."""


class EvidenceForm(StrEnum):
    """What the evidence at a gate is: words, a reference that finds it elsewhere, or a file that is kept here."""

    TEXT = "text"
    REFERENCE = "reference"
    FILE = "file"


class Tier(NamedTuple):
    """From an amount on, a gate takes so many people of a role: more of its own, or others besides."""

    from_pence: int
    role: Role
    people_needed: int


class GateRule(NamedTuple):
    """A gate of a scheme. A payroll copies the rules when it is created: a change touches later payrolls only.

    role, people_needed: who decides whatever the amount. tiers: who else, from which amount, the smallest first.
    due_days: office days between its deadline and the day on which the files are planned to go; None: as its kind has.
    escalates_to: the role that is told when the deadline has passed.
    """

    kind: GateKind
    name: str
    question: str
    role: Role
    people_needed: int = 1
    evidence_asked: str = ""
    tiers: tuple[Tier, ...] = ()
    evidence_form: EvidenceForm = EvidenceForm.TEXT
    due_days: int | None = None
    escalates_to: Role = Role.ADMINISTRATOR

    @property
    def due_days_before(self) -> int:
        return DUE_DAYS[self.kind] if self.due_days is None else self.due_days


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


def needs(role: Role, people_needed: int, tiers: Iterable[Tier], amount_pence: int) -> dict[Role, int]:
    """How many people of which roles a gate takes at an amount. More money never takes fewer.

    >>> needs(Role.APPROVER, 1, [Tier(100_000_00, Role.APPROVER, 2)], 99_999_99)
    {<Role.APPROVER: 'approver'>: 1}
    >>> needs(Role.APPROVER, 1, [Tier(100_000_00, Role.APPROVER, 2)], 100_000_00)
    {<Role.APPROVER: 'approver'>: 2}
    """
    needed = {role: people_needed}
    for tier in tiers:
        if amount_pence >= tier.from_pence:
            needed[tier.role] = max(needed.get(tier.role, 0), tier.people_needed)
    return needed


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
        if not 0 <= gate.due_days_before <= MOST_DUE_DAYS:
            yield FieldFault(f"gates.{place}.due_days", Misfit.OUT_OF_RANGE, (0, MOST_DUE_DAYS))
        for fault in tier_faults(gate):
            yield fault._replace(field=f"gates.{place}.{fault.field}")


def tier_faults(gate: GateRule) -> Iterator[FieldFault]:
    """Tiers out of order, or that ask for no more than what is asked for below them."""
    if len(gate.tiers) > MOST_TIERS:
        yield FieldFault("tiers", Misfit.TOO_LONG, (MOST_TIERS,))
    before = 0
    for place, tier in enumerate(gate.tiers):
        if not 1 <= tier.from_pence <= MOST_AMOUNT_PENCE:
            yield FieldFault(f"tiers.{place}.from_pence", Misfit.OUT_OF_RANGE, (1, MOST_AMOUNT_PENCE))
        elif tier.from_pence < before:
            yield FieldFault(f"tiers.{place}.from_pence", Misfit.NOT_RISING)
        before = tier.from_pence
        if tier.role not in DECIDERS:
            yield FieldFault(f"tiers.{place}.role", Misfit.UNKNOWN)
        below = needs(gate.role, gate.people_needed, gate.tiers[:place], tier.from_pence).get(tier.role, 0)
        if not below < tier.people_needed <= MOST_PEOPLE:
            yield FieldFault(f"tiers.{place}.people_needed", Misfit.OUT_OF_RANGE, (below + 1, MOST_PEOPLE))


def may_be_taken_away(gates: Sequence[GateRule], place: int) -> bool:
    """Whether a gate asks what another one asks too: of each question one gate stays."""
    kind = gates[place].kind
    return kind is not GateKind.RELEASE and sum(gate.kind is kind for gate in gates) > 1


def may_be_swapped(gates: Sequence[GateRule], place: int) -> bool:
    """Whether a gate and the one after it may change places: only two of one kind, since money needs the order."""
    return 0 <= place < len(gates) - 1 and gates[place].kind is gates[place + 1].kind


def with_another(gates: Sequence[GateRule], another: GateRule) -> tuple[GateRule, ...]:
    """The gates with one more, the last of its kind."""
    return tuple(sorted((*gates, another), key=lambda gate: list(GateKind).index(gate.kind)))


def tiers_json(tiers: Iterable[Tier]) -> list[dict[str, Any]]:
    return [{**tier._asdict(), "role": tier.role.value} for tier in tiers]


def tiers_from(kept: Iterable[Mapping[str, Any]]) -> tuple[Tier, ...]:
    return tuple(Tier(**{**tier, "role": Role(tier["role"])}) for tier in kept)


def gate_json(gate: GateRule) -> dict[str, Any]:
    """A gate as it is kept. What came in later and is not used is left out: it is written as it always was."""
    kept = {**gate._asdict(), "kind": gate.kind.value, "role": gate.role.value}
    later = {
        "tiers": tiers_json(gate.tiers),
        "evidence_form": gate.evidence_form.value,
        "due_days": gate.due_days,
        "escalates_to": gate.escalates_to.value,
    }
    used = {name: getattr(gate, name) != GateRule._field_defaults[name] for name in later}
    return {
        **{name: given for name, given in kept.items() if name not in later},
        **{n: later[n] for n in later if used[n]},
    }


def gate_from(kept: Mapping[str, Any]) -> GateRule:
    read = {
        "kind": GateKind(kept["kind"]),
        "role": Role(kept["role"]),
        "tiers": tiers_from(kept.get("tiers", ())),
        "evidence_form": EvidenceForm(kept.get("evidence_form", EvidenceForm.TEXT)),
        "escalates_to": Role(kept.get("escalates_to", Role.ADMINISTRATOR)),
    }
    return GateRule(**{**kept, **read})
