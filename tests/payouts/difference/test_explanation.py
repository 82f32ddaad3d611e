"""Why an award is paid more or less than last time: to the penny, and what was tampered with is left over."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payouts.difference.explanation import Basis, Cause, Line, Side, Story, explain
from payouts.entitlement import Due, entitlement
from payouts.payment import UnpaidReason
from schemes.amount import AmountKind, AmountRule, Inputs, PartPeriod
from schemes.award_history import NotDue, Terms
from schemes.period import Period
from schemes.suspension import Spell

DAY = timedelta(days=1)
OCTOBER = Period(date(2026, 10, 1), date(2026, 10, 31))
NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30))
CREATED = datetime(2026, 10, 20, 9, 0, tzinfo=UTC)
LONG_AGO, SINCE = CREATED - 90 * DAY, CREATED + 20 * DAY
PAYEE = UUID(int=1)
LIFTED = {"lifted_at": SINCE + DAY, "due_from": date(2026, 11, 1), "pays_arrears": True}
WHOLE, BY_DAYS = (AmountRule(part_period=part) for part in (PartPeriod.WHOLE, PartPeriod.BY_DAYS))


def terms(number=1, first=date(2026, 1, 1), last=None, pence=100_00, made=LONG_AGO):
    return Terms(number, first, last, None if pence is None else Inputs(pence), PAYEE, made)


def paid_by(story, history, basis, *, arrears=0, recovered=0, unpaid=None):
    """What a payroll pays that does all right."""
    due = entitlement(history, basis.rule, basis.period) if history else NotDue.NOT_STARTED
    if unpaid is not None:
        return Side(unpaid=unpaid)
    if isinstance(due, NotDue):
        return Side(arrears, arrears, 0, None if arrears else UnpaidReason(due.value))
    gross = due.amount_pence + arrears
    taken = min(gross, recovered)
    return Side(gross - taken, arrears, taken, UnpaidReason.RECOVERED if taken == gross else None)


def lines_of(story, *, then=None, now=None, rule_then=BY_DAYS, rule_now=BY_DAYS):
    """The lines between two payrolls that did all right, with what each paid for once replaced."""
    basis_then, basis_now = Basis(OCTOBER, rule_then), Basis(NOVEMBER, rule_now)
    then = then or paid_by(story, story.known_at(CREATED), basis_then)
    now = now or paid_by(story, story.now(), basis_now)
    return explain(story, (basis_then, then, CREATED), (basis_now, now))


def spell(first, last=None, placed=LONG_AGO, **lifted):
    return Spell(first, last, placed, **lifted)


@pytest.mark.parametrize(
    ("story", "lines"),
    [
        (Story((terms(),)), []),
        (Story((terms(first=date(2026, 11, 1)),)), [Line(Cause.STARTERS, 100_00, "not_started")]),
        (Story((terms(made=SINCE),)), [Line(Cause.STARTERS, 100_00, "not_started")]),
        (Story((terms(last=date(2026, 10, 31)),)), [Line(Cause.LEAVERS, -100_00, "ended")]),
        (Story((terms(), terms(2, date(2026, 11, 1), pence=110_00))), [Line(Cause.RATES, 10_00)]),
        # it was backdated after October was paid: October's arrears are another line, of their own source
        (Story((terms(), terms(2, date(2026, 10, 1), pence=110_00, made=SINCE))), [Line(Cause.RATES, 10_00)]),
        (Story((terms(),), (spell(date(2026, 11, 1)),)), [Line(Cause.SUSPENDED, -100_00, "suspended")]),
        (Story((terms(),), (spell(date(2026, 11, 16)),)), [Line(Cause.SUSPENDED, -50_00)]),
        (
            Story((terms(),), (spell(date(2026, 10, 1), date(2026, 10, 31)),)),
            [Line(Cause.RESUMED, 100_00, "suspended")],
        ),
        # placed and lifted after October was paid: it never kept anything back
        (Story((terms(),), (spell(date(2026, 10, 1), placed=SINCE, **LIFTED),)), []),
        (Story((terms(last=date(2026, 11, 15)),)), [Line(Cause.PART_PERIODS, -50_00)]),
        # 16 of October's 31 days: £51.61
        (Story((terms(first=date(2026, 10, 16)),)), [Line(Cause.PART_PERIODS, 48_39)]),
    ],
)  # fmt: skip
def test_each_change_of_the_register_is_told_by_its_own_name(story, lines):
    assert lines_of(story) == lines


@pytest.mark.parametrize(
    ("reason", "then_cause", "now_cause"),
    [
        (UnpaidReason.ON_HOLD, Cause.PAID_AGAIN, Cause.LEFT_OUT),
        (UnpaidReason.NO_CONFIRMED_BANK_DETAILS, Cause.PAID_AGAIN, Cause.LEFT_OUT),
        (UnpaidReason.PAID_ALREADY, Cause.PAID_APART, Cause.PAID_APART),
    ],
)
def test_whoever_was_due_and_not_paid_is_told_with_the_reason(reason, then_cause, now_cause):
    story, out = Story((terms(),)), Side(unpaid=reason)
    assert lines_of(story, then=out) == [Line(then_cause, 100_00, reason.value)]
    assert lines_of(story, now=out) == [Line(now_cause, -100_00, reason.value)]


def test_arrears_and_recoveries_of_both_payrolls_are_lines_of_their_own():
    story = Story((terms(),))
    lines = lines_of(story, then=Side(105_00, 10_00, 5_00), now=Side(82_00, 2_00, 20_00))
    assert lines == [
        Line(Cause.ARREARS_LAST_TIME, -10_00),
        Line(Cause.RECOVERIES_LAST_TIME, 5_00),
        Line(Cause.ARREARS, 2_00),
        Line(Cause.RECOVERIES, -20_00),
    ]


def test_the_scheme_s_rate_and_the_award_s_units_are_told_apart():
    def hours(rate):
        return AmountRule(AmountKind.RATE, unit="hours", rate_pence=rate)

    def worked(number, first, units):
        return Terms(number, first, None, Inputs(units=units * 1000), PAYEE, LONG_AGO)

    story = Story((worked(1, date(2026, 1, 1), 10), worked(2, date(2026, 11, 1), 12)))
    lines = lines_of(story, rule_then=hours(10_00), rule_now=hours(11_00))
    assert lines == [Line(Cause.RATES, 20_00), Line(Cause.SCHEME_RATES, 12_00)]


def test_without_a_last_payroll_everybody_starts():
    now = (Basis(NOVEMBER, BY_DAYS), Side(100_00))
    assert explain(Story((terms(),)), None, now) == [Line(Cause.STARTERS, 100_00, "not_started")]


days = st.dates(date(2026, 9, 1), date(2026, 12, 15))
instants = st.integers(-60, 40).map(lambda n: CREATED + n * DAY)
outside = st.sampled_from([UnpaidReason.ON_HOLD, UnpaidReason.PAID_ALREADY, UnpaidReason.BANK_DETAILS_STOPPED])


@st.composite
def stories(draw):
    made = sorted(draw(st.lists(instants, min_size=1, max_size=4)))
    versions = []
    for number, at in enumerate(made, start=1):
        first = draw(days)
        pence = draw(st.integers(1, 500_00) if number == 1 else st.none() | st.integers(1, 500_00))
        versions.append(terms(number, first, draw(st.none() | st.dates(first, date(2027, 1, 31))), pence, at))
    spells = []
    for _ in range(draw(st.integers(0, 2))):
        first, placed = draw(days), draw(instants)
        lifted = draw(st.none() | st.integers(0, 30))
        facts = {}
        if lifted is not None:
            at = placed + lifted * DAY
            facts = {"lifted_at": at, "due_from": at.date(), "pays_arrears": draw(st.booleans())}
        spells.append(Spell(first, draw(st.none() | st.dates(first, date(2027, 1, 31))), placed, **facts))
    return Story(tuple(versions), tuple(spells))


@st.composite
def two_payrolls(draw):
    """An award's story with what two payrolls that did all right made of it, the first built after CREATED."""
    story = draw(stories())
    rule = AmountRule(
        most_pence=draw(st.none() | st.integers(1, 400_00)), part_period=draw(st.sampled_from(PartPeriod))
    )
    bases = Basis(OCTOBER, draw(st.sampled_from([BY_DAYS, WHOLE]))), Basis(NOVEMBER, rule)
    built = CREATED + draw(st.integers(0, 10)) * DAY
    sides = [
        paid_by(
            story,
            history,
            basis,
            arrears=draw(st.just(0) | st.integers(1, 50_00)),
            recovered=draw(st.just(0) | st.integers(1, 50_00)),
            unpaid=draw(st.none() | outside),
        )
        for history, basis in ((story.known_at(built), bases[0]), (story.now(), bases[1]))
    ]
    return story, bases, sides


@given(two_payrolls())
def test_the_causes_always_come_to_the_difference_to_the_penny(given_):
    story, (basis_then, basis_now), (then, now) = given_
    lines = explain(story, (basis_then, then, CREATED), (basis_now, now))
    assert Cause.UNEXPLAINED not in {line.cause for line in lines}
    assert sum(line.pence for line in lines) == now.paid_pence - then.paid_pence


@given(two_payrolls(), st.integers(-50_00, 50_00).filter(bool))
def test_a_payment_that_is_not_what_the_register_says_is_left_unexplained_by_exactly_that(given_, by):
    story, (basis_then, basis_now), (then, now) = given_
    tampered = now._replace(paid_pence=now.paid_pence + by)
    lines = explain(story, (basis_then, then, CREATED), (basis_now, tampered))
    assert lines[-1] == Line(Cause.UNEXPLAINED, by)


@given(two_payrolls())
def test_a_lost_and_a_doubled_payment_are_left_unexplained(given_):
    story, (basis_then, basis_now), (then, now) = given_
    if now.paid_pence:
        for paid in (0, 2 * now.paid_pence):
            lines = explain(story, (basis_then, then, CREATED), (basis_now, now._replace(paid_pence=paid)))
            assert lines[-1] == Line(Cause.UNEXPLAINED, paid - now.paid_pence)


@given(two_payrolls())
def test_a_reason_that_the_register_does_not_bear_out_explains_nothing(given_):
    story, (basis_then, basis_now), (then, now) = given_
    due = entitlement(story.now(), basis_now.rule, basis_now.period)
    if isinstance(due, Due) and now == Side(due.amount_pence):
        dropped = Side(unpaid=UnpaidReason.ENDED)
        lines = explain(story, (basis_then, then, CREATED), (basis_now, dropped))
        assert lines[-1] == Line(Cause.UNEXPLAINED, -due.amount_pence)
