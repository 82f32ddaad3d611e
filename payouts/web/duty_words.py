"""Words for patterns of duties: who decides at which gates, what cover by two needs, and what is refused under it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Flask

from payouts.gates.cover import CoverEnded, NewBankDetails, OverCeiling
from payouts.web.figures import count, day, pounds
from schemes.body import DutyPattern
from schemes.duties import MOST_COVER_DAYS, CoverFault, CoverTermsRefused, ReviewsMissing
from schemes.errors import Refused

# name, who does what
PATTERNS: dict[DutyPattern, tuple[str, str]] = {
    DutyPattern.FOUR: ("Four people", "One person at each gate"),
    DutyPattern.THREE: (
        "Three people",
        "One says go at Ready, one at Funds and at Release, one at Approve",
    ),
    DutyPattern.TWO: (
        "Two people, as cover",
        "One says go at Ready and at Release, the other at Funds and at Approve",
    ),
}

COVER_FAULTS: dict[CoverFault, str] = {
    CoverFault.UNTIL_MISSING: "Enter the last day of the cover",
    CoverFault.UNTIL_PAST: "Enter today or a later day",
    CoverFault.TOO_LONG: f"A cover lasts {MOST_COVER_DAYS} days at most. Enter an earlier day",
    CoverFault.CEILING_MISSING: "Enter the most that one payroll may be, in pounds",
}


def cover_terms(terms: dict[str, Any] | None) -> str:
    """The terms of a cover as they stand in a proposal."""
    if terms is None:
        return "None"
    until = day(date.fromisoformat(terms["until"]))
    return f"Until {until}, for payrolls of at most {pounds(terms['ceiling_pence'])}"


def new_bank_details(refusal: NewBankDetails) -> str:
    left = refusal.count - len(refusal.references)
    more = f" and {left:,} more" if left > 0 else ""
    return (
        f"{count(refusal.count, 'payment')} would go to bank details that no released payroll has paid to, which two "
        f"people may not do as cover: {', '.join(refusal.references)}{more}. Put these payees on hold until the cover "
        "ends and build the payroll again, or let three or four people run it"
    )


TELLERS: dict[type[Refused], Callable[[Any], str]] = {
    CoverTermsRefused: lambda refusal: COVER_FAULTS[refusal.fault],
    ReviewsMissing: lambda refusal: (
        f"{count(refusal.count, 'payroll')} released by two people must be reviewed first. "
        "Then there can be cover again"
    ),
    CoverEnded: lambda refusal: (
        f"The cover by two people ended on {day(refusal.until)}. Cancel this payroll, and create it again"
    ),
    OverCeiling: lambda refusal: (
        f"Two people may pay at most {pounds(refusal.ceiling_pence)} in one payroll as cover. "
        "Cancel this payroll, and create it again when three or four people can run it"
    ),
    NewBankDetails: new_bank_details,
}


def register(app: Flask) -> None:
    app.add_template_filter(lambda pattern: PATTERNS[pattern][0], "duty_pattern")
    app.add_template_filter(lambda pattern: PATTERNS[pattern][1], "duty_does")
