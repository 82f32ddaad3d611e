"""Who said last that a payee may be reached by certain contacts only: it decides who is told of new bank details."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from schemes.account import Account
from schemes.errors import SamePerson
from schemes.revision import Revision, Subject

LATELY = timedelta(days=30)


def newest_mark(session: Session, payee_id: UUID) -> Revision | None:
    """The last time that somebody set or changed which contacts of a payee are safe, or lifted that."""
    marks = select(Revision).where(Revision.payee_id == payee_id, Revision.subject == Subject.SAFE_CONTACT)
    return session.scalars(marks.order_by(Revision.id.desc()).limit(1)).first()


def must_be_seen_by_another(session: Session, account: Account, person_id: UUID) -> None:
    """One person alone must not silence the warnings about bank details and then confirm them.

    Raises SamePerson for whoever changed the mark in the 30 days before the details were proposed, or since.
    """
    mark = newest_mark(session, account.payee_id)
    if mark is not None and mark.revised_by == person_id and mark.revised_at >= account.proposed_at - LATELY:
        raise SamePerson("said lately by which contacts this payee may be reached")
