"""The gates of a scheme's draft: one more, another order, one less, as long as each question is still asked."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovRadioInput, GovSubmitInput, GovTextInput
from wtforms import RadioField, SelectChoice, StringField, SubmitField
from wtforms.validators import InputRequired, Length

from payouts.web import words
from payouts.web.access import allowed
from payouts.web.form import Form
from payouts.web.pages import actor, now, pages, transaction
from payouts.web.scheme_words import GATES, gate_words
from schemes import scheme_draft
from schemes.definition import Definition
from schemes.errors import NotAllowed, NotFound, Refused
from schemes.gate_rule import (
    FIRST_GATES,
    LONGEST_QUESTION,
    MOST_GATES,
    GateKind,
    GateRule,
    may_be_swapped,
    may_be_taken_away,
    with_another,
)
from schemes.scheme_change import PROPOSERS
from schemes.scheme_draft import get_draft, is_open

ADDED = (GateKind.READY, GateKind.FUNDS, GateKind.APPROVE)
"""The kinds of which a scheme may have several. Money goes to the bank at one gate only."""


class AddGate(Form):
    kind = RadioField(
        "What is the new gate about?",
        widget=GovRadioInput(),
        choices=[SelectChoice(kind.value, GATES[kind]) for kind in ADDED],
        validators=[InputRequired("Choose what the gate is about")],
    )
    name = StringField(
        "Name of the new gate",
        description="Such as Head of service",
        widget=GovTextInput(),
        validators=[
            InputRequired("Enter the name of the gate"),
            Length(max=LONGEST_QUESTION, message=f"Use at most {LONGEST_QUESTION} characters"),
        ],
    )
    submit = SubmitField("Add the gate", widget=GovSubmitInput())


class Line(NamedTuple):
    """A gate with what can be done to it here. acts: the button's value and its words."""

    name: str
    about: str
    said: str
    acts: list[tuple[str, str]]


@pages.route("/schemes/drafts/<uuid:scheme_draft_id>/gates", methods=["GET", "POST"])
@allowed(*PROPOSERS)
def edit_scheme_gates(scheme_draft_id: UUID) -> ResponseReturnValue:
    form = AddGate()
    here = url_for("pages.edit_scheme_gates", scheme_draft_id=scheme_draft_id)
    if request.method == "POST" and "act" in request.form:
        change_gates(scheme_draft_id, request.form["act"])
        return redirect(here, 303)
    if form.validate_on_submit():
        place = add_gate(form, scheme_draft_id)
        if place is not None:
            edit = url_for("pages.edit_scheme_draft", scheme_draft_id=scheme_draft_id, part=f"gate-{place}")
            return redirect(edit, 303)
    with transaction() as session:
        draft = get_draft(session, scheme_draft_id)
        definition = draft.definition
        return render_template(
            "schemes/edit_gates.html",
            form=form,
            draft=draft,
            definition=definition,
            lines=lines(definition),
            may_write=is_open(session, draft),
            may_add=len(definition.gates) < MOST_GATES,
        ), form.status


def lines(definition: Definition) -> list[Line]:
    gates = definition.gates
    return [
        Line(
            gate.name,
            GATES[gate.kind],
            gate_words(gate, words.ROLES),
            [
                *([(f"up-{place}", "Move up")] if may_be_swapped(gates, place - 1) else []),
                *([(f"down-{place}", "Move down")] if may_be_swapped(gates, place) else []),
                *([(f"away-{place}", "Take away")] if may_be_taken_away(gates, place) else []),
            ],
        )
        for place, gate in enumerate(gates)
    ]


def add_gate(form: AddGate, scheme_draft_id: UUID) -> int | None:
    """Add a gate that asks what the first one of its kind asks, to be changed on its page; returns its place."""
    first = next(gate for gate in FIRST_GATES if gate.kind is GateKind(form.kind.data))
    another = GateRule(first.kind, form.name.data.strip(), first.question, first.role)
    try:
        with transaction() as session:
            draft = get_draft(session, scheme_draft_id, lock=True)
            gates = with_another(draft.definition.gates, another)
            scheme_draft.write(session, draft, replace(draft.definition, gates=gates), by=actor(), at=now())
    except (NotAllowed, NotFound):
        raise
    except Refused as refused:
        form.refuse(words.sentence(refused))
        return None
    return max(place for place, gate in enumerate(gates) if gate.kind is another.kind)


def change_gates(scheme_draft_id: UUID, asked: str) -> None:
    """Move a gate or take it away, where that may be; anything else changes nothing."""
    act, _, number = asked.partition("-")
    place = int(number) if number.isdecimal() and len(number) < 3 else MOST_GATES
    try:
        with transaction() as session:
            draft = get_draft(session, scheme_draft_id, lock=True)
            gates = list(draft.definition.gates)
            if act == "away" and place < len(gates) and may_be_taken_away(gates, place):
                del gates[place]
            first = place - (act == "up")
            if act in ("up", "down") and may_be_swapped(gates, first):
                gates[first], gates[first + 1] = gates[first + 1], gates[first]
            scheme_draft.write(session, draft, replace(draft.definition, gates=tuple(gates)), by=actor(), at=now())
    except (NotAllowed, NotFound):
        raise
    except Refused as refused:
        flash(words.sentence(refused), "refused")
