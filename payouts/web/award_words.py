"""Words for awards: why nothing is due, and which days can't be."""

from __future__ import annotations

from flask import Flask

from payouts.web.figures import pounds
from schemes.amount import Inputs, unit_words
from schemes.award import AwardDay
from schemes.award_history import NotDue
from schemes.suspension import SuspensionDay

NOT_DUE: dict[NotDue, str] = {
    NotDue.NOT_STARTED: "Not started yet",
    NotDue.ENDED: "Ended",
    NotDue.SUSPENDED: "Suspended",
    NotDue.NOTHING_DUE: "Comes to nothing",
    NotDue.NO_RULE: "Doesn’t fit the scheme’s rule",
}

AWARD_DAYS: dict[AwardDay, str] = {
    AwardDay.ENDS_BEFORE_START: "The last day must be the first day or later",
    AwardDay.ENDED_ALREADY: "Nothing is due after this day anyway. Enter an earlier day",
    AwardDay.TOO_FAR: "Enter a year before 2200. If there is no end yet, leave the last day empty",
}

SUSPENSION_DAYS: dict[SuspensionDay, str] = {
    SuspensionDay.ENDS_BEFORE_START: "The last day must be the first day or later",
    SuspensionDay.REVIEW_MISSING: "Enter the day on which somebody looks at the suspension again, or its last day",
    SuspensionDay.REVIEW_PAST: "Enter a day after today",
}


def said_of(inputs: Inputs | None, unit: str) -> str:
    """What an award brings to its rule: `£120.00`, `38.5 hours`, `38.5 hours at £14.20`."""
    if inputs is None:
        return "Nothing is due"
    if inputs.amount_pence is not None:
        return pounds(inputs.amount_pence)
    counted = unit_words(unit or "units", inputs.units or 0)
    return counted if inputs.rate_pence is None else f"{counted} at {pounds(inputs.rate_pence)}"


def register(app: Flask) -> None:
    app.add_template_filter(NOT_DUE.__getitem__, "not_due")
