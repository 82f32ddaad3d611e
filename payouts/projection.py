"""What an award will pay: the periods to come through the same entitlement, and what a change would do to payments."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from bacs.calendar import Calendar
from bacs.errors import DateBeyondCalendar
from payouts.arrears import SETTLED, Difference, differences, paid_to
from payouts.entitlement import Due, entitlement
from payouts.payroll import Payroll
from schemes.amount_rule import Rules, rules_of
from schemes.award import Award
from schemes.award_history import DAY, History, NotDue
from schemes.period import Period, pay_date_of, periods_between


class Projected(NamedTuple):
    """A period to come. pay_date: None where a person chooses it, or where the bank holidays are not known yet."""

    period: Period
    pay_date: date | None
    due: Due | NotDue

    @property
    def pence(self) -> int:
        return self.due.amount_pence if isinstance(self.due, Due) else 0

    @property
    def why(self) -> NotDue | None:
        return self.due if isinstance(self.due, NotDue) else None


def a_year_on(day: date) -> date:
    """The last day of the year that begins on a day."""
    # a year after 29 February is 28 February
    again = day.replace(year=day.year + 1, day=28 if (day.month, day.day) == (2, 29) else day.day)
    return again - DAY


def coming_periods(rules: Rules, first: date, last: date) -> list[Period]:
    """The scheme's periods with a day in these, each by the version that counts for it, in order."""
    found = {
        period
        for definition in rules.definitions
        for period in periods_between(definition.schedule, first, last)
        if rules.definition_for(period) is definition
    }
    return sorted(found)


def projection(history: History, component: str, rules: Rules, calendar: Calendar, today: date) -> list[Projected]:
    """What is due for the period of a day and for those of the twelve months after it."""
    return [
        Projected(period, pay_date(rules, period, calendar), entitlement(history, rules.of(component, period), period))
        for period in coming_periods(rules, today, a_year_on(today))
    ]


def pay_date(rules: Rules, period: Period, calendar: Calendar) -> date | None:
    definition = rules.definition_for(period)
    try:
        return pay_date_of(definition.schedule, period, calendar) if definition else None
    except DateBeyondCalendar:
        return None


class Effect(NamedTuple):
    """What a change does: to what each period to come pays (before, after), and to periods that were paid."""

    coming: list[tuple[Projected, Projected]]
    settled: list[Difference]

    @property
    def arrears_pence(self) -> int:
        return sum(max(0, late.owed_pence) for late in self.settled)

    @property
    def overpaid_pence(self) -> int:
        return sum(max(0, -late.owed_pence) for late in self.settled)


SHOWN_AHEAD = 4


def effect_of(
    session: Session,
    calendar: Calendar,
    *,
    award: Award,
    before: History | None,
    after: History,
    today: date,
) -> Effect:
    """What it would do to payments if an award's history were another. before None: there is no award yet."""
    rules, component = rules_of(session, award.scheme_id), award.component
    settled = list(dict.fromkeys(settled_periods(session, award.scheme_id)))
    paid = paid_to(session, award.scheme_id, {award.id: award.beneficiary_id})
    late = differences(award.id, component, after, rules, settled, paid)
    then = projection(after, component, rules, calendar, today)
    now = (
        projection(before, component, rules, calendar, today)
        if before is not None
        else [one._replace(due=NotDue.NOT_STARTED) for one in then]
    )
    changes = [(old, new) for old, new in zip(now, then, strict=True) if new.period not in settled]
    # from the first period that changes, if that is further ahead
    first = next((place for place, (old, new) in enumerate(changes) if old.due != new.due), 0)
    start = first if first >= SHOWN_AHEAD else 0
    return Effect(changes[start : start + SHOWN_AHEAD], late)


def settled_periods(session: Session, scheme_id: UUID) -> Iterator[Period]:
    rows = select(Payroll.period_first_day, Payroll.period_last_day).where(
        Payroll.scheme_id == scheme_id, Payroll.status.in_(SETTLED)
    )
    for first, last in session.execute(rows.order_by(Payroll.period_first_day)):
        yield Period(first, last)
