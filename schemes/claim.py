"""Who receives what is still owed when whoever was paid has died: seen by two people, on a document.

An account holder who died may be the beneficiary or somebody who received the money for them. The beneficiary's estate
is paid through its executor or administrator, whom a grant names; a beneficiary who lives is paid through whoever
receives the money for them now. Either is a payee in the register with a mandate and bank details of their own. A claim
stands only as long as the death does: where somebody was held for dead by mistake, lifting that stop ends it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ColumnElement, Index, ScalarSelect, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Mapped, QueryableAttribute, Session, aliased, mapped_column

from bacs.calendar import LONDON
from schemes import audit, proposal
from schemes.database import Base, stored, take_turns, to_body_row
from schemes.errors import NotFound, NotNow, ReasonNotGiven, Refused
from schemes.hold import Hold, HoldKind
from schemes.mandate import in_force_on
from schemes.payee import OF_ESTATE, Capacity, Mandate, Payee, get_payee
from schemes.person import Actor, Role
from schemes.proposal import WAITING, Proposal, two_people, waits

PROPOSERS = (Role.PREPARER, Role.FINANCE)
CONFIRMERS = (Role.FINANCE, Role.APPROVER)


class Document(StrEnum):
    """What shows that somebody may receive money for an estate, in the words of the courts that give it.

    confirmation: of Scotland. small_estate: a signed statement, as bodies take it where no grant was asked for.
    """

    GRANT_OF_PROBATE = "grant_of_probate"
    LETTERS_OF_ADMINISTRATION = "letters_of_administration"
    CONFIRMATION = "confirmation"
    SMALL_ESTATE = "small_estate"


class ClaimFault(StrEnum):
    """Why somebody cannot be paid instead."""

    NOBODY_DIED = "nobody_died"
    THE_SAME_PAYEE = "the_same_payee"
    NO_MANDATE = "no_mandate"
    DOCUMENT_MISSING = "document_missing"
    DAY_MISSING = "day_missing"
    DAY_IN_THE_FUTURE = "day_in_the_future"


class ClaimRefused(Refused):
    """Somebody who cannot be paid instead."""

    def __init__(self, fault: ClaimFault) -> None:
        super().__init__(f"a claim: {fault}")
        self.fault = fault


class Claim(Proposal, Base):
    """That a payee receives, for a beneficiary, what somebody who died would have been paid.

    payee_id: who was paid until then. document, document_day: of an estate, what shows it and its date.
    """

    __tablename__ = "claim"
    __table_args__ = (
        Index("uq_claim_waiting", "body_id", "payee_id", "beneficiary_id", unique=True, postgresql_where=WAITING),
        Index("ix_claim_payee", "body_id", "payee_id", "beneficiary_id"),
        Index("ix_claim_to_payee", "body_id", "to_payee_id", "beneficiary_id"),
        to_body_row("payee", "payee_id"),
        to_body_row("payee", "to_payee_id", name="fk_claim_body_id_to_payee_id"),
        to_body_row("beneficiary", "beneficiary_id"),
        to_body_row("mandate", "mandate_id"),
        CheckConstraint("reason <> ''", name="reason"),
        CheckConstraint("payee_id <> to_payee_id", name="not_themselves"),
        CheckConstraint("(document is null) = (document_day is null)", name="dated"),
        *two_people(),
    )

    payee_id: Mapped[UUID]
    beneficiary_id: Mapped[UUID]
    to_payee_id: Mapped[UUID]
    mandate_id: Mapped[UUID]
    document: Mapped[Document | None] = mapped_column(stored(Document))
    document_day: Mapped[date | None]


def is_of_estate(session: Session, payee_id: UUID, beneficiary_id: UUID) -> bool:
    """Whether it is the beneficiary who died. Raises ClaimRefused where nobody did, as far as the register knows."""
    if not session.scalar(select(has_died(payee_id, beneficiary_id))):
        raise ClaimRefused(ClaimFault.NOBODY_DIED)
    own = select(Mandate.id).where(
        Mandate.payee_id == payee_id, Mandate.beneficiary_id == beneficiary_id, Mandate.capacity == Capacity.SELF
    )
    beneficiary = exists().where(
        Hold.kind == HoldKind.DECEASED, Hold.lifted_at.is_(None), Hold.beneficiary_id == beneficiary_id
    )
    return session.scalar(select(or_(beneficiary, own.exists()))) is True


def propose(
    session: Session,
    *,
    claim_id: UUID,
    payee_id: UUID,
    beneficiary_id: UUID,
    to_payee_id: UUID,
    document: Document | None,
    document_day: date | None,
    reason: str,
    by: Actor,
    at: datetime,
) -> Claim:
    """Propose who receives what somebody who died would have been paid. The same id again is the same proposal.

    Raises ClaimRefused, NotNow, ReasonNotGiven, NotFound, NotAllowed.
    """
    by.must_be(*PROPOSERS)
    take_turns(session, f"claim {payee_id} {beneficiary_id}")
    there = session.get(Claim, (by.body_id, claim_id))
    if there is not None:
        return there
    payee, today = get_payee(session, payee_id), at.astimezone(LONDON).date()
    of_estate = is_of_estate(session, payee_id, beneficiary_id)
    if waiting_of(session, payee_id, beneficiary_id) is not None:
        raise NotNow("claim", "waiting for a second person", "made again")
    if to_payee_id == payee_id:
        raise ClaimRefused(ClaimFault.THE_SAME_PAYEE)
    if of_estate and document is None:
        raise ClaimRefused(ClaimFault.DOCUMENT_MISSING)
    if of_estate and document_day is None:
        raise ClaimRefused(ClaimFault.DAY_MISSING)
    if of_estate and document_day is not None and document_day > today:
        raise ClaimRefused(ClaimFault.DAY_IN_THE_FUTURE)
    if not reason.strip():
        raise ReasonNotGiven("know who receives it")
    claim = Claim(
        body_id=by.body_id,
        id=claim_id,
        payee_id=payee_id,
        beneficiary_id=beneficiary_id,
        to_payee_id=to_payee_id,
        mandate_id=mandate_for(session, to_payee_id, beneficiary_id, of_estate=of_estate, today=today).id,
        document=document if of_estate else None,
        document_day=document_day if of_estate else None,
        reason=reason.strip(),
        proposed_by=by.person_id,
        proposed_at=at,
    )
    session.add(claim)
    session.flush()
    note(session, claim, payee, "proposed", by=by, at=at)
    return claim


def mandate_for(session: Session, to_payee_id: UUID, beneficiary_id: UUID, *, of_estate: bool, today: date) -> Mandate:
    """By what a payee receives money for a beneficiary, or for their estate. Raises ClaimRefused."""
    fits = Mandate.capacity.in_(OF_ESTATE) if of_estate else Mandate.capacity.not_in(OF_ESTATE)
    found = session.scalars(
        select(Mandate)
        .where(Mandate.payee_id == to_payee_id, Mandate.beneficiary_id == beneficiary_id, fits, in_force_on(today))
        .order_by(Mandate.id.desc())
        .limit(1)
    ).first()
    if found is None:
        raise ClaimRefused(ClaimFault.NO_MANDATE)
    return found


def confirm(session: Session, claim: Claim, *, by: Actor, at: datetime) -> None:
    """A second person saw it too, on a row locked by the caller: what came back may be paid to them.

    Raises SamePerson, ClaimRefused where it is so no more, NotNow, NotAllowed.
    """
    by.must_be(*CONFIRMERS)
    if not proposal.may_be_confirmed(claim, "claim", by=by):
        return
    of_estate = is_of_estate(session, claim.payee_id, claim.beneficiary_id)
    today = at.astimezone(LONDON).date()
    if of_estate and claim.document is None:
        raise ClaimRefused(ClaimFault.DOCUMENT_MISSING)
    mandate_for(session, claim.to_payee_id, claim.beneficiary_id, of_estate=of_estate, today=today)
    proposal.confirm(session, claim, by=by, at=at)
    note(session, claim, get_payee(session, claim.payee_id), "confirmed", by=by, at=at)


def reject(session: Session, claim: Claim, *, reason: str, by: Actor, at: datetime) -> None:
    """Reject a claim, or withdraw one's own, on a row locked by the caller.

    Raises NotNow, ReasonNotGiven, NotAllowed.
    """
    if by.person_id != claim.proposed_by:
        by.must_be(*CONFIRMERS)
    if proposal.reject(session, claim, "claim", reason=reason, by=by, at=at):
        note(session, claim, get_payee(session, claim.payee_id), "rejected", by=by, at=at)


def note(session: Session, claim: Claim, payee: Payee, act: str, *, by: Actor, at: datetime) -> None:
    facts: dict[str, Any] = {"to_payee": str(claim.to_payee_id), "of_estate": claim.document is not None}
    audit.record(session, f"claim.{act}", by=by, about=payee, at=at, claim=str(claim.id), **facts)


def get_claim(session: Session, claim_id: UUID, *, lock: bool = False) -> Claim:
    """Raises NotFound."""
    claim = session.get(Claim, (session.info["body_id"], claim_id), with_for_update=lock or None)
    if claim is None:
        raise NotFound("claim", claim_id)
    return claim


def waiting_of(session: Session, payee_id: UUID, beneficiary_id: UUID) -> Claim | None:
    mine = select(Claim).where(Claim.payee_id == payee_id, Claim.beneficiary_id == beneficiary_id, waits(Claim))
    return session.scalars(mine).one_or_none()


def waiting(session: Session, *, limit: int = 20) -> Sequence[Claim]:
    """The claims that wait for a second person, the oldest first."""
    return session.scalars(select(Claim).where(waits(Claim)).order_by(Claim.proposed_at, Claim.id).limit(limit)).all()


def has_died(payee_id: Any, beneficiary_id: Any) -> ColumnElement[bool]:
    """Whether the payee or the beneficiary of a row, or of these ids, counts as dead."""
    dead = (Hold.kind == HoldKind.DECEASED) & Hold.lifted_at.is_(None)
    # a look into an index for each: an OR over both columns would read every hold
    return or_(
        exists().where(dead, Hold.payee_id == payee_id), exists().where(dead, Hold.beneficiary_id == beneficiary_id)
    )


def is_mandated(day: date) -> ColumnElement[bool]:
    """Of a claim, whether whoever receives the money may do so on a day, as what two people saw them to be.

    An executor whose mandate has ended is not paid for the estate because they are somebody else's appointee as well.
    """
    for_estate = Mandate.capacity.in_(OF_ESTATE)
    found = select(Mandate.id).where(
        Mandate.body_id == Claim.body_id,
        Mandate.payee_id == Claim.to_payee_id,
        Mandate.beneficiary_id == Claim.beneficiary_id,
        or_(Claim.document.is_not(None) & for_estate, Claim.document.is_(None) & ~for_estate),
        in_force_on(day),
    )
    return found.correlate_except(Mandate).exists()


def standing(
    payee_id: InstrumentedAttribute[UUID], beneficiary_id: InstrumentedAttribute[UUID], day: date
) -> ScalarSelect[UUID]:
    """Of a row's payee and beneficiary, whom two people saw to be paid instead on a day; null for nobody.

    Whose mandate has ended is nobody: then the death stops the payment again, and somebody is asked who receives it.
    """
    return (
        select(Claim.to_payee_id)
        .where(
            Claim.body_id == payee_id.class_.body_id,
            Claim.payee_id == payee_id,
            Claim.beneficiary_id == beneficiary_id,
            Claim.confirmed_at.is_not(None),
            has_died(Claim.payee_id, Claim.beneficiary_id),
            is_mandated(day),
        )
        .order_by(Claim.confirmed_at.desc())
        .limit(1)
        .correlate(payee_id.class_, beneficiary_id.class_)
        .scalar_subquery()
    )


def standing_of(session: Session, payee_id: UUID, beneficiary_id: UUID, *, day: date | None) -> Claim | None:
    """The claim that two people saw, as long as the death stands, and the mandate on a day; None: as it once stood."""
    mine = select(Claim).where(
        Claim.payee_id == payee_id,
        Claim.beneficiary_id == beneficiary_id,
        Claim.confirmed_at.is_not(None),
        has_died(payee_id, beneficiary_id),
    )
    if day is not None:
        mine = mine.where(is_mandated(day))
    return session.scalars(mine.order_by(Claim.confirmed_at.desc()).limit(1)).first()


def only_dead(
    payee_id: QueryableAttribute[UUID], beneficiary_id: QueryableAttribute[UUID], day: date | None = None
) -> ColumnElement[bool]:
    """Whether nothing but the beneficiary's death stops a row whose payee is paid for the estate, as two people saw.

    Such a payment goes on: it is what the death asks for. day: on which they have to be mandated for the estate;
    None of what has been paid.
    """
    # names of their own: who asks may be looking at holds itself
    claim, of_payee, of_beneficiary = aliased(Claim), aliased(Hold), aliased(Hold)
    claimed: ColumnElement[bool] = exists().where(
        claim.to_payee_id == payee_id,
        claim.beneficiary_id == beneficiary_id,
        claim.document.is_not(None),
        claim.confirmed_at.is_not(None),
    )
    if day is not None:
        # who asks may be looking at mandates itself
        mandated = select(Mandate.id).where(
            Mandate.payee_id == payee_id,
            Mandate.beneficiary_id == beneficiary_id,
            Mandate.capacity.in_(OF_ESTATE),
            in_force_on(day),
        )
        claimed &= mandated.correlate_except(Mandate).exists()
    payee_held = exists().where(of_payee.lifted_at.is_(None), of_payee.payee_id == payee_id)
    otherwise_held = exists().where(
        of_beneficiary.lifted_at.is_(None),
        of_beneficiary.beneficiary_id == beneficiary_id,
        of_beneficiary.kind != HoldKind.DECEASED,
    )
    return claimed & ~payee_held & ~otherwise_held
