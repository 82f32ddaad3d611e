"""What of the findings somebody who approves has still to open, for the page of the gate."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from payouts.checks.finding import Finding, findings_where
from payouts.checks.to_open import EACH, LARGEST
from payouts.gates.gate import Gate, get_gate
from payouts.gates.manifest import Manifest, manifest_of
from payouts.gates.opening import left_to_open, named_in
from payouts.payroll import Payroll, get_payroll
from payouts.web.pages import actor, transaction
from schemes.gate_rule import GateKind


def unopened(payroll_id: UUID, gate_id: UUID) -> int:
    """How many findings whoever is signed in has still to open before a go counts."""
    with transaction() as session:
        manifest = manifest_of(session, get_payroll(session, payroll_id))
        if manifest is None or get_gate(session, payroll_id, gate_id).kind is not GateKind.APPROVE:
            return 0
        return len(left_to_open(session, manifest, actor().person_id))


def looked_through(session: Session, payroll: Payroll, gate: Gate, manifest: Manifest) -> dict[str, Any]:
    """For a gate of approval the findings to open, and which of them whoever looks has opened."""
    named = named_in(manifest.read()) if gate.kind is GateKind.APPROVE else []
    if not named or not any(actor().holds(role, payroll.scheme_id) for role in gate.roles):
        return {"to_open_rows": []}
    found = {row.finding.id: row for row in findings_where(session, Finding.id.in_(named))}
    left = left_to_open(session, manifest, actor().person_id)
    return {
        "to_open_rows": [found[finding_id] for finding_id in named],
        "to_open_left": len(left),
        "to_open_next": left[0] if left else None,
        "opened": set(named).difference(left),
        "most_each": EACH,
        "largest": LARGEST,
    }
