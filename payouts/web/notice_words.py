"""Words for what became of a message, as GOV.UK Notify tells it."""

from __future__ import annotations

from datetime import datetime

from flask import Flask

from payouts.notices.notice import NoticeStatus
from payouts.web.figures import instant

# Notify's own statuses of e-mails and text messages
DELIVERY: dict[str, tuple[str, str]] = {
    "created": ("Waiting to be sent", "blue"),
    "sending": ("Being sent", "blue"),
    "pending": ("Being sent", "blue"),
    "sent": ("Sent", "green"),
    "delivered": ("Delivered", "green"),
    "permanent-failure": ("Address does not exist", "red"),
    "temporary-failure": ("Could not be delivered", "red"),
    "technical-failure": ("Notify had a problem", "red"),
    "validation-failed": ("Refused by Notify", "red"),
}


# of our own notices to the payees of a payroll, in the order of their way
NOTICES: dict[NoticeStatus, str] = {
    NoticeStatus.PLANNED: "Waiting to be sent",
    NoticeStatus.SENDING: "Being sent",
    NoticeStatus.SENT: "Sent, not yet delivered",
    NoticeStatus.DELIVERED: "Delivered",
    NoticeStatus.FAILED: "Could not be delivered",
    NoticeStatus.REFUSED: "Refused by Notify",
    NoticeStatus.NO_ADDRESS: "No email address, so not told",
    NoticeStatus.HELD_BACK: "Payee has died or is on hold, so not told",
}


def notice_status(status: str) -> tuple[str, str]:
    # Notify may add statuses: an unknown one is shown as it is
    return DELIVERY.get(status, (status.replace("-", " ").capitalize(), "grey"))


def notify_instant(written: str) -> str:
    return instant(datetime.fromisoformat(written))


def register(app: Flask) -> None:
    app.add_template_filter(notice_status)
    app.add_template_filter(NOTICES.__getitem__, "warning_status")
    app.add_template_filter(notify_instant)
