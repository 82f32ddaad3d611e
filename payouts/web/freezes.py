"""Days on which nothing is released: listed, proposed, and ended early, each by two people."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovRadioInput, GovSubmitInput
from wtforms import RadioField, SelectChoice, SubmitField
from wtforms.validators import InputRequired

from payouts.web import words
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.form import DayField, Form, MadeField, WordsField
from payouts.web.pages import actor, now, pages, transaction
from schemes import freeze
from schemes.change import ChangeKind, waiting
from schemes.duties import london_day
from schemes.errors import NotAllowed, NotFound, ReasonNotGiven, Refused
from schemes.freeze import Freeze, FreezeRefused, freezes_between
from schemes.person import Role

NOTHING, URGENT = "nothing", "urgent"
YEAR = timedelta(days=366)


class ProposeFreeze(Form):
    change_id = MadeField()
    first_day = DayField("First day", validators=[InputRequired("Enter the first day")])
    last_day = DayField("Last day", validators=[InputRequired("Enter the last day")])
    released = RadioField(
        "What may be released?",
        widget=GovRadioInput(),
        choices=[
            SelectChoice(NOTHING, "Nothing"),
            SelectChoice(URGENT, "Only what can’t wait, if whoever releases it says why"),
        ],
        validators=[InputRequired("Choose what may be released")],
    )
    reason = WordsField(
        "Why?",
        missing="Say why you propose this",
        hint="Such as year end, or a move to another system. Everyone in your body can read it",
    )
    submit = SubmitField("Propose it to a second person", widget=GovSubmitInput())


class EndFreeze(Form):
    change_id = MadeField()
    reason = WordsField("Why does it end early?", missing="Say why it ends early")
    submit = SubmitField("Propose that it ends", widget=GovSubmitInput())


@pages.route("/settings/freezes")
@allowed(ANYONE_SIGNED_IN)
def show_freezes() -> ResponseReturnValue:
    today = london_day(now())
    with transaction() as session:
        return render_template(
            "settings/freezes.html",
            freezes=freezes_between(session, today, today + YEAR),
            today=today,
            waiting=[change for change in waiting(session) if change.kind is ChangeKind.FREEZE],
        )


@pages.route("/settings/freezes/propose", methods=["GET", "POST"])
@allowed(Role.ADMINISTRATOR, Role.FINANCE)
def propose_freeze() -> ResponseReturnValue:
    form = ProposeFreeze()
    if form.validate_on_submit():
        try:
            with transaction() as session:
                freeze.propose(
                    session,
                    form.first_day.data,
                    form.last_day.data,
                    urgent_allowed=form.released.data == URGENT,
                    change_id=form.change_id.id_of_what_is_made,
                    reason=form.reason.data,
                    by=actor(),
                    at=now(),
                )
        except NotAllowed:
            raise
        except Refused as refused:
            beside = {FreezeRefused: form.last_day, ReasonNotGiven: form.reason}
            form.refuse(words.sentence(refused), beside.get(type(refused)))
        else:
            return proposed(form.change_id.id_of_what_is_made)
    return render_template("settings/propose_freeze.html", form=form), form.status


@pages.route("/settings/freezes/<uuid:freeze_id>/end", methods=["GET", "POST"])
@allowed(Role.ADMINISTRATOR, Role.FINANCE)
def end_freeze(freeze_id: UUID) -> ResponseReturnValue:
    form = EndFreeze()
    with transaction() as session:
        there = session.get(Freeze, (actor().body_id, freeze_id))
    if there is None:
        raise NotFound("freeze", freeze_id)
    if form.validate_on_submit():
        made, why = form.change_id.id_of_what_is_made, form.reason.data
        with form.refusing({ReasonNotGiven: form.reason}):
            with transaction() as session:
                freeze.propose_end(session, freeze_id, change_id=made, reason=why, by=actor(), at=now())
            return proposed(made)
    return render_template("settings/end_freeze.html", form=form, freeze=there), form.status


def proposed(change_id: UUID) -> ResponseReturnValue:
    flash("You proposed it. It counts once somebody else confirms it")
    return redirect(url_for("pages.decide_change", change_id=change_id), 303)
