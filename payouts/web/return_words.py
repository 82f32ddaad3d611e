"""Words for what came back: why, and what somebody has to do about it."""

from __future__ import annotations

from flask import Flask

from payouts.returns.reason import Reason
from payouts.returns.returned import CaseStatus

# why, what to do
REASONS: dict[Reason, tuple[str, str]] = {
    Reason.DECEASED: (
        "The account holder has died",
        "Confirm who has died: the payee, or somebody whom they receive the money for. Write to nobody before that",
    ),
    Reason.CLOSED: ("The account is closed", "Ask the payee for another account"),
    Reason.TRANSFERRED: (
        "The account has moved to another bank",
        "Look for a correction (AWACS) with the new details, or ask the payee",
    ),
    Reason.NO_ACCOUNT: (
        "There is no account with that number",
        "Compare the details with the letter or form that they came by, then ask the payee",
    ),
    Reason.INVALID_DETAILS: ("The bank does not recognise the account details", "Ask the payee for their account"),
    Reason.NAME: ("The name is not the account holder’s", "Ask the payee whose account it is"),
    Reason.BLOCKED: ("The account can’t take this payment", "Ask the payee for another account"),
    Reason.REFUSED_BY_PAYEE: ("The payee or their bank did not want it", "Ask the payee why"),
    Reason.REQUESTED: ("Your body asked for it to be taken back", "Decide what happens to the money now"),
    Reason.OURS: ("The file or your body’s own details were at fault", "Find out why before you pay it again"),
    Reason.DUPLICATE: (
        "The bank takes it for one that it had already",
        "Find out which one was paid before you pay it again",
    ),
    Reason.UNKNOWN: ("The bank does not say why", "Ask your bank"),
}

# words, colour of the tag
STATUSES: dict[CaseStatus, tuple[str, str]] = {
    CaseStatus.HELD: ("To be put right", "yellow"),
    CaseStatus.KEPT: ("Kept for now", "grey"),
    CaseStatus.REISSUED: ("Paid again", "green"),
    CaseStatus.RECOVERED: ("Set off", "grey"),
    CaseStatus.WRITTEN_OFF: ("Written off", "grey"),
}


def register(app: Flask) -> None:
    app.add_template_filter(REASONS.__getitem__, "return_reason")
    app.add_template_filter(STATUSES.__getitem__, "return_status")
