"""How the files of a bank profile reach whoever submits them: downloaded by a person, or put into a folder by SFTP.

A version is proposed by one person and confirmed by another, as a bank profile's is. Which of the two ways a payroll
goes is fixed when it is created; where the folder is and how one signs in may change until its files are sent, since
banks change their keys, and each sending names the version that it used.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any
from uuid import UUID

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_ssh_private_key,
    load_ssh_public_key,
)
from sqlalchemy import CheckConstraint, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from schemes import audit, change
from schemes.bank_profile import newest_profile
from schemes.change import Change, ChangeKind, NothingToChange
from schemes.database import Base, BodyOwned, new_id, stored, take_turns, to_body_row
from schemes.errors import Refused
from schemes.person import Actor, Role
from schemes.seal import Seals, get_key

CONFIRMERS = (Role.ADMINISTRATOR, Role.APPROVER, Role.FINANCE)
HOST = re.compile(r"(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*")
USERNAME = re.compile(r"[A-Za-z0-9_.@+-]{1,100}")
# no way up, and nothing that a server could read as a command
FOLDER = re.compile(r"(/?[A-Za-z0-9_-][A-Za-z0-9._ -]*(/[A-Za-z0-9_-][A-Za-z0-9._ -]*)*)?")
LONGEST_FOLDER = 200
LONGEST_PASSWORD = 200
STANDARD_PORT = 22


class Channel(StrEnum):
    """The two ways."""

    DOWNLOAD = "download"
    SFTP = "sftp"


class SignIn(StrEnum):
    """How the server knows us: a key that is made here, whose private half nobody ever sees, or a password."""

    KEY = "key"
    PASSWORD = "password"  # noqa: S105 - the word, not one


class ConnectionFault(StrEnum):
    """What is wrong with one field of a connection."""

    HOST = "host"
    PORT = "port"
    USERNAME = "username"
    HOST_KEY = "host_key"
    PASSWORD = "password"  # noqa: S105 - the word, not one
    FOLDER = "folder"


class ConnectionTermsRefused(Refused):
    """A connection that no server could be reached by. `field` is that of `ConnectionTerms`, or `password`."""

    def __init__(self, field: str, fault: ConnectionFault) -> None:
        super().__init__(f"{field}: {fault}")
        self.field = field
        self.fault = fault


@dataclass(frozen=True)
class ConnectionTerms:
    """What people say of a connection, but for its secret. Of a download all else is empty.

    host_key: the server's public key as OpenSSH writes it, type and base64. Folders are as the server names them,
    "" being the one that one is in after signing in; without an `incoming_folder` no answers are collected.
    """

    channel: Channel
    host: str = ""
    port: int = STANDARD_PORT
    username: str = ""
    host_key: str = ""
    sign_in: SignIn = SignIn.KEY
    outgoing_folder: str = ""
    incoming_folder: str = ""
    collects: bool = False


class BankConnection(BodyOwned, Base):
    """A version of the connection of a bank profile's line; it counts once confirmed (`confirmed_at`).

    `sealed_secret`: the private key in OpenSSH's form, or the password. `public_key`: its other half, for the bank.
    """

    __tablename__ = "bank_connection"
    __table_args__ = (
        to_body_row("bank_profile", "line_id"),
        to_body_row("sealing_key", "key_id"),
        UniqueConstraint("body_id", "line_id", "version"),
        CheckConstraint("(channel = 'sftp') = (sealed_secret is not null)", name="secret"),
        CheckConstraint("port between 1 and 65535", name="port"),
    )

    line_id: Mapped[UUID]
    version: Mapped[int]
    confirmed_at: Mapped[datetime | None]
    channel: Mapped[Channel] = mapped_column(stored(Channel))
    host: Mapped[str]
    port: Mapped[int]
    username: Mapped[str]
    host_key: Mapped[str]
    sign_in: Mapped[SignIn] = mapped_column(stored(SignIn))
    outgoing_folder: Mapped[str]
    incoming_folder: Mapped[str]
    collects: Mapped[bool]
    public_key: Mapped[str]
    key_id: Mapped[UUID | None]
    sealed_secret: Mapped[bytes | None]
    made_at: Mapped[datetime]


def must_fit(terms: ConnectionTerms) -> None:
    """Raises ConnectionTermsRefused for the first thing that does not fit."""
    if terms.channel is Channel.DOWNLOAD:
        return
    checks = (
        ("host", bool(HOST.fullmatch(terms.host)), ConnectionFault.HOST),
        ("port", 1 <= terms.port <= 65535, ConnectionFault.PORT),
        ("username", bool(USERNAME.fullmatch(terms.username)), ConnectionFault.USERNAME),
        ("host_key", is_public_key(terms.host_key), ConnectionFault.HOST_KEY),
        ("outgoing_folder", is_folder(terms.outgoing_folder), ConnectionFault.FOLDER),
        ("incoming_folder", is_folder(terms.incoming_folder), ConnectionFault.FOLDER),
    )
    for field, is_right, fault in checks:
        if not is_right:
            raise ConnectionTermsRefused(field, fault)


def is_folder(written: str) -> bool:
    return len(written) <= LONGEST_FOLDER and bool(FOLDER.fullmatch(written))


def is_public_key(written: str) -> bool:
    try:
        load_ssh_public_key(written.encode())
    except (ValueError, UnsupportedAlgorithm):
        return False
    return True


def plain_key(written: str) -> str:
    """A public key without the comment after it, or the host name before it (as a known_hosts line has it)."""
    words = written.split()
    if len(words) > 2 and not words[0].startswith(("ssh-", "ecdsa-")):
        words = words[1:]
    return " ".join(words[:2])


def fingerprint(public_key: str) -> str:
    """As `ssh-keygen -l` shows it, so that two people can compare it with what the bank's letter says; "" of none."""
    parts = public_key.split()
    if len(parts) < 2 or not is_public_key(public_key):
        return ""
    loaded = load_ssh_public_key(public_key.encode()).public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    digest = sha256(b64decode(loaded.split()[1])).digest()
    return "SHA256:" + b64encode(digest).decode().rstrip("=")


def versions_of(session: Session, line_id: UUID) -> Sequence[BankConnection]:
    """The confirmed versions of a line's connection, the newest first."""
    return session.scalars(
        select(BankConnection)
        .where(BankConnection.line_id == line_id, BankConnection.confirmed_at.is_not(None))
        .order_by(BankConnection.version.desc())
    ).all()


def connection_of(session: Session, line_id: UUID) -> BankConnection | None:
    """The version that counts now; None where files are downloaded and were never anything else."""
    return next(iter(versions_of(session, line_id)), None)


def channel_at(session: Session, line_id: UUID, at: datetime) -> Channel:
    """The way that the files of a payroll go that was created at an instant."""
    for version in versions_of(session, line_id):
        if version.confirmed_at is not None and version.confirmed_at <= at:
            return version.channel
    return Channel.DOWNLOAD


def collecting(session: Session) -> Sequence[BankConnection]:
    """The connections that count and have a folder of answers."""
    newest = (
        select(BankConnection.line_id, func.max(BankConnection.version).label("version"))
        .where(BankConnection.confirmed_at.is_not(None))
        .group_by(BankConnection.line_id)
        .subquery()
    )
    return session.scalars(
        select(BankConnection)
        .join(newest, (BankConnection.line_id == newest.c.line_id) & (BankConnection.version == newest.c.version))
        .where(BankConnection.channel == Channel.SFTP, BankConnection.collects)
        .order_by(BankConnection.line_id)
    ).all()


def open_secret(session: Session, seals: Seals, connection: BankConnection) -> str:
    """The private key or password in the clear, for signing in. Raises SealBroken, KeyMissing."""
    assert connection.key_id is not None, "an SFTP connection has a secret"
    assert connection.sealed_secret is not None, "an SFTP connection has a secret"
    key = seals.open_row(get_key(session, connection.body_id, connection.key_id))
    return key.open(connection.sealed_secret, "bank_connection", connection.id).decode()


def facts(connection: BankConnection) -> dict[str, Any]:
    """A version as a proposal's facts: no secret, but the public key that the bank is to know."""
    terms = asdict(terms_of(connection))
    return {**terms, "public_key": connection.public_key, "connection_id": str(connection.id)}


def terms_of(connection: BankConnection) -> ConnectionTerms:
    return ConnectionTerms(**{name: getattr(connection, name) for name in ConnectionTerms.__dataclass_fields__})


def now_there(session: Session, line_id: UUID) -> dict[str, Any]:
    """What a proposal replaces, as it stands now."""
    counting = connection_of(session, line_id)
    return facts(counting) if counting else {}


def propose(
    session: Session,
    seals: Seals,
    terms: ConnectionTerms,
    *,
    password: str = "",
    makes_key: bool = False,
    change_id: UUID,
    line_id: UUID,
    reason: str,
    by: Actor,
    at: datetime,
) -> Change:
    """Propose how the files of a bank profile reach the bank. The same change id again is the same proposal.

    password: as the bank gave it; "" keeps the one there is. makes_key: make another key instead of keeping the one
    there is; the first is made anyway. Raises ConnectionTermsRefused, NothingToChange, NotFound, NotAllowed, and as
    `change.propose`.
    """
    by.must_be(Role.ADMINISTRATOR)
    take_turns(session, f"bank connection {line_id}")
    there = session.get(Change, (by.body_id, change_id))
    if there is not None:
        return there
    line_id = newest_profile(session, line_id).line_id
    must_fit(terms)
    counting = connection_of(session, line_id)
    keeps = counting is not None and counting.sign_in is terms.sign_in and counting.channel is Channel.SFTP
    changes_secret = bool(password) or makes_key or not keeps
    if not changes_secret and counting is not None and terms_of(counting) == terms:
        raise NothingToChange
    if counting is None and terms.channel is Channel.DOWNLOAD:
        raise NothingToChange
    row = BankConnection(
        body_id=by.body_id,
        id=new_id(),
        line_id=line_id,
        version=next_version(session, line_id),
        made_at=at,
        public_key="",
        **{name: getattr(terms, name) for name in ConnectionTerms.__dataclass_fields__},
    )
    if terms.channel is Channel.SFTP:
        kept = open_secret(session, seals, counting) if counting is not None and not changes_secret else None
        keep_secret(session, seals, row, kept or made_secret(terms, password), at=at)
    session.add(row)
    session.flush()
    return change.propose(
        session,
        ChangeKind.BANK_CONNECTION,
        change_id=change_id,
        subject_id=line_id,
        before=facts(counting) if counting else {},
        after=facts(row),
        reason=reason,
        by=by,
        at=at,
    )


def made_secret(terms: ConnectionTerms, password: str) -> str:
    """A new key, or the password as typed. Raises ConnectionTermsRefused for a password that is none."""
    if terms.sign_in is SignIn.KEY:
        made = Ed25519PrivateKey.generate()
        return made.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()
    if not 0 < len(password) <= LONGEST_PASSWORD:
        raise ConnectionTermsRefused("password", ConnectionFault.PASSWORD)
    return password


def keep_secret(session: Session, seals: Seals, row: BankConnection, secret: str, *, at: datetime) -> None:
    """Seal a version's secret under a key of its own, and say the public half of one that has two."""
    key_row, key = seals.make(row.body_id, at)
    session.add(key_row)
    session.flush()
    row.key_id = key_row.id
    row.sealed_secret = key.seal(secret.encode(), "bank_connection", row.id)
    if row.sign_in is SignIn.KEY:
        row.public_key = public_half(secret)


def public_half(private_key: str) -> str:
    loaded = load_ssh_private_key(private_key.encode(), None)
    return loaded.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def next_version(session: Session, line_id: UUID) -> int:
    """One more than any row of the line has, those that were rejected too."""
    return 1 + (session.scalar(select(func.max(BankConnection.version)).where(BankConnection.line_id == line_id)) or 0)


def apply(session: Session, confirmed: Change, by: Actor, at: datetime) -> None:
    """From now on the version counts."""
    row = session.get_one(BankConnection, (confirmed.body_id, UUID(confirmed.after["connection_id"])))
    row.confirmed_at = at
    session.flush()
    audit.record(session, "bank_connection.changed", by=by, about=row, at=at, version=row.version)
