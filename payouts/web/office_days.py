"""The days on which a body's people work: what they are, and a proposal to change them, for a second person."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovRadioInput, GovSubmitInput, GovTextArea
from wtforms import RadioField, SelectChoice, SubmitField, TextAreaField
from wtforms.validators import InputRequired

from payouts.web import words
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.deadline_words import COUNTRIES
from payouts.web.form import Form, MadeField, WholeNumberField, WordsField
from payouts.web.pages import actor, now, pages, transaction
from payouts.web.scheme_lines import BadLine, read_closed_days, write_closed_days
from schemes import office_days
from schemes.change import ChangeKind, waiting_of
from schemes.duties import london_day
from schemes.errors import NotAllowed, OutOfRange, ReasonNotGiven, Refused
from schemes.office_days import ClosedDayRefused, Country, OfficeDays
from schemes.person import Role


class ProposeOfficeDays(Form):
    change_id = MadeField()
    country = RadioField(
        "Whose bank holidays do your offices keep?",
        widget=GovRadioInput(),
        choices=[SelectChoice(country.value, said) for country, said in COUNTRIES.items()],
        validators=[InputRequired("Choose whose bank holidays your offices keep")],
    )
    closed = TextAreaField(
        "On which other days are they closed?",
        description="One day a line, with what it is, such as 24/12/2026 Christmas closure. Leave empty for none",
        widget=GovTextArea(),
    )
    early_days = WholeNumberField(
        "How many days before the last possible one are files planned to go to the bank?",
        description="1 for most bodies, so that what goes wrong can be put right the next day",
        validators=[InputRequired("Enter a number from 0 to 3")],
    )
    reason = WordsField("Why?", missing="Say why you propose this", hint="Whoever confirms it reads this")
    submit = SubmitField("Propose the change", widget=GovSubmitInput())


@pages.route("/settings/office-days")
@allowed(ANYONE_SIGNED_IN)
def show_office_days() -> ResponseReturnValue:
    with transaction() as session:
        days = office_days.current(session)
        today = london_day(now())
        calendar = office_days.calendar_of(days)
        return render_template(
            "settings/office_days.html",
            days=days,
            country=COUNTRIES[days.country],
            closed=[each for each in sorted(days.closed) if each.day >= today],
            holidays=sorted(day for day in calendar.holidays if today <= day)[:12],
            waiting=waiting_of(session, ChangeKind.OFFICE_DAYS, actor().body_id),
        )


@pages.route("/settings/office-days/propose", methods=["GET", "POST"])
@allowed(Role.ADMINISTRATOR)
def propose_office_days() -> ResponseReturnValue:
    form = ProposeOfficeDays()
    if request.method == "GET":
        with transaction() as session:
            days = office_days.current(session)
        form.country.data, form.early_days.data = days.country.value, days.early_days
        form.closed.data = write_closed_days(days.closed)
    elif form.validate_on_submit() and is_proposed(form):
        flash("You proposed the change. It counts once somebody else confirms it")
        return redirect(url_for("pages.decide_change", change_id=form.change_id.id_of_what_is_made), 303)
    return render_template("settings/propose_office_days.html", form=form), form.status


def is_proposed(form: ProposeOfficeDays) -> bool:
    try:
        closed = read_closed_days(form.closed.data or "", "closed")
        wanted = OfficeDays(Country(form.country.data), form.early_days.data, closed)
        with transaction() as session:
            made = form.change_id.id_of_what_is_made
            office_days.propose(session, wanted, change_id=made, reason=form.reason.data, by=actor(), at=now())
    except BadLine as bad:
        form.refuse(bad.words, form.closed)
    except NotAllowed:
        raise
    except Refused as refused:
        beside = {OutOfRange: form.early_days, ClosedDayRefused: form.closed, ReasonNotGiven: form.reason}
        form.refuse(words.sentence(refused), beside.get(type(refused)))
    return form.status == 200
