"""Invitations: an administrator proposes one, a second person confirms it, and a link by e-mail leads to accepting it.

Of the link only a digest is kept. It works for a week, once, for whoever has the mailbox: a new person sets their
password and codes; somebody who has an account here, perhaps in another body, signs in and accepts.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from schemes import audit, before_body, change, role_change
from schemes.before_body import SignInPerson
from schemes.change import Change, ChangeKind
from schemes.database import Base, BodyOwned
from schemes.errors import NotAddressed, NotFound, NotNow, Refused
from schemes.person import Actor, Person, Role, add_person, address
from schemes.role_change import Roles, clean, live
from schemes.seal import KeyRing

LASTS = timedelta(days=7)


class InvitationState(StrEnum):
    """Where an invitation is."""

    OPEN = "open"
    EXPIRED = "expired"
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"


class MemberAlready(Refused):
    """Whoever has this address belongs to the body: their roles are changed instead."""


class InvitedAlready(Refused):
    """An invitation to this address is open, or waits for a second person."""


class LinkUsedUp(Refused):
    """The link was used, was withdrawn, is too old, or never was one of ours."""


class AnotherPerson(Refused):
    """The invitation is for another address than that of whoever is signed in."""


class Invitation(BodyOwned, Base):
    """An invitation that was confirmed. `roles` as in a proposal: role → codes of its schemes, none for all.

    invited_by: None for whoever signed up for a sandbox of their own.
    """

    __tablename__ = "invitation"
    __table_args__ = (
        Index("uq_invitation_token", "token_digest", unique=True),
        Index("ix_invitation_email", "body_id", "email"),
        CheckConstraint("(accepted_by is null) = (accepted_at is null)", name="accepted"),
        CheckConstraint("(withdrawn_by is null) = (withdrawn_at is null)", name="withdrawn"),
        CheckConstraint("accepted_at is null or withdrawn_at is null", name="one_end"),
    )

    email: Mapped[str]
    name: Mapped[str]
    roles: Mapped[dict[str, Any]] = mapped_column(JSONB)
    invited_by: Mapped[UUID | None]
    invited_at: Mapped[datetime]
    token_digest: Mapped[bytes | None]
    expires_at: Mapped[datetime]
    accepted_by: Mapped[UUID | None]
    accepted_at: Mapped[datetime | None]
    withdrawn_by: Mapped[UUID | None]
    withdrawn_at: Mapped[datetime | None]

    def state(self, at: datetime) -> InvitationState:
        if self.accepted_at is not None:
            return InvitationState.ACCEPTED
        if self.withdrawn_at is not None:
            return InvitationState.WITHDRAWN
        return InvitationState.OPEN if at < self.expires_at else InvitationState.EXPIRED


def propose_invitation(
    session: Session,
    *,
    invitation_id: UUID,
    email: str,
    name: str,
    roles: Roles,
    reason: str,
    by: Actor,
    at: datetime,
) -> Change:
    """Propose to invite somebody. The same id again is the same proposal.

    Raises NotAddressed, MemberAlready, InvitedAlready, NoRole, NotPerScheme, NotFound, ReasonNotGiven, NotAllowed.
    """
    by.must_be(Role.ADMINISTRATOR)
    there = session.get(Change, (by.body_id, invitation_id))
    if there is not None:
        return there
    given = address(email)
    if not is_address(given):
        raise NotAddressed
    person = before_body.person_of_email(session, given)
    if person is not None and live(session, person.id):
        raise MemberAlready
    if is_invited(session, given, at):
        raise InvitedAlready
    return change.propose(
        session,
        ChangeKind.INVITATION,
        change_id=invitation_id,
        subject_id=invitation_id,
        before={},
        after={"email": given, "name": name.strip(), "roles": clean(session, roles)},
        reason=reason,
        by=by,
        at=at,
    )


def is_address(email: str) -> bool:
    """Whether Notify could write there: something, an @, a domain with a dot, and nothing that cannot be sent."""
    local, at, domain = email.rpartition("@")
    plain = email.isascii() and email.isprintable() and not any(character in email for character in ' <>(),;:\\"[]')
    return bool(plain and at and local and "." in domain.strip(".") and len(email) <= 254 and "@" not in local)


def is_invited(session: Session, email: str, at: datetime) -> bool:
    invitations = session.scalars(select(Invitation).where(Invitation.email == email))
    waiting = [one for one in change.waiting(session) if one.kind is ChangeKind.INVITATION]
    return any(one.state(at) is InvitationState.OPEN for one in invitations) or any(
        one.after["email"] == email for one in waiting
    )


def apply_invitation(session: Session, confirmed: Change, by: Actor, at: datetime) -> None:
    """Keep the invitation; its link is made when it is sent."""
    invitation = Invitation(
        body_id=confirmed.body_id,
        id=confirmed.subject_id,
        email=confirmed.after["email"],
        name=confirmed.after["name"],
        roles=confirmed.after["roles"],
        invited_by=confirmed.proposed_by,
        invited_at=at,
        expires_at=at + LASTS,
    )
    session.add(invitation)
    session.flush()
    roles = sorted(invitation.roles)
    audit.record(session, "person.invited", by=by, about=invitation, at=at, roles=roles)


def new_link(invitation: Invitation, *, at: datetime) -> str:
    """The token of a link that works for a week from now; one sent before works no more. Raises NotNow."""
    if invitation.state(at) in (InvitationState.ACCEPTED, InvitationState.WITHDRAWN):
        raise NotNow("invitation", invitation.state(at), "sent again")
    token = secrets.token_urlsafe(32)
    invitation.token_digest, invitation.expires_at = link_digest(token), at + LASTS
    return token


def link_digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def withdraw(session: Session, invitation: Invitation, *, by: Actor, at: datetime) -> None:
    """Let the link work no more. Saying it twice is saying it once. Raises NotNow once it was accepted, NotAllowed."""
    by.must_be(Role.ADMINISTRATOR)
    if invitation.withdrawn_at is not None:
        return
    if invitation.accepted_at is not None:
        raise NotNow("invitation", "accepted", "withdrawn")
    invitation.withdrawn_by, invitation.withdrawn_at, invitation.token_digest = by.person_id, at, None
    audit.record(session, "person.invitation_withdrawn", by=by, about=invitation, at=at)


def get_invitation(session: Session, invitation_id: UUID, *, lock: bool = False) -> Invitation:
    """Raises NotFound."""
    invitation = session.get(Invitation, (session.info["body_id"], invitation_id), with_for_update=lock or None)
    if invitation is None:
        raise NotFound("invitation", invitation_id)
    return invitation


def invitations_of(session: Session, *, limit: int = 50) -> Sequence[Invitation]:
    """The body's invitations, the newest first."""
    return session.scalars(select(Invitation).order_by(Invitation.invited_at.desc()).limit(limit)).all()


def opened(session: Session, token: str, *, at: datetime, lock: bool = False) -> Invitation:
    """The invitation that a link leads to, in a transaction of its body. Raises LinkUsedUp."""
    found = select(Invitation).where(Invitation.token_digest == link_digest(token))
    invitation = session.scalars(found.with_for_update() if lock else found).one_or_none()
    if invitation is None or invitation.state(at) is not InvitationState.OPEN:
        raise LinkUsedUp
    return invitation


def accept_as_new(
    session: Session, ring: KeyRing, token: str, *, name: str, password: str, code_secret: str, at: datetime
) -> Person:
    """A new person takes the invitation; that they can read their codes was seen by the caller.

    Raises LinkUsedUp, PasswordTooShort, PasswordGuessable, AnotherPerson where the address has got an account since.
    """
    invitation = opened(session, token, at=at, lock=True)
    if before_body.person_of_email(session, invitation.email) is not None:
        raise AnotherPerson
    person, _ = add_person(
        session,
        ring,
        email=invitation.email,
        name=name.strip(),
        password=password,
        roles=frozenset(),
        at=at,
        code_secret=code_secret,
    )
    end(session, invitation, person.id, person.name, at=at)
    return person


def accept(session: Session, token: str, *, person: SignInPerson, at: datetime) -> Invitation:
    """Somebody who is signed in takes the invitation to their address. Raises LinkUsedUp, AnotherPerson."""
    invitation = opened(session, token, at=at, lock=True)
    if person.email != invitation.email:
        raise AnotherPerson
    end(session, invitation, person.id, person.name, at=at)
    return invitation


def end(session: Session, invitation: Invitation, person_id: UUID, name: str, *, at: datetime) -> None:
    invitation.accepted_by, invitation.accepted_at, invitation.token_digest = person_id, at, None
    role_change.give(session, person_id, invitation.roles, at=at)
    roles = frozenset(Role(role) for role in invitation.roles)
    by = Actor(person_id, invitation.body_id, name, invitation.email, roles)
    audit.record(session, "person.joined", by=by, about=invitation, at=at, roles=sorted(roles))
