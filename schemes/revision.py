"""What the register said of a payee or a beneficiary before it was changed: who changed it, when and why.

The values before and after are sealed with the payee's key, so that an erasure takes the history with it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from schemes.database import Base, BodyOwned, new_id, stored, to_body_row
from schemes.payee import Payee
from schemes.person import Actor
from schemes.seal import Seals, get_key


class Subject(StrEnum):
    """What of a payee or a beneficiary was changed."""

    NAME = "name"
    DATE_OF_BIRTH = "date_of_birth"
    PREFERENCE = "preference"
    SAFE_CONTACT = "safe_contact"
    PAYMENT_METHOD = "payment_method"
    ADDRESS = "address"
    PAYMENTS_COMBINED = "payments_combined"


class Revision(BodyOwned, Base):
    """One change. `payee_id` is the payee on whose page it was made, `beneficiary_id` set where it is about them."""

    __tablename__ = "revision"
    __table_args__ = (
        Index("ix_revision_payee", "body_id", "payee_id", "id"),
        to_body_row("payee", "payee_id"),
        to_body_row("beneficiary", "beneficiary_id"),
        CheckConstraint("reason <> ''", name="reason"),
    )

    payee_id: Mapped[UUID]
    beneficiary_id: Mapped[UUID | None]
    subject: Mapped[Subject] = mapped_column(stored(Subject))
    sealed_values: Mapped[bytes]
    reason: Mapped[str]
    revised_by: Mapped[UUID]
    revised_at: Mapped[datetime]


class RevisionRow(NamedTuple):
    """A change as a person reads it: JSON values before and after, or None once the person was erased."""

    revision: Revision
    before: Any
    after: Any


def note(
    session: Session,
    seals: Seals,
    payee: Payee,
    subject: Subject,
    *,
    before: Any,
    after: Any,
    reason: str,
    by: Actor,
    at: datetime,
    beneficiary_id: UUID | None = None,
    revised_by: UUID | None = None,
) -> Revision:
    """Keep what was changed, in the caller's transaction. before, after: JSON values.

    revised_by: whose act it was, where `by` only confirmed it.
    """
    key = seals.open_row(get_key(session, payee.body_id, payee.key_id))
    revision_id = new_id()
    revision = Revision(
        body_id=payee.body_id,
        id=revision_id,
        payee_id=payee.id,
        beneficiary_id=beneficiary_id,
        subject=subject,
        sealed_values=key.seal(json.dumps([before, after]).encode(), "revision", revision_id),
        reason=reason,
        revised_by=revised_by or by.person_id,
        revised_at=at,
    )
    session.add(revision)
    session.flush()
    return revision


def revisions_of(session: Session, seals: Seals, payee: Payee, *, limit: int = 200) -> Sequence[RevisionRow]:
    """What was changed of a payee and of those whose money they get, newest first."""
    revisions = session.scalars(
        select(Revision).where(Revision.payee_id == payee.id).order_by(Revision.id.desc()).limit(limit)
    ).all()
    if not revisions:
        return []
    row = get_key(session, payee.body_id, payee.key_id)
    if row.wrapped is None:
        return [RevisionRow(revision, None, None) for revision in revisions]
    key = seals.open_row(row)
    return [
        RevisionRow(revision, *json.loads(key.open(revision.sealed_values, "revision", revision.id)))
        for revision in revisions
    ]
