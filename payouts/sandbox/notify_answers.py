"""What the Notify simulator answers: messages and templates as Notify writes them in JSON."""

from datetime import datetime
from typing import Any

from flask import url_for

from payouts.sandbox.notification import ACCEPTED, CREATED, SENDING, Notification, Pace, status_at, wire_time
from payouts.sandbox.templates import Template

_FIRST_TEMPLATES_AT = "2025-01-01T00:00:00.000000Z"
_FROM_EMAIL = "sandbox.payouts@notifications.service.gov.uk"
_FROM_NUMBER = "GOVUK"


def accepted(notification: Notification) -> dict[str, Any]:
    """The answer to a message that was taken: its id, and the content as the recipient would read it."""
    content: dict[str, object] = {"body": notification.body}
    if notification.type == "sms":
        content["from_number"] = _FROM_NUMBER
    else:
        content["subject"] = notification.subject
    answer: dict[str, Any] = {
        "id": notification.id,
        "reference": notification.reference,
        "content": content,
        "uri": url_for("v2.show_notification", notification_id=notification.id, _external=True),
        "template": _template_link(notification),
        "scheduled_for": None,
    }
    if notification.type == "email":
        content["from_email"] = _FROM_EMAIL
        content["one_click_unsubscribe_url"] = notification.one_click_unsubscribe_url
        answer["sanitised_content"] = {}
    return answer


def described(notification: Notification, now: datetime, pace: Pace) -> dict[str, object]:
    """A message and what has become of it by ``now`` (UTC)."""
    status = status_at(notification, now, pace)
    lines = notification.recipient.split("\n") if notification.type == "letter" else []
    address = {f"line_{number}": lines[number - 1] if number <= len(lines) else None for number in range(1, 8)}
    sent_at, completed_at = notification.created_at + pace.sending_after, notification.created_at + pace.finished_after
    return {
        "id": notification.id,
        "reference": notification.reference,
        "email_address": notification.recipient if notification.type == "email" else None,
        "phone_number": notification.recipient if notification.type == "sms" else None,
        **address,
        "postage": "second" if notification.type == "letter" else None,
        "type": notification.type,
        "status": status,
        "template": _template_link(notification),
        "subject": notification.subject,
        "body": notification.body,
        "created_at": wire_time(notification.created_at),
        "created_by_name": None,
        "sent_at": None if status in (CREATED, ACCEPTED) else wire_time(sent_at),
        "completed_at": None if status in (CREATED, ACCEPTED, SENDING) else wire_time(completed_at),
        "scheduled_for": None,
        "one_click_unsubscribe": notification.one_click_unsubscribe_url,
        "is_cost_data_ready": True,
        "cost_in_pounds": 0.0,
        "cost_details": {},
    }


def described_template(template: Template) -> dict[str, object]:
    """A template with the placeholders that a sender has to fill."""
    return {
        "id": template.id,
        "name": template.name,
        "type": template.type,
        "created_at": _FIRST_TEMPLATES_AT,
        "updated_at": None,
        "created_by": "sandbox@example.org",
        "version": template.version,
        "subject": template.subject,
        "body": template.body,
        "letter_contact_block": None,
        "postage": "second" if template.type == "letter" else None,
        "personalisation": {name: {"required": True} for name in template.placeholders},
    }


def _template_link(notification: Notification) -> dict[str, object]:
    uri = url_for(
        "v2.show_template", template_id=notification.template_id, version=notification.template_version, _external=True
    )
    return {"id": notification.template_id, "version": notification.template_version, "uri": uri}
