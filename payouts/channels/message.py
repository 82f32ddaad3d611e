"""A file as an OpenPGP message to the bank: made once, before anything is stored there, and kept sealed.

What people approved is the file; what goes down the channel is the message to the bank that holds these bytes and
nothing else. Both digests are kept. A message would be other bytes if it were made again, so that after a crash nobody
could tell what lies at the bank: hence the one that was made is committed before anything of it is stored there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, UniqueConstraint, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from payouts.channels.dispatch import Trouble
from payouts.files.payment_file import PaymentFile
from payouts.files.segment import blocks_of, open_key
from schemes import audit, openpgp
from schemes.bank_connection import BankConnection, open_pgp_key
from schemes.database import Base, BodyOwned, new_id, to_body_row
from schemes.errors import SealBroken
from schemes.seal import OpenKey, Seals

ENDING = ".pgp"
SEGMENT = 4 * 1024**2


class DispatchMessage(BodyOwned, Base):
    """The message that was made of a file for a certificate. Never changed; its segments are under the file's key.

    certificate_sha256: of the certificate as it was confirmed. encrypted_to, signed_by: fingerprints, of the bank's
    certificate and of our key, "" where nothing was signed. sha256, byte_count: of the message.
    """

    __tablename__ = "dispatch_message"
    __table_args__ = (
        UniqueConstraint("body_id", "file_id", "certificate_sha256", "signed_by"),
        to_body_row("payment_file", "file_id"),
        CheckConstraint("byte_count > 0", name="byte_count"),
    )

    file_id: Mapped[UUID]
    certificate_sha256: Mapped[str]
    encrypted_to: Mapped[str]
    signed_by: Mapped[str]
    sha256: Mapped[str]
    byte_count: Mapped[int] = mapped_column(BigInteger)
    segment_count: Mapped[int]
    made_at: Mapped[datetime]


class DispatchSegment(Base):
    """Some bytes of a message. It is kept before the message is: only its end tells the digest."""

    __tablename__ = "dispatch_segment"
    __table_args__ = (
        ForeignKeyConstraint(
            ["body_id", "message_id"],
            ["dispatch_message.body_id", "dispatch_message.id"],
            deferrable=True,
            initially="DEFERRED",
        ),
    )

    body_id: Mapped[UUID] = mapped_column(primary_key=True)
    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    sealed: Mapped[bytes]


class NotEncrypted(Exception):
    """No message could be made, and why."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble)
        self.trouble = trouble


def message_for(
    session: Session, seals: Seals, file: PaymentFile, connection: BankConnection, *, at: datetime
) -> DispatchMessage:
    """The message of a file by a connection's certificate and key, made if it was not yet. Raises NotEncrypted.

    The caller has found the stored file to be the approved one; that the encrypted bytes are too is looked at here.
    """
    if connection.pgp_ends_at is not None and connection.pgp_ends_at <= at:
        raise NotEncrypted(Trouble.CERTIFICATE_OVER)
    certificate = hashlib.sha256(connection.pgp_certificate.encode()).hexdigest()
    signed_by = openpgp.fingerprint(connection.our_certificate) if connection.signs else ""
    made = select(DispatchMessage).where(
        DispatchMessage.file_id == file.id,
        DispatchMessage.certificate_sha256 == certificate,
        DispatchMessage.signed_by == signed_by,
    )
    there = session.scalars(made).one_or_none()
    if there is not None:
        return there
    message = DispatchMessage(
        body_id=file.body_id,
        id=new_id(),
        file_id=file.id,
        certificate_sha256=certificate,
        encrypted_to=openpgp.fingerprint(connection.pgp_certificate),
        signed_by=signed_by,
        made_at=at,
    )
    try:
        # where it comes to nothing, its first segments go as well
        with session.begin_nested():
            encrypt(session, seals, file, connection, message)
    except openpgp.NotDone:
        raise NotEncrypted(Trouble.NOT_ENCRYPTED) from None
    audit.record(
        session,
        "file.encrypted",
        by=None,
        about=file,
        at=at,
        sha256=file.sha256,
        message_sha256=message.sha256,
        encrypted_to=message.encrypted_to,
        signed_by=message.signed_by or None,
    )
    return message


def encrypt(
    session: Session, seals: Seals, file: PaymentFile, connection: BankConnection, message: DispatchMessage
) -> None:
    """Encrypt, seal and keep a file block by block. Raises openpgp.NotDone."""
    key = open_key(session, seals, file)
    signing_key = open_pgp_key(session, seals, connection) if connection.signs else ""
    approved, sent = hashlib.sha256(), hashlib.sha256()

    def approved_blocks() -> Iterator[bytes]:
        for block in blocks_of(session, seals, file):
            approved.update(block)
            yield block

    message.byte_count = message.segment_count = 0
    waiting = bytearray()
    for block in openpgp.encrypted(approved_blocks(), connection.pgp_certificate, signing_key):
        sent.update(block)
        waiting += block
        message.byte_count += len(block)
        if len(waiting) >= SEGMENT:
            keep(session, key, message, bytes(waiting))
            waiting.clear()
    if waiting:
        keep(session, key, message, bytes(waiting))
    if approved.hexdigest() != file.sha256:
        raise openpgp.NotDone("these are not the approved bytes")
    message.sha256 = sent.hexdigest()
    session.add(message)
    session.flush()


def keep(session: Session, key: OpenKey, message: DispatchMessage, content: bytes) -> None:
    number = message.segment_count
    place = {"body_id": message.body_id, "message_id": message.id, "number": number}
    sealed = key.seal(content, "dispatch_segment", f"{message.id}/{number}")
    session.execute(insert(DispatchSegment), {**place, "sealed": sealed})
    message.segment_count += 1


def get_message(session: Session, file: PaymentFile, message_id: UUID) -> DispatchMessage:
    return session.get_one(DispatchMessage, (file.body_id, message_id))


def message_blocks(session: Session, seals: Seals, file: PaymentFile, message: DispatchMessage) -> Iterator[bytes]:
    """The message as it was made, a segment at a time. Raises SealBroken, KeyMissing."""
    key = open_key(session, seals, file)
    for number in range(message.segment_count):
        place = {"message_id": message.id, "number": number}
        sealed = session.scalar(select(DispatchSegment.sealed).filter_by(**place))
        if sealed is None:
            raise SealBroken(f"dispatch_segment {message.id}/{number}")
        yield key.open(sealed, "dispatch_segment", f"{message.id}/{number}")
