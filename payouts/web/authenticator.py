"""Changing one's own authenticator app, with the password and a code of the old one or a recovery code."""

from __future__ import annotations

from flask import flash, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovPasswordInput, GovSubmitInput, GovTextInput
from wtforms import PasswordField, StringField, SubmitField
from wtforms.validators import InputRequired, Length

from payouts.people import tell_of_authenticator
from payouts.web.access import EVERY_ROLE, TOKEN, allowed
from payouts.web.account import WRONG, refuse_slowed
from payouts.web.enrolment import LONGEST, Enrol, grouped, qr_code
from payouts.web.pages import actor, now, pages, service, transaction
from schemes import audit, sign_in
from schemes.body import get_body
from schemes.errors import SignInSlowed
from schemes.person import Person


class ReplaceAuthenticator(Enrol):
    password = PasswordField(
        "Your password",
        widget=GovPasswordInput(),
        validators=[InputRequired("Enter your password"), Length(max=LONGEST)],
    )
    old_code = StringField(
        "A code of the old app, or a recovery code",
        description="A recovery code if you no longer have the old app",
        widget=GovTextInput(),
        validators=[InputRequired("Enter a code of the old app, or a recovery code"), Length(max=64)],
    )
    submit = SubmitField("Change the authenticator app", widget=GovSubmitInput())


@pages.route("/account/authenticator", methods=["GET", "POST"])
@allowed(EVERY_ROLE)
def replace_authenticator() -> ResponseReturnValue:
    form = ReplaceAuthenticator()
    secret = form.code_secret(session[TOKEN])
    if form.validate_on_submit() and form.has_code_of(secret) and is_replaced(form, secret):
        flash("You changed your authenticator app. You decide at no gate for 24 hours")
        return redirect(url_for("pages.show_account"), 303)
    with transaction() as transacted:
        email, body_name = transacted.get_one(Person, actor().person_id).email, get_body(transacted).name
    return render_template(
        "account/replace_authenticator.html",
        form=form,
        qr=qr_code(secret, email, body_name),
        secret=grouped(secret),
    ), form.status


def is_replaced(form: ReplaceAuthenticator, secret: str) -> bool:
    """Replace it. A wrong password or code is counted, so its transaction commits too."""
    try:
        with transaction() as transacted:
            replaced = sign_in.replace_authenticator(
                transacted,
                service().seals.ring,
                actor().person_id,
                password=form.password.data,
                code=form.old_code.data,
                code_secret=secret,
                keep=session[TOKEN],
                at=now(),
            )
            if replaced:
                person = transacted.get_one(Person, actor().person_id)
                audit.record(transacted, "person.authenticator_replaced", by=actor(), about=person, at=now())
                tell_of_authenticator(transacted, service(), person.id, at=now())
    except SignInSlowed as slowed:
        refuse_slowed(form, slowed)
        return False
    if not replaced:
        form.refuse(WRONG, form.password)
    return replaced
