"""What a new scheme can begin from: whole definitions of common kinds, to be changed page by page."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from uuid import UUID

from schemes.amount import AmountKind, AmountRule, Inputs, PartPeriod
from schemes.definition import Component, Definition, Example
from schemes.period import Frequency, ListedPeriod, NonWorkingDay, PayDay, Period, Schedule


class StartingPoint(StrEnum):
    """Kinds of scheme that many bodies have."""

    MONTHLY_GRANT = "monthly_grant"
    WEEKLY_HOURS = "weekly_hours"
    QUARTERLY_REFUND = "quarterly_refund"
    ONE_OFF = "one_off"


def begin_from(point: StartingPoint, *, first_day: date, bank_profile_id: UUID) -> Definition:
    """A definition that fits but for its code, name and purpose, which only the body knows."""
    schedule, component, examples = PARTS[point](first_day)
    return Definition(
        code="",
        name="",
        pays_for="",
        schedule=schedule,
        components=(component,),
        payment_limit_pence=1_000_00,
        payroll_limit_pence=100_000_00,
        bank_profile_id=bank_profile_id,
        examples=examples,
    )


Parts = tuple[Schedule, Component, tuple[Example, ...]]


def monthly_grant(first_day: date) -> Parts:
    schedule = Schedule(Frequency.MONTHLY, first_day, PayDay.DAY_OF_PERIOD, 28)
    return schedule, Component("grant", "Grant"), ()


def weekly_hours(first_day: date) -> Parts:
    rule = AmountRule(AmountKind.RATE, unit="hours", most_pence=500_00, part_period=PartPeriod.WHOLE)
    example = Example("support", Inputs(units=10_000, rate_pence=14_20), None, 142_00)
    schedule = Schedule(Frequency.WEEKLY, first_day, PayDay.AFTER_LAST_DAY, 5)
    return schedule, Component("support", "Support", rule), (example,)


def quarterly_refund(first_day: date) -> Parts:
    rule = AmountRule(part_period=PartPeriod.BY_DAYS)
    schedule = Schedule(Frequency.QUARTERLY, first_day, PayDay.AFTER_LAST_DAY, 10, NonWorkingDay.LATER)
    return schedule, Component("refund", "Licence refund", rule), ()


def one_off(first_day: date) -> Parts:
    period = Period(first_day, date(first_day.year + 1, first_day.month, min(first_day.day, 28)))
    schedule = Schedule(Frequency.ONE_OFF, first_day, listed=(ListedPeriod(period),))
    return schedule, Component("payment", "Payment"), ()


PARTS = {
    StartingPoint.MONTHLY_GRANT: monthly_grant,
    StartingPoint.WEEKLY_HOURS: weekly_hours,
    StartingPoint.QUARTERLY_REFUND: quarterly_refund,
    StartingPoint.ONE_OFF: one_off,
}
