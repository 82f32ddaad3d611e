"""A decision at a gate: go or no-go, signed over the manifest, with what the person was shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from payouts.checks.acceptance import accepted_by
from payouts.gates.amendment import changed_by
from payouts.gates.amount import amount_of
from payouts.gates.first_use import Brought, first_uses
from payouts.gates.gate import Gate, gates_of
from payouts.gates.separation import Bar, Part, bar
from payouts.payroll import Payroll, PayrollStatus
from schemes.database import Base, BodyOwned, stored, to_body_row
from schemes.errors import NotFound
from schemes.passkey_signature import PasskeyFault, faults_of
from schemes.person import Role, people
from schemes.signer import verifies


class Verdict(StrEnum):
    """What a person says at a gate."""

    GO = "go"
    NO_GO = "no_go"


class Decision(BodyOwned, Base):
    """One person's word at one gate on one manifest. Only `voided_at` and `voided_because` are ever written later.

    signature: Ed25519 of the service's key over `record()`. shown: what the page showed when the person decided.
    role: the one, of those that the gate asks for, that the person decided in; None in decisions from before roles were
    told apart, which were made in the gate's own. passkey: what the person's passkey signed, if they decided with one.
    opened: the ids of the findings that whoever approves had opened.
    """

    __tablename__ = "decision"
    __table_args__ = (
        Index(
            "uq_decision_live",
            "body_id",
            "gate_id",
            "person_id",
            unique=True,
            postgresql_where=text("voided_at is null"),
        ),
        Index("ix_decision_payroll", "body_id", "payroll_id"),
        to_body_row("payroll", "payroll_id"),
        to_body_row("gate", "gate_id"),
        to_body_row("manifest", "manifest_id"),
        to_body_row("attachment", "attachment_id"),
        CheckConstraint("verdict = 'go' or reason <> ''", name="reason"),
    )

    payroll_id: Mapped[UUID]
    gate_id: Mapped[UUID]
    person_id: Mapped[UUID]
    verdict: Mapped[Verdict] = mapped_column(stored(Verdict))
    reason: Mapped[str]
    evidence: Mapped[str]
    manifest_id: Mapped[UUID]
    manifest_digest: Mapped[str]
    shown: Mapped[dict[str, Any]] = mapped_column(JSONB)
    role: Mapped[Role | None] = mapped_column(stored(Role))
    for_person_id: Mapped[UUID | None]
    attachment_id: Mapped[UUID | None]
    attached: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    opened: Mapped[list[str] | None] = mapped_column(JSONB(none_as_null=True))
    passkey: Mapped[dict[str, str] | None] = mapped_column(JSONB(none_as_null=True))
    decided_at: Mapped[datetime]
    signature: Mapped[bytes]
    public_key: Mapped[str]
    voided_at: Mapped[datetime | None]
    voided_because: Mapped[str | None]

    def record(self) -> dict[str, Any]:
        """What is signed."""
        signed: dict[str, Any] = {
            "body": str(self.body_id),
            "payroll": str(self.payroll_id),
            "gate": str(self.gate_id),
            "person": str(self.person_id),
            "verdict": self.verdict.value,
            "reason": self.reason,
            "evidence": self.evidence,
            "manifest": self.manifest_digest,
            "shown": self.shown,
            "decided_at": self.decided_at.astimezone(UTC).isoformat(),
        }
        # what came in later is left out where there is none: a signature from before it stays right
        later = {
            "role": self.role.value if self.role else None,
            "attached": self.attached,
            "opened": self.opened,
            "for": str(self.for_person_id) if self.for_person_id else None,
            "passkey": self.passkey,
        }
        return signed | {name: said for name, said in later.items() if said is not None}

    def statement(self) -> dict[str, Any]:
        """What the person says, and their passkey signs: see `said_in`."""
        return said_in(self.record())

    @property
    def people(self) -> frozenset[UUID]:
        """Whom it counts for by the rules of two people: whoever stood in for somebody counts as both."""
        return frozenset({self.person_id, self.for_person_id or self.person_id})

    def is_genuine(self) -> bool:
        """Whether the signatures, the service's and the passkey's if there is one, are right for what the row says."""
        return verifies(self.record(), self.signature, self.public_key) and not self.passkey_faults()

    def passkey_faults(self) -> list[PasskeyFault]:
        """What is wrong with what the passkey signed; nothing for a decision that was made with a code."""
        return faults_of(self.passkey, self.statement()) if self.passkey is not None else []


def said_in(record: Mapping[str, Any]) -> dict[str, Any]:
    """Of what the service signs, what the person says: all but when, and the passkey's own signature upon it."""
    return {name: said for name, said in record.items() if name not in ("decided_at", "passkey")}


@dataclass(frozen=True)
class GateState:
    """A gate with the decisions that count at it now. needs: how many of which roles, at the amount of now."""

    gate: Gate
    decisions: tuple[Decision, ...]
    is_reached: bool
    needs: Mapping[Role, int]

    @property
    def lacks(self) -> dict[Role, int]:
        """How many people of which roles have still to say go."""
        said = Counter(d.role or self.gate.role for d in self.decisions if d.verdict is Verdict.GO)
        return {role: needed - said[role] for role, needed in self.needs.items() if needed > said[role]}

    @property
    def passed(self) -> bool:
        return not self.lacks

    @property
    def is_waiting(self) -> bool:
        return self.is_reached and not self.passed


def decisions_of(session: Session, payroll_id: UUID, *, live: bool = True) -> Sequence[Decision]:
    """A payroll's decisions, oldest first: those that count now, or all."""
    decisions = select(Decision).where(Decision.payroll_id == payroll_id).order_by(Decision.decided_at, Decision.id)
    if live:
        decisions = decisions.where(Decision.voided_at.is_(None))
    return session.scalars(decisions).all()


def get_decision(session: Session, payroll_id: UUID, decision_id: UUID) -> Decision:
    """Raises NotFound, for a decision on another payroll too."""
    decision = session.get(Decision, (session.info["body_id"], decision_id))
    if decision is None or decision.payroll_id != payroll_id:
        raise NotFound("decision", decision_id)
    return decision


def gate_states(session: Session, payroll: Payroll) -> list[GateState]:
    """The gates in order, each with its live decisions, and whether those before it have said go."""
    decisions, gates = decisions_of(session, payroll.id), gates_of(session, payroll.id)
    amount_pence = amount_of(session, payroll).pence if any(gate.tiers for gate in gates) else 0
    states: list[GateState] = []
    for gate in gates:
        reached = payroll.status is PayrollStatus.SEALED and all(state.passed for state in states)
        here = tuple(decision for decision in decisions if decision.gate_id == gate.id)
        states.append(GateState(gate, here, reached, gate.needs(amount_pence)))
    return states


def part_of(session: Session, payroll: Payroll) -> Part:
    """Who already did what for a payroll."""
    states = gate_states(session, payroll)
    decided = {
        state.gate.position: frozenset(
            person for d in state.decisions if d.verdict is Verdict.GO for person in d.people
        )
        for state in states
    }
    return Part(
        built_by=frozenset({payroll.made_by, payroll.built_by}),
        accepted_findings=frozenset(accepted_by(session, payroll)),
        proposed_bank_details=first_uses(session, payroll, Brought.BANK_DETAILS),
        keyed_money=first_uses(session, payroll, Brought.MONEY),
        decided=decided,
        gates={state.gate.position: state.gate.kind for state in states},
        changed_it=changed_by(session, payroll.id),
    )


def took_part(session: Session, payroll: Payroll) -> frozenset[UUID]:
    """Everybody who built a payroll, brought anything new into it, or ever decided on it, void or not."""
    part = part_of(session, payroll)
    building = part.built_by | part.accepted_findings | part.proposed_bank_details | part.keyed_money | part.changed_it
    decided = (decision.people for decision in decisions_of(session, payroll.id, live=False))
    return building.union(*decided)


def may_still_decide(session: Session, payroll: Payroll, state: GateState) -> dict[Role, list[UUID]]:
    """Who is left to say go at a gate that waits, by the roles that it lacks: none of these took a part that bars them.

    Empty lists are a dead end, which only more people or a payroll that begins anew lead out of.
    """
    part = part_of(session, payroll)
    free = [
        (person.id, roles)
        for person, roles in people(session, scheme_id=payroll.scheme_id)
        if bar(person.id, state.gate.kind, state.gate.position, part, payroll.duty_pattern) is None
    ]
    return {role: [person_id for person_id, roles in free if role in roles] for role in state.lacks}


def bar_to(session: Session, payroll: Payroll, gate: Gate, person_id: UUID) -> Bar | None:
    """Why a person may not say go at a gate, or None: for the page, before they try."""
    return bar(person_id, gate.kind, gate.position, part_of(session, payroll), payroll.duty_pattern)
