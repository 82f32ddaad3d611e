"""A scheme's definition is complete in itself, kept as it was, and refused field by field where it does not fit."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemes.amount import AmountKind, AmountRule, Inputs
from schemes.database import new_id
from schemes.definition import (
    Component,
    Definition,
    Example,
    FinanceCodes,
    definition_from,
    definition_json,
    faults_of,
    follows_on,
    successor_faults,
    worked_out,
)
from schemes.errors import Misfit
from schemes.gate_rule import FIRST_GATES, GateKind
from schemes.payment_reference import LONGEST_REFERENCE, MOST_PAYMENTS, MOST_PAYROLLS, payment_reference
from schemes.period import DAY, Frequency, ListedPeriod, NonWorkingDay, PayDay, Period, Schedule, period_of
from schemes.person import Role

HOURS = AmountRule(AmountKind.RATE, unit="hours", rate_pence=1420, most_pence=50000)
MONTHS = Schedule(Frequency.MONTHLY, date(2026, 4, 1))
SCHEME = Definition(
    code="HSW",
    name="Support by the hour",
    pays_for="Hours of support",
    schedule=Schedule(Frequency.WEEKLY, date(2026, 4, 6), PayDay.AFTER_LAST_DAY, 5, NonWorkingDay.LATER),
    components=(Component("hours", "Hours", HOURS, FinanceCodes("F1", "4410")),),
    payment_limit_pence=100_000,
    payroll_limit_pence=10_000_000,
    bank_profile_id=new_id(),
    examples=(Example("hours", Inputs(units=38500), None, 50000),),
)
TERMS = Schedule(
    Frequency.CUSTOM,
    date(2026, 9, 1),
    PayDay.LISTED,
    listed=(
        ListedPeriod(Period(date(2026, 9, 1), date(2026, 12, 18)), date(2026, 9, 15)),
        ListedPeriod(Period(date(2027, 1, 4), date(2027, 3, 26)), date(2027, 1, 15)),
    ),
)


def test_a_definition_that_fits_has_no_fault():
    assert faults_of(SCHEME) == []
    assert faults_of(replace(SCHEME, schedule=TERMS)) == []


@pytest.mark.parametrize("definition", [SCHEME, replace(SCHEME, schedule=TERMS)])
def test_a_definition_is_kept_as_it_was(definition):
    assert definition_from(json.loads(json.dumps(definition_json(definition)))) == definition


def gates_without(kind):
    return tuple(gate for gate in FIRST_GATES if gate.kind is not kind)


def listed(*entries):
    return replace(TERMS, listed=entries)


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({"code": "hsw"}, [("code", Misfit.NOT_A_CODE)]),
        ({"name": " ", "pays_for": "x" * 501}, [("name", Misfit.MISSING), ("pays_for", Misfit.TOO_LONG)]),
        ({"components": ()}, [("components", Misfit.MISSING)]),
        ({"components": SCHEME.components * 2}, [("components.1.code", Misfit.TAKEN)]),
        ({"components": (Component("Hours!", "Hours", HOURS),)}, [("components.0.code", Misfit.NOT_A_CODE)]),
        ({"components": (Component("hours", "Hours", replace(HOURS, unit="")),)},
         [("components.0.rule.unit", Misfit.MISSING)]),
        ({"components": (Component("hours", "Hours", HOURS, FinanceCodes(vat="x" * 41)),)},
         [("components.0.finance.vat", Misfit.TOO_LONG)]),
        ({"payment_limit_pence": 0}, [("payment_limit_pence", Misfit.OUT_OF_RANGE)]),
        ({"payroll_limit_pence": 99_999}, [("payroll_limit_pence", Misfit.BELOW_ONE_PAYMENT)]),
        ({"reference": "{scheme}-{payroll}"}, [("reference", Misfit.NOT_TOLD_APART)]),
        # 11111 of 1 and 1111 of 11 would be one reference
        ({"reference": "{payroll}{number}"}, [("reference", Misfit.NOT_TOLD_APART)]),
        ({"reference": "{payee}-{number}"}, [("reference", Misfit.UNKNOWN)]),
        ({"reference": "{number:x}-{payroll}"}, [("reference", Misfit.UNKNOWN)]),
        ({"reference": "{number"}, [("reference", Misfit.UNKNOWN)]),
        ({"reference": "{payroll}_{number}"}, [("reference", Misfit.NOT_IN_BACS)]),
        ({"reference": "HARBOUR {payroll}-{number}"}, [("reference", Misfit.TOO_LONG)]),
        ({"gates": gates_without(GateKind.APPROVE)}, [("gates", Misfit.NOT_THE_FOUR)]),
        ({"gates": FIRST_GATES[::-1]}, [("gates", Misfit.NOT_THE_FOUR)]),
        ({"gates": (*FIRST_GATES, FIRST_GATES[-1])}, [("gates", Misfit.NOT_THE_FOUR)]),
        ({"gates": (FIRST_GATES[0]._replace(role=Role.AUDITOR), *FIRST_GATES[1:])},
         [("gates.0.role", Misfit.UNKNOWN)]),
        ({"gates": (FIRST_GATES[0]._replace(people_needed=0, name=""), *FIRST_GATES[1:])},
         [("gates.0.name", Misfit.MISSING), ("gates.0.people_needed", Misfit.OUT_OF_RANGE)]),
        ({"schedule": replace(SCHEME.schedule, pay_day=PayDay.LISTED)}, [("schedule.pay_day", Misfit.UNKNOWN)]),
        ({"schedule": replace(SCHEME.schedule, pay_days=367)}, [("schedule.pay_days", Misfit.OUT_OF_RANGE)]),
        ({"schedule": replace(TERMS, frequency=Frequency.ONE_OFF)}, [("schedule.listed", Misfit.TOO_LONG)]),
        ({"schedule": listed()}, [("schedule.listed", Misfit.MISSING)]),
        ({"schedule": listed(TERMS.listed[0], TERMS.listed[0])},
         [("schedule.listed.1", Misfit.OVERLAPS), ("schedule.listed.1.pay_day", Misfit.TOO_CLOSE)]),
        ({"schedule": listed(replace(TERMS.listed[0], pay_day=None))},
         [("schedule.listed.0.pay_day", Misfit.MISSING)]),
        ({"examples": (Example("hours", Inputs(units=38500), None, 54670),)},
         [("examples.0.expected_pence", Misfit.NOT_AS_EXPECTED)]),
        ({"examples": (Example("miles", Inputs(units=38500), None, 1),)}, [("examples.0.component", Misfit.UNKNOWN)]),
        ({"examples": (Example("hours", Inputs(), None, 1),)}, [("examples.0.units", Misfit.MISSING)]),
        ({"examples": (Example("hours", Inputs(units=1), 8, 1),)},
         [("examples.0.covered_days", Misfit.OUT_OF_RANGE)]),
    ],
)  # fmt: skip
def test_a_definition_that_does_not_fit_is_refused_by_field(changes, faults):
    assert [(fault.field, fault.why) for fault in faults_of(replace(SCHEME, **changes))] == faults


@given(
    st.from_regex(r"[A-Z0-9]{2,5}", fullmatch=True),
    st.integers(1, MOST_PAYROLLS),
    st.integers(1, MOST_PAYMENTS),
    st.sampled_from(["{scheme}-{payroll}-{number}", "{number}/{payroll}", "{scheme}{payroll} {number}"]),
)
def test_a_pattern_that_fits_makes_references_that_fit_and_are_told_apart(code, payroll, number, pattern):
    assert faults_of(replace(SCHEME, code=code, reference=pattern)) == []
    made = payment_reference(pattern, scheme=code, payroll=payroll, number=number)
    assert len(made) <= LONGEST_REFERENCE
    assert made != payment_reference(pattern, scheme=code, payroll=payroll, number=number % MOST_PAYMENTS + 1)
    assert made != payment_reference(pattern, scheme=code, payroll=payroll % MOST_PAYROLLS + 1, number=number)


def test_an_example_is_worked_out_for_the_days_that_it_covers():
    rule = replace(SCHEME.components[0], rule=AmountRule())
    assert worked_out(replace(SCHEME, components=(rule,)), Example("hours", Inputs(700), 3, 0)).pence == 700


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({"name": "Support"}, []),
        ({"code": "HSX"}, [("code", Misfit.STAYS)]),
        ({"components": (Component("miles", "Miles", HOURS),)}, [("components", Misfit.COMPONENT_GONE)]),
        ({"components": (*SCHEME.components, Component("miles", "Miles", AmountRule()))}, []),
        ({"components": (Component("hours", "Hours", AmountRule()),)}, [("components.0.rule.kind", Misfit.ASKS_MORE)]),
        ({"components": (Component("hours", "Hours", replace(HOURS, rate_pence=None)),)},
         [("components.0.rule.kind", Misfit.ASKS_MORE)]),
        ({"components": (Component("hours", "Hours", replace(HOURS, rate_pence=1500)),)}, []),
    ],
)  # fmt: skip
def test_a_later_version_keeps_what_the_awards_that_there_are_hang_on(changes, faults):
    found = successor_faults(SCHEME, replace(SCHEME, **changes))
    assert [(fault.field, fault.why) for fault in found] == faults


schedules = st.builds(
    Schedule,
    st.sampled_from([Frequency.WEEKLY, Frequency.FOUR_WEEKLY, Frequency.MONTHLY, Frequency.QUARTERLY]),
    st.dates(date(2025, 1, 1), date(2026, 12, 31)),
)


@given(schedules, schedules, st.dates(date(2026, 1, 1), date(2027, 12, 31)), st.booleans())
def test_where_one_schedule_follows_on_another_each_day_is_in_one_period(before, after, day, on_a_start):
    day = period_of(after, day).first_day if on_a_start else day
    if follows_on(before, after, day):
        assert period_of(before, day - DAY).last_day == day - DAY
        assert period_of(after, day).first_day == day
    else:
        assert period_of(before, day).first_day < day or period_of(after, day).first_day < day


def test_listed_periods_may_follow_months_and_months_may_follow_them():
    assert follows_on(MONTHS, TERMS, date(2026, 9, 1))
    assert follows_on(TERMS, MONTHS, date(2027, 4, 1))
    assert not follows_on(TERMS, MONTHS, date(2027, 2, 1))
