"""What the bank sent: a file as it came, kept sealed for good, read by a job, and never read twice.

A file is known by its content. Whatever cannot be read, or is for somebody else, is kept as well, with the reason: it
is for a person to look at.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import BinaryIO
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, false, select, tuple_
from sqlalchemy.orm import Mapped, Session, mapped_column

from payouts.responses.opening import Opened, opened
from payouts.tasks import outbox
from schemes import audit
from schemes.database import Base, BodyOwned, stored, take_turns, to_body_row
from schemes.errors import NotFound
from schemes.openpgp import Signature
from schemes.person import Actor, Role
from schemes.seal import Seals, get_key
from schemes.sealed_file import SealedFile, part_of, seal_file
from schemes.unmasking import UNMASKERS

RECEIVERS = (Role.PREPARER, Role.FINANCE, Role.RELEASER)
LONGEST_FILE_NAME = 200


class ResponseKind(StrEnum):
    """What a file is, by its content."""

    ARRIVAL = "arrival"
    INPUT = "input"
    WITHDRAWAL = "withdrawal"
    ARUCS = "arucs"
    AWACS = "awacs"
    PAYMENT_STATUS = "payment_status"
    NOTIFICATION = "notification"
    STATEMENT = "statement"
    UNKNOWN = "unknown"


class ResponseStatus(StrEnum):
    """Where a file is. refused: it is not for us, or not from a bank; quarantined: it cannot be read."""

    WAITING = "waiting"
    APPLYING = "applying"
    READ = "read"
    REFUSED = "refused"
    QUARANTINED = "quarantined"


class ResponseFault(StrEnum):
    """Why nothing was taken from a file."""

    UNREADABLE = "unreadable"
    HOSTILE = "hostile"
    EMPTY = "empty"
    NOT_A_RESPONSE = "not_a_response"
    OF_DIRECT_DEBIT = "of_direct_debit"
    ANOTHER_SERVICE_USER = "another_service_user"
    ANOTHER_ACCOUNT = "another_account"
    TEST = "test"
    WRONG_TOTALS = "wrong_totals"
    ENCRYPTED = "encrypted"
    NOT_SIGNED = "not_signed"
    SIGNATURE_BROKEN = "signature_broken"


NOT_READ = {
    ResponseFault.UNREADABLE: ResponseStatus.QUARANTINED,
    ResponseFault.HOSTILE: ResponseStatus.QUARANTINED,
    ResponseFault.EMPTY: ResponseStatus.QUARANTINED,
    ResponseFault.WRONG_TOTALS: ResponseStatus.QUARANTINED,
    ResponseFault.ENCRYPTED: ResponseStatus.QUARANTINED,
    ResponseFault.NOT_SIGNED: ResponseStatus.QUARANTINED,
    ResponseFault.SIGNATURE_BROKEN: ResponseStatus.QUARANTINED,
}
"""The faults of a file that nobody could read, or trust; any other means that it is not for us."""


class Response(BodyOwned, Base):
    """One file from the bank, under its SHA-256. Its bytes are sealed and never change.

    What it says is in its lines (`response_line`); here only what stands above them. `mismatches`: how often it does
    not agree with itself. `lines_done`: how many were held against the payments. `message_sha256`: of the OpenPGP
    message that it came as, "" of a file that came as it is. `signature`: what that message's proves, by the key
    `signed_by`; `must_be_signed`: without a good one it is not believed.
    """

    __tablename__ = "response"
    __table_args__ = (
        UniqueConstraint("body_id", "sha256"),
        Index("ix_response_received", "body_id", "received_at", "id"),
        to_body_row("sealing_key", "key_id"),
        CheckConstraint("(status in ('refused', 'quarantined')) = (fault is not null)", name="fault"),
    )

    file_name: Mapped[str]
    sha256: Mapped[str]
    message_sha256: Mapped[str] = mapped_column(server_default="")
    signature: Mapped[Signature | None] = mapped_column(stored(Signature))
    signed_by: Mapped[str] = mapped_column(server_default="")
    must_be_signed: Mapped[bool] = mapped_column(server_default=false())
    byte_count: Mapped[int] = mapped_column(BigInteger)
    key_id: Mapped[UUID]
    sealed_content: Mapped[bytes] = mapped_column(deferred=True)
    kind: Mapped[ResponseKind] = mapped_column(stored(ResponseKind), default=ResponseKind.UNKNOWN)
    status: Mapped[ResponseStatus] = mapped_column(stored(ResponseStatus), default=ResponseStatus.WAITING)
    fault: Mapped[ResponseFault | None] = mapped_column(stored(ResponseFault))
    report_number: Mapped[str] = mapped_column(default="")
    user_number: Mapped[str] = mapped_column(default="")
    produced_on: Mapped[date | None]
    line_count: Mapped[int] = mapped_column(default=0)
    lines_done: Mapped[int] = mapped_column(default=0)
    mismatches: Mapped[int] = mapped_column(default=0)
    received_by: Mapped[UUID]
    received_at: Mapped[datetime]
    read_at: Mapped[datetime | None]

    @property
    def is_over(self) -> bool:
        return self.status not in (ResponseStatus.WAITING, ResponseStatus.APPLYING)


def fault_of_signature(signature: Signature | None, *, must_be_signed: bool) -> ResponseFault | None:
    """Why a file is not believed, by who wrote it. One of an unknown key proves no more than none, and no less."""
    if signature is Signature.BROKEN:
        return ResponseFault.SIGNATURE_BROKEN
    if must_be_signed and signature is not Signature.VERIFIED:
        return ResponseFault.NOT_SIGNED
    return None


def receive(
    session: Session, seals: Seals, *, response_id: UUID, file_name: str, content: bytes, by: Actor, at: datetime
) -> Response:
    """Keep a file sealed and have it read. The same content again is the same response, whoever sends it.

    Raises NotAllowed.
    """
    by.must_be(*RECEIVERS)
    return keep(
        session,
        seals,
        response_id=response_id,
        file_name=file_name,
        content=content,
        received_by=by.person_id,
        by=by,
        at=at,
    )


def keep(
    session: Session,
    seals: Seals,
    *,
    response_id: UUID,
    file_name: str,
    content: bytes,
    received_by: UUID,
    by: Actor | None,
    at: datetime,
    must_be_signed: bool = False,
) -> Response:
    """Keep what came in somebody's name, sent by them or (by: None) collected by the service.

    An encrypted file is opened first: by its bytes as they came the same report would be another one each time.
    must_be_signed: of a file from a folder whose answers are only believed with the bank's signature.
    """
    body_id = session.info["body_id"]
    found = opened(session, seals, content)
    found = found._replace(must_be_signed=found.must_be_signed or must_be_signed)
    content = found.content
    sha256 = hashlib.sha256(content).hexdigest()
    take_turns(session, f"response {sha256}")
    there = session.scalars(select(Response).where(Response.sha256 == sha256)).one_or_none()
    if there is not None:
        believe(session, there, found, by=by, at=at)
        return there
    key_row, key = seals.make(body_id, at)
    session.add(key_row)
    session.flush()
    response = Response(
        body_id=body_id,
        id=response_id,
        file_name=file_name[:LONGEST_FILE_NAME],
        sha256=sha256,
        message_sha256=found.message_sha256,
        signature=found.signature,
        signed_by=found.signed_by,
        must_be_signed=found.must_be_signed,
        byte_count=len(content),
        key_id=key_row.id,
        sealed_content=seal_file(key, content, "response", response_id),
        received_by=received_by,
        received_at=at,
    )
    session.add(response)
    session.flush()
    audit.record(
        session,
        "response.received",
        by=by,
        about=response,
        at=at,
        sha256=sha256,
        bytes=len(content),
        message_sha256=found.message_sha256 or None,
        signature=found.signature.value if found.signature else None,
    )
    outbox.add(session, "response.read", once=f"response.read/{response_id}", at=at, response_id=str(response_id))
    return response


def believe(session: Session, response: Response, found: Opened, *, by: Actor | None, at: datetime) -> None:
    """Have a file read that lacked a good signature, now that the same content came with one, or by a person's hand."""
    lacked = response.fault in (ResponseFault.NOT_SIGNED, ResponseFault.SIGNATURE_BROKEN)
    if not lacked or fault_of_signature(found.signature, must_be_signed=found.must_be_signed):
        return
    response.message_sha256, response.must_be_signed = found.message_sha256, found.must_be_signed
    response.signature, response.signed_by = found.signature, found.signed_by
    response.status, response.fault, response.read_at = ResponseStatus.WAITING, None, None
    session.flush()
    signature = found.signature.value if found.signature else None
    audit.record(session, "response.believed", by=by, about=response, at=at, signature=signature)
    again = f"response.read/{response.id}/{found.message_sha256 or 'by hand'}"
    outbox.add(session, "response.read", once=again, at=at, response_id=str(response.id))


def content_of(session: Session, seals: Seals, response: Response) -> SealedFile:
    """The file's bytes. Raises KeyMissing, and SealBroken as it is read."""
    key = seals.open_row(get_key(session, response.body_id, response.key_id))
    part = part_of(session, Response.sealed_content, response.id)
    return SealedFile(part, key, table="response", row_id=response.id, byte_count=response.byte_count)


def take_out(session: Session, seals: Seals, response: Response, *, by: Actor, at: datetime) -> BinaryIO:
    """The file as it came, for somebody to look at while the session lasts.

    It may hold bank details in full, so each time is recorded. Raises SealBroken, KeyMissing, NotAllowed.
    """
    by.must_be(*UNMASKERS)
    audit.record(session, "response.taken_out", by=by, about=response, at=at)
    return content_of(session, seals, response).open()


def get_response(session: Session, response_id: UUID, *, lock: bool = False) -> Response:
    """Raises NotFound."""
    response = session.get(Response, (session.info["body_id"], response_id), with_for_update=lock or None)
    if response is None:
        raise NotFound("response", response_id)
    return response


def responses(session: Session, *, before: UUID | None = None, limit: int = 50) -> Sequence[Response]:
    """The body's responses, the newest first, those that came before one."""
    rows = select(Response).order_by(Response.received_at.desc(), Response.id.desc()).limit(limit)
    if before is not None:
        there = get_response(session, before)
        rows = rows.where(tuple_(Response.received_at, Response.id) < tuple_(there.received_at, there.id))
    return session.scalars(rows).all()
