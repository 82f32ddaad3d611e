"""Signing up for a sandbox: a form, and the same answer for every address."""

from __future__ import annotations

from flask import redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovSubmitInput, GovTextInput
from wtforms import StringField, SubmitField
from wtforms.validators import DataRequired, Length

from payouts.first_hour import sign_up as signing_up
from payouts.web import words
from payouts.web.access import PUBLIC, allowed
from payouts.web.form import Form, MadeField
from payouts.web.pages import now, pages, service
from schemes.errors import NotAddressed, Refused

LINK = "sign_up_link"


class SignUp(Form):
    body_id = MadeField()
    name = StringField(
        "Your name",
        widget=GovTextInput(),
        validators=[DataRequired("Enter your name"), Length(max=100, message="Use at most 100 characters")],
    )
    email = StringField(
        "Email address",
        description="We send a link to it. You sign in with it later",
        widget=GovTextInput(),
        validators=[DataRequired("Enter your email address"), Length(max=254, message="Use at most 254 characters")],
    )
    body_name = StringField(
        "What is your organisation called?",
        description="It stands on every page of your sandbox. You can change it later",
        widget=GovTextInput(),
        validators=[DataRequired("Enter the name of your organisation")],
    )
    submit = SubmitField("Send me the link", widget=GovSubmitInput())


@pages.route("/sign-up", methods=["GET", "POST"])
@allowed(PUBLIC)
def sign_up() -> ResponseReturnValue:
    if not service().settings.sign_up:
        return render_template("first_hour/sign_up_closed.html"), 403
    form = SignUp()
    if form.validate_on_submit() and is_asked(form):
        return redirect(url_for("pages.signed_up"), 303)
    return render_template("first_hour/sign_up.html", form=form), form.status


def is_asked(form: SignUp) -> bool:
    """Make the sandbox, and have the link sent."""
    email = form.email.data
    try:
        signing_up.read_name(form.body_name.data)
        with service().transaction(None) as transaction:
            signing_up.count_request(transaction, email=email, network=request.remote_addr or "", at=now())
        with service().transaction(form.body_id.id_of_what_is_made) as transaction:
            token = signing_up.sign_up(
                transaction, service(), email=email, name=form.name.data, body_name=form.body_name.data, at=now()
            )
    except Refused as refused:
        fields = {NotAddressed: form.email, signing_up.SandboxNameRefused: form.body_name}
        form.refuse(words.sentence(refused), fields.get(type(refused)))
        return False
    # a demo has no mailboxes: there the page that follows shows the link
    if token and service().settings.demo:
        session[LINK] = token
    return True


@pages.route("/sign-up/sent")
@allowed(PUBLIC)
def signed_up() -> ResponseReturnValue:
    return render_template("first_hour/signed_up.html", token=session.get(LINK) if service().settings.demo else None)
