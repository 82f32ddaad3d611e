"""Words for webhooks: what each is told, why one is paused, what became of a message, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask

from payouts.webhooks.address import LONGEST, AddressFault, AddressRefused
from payouts.webhooks.delivery import DeliveryStatus
from payouts.webhooks.posting import Trouble
from payouts.webhooks.webhook import (
    LONGEST_DESCRIPTION,
    MOST,
    MOST_BEGINNINGS,
    Paused,
    PayloadKind,
    WebhookFault,
    WebhookRefused,
    WebhookStatus,
)
from schemes.errors import Refused

EVENTS: dict[str, str] = {
    "payee.": "Payees",
    "bank_details.": "Bank details",
    "mandate.": "Who receives for whom",
    "contact.": "Ways to reach payees",
    "hold.": "Payments that were stopped, and let go on",
    "award.": "Awards",
    "one_off.": "One-off payments",
    "one_off_file.": "Files of one-off payments",
    "payroll.": "Payrolls",
    "gate.": "Decisions at gates",
    "submission.": "Files that were submitted",
    "payment.": "Single payments, such as one that was returned",
    "return": "What is done about returned payments",
    "trace.": "Payments that somebody looks for",
    "recall.": "Payments that the bank is asked to take back",
    "import.": "Files of payees",
}

PAYLOADS: dict[PayloadKind, str] = {
    PayloadKind.THIN: "That it happened, with ids only",
    PayloadKind.FULL: "The thing as well, with people’s names, as the key could read it",
}

STATUSES: dict[WebhookStatus, str] = {
    WebhookStatus.ACTIVE: "Works",
    WebhookStatus.PAUSED: "Paused",
    WebhookStatus.REMOVED: "Removed",
}

PAUSED: dict[Paused, str] = {
    Paused.NEW: "A system set it up with its key. It tells nothing before an administrator lets it begin",
    Paused.PERSON: "It was paused on purpose",
    Paused.FAILING: "Nothing got there for three days",
    Paused.GONE: "Its receiver answered that it is gone (410)",
}

DELIVERIES: dict[DeliveryStatus, str] = {
    DeliveryStatus.WAITING: "On its way",
    DeliveryStatus.DELIVERED: "Taken",
    DeliveryStatus.FAILED: "Not taken",
    DeliveryStatus.SKIPPED: "Left out",
}

TROUBLES: dict[Trouble, str] = {
    Trouble.NAME_UNKNOWN: "Nobody knows the host’s name",
    Trouble.ADDRESS_REFUSED: "The name leads to an address that the service does not call",
    Trouble.NOT_REACHED: "Nobody answers there",
    Trouble.CERTIFICATE: "Its certificate is not one to trust",
    Trouble.TOO_SLOW: "It took too long",
    Trouble.NOT_HTTP: "What answered does not speak HTTP",
}

ADDRESSES: dict[AddressFault, str] = {
    AddressFault.NOT_AN_ADDRESS: (
        f"Enter an address of at most {LONGEST} characters, like https://cases.example.org/payouts, without a user "
        "name or a #"
    ),
    AddressFault.NOT_HTTPS: "Enter an address that begins with https://",
    AddressFault.PORT: "Use port 443 or 8443",
    AddressFault.INTERNAL: (
        "This leads to a machine inside a network, which the service does not call. Enter an address that everybody "
        "can reach, or ask whoever runs the service to allow the host"
    ),
}

FAULTS: dict[WebhookFault, str] = {
    WebhookFault.DESCRIPTION: f"Use at most {LONGEST_DESCRIPTION} characters to say what it is for",
    WebhookFault.EVENTS: f"Choose at most {MOST_BEGINNINGS} ways in which types of events begin, such as payroll.",
    WebhookFault.TOO_MANY: f"A key has at most {MOST} webhooks. Remove one that nobody needs",
    WebhookFault.KEY: "Choose a key that may read everything and was not revoked: a webhook tells what it may read",
}

TELLERS: dict[type[Refused], Callable[[Any], str]] = {
    AddressRefused: lambda refusal: ADDRESSES[refusal.fault],
    WebhookRefused: lambda refusal: FAULTS[refusal.fault],
}


def register(app: Flask) -> None:
    app.add_template_filter(PAYLOADS.__getitem__, "webhook_payload")
    app.add_template_filter(STATUSES.__getitem__, "webhook_status")
    app.add_template_filter(PAUSED.__getitem__, "webhook_paused")
    app.add_template_filter(DELIVERIES.__getitem__, "delivery_status")
    app.add_template_filter(TROUBLES.__getitem__, "webhook_trouble")
    app.add_template_filter(lambda beginning: EVENTS.get(beginning, beginning), "webhook_events")
