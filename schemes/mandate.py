"""In what capacity a payee is paid for a beneficiary, from when until when, and what proves it.

What may be paid on a day hangs on it: after a mandate's last day nobody is paid for that beneficiary any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, column, func, literal, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from schemes import audit
from schemes.database import take_turns
from schemes.errors import NotFound, NotNow, ReasonNotGiven, Refused
from schemes.payee import EDITORS, Beneficiary, Capacity, Mandate, Payee, PaymentMethod, get_beneficiary, get_payee
from schemes.person import Actor


class MandateFault(StrEnum):
    """What is wrong with a mandate, or with its end."""

    DAYS_REVERSED = "days_reversed"
    EVIDENCE_MISSING = "evidence_missing"
    IN_FORCE_ALREADY = "in_force_already"
    ENDS_BEFORE_IT_BEGINS = "ends_before_it_begins"
    ENDS_LATER = "ends_later"


class MandateRefused(Refused):
    """A mandate that cannot be. `field` is the one to put right."""

    def __init__(self, field: str, fault: MandateFault) -> None:
        super().__init__(f"{field}: {fault}")
        self.field = field
        self.fault = fault


class PaymentBar(StrEnum):
    """Why a payee is not paid for a beneficiary on a day, besides holds and bank details."""

    MANDATE_NOT_IN_FORCE = "mandate_not_in_force"
    NO_ACCOUNT = "no_account"
    ADDRESS_ONLY = "address_only"


def give_mandate(
    session: Session,
    *,
    mandate_id: UUID,
    payee_id: UUID,
    beneficiary_id: UUID,
    capacity: Capacity,
    first_day: date | None,
    last_day: date | None,
    evidence: str,
    evidence_reference: str,
    by: Actor,
    at: datetime,
) -> Mandate:
    """Keep that a payee is paid for a beneficiary. The same id again is the same mandate.

    Somebody who is paid for another shows what allows it: an appointment, a court order, a contract. Raises
    MandateRefused, NotFound, NotAllowed.
    """
    by.must_be(*EDITORS)
    payee = get_payee(session, payee_id)
    get_beneficiary(session, beneficiary_id)
    take_turns(session, f"mandates {payee_id}")
    there = session.get(Mandate, (by.body_id, mandate_id))
    if there is not None:
        return get_mandate(session, payee_id, mandate_id)
    if first_day and last_day and last_day < first_day:
        raise MandateRefused("last_day", MandateFault.DAYS_REVERSED)
    if capacity is not Capacity.SELF and not evidence.strip():
        raise MandateRefused("evidence", MandateFault.EVIDENCE_MISSING)
    for other in mandates_of(session, payee_id):
        if other.beneficiary_id == beneficiary_id and overlap(other, first_day, last_day):
            raise MandateRefused("first_day", MandateFault.IN_FORCE_ALREADY)
    mandate = Mandate(
        body_id=by.body_id,
        id=mandate_id,
        beneficiary_id=beneficiary_id,
        payee_id=payee_id,
        capacity=capacity,
        first_day=first_day,
        last_day=last_day,
        evidence=evidence.strip() or None,
        evidence_reference=evidence_reference.strip() or None,
        made_by=by.person_id,
        made_at=at,
    )
    session.add(mandate)
    session.flush()
    audit.record(
        session,
        "mandate.given",
        by=by,
        about=payee,
        at=at,
        mandate=str(mandate.id),
        beneficiary=str(beneficiary_id),
        capacity=capacity.value,
    )
    return mandate


def overlap(mandate: Mandate, first_day: date | None, last_day: date | None) -> bool:
    begins_after = last_day is not None and mandate.first_day is not None and mandate.first_day > last_day
    ended_before = mandate.end is not None and first_day is not None and mandate.end < first_day
    return not (begins_after or ended_before)


def end_mandate(
    session: Session, *, payee_id: UUID, mandate_id: UUID, last_day: date, because: str, by: Actor, at: datetime
) -> Mandate:
    """Let a mandate end earlier than it was given for. The same person again changes nothing.

    Raises MandateRefused, NotNow, ReasonNotGiven, NotFound, NotAllowed.
    """
    by.must_be(*EDITORS)
    payee = get_payee(session, payee_id)
    mandate = get_mandate(session, payee_id, mandate_id, lock=True)
    if mandate.ended_by == by.person_id:
        return mandate
    if mandate.ended_on is not None:
        raise NotNow("mandate", "ended", "ended again")
    if mandate.first_day and last_day < mandate.first_day:
        raise MandateRefused("last_day", MandateFault.ENDS_BEFORE_IT_BEGINS)
    if mandate.last_day and last_day > mandate.last_day:
        raise MandateRefused("last_day", MandateFault.ENDS_LATER)
    if not because.strip():
        raise ReasonNotGiven("end this mandate")
    mandate.ended_on, mandate.ended_by, mandate.ended_at = last_day, by.person_id, at
    mandate.ended_because = because.strip()
    session.flush()
    audit.record(
        session, "mandate.ended", by=by, about=payee, at=at, mandate=str(mandate.id), last_day=last_day.isoformat()
    )
    return mandate


def mandates_of(session: Session, payee_id: UUID, *, limit: int = 500) -> Sequence[Mandate]:
    """A payee's mandates, the newest first."""
    mandates = select(Mandate).where(Mandate.payee_id == payee_id).order_by(Mandate.id.desc()).limit(limit)
    return session.scalars(mandates).all()


def get_mandate(session: Session, payee_id: UUID, mandate_id: UUID, *, lock: bool = False) -> Mandate:
    """Raises NotFound, for another payee's mandate too."""
    mandate = session.get(Mandate, (session.info["body_id"], mandate_id), with_for_update=lock or None)
    if mandate is None or mandate.payee_id != payee_id:
        raise NotFound("mandate", mandate_id)
    return mandate


def beneficiary_of(session: Session, mandate: Mandate) -> Beneficiary:
    return session.get_one(Beneficiary, (mandate.body_id, mandate.beneficiary_id))


def in_force_on(day: date | ColumnElement[date]) -> ColumnElement[bool]:
    """Whether a mandate is in force on a day."""
    # of PostgreSQL's least, a null is left out
    end = func.least(Mandate.last_day, Mandate.ended_on)
    return or_(Mandate.first_day.is_(None), Mandate.first_day <= day) & or_(end.is_(None), end >= day)


def payment_bars(
    session: Session, pairs: Iterable[tuple[UUID, UUID]], day: date
) -> dict[tuple[UUID, UUID], PaymentBar]:
    """Of these pairs of payee and beneficiary those that are not paid on a day, and why: one query for a chunk."""
    asked = set(pairs)
    if not asked:
        return {}
    pair = (
        func.unnest(
            literal([payee_id for payee_id, _ in asked], ARRAY(Uuid())),
            literal([beneficiary_id for _, beneficiary_id in asked], ARRAY(Uuid())),
        )
        .table_valued(column("payee_id", Uuid()), column("beneficiary_id", Uuid()))
        .render_derived(name="pair")
    )
    in_force = (
        select(Mandate.id)
        .where(Mandate.payee_id == pair.c.payee_id, Mandate.beneficiary_id == pair.c.beneficiary_id, in_force_on(day))
        .exists()
    )
    rows = session.execute(
        select(pair.c.payee_id, pair.c.beneficiary_id, in_force, Payee.payment_method)
        .join(Payee, Payee.id == pair.c.payee_id)
        .where(or_(~in_force, Payee.payment_method != PaymentMethod.ACCOUNT))
    )
    return {
        (payee_id, beneficiary_id): PaymentBar(method.value) if mandated else PaymentBar.MANDATE_NOT_IN_FORCE
        for payee_id, beneficiary_id, mandated, method in rows
    }
