"""The demo's sandbox body: Harbour Independent Living Fund, its bank profile, its scheme and its people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy.orm import Session

from payouts.app import Service
from schemes import audit
from schemes.bank_profile import SANDBOX_SERVICE_USER_NUMBER, add_bank_profile
from schemes.body import BodyKind, add_body
from schemes.database import new_id
from schemes.period import Frequency
from schemes.person import DEMO_PASSWORD, Actor, Role, add_person
from schemes.scheme import add_scheme

NAME = "Harbour Independent Living Fund"
PEOPLE = (
    ("Priya Preparer", "priya@harbour.example", Role.PREPARER),
    ("Femi Finance", "femi@harbour.example", Role.FINANCE),
    ("Ailsa Approver", "ailsa@harbour.example", Role.APPROVER),
    ("Rhys Releaser", "rhys@harbour.example", Role.RELEASER),
    ("Ada Administrator", "ada@harbour.example", Role.ADMINISTRATOR),
    ("Arun Auditor", "arun@harbour.example", Role.AUDITOR),
    ("Edie Enquiry", "edie@harbour.example", Role.ENQUIRY),
)


@dataclass(frozen=True)
class Harbour:
    """What was seeded: ids, the people by role, and the secrets of their one-time codes."""

    body_id: UUID
    scheme_id: UUID
    people: dict[Role, Actor]
    code_secrets: dict[Role, str]


def seed(service: Service, *, name: str = NAME, domain: str = "harbour.example", at: datetime | None = None) -> Harbour:
    """Make the body with everything that a first payroll needs but a register."""
    at = at or service.now()
    body_id = new_id()
    with service.transaction(body_id) as session:
        body = add_body(
            session,
            body_id,
            kind=BodyKind.SANDBOX,
            name=name,
            contact_email=f"payments@{domain}",
            colour="#00625e",
            at=at,
        )
        actors, secrets = add_people(session, service, body_id, domain, at)
        profile = add_bank_profile(
            session,
            service.seals,
            name="Main account",
            service_user_number=SANDBOX_SERVICE_USER_NUMBER,
            service_user_name="HARBOUR FUND",
            account_name="HARBOUR FUND",
            # the published example of the modulus check: nobody's account
            sort_code="089999",
            account_number="66374958",
            cut_off=time(21, 0),
            item_limit_pence=2_000_000_00,
            file_limit_pence=10_000_000_00,
            items_per_file=50_000,
            by=None,
            at=at,
        )
        scheme = add_scheme(
            session,
            code="HIL",
            name="Independent living payments",
            pays_for="Care and support that people arrange for themselves",
            component="support",
            frequency=Frequency.MONTHLY,
            first_period_day=date(2025, 4, 1),
            payment_limit_pence=10_000_00,
            payroll_limit_pence=6_000_000_00,
            bank_profile_id=profile.id,
            by=None,
            at=at,
        )
        assert body.is_sandbox
    return Harbour(body_id, scheme.id, actors, secrets)


def add_people(
    session: Session, service: Service, body_id: UUID, domain: str, at: datetime
) -> tuple[dict[Role, Actor], dict[Role, str]]:
    """A person for each role, and the secrets of their codes."""
    actors, secrets = {}, {}
    for name, email, role in PEOPLE:
        person, secret = add_person(
            session,
            service.seals.ring,
            email=email.replace("harbour.example", domain),
            name=name,
            password=DEMO_PASSWORD,
            roles=frozenset({role}),
            at=at,
            demo=True,
        )
        actors[role] = Actor(person.id, body_id, person.name, person.email, frozenset({role}))
        secrets[role] = secret
        audit.record(session, "person.added", by=None, about=person, at=at, roles=[role.value])
    return actors, secrets
