"""A body's settings: what it is called, how it looks and is reached, its rules, and the way to each of them."""

from __future__ import annotations

from datetime import timedelta

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovSubmitInput, GovTextInput
from wtforms import Field, IntegerField, StringField, SubmitField
from wtforms.validators import InputRequired, Length, NumberRange

from payouts.notices.connection import connection_of
from payouts.web import words
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.deadline_words import COUNTRIES
from payouts.web.form import Form, MadeField, WordsField
from payouts.web.pages import actor, now, pages, transaction
from payouts.web.passkey_words import gates_words
from schemes import body_details, office_days, passkey_rule
from schemes.api_key import keys_of_body
from schemes.bank_profile import bank_profiles
from schemes.body import LEAST_RETENTION_YEARS, MOST_RETENTION_YEARS, get_body
from schemes.body_details import LONGEST_NAME, NameMissing
from schemes.change import ChangeKind, waiting_of
from schemes.colour import ColourRefused
from schemes.contact_value import ContactFault, ContactRefused
from schemes.duties import duties_on, london_day
from schemes.errors import NotAllowed, ReasonNotGiven, Refused
from schemes.freeze import freezes_between
from schemes.person import Role

YEAR = timedelta(days=366)
NOT_YEARS = f"Enter a number of years from {LEAST_RETENTION_YEARS} to {MOST_RETENTION_YEARS}"


class BodyDetails(Form):
    name = StringField(
        "Name",
        description="It stands on every page and in the messages to payees",
        widget=GovTextInput(),
        validators=[
            InputRequired("Enter the name of the body"),
            Length(max=LONGEST_NAME, message="Use a shorter name"),
        ],
    )
    colour = StringField(
        "Colour",
        description="As # and 6 digits or letters, like #00625e. It must be dark enough to be read on",
        widget=GovTextInput(),
        validators=[InputRequired("Enter a colour")],
    )
    contact_email = StringField(
        "Email address for questions",
        description="Payees are told to write to it",
        widget=GovTextInput(),
        validators=[InputRequired("Enter an email address")],
    )
    contact_phone = StringField("Phone number for questions (optional)", widget=GovTextInput())
    submit = SubmitField("Save", widget=GovSubmitInput())


class YearsField(IntegerField):
    """A number of years."""

    widget = GovTextInput()

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(NOT_YEARS) from None


class ProposeRetention(Form):
    change_id = MadeField()
    years = YearsField(
        "How many financial years are kept, besides the current one?",
        description="6 for most bodies: a financial year ends on 31 March",
        validators=[
            InputRequired(NOT_YEARS),
            NumberRange(LEAST_RETENTION_YEARS, MOST_RETENTION_YEARS, NOT_YEARS),
        ],
    )
    reason = WordsField("Why?", missing="Say why you propose this change", hint="Whoever confirms it reads this")
    submit = SubmitField("Propose the change", widget=GovSubmitInput())


@pages.route("/settings")
@allowed(ANYONE_SIGNED_IN)
def show_settings() -> ResponseReturnValue:
    with transaction() as session:
        return render_template(
            "settings/show_settings.html",
            settings=get_body(session),
            profiles=bank_profiles(session),
            duties=duties_on(session, london_day(now())),
            office_country=COUNTRIES[office_days.current(session).country],
            api_keys=sum(1 for key in keys_of_body(session) if key.revoked_at is None),
            freezes=freezes_between(session, london_day(now()), london_day(now()) + YEAR),
            notify=connection_of(session),
            passkey_gates=gates_words(passkey_rule.current(session)),
            retention_waits=waiting_of(session, ChangeKind.RETENTION, actor().body_id),
        )


@pages.route("/settings/body", methods=["GET", "POST"])
@allowed(Role.ADMINISTRATOR)
def change_body_details() -> ResponseReturnValue:
    with transaction() as session:
        form = BodyDetails(obj=get_body(session))
    if form.validate_on_submit() and is_changed(form):
        flash("You changed the settings of the body")
        return redirect(url_for("pages.show_settings"), 303)
    return render_template("settings/change_body_details.html", form=form), form.status


def is_changed(form: BodyDetails) -> bool:
    try:
        with transaction() as session:
            body_details.set_details(
                session,
                name=form.name.data,
                colour=form.colour.data,
                contact_email=form.contact_email.data,
                contact_phone=form.contact_phone.data or "",
                by=actor(),
                at=now(),
            )
    except NotAllowed:
        raise
    except Refused as refused:
        form.refuse(words.sentence(refused), field_of(form, refused))
    return form.status == 200


def field_of(form: BodyDetails, refused: Refused) -> Field | None:
    """Where what was refused was typed."""
    match refused:
        case NameMissing():
            return form.name
        case ColourRefused():
            return form.colour
        case ContactRefused():
            return form.contact_phone if refused.fault is ContactFault.PHONE else form.contact_email
    return None


@pages.route("/settings/retention", methods=["GET", "POST"])
@allowed(Role.ADMINISTRATOR)
def propose_retention() -> ResponseReturnValue:
    form = ProposeRetention()
    if request.method == "GET":
        with transaction() as session:
            form.years.data = get_body(session).retention_years
    if form.validate_on_submit():
        try:
            with transaction() as session:
                change_id, reason = form.change_id.id_of_what_is_made, form.reason.data
                body_details.propose_retention(
                    session, form.years.data, change_id=change_id, reason=reason, by=actor(), at=now()
                )
        except NotAllowed:
            raise
        except Refused as refused:
            form.refuse(words.sentence(refused), form.reason if isinstance(refused, ReasonNotGiven) else None)
        else:
            flash("You proposed the change. It counts once somebody else confirms it")
            return redirect(url_for("pages.decide_change", change_id=change_id), 303)
    return render_template("settings/propose_retention.html", form=form), form.status
