"""Worked examples of a draft's rules: type what an award would bring, see each step, keep what was worked by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovSubmitInput, GovTextInput
from wtforms import StringField, SubmitField
from wtforms.validators import NumberRange, Optional

from payouts.web.access import allowed
from payouts.web.field_words import fault_sentence
from payouts.web.figures import pounds
from payouts.web.form import Form, PoundsField, WholeNumberField
from payouts.web.pages import actor, now, pages, transaction
from payouts.web.scheme_words import inputs_words
from schemes import scheme_draft
from schemes.amount import Amount, asked_for, read_inputs
from schemes.definition import Component, Definition, Example, faults_of, worked_out
from schemes.errors import FieldsRefused, NotFound
from schemes.scheme_change import PROPOSERS
from schemes.scheme_draft import get_draft


class TryRule(Form):
    amount = PoundsField("Amount on the award, in pounds")
    units = StringField("Number of units on the award", widget=GovTextInput())
    rate = PoundsField("Rate on the award, in pounds")
    days = WholeNumberField(
        "Days of the first period that the award covers",
        description="Leave empty for the whole period",
        widget=GovTextInput(),
        validators=[Optional(), NumberRange(min=0, max=400, message="Enter a number of days from 0 to 400")],
    )
    expected = PoundsField(
        "What should it pay, in pounds?",
        description="Work it out by hand. Needed to keep the example",
    )
    work_out = SubmitField("Work it out", widget=GovSubmitInput())
    keep = SubmitField("Keep as an example", widget=GovSubmitInput())


class Line(NamedTuple):
    """A kept example: its place among all, its inputs in words, what the rule pays, what was expected."""

    place: int
    inputs: str
    days: str
    found: str
    expected: str
    holds: bool


@pages.route("/schemes/drafts/<uuid:scheme_draft_id>/examples-<place>", methods=["GET", "POST"])
@allowed(*PROPOSERS)
def try_scheme_draft(scheme_draft_id: UUID, place: str) -> ResponseReturnValue:
    form = TryRule()
    result: Amount | None = None
    with transaction() as session:
        draft = get_draft(session, scheme_draft_id)
        definition = draft.definition
    component = component_at(definition, place)
    here = url_for("pages.try_scheme_draft", scheme_draft_id=draft.id, place=place)
    if request.method == "POST" and "take_away" in request.form:
        take_away(form, scheme_draft_id, request.form["take_away"])
        if form.status == 200:
            return redirect(here, 303)
    elif form.validate_on_submit():
        example = example_of(form, component)
        found = worked_out(definition, example) if example else None
        if isinstance(found, FieldsRefused):
            for fault in found.faults:
                form.refuse(fault_sentence(fault), form["days" if fault.field == "covered_days" else fault.field])
        elif example and form.keep.data:
            if form.expected.pence is None:
                form.refuse("Enter what it should pay", form.expected)
            elif is_kept(form, scheme_draft_id, example):
                return redirect(here, 303)
        result = found if isinstance(found, Amount) else None
    return render_template(
        "schemes/try_draft.html",
        form=form,
        draft=draft,
        component=component,
        place=place,
        asked={field.removesuffix("_pence") for field in asked_for(component.rule)},
        lines=lines_of(definition, component),
        result=result,
        has_rule=not any(fault.field.startswith(f"components.{place}.rule") for fault in faults_of(definition)),
    ), form.status


def component_at(definition: Definition, place: str) -> Component:
    """Raises NotFound."""
    number = int(place) if place.isdecimal() and len(place) < 3 else -1
    if not 0 <= number < len(definition.components):
        raise NotFound("component", place)
    return definition.components[number]


def example_of(form: TryRule, component: Component) -> Example | None:
    """What was typed, or None with the faults beside their fields."""
    given = {name: form[name].data or "" for name in ("amount", "units", "rate")}
    try:
        inputs = read_inputs(component.rule, given)
    except FieldsRefused as refused:
        for fault in refused.faults:
            form.refuse(fault_sentence(fault), form[fault.field])
        return None
    return Example(component.code, inputs, form.days.data, form.expected.pence or 0)


def is_kept(form: TryRule, scheme_draft_id: UUID, example: Example) -> bool:
    """Keep an example, once."""
    return is_changed(form, scheme_draft_id, lambda examples: (*(e for e in examples if e != example), example))


def take_away(form: TryRule, scheme_draft_id: UUID, place: str) -> None:
    is_changed(form, scheme_draft_id, lambda examples: tuple(e for n, e in enumerate(examples) if str(n) != place))


def is_changed(
    form: TryRule, scheme_draft_id: UUID, change: Callable[[tuple[Example, ...]], tuple[Example, ...]]
) -> bool:
    with form.refusing(), transaction() as session:
        draft = get_draft(session, scheme_draft_id, lock=True)
        definition = draft.definition
        changed = replace(definition, examples=change(definition.examples))
        scheme_draft.write(session, draft, changed, by=actor(), at=now())
    return form.status == 200


def lines_of(definition: Definition, component: Component) -> list[Line]:
    """The kept examples of a component, each worked out by the rule as it is now."""
    lines = []
    for place, example in enumerate(definition.examples):
        if example.component != component.code:
            continue
        found = worked_out(definition, example)
        pays = pounds(found.pence) if isinstance(found, Amount) else "It can’t be worked out"
        days = "All" if example.covered_days is None else str(example.covered_days)
        holds = isinstance(found, Amount) and found.pence == example.expected_pence
        typed = inputs_words(component, example.inputs)
        lines.append(Line(place, typed, days, pays, pounds(example.expected_pence), holds))
    return lines
