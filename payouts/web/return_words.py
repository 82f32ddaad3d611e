"""Words for what came back: why, and what somebody has to do about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask

from payouts.returns.outcome import BeingPaidAgain, Outcome, ReviewDayRefused
from payouts.returns.reason import Reason
from payouts.returns.recall import RecallStatus, TooLateToRecall
from payouts.returns.reissue import NothingToReissue, NotToReissue
from payouts.returns.returned import CaseStatus
from payouts.web.figures import instant
from schemes.errors import Refused

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


# what becomes of the money, and what it means
OUTCOMES: dict[Outcome, tuple[str, str]] = {
    Outcome.KEEP: ("Keep it for now", "It is still owed: an estate, a court or a search for the person is waited for"),
    Outcome.SET_OFF: ("Set it off", "It is owed to nobody: the award had ended, or it makes good what was overpaid"),
    Outcome.WRITE_OFF: ("Write it off", "It is owed, but nobody was found to pay it to. The body keeps it"),
}

# words, colour of the tag
RECALLS: dict[RecallStatus, tuple[str, str]] = {
    RecallStatus.REQUESTED: ("Asked for", "yellow"),
    RecallStatus.CONFIRMED: ("Taken back", "green"),
    RecallStatus.REFUSED: ("Refused", "red"),
}

TELLERS: dict[type[Refused], Callable[[Any], str]] = {
    NothingToReissue: lambda _: "Nothing that came back is ready to be paid again",
    NotToReissue: lambda refused: (
        f"{', '.join(refused.references) or 'This payment'} can’t be paid again now. "
        "See what has to be done first on the payment’s page"
    ),
    ReviewDayRefused: lambda _: "Enter the day on which it is looked at again. It must be in the future",
    TooLateToRecall: lambda refused: (
        f"It is too late: the bank could take it back until {instant(refused.deadline)}. "
        "You can only ask the payee for it"
    ),
    BeingPaidAgain: lambda refused: f"Payroll {refused.number} pays it again. Take it out there first",
}


def register(app: Flask) -> None:
    app.add_template_filter(REASONS.__getitem__, "return_reason")
    app.add_template_filter(STATUSES.__getitem__, "return_status")
    app.add_template_filter(OUTCOMES.__getitem__, "return_outcome")
    app.add_template_filter(RECALLS.__getitem__, "recall_status")
