"""An award: how much, how often, from when to when, for whom and paid to whom, as it was when it was made.

Almost no award of a million ever changes, so its first version stands in its own row; later ones are rows of their own
(`schemes.award_version`). Neither is ever changed in place.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from schemes import audit
from schemes.amount import AmountKind, AmountRule, Inputs, inputs_from, inputs_json, must_fit
from schemes.amount_rule import rule_on
from schemes.award_history import Terms
from schemes.database import Base, BodyOwned, take_turns, to_body_row
from schemes.errors import NotFound, Refused
from schemes.hold import is_paid_for
from schemes.payee import Beneficiary, Payee
from schemes.person import Actor, Role
from schemes.scheme import Scheme, get_scheme, scheme_of_code


class Award(BodyOwned, Base):
    """For each period of the scheme, from `first_day` to `last_day` (included; None: no end), what its rule makes of
    `amount_pence`, or of `inputs` where the rule asks for others."""

    __tablename__ = "award"
    __table_args__ = (
        UniqueConstraint("body_id", "scheme_id", "beneficiary_id", "component", "first_day"),
        Index("ix_award_scheme", "body_id", "scheme_id", "id"),
        Index("ix_award_payee", "body_id", "payee_id"),
        to_body_row("scheme", "scheme_id"),
        to_body_row("beneficiary", "beneficiary_id"),
        to_body_row("payee", "payee_id"),
        to_body_row("register_import", "import_id"),
        CheckConstraint("amount_pence > 0", name="amount_pence"),
        CheckConstraint("(amount_pence is null) <> (inputs is null)", name="inputs"),
        CheckConstraint("last_day is null or last_day >= first_day", name="days"),
    )

    scheme_id: Mapped[UUID]
    beneficiary_id: Mapped[UUID]
    payee_id: Mapped[UUID]
    component: Mapped[str]
    amount_pence: Mapped[int | None] = mapped_column(BigInteger)
    inputs: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    first_day: Mapped[date]
    last_day: Mapped[date | None]
    import_id: Mapped[UUID | None]
    made_by: Mapped[UUID]
    made_at: Mapped[datetime]


def first_terms(award: Award) -> Terms:
    """What the award said when it was made: its first version."""
    inputs = Inputs(award.amount_pence) if award.inputs is None else inputs_from(award.inputs)
    return Terms(1, award.first_day, award.last_day, inputs, award.payee_id, award.made_at)


class AwardThere(Refused):
    """The beneficiary has an award of this already, and that one is changed instead."""

    def __init__(self, award_id: UUID) -> None:
        super().__init__(f"there is an award of this already, {award_id}: change that one")
        self.award_id = award_id


class AwardDay(StrEnum):
    """What is wrong with the days of an award or of a change."""

    ENDS_BEFORE_START = "ends_before_start"
    ENDED_ALREADY = "ended_already"
    TOO_FAR = "too_far"


# later than any award is meant to run, and early enough that a calendar can still count from it
FARTHEST = date(2199, 12, 31)


class AwardDayRefused(Refused):
    """Days that cannot be."""

    def __init__(self, why: AwardDay) -> None:
        super().__init__(f"an award's days: {why}")
        self.why = why


def must_be_in_order(first_day: date, last_day: date | None) -> None:
    """Raises AwardDayRefused."""
    if max(first_day, last_day or first_day) > FARTHEST:
        raise AwardDayRefused(AwardDay.TOO_FAR)
    if last_day is not None and last_day < first_day:
        raise AwardDayRefused(AwardDay.ENDS_BEFORE_START)


def add_award(
    session: Session,
    *,
    award_id: UUID,
    scheme_id: UUID,
    beneficiary_id: UUID,
    payee_id: UUID,
    component: str | None = None,
    inputs: Inputs,
    first_day: date,
    last_day: date | None,
    by: Actor,
    at: datetime,
) -> Award:
    """Award something to a beneficiary, paid to somebody who is paid for them. The same id again is the same award.

    component: by its code; None: the scheme's first.
    Raises AwardThere, AwardDayRefused, FieldsRefused, NotFound, NotAllowed.
    """
    by.must_be(Role.PREPARER, scheme=scheme_id)
    scheme = get_scheme(session, scheme_id)
    component = component or scheme.component
    take_turns(session, f"award {scheme_id} {beneficiary_id}")
    there = session.get(Award, (by.body_id, award_id))
    if there is not None:
        return there
    if not is_paid_for(session, payee_id, beneficiary_id):
        raise NotFound("beneficiary", beneficiary_id)
    refuse_unless_new(session, scheme, component, beneficiary_id)
    must_be_in_order(first_day, last_day)
    rule = must_fit_rule(session, scheme_id, component, inputs, first_day)
    fixed = rule.kind is AmountKind.FIXED
    award = Award(
        body_id=by.body_id,
        id=award_id,
        scheme_id=scheme_id,
        beneficiary_id=beneficiary_id,
        payee_id=payee_id,
        component=component,
        amount_pence=inputs.amount_pence if fixed else None,
        inputs=None if fixed else inputs_json(inputs),
        first_day=first_day,
        last_day=last_day,
        made_by=by.person_id,
        made_at=at,
    )
    session.add(award)
    session.flush()
    audit.record(session, "award.added", by=by, about=award, at=at, scheme=str(scheme_id), payee=str(payee_id))
    return award


def must_fit_rule(session: Session, scheme_id: UUID, component: str, inputs: Inputs, first_day: date) -> AmountRule:
    """The rule that an award goes by from a day on. Raises NotFound for no such component, FieldsRefused."""
    rule = rule_on(session, scheme_id, component, first_day)
    if rule is None:
        raise NotFound("component", component)
    must_fit(rule, inputs)
    return rule


def refuse_unless_new(session: Session, scheme: Scheme, component: str, beneficiary_id: UUID) -> None:
    """One award for each beneficiary and component: a second would pay into the first one's periods."""
    same = select(Award.id).where(
        Award.scheme_id == scheme.id, Award.beneficiary_id == beneficiary_id, Award.component == component
    )
    there = session.scalars(same.limit(1)).first()
    if there is not None:
        raise AwardThere(there)


def get_award(session: Session, award_id: UUID) -> Award:
    """Raises NotFound."""
    award = session.get(Award, (session.info["body_id"], award_id))
    if award is None:
        raise NotFound("award", award_id)
    return award


class Parties(NamedTuple):
    """An award with those whom it concerns, as a person reads it."""

    award: Award
    scheme: Scheme
    beneficiary: Beneficiary
    payee: Payee


def parties_of(session: Session, award_id: UUID) -> Parties:
    """The award, its scheme, its beneficiary, and the payee that it was made to. Raises NotFound."""
    award = get_award(session, award_id)
    key = (award.body_id,)
    return Parties(
        award,
        get_scheme(session, award.scheme_id),
        session.get_one(Beneficiary, (*key, award.beneficiary_id)),
        session.get_one(Payee, (*key, award.payee_id)),
    )


def awards_for(session: Session, reference: str, *, scheme_code: str | None = None) -> Sequence[Award]:
    """The awards of the beneficiary with a reference, in one scheme or in any, newest first."""
    awards = (
        select(Award)
        .join(Beneficiary, (Beneficiary.body_id == Award.body_id) & (Beneficiary.id == Award.beneficiary_id))
        .where(Beneficiary.reference == reference)
        .order_by(Award.first_day.desc(), Award.id)
    )
    if scheme_code is not None:
        awards = awards.where(Award.scheme_id == scheme_of_code(session, scheme_code).id)
    return session.scalars(awards).all()
