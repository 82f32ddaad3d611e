"""Sending notices through GOV.UK Notify, each once: intent, effect, outcome.

Notify knows no idempotency key, so the intent is committed first under the notice's id. Whatever is found at `sending`
when the work starts was left by a crash, and whatever got no answer may have arrived: both are looked up by reference
before anything is sent again.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from notifications_python_client.errors import HTTPError
from notifications_python_client.notifications import NotificationsAPIClient
from sqlalchemy import select, update

from bacs import pence
from payouts.notices.notice import Notice, NoticeStatus, move
from payouts.payroll import get_payroll
from payouts.sandbox import templates as sandbox_templates
from payouts.tasks.hold import Hold
from payouts.tasks.outbox import NotThere
from schemes import audit
from schemes.body import Body, get_body
from schemes.database import in_chunks
from schemes.hold import gravest
from schemes.payee import Payee

if TYPE_CHECKING:
    from payouts.app import Service

BATCH = 40
THREADS = 4
UNAVAILABLE = 503
TOO_MANY = 429


class NotifyBusy(NotThere):
    """Notify takes no more for now, or cannot be asked what it has: the rest is tried again later."""


@dataclass(frozen=True)
class Message:
    """What one notice says, and to whom. `left_over`: an earlier try may have sent it."""

    notice_id: UUID
    email: str
    template_id: str
    personalisation: dict[str, str]
    left_over: bool
    phone_number: str = field(default="", repr=False)


@dataclass(frozen=True)
class Answer:
    """What became of a message; `notify_id` where Notify has it. Status None: nothing is known, it stays `sending`."""

    notice_id: UUID
    status: NoticeStatus | None
    notify_id: UUID | None = None
    error: str = ""


def send(hold: Hold, service: Service, args: Mapping[str, Any]) -> None:
    """Send one chunk of a payroll's notices. Raises NotifyBusy when some are left for another try, HoldLost."""
    body_id = UUID(args["body_id"])
    first, last = UUID(args["first"]), UUID(args["last"])
    with service.transaction(body_id) as opened:
        body = get_body(opened)
        pay_date = get_payroll(opened, UUID(args["payroll_id"])).pay_date
        left = opened.scalars(
            select(Notice.id)
            .where(Notice.id.between(first, last), Notice.status.in_((NoticeStatus.PLANNED, NoticeStatus.SENDING)))
            .order_by(Notice.id)
        ).all()
    clients = Clients(service, body, hold)
    busy = 0
    with ThreadPoolExecutor(THREADS) as threads:
        for batch in in_chunks(left, BATCH):
            messages = intend(service, body, batch, pay_date)
            answers = list(threads.map(clients.deliver, messages))
            note(service, body_id, answers)
            busy += sum(answer.status is None for answer in answers)
    if busy:
        raise NotifyBusy(f"{busy} notices of this chunk are left for another try")


def intend(service: Service, body: Body, batch: Sequence[UUID], pay_date: date) -> list[Message]:
    """Commit the intent to send, and return what is to be sent. Who died or was held meanwhile is not written to."""
    with service.transaction(body.id) as session:
        session.execute(
            update(Notice)
            .where(Notice.id.in_(batch), Notice.status == NoticeStatus.PLANNED, gravest(Notice.payee_id).is_not(None))
            .values(status=NoticeStatus.HELD_BACK)
            .execution_options(synchronize_session=False)
        )
        rows = session.execute(
            select(Notice, Payee)
            .join(Payee, (Payee.body_id == Notice.body_id) & (Payee.id == Notice.payee_id))
            .where(Notice.id.in_(batch), Notice.status != NoticeStatus.HELD_BACK)
            .order_by(Notice.id)
        ).all()
        messages = [message_of(service, body, notice, payee, pay_date) for notice, payee in rows]
        session.execute(
            update(Notice)
            .where(Notice.id.in_(batch), Notice.status == NoticeStatus.PLANNED)
            .values(status=NoticeStatus.SENDING)
            .execution_options(synchronize_session=False)
        )
    return messages


def message_of(service: Service, body: Body, notice: Notice, payee: Payee, pay_date: date) -> Message:
    several = notice.payment_count > 1
    template_id = service.settings.notify_several_template if several else service.settings.notify_template
    if body.is_sandbox:
        template_id = sandbox_templates.PAYMENTS_ON_THEIR_WAY if several else sandbox_templates.PAYMENT_ON_ITS_WAY
    amount = pence.format(notice.total_pence)
    return Message(
        notice_id=notice.id,
        email=payee.email or "",
        template_id=template_id,
        personalisation={
            "name": payee.name,
            "amount": amount,
            "total": amount,
            "count": str(notice.payment_count),
            "date": f"{pay_date:%A} {pay_date.day} {pay_date:%B %Y}",
            "last_four": notice.last_four,
            "contact": body.contact_email,
            "sender": "The payments team",
        },
        left_over=notice.status is NoticeStatus.SENDING,
    )


class Clients:
    """The real client, one for each thread: it is not thread-safe."""

    def __init__(self, service: Service, body: Body, hold: Hold) -> None:
        self.service = service
        self.body = body
        self.hold = hold
        self.local = threading.local()

    def client(self) -> NotificationsAPIClient:
        if not hasattr(self.local, "client"):
            self.local.client = self.service.notify_client(self.body)
        client: NotificationsAPIClient = self.local.client
        return client

    def deliver(self, message: Message) -> Answer:
        """Send one message, or find it where an earlier try sent it."""
        try:
            if message.left_over:
                found = self.look_up(message)
                if found is not None:
                    return found
            return self.hand_over(message)
        except NotifyBusy:
            return Answer(message.notice_id, None)

    def hand_over(self, message: Message) -> Answer:
        # whoever has taken the task over may have sent it
        self.hold.check()
        try:
            answer = self.post(message)
        except HTTPError as error:
            if error.status_code == TOO_MANY or (error.status_code >= 500 and error.status_code != UNAVAILABLE):
                raise NotifyBusy from error
            if error.status_code == UNAVAILABLE:
                # the client says 503 for silence too: it may have arrived
                found = self.look_up(message)
                if found is None:
                    raise NotifyBusy from error
                return found
            return Answer(message.notice_id, NoticeStatus.REFUSED, error=f"{error.status_code} {reason_of(error)}")
        return Answer(message.notice_id, NoticeStatus.SENT, UUID(answer["id"]))

    def post(self, message: Message) -> Any:
        """One request to Notify. Raises HTTPError."""
        if message.phone_number:
            return self.client().send_sms_notification(
                phone_number=message.phone_number,
                template_id=message.template_id,
                personalisation=message.personalisation,
                reference=str(message.notice_id),
            )
        return self.client().send_email_notification(
            email_address=message.email,
            template_id=message.template_id,
            personalisation=message.personalisation,
            reference=str(message.notice_id),
            sanitise_content_for=["name"],
        )

    def look_up(self, message: Message) -> Answer | None:
        """What Notify has under our reference. Raises NotifyBusy when it cannot be asked."""
        try:
            found = self.client().get_all_notifications(reference=str(message.notice_id))["notifications"]
        except HTTPError as error:
            raise NotifyBusy from error
        if not found:
            return None
        return Answer(message.notice_id, NoticeStatus.SENT, UUID(found[0]["id"]))


def reason_of(error: HTTPError) -> str:
    """Notify's kind of error. Its messages may quote an address, which must not stand in our records."""
    if isinstance(error.message, list):
        return ", ".join(sorted({str(part.get("error", "")) for part in error.message}))
    return type(error).__name__


def note(service: Service, body_id: UUID, answers: Sequence[Answer]) -> None:
    """Commit the outcomes. A receipt may have been here first: then the notice is past `sending` already."""
    with service.transaction(body_id) as session:
        by_id = {answer.notice_id: answer for answer in answers if answer.status is not None}
        notices = session.scalars(select(Notice).where(Notice.id.in_(by_id)).with_for_update()).all()
        refused = 0
        for notice in notices:
            answer = by_id[notice.id]
            assert answer.status is not None
            notice.notify_id = answer.notify_id
            notice.sent_at = service.now() if answer.notify_id else None
            if move(notice, answer.status) and answer.status is NoticeStatus.REFUSED:
                notice.error, notice.ended_at = answer.error, service.now()
                refused += 1
        sent = sum(answer.status is NoticeStatus.SENT for answer in answers)
        audit.record(session, "notices.sent", by=None, at=service.now(), sent=sent, refused=refused)
