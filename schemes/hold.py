"""Stopping payments to a person: a hold with a review date, a death, a closure. One stops, a second person lifts.

Stopping money is always allowed, at once; letting it flow again is never one person's act.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import CheckConstraint, ColumnElement, Index, case, exists, func, or_, select, text
from sqlalchemy.orm import InstrumentedAttribute, Mapped, Session, aliased, mapped_column

from bacs.calendar import LONDON
from schemes import audit
from schemes.database import Base, BodyOwned, stored, take_turns, to_body_row
from schemes.errors import NotFound, NotNow, ReasonNotGiven, Refused, SamePerson
from schemes.payee import Beneficiary, Mandate, Payee, get_payee, is_paid_for
from schemes.person import Actor, Role

PLACERS = (Role.PREPARER, Role.FINANCE, Role.APPROVER, Role.RELEASER, Role.ADMINISTRATOR)
LIFTERS = (Role.FINANCE, Role.APPROVER, Role.RELEASER, Role.ADMINISTRATOR)


class HoldKind(StrEnum):
    """Why nobody is paid. Of several the gravest is told: a death, a closure, a restriction, a hold.

    restricted: the record has to be kept and is used for nothing (UK GDPR, Article 18); it stands in no list.
    """

    DECEASED = "deceased"
    CLOSED = "closed"
    RESTRICTED = "restricted"
    ON_HOLD = "on_hold"


class HoldDate(StrEnum):
    """What is wrong with the days of a hold."""

    IN_THE_FUTURE = "in_the_future"
    REVIEW_MISSING = "review_missing"
    REVIEW_PAST = "review_past"


class HoldDateRefused(Refused):
    """A day that cannot be."""

    def __init__(self, why: HoldDate) -> None:
        super().__init__(f"a hold's day: {why}")
        self.why = why


class Hold(BodyOwned, Base):
    """That nothing is paid to a payee, or for a beneficiary, from `placed_at` until `lifted_at`.

    since: the day of the death, of the closure, or of the hold. Only the lifting is ever written later.
    """

    __tablename__ = "hold"
    __table_args__ = (
        Index("ix_hold_payee", "body_id", "payee_id"),
        Index("ix_hold_beneficiary", "body_id", "beneficiary_id"),
        Index("ix_hold_review", "body_id", "review_on", postgresql_where=text("lifted_at is null")),
        to_body_row("payee", "payee_id"),
        to_body_row("beneficiary", "beneficiary_id"),
        CheckConstraint("(payee_id is null) <> (beneficiary_id is null)", name="one_party"),
        CheckConstraint("reason <> ''", name="reason"),
        CheckConstraint("kind <> 'on_hold' or review_on is not null", name="review"),
        CheckConstraint("lifted_by is null or lifted_by <> placed_by", name="two_people"),
        CheckConstraint(
            "(lifted_by is null) = (lifted_at is null) and (lifted_by is null or coalesce(lifted_because, '') <> '')",
            name="lifted",
        ),
    )

    payee_id: Mapped[UUID | None]
    beneficiary_id: Mapped[UUID | None]
    kind: Mapped[HoldKind] = mapped_column(stored(HoldKind))
    reason: Mapped[str]
    since: Mapped[date]
    review_on: Mapped[date | None]
    placed_by: Mapped[UUID]
    placed_at: Mapped[datetime]
    lifted_by: Mapped[UUID | None]
    lifted_at: Mapped[datetime | None]
    lifted_because: Mapped[str | None]


GRAVEST_FIRST = tuple(HoldKind)


def gravest(
    payee_id: InstrumentedAttribute[UUID], beneficiary_id: InstrumentedAttribute[UUID] | None = None
) -> ColumnElement[int | None]:
    """The place in GRAVEST_FIRST of the live hold on a row's payee or beneficiary, or null.

    A look into an index for each of the two, since an OR over both columns would read every hold for every row.
    """
    places = case({kind: number for number, kind in enumerate(GRAVEST_FIRST)}, value=Hold.kind)
    looks = [
        select(func.min(places))
        .where(Hold.body_id == asked.class_.body_id, party == asked, Hold.lifted_at.is_(None))
        .correlate(asked.class_)
        .scalar_subquery()
        for party, asked in ((Hold.payee_id, payee_id), (Hold.beneficiary_id, beneficiary_id))
        if asked is not None
    ]
    # of PostgreSQL's least, a null is not the smallest: it is left out
    return func.least(*looks)


def place(
    session: Session,
    kind: HoldKind,
    *,
    hold_id: UUID,
    payee_id: UUID,
    beneficiary_id: UUID | None,
    reason: str,
    since: date,
    review_on: date | None,
    by: Actor,
    at: datetime,
) -> Hold:
    """Stop payments to a payee, or to that payee for one beneficiary whose money it is. At once, by one person.

    The same id again is the same hold. Raises HoldDateRefused, ReasonNotGiven, NotFound, NotAllowed.
    """
    by.must_be(*PLACERS)
    payee = get_payee(session, payee_id)
    take_turns(session, f"hold {hold_id}")
    there = session.get(Hold, (by.body_id, hold_id))
    if there is not None:
        return there
    if beneficiary_id is not None and not is_paid_for(session, payee_id, beneficiary_id):
        raise NotFound("beneficiary", beneficiary_id)
    today = at.astimezone(LONDON).date()
    if since > today:
        raise HoldDateRefused(HoldDate.IN_THE_FUTURE)
    if kind is HoldKind.ON_HOLD and review_on is None:
        raise HoldDateRefused(HoldDate.REVIEW_MISSING)
    if review_on is not None and review_on <= today:
        raise HoldDateRefused(HoldDate.REVIEW_PAST)
    if not reason.strip():
        raise ReasonNotGiven("stop these payments")
    hold = Hold(
        body_id=by.body_id,
        id=hold_id,
        payee_id=payee_id if beneficiary_id is None else None,
        beneficiary_id=beneficiary_id,
        kind=kind,
        reason=reason.strip(),
        since=since,
        review_on=review_on if kind is HoldKind.ON_HOLD else None,
        placed_by=by.person_id,
        placed_at=at,
    )
    session.add(hold)
    session.flush()
    party = "payee" if beneficiary_id is None else "beneficiary"
    audit.record(session, f"hold.{kind}", by=by, about=payee, at=at, hold=str(hold_id), concerns=party)
    return hold


def lift(session: Session, hold: Hold, payee: Payee, *, reason: str, by: Actor, at: datetime) -> None:
    """A second person lets payments flow again, on a row locked by the caller.

    payee: on whose page it is done. Raises SamePerson for whoever placed it, NotNow, ReasonNotGiven, NotAllowed.
    """
    by.must_be(*LIFTERS)
    if hold.lifted_by == by.person_id:
        return
    if hold.lifted_at is not None:
        raise NotNow("hold", "lifted", "lifted again")
    if by.person_id == hold.placed_by:
        raise SamePerson("stopped these payments")
    if not reason.strip():
        raise ReasonNotGiven("let payments go on")
    hold.lifted_by, hold.lifted_at, hold.lifted_because = by.person_id, at, reason.strip()
    session.flush()
    audit.record(session, "hold.lifted", by=by, about=payee, at=at, hold=str(hold.id), kind=hold.kind.value)


class HoldRow(NamedTuple):
    """A hold as a person reads it: `beneficiary` is None where it is on the payee."""

    hold: Hold
    beneficiary: Beneficiary | None


def holds_of(session: Session, payee_id: UUID, *, limit: int = 100) -> list[HoldRow]:
    """The holds on a payee and on those the payee is paid for: live ones first, then the newest."""
    mine = select(Mandate.beneficiary_id).where(Mandate.payee_id == payee_id)
    rows = session.execute(
        select(Hold, Beneficiary)
        .outerjoin(Beneficiary, (Beneficiary.body_id == Hold.body_id) & (Beneficiary.id == Hold.beneficiary_id))
        .where(or_(Hold.payee_id == payee_id, Hold.beneficiary_id.in_(mine)))
        .order_by(Hold.lifted_at.is_not(None), Hold.id.desc())
        .limit(limit)
    )
    return [HoldRow(hold, beneficiary) for hold, beneficiary in rows]


def get_hold(session: Session, payee_id: UUID, hold_id: UUID, *, lock: bool = False) -> HoldRow:
    """A hold on a payee or on one the payee is paid for. Raises NotFound, for anybody else's too."""
    hold = session.get(Hold, (session.info["body_id"], hold_id), with_for_update=lock or None)
    if hold is None:
        raise NotFound("hold", hold_id)
    if hold.beneficiary_id is None:
        if hold.payee_id != payee_id:
            raise NotFound("hold", hold_id)
        return HoldRow(hold, None)
    if not is_paid_for(session, payee_id, hold.beneficiary_id):
        raise NotFound("hold", hold_id)
    return HoldRow(hold, session.get_one(Beneficiary, (hold.body_id, hold.beneficiary_id)))


class Review(NamedTuple):
    """A hold whose review is due, with a payee on whose page it stands."""

    hold: Hold
    payee: Payee


def reviews_due(session: Session, today: date, *, limit: int = 20) -> list[Review]:
    """The live holds whose review date has come, the oldest date first."""
    due = (
        select(Hold)
        .where(Hold.lifted_at.is_(None), Hold.review_on <= today)
        .order_by(Hold.review_on, Hold.id)
        .limit(limit)
        .subquery()
    )
    held = aliased(Hold, due)
    rows = session.execute(
        select(held, Payee)
        .outerjoin(Mandate, (Mandate.body_id == held.body_id) & (Mandate.beneficiary_id == held.beneficiary_id))
        .join(Payee, (Payee.body_id == held.body_id) & (Payee.id == func.coalesce(held.payee_id, Mandate.payee_id)))
        .order_by(held.review_on, held.id, Payee.reference)
    )
    # a beneficiary with several payees is reviewed once
    return list({hold.id: Review(hold, payee) for hold, payee in rows}.values())


def is_listed() -> ColumnElement[bool]:
    """Whether a payee stands in lists and searches: not while the record is restricted, nor once it was erased."""
    restriction = exists().where(
        Hold.body_id == Payee.body_id,
        Hold.payee_id == Payee.id,
        Hold.kind == HoldKind.RESTRICTED,
        Hold.lifted_at.is_(None),
    )
    return ~restriction & Payee.erased_at.is_(None)


def restricted(session: Session, *, limit: int = 100) -> list[Review]:
    """The restricted records, the oldest restriction first: they stand in no other list."""
    rows = session.execute(
        select(Hold, Payee)
        .join(Payee, (Payee.body_id == Hold.body_id) & (Payee.id == Hold.payee_id))
        .where(Hold.kind == HoldKind.RESTRICTED, Hold.lifted_at.is_(None), Payee.erased_at.is_(None))
        .order_by(Hold.id)
        .limit(limit)
    )
    return [Review(hold, payee) for hold, payee in rows]
