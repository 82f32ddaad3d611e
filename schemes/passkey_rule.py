"""At which gates a body's people say go with a passkey only: a rule that two people make.

A payroll keeps the rule that it was created under. Whoever says no-go needs no passkey: stopping must be easy.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from schemes import audit, change
from schemes.change import Change, ChangeKind
from schemes.database import Base, BodyOwned, new_id
from schemes.gate_rule import GateKind
from schemes.person import Actor, Role


class PasskeyRule(BodyOwned, Base):
    """A rule from the instant on which a second person confirmed it. Never changed; the latest counts."""

    __tablename__ = "passkey_rule"
    __table_args__ = (Index("ix_passkey_rule_set", "body_id", "set_at"),)

    kinds: Mapped[list[str]] = mapped_column(JSONB)
    set_by: Mapped[UUID]
    set_at: Mapped[datetime]


def current(session: Session) -> frozenset[GateKind]:
    """The kinds of gates that take a passkey; none where nobody ever made a rule."""
    latest = select(PasskeyRule).order_by(PasskeyRule.set_at.desc(), PasskeyRule.id.desc()).limit(1)
    row = session.scalars(latest).first()
    return frozenset(GateKind(kind) for kind in row.kinds) if row else frozenset()


def facts(session: Session) -> dict[str, Any]:
    """The rule as a proposal's facts."""
    return as_facts(current(session))


def as_facts(kinds: Iterable[GateKind]) -> dict[str, Any]:
    wanted = set(kinds)
    return {"kinds": [kind.value for kind in GateKind if kind in wanted]}


def propose(
    session: Session, kinds: Iterable[GateKind], *, change_id: UUID, reason: str, by: Actor, at: datetime
) -> Change:
    """Propose at which gates a go takes a passkey. Raises NotAllowed, and as `change.propose`."""
    by.must_be(Role.ADMINISTRATOR)
    return change.propose(
        session,
        ChangeKind.PASSKEYS,
        change_id=change_id,
        subject_id=by.body_id,
        before=facts(session),
        after=as_facts(kinds),
        reason=reason,
        by=by,
        at=at,
    )


def apply(session: Session, confirmed: Change, by: Actor, at: datetime) -> None:
    row = PasskeyRule(body_id=by.body_id, id=new_id(), kinds=confirmed.after["kinds"], set_by=by.person_id, set_at=at)
    session.add(row)
    session.flush()
    audit.record(session, "passkey_rule.set", by=by, about=row, at=at, kinds=row.kinds)
