"""Words for API keys: their kinds and rights, and why one cannot be as it was proposed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask import Flask

from payouts.web.file_words import listed
from schemes.api_key import LONGEST_NAME, KeyFault, KeyKind, KeyRefused, Scope
from schemes.errors import Refused

KINDS: dict[KeyKind, str] = {
    KeyKind.TEST: "Test: it works in a sandbox, where no money moves",
    KeyKind.TEAM: "Team: it works in this body, for the payees on its list only",
    KeyKind.LIVE: "Live: it works in this body, for every payee",
}

SCOPES: dict[Scope, str] = {
    Scope.READ: "Read everything",
    Scope.PAYEES: "Add payees and propose bank details",
    Scope.AWARDS: "Add and change awards",
    Scope.PAYMENTS: "Create one-off payments",
}

FAULTS: dict[KeyFault, str] = {
    KeyFault.NAME: f"Enter a name of at most {LONGEST_NAME} characters",
    KeyFault.NAME_TAKEN: "Another key has this name. Choose another name, or revoke that key first",
    KeyFault.NO_SCOPE: "Choose what the key may do",
    KeyFault.DETAILS_AND_PAYMENTS: (
        "Choose bank details or payments, not both: whoever holds a key for both could pay themselves. "
        "Make two keys, and give them to two systems"
    ),
    KeyFault.NETWORK: "Enter at most 20 networks, each like 192.0.2.0/24 or 2001:db8::/48",
    KeyFault.TEST_IN_LIVE_BODY: "A live body has no test keys. Make the key in your sandbox",
    KeyFault.LIVE_IN_SANDBOX: "A sandbox has test keys only",
    KeyFault.TEAM_PAYEES: "Enter 1 to 50 references of payees for a team key, and none for another",
}

TELLERS: dict[type[Refused], Callable[[Any], str]] = {KeyRefused: lambda refusal: FAULTS[refusal.fault]}


def key_rows(facts: Mapping[str, Any]) -> dict[str, str]:
    """The rights of a key, as the rows of a page."""
    rows = {
        "Name": facts["name"],
        "Kind": KINDS[KeyKind(facts["kind"])],
        "It may": rights(facts["scopes"]),
        "Schemes": listed(facts["schemes"]) or "All, also those to come",
        "Networks": listed(facts["networks"]) or "All",
    }
    return {**rows, "Payees": listed(facts["payees"])} if facts["payees"] else rows


def rights(scopes: Iterable[str]) -> str:
    """What a key may do, as one phrase."""
    said = listed([SCOPES[Scope(scope)].lower() for scope in scopes])
    return said[:1].upper() + said[1:]


def register(app: Flask) -> None:
    app.add_template_filter(KINDS.__getitem__, "key_kind")
    app.add_template_filter(rights, "key_rights")
