"""What an award pays for a period: one pure function of its history, its scheme's rule and the period.

The payroll, its check, arrears, and every projection ask this function, so that none can differ from another.
"""

from __future__ import annotations

from dataclasses import dataclass

from bacs import pence
from schemes.amount import Amount, AmountRule, Inputs, PartPeriod, amount_for, half_up
from schemes.award_history import History, NotDue, Stretch, Terms
from schemes.errors import FieldsRefused
from schemes.period import Period


@dataclass(frozen=True, slots=True)
class Due:
    """An amount in pence for a period, with the steps that lead to it, a line each."""

    period: Period
    amount_pence: int
    steps: tuple[str, ...] = ()


def entitlement(history: History, rule: AmountRule | None, period: Period) -> Due | NotDue:
    """What an award pays for a period.

    By days: each stretch of the period gives its share of the whole period's amount; the shares are added before they
    are rounded, so that cutting a stretch in two changes nothing. Otherwise one day decides for the whole period: the
    last on which the award is in force. If it is suspended on that day, nothing is due. Where the scheme has no rule
    for the award, or what the award brings does not fit it, nothing is due either.
    """
    try:
        return due_by(history, rule, period) if rule is not None else NotDue.NO_RULE
    except FieldsRefused:
        return NotDue.NO_RULE


def due_by(history: History, rule: AmountRule, period: Period) -> Due | NotDue:
    """What a rule makes of an award. Raises FieldsRefused."""
    if history.is_plain and history.terms[0].covers(period):
        # nearly all of a million awards: one stretch, of the whole period
        return of_amount(period, amount_for(rule, inputs_of(history.terms[0]), period, period.days))
    stretches = list(history.stretches(period))
    in_force = [stretch for stretch in stretches if stretch.inputs is not None]
    if not in_force:
        return stretches[-1].why or NotDue.ENDED
    if rule.part_period is PartPeriod.WHOLE:
        deciding = in_force[-1]
        if deciding.why is not None:
            return deciding.why
        amount = amount_for(rule, inputs_of(deciding), period, period.days)
    else:
        payable = [stretch for stretch in in_force if stretch.why is None]
        if not payable:
            return NotDue.SUSPENDED
        amount = by_days(rule, payable, period)
    return of_amount(period, amount)


def of_amount(period: Period, amount: Amount) -> Due | NotDue:
    return Due(period, *amount) if amount.pence else NotDue.NOTHING_DUE


def inputs_of(said: Stretch | Terms) -> Inputs:
    assert said.inputs is not None
    return said.inputs


def by_days(rule: AmountRule, payable: list[Stretch], period: Period) -> Amount:
    """The amounts of several stretches, each by its days, rounded to the penny once, half up."""
    days: dict[Inputs, int] = {}
    for stretch in payable:
        days[inputs_of(stretch)] = days.get(inputs_of(stretch), 0) + stretch.days
    if len(days) == 1:
        [(inputs, covered)] = days.items()
        return amount_for(rule, inputs, period, covered)
    steps: list[str] = []
    pence_days = 0
    for inputs, covered in days.items():
        whole = amount_for(rule, inputs, period, period.days)
        pence_days += whole.pence * covered
        steps += [*whole.steps, f"{covered} of {period.days} days of {pence.format(whole.pence)}"]
    total = half_up(pence_days, period.days)
    return Amount(total, (*steps, f"together {pence.format(total)}"))
