"""What two people do about how a payee may be reached, for tests."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from payouts import people
from schemes import safe_contact_change
from schemes.change import get_change
from schemes.database import new_id
from schemes.person import Actor, Role
from tests.office import Office


def mark_safe(
    office: Office,
    payee_id: UUID,
    contact_ids: Collection[UUID] = (),
    *,
    marked: bool = True,
    by: Actor | None = None,
    **changes: Any,
) -> UUID:
    """The preparer, or somebody else, proposes by which contacts a payee is reached, and an approver confirms it."""
    at, said = office.service.now(), {"change_id": new_id(), "reason": "asked for it", **changes}
    with office.transaction() as session:
        who = by or office.person(Role.PREPARER)
        made = safe_contact_change.propose(
            session, payee_id, marked=marked, contact_ids=contact_ids, by=who, at=at, **said
        )
    with office.transaction() as session:
        waiting = get_change(session, made.id, lock=True)
        people.confirm(session, office.service, waiting, by=office.person(Role.APPROVER), at=at)
    return made.id
