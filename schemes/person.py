"""The people who use the service, and what each may do in a body."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from uuid import UUID

import pyotp
from argon2 import PasswordHasher
from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from schemes.database import Base, new_id, stored
from schemes.errors import NotAllowed, PasswordTooShort
from schemes.seal import KeyRing

LEAST_PASSWORD = 12
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


class Person(Base):
    """Someone who signs in. A person can belong to several bodies, so the row belongs to none of them.

    `code_secret` is the shared secret of the one-time codes, wrapped by the key ring.
    """

    __tablename__ = "person"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str]
    code_ring_key_id: Mapped[str]
    code_secret: Mapped[bytes]
    demo: Mapped[bool] = mapped_column(default=False)
    made_at: Mapped[datetime]


class Membership(Base):
    """A role that a person has in a body."""

    __tablename__ = "membership"

    body_id: Mapped[UUID] = mapped_column(ForeignKey("body.id"), primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    role: Mapped[Role] = mapped_column(stored(Role), primary_key=True)
    given_at: Mapped[datetime]


@dataclass(frozen=True)
class Actor:
    """A signed-in person acting in a body: who does it, handed to every operation."""

    person_id: UUID
    body_id: UUID
    name: str
    email: str
    roles: frozenset[Role]

    def must_be(self, *roles: Role) -> None:
        """Raises NotAllowed unless the person holds one of the roles."""
        if not self.roles.intersection(roles):
            raise NotAllowed(" or ".join(roles))


@cache
def hasher() -> PasswordHasher:
    """Argon2id with the library's defaults (RFC 9106, low-memory profile)."""
    return PasswordHasher()


def code_secret_place(person_id: UUID) -> bytes:
    return f"person/{person_id}/code_secret".encode()


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
    person_id: UUID | None = None,
    code_secret: str | None = None,
) -> tuple[Person, str]:
    """Add a person to the body of this transaction; returns them and the one-time code secret (base32), shown once.

    Raises PasswordTooShort. The length is the rule (NCSC guidance): no character classes, no expiry.
    """
    if len(password) < LEAST_PASSWORD:
        raise PasswordTooShort(LEAST_PASSWORD)
    person_id = person_id or new_id()
    secret = code_secret or pyotp.random_base32()
    ring_key_id, wrapped = ring.wrap(secret.encode(), code_secret_place(person_id))
    person = Person(
        id=person_id,
        email=email.strip().casefold(),
        name=name,
        password_hash=hasher().hash(password),
        code_ring_key_id=ring_key_id,
        code_secret=wrapped,
        demo=demo,
        made_at=at,
    )
    session.add(person)
    session.flush()
    for role in sorted(roles):
        session.add(Membership(body_id=session.info["body_id"], person_id=person_id, role=role, given_at=at))
    session.flush()
    return person, secret


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


def names(session: Session) -> dict[UUID, str]:
    """The names of the people of this body, by id: small, so read whole."""
    return dict(session.execute(select(Person.id, Person.name)).all())


def people(session: Session) -> list[tuple[Person, list[Role]]]:
    """The people of this body with their roles, by name."""
    rows = session.execute(
        select(Person, Membership.role)
        .join(Membership, Membership.person_id == Person.id)
        .order_by(Person.name, Membership.role)
    )
    grouped: dict[UUID, tuple[Person, list[Role]]] = {}
    for person, role in rows:
        grouped.setdefault(person.id, (person, []))[1].append(role)
    return list(grouped.values())
