"""A database that was restored from a backup: whether all is there, and what may have happened since the copy was made.

`pg_restore` checks the foreign keys that PostgreSQL enforces, and none of those that triggers of ours stand for. And a
copy does not know what went out after it was made: files, notices, messages. The heads of the audit chains, published
outside the database, tell that it is older than what happened: then bodies are held (`schemes.older_copy`).
"""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import SQLAlchemyError

from schemes import audit, before_body, older_copy
from schemes.audit import AuditLink

if TYPE_CHECKING:
    from payouts.app import Service

log = logging.getLogger(__name__)

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
    """A body whose chain ended before a head that was published of it, when this was first looked at."""

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


def hold(service: Service, *, at: datetime) -> list[Behind]:
    """Hold the bodies of which more was published than this database knows; returns all that are held.

    They stay held when what goes on in them has made their chains as long again, and by processes on machines that
    don't have the folder of heads.
    """
    with service.transaction(None) as session:
        bodies = before_body.all_bodies(session)
    found = []
    for body_id, name, _ in bodies:
        published = audit.last_published(service.settings.audit_heads, body_id, signer=service.signer)
        with service.transaction(body_id) as session:
            position = session.scalar(select(func.max(AuditLink.position)).where(AuditLink.body_id == body_id)) or 0
            if position < published:
                older_copy.hold(session, position=position, published=published, at=at)
            if older_copy.is_held(session):
                found.append(Behind(body_id, name, position, published))
    return found


def look_at_start(service: Service) -> None:
    """Hold what is older before this process does anything. A database that does not answer yet stops no start."""
    try:
        hold(service, at=service.now())
    except SQLAlchemyError as error:
        log.warning("whether the database is older than its heads is not known yet (%s)", type(error).__name__)


def go_on(service: Service, held: list[Behind], *, at: datetime) -> list[Path]:
    """Let held bodies go on, and lay aside their heads that are newer than this database; where those are now."""
    laid_aside = []
    for body in held:
        path = service.settings.audit_heads / f"{body.body_id}.jsonl"
        with service.transaction(body.body_id) as session:
            older_copy.let_go_on(session, position=body.position, published=body.published, at=at)
            # on a machine without the heads, or after a first try that broke off, there is nothing to lay aside
            if path.exists():
                laid_aside.append(path.rename(path.with_suffix(f".before-{at:%Y%m%dT%H%M%S}Z")))
    return laid_aside
