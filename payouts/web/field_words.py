"""Words for fields that do not fit, with the numbers that they could have been."""

from __future__ import annotations

from payouts.web.figures import number, pounds
from schemes.amount import units_words
from schemes.errors import FieldFault, Misfit

MISFITS: dict[Misfit, str] = {
    Misfit.MISSING: "Enter a value",
    Misfit.NOT_A_NUMBER: "Enter a number, like 38.5",
    Misfit.OUT_OF_RANGE: "Enter a value from {} to {}",
    Misfit.TOO_LONG: "Use at most {}",
    Misfit.NOT_FROM_ZERO: "The first band must begin at 0",
    Misfit.NOT_RISING: "Each band must begin above the one before it",
    Misfit.BELOW_THE_LEAST: "The maximum must not be below the minimum",
}

MONEY = frozenset({"amount", "rate", "pence"})


def fault_sentence(fault: FieldFault) -> str:
    """What to put right in a field. Numbers of a range are written in the field's own unit."""
    name = fault.field.rpartition(".")[2]
    if fault.why is Misfit.NOT_A_NUMBER and name in MONEY:
        return "Enter an amount in pounds and pence, like 12.50"
    written = pounds if name in MONEY or name.endswith("_pence") else units_words if "units" in name else number
    return MISFITS[fault.why].format(*(written(fact) for fact in fault.facts if isinstance(fact, int)))
