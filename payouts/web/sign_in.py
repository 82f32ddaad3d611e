"""Signing in and out, and choosing the body to work in."""

from __future__ import annotations

from flask import abort, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovPasswordInput, GovRadioInput, GovSubmitInput, GovTextInput
from wtforms import HiddenField, PasswordField, RadioField, SelectChoice, StringField, SubmitField
from wtforms.validators import InputRequired

from payouts.people import tell_of_recovery_code
from payouts.web import words
from payouts.web.access import BEFORE_A_BODY, OWN, PUBLIC, TOKEN, allowed, choose, safe_next
from payouts.web.enrolment import browser_name
from payouts.web.figures import wait
from payouts.web.form import Form
from payouts.web.pages import pages, service
from schemes.errors import SignInSlowed
from schemes.sign_in import LOCKED_AFTER, DemoPerson, demo_people
from schemes.sign_in import sign_in as start_session
from schemes.sign_in import sign_out as end_session


class SignIn(Form):
    """The longest values are far beyond real ones: hashing a megabyte of password is work for an attacker's benefit."""

    email = StringField("Email address", widget=GovTextInput(), validators=[InputRequired("Enter your email address")])
    password = PasswordField("Password", widget=GovPasswordInput(), validators=[InputRequired("Enter your password")])
    code = StringField(
        "One-time code",
        description="The 6 digits that your authenticator app shows now, or one of your recovery codes",
        widget=GovTextInput(),
        validators=[InputRequired("Enter your one-time code")],
    )
    next = HiddenField()
    submit = SubmitField("Sign in", widget=GovSubmitInput())


class ChooseBody(Form):
    body = RadioField(
        "Which body do you want to work in?",
        widget=GovRadioInput(),
        validators=[InputRequired("Choose a body")],
    )
    submit = SubmitField("Continue", widget=GovSubmitInput())


@pages.route("/sign-in", methods=["GET", "POST"])
@allowed(PUBLIC)
def sign_in() -> ResponseReturnValue:
    form = SignIn()
    if request.method == "GET":
        if g.person:
            return redirect(url_for("pages.home"), 303)
        form.next.data = safe_next(request.args.get("next"))
    if form.validate_on_submit():
        token = try_to_sign_in(form)
        if token:
            # nothing of an earlier visitor's session may be carried over
            session.clear()
            session[TOKEN] = token
            return redirect(safe_next(form.next.data) or url_for("pages.home"), 303)
    return render_template(
        "sign_in.html",
        form=form,
        demo_people=demo(),
        ended="ended" in request.args,
        can_sign_up=service().settings.sign_up,
    ), form.status


def try_to_sign_in(form: SignIn) -> str | None:
    """The new session's token, or None and the reason as an error of the form."""
    given = service()
    try:
        with given.transaction(None) as transaction:
            signed_in = start_session(
                transaction,
                given.seals.ring,
                email=form.email.data[:320],
                password=form.password.data[:1024],
                code=form.code.data[:32],
                browser=browser_name(),
                at=given.now(),
            )
            if signed_in is not None and signed_in.by_recovery_code:
                tell_of_recovery_code(transaction, given, signed_in, at=given.now())
    except SignInSlowed as slowed:
        seconds = (slowed.until - given.now()).total_seconds()
        locked = slowed.failures >= LOCKED_AFTER
        form.refuse(
            f"Sign-in with this email address is {'locked' if locked else 'slowed down'} after {slowed.failures} wrong "
            f"tries. Wait {wait(seconds)}, then try again"
        )
        return None
    if signed_in is None:
        form.refuse(words.WRONG_SIGN_IN, form.email)
        return None
    return signed_in.token


def demo() -> list[DemoPerson]:
    """The people to try the service as, with codes that work now: on a demo installation, and nowhere else."""
    given = service()
    if not given.settings.demo:
        return []
    with given.transaction(None) as transaction:
        return demo_people(transaction, given.seals.ring, at=given.now())


@pages.route("/demo/codes")
@allowed(PUBLIC)
def show_demo_codes() -> ResponseReturnValue:
    """For the one who is signed in already and needs a code for a decision."""
    people = demo()
    if not people:
        abort(404)
    return render_template("show_demo_codes.html", demo_people=people)


@pages.route("/sign-out", methods=["POST"])
@allowed(PUBLIC)
def sign_out() -> ResponseReturnValue:
    """Public, because signing out twice is not a mistake."""
    for token in filter(None, (session.get(TOKEN), session.get(OWN))):
        with service().transaction(None) as transaction:
            end_session(transaction, token, at=service().now())
    session.clear()
    return redirect(url_for("pages.signed_out"), 303)


@pages.route("/signed-out")
@allowed(PUBLIC)
def signed_out() -> ResponseReturnValue:
    return render_template("signed_out.html")


@pages.route("/choose-body", methods=["GET", "POST"])
@allowed(BEFORE_A_BODY)
def choose_body() -> ResponseReturnValue:
    if not g.bodies:
        return render_template("no_body.html"), 403
    form = ChooseBody()
    form.body.choices = [SelectChoice(str(body.body_id), body.name) for body in g.bodies]
    if form.validate_on_submit():
        chosen = next((body for body in g.bodies if str(body.body_id) == form.body.data), None)
        if chosen is None:
            abort(404)
        choose(chosen.body_id)
        return redirect(url_for("pages.home"), 303)
    return render_template("choose_body.html", form=form), form.status
