"""Amount rules work to the penny, in whole numbers, and say how; one that does not fit is refused field by field."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemes.amount import (
    MOST_RATE_PENCE,
    MOST_UNITS,
    AmountKind,
    AmountRule,
    Band,
    BandPays,
    Inputs,
    PartPeriod,
    amount_for,
    faults_of,
    inputs_from,
    inputs_json,
    read_inputs,
    rule_from,
    rule_json,
)
from schemes.errors import FieldsRefused, Misfit
from schemes.period import Period

NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30))
FIXED = AmountRule()
HOURS = AmountRule(AmountKind.RATE, unit="hours", rate_pence=1420)
OWN_RATE = AmountRule(AmountKind.RATE, unit="hours")
CHILDREN = AmountRule(
    AmountKind.BANDS, unit="children", bands=(Band(0, 0), Band(1000, 2605), Band(2000, 4330), Band(5000, 6000))
)
MILES = AmountRule(AmountKind.BANDS, unit="miles", band_pays=BandPays.SLICES, bands=(Band(0, 45), Band(10_000_000, 25)))

units = st.integers(0, MOST_UNITS)
rates = st.integers(1, MOST_RATE_PENCE)


@st.composite
def banded(draw):
    starts = sorted(draw(st.sets(st.integers(1, MOST_UNITS - 1), max_size=6)))
    bands = tuple(Band(start, draw(st.integers(0, 10_000))) for start in (0, *starts))
    return AmountRule(AmountKind.BANDS, unit="points", band_pays=draw(st.sampled_from(BandPays)), bands=bands)


@st.composite
def rules(draw):
    rule = draw(st.one_of(st.just(FIXED), st.just(HOURS), st.just(OWN_RATE), banded()))
    least = draw(st.none() | st.integers(1, 10**6))
    most = draw(st.none() | st.integers(least or 1, 10**7))
    return replace(rule, least_pence=least, most_pence=most, part_period=draw(st.sampled_from(PartPeriod)))


inputs = st.builds(Inputs, st.integers(1, 10**9), units, rates)
periods = st.builds(
    lambda first, days: Period(first, first + timedelta(days=days)),
    st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    st.integers(0, 100),
)


@pytest.mark.parametrize(
    ("rule", "given_inputs", "covered", "pence", "steps"),
    [
        (FIXED, Inputs(12345), 30, 12345, ("£123.45",)),
        (FIXED, Inputs(12345), 1, 12345, ("£123.45",)),
        (FIXED, Inputs(12345), 0, 0, ("no day of the period is covered",)),
        (replace(FIXED, part_period=PartPeriod.BY_DAYS), Inputs(10000), 10, 3333,
         ("£100.00", "10 of 30 days: £100.00 → £33.33")),
        # half a penny upwards
        (replace(FIXED, part_period=PartPeriod.BY_DAYS), Inputs(1), 15, 1, ("£0.01", "15 of 30 days: £0.01 → £0.01")),
        (HOURS, Inputs(units=38500), 30, 54670, ("38.5 hours × £14.20 = £546.70",)),
        (HOURS, Inputs(units=1000), 30, 1420, ("1 hour × £14.20 = £14.20",)),
        (OWN_RATE, Inputs(units=1500, rate_pence=1001), 30, 1502, ("1.5 hours × £10.01 = £15.02",)),
        (replace(HOURS, most_pence=50000), Inputs(units=38500), 30, 50000,
         ("38.5 hours × £14.20 = £546.70", "capped at £500.00")),
        (replace(HOURS, least_pence=2000), Inputs(units=1000), 30, 2000,
         ("1 hour × £14.20 = £14.20", "raised to £20.00")),
        # nothing counted is nothing due
        (replace(HOURS, least_pence=2000), Inputs(units=0), 30, 0, ("0 hours × £14.20 = £0.00",)),
        # the cap is the whole period's, and its share is taken after it
        (replace(HOURS, most_pence=50000, part_period=PartPeriod.BY_DAYS), Inputs(units=38500), 15, 25000,
         ("38.5 hours × £14.20 = £546.70", "capped at £500.00", "15 of 30 days: £500.00 → £250.00")),
        (CHILDREN, Inputs(units=3000), 30, 4330, ("3 children, in the band from 2: £43.30",)),
        (CHILDREN, Inputs(units=5000), 30, 6000, ("5 children, in the band from 5: £60.00",)),
        (CHILDREN, Inputs(units=999), 30, 0, ("0.999 children, in the band from 0: £0.00",)),
        (replace(MILES, band_pays=BandPays.RATE), Inputs(units=10_000_000), 30, 250000,
         ("10,000 miles × £0.25 = £2,500.00",)),
        (MILES, Inputs(units=12_500_000), 30, 512500,
         ("10,000 miles × £0.45 = £4,500.00", "2,500 miles × £0.25 = £625.00", "together £5,125.00")),
        (MILES, Inputs(units=100_000), 30, 4500, ("100 miles × £0.45 = £45.00",)),
        (MILES, Inputs(units=0), 30, 0, ("0 miles × £0.45 = £0.00",)),
    ],
)  # fmt: skip
def test_an_amount_is_worked_out_to_the_penny_and_says_how(rule, given_inputs, covered, pence, steps):
    assert amount_for(rule, given_inputs, NOVEMBER, covered) == (pence, steps)


@given(units, rates)
def test_a_product_is_what_decimal_arithmetic_says_rounded_half_up(count, rate):
    made = amount_for(OWN_RATE, Inputs(units=count, rate_pence=rate), NOVEMBER, 30).pence
    assert made == int((Decimal(count) * rate / 1000).quantize(Decimal(1), ROUND_HALF_UP))


@given(rules(), inputs, periods, st.data())
def test_an_amount_never_falls_with_more_days_and_never_leaves_its_limits(rule, given_inputs, period, data):
    covered = data.draw(st.integers(1, period.days))
    whole = amount_for(rule, given_inputs, period, period.days).pence
    part = amount_for(rule, given_inputs, period, covered).pence
    assert 0 <= part <= whole
    assert rule.most_pence is None or whole <= rule.most_pence
    if rule.part_period is PartPeriod.WHOLE:
        assert part == whole
    if rule.least_pence is not None and rule.kind in (AmountKind.FIXED, AmountKind.RATE):
        assert whole == 0 or whole >= rule.least_pence


@given(rules(), inputs, periods, st.data())
def test_the_two_parts_of_a_period_are_the_whole_to_a_penny(rule, given_inputs, period, data):
    covered = data.draw(st.integers(1, period.days))
    rule = replace(rule, part_period=PartPeriod.BY_DAYS)
    parts = [amount_for(rule, given_inputs, period, days).pence for days in (covered, period.days - covered)]
    assert abs(sum(parts) - amount_for(rule, given_inputs, period, period.days).pence) <= 1


@given(banded(), units)
def test_slices_at_one_rate_are_the_rate_times_all_units_but_for_a_penny_a_slice(rule, count):
    level = replace(rule, band_pays=BandPays.SLICES, bands=tuple(band._replace(pence=1000) for band in rule.bands))
    assert amount_for(level, Inputs(units=count), NOVEMBER, 30).pence == count


@given(rules(), inputs)
def test_rules_and_inputs_are_kept_as_they_were(rule, given_inputs):
    assert rule_from(rule_json(rule)) == rule
    assert inputs_from(inputs_json(given_inputs)) == given_inputs
    assert list(faults_of(rule)) == []


@pytest.mark.parametrize(
    ("rule", "faults"),
    [
        (AmountRule(AmountKind.RATE, rate_pence=0), [("unit", Misfit.MISSING), ("rate_pence", Misfit.OUT_OF_RANGE)]),
        (AmountRule(AmountKind.RATE, unit="h" * 31), [("unit", Misfit.TOO_LONG)]),
        (AmountRule(AmountKind.BANDS, unit="points"), [("bands", Misfit.MISSING)]),
        (replace(CHILDREN, bands=(Band(1000, 5),)), [("bands.0.from_units", Misfit.NOT_FROM_ZERO)]),
        (replace(CHILDREN, bands=(Band(0, 5), Band(0, 6))), [("bands.1.from_units", Misfit.NOT_RISING)]),
        (replace(CHILDREN, bands=(Band(0, -5),)), [("bands.0.pence", Misfit.OUT_OF_RANGE)]),
        (replace(MILES, bands=(Band(0, MOST_RATE_PENCE + 1),)), [("bands.0.pence", Misfit.OUT_OF_RANGE)]),
        (replace(CHILDREN, bands=tuple(Band(n, 1) for n in range(51))), [("bands", Misfit.TOO_LONG)]),
        (replace(FIXED, least_pence=0, most_pence=10**13),
         [("least_pence", Misfit.OUT_OF_RANGE), ("most_pence", Misfit.OUT_OF_RANGE)]),
        (replace(FIXED, least_pence=500, most_pence=499), [("most_pence", Misfit.BELOW_THE_LEAST)]),
    ],
)  # fmt: skip
def test_a_rule_that_does_not_fit_is_refused_by_field(rule, faults):
    assert [(fault.field, fault.why) for fault in faults_of(rule)] == faults


@pytest.mark.parametrize(
    ("rule", "given_text", "expected"),
    [
        (FIXED, {"amount": "£1,234.50"}, Inputs(amount_pence=123450)),
        (HOURS, {"units": " 38.5 ", "rate": "ignored"}, Inputs(units=38500)),
        (OWN_RATE, {"units": "1,000.125", "rate": "14.2"}, Inputs(units=1000125, rate_pence=1420)),
    ],
)
def test_an_awards_inputs_are_read_as_people_write_them(rule, given_text, expected):
    assert read_inputs(rule, given_text) == expected


@pytest.mark.parametrize(
    ("rule", "given_text", "faults"),
    [
        (FIXED, {"amount": "0"}, [("amount", Misfit.OUT_OF_RANGE)]),
        (FIXED, {"units": "3"}, [("amount", Misfit.MISSING)]),
        (FIXED, {"amount": "12.345"}, [("amount", Misfit.NOT_A_NUMBER)]),
        (OWN_RATE, {"units": "1.2345", "rate": ""}, [("units", Misfit.NOT_A_NUMBER), ("rate", Misfit.MISSING)]),
        (HOURS, {"units": "-1"}, [("units", Misfit.NOT_A_NUMBER)]),
        (HOURS, {"units": "1000000.001"}, [("units", Misfit.OUT_OF_RANGE)]),
        (HOURS, {"units": "1e3"}, [("units", Misfit.NOT_A_NUMBER)]),
        (HOURS, {"units": "٣"}, [("units", Misfit.NOT_A_NUMBER)]),
    ],
)
def test_inputs_that_do_not_fit_are_refused_by_field_and_never_cut(rule, given_text, faults):
    with pytest.raises(FieldsRefused) as refused:
        read_inputs(rule, given_text)
    assert [(fault.field, fault.why) for fault in refused.value.faults] == faults


def test_inputs_kept_without_what_a_rule_asks_for_are_refused_when_it_is_worked_out():
    with pytest.raises(FieldsRefused) as refused:
        amount_for(OWN_RATE, Inputs(amount_pence=500, units=1000), NOVEMBER, 30)
    assert [(fault.field, fault.why) for fault in refused.value.faults] == [("rate", Misfit.MISSING)]
