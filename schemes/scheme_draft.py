"""A draft of a scheme or of its next version: written page by page, worth nothing until two people made it so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from schemes.change import Change
from schemes.database import Base, BodyOwned, to_body_row
from schemes.definition import Definition, definition_from, definition_json
from schemes.errors import NotFound, NotNow
from schemes.person import Actor
from schemes.scheme_change import PROPOSERS, propose


class SchemeDraft(BodyOwned, Base):
    """scheme_id: the scheme that it would change or, while there is none of this id, make. `definition` may not fit."""

    __tablename__ = "scheme_draft"
    __table_args__ = (
        Index("ix_scheme_draft_scheme", "body_id", "scheme_id"),
        to_body_row("change", "change_id"),
    )

    scheme_id: Mapped[UUID]
    kept: Mapped[dict[str, Any]] = mapped_column("definition", JSONB)
    change_id: Mapped[UUID | None]
    made_by: Mapped[UUID]
    made_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    discarded_at: Mapped[datetime | None]

    @property
    def definition(self) -> Definition:
        return definition_from(self.kept)


def begin(
    session: Session, definition: Definition, *, draft_id: UUID, scheme_id: UUID, by: Actor, at: datetime
) -> SchemeDraft:
    """Begin a draft. The same id again is the same draft. Raises NotAllowed."""
    by.must_be(*PROPOSERS)
    there = session.get(SchemeDraft, (by.body_id, draft_id))
    if there is not None:
        return there
    draft = SchemeDraft(
        body_id=by.body_id,
        id=draft_id,
        scheme_id=scheme_id,
        kept=definition_json(definition),
        made_by=by.person_id,
        made_at=at,
        changed_at=at,
    )
    session.add(draft)
    session.flush()
    return draft


def write(session: Session, draft: SchemeDraft, definition: Definition, *, by: Actor, at: datetime) -> None:
    """Keep what a page changed, on a row locked by the caller. Raises NotNow once it was proposed, NotAllowed."""
    by.must_be(*PROPOSERS)
    must_be_open(session, draft, "changed")
    draft.kept = definition_json(definition)
    draft.changed_at = at
    session.flush()


def discard(session: Session, draft: SchemeDraft, *, by: Actor, at: datetime) -> None:
    """Take a draft off the list. Raises NotNow, NotAllowed."""
    by.must_be(*PROPOSERS)
    if draft.discarded_at is None:
        must_be_open(session, draft, "discarded")
        draft.discarded_at = at
        session.flush()


def propose_draft(
    session: Session,
    draft: SchemeDraft,
    *,
    change_id: UUID,
    effective_from: date,
    reason: str,
    by: Actor,
    at: datetime,
) -> Change:
    """Propose what a draft says, on a row locked by the caller. Raises NotNow, and whatever `propose` refuses."""
    if draft.change_id == change_id:
        return session.get_one(Change, (draft.body_id, change_id))
    must_be_open(session, draft, "proposed")
    proposed = propose(
        session,
        draft.definition,
        change_id=change_id,
        scheme_id=draft.scheme_id,
        effective_from=effective_from,
        reason=reason,
        by=by,
        at=at,
    )
    draft.change_id = proposed.id
    session.flush()
    return proposed


def is_open(session: Session, draft: SchemeDraft) -> bool:
    """Whether it can be written: not while it waits for a second person, nor once it was confirmed or discarded."""
    if draft.discarded_at is not None:
        return False
    if draft.change_id is None:
        return True
    return session.get_one(Change, (draft.body_id, draft.change_id)).rejected_at is not None


def must_be_open(session: Session, draft: SchemeDraft, act: str) -> None:
    if not is_open(session, draft):
        raise NotNow("draft", "discarded" if draft.discarded_at else "proposed", act)


def get_draft(session: Session, draft_id: UUID, *, lock: bool = False) -> SchemeDraft:
    """Raises NotFound."""
    draft = session.get(SchemeDraft, (session.info["body_id"], draft_id), with_for_update=lock or None)
    if draft is None:
        raise NotFound("scheme draft", draft_id)
    return draft


def open_drafts(session: Session, scheme_id: UUID | None = None) -> Sequence[SchemeDraft]:
    """The drafts that can be written, of one scheme or of all, newest first."""
    rejected = select(Change.id).where(Change.rejected_at.is_not(None))
    drafts = select(SchemeDraft).where(
        SchemeDraft.discarded_at.is_(None), SchemeDraft.change_id.is_(None) | SchemeDraft.change_id.in_(rejected)
    )
    if scheme_id is not None:
        drafts = drafts.where(SchemeDraft.scheme_id == scheme_id)
    return session.scalars(drafts.order_by(SchemeDraft.changed_at.desc()).limit(50)).all()
