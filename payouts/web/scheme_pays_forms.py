"""The pages of a draft that there are several of: what the scheme pays, how it is worked out, and its gates."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from govuk_frontend_wtf.wtforms_widgets import GovRadioInput, GovTextArea, GovTextInput
from wtforms import RadioField, SelectChoice, StringField, TextAreaField
from wtforms.validators import InputRequired, Optional

from payouts.web.form import PoundsField, WholeNumberField
from payouts.web.scheme_forms import Section, choices, pounds_typed
from payouts.web.scheme_lines import read_bands, read_tiers, write_bands, write_tiers
from payouts.web.scheme_words import AMOUNTS, BANDS, EVIDENCE_FORMS, PARTS
from payouts.web.words import ROLES
from schemes.amount import AmountKind, AmountRule, BandPays, PartPeriod
from schemes.definition import Component, Definition, FinanceCodes
from schemes.errors import FieldFault
from schemes.gate_rule import DECIDERS, DUE_DAYS, EvidenceForm, GateRule
from schemes.person import Role

EACH_OWN, SCHEMES = "award", "scheme"


class Pays(Section):
    """A component: what it is called, and how its amount is found."""

    title = "Something that it pays"
    fields: ClassVar = {"components.{}.code": "code", "components.{}.name": "name", "components.{}.rule.kind": "kind"}
    name = StringField("What is it called?", description="For example, support by the hour", widget=GovTextInput())
    code = StringField(
        "Code on awards",
        description="Small letters, numbers and hyphens. Files of awards name it, so it can’t change later",
        widget=GovTextInput(),
    )
    kind = RadioField(
        "How is the amount found?",
        widget=GovRadioInput(),
        choices=choices(AMOUNTS),
        validators=[InputRequired("Choose how the amount is found")],
    )

    def show(self, definition: Definition, place: int) -> None:
        if place < len(definition.components):
            component = definition.components[place]
            self.name.data, self.code.data = component.name, component.code
            self.kind.data = component.rule.kind.value

    def made_of(self, definition: Definition, place: int) -> Definition:
        name, code = (self.name.data or "").strip(), (self.code.data or "").strip().lower()
        there = definition.components[place] if place < len(definition.components) else Component(code, name)
        code = code or there.code
        kind = AmountKind(self.kind.data)
        rule = there.rule if kind is there.rule.kind else AmountRule(kind, part_period=there.rule.part_period)
        return with_component(definition, place, replace(there, name=name, code=code, rule=rule))

    def refuse_fault(self, fault: FieldFault, place: int) -> None:
        # a kind that was just chosen has no numbers yet: the next page asks for them
        if not fault.field.startswith(f"components.{place}.rule."):
            super().refuse_fault(fault, place)


class AmountOf(Section):
    title = "How the amount is worked out"
    fields: ClassVar = {
        "components.{}.rule.unit": "unit",
        "components.{}.rule.rate_pence": "rate",
        "components.{}.rule.bands": "bands",
        "components.{}.rule.least_pence": "least",
        "components.{}.rule.most_pence": "most",
    }
    unit = StringField("What is counted?", description="In the plural, such as hours or miles", widget=GovTextInput())
    whose_rate = RadioField(
        "Whose rate is it?",
        widget=GovRadioInput(),
        choices=[SelectChoice(SCHEMES, "One rate for everyone"), SelectChoice(EACH_OWN, "Each award has its own rate")],
        validators=[Optional()],
    )
    rate = PoundsField("Rate for one, in pounds", description="Only if there is one rate for everyone")
    band_pays = RadioField(
        "What does a band pay?", widget=GovRadioInput(), choices=choices(BANDS), validators=[Optional()]
    )
    bands = TextAreaField(
        "Bands",
        description="One band a line: where it begins, an equals sign, then pounds. The first begins at 0, such as "
        "0 = 26.05",
        widget=GovTextArea(),
    )
    least = PoundsField("Least for a period, in pounds", description="Leave empty for none")
    most = PoundsField("Most for a period, in pounds", description="Leave empty for none")
    part_period = RadioField(
        "What is paid if an award covers only a part of a period?",
        widget=GovRadioInput(),
        choices=choices(PARTS),
        validators=[InputRequired("Choose what is paid for a part of a period")],
    )

    def show(self, definition: Definition, place: int) -> None:
        rule = definition.components[place].rule
        self.unit.data, self.rate.data = rule.unit, pounds_typed(rule.rate_pence)
        self.whose_rate.data = EACH_OWN if rule.rate_on_award else SCHEMES
        self.band_pays.data, self.bands.data = rule.band_pays.value, write_bands(rule.bands)
        self.least.data, self.most.data = pounds_typed(rule.least_pence), pounds_typed(rule.most_pence)
        self.part_period.data = rule.part_period.value

    def made_of(self, definition: Definition, place: int) -> Definition:
        component = definition.components[place]
        rule = AmountRule(
            component.rule.kind,
            least_pence=self.least.pence,
            most_pence=self.most.pence,
            part_period=PartPeriod(self.part_period.data),
        )
        unit = (self.unit.data or "").strip()
        if rule.kind is AmountKind.RATE:
            own = self.whose_rate.data == EACH_OWN
            rule = replace(rule, unit=unit, rate_pence=None if own else self.rate.pence or 0)
        elif rule.kind is AmountKind.BANDS:
            bands = read_bands(self.bands.data or "", "bands")
            rule = replace(rule, unit=unit, band_pays=BandPays(self.band_pays.data), bands=bands)
        return with_component(definition, place, replace(component, rule=rule))


class Codes(Section):
    title = "Where the finance system books it"
    fields: ClassVar = {f"components.{{}}.finance.{name}": name for name in FinanceCodes._fields}
    fund = StringField("Fund", widget=GovTextInput())
    cost_centre = StringField("Cost centre", widget=GovTextInput())
    account = StringField("Account", widget=GovTextInput())
    vat = StringField("VAT code", widget=GovTextInput())

    def show(self, definition: Definition, place: int) -> None:
        for name, given in definition.components[place].finance._asdict().items():
            self[name].data = given

    def made_of(self, definition: Definition, place: int) -> Definition:
        codes = FinanceCodes(*((self[name].data or "").strip() for name in FinanceCodes._fields))
        return with_component(definition, place, replace(definition.components[place], finance=codes))


class GateOf(Section):
    title = "A gate that each payroll passes"
    fields: ClassVar = {
        f"gates.{{}}.{name}": name
        for name in (
            "name",
            "question",
            "role",
            "people_needed",
            "evidence_asked",
            "evidence_form",
            "tiers",
            "due_days",
        )
    }
    name = StringField("Name of the gate", widget=GovTextInput())
    question = TextAreaField("What is asked?", widget=GovTextArea())
    role = RadioField(
        "Who decides?",
        widget=GovRadioInput(),
        choices=[SelectChoice(role.value, ROLES[role].capitalize()) for role in DECIDERS],
        validators=[InputRequired("Choose who decides")],
    )
    people_needed = WholeNumberField(
        "How many people have to say go?", validators=[InputRequired("Enter how many people")]
    )
    tiers = TextAreaField(
        "From which amounts does it take more people?",
        description="One amount a line: pounds, an equals sign, how many people of which role, such as 100,000 = 2 "
        "approvers. All payrolls of the scheme for one pay date count together. Leave empty if the amount makes no "
        "difference",
        widget=GovTextArea(),
    )
    evidence_asked = StringField(
        "What evidence has to be entered?", description="Leave empty for none", widget=GovTextInput()
    )

    due_days = WholeNumberField(
        "How many office days before the files go to the bank must it be decided?",
        description="0 for the same day",
        validators=[InputRequired("Enter how many days, or 0")],
    )
    escalates_to = RadioField(
        "Who is told when that time has passed?",
        widget=GovRadioInput(),
        choices=[SelectChoice(role.value, ROLES[role].capitalize()) for role in (Role.ADMINISTRATOR, *DECIDERS)],
        validators=[Optional()],
    )
    evidence_form = RadioField(
        "What is the evidence?", widget=GovRadioInput(), choices=choices(EVIDENCE_FORMS), validators=[Optional()]
    )

    def show(self, definition: Definition, place: int) -> None:
        for name, given in definition.gates[place]._asdict().items():
            if name in self:
                self[name].data = given
        self.tiers.data = write_tiers(definition.gates[place].tiers)
        self.due_days.data = definition.gates[place].due_days_before

    def made_of(self, definition: Definition, place: int) -> Definition:
        changed = definition.gates[place]._replace(
            name=(self.name.data or "").strip(),
            question=(self.question.data or "").strip(),
            role=Role(self.role.data),
            people_needed=self.people_needed.data or 0,
            evidence_asked=(self.evidence_asked.data or "").strip(),
            evidence_form=EvidenceForm(self.evidence_form.data or definition.gates[place].evidence_form),
            due_days=due_days(definition.gates[place], self.due_days.data),
            escalates_to=Role(self.escalates_to.data or definition.gates[place].escalates_to),
            tiers=read_tiers(self.tiers.data or "", "tiers"),
        )
        return replace(definition, gates=(*definition.gates[:place], changed, *definition.gates[place + 1 :]))


def due_days(gate: GateRule, given: int | None) -> int | None:
    """The deadline as it is kept: none of its own where it is what every gate of the kind has."""
    return None if given == DUE_DAYS[gate.kind] else given


def with_component(definition: Definition, place: int, component: Component) -> Definition:
    """The definition with a component at a place: another one, or one more."""
    components = (*definition.components[:place], component, *definition.components[place + 1 :])
    return replace(definition, components=components)


PLACED: dict[str, type[Section]] = {"pays": Pays, "amount": AmountOf, "codes": Codes, "gate": GateOf}
"""The pages that there is one of for each component or gate."""
