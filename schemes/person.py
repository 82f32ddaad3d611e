"""The people who use the service, and what each may do in a body."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import NamedTuple
from uuid import UUID

import pyotp
from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, column, or_, select, table, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from schemes.database import Base, BodyOwned, new_id, stored, to_body_row
from schemes.errors import NotAllowed
from schemes.password import hash_password
from schemes.seal import KeyRing

# of every demo person, on a demo installation only: its sign-in page shows it
DEMO_PASSWORD = "a lamp in the harbour"  # noqa: S105


class Role(StrEnum):
    """What a person may do in one body. One person may hold several; the rules of two people hold all the same."""

    ADMINISTRATOR = "administrator"
    PREPARER = "preparer"
    FINANCE = "finance"
    APPROVER = "approver"
    RELEASER = "releaser"
    AUDITOR = "auditor"
    ENQUIRY = "enquiry"


# who reads all that a body has. Whoever only makes enquiries finds payees and payments, and sees no file and no trail
READERS = (Role.ADMINISTRATOR, Role.PREPARER, Role.FINANCE, Role.APPROVER, Role.RELEASER, Role.AUDITOR)
# roles whose acts belong to a scheme, so that they can be given for some schemes only
PER_SCHEME = (Role.PREPARER, Role.FINANCE, Role.APPROVER, Role.RELEASER)


class Person(Base):
    """Someone who signs in. A person can belong to several bodies, so the row belongs to none of them.

    `code_secret` is the shared secret of the one-time codes, wrapped by the key ring. may_decide_from: whoever's
    password and codes were set anew decides at no gate before it, in no body. practice_of: the sandbox body in which
    this is a practice colleague, and outside of which they are nobody.
    """

    __tablename__ = "person"
    __table_args__ = (Index("ix_person_practice_of", "practice_of"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str]
    code_ring_key_id: Mapped[str]
    code_secret: Mapped[bytes]
    demo: Mapped[bool] = mapped_column(default=False)
    practice_of: Mapped[UUID | None] = mapped_column(ForeignKey("body.id"))
    made_at: Mapped[datetime]
    may_decide_from: Mapped[datetime | None]


class Membership(BodyOwned, Base):
    """A role that a person has in a body: for all its schemes, or, named in a row each, for some.

    A role that was taken away keeps its row, so that what its holder did keeps their name. may_decide_from: a new
    approver decides at no gate before it.
    """

    __tablename__ = "membership"
    __table_args__ = (
        Index(
            "uq_membership_live",
            "body_id",
            "person_id",
            "role",
            "scheme_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("ended_at is null"),
        ),
        Index("ix_membership_person", "person_id"),
        ForeignKeyConstraint(["body_id"], ["body.id"]),
        to_body_row("scheme", "scheme_id"),
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    role: Mapped[Role] = mapped_column(stored(Role))
    scheme_id: Mapped[UUID | None]
    given_at: Mapped[datetime]
    may_decide_from: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


@dataclass(frozen=True)
class Actor:
    """A signed-in person acting in a body: who does it, handed to every operation.

    limits: the schemes of each role that is not for all of them.
    """

    person_id: UUID
    body_id: UUID
    name: str
    email: str
    roles: frozenset[Role]
    limits: frozenset[tuple[Role, UUID]] = frozenset()

    def must_be(self, *roles: Role, scheme: UUID | None = None) -> None:
        """Raises NotAllowed unless the person holds one of the roles, and for this scheme where the act is in one.

        What belongs to no scheme (a payee, whom several may pay) is open to the role in any.
        """
        if not any(self.holds(role, scheme) for role in roles):
            raise NotAllowed(" or ".join(roles))

    def holds(self, role: Role, scheme: UUID | None = None) -> bool:
        if role not in self.roles:
            return False
        limited_to = {named for limited, named in self.limits if limited is role}
        return scheme is None or not limited_to or scheme in limited_to


def address(email: str) -> str:
    """An address as it is kept. What PostgreSQL cannot hold is nobody's."""
    return email.strip().casefold().replace("\0", "\ufffd")


def code_secret_place(person_id: UUID) -> bytes:
    return f"person/{person_id}/code_secret".encode()


@cache
def demo_password_hash() -> str:
    """One hash for all the people of a demo: their password is shown to everybody, and hashing takes its time."""
    return hash_password(DEMO_PASSWORD)


def add_person(
    session: Session,
    ring: KeyRing,
    *,
    email: str,
    name: str,
    password: str,
    roles: frozenset[Role],
    at: datetime,
    demo: bool = False,
    practises: bool = False,
    person_id: UUID | None = None,
    code_secret: str | None = None,
) -> tuple[Person, str]:
    """Add a person to the body of this transaction; returns them and the one-time code secret (base32), shown once.

    A demo person's password is the demo's, whatever is given, and so is that of somebody who only practises in this
    sandbox: their codes keep others out. Raises PasswordTooShort, PasswordGuessable.
    """
    password_hash = demo_password_hash() if demo or practises else hash_password(password, about=(name, email))
    person_id = person_id or new_id()
    secret = code_secret or pyotp.random_base32()
    ring_key_id, wrapped = ring.wrap(secret.encode(), code_secret_place(person_id))
    person = Person(
        id=person_id,
        email=address(email),
        name=name,
        password_hash=password_hash,
        code_ring_key_id=ring_key_id,
        code_secret=wrapped,
        demo=demo,
        practice_of=session.info["body_id"] if practises else None,
        made_at=at,
    )
    session.add(person)
    session.flush()
    for role in sorted(roles):
        session.add(
            Membership(body_id=session.info["body_id"], id=new_id(), person_id=person_id, role=role, given_at=at)
        )
    session.flush()
    return person, secret


def may_decide_from(session: Session, person_id: UUID, role: Role, scheme_id: UUID) -> datetime | None:
    """The time before which a person decides at no gate of a role in a scheme, if there is one."""
    rows = session.execute(
        select(Person.may_decide_from, Membership.may_decide_from)
        .join(Membership, Membership.person_id == Person.id)
        .where(
            Person.id == person_id,
            Membership.role == role,
            Membership.ended_at.is_(None),
            or_(Membership.scheme_id.is_(None), Membership.scheme_id == scheme_id),
        )
    ).all()
    if not rows:
        return None
    by_role = [row[1] for row in rows if row[1] is not None]
    # of several rows that let somebody in, the one that they have had for longest counts
    earliest = min(by_role) if len(by_role) == len(rows) else None
    return max((one for one in (rows[0][0], earliest) if one is not None), default=None)


def rewrap_codes(session: Session, ring: KeyRing) -> int:
    """Wrap the code secrets of this body's people anew with the ring's current key; returns how many.

    Without it, whoever takes an old key out of the ring locks everybody out.
    """
    waiting = select(Person).where(Person.code_ring_key_id != ring.current).order_by(Person.id)
    people = session.scalars(waiting.with_for_update(skip_locked=True)).all()
    for person in people:
        where = code_secret_place(person.id)
        secret = ring.unwrap(person.code_ring_key_id, person.code_secret, where)
        person.code_ring_key_id, person.code_secret = ring.wrap(secret, where)
    session.flush()
    return len(people)


# `schemes.api_key` stands on this module, so its table is named here
API_KEY = table("api_key", column("id"), column("name"))


def names(session: Session) -> dict[UUID, str]:
    """The names of the people of this body, and of the systems that act in it, by id: small, so read whole."""
    machines = select(API_KEY.c.id, API_KEY.c.name + " (API key)")
    return dict(session.execute(select(Person.id, Person.name).union_all(machines)).all())


class Held(NamedTuple):
    """A role that somebody has now, in these schemes or, where none is named, in all."""

    role: Role
    schemes: frozenset[UUID]


def holders(session: Session) -> list[tuple[Person, list[Held]]]:
    """The people of this body with what each holds now, by name."""
    rows = session.execute(
        select(Person, Membership.role, Membership.scheme_id)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.ended_at.is_(None))
        .order_by(Person.name, Person.id, Membership.role)
    )
    grouped: dict[UUID, tuple[Person, dict[Role, set[UUID]]]] = {}
    for person, role, scheme_id in rows:
        schemes = grouped.setdefault(person.id, (person, {}))[1].setdefault(role, set())
        if scheme_id is not None:
            schemes.add(scheme_id)
    return [
        (person, [Held(role, frozenset(schemes)) for role, schemes in held.items()])
        for person, held in grouped.values()
    ]


def people(session: Session, *, scheme_id: UUID | None = None) -> list[tuple[Person, list[Role]]]:
    """The people of this body with their roles, in one scheme or in any, by name."""
    found = []
    for person, held in holders(session):
        roles = [one.role for one in held if scheme_id is None or not one.schemes or scheme_id in one.schemes]
        if roles:
            found.append((person, roles))
    return found
