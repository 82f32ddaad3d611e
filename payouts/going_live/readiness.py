"""What has to be so before a body pays people for real: some of it the service looks up, the rest somebody says.

Each point is somebody's. What the service looks up cannot be talked away; what a person says stands under their name,
and the newest word counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from payouts.first_hour.practice import must_be_sandbox
from payouts.gates.can_pay import amounts, can_pay
from payouts.looking_back.look_back import is_looked_back_at
from payouts.payroll import Payroll, PayrollStatus
from schemes import audit
from schemes.bank_profile import BankProfile, bank_profiles
from schemes.body import get_body
from schemes.database import Base, BodyOwned, new_id, stored, take_turns
from schemes.errors import NotFound, Refused
from schemes.person import READERS, Actor, Held, Person, Role, holders
from schemes.scheme import gate_rules, schemes_of_body

if TYPE_CHECKING:
    from payouts.app import Service

REHEARSALS = 2
"""The first shows how it goes, the second that it goes again without being shown."""
ADMINISTRATORS = 2
LONGEST = 2000
TOOK = (PayrollStatus.ACCEPTED, PayrollStatus.CLOSED)
"""Where a payroll stands that the sandbox's bank has taken."""


class Point(StrEnum):
    """What is looked at, in the order of the list."""

    REHEARSED = "rehearsed"
    LOOKED_BACK = "looked_back"
    TRAINED = "trained"
    ADMINISTRATORS = "administrators"
    PEOPLE = "people"
    BANK_PROFILE = "bank_profile"
    BANK_SAID_YES = "bank_said_yes"
    NOTIFY = "notify"
    DATA_PROTECTION = "data_protection"
    SUPPORT = "support"


SAID = (Point.TRAINED, Point.BANK_SAID_YES, Point.DATA_PROTECTION, Point.SUPPORT)
"""What nobody but a person can know; the service looks the others up."""


class NotSaid(Refused):
    """The service looks a point up itself: no words make it so."""


class ReadinessOwner(BodyOwned, Base):
    """Who sees to a point, from an instant on. Never changed; the newest counts."""

    __tablename__ = "readiness_owner"

    point: Mapped[Point] = mapped_column(stored(Point))
    owner_id: Mapped[UUID]
    given_by: Mapped[UUID]
    given_at: Mapped[datetime]


class ReadinessWord(BodyOwned, Base):
    """What somebody said of a point: "" that it is not so after all. Never changed; the newest counts."""

    __tablename__ = "readiness_word"

    point: Mapped[Point] = mapped_column(stored(Point))
    words: Mapped[str]
    said_by: Mapped[UUID]
    said_at: Mapped[datetime]


@dataclass(frozen=True)
class PointRow:
    """A point as it stands.

    number: how many there are of what is counted. lacks: what is missing, by name: roles of a scheme, accounts.
    """

    point: Point
    done: bool
    owner: ReadinessOwner | None
    word: ReadinessWord | None
    number: int = 0
    lacks: tuple[str, ...] = ()


@dataclass(frozen=True)
class LookedUp:
    """What the service found out about a point."""

    done: bool
    number: int = 0
    lacks: tuple[str, ...] = ()


def checklist(session: Session, service: Service) -> list[PointRow]:
    """Every point as it stands, in order."""
    found = {**looked_up(session), Point.NOTIFY: LookedUp(sends_to_staff(service))}
    owners, words = owners_of(session), words_of(session)
    rows = []
    for point in Point:
        word = words.get(point)
        known = LookedUp(bool(word and word.words)) if point in SAID else found[point]
        rows.append(PointRow(point, known.done, owners.get(point), word, known.number, known.lacks))
    return rows


def looked_up(session: Session) -> dict[Point, LookedUp]:
    """What the sandbox itself shows."""
    real = real_people(session)
    administrators = len(administrators_among(real))
    rehearsed = session.scalar(select(func.count()).where(Payroll.status.in_(TOOK))) or 0
    untried = untried_accounts(session)
    lacks = roles_lacking(session, real)
    has_schemes = bool(schemes_of_body(session))
    return {
        Point.REHEARSED: LookedUp(rehearsed >= REHEARSALS, rehearsed),
        Point.LOOKED_BACK: LookedUp(is_looked_back_at(session)),
        Point.ADMINISTRATORS: LookedUp(administrators >= ADMINISTRATORS, administrators),
        Point.PEOPLE: LookedUp(has_schemes and not lacks, lacks=lacks),
        Point.BANK_PROFILE: LookedUp(has_schemes and not untried, lacks=untried),
    }


def sends_to_staff(service: Service) -> bool:
    """Whether an invitation, or a link to a new password, reaches people outside of a sandbox."""
    return bool(service.settings.notify_api_key and service.settings.notify_staff_template)


def real_people(session: Session) -> list[tuple[Person, list[Held]]]:
    """The people of the sandbox without those who only practise in it."""
    return [(person, held) for person, held in holders(session) if person.practice_of is None]


def administrators_among(people: Sequence[tuple[Person, list[Held]]]) -> list[Person]:
    return [person for person, held in people if any(one.role is Role.ADMINISTRATOR for one in held)]


def roles_lacking(session: Session, real: Sequence[tuple[Person, list[Held]]]) -> tuple[str, ...]:
    """What real people alone lack to run a payroll of each scheme at any amount, as `scheme: role`."""
    pattern, found = get_body(session).duty_pattern, []
    for scheme in schemes_of_body(session):
        rules = gate_rules(session, scheme)
        ways = [can_pay(scheme, rules, from_pence, real, pattern) for from_pence in amounts(rules)]
        found += [f"{scheme.code}: {role}" for role in dict.fromkeys(role for way in ways for role in way.lacking)]
    return tuple(found)


def untried_accounts(session: Session) -> tuple[str, ...]:
    """The accounts that a scheme pays from and no rehearsal went through, by name."""
    tried = set(
        session.scalars(
            select(BankProfile.line_id)
            .join(Payroll, (Payroll.body_id == BankProfile.body_id) & (Payroll.bank_profile_id == BankProfile.id))
            .where(Payroll.status.in_(TOOK))
            .distinct()
        )
    )
    used = {scheme.bank_profile_id for scheme in schemes_of_body(session)}
    profiles = {profile.line_id: profile.name for profile in bank_profiles(session)}
    return tuple(name for line_id, name in profiles.items() if line_id in used - tried)


def owners_of(session: Session) -> dict[Point, ReadinessOwner]:
    """Who sees to each point now."""
    return {row.point: row for row in session.scalars(select(ReadinessOwner).order_by(ReadinessOwner.id))}


def words_of(session: Session) -> dict[Point, ReadinessWord]:
    """The newest word about each point."""
    return {row.point: row for row in session.scalars(select(ReadinessWord).order_by(ReadinessWord.id))}


def give(session: Session, point: Point, owner_id: UUID, *, by: Actor, at: datetime) -> None:
    """Say who sees to a point. The same person again is nothing new.

    Raises OnlyInASandbox, NotFound for somebody who is not of the body or only practises in it, NotAllowed.
    """
    by.must_be(Role.ADMINISTRATOR)
    must_be_sandbox(session)
    take_turns(session, "readiness")
    if owner_id not in {person.id for person, held in real_people(session) if {one.role for one in held} & {*READERS}}:
        raise NotFound("person", owner_id)
    there = owners_of(session).get(point)
    if there is not None and there.owner_id == owner_id:
        return
    facts = {"owner_id": owner_id, "given_by": by.person_id, "given_at": at}
    row = ReadinessOwner(body_id=by.body_id, id=new_id(), point=point, **facts)
    session.add(row)
    session.flush()
    audit.record(session, "readiness.given", by=by, about=row, at=at, point=point.value, person_id=str(owner_id))


def say(session: Session, point: Point, words: str, *, by: Actor, at: datetime) -> None:
    """Say that a point is so and what shows it; "" takes it back. The same words again are nothing new.

    Raises OnlyInASandbox, NotSaid for what the service looks up itself, NotAllowed.
    """
    by.must_be(Role.ADMINISTRATOR)
    must_be_sandbox(session)
    if point not in SAID:
        raise NotSaid
    take_turns(session, "readiness")
    words, there = words.strip()[:LONGEST], words_of(session).get(point)
    if words == (there.words if there else ""):
        return
    row = ReadinessWord(body_id=by.body_id, id=new_id(), point=point, words=words, said_by=by.person_id, said_at=at)
    session.add(row)
    session.flush()
    act = "readiness.said" if words else "readiness.taken_back"
    audit.record(session, act, by=by, about=row, at=at, point=point.value)


def as_facts(rows: Sequence[PointRow]) -> dict[str, Any]:
    """The list as it is frozen with a request: ids for people, and what was said word for word."""
    return {row.point.value: point_facts(row) for row in rows}


def point_facts(row: PointRow) -> Mapping[str, Any]:
    word = row.word
    said = {"words": word.words, "by": str(word.said_by), "at": word.said_at.isoformat()} if word else None
    return {
        "done": row.done,
        "number": row.number,
        "lacks": list(row.lacks),
        "owner": str(row.owner.owner_id) if row.owner else None,
        "said": said if row.point in SAID else None,
    }
