"""Words for passkeys: what is wrong with an answer of one, and at which gates a body asks for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from payouts.gates.deciding import PasskeyNeeded
from payouts.web.figures import instant
from payouts.web.file_words import listed
from payouts.web.scheme_words import GATES
from schemes.errors import Refused
from schemes.gate_rule import GateKind
from schemes.passkey import (
    LONGEST_NAME,
    MOST_PASSKEYS,
    PasskeyCopied,
    PasskeyNameMissing,
    PasskeyRefused,
    PasskeyTooNew,
)
from schemes.passkey_signature import PasskeyFault

FAULTS: dict[PasskeyFault, str] = {
    PasskeyFault.UNREADABLE: "The browser sent nothing that a passkey says. Try again, or in another browser",
    PasskeyFault.OTHER_STATEMENT: (
        "Something changed after your passkey was asked to sign, so your decision was not kept. Look at it again, and "
        "sign once more"
    ),
    PasskeyFault.OTHER_SITE: (
        "The passkey answered for another address than this service’s, or without a PIN, a finger or a face. Open the "
        "service at its usual address and try again"
    ),
    PasskeyFault.NOBODY_THERE: "The passkey did not notice you. Touch it when the browser asks you to",
    PasskeyFault.NOT_VERIFIED: "The passkey did not make sure that it is you. Use one with a PIN, a finger or a face",
    PasskeyFault.WRONG_SIGNATURE: "The passkey’s signature is wrong. Try again, and tell an administrator if it fails",
    PasskeyFault.CHALLENGE_GONE: "This took longer than 10 minutes, or was sent before. Try again from the start",
    PasskeyFault.UNKNOWN: "This passkey is not yours, or was removed. Sign with another one or a one-time code",
    PasskeyFault.KNOWN_ALREADY: "This passkey was added already",
    PasskeyFault.TOO_MANY: f"You have {MOST_PASSKEYS} passkeys, which is the most. Remove one first",
}

TELLERS: dict[type[Refused], Callable[[Any], str]] = {
    PasskeyRefused: lambda refusal: FAULTS[refusal.fault],
    PasskeyTooNew: lambda refusal: (
        f"Your passkey is new. It signs decisions from {instant(refusal.until)}, so that you and the approvers have "
        "time to notice one that somebody else added"
    ),
    PasskeyCopied: lambda _: (
        "There seem to be two of this passkey, so it was removed and the approvers are told. Tell an administrator, "
        "and sign with another one"
    ),
    PasskeyNameMissing: lambda _: f"Enter a name for the passkey, in at most {LONGEST_NAME} characters",
    PasskeyNeeded: lambda _: "Your body takes a go at this gate only when it is signed with a passkey",
}


def gates_words(kinds: Iterable[GateKind]) -> str:
    """`Approve and Release`."""
    wanted = set(kinds)
    return listed([words for kind, words in GATES.items() if kind in wanted])


def rule_rows(facts: Mapping[str, Any]) -> dict[str, str]:
    """A proposal's facts."""
    words = gates_words(GateKind(kind) for kind in facts["kinds"])
    return {"A go is signed with a passkey at": words or "No gate: a one-time code does as well"}
