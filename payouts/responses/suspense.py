"""Suspense: lines of the bank's that are about nothing of ours, or about one of several, until people settle them.

One person says which payment a line is about, or that it is none of ours, and why; a second one confirms it. The same
fact in another file waits once, and a file that tells more may settle it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Select, UniqueConstraint, func, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from payouts.responses.line import ResponseLine
from payouts.responses.response import Response
from schemes.database import Base, BodyOwned, stored, to_body_row
from schemes.errors import NotFound
from schemes.person import Role

SETTLERS = (Role.PREPARER, Role.FINANCE)
CONFIRMERS = (Role.FINANCE, Role.APPROVER)


class SuspenseStatus(StrEnum):
    """Where a line in suspense is. found: a further file told which payment it is about."""

    WAITING = "waiting"
    PROPOSED = "proposed"
    MATCHED = "matched"
    SET_ASIDE = "set_aside"
    FOUND = "found"


OPEN = (SuspenseStatus.WAITING, SuspenseStatus.PROPOSED)


class Suspense(BodyOwned, Base):
    """A fact that nobody knows the payment of, once however many files tell it; `line_id` is of the first.

    payment_id: what it is about as somebody proposes; None where they propose that it is none of ours.
    """

    __tablename__ = "suspense"
    __table_args__ = (
        UniqueConstraint("body_id", "digest"),
        Index("ix_suspense_response", "body_id", "response_id"),
        Index("ix_suspense_open", "body_id", "id", postgresql_where=text("status in ('waiting', 'proposed')")),
        to_body_row("response_line", "line_id"),
        to_body_row("response", "response_id"),
        to_body_row("payment", "payment_id"),
        CheckConstraint(
            "(status = 'waiting' or status = 'found' or proposed_by is not null) "
            "and (proposed_by is null) = (proposed_at is null)",
            name="proposed",
        ),
        CheckConstraint("(status in ('matched', 'set_aside')) = (confirmed_by is not null)", name="confirmed"),
        CheckConstraint("confirmed_by <> proposed_by", name="two_people"),
        CheckConstraint("proposed_by is null or coalesce(reason, '') <> ''", name="reason"),
    )

    digest: Mapped[bytes]
    line_id: Mapped[UUID]
    response_id: Mapped[UUID]
    status: Mapped[SuspenseStatus] = mapped_column(stored(SuspenseStatus), default=SuspenseStatus.WAITING)
    put_at: Mapped[datetime]
    payment_id: Mapped[UUID | None]
    reason: Mapped[str | None]
    proposed_by: Mapped[UUID | None]
    proposed_at: Mapped[datetime | None]
    confirmed_by: Mapped[UUID | None]
    confirmed_at: Mapped[datetime | None]


def put(session: Session, line_ids: Sequence[UUID], *, at: datetime) -> None:
    """Let lines wait for a person, unless the same fact waits or was settled already."""
    if line_ids:
        session.execute(
            text(
                """
                INSERT INTO suspense (body_id, id, digest, line_id, response_id, status, put_at)
                SELECT body_id, uuidv7(), digest, id, response_id, 'waiting', :at
                  FROM response_line WHERE id = ANY (:ids) ORDER BY position
                ON CONFLICT DO NOTHING
                """
            ),
            {"ids": list(line_ids), "at": at},
        )


def settle(session: Session, digests: Sequence[bytes], *, at: datetime) -> None:
    """Facts that are matched now wait no longer."""
    session.execute(
        update(Suspense)
        .where(Suspense.digest.in_(digests), Suspense.status.in_(OPEN))
        .values(status=SuspenseStatus.FOUND, confirmed_at=at)
        .execution_options(synchronize_session=False)
    )


def count_of(session: Session, response_id: UUID) -> int:
    """How many of a response's lines wait for somebody."""
    mine = select(func.count()).where(Suspense.response_id == response_id, Suspense.status.in_(OPEN))
    return session.scalar(mine) or 0


def open_count(session: Session, *, most: int = 1000) -> int:
    """How many lines wait in the body, counted up to `most`."""
    some = select(Suspense.id).where(Suspense.status.in_(OPEN)).limit(most).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


class SuspenseRow(NamedTuple):
    """A line in suspense, with what it says and the file that it came in."""

    suspense: Suspense
    line: ResponseLine
    response: Response


def rows(session: Session, *, after: UUID | None = None, limit: int = 50) -> list[SuspenseRow]:
    """What waits, the oldest first, those after one."""
    waiting = joined().where(Suspense.status.in_(OPEN)).order_by(Suspense.id).limit(limit)
    if after is not None:
        waiting = waiting.where(Suspense.id > after)
    return [SuspenseRow(*row) for row in session.execute(waiting)]


def get_row(session: Session, suspense_id: UUID, *, lock: bool = False) -> SuspenseRow:
    """Raises NotFound."""
    if lock:
        session.get(Suspense, (session.info["body_id"], suspense_id), with_for_update=True)
    row = session.execute(joined().where(Suspense.id == suspense_id)).one_or_none()
    if row is None:
        raise NotFound("line in suspense", suspense_id)
    return SuspenseRow(*row)


def joined() -> Select[Suspense, ResponseLine, Response]:
    line = (ResponseLine.body_id == Suspense.body_id) & (ResponseLine.id == Suspense.line_id)
    response = (Response.body_id == Suspense.body_id) & (Response.id == Suspense.response_id)
    return select(Suspense, ResponseLine, Response).join(ResponseLine, line).join(Response, response)
