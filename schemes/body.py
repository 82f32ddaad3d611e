"""A public body: the tenant. Sandbox and live bodies are separate bodies, never a flag on rows."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Mapped, Session, mapped_column

from schemes import audit
from schemes.database import Base, stored


class BodyKind(StrEnum):
    """A sandbox body behaves like a live one and moves no money."""

    SANDBOX = "sandbox"
    LIVE = "live"


class Body(Base):
    """Its `id` is the `body_id` of all its rows."""

    __tablename__ = "body"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[BodyKind] = mapped_column(stored(BodyKind))
    name: Mapped[str]
    colour: Mapped[str]
    contact_email: Mapped[str]
    made_at: Mapped[datetime]

    @property
    def is_sandbox(self) -> bool:
        return self.kind is BodyKind.SANDBOX


def add_body(
    session: Session, body_id: UUID, *, kind: BodyKind, name: str, contact_email: str, colour: str, at: datetime
) -> Body:
    """Add a body, inside a transaction that was opened for its id."""
    body = Body(id=body_id, kind=kind, name=name, colour=colour, contact_email=contact_email, made_at=at)
    session.add(body)
    session.flush()
    audit.record(session, "body.added", by=None, about=body, at=at, kind=kind.value)
    return body


def get_body(session: Session) -> Body:
    """The body whose transaction this is."""
    return session.get_one(Body, session.info["body_id"])
