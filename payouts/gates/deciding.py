"""Deciding at a gate: what has to hold for a word to count, and that it is signed, kept and followed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple, NotRequired, TypedDict, Unpack
from uuid import UUID

from sqlalchemy.orm import Session

from payouts.difference.comparison import must_be_explained
from payouts.gates.attachment import Attachment, must_have_evidence
from payouts.gates.cover import must_run
from payouts.gates.decision import Decision, GateState, Verdict, gate_states, part_of
from payouts.gates.gate import Gate, get_gate
from payouts.gates.manifest import manifest_of, must_be_the_gates
from payouts.gates.opening import must_have_opened
from payouts.gates.returning import return_to_preparer
from payouts.gates.separation import Bar, bar
from payouts.gates.standing_in import must_stand_in
from payouts.gates.voiding import Move
from payouts.looking_back.look_back import must_be_answered
from payouts.payroll import Payroll, PayrollStatus
from payouts.tasks import outbox
from schemes import audit
from schemes.database import new_id
from schemes.errors import NotNow, Refused
from schemes.gate_rule import GateKind
from schemes.older_copy import must_not_be_held
from schemes.passkey import ask_to_sign, take_signature
from schemes.passkey_signature import Site
from schemes.person import Actor, Role, may_decide_from
from schemes.signer import Signer


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


class PasskeyNeeded(Refused):
    """The body's rule for this gate: a go counts only when it is signed with a passkey."""


class Said(TypedDict):
    """What a person says at a gate.

    manifest_digest: of the manifest that the page showed. attached: the person's file, if there is one. for_person_id:
    whoever is away and handed this decision over; the one who makes it counts as both.
    """

    gate_id: UUID
    verdict: Verdict
    reason: str
    evidence: str
    manifest_digest: str
    shown: dict[str, Any]
    attached: NotRequired[Attachment | None]
    for_person_id: NotRequired[UUID | None]


class PasskeyAnswer(NamedTuple):
    """What the browser sent of a passkey, for a decision that was asked for by `ask_for_passkey`."""

    site: Site
    answer: str


def decide(
    session: Session,
    signer: Signer,
    payroll: Payroll,
    *,
    passkey: PasskeyAnswer | None = None,
    by: Actor,
    at: datetime,
    **said: Unpack[Said],
) -> Decision:
    """Record a decision, signed, on a payroll locked by the caller. The same decision sent twice is one decision.

    A no-go voids every decision and returns the payroll to its preparer. Raises as `drafted`, PasskeyNeeded for a go
    without one where the gate takes one, PasskeyRefused, PasskeyTooNew, PasskeyCopied.
    """
    state = state_for(session, payroll, said["gate_id"], by)
    there = next((d for d in state.decisions if d.person_id == by.person_id), None)
    if there is not None and there.verdict is said["verdict"]:
        return there
    decision = drafted(session, payroll, state, said, by=by, at=at)
    if passkey is not None:
        signed = take_signature(session, passkey.site, by.person_id, decision.statement(), answer=passkey.answer, at=at)
        decision.passkey = signed.as_facts()
    elif decision.verdict is Verdict.GO and state.gate.needs_passkey:
        raise PasskeyNeeded
    if there is not None:
        # they said go, and think better of it while others are still asked: one live word a person and gate
        there.voided_at, there.voided_because = at, f"no-go at {state.gate.name}"
        session.flush()
    keep(session, signer, decision, payroll, state.gate, by=by, at=at)
    if decision.verdict is Verdict.NO_GO:
        return_to_preparer(session, payroll, Move.NO_GO, because=f"no-go at {state.gate.name}", by=by, at=at)
        ask_to_tell(session, decision, at=at)
    return decision


def ask_for_passkey(
    session: Session, site: Site, payroll: Payroll, *, by: Actor, at: datetime, **said: Unpack[Said]
) -> str:
    """What the browser needs to have a decision signed (JSON). Raises as `drafted`, PasskeyRefused, PasskeyTooNew."""
    state = state_for(session, payroll, said["gate_id"], by)
    decision = drafted(session, payroll, state, said, by=by, at=at)
    return ask_to_sign(session, site, by.person_id, decision.statement(), at=at)


def state_for(session: Session, payroll: Payroll, gate_id: UUID, by: Actor) -> GateState:
    """The gate as it stands, for whoever may decide at it at all. Raises NotFound, NotAllowed."""
    gate = get_gate(session, payroll.id, gate_id)
    by.must_be(*gate.roles, scheme=payroll.scheme_id)
    return next(state for state in gate_states(session, payroll) if state.gate.id == gate.id)


def drafted(session: Session, payroll: Payroll, state: GateState, said: Said, *, by: Actor, at: datetime) -> Decision:
    """The decision as it would be kept, with everything looked at but the signature.

    Raises OlderCopy, NotNow, GateNotReached, NotAllowed, DecisionRefused, DecidesLater, ManifestChanged, ReasonNeeded,
    EvidenceNeeded, CoverEnded, ActionsOpen, NotExplained, NotHandedOver, NotOpened.
    """
    must_not_be_held(session)
    verdict, attached, away_id = said["verdict"], said.get("attached"), said.get("for_person_id")
    role = role_of(payroll, state, verdict, by)
    manifest = manifest_of(session, payroll)
    if verdict is Verdict.GO and manifest is not None:
        must_be_the_gates(session, manifest)
    if away_id is not None:
        must_stand_in(session, payroll, away_id, delegate_id=by.person_id, role=role, at=at)
    concerned = [by.person_id] if away_id is None else [by.person_id, away_id]
    refuse_unless_open(session, payroll, state, role, concerned, verdict=verdict, reason=said["reason"], at=at)
    if verdict is Verdict.GO:
        must_have_evidence(state.gate, said["evidence"], attached)
    if manifest is None or manifest.digest != said["manifest_digest"]:
        raise ManifestChanged
    opened = must_have_opened(session, state.gate, manifest, by.person_id) if verdict is Verdict.GO else None
    return Decision(
        body_id=payroll.body_id,
        id=new_id(),
        payroll_id=payroll.id,
        gate_id=state.gate.id,
        person_id=by.person_id,
        verdict=verdict,
        reason=written(said["reason"]),
        evidence=written(said["evidence"]),
        manifest_id=manifest.id,
        manifest_digest=manifest.digest,
        shown=said["shown"],
        role=role,
        for_person_id=away_id,
        attachment_id=attached.id if attached else None,
        attached=attached.statement() if attached else None,
        opened=opened,
        decided_at=at,
    )


def written(text: str) -> str:
    """A text in the one form in which it is signed: browsers send line ends in two ways, by where a text stood."""
    return text.replace("\r\n", "\n").strip()


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
    ids: dict[str, Any] = {"payroll_id": str(decision.payroll_id), "decision_id": str(decision.id)}
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
        must_be_answered(session, payroll)
        must_be_explained(session, payroll)
    part = part_of(session, payroll)
    for person_id in concerned:
        why = bar(person_id, state.gate.kind, state.gate.position, part, payroll.duty_pattern)
        if why is not None:
            raise DecisionRefused(why)
        later = may_decide_from(session, person_id, role, payroll.scheme_id)
        if later is not None and at < later:
            raise DecidesLater(later)
