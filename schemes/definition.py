"""What a version of a scheme says: plain data, complete in itself, kept as JSON and never changed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from schemes import amount
from schemes.amount import Amount, AmountRule, Inputs, amount_for, asked_for, inputs_from, inputs_json
from schemes.errors import FieldFault, FieldsRefused, Misfit, Refused
from schemes.gate_rule import FIRST_GATES, GateRule, gate_faults, gate_from, gate_json
from schemes.payment_reference import DEFAULT_PATTERN, reference_faults
from schemes.period import Schedule, period_at, period_of
from schemes.schedule_json import schedule_faults, schedule_from, schedule_json

CODE = re.compile(r"[A-Z0-9]{2,5}")
COMPONENT_CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,29}")
LONGEST_NAME = 120
LONGEST_PURPOSE = 500
LONGEST_FINANCE_CODE = 40
MOST_COMPONENTS = 20
MOST_EXAMPLES = 50


class FinanceCodes(NamedTuple):
    """Where the finance system books what a component pays, in the finance system's own words."""

    fund: str = ""
    cost_centre: str = ""
    account: str = ""
    vat: str = ""


FIXED = AmountRule()
NO_CODES = FinanceCodes()


@dataclass(frozen=True)
class Component:
    """One thing that a scheme pays. `code` stands on each award, so it stays when the name changes."""

    code: str
    name: str
    rule: AmountRule = FIXED
    finance: FinanceCodes = NO_CODES


class Example(NamedTuple):
    """What somebody worked out by hand: inputs, days covered of the first period (None: all), the pence expected."""

    component: str
    inputs: Inputs
    covered_days: int | None
    expected_pence: int


@dataclass(frozen=True)
class Definition:
    """Everything that a payroll goes by. `examples` are worked out before a version is proposed."""

    code: str
    name: str
    pays_for: str
    schedule: Schedule
    components: tuple[Component, ...]
    payment_limit_pence: int
    payroll_limit_pence: int
    bank_profile_id: UUID
    reference: str = DEFAULT_PATTERN
    gates: tuple[GateRule, ...] = FIRST_GATES
    examples: tuple[Example, ...] = field(default=())

    def component(self, code: str) -> Component | None:
        """The component that awards name by this code."""
        return next((component for component in self.components if component.code == code), None)


def worked_out(definition: Definition, example: Example) -> Amount | FieldsRefused:
    """What the rule pays in an example, for the scheme's first period; or why it cannot be told."""
    component = definition.component(example.component)
    if component is None:
        return FieldsRefused("example", [FieldFault("component", Misfit.UNKNOWN)])
    schedule = definition.schedule
    period = schedule.listed[0].period if schedule.listed else period_at(schedule, 0)
    covered = period.days if example.covered_days is None else example.covered_days
    if not 0 <= covered <= period.days:
        return FieldsRefused("example", [FieldFault("covered_days", Misfit.OUT_OF_RANGE, (0, period.days))])
    try:
        return amount_for(component.rule, example.inputs, period, covered)
    except FieldsRefused as refused:
        return refused


def faults_of(definition: Definition) -> list[FieldFault]:
    """Everything that keeps a definition from being proposed, field by field: failing examples too."""
    faults = [*fact_faults(definition), *schedule_faults(definition.schedule)]
    for place, component in enumerate(definition.components):
        faults += component_faults(definition, place, component)
    faults += reference_faults(definition.reference, definition.code, components=len(definition.components))
    faults += gate_faults(definition.gates)
    # a schedule that does not fit has no first period to work an example out for
    return faults or list(example_faults(definition))


def fact_faults(definition: Definition) -> Iterator[FieldFault]:
    if not CODE.fullmatch(definition.code):
        yield FieldFault("code", Misfit.NOT_A_CODE)
    yield from text_faults("name", definition.name, LONGEST_NAME)
    yield from text_faults("pays_for", definition.pays_for, LONGEST_PURPOSE)
    if not definition.components:
        yield FieldFault("components", Misfit.MISSING)
    for name, found, most in (
        ("components", len(definition.components), MOST_COMPONENTS),
        ("examples", len(definition.examples), MOST_EXAMPLES),
    ):
        if found > most:
            yield FieldFault(name, Misfit.TOO_LONG, (most,))
    for name in ("payment_limit_pence", "payroll_limit_pence"):
        yield from amount.outside(name, getattr(definition, name), 1, amount.MOST_AMOUNT_PENCE)
    if definition.payroll_limit_pence < definition.payment_limit_pence:
        yield FieldFault("payroll_limit_pence", Misfit.BELOW_ONE_PAYMENT)


def text_faults(name: str, given: str, longest: int, *, needed: bool = True) -> Iterator[FieldFault]:
    if needed and not given.strip():
        yield FieldFault(name, Misfit.MISSING)
    if len(given) > longest:
        yield FieldFault(name, Misfit.TOO_LONG, (longest,))


def component_faults(definition: Definition, place: int, component: Component) -> Iterator[FieldFault]:
    """The faults of one component, under its place."""
    at = f"components.{place}"
    if not COMPONENT_CODE.fullmatch(component.code):
        yield FieldFault(f"{at}.code", Misfit.NOT_A_CODE)
    elif any(other.code == component.code for other in definition.components[:place]):
        yield FieldFault(f"{at}.code", Misfit.TAKEN)
    yield from text_faults(f"{at}.name", component.name, LONGEST_NAME)
    for name, given in component.finance._asdict().items():
        yield from text_faults(f"{at}.finance.{name}", given, LONGEST_FINANCE_CODE, needed=False)
    for fault in amount.faults_of(component.rule):
        yield fault._replace(field=f"{at}.rule.{fault.field}")


def example_faults(definition: Definition) -> Iterator[FieldFault]:
    """Examples that do not come out as expected, or cannot be worked out."""
    for place, example in enumerate(definition.examples):
        found = worked_out(definition, example)
        if isinstance(found, FieldsRefused):
            for fault in found.faults:
                yield fault._replace(field=f"examples.{place}.{fault.field}")
        elif found.pence != example.expected_pence:
            yield FieldFault(
                f"examples.{place}.expected_pence", Misfit.NOT_AS_EXPECTED, (example.expected_pence, found.pence)
            )


def successor_faults(before: Definition, after: Definition) -> Iterator[FieldFault]:
    """What a later version may not change: awards name its components, and bring what their rules asked for."""
    if after.code != before.code:
        yield FieldFault("code", Misfit.STAYS)
    for component in before.components:
        there = after.component(component.code)
        if there is None:
            yield FieldFault("components", Misfit.COMPONENT_GONE, (component.code,))
        elif not set(asked_for(there.rule)) <= set(asked_for(component.rule)):
            place = after.components.index(there)
            yield FieldFault(f"components.{place}.rule.kind", Misfit.ASKS_MORE)


def follows_on(before: Schedule, after: Schedule, day: date) -> bool:
    """Whether a period ends the day before under one schedule and one begins on the day under the other.

    Else a day would be in two periods, and be paid twice, or in none.
    """
    try:
        if period_of(after, day).first_day != day:
            return False
    except Refused:
        return False
    try:
        return period_of(before, day).first_day == day
    except Refused:
        return True


def definition_json(definition: Definition) -> dict[str, Any]:
    """A definition as it is kept, and as a file carries it."""
    return {
        "code": definition.code,
        "name": definition.name,
        "pays_for": definition.pays_for,
        "schedule": schedule_json(definition.schedule),
        "components": [
            {
                "code": component.code,
                "name": component.name,
                "rule": amount.rule_json(component.rule),
                "finance": component.finance._asdict(),
            }
            for component in definition.components
        ],
        "payment_limit_pence": definition.payment_limit_pence,
        "payroll_limit_pence": definition.payroll_limit_pence,
        "reference": definition.reference,
        "bank_profile_id": str(definition.bank_profile_id),
        "gates": [gate_json(gate) for gate in definition.gates],
        "examples": [{**example._asdict(), "inputs": inputs_json(example.inputs)} for example in definition.examples],
    }


def definition_from(kept: Mapping[str, Any]) -> Definition:
    """A definition as `definition_json` kept it."""
    return Definition(
        code=kept["code"],
        name=kept["name"],
        pays_for=kept["pays_for"],
        schedule=schedule_from(kept["schedule"]),
        components=tuple(
            Component(
                component["code"],
                component["name"],
                amount.rule_from(component["rule"]),
                FinanceCodes(**component["finance"]),
            )
            for component in kept["components"]
        ),
        payment_limit_pence=kept["payment_limit_pence"],
        payroll_limit_pence=kept["payroll_limit_pence"],
        reference=kept["reference"],
        bank_profile_id=UUID(kept["bank_profile_id"]),
        gates=tuple(gate_from(gate) for gate in kept["gates"]),
        examples=tuple(
            Example(**{**example, "inputs": inputs_from(example["inputs"])}) for example in kept["examples"]
        ),
    )
