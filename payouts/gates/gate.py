"""A payroll's gates: copied from the scheme at its creation, so that a rule change touches later payrolls only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from schemes import passkey_rule
from schemes.database import Base, BodyOwned, new_id, stored, to_body_row
from schemes.errors import NotFound
from schemes.gate_rule import EvidenceForm, GateKind, GateRule, Tier, needs, tiers_from, tiers_json
from schemes.person import Role


class Gate(BodyOwned, Base):
    """A gate of one payroll, passed in the order of `position`."""

    __tablename__ = "gate"
    __table_args__ = (
        UniqueConstraint("body_id", "payroll_id", "position"),
        to_body_row("payroll", "payroll_id"),
        CheckConstraint("people_needed >= 1", name="people_needed"),
    )

    payroll_id: Mapped[UUID]
    position: Mapped[int]
    kind: Mapped[GateKind] = mapped_column(stored(GateKind))
    name: Mapped[str]
    question: Mapped[str]
    role: Mapped[Role] = mapped_column(stored(Role))
    people_needed: Mapped[int]
    evidence_asked: Mapped[str]
    kept_tiers: Mapped[list[dict[str, Any]]] = mapped_column("tiers", JSONB, server_default=text("'[]'"))
    due_days: Mapped[int] = mapped_column(server_default=text("0"))
    escalates_to: Mapped[Role] = mapped_column(
        stored(Role, check="escalates_to"), server_default=Role.ADMINISTRATOR.value
    )
    evidence_form: Mapped[EvidenceForm] = mapped_column(stored(EvidenceForm), server_default=EvidenceForm.TEXT.value)

    needs_passkey: Mapped[bool] = mapped_column(server_default=text("false"))

    @property
    def tiers(self) -> tuple[Tier, ...]:
        return tiers_from(self.kept_tiers)

    @property
    def roles(self) -> tuple[Role, ...]:
        """Who decides here at any amount."""
        return tuple(dict.fromkeys([self.role, *(tier.role for tier in self.tiers)]))

    def needs(self, amount_pence: int) -> dict[Role, int]:
        """How many people of which roles it takes at an amount."""
        return needs(self.role, self.people_needed, self.tiers, amount_pence)


def copy_rules(session: Session, payroll_id: UUID, rules: Sequence[GateRule]) -> None:
    """Give a new payroll the gates of its scheme's version, under the body's rule of today about passkeys."""
    with_passkey = passkey_rule.current(session)
    for position, rule in enumerate(rules, start=1):
        session.add(
            Gate(
                body_id=session.info["body_id"],
                id=new_id(),
                payroll_id=payroll_id,
                position=position,
                kind=rule.kind,
                name=rule.name,
                question=rule.question,
                role=rule.role,
                people_needed=rule.people_needed,
                evidence_asked=rule.evidence_asked,
                kept_tiers=tiers_json(rule.tiers),
                evidence_form=rule.evidence_form,
                due_days=rule.due_days_before,
                escalates_to=rule.escalates_to,
                needs_passkey=rule.kind in with_passkey,
            )
        )
    session.flush()


def gates_of(session: Session, payroll_id: UUID) -> Sequence[Gate]:
    """A payroll's gates, in order."""
    return session.scalars(select(Gate).where(Gate.payroll_id == payroll_id).order_by(Gate.position)).all()


def get_gate(session: Session, payroll_id: UUID, gate_id: UUID) -> Gate:
    """Raises NotFound, for a gate of another payroll too."""
    gate = session.get(Gate, (session.info["body_id"], gate_id))
    if gate is None or gate.payroll_id != payroll_id:
        raise NotFound("gate", gate_id)
    return gate
