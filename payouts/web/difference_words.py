"""Words for the causes of a difference between two payrolls, as a finance officer would name them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from flask import Flask

from payouts.difference.comparison import NotExplained
from payouts.difference.explanation import Cause
from payouts.payment import UnpaidReason
from payouts.web.figures import count, pounds
from payouts.web.payroll_words import UNPAID
from schemes.errors import Refused


class Told(NamedTuple):
    """`title` names the cause, `means` says what is in it."""

    title: str
    means: str


CAUSES: dict[Cause, Told] = {
    Cause.STARTERS: Told("Starters", "Awards that were not due last time, or were entered since"),
    Cause.PAID_AGAIN: Told("Paid again", "Due last time too, but left out of the last payroll"),
    Cause.RESUMED: Told("Suspensions that ended", "Suspended last time, for all of the period or some days of it"),
    Cause.LEAVERS: Told("Leavers", "Awards that ended"),
    Cause.LEFT_OUT: Told("Left out", "Due, but not paid this time: on hold, no bank details, taken out"),
    Cause.SUSPENDED: Told("Suspended", "Suspended this time, for all of the period or some days of it"),
    Cause.PAID_APART: Told("Paid by another payroll", "Another payroll paid the period, this time or last time"),
    Cause.RATES: Told("Changes of rate", "The award’s own amount, units or rate changed"),
    Cause.SCHEME_RATES: Told("Changes of the scheme’s rates", "The scheme’s rule for the amount changed"),
    Cause.PART_PERIODS: Told("Part periods", "Started, ended or changed within the period, this time or last time"),
    Cause.ARREARS: Told("Arrears", "Paid this time for earlier periods"),
    Cause.ARREARS_LAST_TIME: Told("Arrears of last time", "Paid last time for earlier periods, and not again"),
    Cause.RECOVERIES: Told("Recoveries", "Taken this time for what was paid too much"),
    Cause.RECOVERIES_LAST_TIME: Told("Recoveries of last time", "Taken last time, and not again"),
    Cause.ONE_OFFS: Told("One-off payments", "Paid this time though no award makes it due: grants, refunds, top-ups"),
    Cause.REISSUES: Told("Paid again", "The payment came back, and is made again once that is put right"),
    Cause.ONE_OFFS_LAST_TIME: Told("One-off payments of last time", "Paid last time, and not again"),
    Cause.UNEXPLAINED: Told("Not explained", "Nothing in the register accounts for this: it must be put right"),
}


def signed_pounds(pence: int) -> str:
    """`+£12.00`, `-£12.00`, `£0.00`."""
    return f"+{pounds(pence)}" if pence > 0 else pounds(pence)


def why_words(why: str | None) -> str:
    """Why nothing was paid, in words; nothing where that is not the cause."""
    return UNPAID[UnpaidReason(why)][0] if why else ""


def not_explained(refused: NotExplained) -> str:
    if not refused.count:
        return (
            "What this payroll pays is not what was explained. Say no-go, and have it built again: its difference to "
            "the last payroll has to be explained to the penny"
        )
    return (
        f"The difference to the last payroll is not explained for {count(refused.count, 'award')} "
        f"({signed_pounds(refused.pence)} in all). Look at them on the page of the difference, and build it again"
    )


TELLERS: dict[type[Refused], Callable[[Any], str]] = {NotExplained: not_explained}


def register(app: Flask) -> None:
    app.add_template_filter(CAUSES.__getitem__, "difference_cause")
    app.add_template_filter(signed_pounds)
    app.add_template_filter(why_words)
