"""One-off payments: money that no award makes due, entered by one person and confirmed by another.

A grant, a refund, a correction in somebody's favour. Once confirmed, it waits for a payroll that collects it. Its key
is the permanent key of the payment that it becomes: the same thing is entered once, whoever asks again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ColumnElement, Index, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from schemes import audit
from schemes.award import FARTHEST, Award
from schemes.database import Base, BodyOwned, take_turns, to_body_row
from schemes.errors import NotFound, NotNow, ReasonNotGiven, Refused, SamePerson
from schemes.mandate import in_force_on
from schemes.payee import Beneficiary, Mandate, Payee, get_beneficiary
from schemes.period import NoPeriod, Period, period_of
from schemes.person import Actor, Role
from schemes.scheme import Scheme, get_scheme
from schemes.scheme_version import SchemeVersion, in_effect, versions_of

PROPOSERS = (Role.PREPARER, Role.FINANCE)
CONFIRMERS = (Role.FINANCE, Role.APPROVER)
MOST_SEQUENCE = 999


class OneOffFault(StrEnum):
    """What is wrong with a one-off payment that somebody enters."""

    AMOUNT = "amount"
    NO_SUCH_COMPONENT = "no_such_component"
    NO_PERIOD = "no_period"
    TOO_FAR = "too_far"
    REASON_MISSING = "reason_missing"
    PAYEE_NOT_SAID = "payee_not_said"
    NOT_THEIR_PAYEE = "not_their_payee"
    AWARD_PAYS_THIS = "award_pays_this"
    ENTERED_ALREADY = "entered_already"
    FURTHER_WITHOUT_REASON = "further_without_reason"


class OneOffRefused(Refused):
    """A one-off payment that cannot be. `field` is the one to put right; `facts` are for the sentence."""

    def __init__(self, field: str, fault: OneOffFault, **facts: str | int) -> None:
        super().__init__(f"{field}: {fault}")
        self.field = field
        self.fault = fault
        self.facts = facts


class OneOff(BodyOwned, Base):
    """One payment to one payee for one beneficiary, for the period of the scheme that the day it is about lies in.

    pay_from: no payroll before this day collects it. sequence: above 1 for a further payment of what is paid already,
    with `further_because`. ended_…: rejected, or withdrawn before it was paid; the key is free again. Only the second
    person's word and the end are ever written later.
    """

    __tablename__ = "one_off"
    __table_args__ = (
        Index(
            "uq_one_off_permanent_key",
            "body_id",
            "scheme_id",
            "beneficiary_id",
            "period_first_day",
            "component",
            "sequence",
            unique=True,
            postgresql_where=text("ended_at is null"),
        ),
        Index(
            "ix_one_off_to_pay",
            "body_id",
            "scheme_id",
            "pay_from",
            postgresql_where=text("confirmed_at is not null and ended_at is null"),
        ),
        Index(
            "ix_one_off_waiting",
            "body_id",
            "id",
            postgresql_where=text("confirmed_at is null and ended_at is null"),
        ),
        Index("ix_one_off_payee", "body_id", "payee_id"),
        to_body_row("scheme", "scheme_id"),
        to_body_row("beneficiary", "beneficiary_id"),
        to_body_row("payee", "payee_id"),
        CheckConstraint("amount_pence > 0", name="amount_pence"),
        CheckConstraint("sequence >= 1", name="sequence"),
        CheckConstraint("(sequence > 1) = (further_because is not null)", name="further"),
        CheckConstraint("reason <> '' and coalesce(further_because, 'x') <> ''", name="reason"),
        CheckConstraint("period_last_day >= period_first_day", name="period"),
        CheckConstraint("confirmed_by is null or confirmed_by <> proposed_by", name="two_people"),
        CheckConstraint("(confirmed_by is null) = (confirmed_at is null)", name="confirmed"),
        CheckConstraint(
            "(ended_by is null) = (ended_at is null) and (ended_by is null or coalesce(ended_because, '') <> '')",
            name="ended",
        ),
    )

    scheme_id: Mapped[UUID]
    beneficiary_id: Mapped[UUID]
    payee_id: Mapped[UUID]
    component: Mapped[str]
    period_first_day: Mapped[date]
    period_last_day: Mapped[date]
    sequence: Mapped[int]
    amount_pence: Mapped[int] = mapped_column(BigInteger)
    pay_from: Mapped[date]
    reason: Mapped[str]
    further_because: Mapped[str | None]
    proposed_by: Mapped[UUID]
    proposed_at: Mapped[datetime]
    confirmed_by: Mapped[UUID | None]
    confirmed_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None]
    ended_at: Mapped[datetime | None]
    ended_because: Mapped[str | None]

    @property
    def is_waiting(self) -> bool:
        return self.confirmed_at is None and self.ended_at is None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody enters, before it is looked at. about: a day of the period that it is for.

    payee_id: None for the one payee who is paid for the beneficiary. component: None for the scheme's first.
    further_because: why it is paid besides what is paid for this already. sequence: None for the next that is free.
    """

    scheme_id: UUID
    beneficiary_id: UUID
    amount_pence: int
    about: date
    pay_from: date
    reason: str
    component: str | None = None
    payee_id: UUID | None = None
    further_because: str = ""
    sequence: int | None = None


def propose(session: Session, wanted: Wanted, *, one_off_id: UUID, by: Actor, at: datetime) -> OneOff:
    """Enter a one-off payment, for a second person to confirm.

    The same id, or the same key with the same amount and payee, is the one that is there: a call that is repeated
    enters nothing. Raises OneOffRefused, NotFound, NotAllowed.
    """
    by.must_be(*PROPOSERS, scheme=wanted.scheme_id)
    get_beneficiary(session, wanted.beneficiary_id)
    take_turns(session, f"one-off {wanted.scheme_id} {wanted.beneficiary_id}")
    there = session.get(OneOff, (by.body_id, one_off_id))
    if there is not None:
        return there
    version, period = period_about(session, wanted.scheme_id, wanted.about)
    component = must_pay(version, wanted)
    payee_id = payee_for(session, wanted)
    sequence = must_be_free_to_enter(session, wanted, period, component)
    same = find(session, wanted.scheme_id, wanted.beneficiary_id, period, component, sequence)
    if same is not None:
        if (same.amount_pence, same.payee_id) != (wanted.amount_pence, payee_id):
            raise OneOffRefused("about", OneOffFault.ENTERED_ALREADY, one_off=str(same.id))
        return same
    one_off = OneOff(
        body_id=by.body_id,
        id=one_off_id,
        scheme_id=wanted.scheme_id,
        beneficiary_id=wanted.beneficiary_id,
        payee_id=payee_id,
        component=component,
        period_first_day=period.first_day,
        period_last_day=period.last_day,
        sequence=sequence,
        amount_pence=wanted.amount_pence,
        pay_from=wanted.pay_from,
        reason=wanted.reason.strip(),
        further_because=wanted.further_because.strip() or None,
        proposed_by=by.person_id,
        proposed_at=at,
    )
    session.add(one_off)
    session.flush()
    note(session, one_off, "proposed", by=by, at=at)
    return one_off


def period_about(session: Session, scheme_id: UUID, day: date) -> tuple[SchemeVersion, Period]:
    """The period of a scheme that a day lies in, with the version that counts for it. Raises OneOffRefused."""
    versions = versions_of(session, get_scheme(session, scheme_id).id)
    for version in versions if day <= FARTHEST else ():
        try:
            period = period_of(version.definition.schedule, day)
        except NoPeriod:
            continue
        if in_effect(versions, period.first_day) is version:
            return version, period
    raise OneOffRefused("about", OneOffFault.NO_PERIOD)


def must_pay(version: SchemeVersion, wanted: Wanted) -> str:
    """The code of the component. Raises OneOffRefused for whatever of it the scheme does not pay."""
    terms = version.definition
    component = wanted.component or terms.components[0].code
    if component not in {one.code for one in terms.components}:
        raise OneOffRefused("component", OneOffFault.NO_SUCH_COMPONENT)
    if not 1 <= wanted.amount_pence <= terms.payment_limit_pence:
        raise OneOffRefused("amount", OneOffFault.AMOUNT, limit_pence=terms.payment_limit_pence)
    if wanted.pay_from > FARTHEST:
        raise OneOffRefused("pay_from", OneOffFault.TOO_FAR)
    if not wanted.reason.strip():
        raise OneOffRefused("reason", OneOffFault.REASON_MISSING)
    return component


def payee_for(session: Session, wanted: Wanted) -> UUID:
    """Who receives it: the one who was named, or the only one with a mandate on the day. Raises OneOffRefused."""
    mandated = select(Mandate.payee_id).where(
        Mandate.beneficiary_id == wanted.beneficiary_id, in_force_on(wanted.pay_from)
    )
    payees = select(Payee.id).where(Payee.id.in_(mandated), Payee.merged_into.is_(None))
    found = set(session.scalars(payees))
    if wanted.payee_id is None and len(found) == 1:
        return found.pop()
    if wanted.payee_id is None:
        raise OneOffRefused("payee", OneOffFault.PAYEE_NOT_SAID, payees=len(found))
    if wanted.payee_id not in found:
        raise OneOffRefused("payee", OneOffFault.NOT_THEIR_PAYEE)
    return wanted.payee_id


def must_be_free_to_enter(session: Session, wanted: Wanted, period: Period, component: str) -> int:
    """Its number among the payments of one thing: 1, unless somebody says that it is a further one, and why.

    Raises OneOffRefused.
    """
    because = wanted.further_because.strip()
    if not because and (wanted.sequence or 1) > 1:
        raise OneOffRefused("further_because", OneOffFault.FURTHER_WITHOUT_REASON)
    awarded = session.scalars(
        select(Award.id)
        .where(
            Award.scheme_id == wanted.scheme_id,
            Award.beneficiary_id == wanted.beneficiary_id,
            Award.component == component,
        )
        .limit(1)
    ).first()
    if not because:
        if awarded is not None:
            raise OneOffRefused("further_because", OneOffFault.AWARD_PAYS_THIS)
        return 1
    if wanted.sequence is not None:
        if not 2 <= wanted.sequence <= MOST_SEQUENCE:
            raise OneOffRefused("sequence", OneOffFault.FURTHER_WITHOUT_REASON)
        return wanted.sequence
    taken = select(func.max(OneOff.sequence)).where(
        of_thing(wanted.scheme_id, wanted.beneficiary_id, period, component)
    )
    return max(session.scalar(taken) or 1, 1) + 1


def of_thing(scheme_id: UUID, beneficiary_id: UUID, period: Period, component: str) -> ColumnElement[bool]:
    """Of one-off payments those of one thing, whatever became of them."""
    return (
        (OneOff.scheme_id == scheme_id)
        & (OneOff.beneficiary_id == beneficiary_id)
        & (OneOff.period_first_day == period.first_day)
        & (OneOff.component == component)
    )


def find(
    session: Session, scheme_id: UUID, beneficiary_id: UUID, period: Period, component: str, sequence: int
) -> OneOff | None:
    """The one-off payment of a key that nobody ended."""
    mine = of_thing(scheme_id, beneficiary_id, period, component)
    return session.scalars(
        select(OneOff).where(mine, OneOff.sequence == sequence, OneOff.ended_at.is_(None))
    ).one_or_none()


def confirm(session: Session, one_off: OneOff, *, by: Actor, at: datetime) -> None:
    """A second person's word, on a row locked by the caller: the next payroll may collect it.

    Saying it twice is saying it once. Raises SamePerson, NotNow, NotAllowed.
    """
    by.must_be(*CONFIRMERS, scheme=one_off.scheme_id)
    if one_off.confirmed_by == by.person_id:
        return
    if not one_off.is_waiting:
        raise NotNow("one-off payment", "confirmed" if one_off.confirmed_at else "ended", "confirmed")
    if by.person_id == one_off.proposed_by:
        raise SamePerson("entered this payment")
    one_off.confirmed_by, one_off.confirmed_at = by.person_id, at
    session.flush()
    note(session, one_off, "confirmed", by=by, at=at)


def reject(session: Session, one_off: OneOff, *, reason: str, by: Actor, at: datetime) -> None:
    """Reject what waits for a second person, or withdraw one's own, on a row locked by the caller.

    Raises NotNow once it is confirmed, ReasonNotGiven, NotAllowed.
    """
    if by.person_id != one_off.proposed_by:
        by.must_be(*CONFIRMERS, scheme=one_off.scheme_id)
    if one_off.ended_by == by.person_id:
        return
    if not one_off.is_waiting:
        raise NotNow("one-off payment", "confirmed" if one_off.confirmed_at else "ended", "rejected")
    end(session, one_off, reason=reason, by=by, at=at)


def end(session: Session, one_off: OneOff, *, reason: str, by: Actor, at: datetime) -> None:
    """End a one-off payment, for callers that know that nothing pays it. Raises ReasonNotGiven."""
    if not reason.strip():
        raise ReasonNotGiven("end this payment")
    one_off.ended_by, one_off.ended_at, one_off.ended_because = by.person_id, at, reason.strip()
    session.flush()
    note(session, one_off, "ended", by=by, at=at)


def note(session: Session, one_off: OneOff, act: str, *, by: Actor, at: datetime) -> None:
    audit.record(
        session,
        f"one_off.{act}",
        by=by,
        about=one_off,
        at=at,
        scheme=str(one_off.scheme_id),
        amount_pence=one_off.amount_pence,
    )


def get_one_off(session: Session, one_off_id: UUID, *, lock: bool = False) -> OneOff:
    """Raises NotFound."""
    one_off = session.get(OneOff, (session.info["body_id"], one_off_id), with_for_update=lock or None)
    if one_off is None:
        raise NotFound("one-off payment", one_off_id)
    return one_off


class OneOffRow(NamedTuple):
    """A one-off payment as a person reads it."""

    one_off: OneOff
    scheme: Scheme
    beneficiary: Beneficiary
    payee: Payee


def rows_where(
    session: Session, *which: ColumnElement[bool], before: UUID | None = None, limit: int = 50
) -> list[OneOffRow]:
    """One-off payments with their people, the newest first, those before the id `before`."""
    rows = (
        select(OneOff, Scheme, Beneficiary, Payee)
        .join(Scheme, (Scheme.body_id == OneOff.body_id) & (Scheme.id == OneOff.scheme_id))
        .join(Beneficiary, (Beneficiary.body_id == OneOff.body_id) & (Beneficiary.id == OneOff.beneficiary_id))
        .join(Payee, (Payee.body_id == OneOff.body_id) & (Payee.id == OneOff.payee_id))
        .where(*which)
        .order_by(OneOff.id.desc())
        .limit(limit)
    )
    if before is not None:
        rows = rows.where(OneOff.id < before)
    return [OneOffRow(*row) for row in session.execute(rows)]


WAITING = OneOff.confirmed_at.is_(None) & OneOff.ended_at.is_(None)


def waiting(session: Session, *, limit: int = 20) -> list[OneOffRow]:
    """What waits for a second person, the newest first."""
    return rows_where(session, WAITING, limit=limit)


def one_offs_of_ids(session: Session, ids: Collection[UUID | None]) -> dict[UUID, OneOff]:
    """One-off payments by their ids."""
    wanted = {one for one in ids if one is not None}
    found: Sequence[OneOff] = session.scalars(select(OneOff).where(OneOff.id.in_(wanted))).all() if wanted else ()
    return {one.id: one for one in found}
