"""The first reply to a request, kept in the transaction of what it did, and given again to whoever asks again.

Beneath it stand the permanent keys (of a payment, a payee's reference): when the reply is no longer kept, they still
let nothing be made twice.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from sqlalchemy import Index, delete, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from schemes.database import Base, BodyOwned, ask, to_body_row

if TYPE_CHECKING:
    from payouts.app import Service

KEPT_FOR = timedelta(days=7)
# one statement of a chore never holds the table for long
MOST_FORGOTTEN = 5000


class ApiReply(BodyOwned, Base):
    """A reply by its key and Idempotency-Key, of which `id` is made. `status` None: its request is being worked on.

    request_digest: of method, address and body, keyed, since a body may hold bank details.
    """

    __tablename__ = "api_reply"
    __table_args__ = (Index("ix_api_reply_made_at", "body_id", "made_at"), to_body_row("api_key", "key_id"))

    key_id: Mapped[UUID]
    request_digest: Mapped[bytes]
    made_at: Mapped[datetime]
    status: Mapped[int | None]
    headers: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    content: Mapped[str | None]


def reply_id(key_id: UUID, idempotency_key: str) -> UUID:
    return uuid5(key_id, idempotency_key)


def begin(
    session: Session, *, key_id: UUID, idempotency_key: str, request_digest: bytes, at: datetime
) -> ApiReply | None:
    """Begin to work on a request, or the reply that was kept: whoever asks meanwhile waits until the first is done.

    A reply whose digest is another belongs to another request: the caller looks.
    """
    body_id, row_id = session.info["body_id"], reply_id(key_id, idempotency_key)
    if ask(session, BEGIN, body_id=body_id, id=row_id, key_id=key_id, request_digest=request_digest, made_at=at):
        return None
    return session.scalars(select(ApiReply).where(ApiReply.id == row_id)).one()


BEGIN = """
    INSERT INTO api_reply (body_id, id, key_id, request_digest, made_at)
    VALUES (%(body_id)s, %(id)s, %(key_id)s, %(request_digest)s, %(made_at)s)
    ON CONFLICT (body_id, id) DO NOTHING RETURNING id
    """


def keep(
    session: Session, *, key_id: UUID, idempotency_key: str, status: int, headers: dict[str, str], content: str
) -> None:
    """Keep the reply to a request that was begun."""
    session.flush()
    row_id = reply_id(key_id, idempotency_key)
    ask(session, KEEP, id=row_id, status=status, headers=json.dumps(headers), content=content)


KEEP = "UPDATE api_reply SET status = %(status)s, headers = %(headers)s::jsonb, content = %(content)s WHERE id = %(id)s"


def look(session: Session, service: Service, args: Mapping[str, Any]) -> None:
    """The daily chore: forget what is old, a part at a time."""
    while forget(session, at=service.now()) == MOST_FORGOTTEN:
        session.flush()


def forget(session: Session, *, at: datetime) -> int:
    """Forget replies that nobody asks for any more; returns how many."""
    old = select(ApiReply.id).where(ApiReply.made_at < at - KEPT_FOR).limit(MOST_FORGOTTEN)
    forgotten: int = session.execute(
        delete(ApiReply).where(ApiReply.id.in_(old)).execution_options(synchronize_session=False)
    ).rowcount  # type: ignore[attr-defined]
    return forgotten


WAIT_SECONDS = 10
"""How long a request waits for the first of its key, which may have stopped on its way."""
