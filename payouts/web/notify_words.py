"""Words for what messages to payees are sent through."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from payouts.notices.connection import (
    TRIAL_A_DAY,
    KeyKind,
    NotifyConnection,
    NotifyFault,
    NotifyTermsRefused,
)
from schemes.errors import Refused

KINDS: dict[KeyKind, str] = {
    KeyKind.TEST: "Test: Notify pretends to send, and nobody gets anything",
    KeyKind.TEAM: "Team and guest list: only your team gets messages, and no letters are sent",
    KeyKind.LIVE: "Live: everybody gets their messages",
}

FAULTS: dict[NotifyFault, str] = {
    NotifyFault.KEY: "Enter the whole API key as Notify shows it once, with its name and the two ids after it",
    NotifyFault.TEMPLATE: "Enter the template’s ID as Notify shows it, 36 characters with hyphens",
    NotifyFault.TRIAL: "A service in trial mode has no live key. Choose test or team, or take the tick away",
    NotifyFault.NO_TEMPLATE: "Enter the ID of at least one template",
}

TELLERS: dict[type[Refused], Callable[[Any], str]] = {
    NotifyTermsRefused: lambda refusal: FAULTS[refusal.fault],
}


def kind_words(kind: str) -> str:
    return KINDS[KeyKind(kind)].split(":")[0]


def trial_words(in_trial: bool) -> str:
    return f"Yes: it sends to your team alone, {TRIAL_A_DAY} messages a day, and no letters" if in_trial else "No"


def limited_key(connection: NotifyConnection | None) -> str:
    """What keeps a connection from telling everybody; "" where nothing does."""
    if connection is None or (connection.kind is KeyKind.LIVE and not connection.in_trial):
        return ""
    return "of a service in trial mode" if connection.in_trial else f"a {kind_words(connection.kind).lower()} key"


def connection_rows(facts: Mapping[str, Any]) -> dict[str, str]:
    """A proposal's facts, as rows of words."""
    return {
        "API key": f"{facts['key_name']} ({kind_words(facts['kind']).lower()})",
        "Service in Notify": facts["notify_service"],
        # proposals that were made before this was asked do not say it
        "In trial mode": trial_words(facts.get("in_trial", False)),
        "Template for emails": facts["email_template"] or "None: no emails are sent",
        "Template for texts": facts["text_template"] or "None: no texts are sent",
        "Template for letters": facts["letter_template"] or "None: no letters are sent",
        "Token of the receipts": f"Number {facts['receipts_id'][-6:]}",
    }
