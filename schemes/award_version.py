"""The later versions of an award: changed, ended or begun again from a day on, with who, when and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ColumnElement, Index, UniqueConstraint, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from schemes import audit
from schemes.amount import Inputs, inputs_from, inputs_json
from schemes.award import Award, AwardDay, AwardDayRefused, first_terms, must_be_in_order, must_fit_rule
from schemes.award_history import DAY, History, Terms
from schemes.change import NothingToChange
from schemes.database import Base, BodyOwned, take_turns, to_body_row
from schemes.errors import NotFound, ReasonNotGiven
from schemes.hold import is_paid_for
from schemes.person import Actor, Role
from schemes.suspension import Suspension, suspended_days


class AwardVersion(BodyOwned, Base):
    """What an award says from `from_day` on, to `last_day` (included; None: no end). Never changed.

    inputs None: nothing is due any more. The first version is the award's own row, so that `number` begins at 2.
    """

    __tablename__ = "award_version"
    __table_args__ = (
        UniqueConstraint("body_id", "award_id", "number"),
        Index("ix_award_version_payee", "body_id", "payee_id"),
        to_body_row("award", "award_id"),
        to_body_row("payee", "payee_id"),
        CheckConstraint("number >= 2", name="number"),
        CheckConstraint("last_day is null or last_day >= from_day", name="days"),
        CheckConstraint("reason <> ''", name="reason"),
    )

    award_id: Mapped[UUID]
    number: Mapped[int]
    from_day: Mapped[date]
    last_day: Mapped[date | None]
    inputs: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    payee_id: Mapped[UUID]
    reason: Mapped[str]
    made_by: Mapped[UUID]
    made_at: Mapped[datetime]


def terms_of(version: AwardVersion) -> Terms:
    inputs = None if version.inputs is None else inputs_from(version.inputs)
    return Terms(version.number, version.from_day, version.last_day, inputs, version.payee_id, version.made_at)


def change_award(
    session: Session,
    award: Award,
    *,
    version_id: UUID,
    from_day: date,
    last_day: date | None,
    inputs: Inputs | None,
    payee_id: UUID,
    reason: str,
    by: Actor,
    at: datetime,
) -> AwardVersion:
    """Say what an award is from a day on; `inputs` None ends it. The same id again is the same version.

    What earlier versions said of that day and those after it no longer counts, and stays to be read. Raises
    NothingToChange, AwardDayRefused, FieldsRefused, ReasonNotGiven, NotFound, NotAllowed.
    """
    by.must_be(Role.PREPARER, scheme=award.scheme_id)
    take_turns(session, f"award {award.id}")
    there = session.get(AwardVersion, (by.body_id, version_id))
    if there is not None:
        if there.award_id != award.id:
            raise NotFound("award version", version_id)
        return there
    must_be_in_order(from_day, last_day)
    if inputs is not None:
        must_fit_rule(session, award.scheme_id, award.component, inputs, from_day)
    if not is_paid_for(session, payee_id, award.beneficiary_id):
        raise NotFound("payee", payee_id)
    terms = [first_terms(award), *map(terms_of, versions_of(session, award.id))]
    proposed = Terms(len(terms) + 1, from_day, last_day, inputs, payee_id, at)
    if says_the_same(History(tuple(terms)), proposed):
        raise NothingToChange
    if not reason.strip():
        raise ReasonNotGiven("change this award")
    version = AwardVersion(
        body_id=by.body_id,
        id=version_id,
        award_id=award.id,
        number=proposed.number,
        from_day=from_day,
        last_day=last_day,
        inputs=None if inputs is None else inputs_json(inputs),
        payee_id=payee_id,
        reason=reason.strip(),
        made_by=by.person_id,
        made_at=at,
    )
    session.add(version)
    session.flush()
    act = "award.ended" if inputs is None else "award.changed"
    audit.record(session, act, by=by, about=award, at=at, version=version.number, from_day=from_day.isoformat())
    return version


def end_award(
    session: Session, award: Award, *, version_id: UUID, last_day: date, reason: str, by: Actor, at: datetime
) -> AwardVersion:
    """End an award with a day, the last that is paid. Raises AwardDayRefused where nothing is due after it anyway."""
    must_be_in_order(last_day, None)
    first = last_day + DAY
    history = history_of(session, award)
    there = session.get(AwardVersion, (by.body_id, version_id))
    if there is None and not history.is_due_from(first):
        raise AwardDayRefused(AwardDay.ENDED_ALREADY)
    return change_award(
        session,
        award,
        version_id=version_id,
        from_day=first,
        last_day=None,
        inputs=None,
        payee_id=history.payee_on(first),
        reason=reason,
        by=by,
        at=at,
    )


def says_the_same(history: History, proposed: Terms) -> bool:
    """Whether a version would leave every day as it is."""
    standing = history.on(proposed.from_day)
    later = any(terms.from_day > proposed.from_day for terms in history.terms)
    facts = (proposed.inputs, proposed.last_day, proposed.payee_id)
    return standing is not None and not later and facts == (standing.inputs, standing.last_day, standing.payee_id)


def versions_of(session: Session, award_id: UUID) -> Sequence[AwardVersion]:
    """The later versions of an award, in order."""
    return session.scalars(
        select(AwardVersion).where(AwardVersion.award_id == award_id).order_by(AwardVersion.number)
    ).all()


def awards_paid_to(session: Session, payee_id: UUID, *, limit: int = 100) -> Sequence[Award]:
    """The awards that are or were to be paid to a payee, newest first."""
    awards = select(Award).where(ever_paid_to(payee_id))
    return session.scalars(awards.order_by(Award.first_day.desc(), Award.id).limit(limit)).all()


def ever_paid_to(payee_id: UUID) -> ColumnElement[bool]:
    """Of awards those that are or were to be paid to a payee.

    Two questions, each by its index: an OR of them would be answered by looking through all awards.
    """
    first, later = aliased(Award), select(AwardVersion.award_id).where(AwardVersion.payee_id == payee_id)
    return Award.id.in_(select(first.id).where(first.payee_id == payee_id).union(later))


def history_of(session: Session, award: Award) -> History:
    """Everything that was ever said of an award, and the days on which it is suspended."""
    return histories_of(session, [award])[award.id]


def histories_of(session: Session, awards: Iterable[Award]) -> dict[UUID, History]:
    """The histories of some awards, in two queries."""
    first = {award.id: first_terms(award) for award in awards}
    later = later_terms(session, AwardVersion.award_id.in_(first))
    suspended = suspended_days(session, Suspension.award_id.in_(first))
    return {
        award_id: History((terms, *later.get(award_id, ())), suspended.get(award_id, ()))
        for award_id, terms in first.items()
    }


def later_terms(session: Session, which: ColumnElement[bool]) -> dict[UUID, list[Terms]]:
    """The later versions that a condition on AwardVersion picks, by award and in order."""
    found: dict[UUID, list[Terms]] = defaultdict(list)
    rows = session.execute(
        select(
            AwardVersion.award_id,
            AwardVersion.number,
            AwardVersion.from_day,
            AwardVersion.last_day,
            AwardVersion.inputs,
            AwardVersion.payee_id,
            AwardVersion.made_at,
        )
        .where(which)
        .order_by(AwardVersion.award_id, AwardVersion.number)
    )
    for award_id, number, from_day, last_day, inputs, payee_id, made_at in rows:
        kept = None if inputs is None else inputs_from(inputs)
        found[award_id].append(Terms(number, from_day, last_day, kept, payee_id, made_at))
    return found
