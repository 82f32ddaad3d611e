"""API keys: what another system may do in a body, decided by two people; what it proposes waits for people as always.

A key is a name with its rights. What the other system sends is one of the key's secrets (`schemes.api_secret`), which
are renewed while the rights stay.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from ipaddress import ip_address, ip_network
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from schemes import audit, change
from schemes.body import get_body
from schemes.change import Change, ChangeKind
from schemes.database import Base, BodyOwned, stored
from schemes.errors import NotFound, Refused
from schemes.person import Actor, Role
from schemes.scheme import schemes_of_body

CONFIRMERS = (Role.ADMINISTRATOR, Role.APPROVER)
LONGEST_NAME = 60
MOST_PAYEES = 50
MOST_NETWORKS = 20
REFERENCE = re.compile(r"[^\s,]{1,60}")


class KeyKind(StrEnum):
    """What a key can set in motion: nothing real, something for listed payees alone, or everything that it may."""

    TEST = "test"
    TEAM = "team"
    LIVE = "live"


class Scope(StrEnum):
    """A right of a key. Each of the three to write includes reading back what it writes, but not reading the rest."""

    READ = "read"
    PAYEES = "payees"
    AWARDS = "awards"
    PAYMENTS = "payments"


class KeyFault(StrEnum):
    """Why a key cannot be as it was proposed."""

    NAME = "name"
    NAME_TAKEN = "name_taken"
    NO_SCOPE = "no_scope"
    DETAILS_AND_PAYMENTS = "details_and_payments"
    NETWORK = "network"
    TEST_IN_LIVE_BODY = "test_in_live_body"
    LIVE_IN_SANDBOX = "live_in_sandbox"
    TEAM_PAYEES = "team_payees"


class KeyRefused(Refused):
    """A key that cannot be as it was proposed."""

    def __init__(self, fault: KeyFault) -> None:
        super().__init__(f"this key cannot be: {fault}")
        self.fault = fault


class ApiKey(BodyOwned, Base):
    """The rights of another system. `scopes`, `schemes` (ids; none: all), `networks` (CIDR; none: all) are JSON lists.

    payees: the references that a team key's acts may concern.
    """

    __tablename__ = "api_key"
    __table_args__ = (
        # whoever writes bank details and creates payments alone could pay themselves
        CheckConstraint("""not scopes @> '["payees", "payments"]'""", name="details_or_payments"),
        CheckConstraint(
            """jsonb_array_length(scopes) > 0 and scopes <@ '["read", "payees", "awards", "payments"]'""", name="scopes"
        ),
        CheckConstraint("(kind = 'team') = (jsonb_array_length(payees) > 0)", name="team_payees"),
        CheckConstraint("(revoked_by is null) = (revoked_at is null)", name="revoked"),
        CheckConstraint("confirmed_by <> proposed_by", name="two_people"),
        Index("uq_api_key_name", "body_id", "name", unique=True, postgresql_where=text("revoked_at is null")),
    )

    body_id: Mapped[UUID] = mapped_column(ForeignKey("body.id"), primary_key=True)
    name: Mapped[str]
    kind: Mapped[KeyKind] = mapped_column(stored(KeyKind))
    scopes: Mapped[list[str]] = mapped_column(JSONB)
    schemes: Mapped[list[str]] = mapped_column(JSONB)
    networks: Mapped[list[str]] = mapped_column(JSONB)
    payees: Mapped[list[str]] = mapped_column(JSONB)
    proposed_by: Mapped[UUID]
    confirmed_by: Mapped[UUID]
    made_at: Mapped[datetime]
    revoked_by: Mapped[UUID | None]
    revoked_at: Mapped[datetime | None]


def propose(
    session: Session,
    *,
    key_id: UUID,
    name: str,
    kind: KeyKind,
    scopes: Collection[Scope],
    schemes: Collection[str] = (),
    networks: Sequence[str] = (),
    payees: Sequence[str] = (),
    reason: str,
    by: Actor,
    at: datetime,
) -> Change:
    """Propose a key; schemes by their codes, none for all. A second person confirms it. The same id is the same.

    Raises KeyRefused, NotFound, ReasonNotGiven, ChangeWaiting, NotAllowed.
    """
    by.must_be(Role.ADMINISTRATOR)
    there = session.get(Change, (by.body_id, key_id))
    if there is not None:
        return there
    after = {
        "name": clean_name(session, name),
        "kind": fitting(kind, sandbox=get_body(session).is_sandbox).value,
        "scopes": clean_scopes(scopes),
        "schemes": clean_schemes(session, schemes),
        "networks": clean_networks(networks),
        "payees": clean_payees(kind, payees),
    }
    return change.propose(
        session,
        ChangeKind.API_KEY,
        change_id=key_id,
        subject_id=key_id,
        before={},
        after=after,
        reason=reason,
        by=by,
        at=at,
    )


def clean_name(session: Session, name: str) -> str:
    name = " ".join(name.split())
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise KeyRefused(KeyFault.NAME)
    if key_of_name(session, name) is not None:
        raise KeyRefused(KeyFault.NAME_TAKEN)
    return name


def fitting(kind: KeyKind, *, sandbox: bool) -> KeyKind:
    """The kind, where the body is one that has such keys."""
    if sandbox and kind is not KeyKind.TEST:
        raise KeyRefused(KeyFault.LIVE_IN_SANDBOX)
    if not sandbox and kind is KeyKind.TEST:
        raise KeyRefused(KeyFault.TEST_IN_LIVE_BODY)
    return kind


def clean_scopes(scopes: Collection[Scope]) -> list[str]:
    if not scopes:
        raise KeyRefused(KeyFault.NO_SCOPE)
    if {Scope.PAYEES, Scope.PAYMENTS} <= set(scopes):
        raise KeyRefused(KeyFault.DETAILS_AND_PAYMENTS)
    return [scope.value for scope in Scope if scope in scopes]


def clean_schemes(session: Session, codes: Collection[str]) -> list[str]:
    """The codes, in order. Raises NotFound."""
    unknown = set(codes) - {scheme.code for scheme in schemes_of_body(session)}
    if unknown:
        raise NotFound("scheme", ", ".join(sorted(unknown)))
    return sorted(set(codes))


def clean_networks(networks: Sequence[str]) -> list[str]:
    """Networks as they are written (`192.0.2.0/24`); one address is a network of its own."""
    try:
        found = sorted({str(ip_network(network.strip())) for network in networks})
    except ValueError:
        raise KeyRefused(KeyFault.NETWORK) from None
    if len(found) > MOST_NETWORKS:
        raise KeyRefused(KeyFault.NETWORK)
    return found


def clean_payees(kind: KeyKind, payees: Sequence[str]) -> list[str]:
    # as the register has them
    references = sorted({reference.upper() for reference in payees})
    if (kind is KeyKind.TEAM) != bool(references) or len(references) > MOST_PAYEES:
        raise KeyRefused(KeyFault.TEAM_PAYEES)
    if not all(REFERENCE.fullmatch(reference) for reference in references):
        raise KeyRefused(KeyFault.TEAM_PAYEES)
    return references


def apply(session: Session, confirmed: Change, by: Actor, at: datetime) -> None:
    """Keep the key; its first secret is made when somebody takes it. Raises KeyRefused where its name was taken."""
    facts = confirmed.after
    codes = {scheme.code: str(scheme.id) for scheme in schemes_of_body(session)}
    key = ApiKey(
        body_id=confirmed.body_id,
        id=confirmed.subject_id,
        name=clean_name(session, facts["name"]),
        kind=KeyKind(facts["kind"]),
        scopes=facts["scopes"],
        schemes=[codes[code] for code in facts["schemes"]],
        networks=facts["networks"],
        payees=facts["payees"],
        proposed_by=confirmed.proposed_by,
        confirmed_by=by.person_id,
        made_at=at,
    )
    session.add(key)
    session.flush()
    audit.record(session, "api_key.made", by=by, about=key, at=at, kind=key.kind.value, scopes=key.scopes)


def revoke(session: Session, key: ApiKey, *, by: Actor, at: datetime) -> None:
    """Let a key work no more, at once and for good, on a row locked by the caller: taking a right away is safe.

    Saying it twice is saying it once. Raises NotAllowed.
    """
    by.must_be(Role.ADMINISTRATOR)
    if key.revoked_at is not None:
        return
    key.revoked_by, key.revoked_at = by.person_id, at
    session.flush()
    audit.record(session, "api_key.revoked", by=by, about=key, at=at)


def get_key(session: Session, key_id: UUID, *, lock: bool = False) -> ApiKey:
    """Raises NotFound."""
    key = session.get(ApiKey, (session.info["body_id"], key_id), with_for_update=lock or None)
    if key is None:
        raise NotFound("API key", key_id)
    return key


def key_of_name(session: Session, name: str) -> ApiKey | None:
    """The key that has this name and was not revoked."""
    return session.scalars(select(ApiKey).where(ApiKey.name == name, ApiKey.revoked_at.is_(None))).one_or_none()


def keys_of_body(session: Session, *, limit: int = 200) -> Sequence[ApiKey]:
    """The body's keys, those that work first, by name."""
    order = ApiKey.revoked_at.desc().nulls_first(), ApiKey.name, ApiKey.id
    return session.scalars(select(ApiKey).order_by(*order).limit(limit)).all()


def actor_of(key_id: UUID, body_id: UUID, name: str, scopes: Collection[str], schemes: Collection[str]) -> Actor:
    """The key as whoever acts: it prepares, in its schemes. It confirms and decides nothing, having no other role."""
    writes = bool(set(scopes) - {Scope.READ})
    roles = frozenset({Role.PREPARER} if writes else ())
    limits = frozenset((Role.PREPARER, UUID(scheme)) for scheme in schemes)
    return Actor(person_id=key_id, body_id=body_id, name=name, email="", roles=roles, limits=limits)


def admits(networks: Sequence[str], address: str | None) -> bool:
    """Whether a key's networks, where it has any, hold the address that a call came from."""
    if not networks:
        return True
    try:
        caller = ip_address(address or "")
    except ValueError:
        return False
    caller = getattr(caller, "ipv4_mapped", None) or caller
    return any(caller in ip_network(network) for network in networks)
