"""Words for journals: how finance systems take them in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask

from payouts.exports.journal import JournalDiffers, NothingPosted
from payouts.exports.profile import ProfileName
from payouts.web.figures import pounds
from schemes.errors import Refused

PROFILES: dict[ProfileName, str] = {
    ProfileName.TWO_COLUMNS: "Debit and credit in two columns, dates as 25/11/2026",
    ProfileName.SIGNED: "One column of amounts, credits with a minus, dates as 2026-11-25",
    ProfileName.CODE_STRING: "One column of amounts, and all codes in one string",
}

TELLERS: dict[type[Refused], Callable[[Any], str]] = {
    NothingPosted: lambda refusal: "Nothing was posted that this export could hold",
    JournalDiffers: lambda refusal: (
        f"The journal comes to {pounds(refusal.lines_pence)} and the ledger to {pounds(refusal.ledger_pence)}, so it "
        "was not made. Run the daily control"
    ),
}


def register(app: Flask) -> None:
    app.add_template_filter(PROFILES.__getitem__, "journal_profile")
