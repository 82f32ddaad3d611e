"""Messages to the people who use the service: an invitation, a link to set a password anew, news of an account.

They go the way that notices go: intent, effect, outcome. What they say is sealed until it was sent and then taken away,
since a link is as good as a key.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from payouts.app import NotifyNotSetUp
from payouts.notices.connection import Way
from payouts.notices.delivery import Clients, Message, NotifyBusy
from payouts.notices.notice import UUID_TEXT, NoticeStatus
from payouts.notices.words import plain
from payouts.sandbox import templates as sandbox_templates
from payouts.tasks import outbox
from payouts.tasks.hold import Hold
from schemes import audit
from schemes.body import Body, get_body
from schemes.database import Base, BodyOwned, new_id, stored, to_body_row
from schemes.person import Role, people
from schemes.seal import get_key

if TYPE_CHECKING:
    from payouts.app import Service


class StaffEvent(StrEnum):
    """What a message tells."""

    INVITATION = "invitation"
    SIGN_UP = "sign_up"
    RESET_LINK = "reset_link"
    RESET_CONFIRMED = "reset_confirmed"
    NEW_APPROVER = "new_approver"
    RECOVERY_CODE_USED = "recovery_code_used"
    QUERY_ASKED = "query_asked"
    QUERY_ANSWERED = "query_answered"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  the name of an event
    GATE_WAITING = "gate_waiting"
    GATE_REMINDER = "gate_reminder"
    GATE_LATE = "gate_late"
    NO_GO = "no_go"
    HANDED_OVER = "handed_over"
    PASSKEYS_CHANGED = "passkeys_changed"
    CONTROL_DIFFERS = "control_differs"
    FILE_NOT_SENT = "file_not_sent"
    CERTIFICATE_ENDS = "certificate_ends"
    TRACE_STEP = "trace_step"
    # of what payees were told before their messages were notices; none is made any more
    TRACE_PAYEE = "trace_payee"
    WEBHOOK_PAUSED = "webhook_paused"
    RELEASED = "released"
    RETURNS_ARRIVED = "returns_arrived"
    IMPORT_FINISHED = "import_finished"
    GO_LIVE_DECIDED = "go_live_decided"


LEAVES_A_SANDBOX = (StaffEvent.SIGN_UP, StaffEvent.GO_LIVE_DECIDED)


class StaffMessage(BodyOwned, Base):
    """One message to one person of the body, or to somebody invited. `id` is Notify's reference, as of a notice.

    sealed_content: address, name, subject and text as JSON; None once it was sent or refused.
    """

    __tablename__ = "staff_message"
    __table_args__ = (to_body_row("sealing_key", "key_id"),)

    event: Mapped[StaffEvent] = mapped_column(stored(StaffEvent))
    status: Mapped[NoticeStatus] = mapped_column(stored(NoticeStatus))
    key_id: Mapped[UUID]
    sealed_content: Mapped[bytes | None]
    notify_id: Mapped[UUID | None]
    error: Mapped[str | None]
    made_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]


def plan(
    session: Session,
    service: Service,
    event: StaffEvent,
    *,
    email: str,
    name: str,
    subject: str,
    text: str,
    at: datetime,
) -> StaffMessage:
    """Keep a message in the caller's transaction, to be sent once that has committed."""
    body_id = session.info["body_id"]
    key_row, key = service.seals.make(body_id, at)
    session.add(key_row)
    session.flush()
    message_id = new_id()
    content = json.dumps({"email": email, "name": name, "subject": subject, "text": text}).encode()
    message = StaffMessage(
        body_id=body_id,
        id=message_id,
        event=event,
        status=NoticeStatus.PLANNED,
        key_id=key_row.id,
        sealed_content=key.seal(content, "staff_message", message_id),
        made_at=at,
    )
    session.add(message)
    session.flush()
    outbox.add(session, "staff.send", once=f"staff.send/{message_id}", at=at, message_id=str(message_id))
    return message


def tell_role(
    session: Session,
    service: Service,
    event: StaffEvent,
    role: Role,
    *,
    subject: str,
    text: str,
    at: datetime,
    scheme_id: UUID | None = None,
) -> None:
    """Keep a message to everybody who has a role in the body, or for one of its schemes."""
    for person, roles in people(session, scheme_id=scheme_id):
        if role in roles:
            plan(
                session, service, event, email=person.email, name=plain(person.name), subject=subject, text=text, at=at
            )


def send(hold: Hold, service: Service, args: Mapping[str, Any]) -> None:
    """Send one message once. Raises NotifyBusy to be tried again, NotifyNotSetUp, HoldLost."""
    body_id, message_id = UUID(args["body_id"]), UUID(args["message_id"])
    with service.transaction(body_id) as session:
        body = get_body(session)
        kept = session.get_one(StaffMessage, (body_id, message_id), with_for_update=True)
        if kept.status not in (NoticeStatus.PLANNED, NoticeStatus.SENDING) or kept.sealed_content is None:
            return
        key = service.seals.open_row(get_key(session, body_id, kept.key_id))
        content = json.loads(key.open(kept.sealed_content, "staff_message", message_id))
        message = Message(
            notice_id=message_id,
            way=Way.EMAIL,
            to=content["email"],
            template_id=template_of(service, body, kept.event),
            personalisation={name: content[name] for name in ("name", "subject", "text")},
            left_over=kept.status is NoticeStatus.SENDING,
        )
        really = is_sent_really(service, kept.event)
        kept.status = NoticeStatus.SENDING
    answer = Clients(lambda: service.notify_client(body, really=really), hold).deliver(message)
    if answer.status is None:
        raise NotifyBusy("the message is left for another try")
    with service.transaction(body_id) as session:
        kept = session.get_one(StaffMessage, (body_id, message_id), with_for_update=True)
        if kept.status is not NoticeStatus.SENDING:
            return
        kept.status, kept.notify_id, kept.error = answer.status, answer.notify_id, answer.error or None
        kept.sent_at, kept.sealed_content = service.now(), None
        audit.record(
            session, "staff.told", by=None, about=kept, at=service.now(), event=kept.event, outcome=kept.status
        )


def is_sent_really(service: Service, event: StaffEvent) -> bool:
    """Whether a message leaves a sandbox: how somebody gets into one, and that they may leave it."""
    settings = service.settings
    return event in LEAVES_A_SANDBOX and bool(settings.notify_api_key and settings.notify_staff_template)


def template_of(service: Service, body: Body, event: StaffEvent) -> str:
    """Raises NotifyNotSetUp where a live body has no template for its staff."""
    pretends = body.is_sandbox and not is_sent_really(service, event)
    template = sandbox_templates.STAFF_MESSAGE if pretends else service.settings.notify_staff_template
    if not template:
        raise NotifyNotSetUp(body.name)
    return template


def ours(session: Session, references: Iterable[str]) -> set[str]:
    """Of Notify's references those that are messages of this body to its staff."""
    ids = [UUID(reference) for reference in references if UUID_TEXT.fullmatch(reference)]
    return {str(found) for found in session.scalars(select(StaffMessage.id).where(StaffMessage.id.in_(ids)))}
