"""The safe-contact mark: somebody is reached by certain contacts only, as one person proposes and another confirms.

With the mark set by one person alone, whoever wants to change somebody's bank details unnoticed would only have to
silence the warnings first. Until it is confirmed nothing changes.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from schemes import audit, change, revision
from schemes.change import Change, ChangeKind
from schemes.contact import Contact, contacts_of, settle_email
from schemes.database import take_turns
from schemes.payee import EDITORS, get_payee
from schemes.person import Actor
from schemes.revision import Subject
from schemes.seal import Seals


def propose(
    session: Session,
    payee_id: UUID,
    *,
    change_id: UUID,
    marked: bool,
    contact_ids: Collection[UUID],
    reason: str,
    by: Actor,
    at: datetime,
) -> Change:
    """Propose that a payee is reached by certain contacts only, or that this is over. The same id again is the same.

    With none marked nobody writes to them at all: someone who controls the others may be a danger to them. Raises
    NothingToChange, ChangeWaiting, ReasonNotGiven, NotFound, NotAllowed.
    """
    by.must_be(*EDITORS)
    get_payee(session, payee_id)
    safe = [contact.id for contact in live(session, payee_id) if contact.id in contact_ids] if marked else []
    return change.propose(
        session,
        ChangeKind.SAFE_CONTACT,
        change_id=change_id,
        subject_id=payee_id,
        before=facts_of(session, payee_id),
        after=facts(marked=marked, safe=safe),
        reason=reason,
        by=by,
        at=at,
    )


def facts(*, marked: bool, safe: Collection[UUID]) -> dict[str, Any]:
    """Ids only: a proposal outlives what it is about."""
    return {"marked": marked, "contacts": sorted(str(one) for one in safe)}


def facts_of(session: Session, payee_id: UUID) -> dict[str, Any]:
    """What stands there now."""
    safe = [contact.id for contact in live(session, payee_id) if contact.is_safe]
    return facts(marked=get_payee(session, payee_id).safe_contact, safe=safe)


def live(session: Session, payee_id: UUID) -> list[Contact]:
    return [contact for contact in contacts_of(session, payee_id) if contact.ended_at is None]


def apply(session: Session, confirmed: Change, by: Actor, at: datetime) -> None:
    """Set the mark as a second person confirmed it; a contact that ended meanwhile stays ended."""
    take_turns(session, f"contacts {confirmed.subject_id}")
    payee = get_payee(session, confirmed.subject_id, lock=True)
    payee.safe_contact = confirmed.after["marked"]
    for contact in live(session, payee.id):
        contact.is_safe = str(contact.id) in confirmed.after["contacts"]
    session.flush()
    settle_email(session, payee)
    done = "marked" if payee.safe_contact else "lifted"
    audit.record(session, f"safe_contact.{done}", by=by, about=payee, at=at, contacts=confirmed.after["contacts"])


def keep_history(session: Session, seals: Seals, confirmed: Change, *, by: Actor, at: datetime) -> None:
    """Keep in the payee's history, sealed, which contacts were marked: as the act of whoever proposed it."""
    known = contacts_of(session, confirmed.subject_id)
    revision.note(
        session,
        seals,
        get_payee(session, confirmed.subject_id),
        Subject.SAFE_CONTACT,
        before=values_of(known, confirmed.before),
        after=values_of(known, confirmed.after),
        reason=confirmed.reason,
        by=by,
        at=at,
        revised_by=confirmed.proposed_by,
    )


def values_of(known: Sequence[Contact], said: dict[str, Any]) -> list[str] | None:
    return [one.value for one in known if str(one.id) in said["contacts"]] if said["marked"] else None
