"""A payment scheme: who it is, and what its newest version says. What a payroll goes by stands in the versions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from schemes import audit
from schemes.amount import AmountRule
from schemes.database import Base, BodyOwned, new_id, stored, take_turns, to_body_row
from schemes.definition import Component, Definition
from schemes.errors import NotFound, Refused
from schemes.gate_rule import GateRule
from schemes.period import Frequency, Schedule
from schemes.person import Actor
from schemes.scheme_version import add_version, newest


class CodeTaken(Refused):
    """Another scheme of the body begins its references with this code."""

    def __init__(self, code: str) -> None:
        super().__init__(f"there is a scheme {code} already")
        self.code = code


class Scheme(BodyOwned, Base):
    """`code` begins each payment's reference on the payee's statement: it must not tell what the payment is for.

    The other facts are those of `version`, the newest, for lists and for what is typed in next. A payroll goes by the
    version that it names: see `schemes.scheme_version`.
    """

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

    def take_over(self, definition: Definition, number: int) -> None:
        """Show the facts of a version, the newest from now on. `component` is the one that imports pay."""
        self.name = definition.name
        self.pays_for = definition.pays_for
        self.component = definition.components[0].code
        self.frequency = definition.schedule.frequency
        self.first_period_day = definition.schedule.first_day
        self.payment_limit_pence = definition.payment_limit_pence
        self.payroll_limit_pence = definition.payroll_limit_pence
        self.bank_profile_id = definition.bank_profile_id
        self.version = number


def add(
    session: Session,
    definition: Definition,
    *,
    scheme_id: UUID | None = None,
    effective_from: date | None = None,
    change_id: UUID | None = None,
    by: Actor | None,
    at: datetime,
) -> Scheme:
    """Add a scheme with its first version, from the first period on unless told otherwise. Raises CodeTaken.

    by: who confirmed it; None when whoever runs the service sets a body up. That it fits is for the caller to know.
    """
    must_be_free(session, definition.code)
    scheme = Scheme(
        body_id=session.info["body_id"],
        id=scheme_id or new_id(),
        code=definition.code,
        made_at=at,
    )
    scheme.take_over(definition, 1)
    session.add(scheme)
    session.flush()
    audit.record(session, "scheme.added", by=by, about=scheme, at=at)
    add_version(
        session,
        scheme.id,
        definition,
        number=1,
        effective_from=effective_from or definition.schedule.first_day,
        change_id=change_id,
        by=by,
        at=at,
    )
    return scheme


def must_be_free(session: Session, code: str) -> None:
    """Raises CodeTaken."""
    take_turns(session, "scheme code")
    if session.scalar(select(Scheme.id).where(Scheme.code == code)) is not None:
        raise CodeTaken(code)


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
    """Add a scheme of one component, its amount on each award, with the four gates that every scheme starts with."""
    definition = Definition(
        code=code,
        name=name,
        pays_for=pays_for,
        schedule=Schedule(frequency, first_period_day),
        components=(Component(component, component.capitalize(), AmountRule()),),
        payment_limit_pence=payment_limit_pence,
        payroll_limit_pence=payroll_limit_pence,
        bank_profile_id=bank_profile_id,
    )
    return add(session, definition, by=by, at=at)


def get_scheme(session: Session, scheme_id: UUID, *, lock: bool = False) -> Scheme:
    """Raises NotFound."""
    scheme = session.get(Scheme, (session.info["body_id"], scheme_id), with_for_update=lock or None)
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
    """The gates of the scheme's newest version, in order."""
    return newest(session, scheme.id).definition.gates
