"""One message that the simulator accepted, and how it fares: decided by its recipient, told by its age."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from payouts.sandbox.templates import TemplateType

Clock = Callable[[], datetime]

CREATED = "created"
SENDING = "sending"
SENT = "sent"
DELIVERED = "delivered"
TEMPORARY_FAILURE = "temporary-failure"
PERMANENT_FAILURE = "permanent-failure"
ACCEPTED = "accepted"
RECEIVED = "received"

# What a list may be filtered by: more than the simulator ever gives, since a client may ask for any of Notify's
STATUSES = (
    CREATED, SENDING, "pending", SENT, DELIVERED, TEMPORARY_FAILURE, PERMANENT_FAILURE, "technical-failure", "failed",
    ACCEPTED, RECEIVED, "cancelled", "pending-virus-check", "virus-scan-failed", "validation-failed", "returned-letter",
)  # fmt: skip

MAGIC = {
    "temp-fail@simulator.notify": TEMPORARY_FAILURE,
    "perm-fail@simulator.notify": PERMANENT_FAILURE,
    "07700900003": TEMPORARY_FAILURE,
    "07700900002": PERMANENT_FAILURE,
}
"""Addresses and numbers whose messages do not arrive: Notify's own for tests."""
_SMOKE_TEST = frozenset({
    "simulate-delivered@notifications.service.gov.uk",
    "simulate-delivered-2@notifications.service.gov.uk",
    "simulate-delivered-3@notifications.service.gov.uk",
    "07700900000",
    "07700900111",
    "07700900222",
})  # fmt: skip


@dataclass(frozen=True)
class Pace:
    """How old a message is when it is handed on, and when its fate is known. Real Notify takes seconds to days."""

    sending_after: timedelta = timedelta(seconds=1)
    finished_after: timedelta = timedelta(seconds=3)

    def __post_init__(self) -> None:
        if not timedelta(0) <= self.sending_after <= self.finished_after:
            raise ValueError("a message is sent before its fate is known, and neither before it was accepted")


DEFAULT_PACE = Pace()


@dataclass(frozen=True, slots=True)
class Notification:
    """A message as accepted; ``recipient`` is an e-mail address, a phone number or address lines joined by newlines."""

    id: str
    service_id: str
    type: TemplateType
    recipient: str
    reference: str | None
    template_id: str
    template_version: int
    subject: str | None
    body: str
    created_at: datetime  # UTC
    one_click_unsubscribe_url: str | None = None


def is_smoke_test(recipient: str) -> bool:
    """Whether Notify would answer 201 for this recipient and keep nothing."""
    return _plain(recipient) in _SMOKE_TEST


def outcome(notification: Notification) -> str:
    """The status it will end with."""
    if notification.type == "letter":
        return RECEIVED
    recipient = _plain(notification.recipient)
    if notification.type == "sms" and recipient.startswith("+"):
        return SENT  # foreign networks say nothing more
    return MAGIC.get(recipient, DELIVERED)


def status_at(notification: Notification, now: datetime, pace: Pace) -> str:
    """The status at an instant (UTC): a function of age, so that it goes on rightly after a restart."""
    age = now - notification.created_at
    if age >= pace.finished_after:
        return outcome(notification)
    if notification.type == "letter":
        return ACCEPTED
    return SENDING if age >= pace.sending_after else CREATED


def wire_time(instant: datetime) -> str:
    """An instant as Notify writes it, with six decimals and a Z."""
    return instant.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _plain(recipient: str) -> str:
    """An e-mail address in lower case; a British phone number as 07…, whichever way it was written."""
    if "@" in recipient:
        return recipient.strip().lower()
    digits = re.sub(r"[^0-9+]", "", recipient)
    return re.sub(r"^(\+44|0044|44)(?=7)", "0", digits)
