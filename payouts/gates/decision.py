"""A decision at a gate: go or no-go, signed over the manifest, with what the person was shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from payouts.checks.acceptance import accepted_by
from payouts.difference.comparison import must_be_explained
from payouts.files.sealing import withdraw_files
from payouts.gates.amendment import changed_by
from payouts.gates.amount import amount_of
from payouts.gates.attachment import Attachment, must_have_evidence
from payouts.gates.cover import must_run
from payouts.gates.first_use import Brought, first_uses
from payouts.gates.gate import Gate, gates_of, get_gate
from payouts.gates.manifest import manifest_of, must_be_the_gates
from payouts.gates.separation import Bar, Part, bar
from payouts.gates.standing_in import must_stand_in
from payouts.gates.voiding import VOIDS, Move
from payouts.payroll import Payroll, PayrollStatus, move
from payouts.tasks import outbox
from schemes import audit
from schemes.database import Base, BodyOwned, new_id, stored, to_body_row
from schemes.errors import NotFound, NotNow, Refused
from schemes.gate_rule import GateKind
from schemes.person import Actor, Role, may_decide_from
from schemes.signer import Signer, verifies


class Verdict(StrEnum):
    """What a person says at a gate."""

    GO = "go"
    NO_GO = "no_go"


class Decision(BodyOwned, Base):
    """One person's word at one gate on one manifest. Only `voided_at` and `voided_because` are ever written later.

    signature: Ed25519 of the service's key over `record()`. shown: what the page showed when the person decided.
    role: the one, of those that the gate asks for, that the person decided in; None in decisions from before roles were
    told apart, which were made in the gate's own.
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
            "for": str(self.for_person_id) if self.for_person_id else None,
        }
        return signed | {name: said for name, said in later.items() if said is not None}

    @property
    def people(self) -> frozenset[UUID]:
        """Whom it counts for by the rules of two people: whoever stood in for somebody counts as both."""
        return frozenset({self.person_id, self.for_person_id or self.person_id})

    def is_genuine(self) -> bool:
        """Whether the signature is right for what the row says."""
        return verifies(self.record(), self.signature, self.public_key)


class DecisionRefused(Refused):
    """The person may not say go here. `bar` says why."""

    def __init__(self, why: Bar) -> None:
        super().__init__(f"someone else must decide: {why}")
        self.why = why


class DecidesLater(Refused):
    """A new approver, or whoever's password and codes were set anew, lets nothing go on before `until` (UTC)."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"decides at no gate before {until:%H:%M} UTC on {until:%d %B %Y}")
        self.until = until


class GateNotReached(Refused):
    """An earlier gate has not said go yet."""

    def __init__(self, first: str) -> None:
        super().__init__(f"gate {first} comes first")
        self.first = first


class ManifestChanged(Refused):
    """The payroll is no longer what the person was shown."""


class ReasonNeeded(Refused):
    """A no-go needs a reason."""


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


def bar_to(session: Session, payroll: Payroll, gate: Gate, person_id: UUID) -> Bar | None:
    """Why a person may not say go at a gate, or None: for the page, before they try."""
    return bar(person_id, gate.kind, gate.position, part_of(session, payroll), payroll.duty_pattern)


def decide(
    session: Session,
    signer: Signer,
    payroll: Payroll,
    *,
    gate_id: UUID,
    verdict: Verdict,
    reason: str,
    evidence: str,
    manifest_digest: str,
    shown: dict[str, Any],
    attached: Attachment | None = None,
    for_person_id: UUID | None = None,
    by: Actor,
    at: datetime,
) -> Decision:
    """Record a decision, signed, on a payroll locked by the caller. The same decision sent twice is one decision.

    manifest_digest: of the manifest that the page showed. attached: the person's file, if there is one. A no-go voids
    every decision and returns the payroll to its preparer. Raises NotNow, GateNotReached, NotAllowed, DecisionRefused,
    DecidesLater, ManifestChanged, ReasonNeeded, EvidenceNeeded, CoverEnded, NotExplained, NotHandedOver.
    for_person_id: whoever is away and handed this decision over; the one who makes it counts as both.
    """
    gate = get_gate(session, payroll.id, gate_id)
    by.must_be(*gate.roles, scheme=payroll.scheme_id)
    state = next(state for state in gate_states(session, payroll) if state.gate.id == gate.id)
    there = next((d for d in state.decisions if d.person_id == by.person_id), None)
    if there is not None and there.verdict is verdict:
        return there
    role = role_of(payroll, state, verdict, by)
    manifest = manifest_of(session, payroll)
    if verdict is Verdict.GO and manifest is not None:
        must_be_the_gates(session, manifest)
    if for_person_id is not None:
        must_stand_in(session, payroll, for_person_id, delegate_id=by.person_id, role=role, at=at)
    concerned = [by.person_id] if for_person_id is None else [by.person_id, for_person_id]
    refuse_unless_open(session, payroll, state, role, concerned, verdict=verdict, reason=reason, at=at)
    if verdict is Verdict.GO:
        must_have_evidence(state.gate, evidence, attached)
    if manifest is None or manifest.digest != manifest_digest:
        raise ManifestChanged
    decision = Decision(
        body_id=payroll.body_id,
        id=new_id(),
        payroll_id=payroll.id,
        gate_id=gate.id,
        person_id=by.person_id,
        verdict=verdict,
        reason=reason.strip(),
        evidence=evidence.strip(),
        manifest_id=manifest.id,
        manifest_digest=manifest.digest,
        shown=shown,
        role=role,
        for_person_id=for_person_id,
        attachment_id=attached.id if attached else None,
        attached=attached.statement() if attached else None,
        decided_at=at,
    )
    keep(session, signer, decision, payroll, gate, by=by, at=at)
    if verdict is Verdict.NO_GO:
        return_to_preparer(session, payroll, Move.NO_GO, because=f"no-go at {gate.name}", by=by, at=at)
        ask_to_tell(session, decision, at=at)
    return decision


def keep(
    session: Session, signer: Signer, decision: Decision, payroll: Payroll, gate: Gate, *, by: Actor, at: datetime
) -> None:
    """Sign a decision and store it, with its event."""
    decision.signature, decision.public_key = signer.sign(decision.record()), signer.public_key
    session.add(decision)
    session.flush()
    told: dict[str, Any] = {"gate": gate.name, "decision": str(decision.id), "manifest": decision.manifest_digest}
    audit.record(session, f"gate.{decision.verdict}", by=by, about=payroll, at=at, **told)


def ask_to_tell(session: Session, decision: Decision, *, at: datetime) -> None:
    """Ask for the messages about a no-go, in its transaction."""
    ids = {"payroll_id": str(decision.payroll_id), "decision_id": str(decision.id)}
    outbox.add(session, "gates.tell_no_go", once=f"gates.tell_no_go/{decision.id}", at=at, **ids)


def role_of(payroll: Payroll, state: GateState, verdict: Verdict, by: Actor) -> Role:
    """The role that a person decides in: for a go one that the gate still lacks. Raises NotAllowed."""
    asked = tuple(state.lacks or state.needs) if verdict is Verdict.GO else state.gate.roles
    by.must_be(*asked, scheme=payroll.scheme_id)
    return next(role for role in asked if by.holds(role, payroll.scheme_id))


def refuse_unless_open(
    session: Session,
    payroll: Payroll,
    state: GateState,
    role: Role,
    concerned: Sequence[UUID],
    *,
    verdict: Verdict,
    reason: str,
    at: datetime,
) -> None:
    if payroll.status is not PayrollStatus.SEALED:
        raise NotNow("payroll", payroll.status, "decided on")
    if not state.is_reached:
        first = next(s.gate.name for s in gate_states(session, payroll) if not s.passed)
        raise GateNotReached(first)
    if state.passed:
        raise NotNow("gate", "passed", "decided again")
    if verdict is Verdict.NO_GO:
        # anybody with the role may stop a payroll: the rules of two people only limit who may let it go on
        if not reason.strip():
            raise ReasonNeeded
        return
    must_run(session, payroll, at=at)
    if state.gate.kind is GateKind.READY:
        must_be_explained(session, payroll)
    part = part_of(session, payroll)
    for person_id in concerned:
        why = bar(person_id, state.gate.kind, state.gate.position, part, payroll.duty_pattern)
        if why is not None:
            raise DecisionRefused(why)
        later = may_decide_from(session, person_id, role, payroll.scheme_id)
        if later is not None and at < later:
            raise DecidesLater(later)


def void_decisions(session: Session, payroll: Payroll, what: Move, *, because: str, at: datetime) -> int:
    """Void the live decisions on a payroll whose facts a move changes; returns how many."""
    gates = select(Gate.id).where(Gate.payroll_id == payroll.id, Gate.kind.in_(VOIDS[what]))
    voided: int = session.execute(
        update(Decision)
        .where(Decision.payroll_id == payroll.id, Decision.voided_at.is_(None), Decision.gate_id.in_(gates))
        .values(voided_at=at, voided_because=because)
        .execution_options(synchronize_session="fetch")
    ).rowcount  # type: ignore[attr-defined]
    return voided


def return_to_preparer(
    session: Session, payroll: Payroll, what: Move, *, because: str, by: Actor, at: datetime
) -> None:
    """Back to where findings are worked on: decisions are void, the files are withdrawn. Raises NotNow."""
    move(session, payroll, PayrollStatus.CHECKED, by=by, at=at)
    voided = void_decisions(session, payroll, what, because=because, at=at)
    withdraw_files(session, payroll, at=at)
    payroll.manifest_id = payroll.amendment_id = None
    audit.record(session, "payroll.returned", by=by, about=payroll, at=at, decisions_voided=voided)
