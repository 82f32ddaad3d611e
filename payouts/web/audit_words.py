"""Words for the audit trail: each act in a plain sentence, with a way to what it happened to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from flask import url_for

from schemes.audit import AuditEvent

ACTS: dict[str, str] = {
    "body.added": "Added the body",
    "person.added": "Added a person",
    "scheme.added": "Added the scheme",
    "bank_profile.added": "Added the account to pay from",
    "import.begun": "Sent a file of payees",
    "import.read": "Read every row of the file",
    "import.unreadable": "Could not read the file",
    "import.kept": "Kept the good rows of the file",
    "import.discarded": "Discarded the file",
    "import.landed": "Wrote the good rows into the register",
    "import.confirmed": "Confirmed the bank details of the file",
    "import.refused_rows_downloaded": "Downloaded the refused rows",
    "access.not_found": "Asked for something that is not in this body",
}

PAGES: dict[str, tuple[str, str]] = {
    "scheme": ("pages.show_scheme", "scheme_id"),
    "payee": ("pages.show_payee", "payee_id"),
    "register_import": ("pages.show_import", "import_id"),
    "payroll": ("pages.show_payroll", "payroll_id"),
}


class Told(NamedTuple):
    """An event as a person reads it. `href` leads to the thing, `facts` are the rest in few words."""

    at: datetime
    who: str
    what: str
    href: str | None
    facts: str


def told(events: Iterable[AuditEvent], names: Mapping[UUID, str]) -> list[Told]:
    return [
        Told(
            event.at,
            "The service" if event.actor_id is None else names.get(event.actor_id, "Someone who has left"),
            ACTS.get(event.action, event.action.replace(".", " ").replace("_", " ").capitalize()),
            way_to(event),
            ", ".join(f"{name.replace('_', ' ')}: {written(value)}" for name, value in event.facts.items()),
        )
        for event in events
    ]


def way_to(event: AuditEvent) -> str | None:
    if event.subject_id is None or event.subject_type not in PAGES:
        return None
    endpoint, argument = PAGES[event.subject_type]
    values: dict[str, Any] = {argument: event.subject_id}
    return url_for(endpoint, **values)


def written(value: Any) -> str:
    if isinstance(value, list):
        return " and ".join(written(part) for part in value)
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
