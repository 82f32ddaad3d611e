"""Opening findings: whoever approves has looked at each one that the manifest names, not only at how many there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session

from payouts.checks.finding import get_finding
from payouts.gates.gate import Gate, gates_of
from payouts.gates.manifest import Manifest
from payouts.payroll import Payroll, PayrollStatus
from schemes import audit
from schemes.database import Base, BodyOwned, new_id, to_body_row
from schemes.errors import NotFound, NotNow, Refused
from schemes.gate_rule import GateKind
from schemes.person import Actor, Role


class Opening(BodyOwned, Base):
    """That somebody who approves opened a finding. The finding itself goes when the payroll is built again."""

    __tablename__ = "finding_opening"
    __table_args__ = (
        UniqueConstraint("body_id", "finding_id", "opened_by"),
        to_body_row("payroll", "payroll_id"),
    )

    payroll_id: Mapped[UUID]
    finding_id: Mapped[UUID]
    opened_by: Mapped[UUID]
    opened_at: Mapped[datetime]


class NotOpened(Refused):
    """Of the findings that whoever approves opens, this person has not opened `count`."""

    def __init__(self, count: int) -> None:
        super().__init__(f"{count} findings are not opened")
        self.count = count


def named_in(statements: Mapping[str, Any]) -> list[UUID]:
    """The findings that whoever approves on a manifest opens."""
    return [UUID(finding_id) for finding_id in statements.get("to_open", ())]


def openers(gates: Sequence[Gate]) -> tuple[Role, ...]:
    """Who decides at a payroll's gates of approval."""
    return tuple(dict.fromkeys(role for gate in gates if gate.kind is GateKind.APPROVE for role in gate.roles))


def open_finding(session: Session, payroll: Payroll, finding_id: UUID, *, by: Actor, at: datetime) -> Opening:
    """Record that somebody who approves opened a finding of a sealed payroll. Once is enough, and the first counts.

    Raises NotFound, NotNow, NotAllowed.
    """
    roles = openers(gates_of(session, payroll.id))
    if not roles:
        raise NotFound("gate of approval", payroll.id)
    by.must_be(*roles, scheme=payroll.scheme_id)
    finding = get_finding(session, payroll.id, finding_id)
    if payroll.status is not PayrollStatus.SEALED:
        raise NotNow("payroll", payroll.status, "looked through for a decision")
    mine = select(Opening).where(Opening.finding_id == finding_id, Opening.opened_by == by.person_id)
    there = session.scalars(mine).one_or_none()
    if there is not None:
        return there
    opening = Opening(
        body_id=payroll.body_id,
        id=new_id(),
        payroll_id=payroll.id,
        finding_id=finding_id,
        opened_by=by.person_id,
        opened_at=at,
    )
    session.add(opening)
    session.flush()
    audit.record(
        session, "finding.opened", by=by, about=payroll, at=at, kind=finding.kind.value, finding=str(finding_id)
    )
    return opening


def opened_by(session: Session, manifest: Manifest, person_id: UUID) -> set[UUID]:
    """Which of the findings that a manifest names a person has opened."""
    opened = select(Opening.finding_id).where(
        Opening.finding_id.in_(named_in(manifest.read())), Opening.opened_by == person_id
    )
    return set(session.scalars(opened))


def left_to_open(session: Session, manifest: Manifest, person_id: UUID) -> list[UUID]:
    """The findings that a manifest names and a person has not opened yet, in its order."""
    opened = opened_by(session, manifest, person_id)
    return [finding_id for finding_id in named_in(manifest.read()) if finding_id not in opened]


def must_have_opened(session: Session, gate: Gate, manifest: Manifest, person_id: UUID) -> list[str] | None:
    """What a go at a gate says was opened; None where there is nothing to open. Raises NotOpened."""
    named = named_in(manifest.read()) if gate.kind is GateKind.APPROVE else []
    if not named:
        return None
    left = left_to_open(session, manifest, person_id)
    if left:
        raise NotOpened(len(left))
    return [str(finding_id) for finding_id in named]


def covers(statements: Mapping[str, Any], record: Mapping[str, Any]) -> bool:
    """Whether a signed go says that everything was opened that its manifest names."""
    return set(statements.get("to_open", ())) <= set(record.get("opened", ()))
