"""Password or codes lost: an administrator asks for somebody else, a second person confirms, a link sets both anew.

Every approver is told, and whoever came back so decides at no gate for 24 hours: time to notice that it was not they.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Index, select
from sqlalchemy.orm import Mapped, Session

from schemes import audit, before_body, change, passkey
from schemes.change import Change, ChangeKind
from schemes.database import Base, BodyOwned
from schemes.errors import Refused, SamePerson
from schemes.invitation import LinkUsedUp, link_digest
from schemes.password import hash_password
from schemes.person import Actor, Person, Role, code_secret_place
from schemes.role_change import CONCERNED, WAIT, member
from schemes.seal import KeyRing
from schemes.sign_in import address_digest

LASTS = timedelta(hours=24)


class BelongsToLiveBody(Refused):
    """A sandbox shows its messages to everybody in it: no link to an account that reaches real money may go there."""


class CredentialReset(BodyOwned, Base):
    """A reset that was confirmed, until its link is used or is a day old."""

    __tablename__ = "credential_reset"
    __table_args__ = (Index("uq_credential_reset_token", "token_digest", unique=True),)

    person_id: Mapped[UUID]
    confirmed_at: Mapped[datetime]
    token_digest: Mapped[bytes | None]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


def propose_reset(
    session: Session, person_id: UUID, *, change_id: UUID, reason: str, by: Actor, at: datetime
) -> Change:
    """Ask that somebody else may set their password and codes anew.

    Raises SamePerson, NotFound, BelongsToLiveBody, NotAllowed, and as `change.propose`.
    """
    by.must_be(Role.ADMINISTRATOR)
    member(session, person_id)
    if person_id == by.person_id:
        raise SamePerson(CONCERNED)
    refuse_sandbox_link(session, person_id)
    return change.propose(
        session,
        ChangeKind.CREDENTIALS,
        change_id=change_id,
        subject_id=person_id,
        before={},
        after={"password": True, "codes": True},
        reason=reason,
        by=by,
        at=at,
    )


def refuse_sandbox_link(session: Session, person_id: UUID) -> None:
    kinds = {body_id: kind for body_id, _, kind in before_body.all_bodies(session)}
    theirs = {kinds[body.body_id] for body in before_body.memberships_of(session, person_id)}
    if kinds[session.info["body_id"]] == "sandbox" and theirs != {"sandbox"}:
        raise BelongsToLiveBody


def apply_reset(session: Session, confirmed: Change, by: Actor, at: datetime) -> None:
    """Keep the reset, whose link is made when it is sent, and end the person's sessions: one may be a stranger's.

    Raises SamePerson for whoever would confirm their own, NotFound, BelongsToLiveBody.
    """
    if confirmed.subject_id == by.person_id:
        raise SamePerson(CONCERNED)
    person = member(session, confirmed.subject_id)
    refuse_sandbox_link(session, person.id)
    reset = CredentialReset(
        body_id=confirmed.body_id,
        id=confirmed.id,
        person_id=person.id,
        confirmed_at=at,
        expires_at=at + LASTS,
    )
    session.add(reset)
    session.flush()
    before_body.end_sessions(session, person.id, None, at)
    audit.record(session, "person.reset_confirmed", by=by, about=person, at=at)


def new_link(reset: CredentialReset, *, at: datetime) -> str:
    """The token of the link, which works for a day."""
    token = secrets.token_urlsafe(32)
    reset.token_digest, reset.expires_at = link_digest(token), at + LASTS
    return token


def opened(session: Session, token: str, *, at: datetime, lock: bool = False) -> CredentialReset:
    """The reset that a link leads to, in a transaction of its body. Raises LinkUsedUp."""
    found = select(CredentialReset).where(CredentialReset.token_digest == link_digest(token))
    reset = session.scalars(found.with_for_update() if lock else found).one_or_none()
    if reset is None or at >= reset.expires_at:
        raise LinkUsedUp
    return reset


def set_anew(session: Session, ring: KeyRing, token: str, *, password: str, code_secret: str, at: datetime) -> Person:
    """Set password and codes; that the person can read their codes was seen by the caller.

    They decide at no gate for 24 hours, in any body, and their passkeys work no more: whoever lost one may have lost
    the other too. Raises LinkUsedUp, PasswordTooShort, PasswordGuessable, NotFound.
    """
    reset = opened(session, token, at=at, lock=True)
    person = member(session, reset.person_id)
    password_hash = hash_password(password, about=(person.name, person.email))
    ring_key_id, wrapped = ring.wrap(code_secret.encode(), code_secret_place(person.id))
    before_body.set_credentials(session, person.id, password_hash, ring_key_id, wrapped, at + WAIT)
    removed = passkey.remove_all(session, person.id, at=at)
    before_body.end_sessions(session, person.id, None, at)
    before_body.set_sign_in_wait(session, address_digest(person.email), 0, None)
    reset.used_at, reset.token_digest = at, None
    audit.record(session, "person.credentials_set", by=None, about=person, at=at, passkeys_removed=removed)
    return person
