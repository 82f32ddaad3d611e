"""How the files of a bank profile reach whoever submits them: downloaded by a person, or put into a folder by SFTP.

A version is proposed by one person and confirmed by another, as a bank profile's is. Which of the two ways a payroll
goes is fixed when it is created; where the folder is and how one signs in may change until its files are sent, since
banks change their keys, and each sending names the version that it used.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint, false, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from schemes import audit, change, openpgp
from schemes.bank_profile import newest_profile
from schemes.body import get_body
from schemes.change import Change, ChangeKind, NothingToChange
from schemes.database import Base, BodyOwned, new_id, stored, take_turns, to_body_row
from schemes.errors import Refused
from schemes.openpgp import CertificateFault, CertificateRefused
from schemes.person import Actor, Role
from schemes.seal import OpenKey, Seals, get_key
from schemes.ssh_key import is_public_key, new_private_key, public_half

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
    PGP_UNREADABLE = "pgp_unreadable"
    PGP_SECRET = "pgp_secret"  # noqa: S105 - the word, not one
    PGP_REVOKED = "pgp_revoked"
    PGP_EXPIRED = "pgp_expired"
    PGP_NO_ENCRYPTION_KEY = "pgp_no_encryption_key"
    PGP_NOTHING_TO_SIGN = "pgp_nothing_to_sign"
    PGP_NOTHING_TO_VERIFY = "pgp_nothing_to_verify"


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
    pgp_certificate: the bank's, to which each file is encrypted; "" where files go as they are. signs: with an OpenPGP
    key of ours. opens_answers: the bank encrypts its answers to that key. requires_signature: none that is collected is
    believed unless the bank signed it.
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
    pgp_certificate: str = ""
    signs: bool = False
    opens_answers: bool = False
    requires_signature: bool = False

    @property
    def needs_pgp_key(self) -> bool:
        return self.signs or self.opens_answers


class BankConnection(BodyOwned, Base):
    """A version of the connection of a bank profile's line; it counts once confirmed (`confirmed_at`).

    `sealed_secret`: the private key in OpenSSH's form, or the password. `public_key`: its other half, for the bank.
    `pgp_ends_at`: when nothing can be encrypted to the bank's certificate any more. `sealed_pgp_key`,
    `our_certificate`: the two halves of the OpenPGP key of ours.
    """

    __tablename__ = "bank_connection"
    __table_args__ = (
        to_body_row("bank_profile", "line_id"),
        to_body_row("sealing_key", "key_id"),
        UniqueConstraint("body_id", "line_id", "version"),
        CheckConstraint("(channel = 'sftp') = (sealed_secret is not null)", name="secret"),
        CheckConstraint("port between 1 and 65535", name="port"),
        CheckConstraint("(signs or opens_answers) = (sealed_pgp_key is not null)", name="pgp_key"),
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
    pgp_certificate: Mapped[str] = mapped_column(server_default="")
    pgp_ends_at: Mapped[datetime | None]
    signs: Mapped[bool] = mapped_column(server_default=false())
    opens_answers: Mapped[bool] = mapped_column(server_default=false())
    requires_signature: Mapped[bool] = mapped_column(server_default=false())
    our_certificate: Mapped[str] = mapped_column(server_default="")
    sealed_pgp_key: Mapped[bytes | None]
    public_key: Mapped[str]
    key_id: Mapped[UUID | None]
    sealed_secret: Mapped[bytes | None]
    made_at: Mapped[datetime]


def must_fit(terms: ConnectionTerms, *, at: datetime) -> datetime | None:
    """When the bank's OpenPGP certificate ends, if ever. Raises ConnectionTermsRefused for the first misfit."""
    if terms.channel is Channel.DOWNLOAD:
        return None
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
    if terms.requires_signature and not (terms.pgp_certificate and terms.opens_answers):
        raise ConnectionTermsRefused("requires_signature", ConnectionFault.PGP_NOTHING_TO_VERIFY)
    if not terms.pgp_certificate:
        if terms.signs:
            raise ConnectionTermsRefused("signs", ConnectionFault.PGP_NOTHING_TO_SIGN)
        return None
    try:
        return openpgp.look_at(terms.pgp_certificate, at=at).ends_at
    except CertificateRefused as refused:
        raise ConnectionTermsRefused("pgp_certificate", OF_CERTIFICATES[refused.fault]) from None


OF_CERTIFICATES = {each: ConnectionFault(f"pgp_{each.value}") for each in CertificateFault}


def is_folder(written: str) -> bool:
    return len(written) <= LONGEST_FOLDER and bool(FOLDER.fullmatch(written))


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


def counting_now(session: Session) -> Sequence[BankConnection]:
    """The versions that count, of every account whose files go by SFTP."""
    newest = (
        select(BankConnection.line_id, func.max(BankConnection.version).label("version"))
        .where(BankConnection.confirmed_at.is_not(None))
        .group_by(BankConnection.line_id)
        .subquery()
    )
    return session.scalars(
        select(BankConnection)
        .join(newest, (BankConnection.line_id == newest.c.line_id) & (BankConnection.version == newest.c.version))
        .where(BankConnection.channel == Channel.SFTP)
        .order_by(BankConnection.line_id)
    ).all()


def collecting(session: Session) -> Sequence[BankConnection]:
    """Those with a folder of answers."""
    return [each for each in counting_now(session) if each.collects]


def encrypting(session: Session) -> Sequence[BankConnection]:
    """Those with an OpenPGP certificate of the bank."""
    return [each for each in counting_now(session) if each.pgp_certificate]


def open_secret(session: Session, seals: Seals, connection: BankConnection) -> str:
    """The private key or password in the clear, for signing in. Raises SealBroken, KeyMissing."""
    assert connection.key_id is not None, "an SFTP connection has a secret"
    assert connection.sealed_secret is not None, "an SFTP connection has a secret"
    key = seals.open_row(get_key(session, connection.body_id, connection.key_id))
    return key.open(connection.sealed_secret, "bank_connection", connection.id).decode()


def open_pgp_key(session: Session, seals: Seals, connection: BankConnection) -> str:
    """Our OpenPGP key in the clear, "" where the connection has none. Raises SealBroken, KeyMissing."""
    if connection.sealed_pgp_key is None or connection.key_id is None:
        return ""
    key = seals.open_row(get_key(session, connection.body_id, connection.key_id))
    return key.open(connection.sealed_pgp_key, "bank_connection", f"{connection.id}/openpgp").decode()


def with_pgp_keys(session: Session) -> Sequence[BankConnection]:
    """Every version that was ever confirmed and has an OpenPGP key of ours: a bank may use an old one for a while."""
    return session.scalars(
        select(BankConnection)
        .where(BankConnection.confirmed_at.is_not(None), BankConnection.sealed_pgp_key.is_not(None))
        .order_by(BankConnection.confirmed_at.desc(), BankConnection.version.desc())
    ).all()


def facts(connection: BankConnection) -> dict[str, Any]:
    """A version as a proposal's facts: no secret, but the public key that the bank is to know."""
    terms = asdict(terms_of(connection))
    public = {"public_key": connection.public_key, "our_certificate": connection.our_certificate}
    return {**terms, **public, "connection_id": str(connection.id)}


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
    makes_pgp_key: bool = False,
    change_id: UUID,
    line_id: UUID,
    reason: str,
    by: Actor,
    at: datetime,
) -> Change:
    """Propose how the files of a bank profile reach the bank. The same change id again is the same proposal.

    password: as the bank gave it; "" keeps the one there is. makes_key: make another key instead of keeping the one
    there is; the first is made anyway. makes_pgp_key: the same of our OpenPGP key. Raises ConnectionTermsRefused,
    NothingToChange, NotFound, NotAllowed, and as `change.propose`.
    """
    by.must_be(Role.ADMINISTRATOR)
    take_turns(session, f"bank connection {line_id}")
    there = session.get(Change, (by.body_id, change_id))
    if there is not None:
        return there
    line_id = newest_profile(session, line_id).line_id
    pgp_ends_at = must_fit(terms, at=at)
    counting = connection_of(session, line_id)
    keeps = counting is not None and counting.sign_in is terms.sign_in and counting.channel is Channel.SFTP
    changes_secret = bool(password) or makes_key or not keeps
    makes_pgp_key = makes_pgp_key and terms.needs_pgp_key
    if not (changes_secret or makes_pgp_key) and counting is not None and terms_of(counting) == terms:
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
        our_certificate="",
        pgp_ends_at=pgp_ends_at,
        **{name: getattr(terms, name) for name in ConnectionTerms.__dataclass_fields__},
    )
    if terms.channel is Channel.SFTP:
        kept = open_secret(session, seals, counting) if counting is not None and not changes_secret else None
        key = keep_secret(session, seals, row, kept or made_secret(terms, password), at=at)
        if terms.needs_pgp_key:
            keep_pgp_key(session, seals, row, key, None if makes_pgp_key else counting)
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
        return new_private_key()
    if not 0 < len(password) <= LONGEST_PASSWORD:
        raise ConnectionTermsRefused("password", ConnectionFault.PASSWORD)
    return password


def keep_secret(session: Session, seals: Seals, row: BankConnection, secret: str, *, at: datetime) -> OpenKey:
    """Seal a version's secret under a key of its own, and say the public half of one that has two."""
    key_row, key = seals.make(row.body_id, at)
    session.add(key_row)
    session.flush()
    row.key_id = key_row.id
    row.sealed_secret = key.seal(secret.encode(), "bank_connection", row.id)
    if row.sign_in is SignIn.KEY:
        row.public_key = public_half(secret)
    return key


def keep_pgp_key(
    session: Session, seals: Seals, row: BankConnection, key: OpenKey, counting: BankConnection | None
) -> None:
    """Seal the OpenPGP key that there is for a version, or a new one, in the name of the body."""
    secret = open_pgp_key(session, seals, counting) if counting is not None else ""
    if secret and counting is not None:
        row.our_certificate = counting.our_certificate
    else:
        secret, row.our_certificate = openpgp.new_key(get_body(session).name)
    row.sealed_pgp_key = key.seal(secret.encode(), "bank_connection", f"{row.id}/openpgp")


def next_version(session: Session, line_id: UUID) -> int:
    """One more than any row of the line has, those that were rejected too."""
    return 1 + (session.scalar(select(func.max(BankConnection.version)).where(BankConnection.line_id == line_id)) or 0)


def apply(session: Session, confirmed: Change, by: Actor, at: datetime) -> None:
    """From now on the version counts."""
    row = session.get_one(BankConnection, (confirmed.body_id, UUID(confirmed.after["connection_id"])))
    row.confirmed_at = at
    session.flush()
    audit.record(session, "bank_connection.changed", by=by, about=row, at=at, version=row.version)
