"""Practice colleagues: made-up people of a sandbox, as whom somebody alone can go through a payroll of several people.

They are accounts like any other, with codes of their own that a page of the sandbox shows. The database lets nobody
practise in a live body, and outside of their sandbox they are nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from uuid import UUID

from sqlalchemy.orm import Session

from schemes import audit, before_body
from schemes.bank_profile import SANDBOX_SERVICE_USER_NUMBER, BankProfile, add_bank_profile, bank_profiles
from schemes.before_body import SignInPerson
from schemes.body import get_body
from schemes.errors import NotFound, Refused
from schemes.person import DEMO_PASSWORD, Actor, Role, add_person
from schemes.seal import KeyRing, Seals
from schemes.sign_in import Proof, SignedIn, code_at, counters, memberships, start_session

DOMAIN = "practice.invalid"
"""Never the domain of anybody's mailbox (RFC 6761)."""

PEOPLE = (
    ("Ada Administrator", Role.ADMINISTRATOR),
    ("Femi Finance", Role.FINANCE),
    ("Ailsa Approver", Role.APPROVER),
    ("Rhys Releaser", Role.RELEASER),
)


class OnlyInASandbox(Refused):
    """In a live body everybody is who they are, and every account is a real one."""


@dataclass(frozen=True)
class Colleague:
    """A practice colleague, with a code that works now and was not used yet."""

    person: SignInPerson
    roles: frozenset[Role]
    code: str

    @property
    def password(self) -> str:
        return DEMO_PASSWORD


def must_be_sandbox(session: Session) -> None:
    if not get_body(session).is_sandbox:
        raise OnlyInASandbox


def add_colleagues(session: Session, ring: KeyRing, *, by: Actor, at: datetime) -> int:
    """Give the sandbox its practice colleagues; returns how many are new. Raises OnlyInASandbox, NotAllowed."""
    by.must_be(Role.ADMINISTRATOR)
    must_be_sandbox(session)
    if before_body.practice_people(session, by.body_id):
        return 0
    for name, role in PEOPLE:
        email = f"{name.split()[0].lower()}.{by.body_id.hex[-10:]}@{DOMAIN}"
        person, _ = add_person(
            session,
            ring,
            email=email,
            name=name,
            password=DEMO_PASSWORD,
            roles=frozenset({role}),
            practises=True,
            at=at,
        )
        audit.record(session, "practice.colleague_added", by=by, about=person, at=at, role=role.value)
    return len(PEOPLE)


def add_account(session: Session, seals: Seals, *, by: Actor, at: datetime) -> BankProfile | None:
    """Give the sandbox an account to pay from, unless it has one. Raises OnlyInASandbox, NotAllowed."""
    by.must_be(Role.ADMINISTRATOR)
    must_be_sandbox(session)
    if bank_profiles(session):
        return None
    return add_bank_profile(
        session,
        seals,
        name="Practice account",
        service_user_number=SANDBOX_SERVICE_USER_NUMBER,
        service_user_name="SANDBOX",
        account_name="SANDBOX",
        # the published example of the modulus check: nobody's account
        sort_code="089999",
        account_number="66374958",
        cut_off=time(21, 0),
        item_limit_pence=2_000_000_00,
        file_limit_pence=10_000_000_00,
        items_per_file=50_000,
        by=by,
        at=at,
    )


def colleagues(session: Session, ring: KeyRing, *, at: datetime) -> list[Colleague]:
    """The practice colleagues of this body, with their codes: none in a live one."""
    body = get_body(session)
    found = []
    for person, last_used in before_body.practice_people(session, body.id) if body.is_sandbox else []:
        counter = max(counters(at)[1], last_used + 1)
        held = memberships(session, person.id)
        roles = frozenset(role for one in held if one.body_id == body.id for role in one.roles)
        found.append(Colleague(person, roles, code_at(ring, person, counter)))
    return found


def work_as(session: Session, person_id: UUID, *, by: Actor, browser: str, at: datetime) -> SignedIn:
    """Let somebody of the sandbox work as a practice colleague of it.

    Raises OnlyInASandbox, and NotFound for whoever is no practice colleague of this body.
    """
    must_be_sandbox(session)
    if person_id not in {person.id for person, _ in before_body.practice_people(session, by.body_id)}:
        raise NotFound("practice colleague", person_id)
    audit.record(session, "practice.worked_as", by=by, at=at, person_id=str(person_id))
    return start_session(session, person_id, Proof.CODE, browser=browser, at=at)
