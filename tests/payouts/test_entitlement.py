"""What is due, to the penny, over random histories: held against days painted one by one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payouts.entitlement import Due, entitlement
from schemes.amount import AmountKind, AmountRule, Inputs, PartPeriod
from schemes.award_history import History, NotDue, Suspended, Terms
from schemes.period import LISTED, Frequency, Period, Schedule, period_of, periods_between

DAY = timedelta(days=1)
START, END = date(2027, 11, 1), date(2029, 4, 30)  # a leap February among them
NOON = datetime(2027, 1, 1, 12, 0, tzinfo=UTC)
PAYEES = (UUID(int=1), UUID(int=2))
WHOLE, BY_DAYS = (AmountRule(part_period=part) for part in (PartPeriod.WHOLE, PartPeriod.BY_DAYS))
RULES = (WHOLE, BY_DAYS)

days = st.dates(START, END)
amounts = st.integers(1, 1_000_000).map(Inputs)
schedules = st.builds(Schedule, st.sampled_from([f for f in Frequency if f not in LISTED]), days)


@st.composite
def spans(draw):
    first = draw(days)
    return Suspended(first, draw(st.none() | st.dates(first, END)))


@st.composite
def histories(draw, inputs=amounts, most=6):
    terms = []
    for number in range(1, draw(st.integers(1, most)) + 1):
        first = draw(days)
        said = draw(inputs if number == 1 else st.none() | inputs)
        last = draw(st.none() | st.dates(first, END + 40 * DAY))
        terms.append(Terms(number, first, last, said, draw(st.sampled_from(PAYEES)), NOON + number * DAY))
    return History(tuple(terms), tuple(draw(st.lists(spans(), max_size=2))))


@st.composite
def periods(draw):
    return period_of(draw(schedules), draw(days))


def days_of(period):
    return [period.first_day + n * DAY for n in range(period.days)]


def painted(history, period):
    """Each day's amount in pence, painted version by version: 0 where nothing is due. And the days in force."""
    paint, in_force = dict.fromkeys(days_of(period), 0), set()
    for terms in history.terms:
        for day in paint:
            if day >= terms.from_day:
                over = terms.inputs is None or (terms.last_day is not None and day > terms.last_day)
                paint[day] = 0 if over else terms.inputs.amount_pence
    in_force = {day for day, pence in paint.items() if pence}
    for day in paint:
        if any(s.first_day <= day and (s.last_day is None or day <= s.last_day) for s in history.suspended):
            paint[day] = 0
    return paint, in_force


def pence_of(due):
    return due.amount_pence if isinstance(due, Due) else 0


def half_up(value: Fraction) -> int:
    return (value + Fraction(1, 2)).__floor__()


@given(histories(), periods())
def test_by_days_each_day_is_paid_its_share_and_the_sum_is_rounded_once(history, period):
    paint, _ = painted(history, period)
    assert pence_of(entitlement(history, BY_DAYS, period)) == half_up(Fraction(sum(paint.values()), period.days))


@given(histories(), periods())
def test_otherwise_the_last_day_in_force_decides_for_the_whole_period(history, period):
    paint, in_force = painted(history, period)
    assert pence_of(entitlement(history, WHOLE, period)) == (paint[max(in_force)] if in_force else 0)


@given(histories(), periods(), st.sampled_from(RULES))
def test_what_is_not_in_force_or_suspended_is_never_paid(history, period, rule):
    paint, in_force = painted(history, period)
    due = entitlement(history, rule, period)
    if not any(paint.values()):
        assert due is (NotDue.SUSPENDED if in_force else due)
        assert due in (NotDue.NOT_STARTED, NotDue.ENDED, NotDue.SUSPENDED)
    if due is NotDue.SUSPENDED:
        assert in_force


@given(histories(), periods(), st.sampled_from(RULES), st.data())
def test_splitting_a_history_into_more_versions_with_the_same_facts_changes_nothing(history, period, rule, data):
    place = data.draw(st.integers(0, len(history.terms) - 1))
    terms = history.terms[place]
    again = terms._replace(from_day=data.draw(st.dates(terms.from_day, terms.last_day or END + 40 * DAY)))
    longer = (*history.terms[: place + 1], again, *history.terms[place + 1 :])
    split = History(tuple(t._replace(number=n) for n, t in enumerate(longer, start=1)), history.suspended)
    assert pence_of(entitlement(split, rule, period)) == pence_of(entitlement(history, rule, period))


@given(schedules, amounts, st.lists(days, max_size=5))
def test_the_sum_over_all_periods_by_days_is_the_whole_however_often_the_same_was_said_again(schedule, inputs, cuts):
    first, last = period_of(schedule, START).first_day, period_of(schedule, END).last_day
    said = [Terms(n, day, last, inputs, PAYEES[0], NOON) for n, day in enumerate([first, *sorted(cuts)], start=1)]
    covered = list(periods_between(schedule, first, last))
    assert all(after.first_day == before.last_day + DAY for before, after in pairwise(covered)), "nothing is due twice"
    paid = [entitlement(History(tuple(said)), BY_DAYS, period) for period in covered]
    assert sum(pence_of(due) for due in paid) == inputs.amount_pence * len(covered)
    for day in (first - DAY, last + DAY):
        assert pence_of(entitlement(History(tuple(said)), BY_DAYS, period_of(schedule, day))) == 0


@given(histories(), periods(), st.sampled_from(RULES))
def test_a_period_never_pays_more_than_the_most_that_any_version_says(history, period, rule):
    most = max((t.inputs.amount_pence for t in history.terms if t.inputs), default=0)
    assert pence_of(entitlement(history, rule, period)) <= most


@given(histories(), st.integers(1, 6), periods())
def test_a_history_as_it_was_known_is_what_would_have_been_paid_then(history, number, period):
    then = History(history.terms[:number], history.suspended)
    known = history.known_at(NOON + number * DAY)
    assert entitlement(known, BY_DAYS, period) == entitlement(then, BY_DAYS, period)


@given(histories(), periods())
def test_the_stretches_of_a_period_are_each_of_its_days_once(history, period):
    found = [day for s in history.stretches(period) for day in days_of(Period(s.first_day, s.last_day))]
    assert found == days_of(period)


NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30))
HOURS = AmountRule(AmountKind.RATE, unit="hours", rate_pence=1420, most_pence=50000, part_period=PartPeriod.BY_DAYS)


def an_award(first, last=None, inputs=Inputs(500), *more):  # noqa: B008  (a tuple, never changed)
    said = [(first, last, inputs), *more]
    return History(tuple(Terms(n, *facts, PAYEES[0], NOON) for n, facts in enumerate(said, start=1)))


@pytest.mark.parametrize(
    ("first_day", "last_day", "outcome"),
    [
        (date(2026, 1, 1), None, 500),
        (date(2026, 11, 1), date(2026, 11, 30), 500),
        (date(2026, 11, 30), None, 500),
        (date(2026, 12, 1), None, NotDue.NOT_STARTED),
        (date(2026, 1, 1), date(2026, 11, 1), 500),
        (date(2026, 1, 1), date(2026, 10, 31), NotDue.ENDED),
        (date(2026, 11, 15), date(2026, 11, 15), 500),
    ],
)
def test_an_award_is_due_whole_for_a_period_that_it_touches(first_day, last_day, outcome):
    due = entitlement(an_award(first_day, last_day), WHOLE, NOVEMBER)
    assert (due.amount_pence if isinstance(due, Due) else due) == outcome


def test_each_part_of_a_period_is_worked_out_in_steps_that_a_person_can_follow():
    changed = an_award(date(2026, 1, 1), None, Inputs(units=20_000), (date(2026, 11, 21), None, Inputs(units=38_500)))
    due = entitlement(changed, HOURS, NOVEMBER)
    assert isinstance(due, Due)
    assert due.amount_pence == 35600  # (28400 x 20 + 50000 x 10) / 30
    assert due.steps == (
        "20 hours × £14.20 = £284.00",
        "20 of 30 days of £284.00",
        "38.5 hours × £14.20 = £546.70",
        "capped at £500.00",
        "10 of 30 days of £500.00",
        "together £356.00",
    )


def test_a_rule_that_comes_to_nothing_is_nothing_due():
    assert entitlement(an_award(date(2026, 1, 1), None, Inputs(units=0)), HOURS, NOVEMBER) is NotDue.NOTHING_DUE


def test_who_is_paid_is_whoever_stands_on_the_day():
    first = Terms(1, date(2026, 1, 1), None, Inputs(500), PAYEES[0], NOON)
    moved = History((first, first._replace(number=2, from_day=date(2026, 11, 15), payee_id=PAYEES[1])))
    assert [moved.payee_on(day) for day in (date(2025, 1, 1), date(2026, 11, 14), date(2026, 11, 15))] == [
        PAYEES[0],
        PAYEES[0],
        PAYEES[1],
    ]
