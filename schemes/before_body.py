"""What is asked before a body is known: sign-in, sessions, due tasks, callbacks, the list of bodies.

Row security shows nothing until a body is set, so each question goes through one SECURITY DEFINER function, owned by a
role that cannot sign in. This module and `standing` are their only callers; migrations make them, and a test holds the
two lists against each other.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from schemes.database import Base, ask
from schemes.person import Role

FUNCTIONS = frozenset(
    {
        "add_passkey",
        "all_bodies",
        "api_key_of",
        "bodies_with_pending_audit",
        "calendar_feed_of",
        "body_of_link",
        "body_of_notice",
        "body_of_warning",
        "demo_people",
        "end_other_sessions",
        "end_sessions",
        "installation_standing",
        "keep_passkey_challenge",
        "last_sign_ins",
        "memberships_of",
        "passkey_holders",
        "passkeys_of",
        "person_of_email",
        "person_of_id",
        "practice_people",
        "public_bodies",
        "recovery_codes_left",
        "remove_passkeys",
        "renew_recovery_codes",
        "schema_revisions",
        "session_person",
        "sessions_of",
        "set_credentials",
        "set_password",
        "set_sign_in_wait",
        "sign_in_wait",
        "start_session",
        "stopped_tasks",
        "take_passkey_challenge",
        "tasks_standing",
        "tasks_to_push",
        "use_code",
        "use_passkey",
        "use_recovery_code",
        "webhooks_due",
    }
)


class WebSession(Base):
    """A signed-in browser, by the SHA-256 of its token. The app's role reaches it by functions only."""

    __tablename__ = "web_session"

    token_digest: Mapped[bytes] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    started_at: Mapped[datetime]
    last_used_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    browser: Mapped[str] = mapped_column(server_default=text("''"))
    by_recovery_code: Mapped[bool] = mapped_column(server_default=text("false"))


class SignInWait(Base):
    """Wrong tries for an e-mail address, by its SHA-256, whether or not anybody has it."""

    __tablename__ = "sign_in_wait"

    address_digest: Mapped[bytes] = mapped_column(primary_key=True)
    failures: Mapped[int]
    until: Mapped[datetime | None]


class UsedCode(Base):
    """The last one-time code that a person used for a purpose: none at or before it works again."""

    __tablename__ = "used_code"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    purpose: Mapped[str] = mapped_column(primary_key=True)
    counter: Mapped[int] = mapped_column(BigInteger)


def call(session: Session, function: str, *arguments: Any) -> list[Any]:
    assert function in FUNCTIONS
    slots = ", ".join(f":a{n}" for n in range(len(arguments)))
    values = {f"a{n}": argument for n, argument in enumerate(arguments)}
    return list(session.execute(text(f"SELECT * FROM {function}({slots})"), values))  # noqa: S608


class SignInPerson(NamedTuple):
    id: UUID
    name: str
    email: str
    password_hash: str
    code_ring_key_id: str
    code_secret: bytes
    demo: bool


class BodyRoles(NamedTuple):
    body_id: UUID
    name: str
    roles: frozenset[Role]
    limits: frozenset[tuple[Role, UUID]]


class WebSessionRow(NamedTuple):
    """A session of somebody's own list."""

    token_digest: bytes
    started_at: datetime
    last_used_at: datetime
    ended_at: datetime | None
    browser: str
    by_recovery_code: bool


class PasskeyRow(NamedTuple):
    """A passkey of somebody, removed ones too."""

    id: UUID
    credential_id: bytes
    public_key: bytes
    sign_count: int
    name: str
    transports: str
    made_at: datetime
    signs_from: datetime
    last_used_at: datetime | None
    removed_at: datetime | None


class FeedFound(NamedTuple):
    body_id: UUID
    made_at: datetime


class ApiKeyFound(NamedTuple):
    """The key that a public prefix belongs to, with the secret's digest."""

    body_id: UUID
    key_id: UUID
    secret_id: UUID
    digest: bytes
    name: str
    kind: str
    scopes: list[str]
    schemes: list[str]
    networks: list[str]
    payees: list[str]
    revoked_at: datetime | None
    ends_at: datetime | None
    last_used_at: datetime | None


class DueTask(NamedTuple):
    id: UUID
    body_id: UUID
    attempt: int


def person_of_email(session: Session, email: str) -> SignInPerson | None:
    rows = call(session, "person_of_email", email)
    return SignInPerson._make(rows[0]) if rows else None


def person_of_id(session: Session, person_id: UUID) -> SignInPerson | None:
    rows = call(session, "person_of_id", person_id)
    return SignInPerson._make(rows[0]) if rows else None


def demo_people(session: Session) -> list[tuple[SignInPerson, int]]:
    """The people of a demo, each with the counter of the last one-time code that they used for anything."""
    return [(SignInPerson._make(row[:-1]), row[-1]) for row in call(session, "demo_people")]


def practice_people(session: Session, body_id: UUID) -> list[tuple[SignInPerson, int]]:
    """The practice colleagues of a sandbox body, each with the counter of the last code that they used."""
    return [(SignInPerson._make(row[:-1]), row[-1]) for row in call(session, "practice_people", body_id)]


def sign_in_wait(session: Session, address_digest: bytes) -> tuple[int, datetime | None]:
    """Failures so far and the time before which no try is looked at; locks the row, so that guesses queue up."""
    row = call(session, "sign_in_wait", address_digest)[0]
    return row[0], row[1]


def set_sign_in_wait(session: Session, address_digest: bytes, failures: int, until: datetime | None) -> None:
    call(session, "set_sign_in_wait", address_digest, failures, until)


def use_code(session: Session, person_id: UUID, purpose: str, counter: int) -> bool:
    """Whether this code (its 30-second counter) had not been used by this person for this purpose; it has now."""
    return bool(call(session, "use_code", person_id, purpose, counter)[0][0])


def start_session(
    session: Session,
    token_digest: bytes,
    person_id: UUID,
    at: datetime,
    *,
    browser: str = "",
    by_recovery_code: bool = False,
) -> None:
    call(session, "start_session", token_digest, person_id, at, browser, by_recovery_code)


def session_person(session: Session, token_digest: bytes, at: datetime, idle_since: datetime) -> UUID | None:
    """Whose session a token is, unless it ended or was last used before `idle_since`; notes that it is used now."""
    rows = call(session, "session_person", token_digest, at, idle_since)
    return rows[0][0] if rows else None


def end_sessions(session: Session, person_id: UUID | None, token_digest: bytes | None, at: datetime) -> None:
    """End one session by its token, or all of a person's."""
    call(session, "end_sessions", person_id, token_digest, at)


def end_other_sessions(session: Session, person_id: UUID, kept: bytes, at: datetime) -> None:
    """End a person's sessions but one, by its token."""
    call(session, "end_other_sessions", person_id, kept, at)


def sessions_of(session: Session, person_id: UUID, limit: int) -> list[WebSessionRow]:
    return [WebSessionRow._make(row) for row in call(session, "sessions_of", person_id, limit)]


def last_sign_ins(session: Session, person_ids: list[UUID]) -> dict[UUID, datetime]:
    """When each of these people last signed in; whoever never did is left out."""
    return {row[0]: row[1] for row in call(session, "last_sign_ins", person_ids)}


def set_password(session: Session, person_id: UUID, password_hash: str) -> None:
    call(session, "set_password", person_id, password_hash)


def set_credentials(
    session: Session, person_id: UUID, password_hash: str, ring_key_id: str, code_secret: bytes, decides_from: datetime
) -> None:
    """Password and codes of somebody who lost them, and the time before which they decide at no gate."""
    call(session, "set_credentials", person_id, password_hash, ring_key_id, code_secret, decides_from)


def renew_recovery_codes(session: Session, person_id: UUID, digests: list[bytes], at: datetime) -> None:
    call(session, "renew_recovery_codes", person_id, digests, at)


def use_recovery_code(session: Session, person_id: UUID, digest: bytes, at: datetime) -> bool:
    """Whether a person had this code and had not used it; it is used now."""
    return bool(call(session, "use_recovery_code", person_id, digest, at)[0][0])


def recovery_codes_left(session: Session, person_id: UUID) -> int:
    return int(call(session, "recovery_codes_left", person_id)[0][0])


def add_passkey(session: Session, person_id: UUID, row: PasskeyRow) -> bool:
    """Whether the passkey is new: nobody has its credential yet."""
    kept = (row.id, person_id, row.credential_id, row.public_key, row.sign_count, row.name, row.transports)
    return bool(call(session, "add_passkey", *kept, row.made_at, row.signs_from)[0][0])


def passkeys_of(session: Session, person_id: UUID) -> list[PasskeyRow]:
    return [PasskeyRow._make(row) for row in call(session, "passkeys_of", person_id)]


def passkey_holders(session: Session, person_ids: list[UUID]) -> frozenset[UUID]:
    """Which of these people have a passkey that was not removed."""
    return frozenset(row[0] for row in call(session, "passkey_holders", person_ids))


def use_passkey(session: Session, person_id: UUID, passkey_id: UUID, sign_count: int, at: datetime) -> bool:
    """Whether a passkey's own count went up since it was used last, or it does not count; it is used now."""
    return bool(call(session, "use_passkey", person_id, passkey_id, sign_count, at)[0][0])


def remove_passkeys(session: Session, person_id: UUID, passkey_id: UUID | None, at: datetime) -> int:
    """Take one of a person's passkeys away, or all; how many there were."""
    return int(call(session, "remove_passkeys", person_id, passkey_id, at)[0][0])


def keep_passkey_challenge(
    session: Session, challenge: bytes, person_id: UUID, purpose: str, nonce: str, at: datetime, until: datetime
) -> None:
    call(session, "keep_passkey_challenge", challenge, person_id, purpose, nonce, at, until)


def take_passkey_challenge(
    session: Session, challenge: bytes, person_id: UUID, purpose: str, at: datetime
) -> str | None:
    """The nonce of a challenge that this person was given and has not answered yet; it is taken away."""
    rows = call(session, "take_passkey_challenge", challenge, person_id, purpose, at)
    return rows[0][0] if rows else None


def body_of_link(session: Session, token_digest: bytes) -> UUID | None:
    """The body of the invitation or reset that a link leads to."""
    rows = call(session, "body_of_link", token_digest)
    return rows[0][0] if rows else None


def memberships_of(session: Session, person_id: UUID) -> list[BodyRoles]:
    return [
        BodyRoles(
            body_id,
            name,
            frozenset(Role(role) for role in roles),
            frozenset((Role(role), scheme) for role, scheme in zip(roles, schemes, strict=True) if scheme),
        )
        for body_id, name, roles, schemes in call(session, "memberships_of", person_id)
    ]


def all_bodies(session: Session) -> list[tuple[UUID, str, str]]:
    """Id, name and kind of every body of this installation, by name."""
    return [(row[0], row[1], row[2]) for row in call(session, "all_bodies")]


def public_bodies(session: Session) -> list[tuple[UUID, str]]:
    """Id and name of the bodies that anybody may be told of: a sandbox that somebody signed up for is theirs."""
    return [(row[0], row[1]) for row in call(session, "public_bodies")]


def bodies_with_pending_audit(session: Session) -> list[UUID]:
    return [row[0] for row in call(session, "bodies_with_pending_audit")]


def body_of_notice(session: Session, reference: UUID) -> UUID | None:
    rows = call(session, "body_of_notice", reference)
    return rows[0][0] if rows else None


def body_of_warning(session: Session, token_digest: bytes) -> UUID | None:
    """The body of the warning that a link was sent in."""
    rows = call(session, "body_of_warning", token_digest)
    return rows[0][0] if rows else None


def calendar_feed(session: Session, token_digest: bytes) -> FeedFound | None:
    """The calendar feed that an address opens, while it counts and its owner belongs to the body."""
    rows = call(session, "calendar_feed_of", token_digest)
    return FeedFound._make(rows[0]) if rows else None


def api_key_of(session: Session, prefix: str) -> ApiKeyFound | None:
    """The API key, revoked or not, whose secret begins with a prefix."""
    rows = ask(session, "SELECT * FROM api_key_of(%(prefix)s)", prefix=prefix)
    return ApiKeyFound._make(rows[0]) if rows else None


def tasks_to_push(session: Session, at: datetime, pushed_before: datetime, limit: int) -> list[DueTask]:
    """Tasks that are due and were not pushed, or pushed so long ago that the queue must have lost them."""
    return [DueTask._make(row) for row in call(session, "tasks_to_push", at, pushed_before, limit)]


def stopped_tasks(session: Session) -> list[Any]:
    """Tasks that kept failing: id, body_id, kind, attempts, error, stopped_at."""
    return call(session, "stopped_tasks")


def webhooks_due(session: Session, at: datetime) -> list[tuple[UUID, UUID]]:
    """Body and id of each active webhook that something is to be sent to, or where something happened since."""
    return [(row[0], row[1]) for row in call(session, "webhooks_due", at)]
