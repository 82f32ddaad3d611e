"""Words for fields that do not fit, with the numbers that they could have been."""

from __future__ import annotations

from datetime import date

from payouts.web.figures import day, number, pounds
from schemes.amount import units_words
from schemes.errors import FieldFault, Misfit

MISFITS: dict[Misfit, str] = {
    Misfit.MISSING: "Enter a value",
    Misfit.NOT_A_NUMBER: "Enter a number, like 38.5",
    Misfit.NOT_A_DATE: "Enter a real date",
    Misfit.NOT_TEXT: "Write text here, in quotation marks",
    Misfit.NOT_A_LIST: "Write a list here, in square brackets",
    Misfit.NOT_AN_OBJECT: "Write an object here, in curly brackets",
    Misfit.NOT_JSON: "This is not a JSON file. Export a scheme to see one",
    Misfit.NOT_KNOWN: "Take this out: a scheme has nothing of this name",
    Misfit.OUT_OF_RANGE: "Enter a value from {} to {}",
    Misfit.TOO_LONG: "Use at most {}",
    Misfit.NOT_FROM_ZERO: "The first band must begin at 0",
    Misfit.NOT_RISING: "Each one must begin after the one before it",
    Misfit.BELOW_THE_LEAST: "The maximum must not be below the minimum",
    Misfit.BELOW_ONE_PAYMENT: "The limit of a payroll must not be below the limit of one payment",
    Misfit.UNKNOWN: "Choose one of those there are",
    Misfit.NOT_A_CODE: "Use letters and numbers only, in the length that is asked for",
    Misfit.TAKEN: "This code is taken. Choose another",
    Misfit.NOT_TOLD_APART: (
        "Use both {{payroll}} and {{number}}, with a character between them, so that each payment has its own "
        "reference. {{reference}} stands for {{number}} only where the scheme pays for one thing"
    ),
    Misfit.NOT_IN_BACS: "Use capital letters, numbers, spaces and . & / - only: the bank takes no others",
    Misfit.NOT_THE_FOUR: "A payroll needs the gates ready, funds, approve and release, in this order, and one release",
    Misfit.NOT_THE_FIRST: "The first period must begin on the first day of the scheme",
    Misfit.OVERLAPS: "This period begins before the one above it has ended",
    Misfit.TOO_CLOSE: "Leave at least 7 days between two pay days",
    Misfit.NOT_AS_EXPECTED: "The example was expected to pay {}, but the rule pays {}",
    Misfit.STAYS: "This can’t change: it stands on payments that were made",
    Misfit.COMPONENT_GONE: "There may be awards of {}, so it can’t be taken away. Give it no new awards instead",
    Misfit.ASKS_MORE: (
        "The awards that there are don’t have what this rule asks for. Add another component with the rule instead"
    ),
}

MONEY = frozenset({"amount", "rate", "pence"})


def fault_sentence(fault: FieldFault) -> str:
    """What to put right in a field. Numbers of a range are written in the field's own unit."""
    name = fault.field.rpartition(".")[2]
    if fault.why is Misfit.NOT_A_NUMBER and name in MONEY:
        return "Enter an amount in pounds and pence, like 12.50"
    return MISFITS[fault.why].format(*(written(name, fact) for fact in fault.facts))


def written(name: str, fact: object) -> str:
    """A fact as people read it."""
    if isinstance(fact, date):
        return day(fact)
    if not isinstance(fact, int):
        return str(fact)
    if name in MONEY or name.endswith("_pence"):
        return pounds(fact)
    return units_words(fact) if "units" in name else number(fact)
