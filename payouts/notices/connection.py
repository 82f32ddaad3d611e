"""A body's own GOV.UK Notify service: an API key, sealed, and the templates that its messages to payees go through.

A version is proposed by an administrator and confirmed by another person. Of the key people see its name and its kind
and never the key. Each channel has one template in Notify whose text is `((subject))` and `((body))`, or `((body))`
alone for texts: what is said stands here, where it is versioned, previewed and checked. Staff's messages go through the
installation's own service, and so do those to payees of a body without one.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from notifications_python_client.errors import HTTPError
from notifications_python_client.notifications import NotificationsAPIClient
from sqlalchemy import UniqueConstraint, false, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from payouts.app import NotifyNotSetUp
from payouts.sandbox import templates as sandbox_templates
from schemes import audit, change
from schemes.body import Body
from schemes.change import Change, ChangeKind, NothingToChange
from schemes.change_applied import EFFECTS, Effect
from schemes.database import Base, BodyOwned, new_id, stored, take_turns, to_body_row
from schemes.errors import NotFound, Refused
from schemes.person import Actor, Role
from schemes.seal import Seals, get_key

if TYPE_CHECKING:
    from payouts.app import Service

CONFIRMERS = (Role.ADMINISTRATOR, Role.APPROVER)
# Notify's own form: the name may hold hyphens, the two ids are the last 73 characters
ONE_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
API_KEY = re.compile(rf"(?P<name>.{{1,100}})-(?P<service>{ONE_UUID})-(?P<secret>{ONE_UUID})", re.IGNORECASE)
TIMEOUT_SECONDS = 30
# what Notify sends in a day, of each channel, for a service that is not live
TRIAL_A_DAY = 50


class KeyKind(StrEnum):
    """What Notify does with the messages of a key: pretends, delivers to the team alone, or delivers."""

    TEST = "test"
    TEAM = "team"
    LIVE = "live"


class Way(StrEnum):
    """By what Notify brings a message."""

    EMAIL = "email"
    TEXT = "text"
    LETTER = "letter"


class NotifyFault(StrEnum):
    """What is wrong with one field of a connection to Notify."""

    KEY = "key"
    TEMPLATE = "template"
    NO_TEMPLATE = "no_template"
    TRIAL = "trial"


class NotifyTermsRefused(Refused):
    """A connection that nothing could be sent through. `field` is one of `NotifyTerms`, or `api_key`."""

    def __init__(self, field: str, fault: NotifyFault) -> None:
        super().__init__(f"{field}: {fault}")
        self.field = field
        self.fault = fault


@dataclass(frozen=True)
class NotifyTerms:
    """What people say of a connection, but for its key. A channel without a template is not used.

    in_trial: the service is not live in Notify: it sends to its team alone, 50 messages a day, and no letters.
    """

    kind: KeyKind
    in_trial: bool = False
    email_template: str = ""
    text_template: str = ""
    letter_template: str = ""


class NotifyConnection(BodyOwned, Base):
    """A version of a body's connection to Notify; it counts once confirmed (`confirmed_at`).

    receipts_id: what the bearer token of Notify's callback is made of; it stays until another token is asked for.
    tried_at, trouble: when a message was last sent to try it, and what Notify said if it was not taken.
    """

    __tablename__ = "notify_connection"
    __table_args__ = (UniqueConstraint("body_id", "version"), to_body_row("sealing_key", "key_id"))

    version: Mapped[int]
    key_name: Mapped[str]
    kind: Mapped[KeyKind] = mapped_column(stored(KeyKind))
    in_trial: Mapped[bool] = mapped_column(server_default=false())
    notify_service: Mapped[UUID]
    email_template: Mapped[str]
    text_template: Mapped[str]
    letter_template: Mapped[str]
    key_id: Mapped[UUID]
    sealed_key: Mapped[bytes]
    receipts_id: Mapped[UUID]
    made_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    tried_at: Mapped[datetime | None]
    trouble: Mapped[str | None]


@dataclass(frozen=True)
class Sender:
    """What a body's messages to payees go through. `kind`: None for the installation's own service.

    a_minute: how many messages are taken there, Notify's own limit or what its simulator is set to.
    """

    url: str
    api_key: str = field(repr=False)
    templates: Mapping[Way, str]
    a_minute: int
    kind: KeyKind | None = None
    in_trial: bool = False

    def client(self, timeout: int = TIMEOUT_SECONDS) -> NotificationsAPIClient:
        """The real client. Not thread-safe: one for each thread."""
        return NotificationsAPIClient(self.api_key, base_url=self.url, timeout=timeout)

    @property
    def name(self) -> str:
        """Of the service and the kind of key that Notify counts the messages of; tells no secret."""
        return f"{self.api_key[-73:-37]}:{self.kind or 'installation'}"

    def sends(self, way: Way) -> bool:
        """Whether a channel can be used: Notify takes no letters from a team's key, nor from a service in trial."""
        no_letters = self.in_trial or self.kind is KeyKind.TEAM
        return bool(self.templates.get(way)) and not (way is Way.LETTER and no_letters)


def sender(session: Session, service: Service, body: Body) -> Sender:
    """What messages to a body's payees go through now. Raises NotifyNotSetUp, SealBroken, KeyMissing."""
    counting = connection_of(session)
    if counting is not None:
        return sender_of(session, service, body, counting)
    settings = service.settings
    if body.is_sandbox:
        url, key = settings.sandbox_notify_url, settings.sandbox_notify_api_key
        templates = {Way(name): template for name, template in sandbox_templates.PASS_THROUGH.items()}
    else:
        url, key = settings.notify_url, settings.notify_api_key
        templates = {
            Way.EMAIL: settings.notify_email_template,
            Way.TEXT: settings.notify_text_template,
            Way.LETTER: settings.notify_letter_template,
        }
    if not url or not key or not any(templates.values()):
        raise NotifyNotSetUp(body.name)
    return Sender(url, key, templates, a_minute_of(service, body))


def sender_of(session: Session, service: Service, body: Body, connection: NotifyConnection) -> Sender:
    """What a version would send through, confirmed or not: a sandbox body's goes to the simulator."""
    url = service.settings.sandbox_notify_url if body.is_sandbox else service.settings.notify_url
    if not url:
        raise NotifyNotSetUp(body.name)
    templates, a_minute = templates_of(connection), a_minute_of(service, body)
    return Sender(
        url, open_key(session, service.seals, connection), templates, a_minute, connection.kind, connection.in_trial
    )


def a_minute_of(service: Service, body: Body) -> int:
    """How many messages a minute are taken where a body's go: a sandbox body's go to the simulator."""
    return service.settings.sandbox_notify_a_minute if body.is_sandbox else service.settings.notify_a_minute


def templates_of(connection: NotifyConnection) -> dict[Way, str]:
    return {way: getattr(connection, f"{way}_template") for way in Way}


def open_key(session: Session, seals: Seals, connection: NotifyConnection) -> str:
    """The API key in the clear, for signing in. Raises SealBroken, KeyMissing."""
    key = seals.open_row(get_key(session, connection.body_id, connection.key_id))
    return key.open(connection.sealed_key, "notify_connection", connection.id).decode()


def connection_of(session: Session) -> NotifyConnection | None:
    """The version that counts now; None where the installation's own service is used."""
    confirmed = select(NotifyConnection).where(NotifyConnection.confirmed_at.is_not(None))
    return session.scalars(confirmed.order_by(NotifyConnection.version.desc()).limit(1)).first()


def get_connection(session: Session, connection_id: UUID, *, lock: bool = False) -> NotifyConnection:
    """Raises NotFound."""
    found = session.get(NotifyConnection, (session.info["body_id"], connection_id), with_for_update=lock or None)
    if found is None:
        raise NotFound("connection to Notify", connection_id)
    return found


def receipts_token(seals: Seals, connection: NotifyConnection) -> str:
    """The bearer token that Notify gives with its receipts of this body's messages, and with nobody else's."""
    made = seals.fingerprint(connection.body_id, "notify receipts", str(connection.receipts_id))
    return urlsafe_b64encode(made).decode().rstrip("=")


def facts(connection: NotifyConnection) -> dict[str, Any]:
    """A version as a proposal's facts: no secret."""
    templates = {f"{way}_template": template for way, template in templates_of(connection).items()}
    return {
        "key_name": connection.key_name,
        "kind": connection.kind.value,
        "in_trial": connection.in_trial,
        "notify_service": str(connection.notify_service),
        **templates,
        "receipts_id": str(connection.receipts_id),
        "connection_id": str(connection.id),
    }


def now_there(session: Session, _: UUID) -> dict[str, Any]:
    """What a proposal replaces, as it stands now."""
    counting = connection_of(session)
    return facts(counting) if counting else {}


def propose(
    session: Session,
    seals: Seals,
    terms: NotifyTerms,
    *,
    api_key: str = "",
    new_token: bool = False,
    change_id: UUID,
    reason: str,
    by: Actor,
    at: datetime,
) -> Change:
    """Propose what messages to payees go through. The same change id again is the same proposal.

    api_key: as Notify gave it; "" keeps the one there is. new_token: Notify's callback gets another bearer token.
    Raises NotifyTermsRefused, NothingToChange, NotAllowed, and as `change.propose`.
    """
    by.must_be(Role.ADMINISTRATOR)
    take_turns(session, "notify connection")
    there = session.get(Change, (by.body_id, change_id))
    if there is not None:
        return there
    counting = connection_of(session)
    kept = open_key(session, seals, counting) if counting is not None and not api_key.strip() else api_key.strip()
    found = API_KEY.fullmatch(kept)
    if found is None:
        raise NotifyTermsRefused("api_key", NotifyFault.KEY)
    must_fit(terms)
    if counting is not None and not api_key.strip() and not new_token and terms_of(counting) == terms:
        raise NothingToChange
    key_row, key = seals.make(by.body_id, at)
    session.add(key_row)
    session.flush()
    row_id = new_id()
    row = NotifyConnection(
        body_id=by.body_id,
        id=row_id,
        version=1 + (session.scalar(select(func.max(NotifyConnection.version))) or 0),
        key_name=found["name"],
        notify_service=UUID(found["service"]),
        key_id=key_row.id,
        sealed_key=key.seal(kept.encode(), "notify_connection", row_id),
        receipts_id=new_id() if counting is None or new_token else counting.receipts_id,
        made_at=at,
        **asdict(terms),
    )
    session.add(row)
    session.flush()
    return change.propose(
        session,
        ChangeKind.NOTIFY,
        change_id=change_id,
        subject_id=by.body_id,
        before=now_there(session, by.body_id),
        after=facts(row),
        reason=reason,
        by=by,
        at=at,
    )


def must_fit(terms: NotifyTerms) -> None:
    """Raises NotifyTermsRefused for the first template that is none, where there is none, and for a live key in trial.

    Notify gives live keys to live services alone.
    """
    if terms.in_trial and terms.kind is KeyKind.LIVE:
        raise NotifyTermsRefused("kind", NotifyFault.TRIAL)
    given = {f"{way}_template": getattr(terms, f"{way}_template") for way in Way}
    for name, template in given.items():
        if template and not re.fullmatch(ONE_UUID, template, re.IGNORECASE):
            raise NotifyTermsRefused(name, NotifyFault.TEMPLATE)
    if not any(given.values()):
        raise NotifyTermsRefused("email_template", NotifyFault.NO_TEMPLATE)


def terms_of(connection: NotifyConnection) -> NotifyTerms:
    return NotifyTerms(**{name: getattr(connection, name) for name in NotifyTerms.__dataclass_fields__})


def apply(session: Session, confirmed: Change, by: Actor, at: datetime) -> None:
    """From now on messages go through this version."""
    row = get_connection(session, UUID(confirmed.after["connection_id"]), lock=True)
    row.confirmed_at = at
    session.flush()
    audit.record(session, "notify.connection_changed", by=by, about=row, at=at, version=row.version, kind=row.kind)


EFFECTS[ChangeKind.NOTIFY] = Effect(CONFIRMERS, now_there, apply)


def try_out(service: Service, body: Body, connection_id: UUID, *, by: Actor) -> NotifyConnection:
    """Send the person who asks a message through a version, confirmed or not, and keep what Notify said.

    Raises NotFound, NotAllowed, NotifyNotSetUp.
    """
    by.must_be(Role.ADMINISTRATOR, Role.APPROVER)
    with service.transaction(body.id) as session:
        through = sender_of(session, service, body, get_connection(session, connection_id))
    trouble = trial(through, by.email, body.name)
    with service.transaction(body.id) as session:
        kept = get_connection(session, connection_id, lock=True)
        kept.tried_at, kept.trouble = service.now(), trouble
        audit.record(session, "notify.tried", by=by, about=kept, at=service.now(), version=kept.version)
        session.flush()
        session.expunge(kept)
    return kept


def trial(through: Sender, email: str, body_name: str) -> str | None:
    """What Notify says against a message to somebody; None if it takes it."""
    template = through.templates.get(Way.EMAIL)
    if not template:
        return "no template for e-mails"
    words = {
        "subject": "A message to try Notify",
        "body": f"This message shows that {body_name} can send messages to payees through GOV.UK Notify.",
    }
    try:
        through.client(timeout=10).send_email_notification(email, template, words, reference=f"trial-{new_id()}")
    except HTTPError as error:
        return f"{error.status_code} {reason_of(error)}"
    return None


def reason_of(error: HTTPError) -> str:
    """Notify's kind of error. Its messages may quote an address, which must not stand in our records."""
    if isinstance(error.message, list):
        return ", ".join(sorted({str(part.get("error", "")) for part in error.message}))
    return type(error).__name__
