"""Signing in: a password and a one-time code; guesses are slowed, then locked out for a while."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import pyotp
from argon2.exceptions import VerificationError
from sqlalchemy.orm import Session

from schemes import before_body
from schemes.before_body import BodyRoles, SignInPerson
from schemes.errors import SignInSlowed
from schemes.person import DEMO_PASSWORD, Actor, code_secret_place, hasher
from schemes.seal import KeyRing

FREE_TRIES = 4
LOCKED_AFTER = 10
LOCK = timedelta(minutes=15)
IDLE = timedelta(minutes=60)
STEP_SECONDS = 30
NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$5HhrYtX3DZbxVHyZnPV5nGlvr4TR1KrsPkVLp0pWgPA"


@dataclass(frozen=True)
class SignedIn:
    """A fresh session: the token goes into the cookie, its digest into the database."""

    person_id: UUID
    token: str


@dataclass(frozen=True)
class DemoPerson:
    """A person of the demo, as the sandbox sign-in page shows them."""

    name: str
    email: str
    roles: str
    password: str
    code: str


def wait_after(failures: int) -> timedelta:
    """How long after so many wrong tries in a row none is looked at: none, then doubling from 2 s, then 15 minutes."""
    if failures < FREE_TRIES:
        return timedelta(0)
    if failures >= LOCKED_AFTER:
        return LOCK
    return timedelta(seconds=2 ** (failures - FREE_TRIES + 1))


def address(email: str) -> str:
    """An address as it is kept. What PostgreSQL cannot hold is nobody's."""
    return email.strip().casefold().replace("\0", "\ufffd")


def address_digest(email: str) -> bytes:
    return hashlib.sha256(address(email).encode()).digest()


def sign_in(session: Session, ring: KeyRing, *, email: str, password: str, code: str, at: datetime) -> SignedIn | None:
    """Start a session, or return None for a wrong e-mail, password or code: the caller commits, so that the try counts.

    Raises SignInSlowed while tries for this address are not looked at. An address that nobody has is treated the same,
    in time too: signing in tells nothing about who has an account.
    """
    digest = address_digest(email)
    failures, until = before_body.sign_in_wait(session, digest)
    if until is not None and at < until:
        raise SignInSlowed(until, failures)
    person = before_body.person_of_email(session, address(email))
    known = password_fits(person, password)
    if person is None or not known or not use_code(session, ring, person, code, purpose="sign_in", at=at):
        failures += 1
        before_body.set_sign_in_wait(session, digest, failures, at + wait_after(failures))
        return None
    before_body.set_sign_in_wait(session, digest, 0, None)
    token = secrets.token_urlsafe(32)
    before_body.start_session(session, token_digest(token), person.id, at)
    return SignedIn(person.id, token)


def password_fits(person: SignInPerson | None, password: str) -> bool:
    try:
        hasher().verify(person.password_hash if person else NOBODY, password)
    except VerificationError:
        return False
    return person is not None


def use_code(session: Session, ring: KeyRing, person: SignInPerson, code: str, *, purpose: str, at: datetime) -> bool:
    """Whether a code is right within 30 seconds either way (RFC 6238) and was not used for this purpose before."""
    # ASCII digits alone: others end the comparison in an error, which would tell that the password was right
    written = "".join(character for character in code if character in "0123456789")
    for counter in counters(at):
        if secrets.compare_digest(code_at(ring, person, counter), written):
            return before_body.use_code(session, person.id, purpose, counter)
    return False


def counters(at: datetime) -> tuple[int, int, int]:
    now = int(at.timestamp()) // STEP_SECONDS
    return now - 1, now, now + 1


def code_at(ring: KeyRing, person: SignInPerson, counter: int) -> str:
    secret = ring.unwrap(person.code_ring_key_id, person.code_secret, code_secret_place(person.id)).decode()
    return pyotp.TOTP(secret).generate_otp(counter)


def token_digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def signed_in_person(session: Session, token: str, *, at: datetime) -> SignInPerson | None:
    """Whose session a token is; None for one that ended, is unknown, or lay idle for an hour."""
    person_id = before_body.session_person(session, token_digest(token), at, at - IDLE)
    return before_body.person_of_id(session, person_id) if person_id else None


def actor(person: SignInPerson, membership: BodyRoles) -> Actor:
    return Actor(person.id, membership.body_id, person.name, person.email, membership.roles, membership.limits)


def memberships(session: Session, person_id: UUID) -> list[BodyRoles]:
    """The bodies that a person belongs to, by name."""
    return before_body.memberships_of(session, person_id)


def sign_out(session: Session, token: str, *, at: datetime) -> None:
    """End one session."""
    before_body.end_sessions(session, None, token_digest(token), at)


def sign_out_everywhere(session: Session, person_id: UUID, *, at: datetime) -> None:
    """End all of a person's sessions."""
    before_body.end_sessions(session, person_id, None, at)


def confirm_code(session: Session, ring: KeyRing, person_id: UUID, code: str, *, at: datetime) -> bool:
    """Re-authentication before a decision: whether the code is right. Raises SignInSlowed.

    Wrong codes count with wrong sign-ins of the same person; the caller commits either way, so that the try counts.
    """
    person = before_body.person_of_id(session, person_id)
    if person is None:
        return False
    digest = address_digest(person.email)
    failures, until = before_body.sign_in_wait(session, digest)
    if until is not None and at < until:
        raise SignInSlowed(until, failures)
    if use_code(session, ring, person, code, purpose="decision", at=at):
        before_body.set_sign_in_wait(session, digest, 0, None)
        return True
    before_body.set_sign_in_wait(session, digest, failures + 1, at + wait_after(failures + 1))
    return False


def demo_people(session: Session, ring: KeyRing, *, at: datetime) -> list[DemoPerson]:
    """The demo's people with a code that works now and was not used yet. Only a demo installation has any."""
    found = []
    for person, last_used in before_body.demo_people(session):
        counter = max(counters(at)[1], last_used + 1)
        roles = ", ".join(sorted({role for body in memberships(session, person.id) for role in body.roles}))
        found.append(DemoPerson(person.name, person.email, roles, DEMO_PASSWORD, code_at(ring, person, counter)))
    return found
