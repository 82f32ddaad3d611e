"""API keys for tests: proposed by one administrator, confirmed by another, their secret taken by a third."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple
from uuid import UUID

from schemes import api_key, api_secret, change_applied
from schemes.api_key import KeyKind, Scope, get_key
from schemes.api_secret import Found
from schemes.change import get_change
from schemes.database import new_id
from schemes.person import Actor, Role
from tests.office import Office


class MadeKey(NamedTuple):
    """A key with its first secret, and who took that."""

    id: UUID
    written: str
    taken_by: Actor


def an_administrator(office: Office) -> Actor:
    """Somebody new: a whole person's password would take its time to hash."""
    return replace(office.person(Role.APPROVER), person_id=new_id(), roles=frozenset({Role.ADMINISTRATOR}))


def propose_key(office: Office, *scopes: Scope, by: Actor | None = None, **terms: Any) -> UUID:
    key_id = new_id()
    terms = {"name": f"System {key_id.hex[-6:]}", "kind": KeyKind.TEST, "reason": "it sends us grants", **terms}
    by = by or an_administrator(office)
    with office.transaction() as session:
        api_key.propose(session, key_id=key_id, scopes=scopes, by=by, at=office.service.now(), **terms)
    return key_id


def confirm_key(office: Office, key_id: UUID, *, by: Actor | None = None) -> None:
    with office.transaction() as session:
        waiting = get_change(session, key_id, lock=True)
        change_applied.confirm(session, waiting, by=by or office.person(Role.APPROVER), at=office.service.now())


def take_secret(office: Office, key_id: UUID, *, by: Actor, overlap_days: int = 0) -> str:
    with office.transaction() as session:
        key, seals, at = get_key(session, key_id, lock=True), office.service.seals, office.service.now()
        written = api_secret.take(session, seals, key, secret_id=new_id(), overlap_days=overlap_days, by=by, at=at)
    assert written
    return written


def a_key(office: Office, *scopes: Scope, **terms: Any) -> MadeKey:
    """A test key, of every scheme and network unless something else is asked for."""
    key_id = propose_key(office, *(scopes or (Scope.READ,)), **terms)
    confirm_key(office, key_id)
    by = an_administrator(office)
    return MadeKey(key_id, take_secret(office, key_id, by=by), by)


def found(office: Office, written: str, *, address: str | None = "192.0.2.7") -> Found | None:
    """Whose secret it is, as a call would find out."""
    given = office.service
    with given.transaction(None) as session:
        return api_secret.find(session, given.seals, written, address=address, at=given.now())
