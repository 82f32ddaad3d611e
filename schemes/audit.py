"""The audit trail: events in the transaction of what they record, sealed into one hash chain for each body.

Writers only insert, so they never queue behind each other; the clock links what came since, in batches. A changed,
removed or inserted row breaks the chain; a cut tail shows against the signed head, which is published outside the
database.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, UniqueConstraint, delete, func, insert, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from schemes.database import Base, BodyOwned, ask, new_id
from schemes.person import Actor
from schemes.signer import Signer, canonical, verifies

BEFORE_THE_FIRST = b"\x00" * 32


class AuditEvent(BodyOwned, Base):
    """Something that a person or the service did. Ids and counts only: no name, address or account stands here."""

    __tablename__ = "audit_event"
    __table_args__ = (Index("ix_audit_event_subject", "body_id", "subject_id", "id"),)

    at: Mapped[datetime]
    actor_id: Mapped[UUID | None]
    action: Mapped[str]
    subject_type: Mapped[str]
    subject_id: Mapped[UUID | None]
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)

    def statement(self) -> dict[str, Any]:
        """All that the event says, as JSON values."""
        return {
            "body": str(self.body_id),
            "id": str(self.id),
            "at": self.at.astimezone(UTC).isoformat(),
            "actor": str(self.actor_id) if self.actor_id else None,
            "action": self.action,
            "subject_type": self.subject_type,
            "subject": str(self.subject_id) if self.subject_id else None,
            "facts": self.facts,
        }

    def digest(self) -> bytes:
        """SHA-256 of all that the event says."""
        return hashlib.sha256(canonical(self.statement())).digest()


class AuditPending(Base):
    """An event that is not yet linked into the chain: written beside it, taken away when it is linked."""

    __tablename__ = "audit_pending"
    __table_args__ = (ForeignKeyConstraint(["body_id", "event_id"], ["audit_event.body_id", "audit_event.id"]),)

    body_id: Mapped[UUID] = mapped_column(primary_key=True)
    event_id: Mapped[UUID] = mapped_column(primary_key=True)


class AuditLink(Base):
    """A link of a body's chain: `hash` = SHA-256(previous hash + position + digest of the event)."""

    __tablename__ = "audit_link"
    # no foreign key to the event: a removed event must leave its link behind, for verify to find
    __table_args__ = (UniqueConstraint("body_id", "event_id"),)

    body_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    event_id: Mapped[UUID]
    event_digest: Mapped[bytes]
    hash: Mapped[bytes]


@dataclass(frozen=True)
class Head:
    """The last link of a body's chain."""

    body_id: UUID
    position: int
    hash: bytes

    def record(self, at: datetime) -> dict[str, Any]:
        return {
            "body": str(self.body_id),
            "position": self.position,
            "hash": self.hash.hex(),
            "at": at.astimezone(UTC).isoformat(),
        }


@dataclass
class Verdict:
    """What verify found of one body's chain."""

    body_id: UUID
    linked: int = 0
    pending: int = 0
    faults: list[str] = field(default_factory=list)


def record(
    session: Session,
    action: str,
    *,
    by: Actor | None,
    about: Any = None,
    at: datetime,
    body_id: UUID | None = None,
    **facts: Any,
) -> AuditEvent:
    """Record an act in the caller's transaction.

    action: what happened, as `thing.done` (`payroll.created`). about: the row it happened to. by: None for the service
    itself. facts: JSON values, ids and counts only. The event that is returned is written, and not of the session.
    """
    event = AuditEvent(
        body_id=body_id or session.info["body_id"],
        id=new_id(),
        at=at,
        actor_id=by.person_id if by else None,
        action=action,
        subject_type=about.__tablename__ if about is not None else action.partition(".")[0],
        subject_id=about.id if about is not None else None,
        facts=facts,
    )
    # what happened is written first, so that an act which the database refuses has no event before it
    session.flush()
    ask(
        session,
        RECORD,
        body_id=event.body_id,
        id=event.id,
        at=at,
        actor_id=event.actor_id,
        action=action,
        subject_type=event.subject_type,
        subject_id=event.subject_id,
        facts=json.dumps(facts),
    )
    return event


# one question, since every act asks it
RECORD = """
    WITH event AS (
        INSERT INTO audit_event (body_id, id, at, actor_id, action, subject_type, subject_id, facts)
        VALUES (%(body_id)s, %(id)s, %(at)s, %(actor_id)s, %(action)s, %(subject_type)s, %(subject_id)s,
                %(facts)s::jsonb)
        RETURNING body_id, id)
    INSERT INTO audit_pending (body_id, event_id) SELECT body_id, id FROM event
    """


def record_many(
    session: Session, action: str, subjects: Sequence[UUID], *, subject_type: str, by: UUID | None, at: datetime
) -> None:
    """Record the same act on many rows of a table in two statements, each as an event of its own."""
    if not subjects:
        return
    body_id = session.info["body_id"]
    events = [{"body_id": body_id, "id": new_id(), "subject_id": subject} for subject in subjects]
    same: dict[str, Any] = {"at": at, "actor_id": by, "action": action, "subject_type": subject_type, "facts": {}}
    session.execute(insert(AuditEvent), [{**event, **same} for event in events])
    session.execute(insert(AuditPending), [{"body_id": body_id, "event_id": event["id"]} for event in events])


def trail(
    session: Session, *, subject_id: UUID | None = None, before: UUID | None = None, limit: int = 50
) -> Sequence[AuditEvent]:
    """Events, newest first, of one subject or of all; `before` is the id of the last one already shown."""
    events = select(AuditEvent).order_by(AuditEvent.id.desc()).limit(limit)
    if subject_id is not None:
        events = events.where(AuditEvent.subject_id == subject_id)
    if before is not None:
        events = events.where(AuditEvent.id < before)
    return session.scalars(events).all()


def head_of(session: Session, body_id: UUID) -> Head | None:
    """The head of the chain as the database has it."""
    link = session.scalars(
        select(AuditLink).where(AuditLink.body_id == body_id).order_by(AuditLink.position.desc()).limit(1)
    ).first()
    return Head(body_id, link.position, link.hash) if link else None


def link_hash(previous: bytes, position: int, event_digest: bytes) -> bytes:
    return hashlib.sha256(previous + position.to_bytes(8, "big") + event_digest).digest()


def seal_chain(session: Session, body_id: UUID, *, limit: int = 5000) -> Head | None:
    """Link what came since, up to a limit, and return the new head; None when there was nothing to link."""
    session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended('audit ' || :body_id, 0))"), {"body_id": str(body_id)}
    )
    events = session.scalars(
        select(AuditEvent)
        .join(AuditPending, (AuditPending.body_id == AuditEvent.body_id) & (AuditPending.event_id == AuditEvent.id))
        .where(AuditEvent.body_id == body_id)
        .order_by(AuditEvent.id)
        .limit(limit)
    ).all()
    if not events:
        return None
    head = head_of(session, body_id) or Head(body_id, 0, BEFORE_THE_FIRST)
    for event in events:
        event_digest = event.digest()
        head = Head(body_id, head.position + 1, link_hash(head.hash, head.position + 1, event_digest))
        session.add(
            AuditLink(
                body_id=body_id,
                position=head.position,
                event_id=event.id,
                event_digest=event_digest,
                hash=head.hash,
            )
        )
    session.execute(
        delete(AuditPending).where(
            AuditPending.body_id == body_id, AuditPending.event_id.in_([event.id for event in events])
        )
    )
    session.flush()
    return head


def publish(head: Head, *, signer: Signer, folder: Path, at: datetime) -> None:
    """Append the signed head to the body's file outside the database: with it, a chain cut short is noticed."""
    folder.mkdir(parents=True, exist_ok=True)
    statement = head.record(at)
    line = {
        **statement,
        "signature": base64.b64encode(signer.sign(statement)).decode(),
        "public_key": signer.public_key,
    }
    with (folder / f"{head.body_id}.jsonl").open("a+b") as file:
        # a line torn by a crash must not take this one with it
        file.seek(max(file.seek(0, os.SEEK_END) - 1, 0))
        begin = b"" if file.read(1) in (b"", b"\n") else b"\n"
        file.write(begin + json.dumps(line, sort_keys=True).encode() + b"\n")


def published(folder: Path, body_id: UUID, *, signer: Signer) -> Iterator[tuple[Head, bool]]:
    """The heads published for a body, oldest first, each with whether the service signed it; torn lines left out.

    A line that names a key which is not the service's, or was given up before, proves only that somebody has a key.
    """
    path = folder / f"{body_id}.jsonl"
    if path.exists():
        yield from heads_of(path.read_text(encoding="utf-8").splitlines(), signer)


def last_published(folder: Path, body_id: UUID, *, signer: Signer) -> int:
    """The position of the newest head that the service signed for a body; 0 where there is none."""
    path = folder / f"{body_id}.jsonl"
    if not path.exists():
        return 0
    with path.open("rb") as file:
        # a line is some 350 bytes; the file may have many thousands
        file.seek(max(file.seek(0, os.SEEK_END) - 16 * 1024, 0))
        lines = file.read().decode("utf-8", "replace").splitlines()
    return max((head.position for head, signed in heads_of(lines, signer) if signed), default=0)


def heads_of(lines: Iterable[str], signer: Signer) -> Iterator[tuple[Head, bool]]:
    for line in lines:
        try:
            read = json.loads(line)
            statement = {name: read[name] for name in ("body", "position", "hash", "at")}
            head = Head(UUID(read["body"]), int(read["position"]), bytes.fromhex(read["hash"]))
            key, at = read["public_key"], datetime.fromisoformat(read["at"])
            signed = signer.was_ours(key, at) and verifies(statement, base64.b64decode(read["signature"]), key)
        except (ValueError, KeyError, TypeError):
            continue
        yield head, signed


def verify(session: Session, body_id: UUID, heads: Sequence[tuple[Head, bool]] = ()) -> Verdict:
    """Walk a body's whole chain and name every break: a row changed, removed, inserted, or a tail cut off.

    heads: what was published outside the database. Flat memory: rows are streamed.
    """
    verdict = Verdict(body_id)
    links = session.execute(
        select(AuditLink, AuditEvent)
        .outerjoin(AuditEvent, (AuditEvent.body_id == AuditLink.body_id) & (AuditEvent.id == AuditLink.event_id))
        .where(AuditLink.body_id == body_id)
        .order_by(AuditLink.position)
        .execution_options(yield_per=2000)
    )
    hashes = {head.position: head.hash for head, _ in heads}
    previous = BEFORE_THE_FIRST
    expected = 1
    for link, event in links:
        if link.position != expected:
            verdict.faults.append(f"links {expected} to {link.position - 1} were removed")
        gone: bool = event is None  # the outer join's missing side
        if gone:
            verdict.faults.append(f"event {link.event_id} at position {link.position} was removed")
        elif event.digest() != link.event_digest:
            verdict.faults.append(f"event {link.event_id} at position {link.position} was changed ({event.action})")
        if link_hash(previous, link.position, link.event_digest) != link.hash:
            verdict.faults.append(f"the link at position {link.position} was changed or does not follow the one before")
        if hashes.pop(link.position, link.hash) != link.hash:
            verdict.faults.append(f"the head published at position {link.position} is another one")
        previous, expected = link.hash, link.position + 1
        verdict.linked += 1
    for position in sorted(hashes):
        verdict.faults.append(
            f"the chain ends at {expected - 1}, but a head at {position} was published: it was cut off"
        )
    for head, signed in heads:
        if not signed:
            verdict.faults.append(f"the published head at {head.position} carries a wrong signature")
    verdict.faults.extend(unlinked(session, body_id))
    verdict.pending = (
        session.scalar(select(func.count()).select_from(AuditPending).where(AuditPending.body_id == body_id)) or 0
    )
    return verdict


def unlinked(session: Session, body_id: UUID) -> Iterator[str]:
    """Events that are neither linked nor waiting to be: somebody put them in past the service."""
    strangers = session.scalars(
        select(AuditEvent.id)
        .outerjoin(AuditLink, (AuditLink.body_id == AuditEvent.body_id) & (AuditLink.event_id == AuditEvent.id))
        .outerjoin(
            AuditPending, (AuditPending.body_id == AuditEvent.body_id) & (AuditPending.event_id == AuditEvent.id)
        )
        .where(AuditEvent.body_id == body_id, AuditLink.event_id.is_(None), AuditPending.event_id.is_(None))
    )
    for event_id in strangers:
        yield f"event {event_id} was inserted past the chain, or its link was removed"
