"""What a component of a scheme pays for a period: a rule as data, and one pure function that works it out in steps.

Whole pence and whole thousandths of a unit throughout, never a float. Each product is rounded to the penny, half up,
where it is made, so that the steps add up for whoever reads them. A minimum and a maximum hold for the whole period;
the share of a part period is taken after them. Nothing counted is nothing due: a minimum does not raise it.

>>> rule = AmountRule(AmountKind.RATE, unit="hours", rate_pence=1420, most_pence=50000)
>>> from datetime import date
>>> november = Period(date(2026, 11, 1), date(2026, 11, 30))
>>> amount = amount_for(rule, Inputs(units=38500), november, 30)
>>> amount.pence, amount.steps
(50000, ('38.5 hours × £14.20 = £546.70', 'capped at £500.00'))
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from bacs import pence
from bacs.errors import AmountRefused
from schemes.errors import FieldFault, FieldsRefused, Misfit
from schemes.period import Period

THOUSAND = 1000
MOST_UNITS = 1_000_000 * THOUSAND
MOST_RATE_PENCE = 100_000_000
MOST_AMOUNT_PENCE = 10**12
"""£10,000,000,000: far above any payment, and still every product here fits a 64-bit integer."""
MOST_BANDS = 50
LONGEST_UNIT = 30

_UNITS = re.compile(r"([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.([0-9]{1,3}))?")


class AmountKind(StrEnum):
    """How the amount of a period is found."""

    FIXED = "fixed"
    """The amount that stands on the award."""
    RATE = "rate"
    """Units of the award, times a rate: the scheme's, or the award's own."""
    BANDS = "bands"
    """What the band gives that the award's units fall in."""


class BandPays(StrEnum):
    """What the numbers of the bands are."""

    AMOUNT = "amount"
    RATE = "rate"
    """A rate for all units, by the band that they fall in."""
    SLICES = "slices"
    """A rate for the units inside each band, as mileage is paid: so much up to a number, less for what is above."""


class PartPeriod(StrEnum):
    """What an award pays for a period that it covers a part of."""

    WHOLE = "whole"
    BY_DAYS = "by_days"
    """The share of its calendar days, rounded to the penny, half up."""


class Band(NamedTuple):
    """From this many units (thousandths, included) up to the next band: pence, or pence per unit."""

    from_units: int
    pence: int


@dataclass(frozen=True)
class AmountRule:
    """`unit` is what is counted, in the plural. rate_pence None: each award has its own rate."""

    kind: AmountKind = AmountKind.FIXED
    unit: str = ""
    rate_pence: int | None = None
    band_pays: BandPays = BandPays.AMOUNT
    bands: tuple[Band, ...] = ()
    least_pence: int | None = None
    most_pence: int | None = None
    part_period: PartPeriod = PartPeriod.WHOLE

    @property
    def rate_on_award(self) -> bool:
        return self.kind is AmountKind.RATE and self.rate_pence is None


class Inputs(NamedTuple):
    """What an award brings to its component's rule: an amount, or units (thousandths) and, if asked, a rate."""

    amount_pence: int | None = None
    units: int | None = None
    rate_pence: int | None = None


class Amount(NamedTuple):
    """What is due, in pence, and how it came about, a line a step."""

    pence: int
    steps: tuple[str, ...]


def amount_for(rule: AmountRule, inputs: Inputs, period: Period, covered_days: int) -> Amount:
    """What a rule pays for a period of which an award covers so many days. Raises FieldsRefused for inputs that miss.

    No day covered is nothing due.
    """
    if not 0 <= covered_days <= period.days:
        raise ValueError(f"{covered_days} days of a period of {period.days}")
    must_fit(rule, inputs)
    if covered_days == 0:
        return Amount(0, ("no day of the period is covered",))
    whole, steps = whole_period(rule, inputs)
    if whole and rule.least_pence is not None and whole < rule.least_pence:
        whole = rule.least_pence
        steps.append(f"raised to {pence.format(whole)}")
    if rule.most_pence is not None and whole > rule.most_pence:
        whole = rule.most_pence
        steps.append(f"capped at {pence.format(whole)}")
    if rule.part_period is PartPeriod.BY_DAYS and covered_days < period.days:
        share = half_up(whole * covered_days, period.days)
        steps.append(f"{covered_days} of {period.days} days: {pence.format(whole)} → {pence.format(share)}")
        whole = share
    return Amount(whole, tuple(steps))


def whole_period(rule: AmountRule, inputs: Inputs) -> tuple[int, list[str]]:
    """The amount of a whole period before minimum and maximum, with the steps that lead to it."""
    if rule.kind is AmountKind.FIXED:
        assert inputs.amount_pence is not None
        return inputs.amount_pence, [pence.format(inputs.amount_pence)]
    assert inputs.units is not None
    if rule.kind is AmountKind.RATE:
        rate = rule.rate_pence if rule.rate_pence is not None else inputs.rate_pence
        assert rate is not None
        return product(rule.unit, inputs.units, rate)
    band = [band for band in rule.bands if band.from_units <= inputs.units][-1]
    if rule.band_pays is BandPays.AMOUNT:
        counted, given = unit_words(rule.unit, inputs.units), pence.format(band.pence)
        return band.pence, [f"{counted}, in the band from {units_words(band.from_units)}: {given}"]
    if rule.band_pays is BandPays.RATE:
        return product(rule.unit, inputs.units, band.pence)
    return in_slices(rule, inputs.units)


def in_slices(rule: AmountRule, units: int) -> tuple[int, list[str]]:
    """Each band's rate for the units inside it."""
    ends = [*(band.from_units for band in rule.bands[1:]), MOST_UNITS]
    slices = [
        product(rule.unit, min(units, end) - band.from_units, band.pence)
        for band, end in zip(rule.bands, ends, strict=True)
        if units > band.from_units
    ]
    total = sum(made for made, _ in slices)
    steps = [step for _, made_by in slices for step in made_by]
    if len(slices) > 1:
        steps.append(f"together {pence.format(total)}")
    return total, steps or product(rule.unit, 0, rule.bands[0].pence)[1]


def product(unit: str, units: int, rate_pence: int) -> tuple[int, list[str]]:
    made = half_up(units * rate_pence, THOUSAND)
    return made, [f"{unit_words(unit, units)} × {pence.format(rate_pence)} = {pence.format(made)}"]


def half_up(numerator: int, denominator: int) -> int:
    """A quotient of what is not negative, to the nearest whole number, a half upwards.

    >>> [half_up(number, 10) for number in (4, 5, 14, 15)]
    [0, 1, 1, 2]
    """
    return (2 * numerator + denominator) // (2 * denominator)


def units_words(units: int) -> str:
    """Thousandths as people write them.

    >>> [units_words(units) for units in (38500, 1000, 1234567, 5)]
    ['38.5', '1', '1,234.567', '0.005']
    """
    whole, thousandths = divmod(units, THOUSAND)
    return f"{whole:,}" + (f".{thousandths:03}".rstrip("0") if thousandths else "")


def unit_words(unit: str, units: int) -> str:
    """`38.5 hours`, `1 hour`."""
    return f"{units_words(units)} {unit.removesuffix('s') if units == THOUSAND else unit}"


def read_units(text: str) -> int | None:
    """Units as a person writes them, in thousandths; None for what is no number, is negative or finer than that.

    >>> [read_units(text) for text in ("38.5", "1,234.567", "0", "1.2345", "-1", "1e3", "")]
    [38500, 1234567, 0, None, None, None, None]
    """
    match = _UNITS.fullmatch(text.strip())
    if match is None or len(match[1]) > 15:
        return None
    return int(match[1].replace(",", "")) * THOUSAND + int((match[2] or "").ljust(3, "0"))


def read_inputs(rule: AmountRule, given: Mapping[str, str]) -> Inputs:
    """An award's inputs from what a person or file wrote under `amount`, `units` and `rate`.

    Only what the rule asks for is read. Raises FieldsRefused.
    """
    faults: list[FieldFault] = []
    read: dict[str, int | None] = {}
    for field in asked_for(rule):
        name = "units" if field == "units" else field.removesuffix("_pence")
        text = given.get(name, "").strip()
        if not text:
            faults.append(FieldFault(name, Misfit.MISSING))
            continue
        read[field] = read_units(text) if field == "units" else read_pence(text)
        if read[field] is None:
            faults.append(FieldFault(name, Misfit.NOT_A_NUMBER))
    if faults:
        raise FieldsRefused("inputs", faults)
    inputs = Inputs(**read)
    must_fit(rule, inputs)
    return inputs


def read_pence(text: str) -> int | None:
    try:
        return pence.parse(text)
    except AmountRefused:
        return None


def asked_for(rule: AmountRule) -> tuple[str, ...]:
    """The inputs that a rule needs of an award, by their names in `Inputs`."""
    if rule.kind is AmountKind.FIXED:
        return ("amount_pence",)
    return ("units", "rate_pence") if rule.rate_on_award else ("units",)


def must_fit(rule: AmountRule, inputs: Inputs) -> None:
    """Raises FieldsRefused for inputs that a rule asks for and that are missing or out of range."""
    faults = []
    for field in asked_for(rule):
        value = getattr(inputs, field)
        name, (least, most) = field.removesuffix("_pence"), INPUT_RANGES[field]
        if value is None:
            faults.append(FieldFault(name, Misfit.MISSING))
        elif not least <= value <= most:
            faults.append(FieldFault(name, Misfit.OUT_OF_RANGE, (least, most)))
    if faults:
        raise FieldsRefused("inputs", faults)


INPUT_RANGES = {
    "amount_pence": (1, MOST_AMOUNT_PENCE),
    "units": (0, MOST_UNITS),
    "rate_pence": (1, MOST_RATE_PENCE),
}


def inputs_json(inputs: Inputs) -> dict[str, int]:
    """Inputs as they are kept: what is not given is left out."""
    return {name: value for name, value in inputs._asdict().items() if value is not None}


def inputs_from(kept: Mapping[str, Any]) -> Inputs:
    """Inputs as they were kept."""
    return Inputs(**kept)


def faults_of(rule: AmountRule) -> Iterator[FieldFault]:
    """Everything that keeps a rule from being used, field by field."""
    if rule.kind is not AmountKind.FIXED:
        if not rule.unit.strip():
            yield FieldFault("unit", Misfit.MISSING)
        elif len(rule.unit) > LONGEST_UNIT:
            yield FieldFault("unit", Misfit.TOO_LONG, (LONGEST_UNIT,))
    if rule.kind is AmountKind.RATE and rule.rate_pence is not None:
        yield from outside("rate_pence", rule.rate_pence, 1, MOST_RATE_PENCE)
    if rule.kind is AmountKind.BANDS:
        yield from band_faults(rule)
    for field in ("least_pence", "most_pence"):
        if getattr(rule, field) is not None:
            yield from outside(field, getattr(rule, field), 1, MOST_AMOUNT_PENCE)
    if rule.least_pence is not None and rule.most_pence is not None and rule.most_pence < rule.least_pence:
        yield FieldFault("most_pence", Misfit.BELOW_THE_LEAST)


def band_faults(rule: AmountRule) -> Iterator[FieldFault]:
    """Bands that leave a number of units without an answer, or give it two."""
    if not rule.bands:
        yield FieldFault("bands", Misfit.MISSING)
    if len(rule.bands) > MOST_BANDS:
        yield FieldFault("bands", Misfit.TOO_LONG, (MOST_BANDS,))
    most = MOST_AMOUNT_PENCE if rule.band_pays is BandPays.AMOUNT else MOST_RATE_PENCE
    for place, band in enumerate(rule.bands):
        if place == 0 and band.from_units != 0:
            yield FieldFault("bands.0.from_units", Misfit.NOT_FROM_ZERO)
        elif place and band.from_units <= rule.bands[place - 1].from_units:
            yield FieldFault(f"bands.{place}.from_units", Misfit.NOT_RISING)
        else:
            yield from outside(f"bands.{place}.from_units", band.from_units, 0, MOST_UNITS - 1)
        yield from outside(f"bands.{place}.pence", band.pence, 0, most)


def outside(field: str, value: int, least: int, most: int) -> Iterator[FieldFault]:
    if not least <= value <= most:
        yield FieldFault(field, Misfit.OUT_OF_RANGE, (least, most))


def rule_json(rule: AmountRule) -> dict[str, Any]:
    """A rule as it is kept: only what its kind uses, so that equal rules are equal text."""
    kept: dict[str, Any] = {"kind": rule.kind.value, "part_period": rule.part_period.value}
    if rule.kind is not AmountKind.FIXED:
        kept["unit"] = rule.unit
    if rule.kind is AmountKind.RATE:
        kept["rate_pence"] = rule.rate_pence
    if rule.kind is AmountKind.BANDS:
        kept["band_pays"] = rule.band_pays.value
        kept["bands"] = [band._asdict() for band in rule.bands]
    for field in ("least_pence", "most_pence"):
        if getattr(rule, field) is not None:
            kept[field] = getattr(rule, field)
    return kept


def rule_from(kept: Mapping[str, Any]) -> AmountRule:
    """A rule as `rule_json` kept it."""
    given = dict(kept)
    given["kind"] = AmountKind(given["kind"])
    given["part_period"] = PartPeriod(given["part_period"])
    if "band_pays" in given:
        given["band_pays"] = BandPays(given["band_pays"])
    if "bands" in given:
        given["bands"] = tuple(Band(**band) for band in given["bands"])
    return AmountRule(**given)
