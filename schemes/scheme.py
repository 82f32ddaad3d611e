"""A payment scheme: what it pays for, how often, within which limits, and the gates that its payrolls pass."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from schemes import audit
from schemes.database import Base, BodyOwned, new_id, stored, to_body_row
from schemes.errors import NotFound
from schemes.period import Frequency, Schedule
from schemes.person import Actor, Role


class GateKind(StrEnum):
    """What a gate asks."""

    READY = "ready"
    FUNDS = "funds"
    APPROVE = "approve"
    RELEASE = "release"


class Scheme(BodyOwned, Base):
    """`code` begins each payment's reference on the payee's statement: it must not tell what the payment is for."""

    __tablename__ = "scheme"
    __table_args__ = (
        UniqueConstraint("body_id", "code"),
        to_body_row("bank_profile", "bank_profile_id"),
        CheckConstraint("code ~ '^[A-Z0-9]{2,5}$'", name="code"),
        CheckConstraint("payment_limit_pence > 0 and payroll_limit_pence > 0", name="limits"),
    )

    body_id: Mapped[UUID] = mapped_column(ForeignKey("body.id"), primary_key=True)
    code: Mapped[str]
    name: Mapped[str]
    pays_for: Mapped[str]
    component: Mapped[str]
    frequency: Mapped[Frequency] = mapped_column(stored(Frequency))
    first_period_day: Mapped[date]
    payment_limit_pence: Mapped[int] = mapped_column(BigInteger)
    payroll_limit_pence: Mapped[int] = mapped_column(BigInteger)
    bank_profile_id: Mapped[UUID]
    version: Mapped[int] = mapped_column(default=1)
    made_at: Mapped[datetime]

    @property
    def schedule(self) -> Schedule:
        """Its periods."""
        return Schedule(self.frequency, self.first_period_day)


class GateRule(BodyOwned, Base):
    """A gate of a scheme. A payroll copies the rules when it is created: a change touches later payrolls only."""

    __tablename__ = "gate_rule"
    __table_args__ = (
        UniqueConstraint("body_id", "scheme_id", "position"),
        to_body_row("scheme", "scheme_id"),
        CheckConstraint("people_needed >= 1", name="people_needed"),
    )

    scheme_id: Mapped[UUID]
    position: Mapped[int]
    kind: Mapped[GateKind] = mapped_column(stored(GateKind))
    name: Mapped[str]
    question: Mapped[str]
    role: Mapped[Role] = mapped_column(stored(Role))
    people_needed: Mapped[int]
    evidence_asked: Mapped[str]


FIRST_GATES = (
    (
        GateKind.READY,
        "Ready",
        "Is the payroll complete, and is every finding put right or explained?",
        Role.PREPARER,
        "",
    ),
    (
        GateKind.FUNDS,
        "Funds",
        "Will the money be in the account on the day the payments leave it?",
        Role.FINANCE,
        "Balance or funding reference",
    ),
    (GateKind.APPROVE, "Approve", "Do you approve exactly these payments?", Role.APPROVER, ""),
    (GateKind.RELEASE, "Release", "May these files go to the bank?", Role.RELEASER, ""),
)


def add_scheme(
    session: Session,
    *,
    code: str,
    name: str,
    pays_for: str,
    component: str,
    frequency: Frequency,
    first_period_day: date,
    payment_limit_pence: int,
    payroll_limit_pence: int,
    bank_profile_id: UUID,
    by: Actor | None,
    at: datetime,
) -> Scheme:
    """Add a scheme with the four gates that every scheme starts with."""
    scheme = Scheme(
        body_id=session.info["body_id"],
        id=new_id(),
        code=code,
        name=name,
        pays_for=pays_for,
        component=component,
        frequency=frequency,
        first_period_day=first_period_day,
        payment_limit_pence=payment_limit_pence,
        payroll_limit_pence=payroll_limit_pence,
        bank_profile_id=bank_profile_id,
        made_at=at,
    )
    session.add(scheme)
    session.flush()
    for position, (kind, gate_name, question, role, evidence) in enumerate(FIRST_GATES, start=1):
        session.add(
            GateRule(
                body_id=scheme.body_id,
                id=new_id(),
                scheme_id=scheme.id,
                position=position,
                kind=kind,
                name=gate_name,
                question=question,
                role=role,
                people_needed=1,
                evidence_asked=evidence,
            )
        )
    session.flush()
    audit.record(session, "scheme.added", by=by, about=scheme, at=at)
    return scheme


def get_scheme(session: Session, scheme_id: UUID) -> Scheme:
    """Raises NotFound."""
    scheme = session.get(Scheme, (session.info["body_id"], scheme_id))
    if scheme is None:
        raise NotFound("scheme", scheme_id)
    return scheme


def scheme_of_code(session: Session, code: str) -> Scheme:
    """Raises NotFound."""
    scheme = session.scalars(select(Scheme).where(Scheme.code == code.upper())).one_or_none()
    if scheme is None:
        raise NotFound("scheme", code)
    return scheme


def schemes_of_body(session: Session) -> Sequence[Scheme]:
    """The body's schemes, by name."""
    return session.scalars(select(Scheme).order_by(Scheme.name)).all()


def gate_rules(session: Session, scheme: Scheme) -> Sequence[GateRule]:
    """The scheme's gates, in order."""
    return session.scalars(select(GateRule).where(GateRule.scheme_id == scheme.id).order_by(GateRule.position)).all()
