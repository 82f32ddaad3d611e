"""A database that was restored from a backup: whether all is there, and what may have happened since the copy was made.

`pg_restore` checks the foreign keys that PostgreSQL enforces, and none of those that triggers of ours stand for. And a
copy does not know what went out after it was made: files, notices, messages. The heads of the audit chains, published
outside the database, tell that it is older than what happened.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, func, select, text

from schemes import audit, before_body
from schemes.audit import AuditLink

if TYPE_CHECKING:
    from payouts.app import Service

KEYS = """
SELECT k.conrelid::regclass::text AS here, k.confrelid::regclass::text AS there, k.conname AS key,
       (SELECT array_agg(quote_ident(a.attname) ORDER BY c.n) FROM unnest(k.conkey) WITH ORDINALITY c (number, n)
          JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = c.number) AS columns,
       (SELECT array_agg(quote_ident(a.attname) ORDER BY c.n) FROM unnest(k.confkey) WITH ORDINALITY c (number, n)
          JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = c.number) AS named
  FROM pg_constraint k WHERE k.contype = 'f' AND k.connamespace = 'public'::regnamespace ORDER BY 1, 3
"""


class Dangling(NamedTuple):
    """Rows of a table whose foreign key leads nowhere."""

    table: str
    key: str
    rows: int


class Behind(NamedTuple):
    """A body whose chain ends before a head that was published of it."""

    body_id: UUID
    name: str
    position: int
    published: int


def dangling(owner: Connection) -> tuple[int, list[Dangling]]:
    """How many foreign keys there are, and those with rows that name what is not there. As the owner, who sees all."""
    keys = owner.execute(text(KEYS)).all()
    found = []
    for key in keys:
        same = " AND ".join(f"h.{mine} = t.{theirs}" for mine, theirs in zip(key.columns, key.named, strict=True))
        whole = " AND ".join(f"h.{mine} IS NOT NULL" for mine in key.columns)
        # names from the catalogue, quoted by PostgreSQL
        lost = (
            f"SELECT count(*) FROM {key.here} h WHERE {whole} AND NOT EXISTS (SELECT FROM {key.there} t WHERE {same})"  # noqa: S608
        )
        rows = owner.execute(text(lost)).scalar_one()
        if rows:
            found.append(Dangling(key.here, key.key, rows))
    return len(keys), found


def behind(service: Service) -> list[Behind]:
    """The bodies of which more was published than this database knows."""
    with service.transaction(None) as session:
        bodies = before_body.all_bodies(session)
    found = []
    for body_id, name, _ in bodies:
        published = audit.last_published(service.settings.audit_heads, body_id, signer=service.signer)
        if not published:
            continue
        with service.transaction(body_id) as session:
            position = session.scalar(select(func.max(AuditLink.position)).where(AuditLink.body_id == body_id)) or 0
        if position < published:
            found.append(Behind(body_id, name, position, published))
    return found


def go_on(service: Service, *, at: datetime) -> list[Path]:
    """Lay aside the heads that are newer than this database, so that the clock works again; where they are now."""
    laid_aside = []
    for body in behind(service):
        path = service.settings.audit_heads / f"{body.body_id}.jsonl"
        laid_aside.append(path.rename(path.with_suffix(f".before-{at:%Y%m%dT%H%M%S}Z")))
    return laid_aside
