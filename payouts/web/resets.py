"""The page that a reset's link leads to: a new password, a new authenticator app, new recovery codes."""

from __future__ import annotations

from flask import render_template, session
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovSubmitInput
from wtforms import SubmitField

from payouts.web.access import PUBLIC, allowed
from payouts.web.enrolment import PASSWORD_FAULTS, Enrol, grouped, qr_code
from payouts.web.invitations import body_of, link_used_up
from payouts.web.pages import now, pages, service
from schemes import recovery_code
from schemes.body import get_body
from schemes.credential_reset import opened, set_anew
from schemes.invitation import LinkUsedUp
from schemes.role_change import member


class SetAnew(Enrol):
    submit = SubmitField("Set the new password", widget=GovSubmitInput())


@pages.route("/resets/<token>", methods=["GET", "POST"])
@allowed(PUBLIC)
def open_reset(token: str) -> ResponseReturnValue:
    form = SetAnew()
    secret = form.code_secret(token)
    try:
        body_id = body_of(token)
        with service().transaction(body_id) as transaction:
            reset = opened(transaction, token, at=now())
            person, body_name = member(transaction, reset.person_id), get_body(transaction).name
        if form.validate_on_submit() and form.has_code_of(secret):
            with service().transaction(body_id) as transaction:
                set_anew(
                    transaction,
                    service().seals.ring,
                    token,
                    password=form.password.data,
                    code_secret=secret,
                    at=now(),
                )
                codes = recovery_code.renew(transaction, person.id, at=now())
            session.clear()
            return render_template("people/recovery_codes.html", codes=codes, title="Your password and codes are new")
    except LinkUsedUp:
        return link_used_up()
    except PASSWORD_FAULTS as refused:
        form.refuse_password(refused)
    return render_template(
        "people/set_anew.html",
        form=form,
        person_name=person.name,
        qr=qr_code(secret, person.email, body_name),
        secret=grouped(secret),
    ), form.status
