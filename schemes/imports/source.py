"""Where files of payees come from: a source's columns and what they are of ours, remembered for its next file."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from schemes import audit
from schemes.database import Base, BodyOwned, new_id
from schemes.errors import NotFound
from schemes.imports.mapping import ColumnMapping
from schemes.person import Actor, Role


class ImportSource(BodyOwned, Base):
    """A source by its header, as `digest_of` has it. The newest of a header that is not forgotten counts."""

    __tablename__ = "import_source"
    __table_args__ = (
        Index("ix_import_source_header", "body_id", "header_digest", "made_at"),
        CheckConstraint("(forgotten_by is null) = (forgotten_at is null)", name="forgotten"),
    )

    name: Mapped[str]
    header: Mapped[list[str]] = mapped_column(JSONB)
    header_digest: Mapped[bytes]
    mapping: Mapped[dict[str, Any]] = mapped_column(JSONB)
    made_by: Mapped[UUID]
    made_at: Mapped[datetime]
    forgotten_by: Mapped[UUID | None]
    forgotten_at: Mapped[datetime | None]

    @property
    def columns(self) -> ColumnMapping:
        return ColumnMapping.from_json(self.mapping)


def digest_of(header: Sequence[str]) -> bytes:
    """What two files of one source have in common: the names of their columns, in order."""
    return hashlib.sha256("\x1f".join(header).encode("utf-8", "replace")).digest()


def remember(
    session: Session, name: str, header: Sequence[str], mapping: ColumnMapping, *, by: Actor, at: datetime
) -> ImportSource:
    """Keep a mapping for the next file with this header; it counts instead of an earlier one."""
    source = ImportSource(
        body_id=by.body_id,
        id=new_id(),
        name=name[:100],
        header=list(header),
        header_digest=digest_of(header),
        mapping=mapping.as_json(),
        made_by=by.person_id,
        made_at=at,
    )
    session.add(source)
    session.flush()
    audit.record(session, "import_source.remembered", by=by, about=source, at=at, columns=len(header))
    return source


def source_of(session: Session, header: Sequence[str]) -> ImportSource | None:
    """The source that a header is known by."""
    return session.scalars(
        select(ImportSource)
        .where(ImportSource.header_digest == digest_of(header), ImportSource.forgotten_at.is_(None))
        .order_by(ImportSource.made_at.desc(), ImportSource.id.desc())
        .limit(1)
    ).first()


def sources_of_body(session: Session) -> Sequence[ImportSource]:
    """The sources that count, by name: of each header the newest."""
    known = select(ImportSource).where(ImportSource.forgotten_at.is_(None)).order_by(ImportSource.made_at)
    newest = {source.header_digest: source for source in session.scalars(known)}
    return sorted(newest.values(), key=lambda source: source.name.casefold())


def get_source(session: Session, source_id: UUID, *, lock: bool = False) -> ImportSource:
    """Raises NotFound."""
    source = session.get(ImportSource, (session.info["body_id"], source_id), with_for_update=lock or None)
    if source is None:
        raise NotFound("import_source", source_id)
    return source


def forget(session: Session, source: ImportSource, *, by: Actor, at: datetime) -> None:
    """The next file with this header is asked about again, and earlier mappings of it do not come back. Twice is once.

    Raises NotAllowed.
    """
    by.must_be(Role.PREPARER)
    for known in session.scalars(
        select(ImportSource)
        .where(ImportSource.header_digest == source.header_digest, ImportSource.forgotten_at.is_(None))
        .order_by(ImportSource.id)
        .with_for_update()
    ).all():
        known.forgotten_by, known.forgotten_at = by.person_id, at
        audit.record(session, "import_source.forgotten", by=by, about=known, at=at)
