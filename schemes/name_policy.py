"""What an answer of Confirmation of Payee means for using bank details: each body's own policy, made by two people.

The scheme of the banks says what an answer is, and leaves it to the payer what follows from it. Each change is a row of
its own, so that a payroll goes by the policy of the day on which it was made, whatever is decided meanwhile.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, false, func, select, tuple_
from sqlalchemy.orm import Mapped, Session, mapped_column

from schemes import audit, change
from schemes.change import Change, ChangeKind
from schemes.database import Base, BodyOwned, new_id, stored
from schemes.errors import OutOfRange, Refused
from schemes.person import Actor, Role

LEAST_DAYS, MOST_DAYS = 1, 365


class Outcome(StrEnum):
    """The class of an answer, as people are told it. An account that was switched cannot be checked, and says why."""

    MATCH = "match"
    CLOSE = "close"
    NO_MATCH = "no_match"
    UNABLE = "unable"
    SWITCHED = "switched"


class Meaning(StrEnum):
    """What an answer means for use. `reason`: only a person with a reason goes on; `block`: nobody goes on."""

    ALLOW = "allow"
    REASON = "reason"
    BLOCK = "block"


class MatchNeedsAsking(Refused):
    """A match can confirm nothing where nobody is asked about a proposal by itself."""


class NamePolicy(NamedTuple):
    """A body's policy. A match always allows; that there is no such account always blocks.

    not_asked: no bank was asked, or none answered, or so long ago that it no longer counts. ask_on_entry: whether each
    proposal is asked about by itself. good_for_days: how old an answer may be. match_confirms: whether a match stands
    for the second person where a key proposes a payee's first bank details.
    """

    close: Meaning = Meaning.REASON
    no_match: Meaning = Meaning.REASON
    switched: Meaning = Meaning.REASON
    unable: Meaning = Meaning.ALLOW
    not_asked: Meaning = Meaning.ALLOW
    ask_on_entry: bool = True
    good_for_days: int = 90
    match_confirms: bool = False

    @property
    def good_for(self) -> timedelta:
        return timedelta(days=self.good_for_days)

    def meaning_of(self, outcome: Outcome | None) -> Meaning:
        """What an answer of this class means; None where there is no answer that counts."""
        of_outcome = {
            Outcome.MATCH: Meaning.ALLOW,
            Outcome.CLOSE: self.close,
            Outcome.NO_MATCH: self.no_match,
            Outcome.SWITCHED: self.switched,
            Outcome.UNABLE: self.unable,
        }
        return of_outcome[outcome] if outcome else self.not_asked


class NamePolicyRow(BodyOwned, Base):
    """A policy from the instant on which a second person confirmed it. Never changed; the latest counts."""

    __tablename__ = "name_policy"
    __table_args__ = (
        Index("ix_name_policy_set", "body_id", "set_at"),
        CheckConstraint("good_for_days between 1 and 365", name="good_for_days"),
    )

    close: Mapped[Meaning] = mapped_column(stored(Meaning, check="close"))
    no_match: Mapped[Meaning] = mapped_column(stored(Meaning, check="no_match"))
    switched: Mapped[Meaning] = mapped_column(stored(Meaning, check="switched"))
    unable: Mapped[Meaning] = mapped_column(stored(Meaning, check="unable"))
    not_asked: Mapped[Meaning] = mapped_column(stored(Meaning, check="not_asked"))
    ask_on_entry: Mapped[bool]
    good_for_days: Mapped[int]
    match_confirms: Mapped[bool] = mapped_column(server_default=false())
    set_by: Mapped[UUID]
    set_at: Mapped[datetime]


def policy_at(session: Session, at: datetime) -> NamePolicy:
    """The policy that counted at an instant; the first days of a body go by the defaults."""
    latest = select(NamePolicyRow).where(NamePolicyRow.set_at <= at)
    row = session.scalars(latest.order_by(NamePolicyRow.set_at.desc(), NamePolicyRow.id.desc()).limit(1)).first()
    return NamePolicy(*(getattr(row, name) for name in NamePolicy._fields)) if row else NamePolicy()


def current(session: Session) -> NamePolicy:
    """The policy that was confirmed last."""
    row = current_row(session)
    return NamePolicy(*(getattr(row, name) for name in NamePolicy._fields)) if row else NamePolicy()


def current_row(session: Session) -> NamePolicyRow | None:
    """The policy that was confirmed last; None while a body goes by the defaults."""
    latest = select(NamePolicyRow).order_by(NamePolicyRow.set_at.desc(), NamePolicyRow.id.desc())
    return session.scalars(latest.limit(1)).first()


def number_of(session: Session, policy_id: UUID) -> int:
    """Which of the body's policies it is, counted from 1: by this people speak of it."""
    row = session.get_one(NamePolicyRow, (session.info["body_id"], policy_id))
    up_to = tuple_(NamePolicyRow.set_at, NamePolicyRow.id) <= tuple_(row.set_at, row.id)
    return session.scalar(select(func.count()).where(up_to)) or 0


def facts(session: Session) -> dict[str, Any]:
    """The policy as a proposal's facts."""
    return as_facts(current(session))


def as_facts(policy: NamePolicy) -> dict[str, Any]:
    return {name: value.value if isinstance(value, Meaning) else value for name, value in policy._asdict().items()}


def from_facts(told: dict[str, Any]) -> NamePolicy:
    values: dict[str, Any] = {name: Meaning(value) if isinstance(value, str) else value for name, value in told.items()}
    return NamePolicy(**values)


def propose(session: Session, wanted: NamePolicy, *, change_id: UUID, reason: str, by: Actor, at: datetime) -> Change:
    """Propose another policy. Raises OutOfRange, MatchNeedsAsking, NotAllowed, and as `change.propose`."""
    by.must_be(Role.ADMINISTRATOR)
    if not LEAST_DAYS <= wanted.good_for_days <= MOST_DAYS:
        raise OutOfRange("days that an answer counts", wanted.good_for_days, LEAST_DAYS, MOST_DAYS)
    if wanted.match_confirms and not wanted.ask_on_entry:
        raise MatchNeedsAsking
    return change.propose(
        session,
        ChangeKind.NAME_POLICY,
        change_id=change_id,
        subject_id=by.body_id,
        before=facts(session),
        after=as_facts(wanted),
        reason=reason,
        by=by,
        at=at,
    )


def apply(session: Session, confirmed: Change, by: Actor, at: datetime) -> None:
    policy = from_facts(confirmed.after)
    row = NamePolicyRow(body_id=by.body_id, id=new_id(), set_by=by.person_id, set_at=at, **policy._asdict())
    session.add(row)
    session.flush()
    audit.record(session, "name_policy.set", by=by, about=row, at=at, **confirmed.after)
