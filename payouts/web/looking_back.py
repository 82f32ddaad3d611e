"""Looking back at a payroll on screen: what people say of it, its actions, and what became of earlier ones."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovRadioInput, GovSubmitInput, GovTextInput
from sqlalchemy.orm import Session
from wtforms import RadioField, SelectChoice, StringField, SubmitField, TextAreaField
from wtforms.validators import InputRequired, Length

from payouts.gates.gate import Gate
from payouts.looking_back import look_back as looking
from payouts.looking_back.look_back import SPEAKERS, CarriedAction, Heading, LookBackAction
from payouts.payroll import GONE_FROM_HERE, Payroll, get_payroll
from payouts.web import words
from payouts.web.access import ANYONE_SIGNED_IN, allowed, safe_next
from payouts.web.form import DayField, Form, MadeField, WordsField
from payouts.web.looking_back_words import HEADINGS
from payouts.web.pages import actor, now, pages, transaction
from schemes.errors import NotAllowed, NotFound, Refused
from schemes.gate_rule import GateKind
from schemes.person import names

TOO_LONG = Length(max=looking.LONGEST, message="Use at most 2,000 characters")


def asked_about(heading: Heading) -> TextAreaField:
    return WordsField(HEADINGS[heading].name, hint=HEADINGS[heading].question)


class LookBackForm(Form):
    look_back_id = MadeField()
    communication = asked_about(Heading.COMMUNICATION)
    decision_making = asked_about(Heading.DECISION_MAKING)
    testing = asked_about(Heading.TESTING)
    design = asked_about(Heading.DESIGN)
    momentum = asked_about(Heading.MOMENTUM)
    submit = SubmitField("Keep the review", widget=GovSubmitInput())


class ActionForm(Form):
    action_id = MadeField()
    what = StringField(
        "What will you do better?",
        widget=GovTextInput(),
        validators=[InputRequired("Say what is to be done"), TOO_LONG],
    )
    heading = RadioField(
        "What is it about?",
        widget=GovRadioInput(),
        choices=[SelectChoice(heading.value, told.name) for heading, told in HEADINGS.items()],
        validators=[InputRequired("Choose what it is about")],
    )
    owner = RadioField("Who sees to it?", widget=GovRadioInput(), validators=[InputRequired("Choose who sees to it")])
    due_on = DayField("By which day?", validators=[InputRequired("Enter the day by which it is done")])
    submit = SubmitField("Add the action", widget=GovSubmitInput())


class ActionRow(NamedTuple):
    """An action, who sees to it, and why the payroll that is looked at carries it on, where it does."""

    action: LookBackAction
    owner: str
    is_late: bool
    carried: CarriedAction | None


def rows(session: Session, actions: Any, carried: dict[UUID, CarriedAction]) -> list[ActionRow]:
    people, today = names(session), now().date()
    return [
        ActionRow(
            one,
            people.get(one.owner_id, "Someone who has left"),
            one.done_at is None and one.due_on < today,
            carried.get(one.id),
        )
        for one in actions
    ]


@pages.route("/payrolls/<uuid:payroll_id>/look-back")
@allowed(ANYONE_SIGNED_IN)
def show_look_back(payroll_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        payroll = get_payroll(session, payroll_id)
        return render_template(
            "looking_back/show_look_back.html",
            payroll=payroll,
            made=looking.look_back_of(session, payroll_id),
            headings=HEADINGS,
            actions=rows(session, looking.actions_of(session, payroll_id), {}),
            names=names(session),
            may_speak=payroll.status in GONE_FROM_HERE
            and any(actor().holds(role, payroll.scheme_id) for role in SPEAKERS),
        )


@pages.route("/payrolls/<uuid:payroll_id>/look-back/write", methods=["GET", "POST"])
@allowed(*SPEAKERS)
def write_look_back(payroll_id: UUID) -> ResponseReturnValue:
    form = LookBackForm()
    if form.validate_on_submit():
        with form.refusing():
            with transaction() as session:
                looking.look_back(
                    session,
                    get_payroll(session, payroll_id, lock=True),
                    look_back_id=form.look_back_id.id_of_what_is_made,
                    said={heading: form[heading.value].data or "" for heading in Heading},
                    by=actor(),
                    at=now(),
                )
            flash("You kept the review. Add what you will do better")
            return redirect(url_for("pages.show_look_back", payroll_id=payroll_id), 303)
    with transaction() as session:
        payroll = get_payroll(session, payroll_id)
        return render_template("looking_back/write_look_back.html", form=form, payroll=payroll), form.status


@pages.route("/payrolls/<uuid:payroll_id>/look-back/actions/new", methods=["GET", "POST"])
@allowed(*SPEAKERS)
def add_look_back_action(payroll_id: UUID) -> ResponseReturnValue:
    form = ActionForm()
    with transaction() as session:
        form.owner.choices = [SelectChoice(str(person.id), person.name) for person in looking.owners(session)]
    if form.validate_on_submit():
        try:
            with transaction() as session:
                looking.add_action(
                    session,
                    get_payroll(session, payroll_id),
                    action_id=form.action_id.id_of_what_is_made,
                    heading=Heading(form.heading.data),
                    what=form.what.data,
                    owner_id=UUID(form.owner.data),
                    due_on=form.due_on.data,
                    by=actor(),
                    at=now(),
                )
        except (NotAllowed, NotFound):
            raise
        except looking.ActionRefused as refused:
            form.refuse(words.sentence(refused), form.due_on)
        except Refused as refused:
            form.refuse(words.sentence(refused))
        else:
            flash("You added the action. It comes up at the Ready gate of the next payroll")
            return redirect(url_for("pages.show_look_back", payroll_id=payroll_id), 303)
    with transaction() as session:
        payroll = get_payroll(session, payroll_id)
        return render_template("looking_back/add_action.html", form=form, payroll=payroll), form.status


@pages.route("/look-back-actions/<uuid:look_back_action_id>/done", methods=["POST"])
@allowed(*SPEAKERS)
def end_look_back_action(look_back_action_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        action = looking.get_action(session, look_back_action_id, lock=True)
        looking.end_action(session, action, by=actor(), at=now())
        payroll_id = action.payroll_id
    flash("You said that the action is done")
    onward = safe_next(request.form.get("next"))
    return redirect(onward or url_for("pages.show_look_back", payroll_id=payroll_id), 303)


@pages.route("/payrolls/<uuid:payroll_id>/actions/<uuid:look_back_action_id>/carry-on", methods=["POST"])
@allowed(*SPEAKERS)
def carry_action_on(payroll_id: UUID, look_back_action_id: UUID) -> ResponseReturnValue:
    """Carry an action on to the payroll after this one, from the page of this one's Ready gate."""
    try:
        with transaction() as session:
            payroll = get_payroll(session, payroll_id, lock=True)
            action = looking.get_action(session, look_back_action_id, lock=True)
            reason = request.form.get("reason", "")
            looking.carry_on(session, action, payroll, reason=reason, by=actor(), at=now())
        flash("You carried the action on to the next payroll")
    except (NotAllowed, NotFound):
        raise
    except Refused as refused:
        flash(words.sentence(refused), "refused")
    onward = safe_next(request.form.get("next"))
    return redirect(onward or url_for("pages.show_payroll", payroll_id=payroll_id), 303)


def actions_at(session: Session, payroll: Payroll, gate: Gate) -> list[ActionRow]:
    """What whoever says go at a Ready gate has to answer first; nothing at another gate."""
    if gate.kind is not GateKind.READY:
        return []
    return rows(session, looking.earlier_actions(session, payroll), looking.carried_of(session, payroll.id))
