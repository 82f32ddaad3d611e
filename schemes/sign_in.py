"""Signing in: a password and a one-time code; guesses are slowed, then locked out for a while."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import pyotp
from sqlalchemy.orm import Session

from schemes import before_body, recovery_code
from schemes.before_body import BodyRoles, SignInPerson, WebSessionRow
from schemes.errors import SignInSlowed
from schemes.password import fits, hash_password
from schemes.person import DEMO_PASSWORD, Actor, address, code_secret_place
from schemes.role_change import WAIT
from schemes.seal import KeyRing

FREE_TRIES = 4
LOCKED_AFTER = 10
LOCK = timedelta(minutes=15)
IDLE = timedelta(minutes=60)
STEP_SECONDS = 30
LONGEST_BROWSER = 300


@dataclass(frozen=True)
class SignedIn:
    """A fresh session: the token goes into the cookie, its digest into the database.

    by_recovery_code: the person is told by e-mail, since whoever found the paper could do the same.
    """

    person_id: UUID
    token: str
    by_recovery_code: bool = False


class Proof(StrEnum):
    """What besides the password opened a session."""

    CODE = "code"
    RECOVERY_CODE = "recovery_code"


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


def address_digest(email: str) -> bytes:
    return hashlib.sha256(address(email).encode()).digest()


def sign_in(
    session: Session, ring: KeyRing, *, email: str, password: str, code: str, at: datetime, browser: str = ""
) -> SignedIn | None:
    """Start a session, or return None for a wrong e-mail, password or code: the caller commits, so that the try counts.

    code: a one-time code or, in its place, a recovery code. Raises SignInSlowed while tries for this address are not
    looked at. An address that nobody has is treated the same, in time too: signing in tells nothing about who has an
    account.
    """
    digest = address_digest(email)
    failures, until = before_body.sign_in_wait(session, digest)
    if until is not None and at < until:
        raise SignInSlowed(until, failures)
    person = before_body.person_of_email(session, address(email))
    known = fits(password, person.password_hash if person else None)
    proof = proof_of(session, ring, person, code, at=at) if person is not None and known else None
    if person is None or proof is None:
        failures += 1
        before_body.set_sign_in_wait(session, digest, failures, at + wait_after(failures))
        return None
    before_body.set_sign_in_wait(session, digest, 0, None)
    return start_session(session, person.id, proof, browser=browser, at=at)


def start_session(session: Session, person_id: UUID, proof: Proof, *, browser: str, at: datetime) -> SignedIn:
    """A session for somebody who has proved who they are. browser: what it calls itself, for their own list."""
    token = secrets.token_urlsafe(32)
    used_paper = proof is Proof.RECOVERY_CODE
    before_body.start_session(
        session, token_digest(token), person_id, at, browser=browser[:LONGEST_BROWSER], by_recovery_code=used_paper
    )
    return SignedIn(person_id, token, used_paper)


def proof_of(session: Session, ring: KeyRing, person: SignInPerson, code: str, *, at: datetime) -> Proof | None:
    """What a code is, if it is right."""
    if use_code(session, ring, person, code, purpose="sign_in", at=at):
        return Proof.CODE
    return Proof.RECOVERY_CODE if recovery_code.use(session, person.id, code, at=at) else None


def use_code(session: Session, ring: KeyRing, person: SignInPerson, code: str, *, purpose: str, at: datetime) -> bool:
    """Whether a code is right within 30 seconds either way (RFC 6238) and was not used for this purpose before."""
    # a pasted code has spaces. ASCII digits alone: others end the comparison in an error, which would tell that the
    # password was right
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


def sessions(session: Session, person_id: UUID, *, limit: int = 50) -> list[WebSessionRow]:
    """A person's sessions, those that are open and those that were, the newest first."""
    return before_body.sessions_of(session, person_id, limit)


def change_password(
    session: Session, ring: KeyRing, person_id: UUID, *, old: str, new: str, code: str, keep: str, at: datetime
) -> bool:
    """Change one's own password, and end one's other sessions. False for a wrong old password or code.

    keep: the token of the session that goes on. The caller commits either way, so that the try counts. Raises
    SignInSlowed, PasswordTooShort, PasswordGuessable.
    """
    person = before_body.person_of_id(session, person_id)
    if person is None:
        return False
    new_hash = hash_password(new, about=(person.name, person.email))
    if not is_confirmed(session, ring, person_id, password=old, code=code, at=at):
        return False
    before_body.set_password(session, person_id, new_hash)
    before_body.end_other_sessions(session, person_id, token_digest(keep), at)
    return True


def replace_authenticator(
    session: Session,
    ring: KeyRing,
    person_id: UUID,
    *,
    password: str,
    code: str,
    code_secret: str,
    keep: str,
    at: datetime,
) -> bool:
    """Let another authenticator app show a person's codes; that they can read them was seen by the caller.

    code: of the old app, or a recovery code. They decide at no gate for 24 hours, as after a reset, and only the
    session `keep` goes on. False where password or code is wrong, which counts as at sign-in. Raises SignInSlowed.
    """
    if not is_confirmed(session, ring, person_id, password=password, code=code, at=at, paper=True):
        return False
    person = before_body.person_of_id(session, person_id)
    assert person is not None, "confirmed"
    ring_key_id, wrapped = ring.wrap(code_secret.encode(), code_secret_place(person_id))
    before_body.set_credentials(session, person_id, person.password_hash, ring_key_id, wrapped, at + WAIT)
    before_body.end_other_sessions(session, person_id, token_digest(keep), at)
    return True


def is_confirmed(
    session: Session,
    ring: KeyRing,
    person_id: UUID,
    *,
    password: str,
    code: str,
    at: datetime,
    paper: bool = False,
) -> bool:
    """Whether both are right, before credentials change. Raises SignInSlowed; wrong tries count as at sign-in.

    paper: whether a recovery code does as well.
    """
    person = before_body.person_of_id(session, person_id)
    if person is None:
        return False
    digest = address_digest(person.email)
    failures, until = before_body.sign_in_wait(session, digest)
    if until is not None and at < until:
        raise SignInSlowed(until, failures)
    if fits(password, person.password_hash) and (
        use_code(session, ring, person, code, purpose="account", at=at)
        or (paper and recovery_code.use(session, person.id, code, at=at))
    ):
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
