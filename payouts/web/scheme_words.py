"""Words for what a scheme says: its periods and pay days, what its components pay, who decides its gates."""

from __future__ import annotations

from flask import Flask

from payouts.payroll import PeriodsOverlap
from payouts.web.field_words import fault_sentence
from payouts.web.figures import count, day, pounds
from payouts.web.gate_words import tier_lines
from schemes.amount import AmountKind, AmountRule, BandPays, Inputs, PartPeriod, units_words
from schemes.definition import Component, Definition, Example, FinanceCodes
from schemes.errors import FieldsRefused
from schemes.gate_rule import EvidenceForm, GateKind, GateRule
from schemes.payment_reference import names_whose, payment_reference
from schemes.period import Frequency, NonWorkingDay, NoPeriod, PayDay, Schedule
from schemes.person import Role
from schemes.scheme import CodeTaken
from schemes.scheme_change import FromDay, FromDayRefused
from schemes.starting_point import StartingPoint

FREQUENCIES: dict[Frequency, str] = {
    Frequency.WEEKLY: "Every week",
    Frequency.TWO_WEEKLY: "Every 2 weeks",
    Frequency.FOUR_WEEKLY: "Every 4 weeks",
    Frequency.MONTHLY: "Every month",
    Frequency.QUARTERLY: "Every quarter",
    Frequency.ONE_OFF: "Once",
    Frequency.CUSTOM: "On listed dates",
}

NON_WORKING: dict[NonWorkingDay, str] = {
    NonWorkingDay.EARLIER: "The working day before it",
    NonWorkingDay.LATER: "The working day after it",
    NonWorkingDay.NEAREST: "The nearest working day",
}

PAY_DAYS: dict[PayDay, str] = {
    PayDay.CHOSEN: "Whoever creates the payroll chooses a working day of the period",
    PayDay.DAY_OF_PERIOD: "On a certain day of each period",
    PayDay.AFTER_LAST_DAY: "Some days after each period ends",
    PayDay.BEFORE_FIRST_DAY: "Some days before each period begins",
    PayDay.LISTED: "On a day listed for each period",
}

AMOUNTS: dict[AmountKind, str] = {
    AmountKind.FIXED: "The amount that stands on the award",
    AmountKind.RATE: "A rate for each unit, such as an hour or a mile",
    AmountKind.BANDS: "An amount or a rate that depends on how many units there are",
}

BANDS: dict[BandPays, str] = {
    BandPays.AMOUNT: "A fixed amount for each band",
    BandPays.RATE: "A rate for every unit, by the band that the number falls in",
    BandPays.SLICES: "A rate for the units inside each band, one band after the other",
}

PARTS: dict[PartPeriod, str] = {
    PartPeriod.WHOLE: "The whole amount",
    PartPeriod.BY_DAYS: "Its share of the calendar days, rounded to the penny",
}

STARTS: dict[StartingPoint, tuple[str, str]] = {
    StartingPoint.MONTHLY_GRANT: (
        "A monthly grant",
        "The amount stands on each award. Paid on the 28th of each month, or the working day before it",
    ),
    StartingPoint.WEEKLY_HOURS: (
        "Weekly support by the hour",
        "Hours times the rate of each award, with a most for a week. Paid 5 days after the week ends",
    ),
    StartingPoint.QUARTERLY_REFUND: (
        "A quarterly licence refund",
        "The amount of each award, by calendar days for a part of a quarter. Paid 10 days after the quarter ends",
    ),
    StartingPoint.ONE_OFF: (
        "A payment that is made once",
        "One period, in which each award is paid once, on any working day that you choose",
    ),
}

GATES: dict[GateKind, str] = {
    GateKind.READY: "Ready",
    GateKind.FUNDS: "Funds",
    GateKind.APPROVE: "Approve",
    GateKind.RELEASE: "Release",
}

EVIDENCE_FORMS: dict[EvidenceForm, str] = {
    EvidenceForm.TEXT: "A few words",
    EvidenceForm.REFERENCE: "A reference that finds it, in one line",
    EvidenceForm.FILE: "A file, such as a bank statement or a signed form",
}

FROM_DAYS: dict[FromDay, str] = {
    FromDay.NO_PERIOD_BEGINS: "No period of this scheme begins on {}. Enter the first day of a period",
    FromDay.PERIODS_CUT: (
        "A period of the scheme as it is now would be cut on {}. Enter a day on which one of its periods begins too"
    ),
    FromDay.BEFORE_THE_FIRST: "The scheme did not exist before its first version. {} is too early",
}


def pay_day_words(schedule: Schedule) -> str:
    """When each period is paid: `5 days after each period ends`."""
    days = count(schedule.pay_days, "day")
    match schedule.pay_day:
        case PayDay.DAY_OF_PERIOD:
            return f"On day {schedule.pay_days} of each period, or its last day if it is shorter"
        case PayDay.AFTER_LAST_DAY:
            return f"{days} after each period ends"
        case PayDay.BEFORE_FIRST_DAY:
            return f"{days} before each period begins"
    return PAY_DAYS[schedule.pay_day]


def non_working_words(schedule: Schedule) -> str:
    return "" if schedule.pay_day is PayDay.CHOSEN else NON_WORKING[schedule.non_working]


def periods_words(schedule: Schedule) -> str:
    """How the periods lie: `Every month, counted from 1 April 2026`."""
    if not schedule.listed:
        return f"{FREQUENCIES[schedule.frequency]}, counted from {day(schedule.first_day)}"
    spans = (
        f"{day(entry.period.first_day)} to {day(entry.period.last_day)}"
        + (f", paid on {day(entry.pay_day)}" if entry.pay_day else "")
        for entry in schedule.listed
    )
    return f"{FREQUENCIES[schedule.frequency]}: {'; '.join(spans)}"


def rule_words(rule: AmountRule) -> str:
    """What a rule pays, in sentences: `£14.20 for each of the hours on the award. At most £500.00 a period.`"""
    said = [base_words(rule)]
    if rule.least_pence is not None:
        said.append(f"At least {pounds(rule.least_pence)} a period.")
    if rule.most_pence is not None:
        said.append(f"At most {pounds(rule.most_pence)} a period.")
    part = PARTS[rule.part_period]
    said.append(f"For a part of a period: {part[0].lower()}{part[1:]}.")
    return " ".join(said)


def base_words(rule: AmountRule) -> str:
    if rule.kind is AmountKind.FIXED:
        return f"{AMOUNTS[rule.kind]}."
    if rule.kind is AmountKind.RATE:
        rate = "The award’s own rate" if rule.rate_pence is None else pounds(rule.rate_pence)
        return f"{rate} for each of the {rule.unit} on the award."
    bands = "; ".join(f"from {units_words(band.from_units)} {rule.unit} {pounds(band.pence)}" for band in rule.bands)
    return f"{BANDS[rule.band_pays]}: {bands}."


def code_words(codes: FinanceCodes) -> str:
    """`fund F12, cost centre 4410`."""
    return ", ".join(f"{name.replace('_', ' ')} {given}" for name, given in codes._asdict().items() if given)


def finance_words(component: Component) -> str:
    return code_words(component.finance)


def component_words(component: Component) -> str:
    codes = finance_words(component)
    return rule_words(component.rule) + (f" Booked under {codes}." if codes else "")


def inputs_words(component: Component, inputs: Inputs) -> str:
    """`38.5 hours at £14.20`."""
    said = []
    if inputs.amount_pence is not None:
        said.append(pounds(inputs.amount_pence))
    if inputs.units is not None:
        said.append(f"{units_words(inputs.units)} {component.rule.unit}")
    if inputs.rate_pence is not None:
        said.append(f"at {pounds(inputs.rate_pence)}")
    return " ".join(said)


def example_words(definition: Definition, example: Example) -> str:
    """`38.5 hours at £14.20: £500.00`, for the component of that name."""
    component = definition.component(example.component)
    if component is None:
        return ""
    days = "" if example.covered_days is None else f", {count(example.covered_days, 'day')} of the first period"
    return f"{component.name}: {inputs_words(component, example.inputs)}{days}: {pounds(example.expected_pence)}"


def gate_words(gate: GateRule, roles: dict[Role, str]) -> str:
    """The question of a gate, and who answers it."""
    people = "1 person" if gate.people_needed == 1 else f"{gate.people_needed} people"
    attached = ", as a file" if gate.evidence_form is EvidenceForm.FILE else ""
    evidence = f" Evidence: {gate.evidence_asked}{attached}." if gate.evidence_asked else ""
    due = count(gate.due_days_before, "office day") + " before the files go" if gate.due_days_before else "the same day"
    due = f" By {due}, else {a_role(gate.escalates_to, roles)} is told." if gate.due_days is not None else ""
    more = "".join(f" F{line[1:]}." for line in tier_lines(gate))
    return f"{gate.question} {people} with the role {roles[gate.role]}.{more}{evidence}{due}"


def a_role(role: Role, roles: dict[Role, str]) -> str:
    return f"{'an' if roles[role][0] in 'aeiou' else 'a'} {roles[role]}"


def reference_example(definition: Definition) -> str:
    """What the first payment of payroll 1 would have on the payee's statement."""
    return payment_reference(
        definition.reference, scheme=definition.code or "CODE", payroll=1, number=1, reference="AB123"
    )


def own_reference_words(definition: Definition) -> str:
    """What happens to references of people that the pattern has no room for."""
    if not names_whose(definition.reference):
        return ""
    return (
        ". AB123 is the person’s own reference. Where it is too long for 18 characters, the ordinary reference stands"
    )


def definition_rows(definition: Definition, roles: dict[Role, str], *, gates: bool = True) -> dict[str, str]:
    """A definition as label and words, in the order of the page."""
    schedule = definition.schedule
    rows = {
        "Name": definition.name,
        "Pays for": definition.pays_for,
        "Periods": periods_words(schedule),
        "Pay day": pay_day_words(schedule),
        "If that is not a working day": non_working_words(schedule),
    }
    rows |= {f"Pays {each.name} ({each.code})": component_words(each) for each in definition.components}
    rows |= {f"Worked example {n}": example_words(definition, each) for n, each in enumerate(definition.examples, 1)}
    rows |= {
        "Most for one payment": pounds(definition.payment_limit_pence),
        "Most for one payroll": pounds(definition.payroll_limit_pence),
        "On the payee’s statement": f"{reference_example(definition)}, and so on{own_reference_words(definition)}",
    }
    if gates:
        rows |= {f"Gate {n}, {gate.name}": gate_words(gate, roles) for n, gate in enumerate(definition.gates, 1)}
    return {what: said for what, said in rows.items() if said}


def scheme_sentence(refusal: FieldsRefused | NoPeriod | CodeTaken | FromDayRefused | PeriodsOverlap) -> str:
    """Why a definition, its first day, or a payroll's day was refused."""
    match refusal:
        case FieldsRefused():
            return fault_sentence(refusal.faults[0])
        case NoPeriod():
            return f"{day(refusal.day)} is in none of the periods of this scheme. Choose a day in one of them"
        case CodeTaken():
            return f"There is a scheme with the code {refusal.code} already. Choose another code"
        case FromDayRefused():
            return FROM_DAYS[refusal.why].format(day(refusal.day))
        case PeriodsOverlap():
            paid = f"{day(refusal.first_day)} to {day(refusal.last_day)}"
            return f"Payroll {refusal.number} pays for {paid}. Some of these days would be paid twice"


def register(app: Flask) -> None:
    app.add_template_filter(FREQUENCIES.__getitem__, "frequency")
    for words in (
        rule_words,
        component_words,
        code_words,
        finance_words,
        periods_words,
        pay_day_words,
        non_working_words,
    ):
        app.add_template_filter(words)
    app.add_template_filter(reference_example)
