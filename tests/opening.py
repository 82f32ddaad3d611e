"""Looking through findings as people do: accepting each for itself, and opening each before approving."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from payouts.checks.acceptance import accept
from payouts.checks.finding import ONE_BY_ONE, groups_of
from payouts.checks.look import next_open
from payouts.gates.gate import gates_of
from payouts.gates.manifest import manifest_of
from payouts.gates.opening import left_to_open, open_finding, openers
from payouts.payroll import Payroll, get_payroll
from schemes.person import Actor


def accept_everything(session: Session, payroll_id: UUID, *, reason: str, by: Actor, at: datetime) -> None:
    """Accept what needs a reason: each for itself where that is asked, the others all of a kind at once."""
    payroll = get_payroll(session, payroll_id, lock=True)
    for group in groups_of(session, payroll_id):
        if group.is_open and group.kind not in ONE_BY_ONE:
            accept(session, payroll, group.kind, reason=reason, by=by, at=at)
        while group.kind in ONE_BY_ONE and group.is_open:
            one = next_open(session, payroll_id, group.kind)
            accept(session, payroll, group.kind, finding_id=one, reason=reason, by=by, at=at)


def open_everything(session: Session, payroll: Payroll, *, by: Actor, at: datetime) -> None:
    """Open what whoever approves has to, where the person is one who does."""
    manifest = manifest_of(session, payroll)
    if manifest is not None and by.roles.intersection(openers(gates_of(session, payroll.id))):
        for finding_id in left_to_open(session, manifest, by.person_id):
            open_finding(session, payroll, finding_id, by=by, at=at)
