"""One message to GOV.UK Notify, once: after silence it is looked up by its reference before it is sent again.

Notify knows no idempotency key. The client says 503 for silence too, so a 503 may hide a message that was taken.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from notifications_python_client.errors import HTTPError
from notifications_python_client.notifications import NotificationsAPIClient

from payouts.notices.connection import Way, reason_of
from payouts.notices.notice import NoticeStatus
from payouts.notices.pace import ABROAD, NO_LIMIT, NoPace, Pace
from payouts.tasks.hold import Hold
from payouts.tasks.outbox import NotThere

UNAVAILABLE = 503
TOO_MANY = 429
FORBIDDEN = 403
DAY_IS_OVER = "TooManyRequestsError"
# what Notify gives as the end of a message: its words for it, by ours
ENDS: dict[str, NoticeStatus] = {
    "delivered": NoticeStatus.DELIVERED,
    # abroad nothing more is said, and of a letter that the printer took it
    "sent": NoticeStatus.DELIVERED,
    "received": NoticeStatus.DELIVERED,
    "permanent-failure": NoticeStatus.FAILED,
    "temporary-failure": NoticeStatus.FAILED,
    "technical-failure": NoticeStatus.FAILED,
    "cancelled": NoticeStatus.FAILED,
    "virus-scan-failed": NoticeStatus.FAILED,
    "validation-failed": NoticeStatus.FAILED,
    "returned-letter": NoticeStatus.FAILED,
}


class NotifyBusy(NotThere):
    """Notify takes no more for now, or cannot be asked what it has: the rest is tried again later."""


@dataclass(frozen=True)
class Message:
    """What one message says, and to whom. `left_over`: an earlier try may have sent it.

    to: an e-mail address, a phone number, or the lines of an address.
    """

    notice_id: UUID
    way: Way
    to: str = field(repr=False)
    template_id: str
    personalisation: dict[str, str] = field(repr=False)
    left_over: bool

    @property
    def lane(self) -> str:
        """What Notify counts the message as in a day."""
        is_abroad = self.way is Way.TEXT and self.to.startswith("+") and not self.to.startswith("+44")
        return ABROAD if is_abroad else self.way


@dataclass(frozen=True)
class Answer:
    """What became of a message; `notify_id` where Notify has it. Status None: nothing is known, it stays `sending`.

    until: when it is worth asking again, where Notify's day is over.
    """

    notice_id: UUID
    status: NoticeStatus | None
    notify_id: UUID | None = None
    error: str = ""
    until: datetime | None = None


class Clients:
    """The real client, one for each thread: it is not thread-safe. `pace`: shared by all that send by one key."""

    def __init__(self, make: Callable[[], NotificationsAPIClient], hold: Hold, pace: Pace | NoPace = NO_LIMIT) -> None:
        self.make = make
        self.hold = hold
        self.pace = pace
        self.local = threading.local()

    def client(self) -> NotificationsAPIClient:
        if not hasattr(self.local, "client"):
            self.local.client = self.make()
        client: NotificationsAPIClient = self.local.client
        return client

    def deliver(self, message: Message) -> Answer:
        """Send one message, or find it where an earlier try sent it."""
        try:
            if message.left_over:
                found = self.look_up(message)
                if found is not None:
                    return found
            until = self.pace.wait(message.lane)
            if until is not None:
                return Answer(message.notice_id, None, until=until)
            return self.hand_over(message)
        except NotifyBusy:
            return Answer(message.notice_id, None)

    def hand_over(self, message: Message) -> Answer:
        # whoever has taken the task over may have sent it
        self.hold.check()
        try:
            answer = self.post(message)
        except HTTPError as error:
            return self.after(message, error)
        return Answer(message.notice_id, NoticeStatus.SENT, UUID(answer["id"]))

    def after(self, message: Message, error: HTTPError) -> Answer:
        """What an error means for a message. Raises NotifyBusy where nothing went out and it is tried again."""
        if error.status_code == TOO_MANY:
            until = self.pace.slow_down(message.lane, day_is_over=DAY_IS_OVER in reason_of(error))
            return Answer(message.notice_id, None, until=until)
        if error.status_code == FORBIDDEN and "AuthError" in reason_of(error):
            # the key or the clock is wrong: nothing is wrong with the message
            raise NotifyBusy from error
        if error.status_code >= 500:
            # silence, or a fault of theirs after they had taken it: it may have arrived
            found = self.look_up(message)
            if found is None:
                raise NotifyBusy from error
            return found
        return Answer(message.notice_id, NoticeStatus.REFUSED, error=f"{error.status_code} {reason_of(error)}")

    def post(self, message: Message) -> Any:
        """One request to Notify. Raises HTTPError."""
        facts = {
            "template_id": message.template_id,
            "personalisation": message.personalisation,
            "reference": str(message.notice_id),
        }
        match message.way:
            case Way.TEXT:
                return self.client().send_sms_notification(phone_number=message.to, **facts)
            case Way.EMAIL:
                return self.client().send_email_notification(
                    email_address=message.to, sanitise_content_for=["name"], **facts
                )
            case Way.LETTER:
                lines = {f"address_line_{number}": line for number, line in enumerate(message.to.splitlines(), 1)}
                facts["personalisation"] = {**message.personalisation, **lines}
                return self.client().send_letter_notification(**facts)

    def look_up(self, message: Message) -> Answer | None:
        """What Notify has under our reference. Raises NotifyBusy when it cannot be asked."""
        try:
            found = self.client().get_all_notifications(reference=str(message.notice_id))["notifications"]
        except HTTPError as error:
            raise NotifyBusy from error
        if not found:
            return None
        return Answer(message.notice_id, NoticeStatus.SENT, UUID(found[0]["id"]))
