"""Who holds which role: proposed by an administrator, confirmed by a second person; taken away by one, at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from schemes import audit, before_body, change
from schemes.change import Change, ChangeKind
from schemes.database import new_id
from schemes.errors import NotFound, Refused, SamePerson
from schemes.person import PER_SCHEME, Actor, Membership, Person, Role
from schemes.scheme import schemes_of_body

# a new approver, and whoever's password and codes were set anew, decides at no gate for so long
WAIT = timedelta(hours=24)
CONCERNED = "are the one whom it concerns"

# role -> the codes of its schemes; none: all of them
Roles = Mapping[str, Sequence[str]]


class NotPerScheme(Refused):
    """The role is for the whole body: it can't be given for some schemes."""

    def __init__(self, role: str) -> None:
        super().__init__(f"{role} is for the whole body")
        self.role = role


class NoRole(Refused):
    """Somebody was to be given no role at all."""


def clean(session: Session, roles: Roles) -> dict[str, list[str]]:
    """Roles as facts of a proposal, in one order. Raises NoRole, NotPerScheme, NotFound."""
    if not roles:
        raise NoRole
    schemes = scheme_ids(session)
    found: dict[str, list[str]] = {}
    for role in sorted(roles):
        codes = sorted(set(roles[role]))
        if codes and Role(role) not in PER_SCHEME:
            raise NotPerScheme(role)
        unknown = set(codes) - schemes.keys()
        if unknown:
            raise NotFound("scheme", ", ".join(sorted(unknown)))
        found[Role(role).value] = codes
    return found


def scheme_ids(session: Session) -> dict[str, UUID]:
    """The body's schemes by code: a second person reads a proposal, and an id tells them nothing."""
    return {scheme.code: scheme.id for scheme in schemes_of_body(session)}


def live(session: Session, person_id: UUID) -> Sequence[Membership]:
    """What a person holds in this body now."""
    held = select(Membership).where(Membership.person_id == person_id, Membership.ended_at.is_(None))
    return session.scalars(held.order_by(Membership.role, Membership.id)).all()


def roles_of(session: Session, person_id: UUID) -> dict[str, Any]:
    """What a person holds, as a proposal's facts."""
    codes = {scheme_id: code for code, scheme_id in scheme_ids(session).items()}
    found: dict[str, list[str]] = {}
    for row in live(session, person_id):
        named = found.setdefault(row.role.value, [])
        if row.scheme_id is not None:
            named.append(codes[row.scheme_id])
    return {"roles": {role: sorted(named) for role, named in sorted(found.items())}}


def roles_of_all(session: Session) -> list[tuple[Person, dict[str, list[str]], datetime | None]]:
    """Everybody of this body by name, with their roles and the time before which they decide at no gate, if any."""
    codes = {scheme_id: code for code, scheme_id in scheme_ids(session).items()}
    held = session.execute(
        select(Person, Membership)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.ended_at.is_(None))
        .order_by(Person.name, Person.id, Membership.role)
    )
    found: dict[UUID, tuple[Person, dict[str, list[str]], list[datetime]]] = {}
    for person, row in held:
        _, roles, later = found.setdefault(person.id, (person, {}, []))
        roles.setdefault(row.role.value, []).extend([codes[row.scheme_id]] if row.scheme_id else [])
        later.extend(one for one in (person.may_decide_from, row.may_decide_from) if one is not None)
    return [(person, roles, max(later, default=None)) for person, roles, later in found.values()]


def member(session: Session, person_id: UUID) -> Person:
    """Somebody who belongs to this body now. Raises NotFound, for somebody who has left too."""
    person = session.get(Person, person_id)
    if person is None or not live(session, person_id):
        raise NotFound("person", person_id)
    return person


def propose_roles(
    session: Session, person_id: UUID, roles: Roles, *, change_id: UUID, reason: str, by: Actor, at: datetime
) -> Change:
    """Propose what somebody else shall hold from now on.

    Raises SamePerson for one's own roles, NoRole, NotPerScheme, NotFound, NotAllowed, and as `change.propose`.
    """
    by.must_be(Role.ADMINISTRATOR)
    member(session, person_id)
    if person_id == by.person_id:
        raise SamePerson(CONCERNED)
    return change.propose(
        session,
        ChangeKind.ROLES,
        change_id=change_id,
        subject_id=person_id,
        before=roles_of(session, person_id),
        after={"roles": clean(session, roles)},
        reason=reason,
        by=by,
        at=at,
    )


def apply_roles(session: Session, confirmed: Change, by: Actor, at: datetime) -> None:
    """Raises SamePerson for whoever would confirm their own roles."""
    if confirmed.subject_id == by.person_id:
        raise SamePerson(CONCERNED)
    person = member(session, confirmed.subject_id)
    give(session, person.id, confirmed.after["roles"], at=at)
    roles = sorted(confirmed.after["roles"])
    audit.record(session, "person.roles_changed", by=by, about=person, at=at, roles=roles, change=str(confirmed.id))


def give(session: Session, person_id: UUID, roles: Roles, *, at: datetime) -> None:
    """Let a person hold exactly these roles. What an approver did not hold before, they wait for."""
    held = {(row.role, row.scheme_id): row for row in live(session, person_id)}
    schemes = scheme_ids(session)
    wanted: set[tuple[Role, UUID | None]] = set()
    for role, codes in roles.items():
        wanted |= {(Role(role), schemes[code]) for code in codes} or {(Role(role), None)}
    for key in held.keys() - wanted:
        held[key].ended_at = at
    session.flush()
    for given, scheme_id in sorted(wanted - held.keys(), key=str):
        before = held.get((given, None))
        waits = at + WAIT if given is Role.APPROVER else None
        session.add(
            Membership(
                body_id=session.info["body_id"],
                id=new_id(),
                person_id=person_id,
                role=given,
                scheme_id=scheme_id,
                given_at=at,
                # whoever held it for all schemes is not new to it in one
                may_decide_from=before.may_decide_from if before else waits,
            )
        )
    session.flush()


def remove(session: Session, person_id: UUID, *, by: Actor, at: datetime) -> None:
    """Take every role in this body from somebody else and end their sessions, at once: taking rights away is safe.

    Saying it twice is saying it once. Raises SamePerson, NotFound, NotAllowed.
    """
    by.must_be(Role.ADMINISTRATOR)
    if person_id == by.person_id:
        raise SamePerson(CONCERNED)
    person = session.get(Person, person_id)
    if person is None:
        raise NotFound("person", person_id)
    ended: int = session.execute(
        update(Membership)
        .where(Membership.person_id == person_id, Membership.ended_at.is_(None))
        .values(ended_at=at)
        .execution_options(synchronize_session=False)
    ).rowcount  # type: ignore[attr-defined]
    if not ended:
        return
    before_body.end_sessions(session, person_id, None, at)
    audit.record(session, "person.removed", by=by, about=person, at=at, roles=ended)
