"""Everybody's own account: where they are signed in, their password, their recovery codes."""

from __future__ import annotations

from typing import NamedTuple

from flask import flash, g, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovPasswordInput, GovSubmitInput, GovTextInput
from wtforms import PasswordField, StringField, SubmitField
from wtforms.validators import InputRequired, Length

from payouts.people import tell_of_password
from payouts.web import words
from payouts.web.access import BEFORE_A_BODY, EVERY_ROLE, TOKEN, allowed
from payouts.web.enrolment import LONGEST, PASSWORD_FAULTS
from payouts.web.figures import wait
from payouts.web.form import Form
from payouts.web.pages import actor, now, pages, service, transaction
from schemes import audit, recovery_code, sign_in
from schemes.before_body import WebSessionRow
from schemes.errors import SignInSlowed
from schemes.password import LEAST_PASSWORD
from schemes.person import Person
from schemes.sign_in import IDLE, token_digest

WRONG = "Check your password and code. One of them is wrong, or the code was used already"
# what browsers call themselves, the more special before those that they claim to be like
BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)  # fmt: skip


class Confirmed(Form):
    """What is asked before credentials change."""

    password = PasswordField(
        "Your password now",
        widget=GovPasswordInput(),
        validators=[InputRequired("Enter your password"), Length(max=LONGEST)],
    )
    code = StringField(
        "One-time code",
        description="The 6 digits that your authenticator app shows now",
        widget=GovTextInput(),
        validators=[InputRequired("Enter your one-time code"), Length(max=32, message="Enter the 6 digits")],
    )


class ChangePassword(Confirmed):
    new_password = PasswordField(
        "New password",
        description=f"At least {LEAST_PASSWORD} characters. Three or more unrelated words are easy to remember",
        widget=GovPasswordInput(),
        validators=[InputRequired("Enter a new password"), Length(max=LONGEST, message="Use at most 1,024 characters")],
    )
    submit = SubmitField("Change the password", widget=GovSubmitInput())


class RenewCodes(Confirmed):
    submit = SubmitField("Make new recovery codes", widget=GovSubmitInput())


class SignInRow(NamedTuple):
    """A session in one's own list."""

    row: WebSessionRow
    browser: str
    is_here: bool
    is_open: bool


@pages.route("/account")
@allowed(EVERY_ROLE)
def show_account() -> ResponseReturnValue:
    with transaction() as transacted:
        rows = sign_in.sessions(transacted, actor().person_id)
        left = recovery_code.left(transacted, actor().person_id)
    here = token_digest(session[TOKEN])
    told = [
        SignInRow(
            row,
            browser_words(row.browser),
            row.token_digest == here,
            row.ended_at is None and now() - row.last_used_at < IDLE,
        )
        for row in rows
    ]
    return render_template(
        "account/show_account.html",
        open=[one for one in told if one.is_open],
        over=[one for one in told if not one.is_open],
        codes_left=left,
    )


def browser_words(called: str) -> str:
    """`Firefox on Windows`, as well as a browser's own name tells it."""
    browser = next((name for sign, name in BROWSERS if sign in called), "A browser")
    system = next((name for sign, name in SYSTEMS if sign in called), "")
    return f"{browser} on {system}" if system else browser


@pages.route("/account/sign-out-everywhere", methods=["POST"])
@allowed(EVERY_ROLE)
def sign_out_everywhere() -> ResponseReturnValue:
    with transaction() as transacted:
        sign_in.sign_out_everywhere(transacted, actor().person_id, at=now())
        person = transacted.get_one(Person, actor().person_id)
        audit.record(transacted, "person.signed_out_everywhere", by=actor(), about=person, at=now())
    session.clear()
    return redirect(url_for("pages.signed_out"), 303)


@pages.route("/account/password", methods=["GET", "POST"])
@allowed(EVERY_ROLE)
def change_password() -> ResponseReturnValue:
    form = ChangePassword()
    if form.validate_on_submit() and is_changed(form):
        flash("You changed your password. Other browsers are signed out")
        return redirect(url_for("pages.show_account"), 303)
    return render_template("account/change_password.html", form=form), form.status


def is_changed(form: ChangePassword) -> bool:
    """Change the password. A wrong one is counted, so its transaction commits too."""
    try:
        with transaction() as transacted:
            changed = sign_in.change_password(
                transacted,
                service().seals.ring,
                actor().person_id,
                old=form.password.data,
                new=form.new_password.data,
                code=form.code.data,
                keep=session[TOKEN],
                at=now(),
            )
            if changed:
                person = transacted.get_one(Person, actor().person_id)
                audit.record(transacted, "person.password_changed", by=actor(), about=person, at=now())
                tell_of_password(transacted, service(), person.id, at=now())
    except PASSWORD_FAULTS as refused:
        form.refuse(words.sentence(refused), form.new_password)
        return False
    except SignInSlowed as slowed:
        refuse_slowed(form, slowed)
        return False
    if not changed:
        form.refuse(WRONG, form.password)
    return changed


@pages.route("/account/recovery-codes", methods=["GET", "POST"])
@allowed(EVERY_ROLE)
def renew_recovery_codes() -> ResponseReturnValue:
    form = RenewCodes()
    if form.validate_on_submit():
        codes = new_codes(form)
        if codes:
            return render_template("people/recovery_codes.html", codes=codes, title="You have new recovery codes")
    return render_template("account/renew_recovery_codes.html", form=form), form.status


def new_codes(form: RenewCodes) -> list[str]:
    """The new codes, or none and an error of the form."""
    try:
        with transaction() as transacted:
            if sign_in.is_confirmed(
                transacted,
                service().seals.ring,
                actor().person_id,
                password=form.password.data,
                code=form.code.data,
                at=now(),
            ):
                person = transacted.get_one(Person, actor().person_id)
                audit.record(transacted, "person.recovery_codes_renewed", by=actor(), about=person, at=now())
                return recovery_code.renew(transacted, person.id, at=now())
    except SignInSlowed as slowed:
        refuse_slowed(form, slowed)
        return []
    form.refuse(WRONG, form.password)
    return []


def refuse_slowed(form: Form, slowed: SignInSlowed) -> None:
    seconds = (slowed.until - now()).total_seconds()
    form.refuse(f"There were {slowed.failures} wrong tries. Wait {wait(seconds)}, then try again")


@pages.route("/session/extend", methods=["POST"])
@allowed(BEFORE_A_BODY)
def extend_session() -> ResponseReturnValue:
    """Stay signed in: that it was asked for is all that it takes."""
    assert g.person is not None, "admitted"
    return "", 204
