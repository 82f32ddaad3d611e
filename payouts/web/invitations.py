"""The page of an invitation: somebody new sets up their account, somebody who has one signs in and accepts."""

from __future__ import annotations

from uuid import UUID

from flask import flash, g, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovSubmitInput, GovTextInput
from wtforms import StringField, SubmitField
from wtforms.validators import DataRequired, Length

from payouts import people
from payouts.web import words
from payouts.web.access import PUBLIC, TOKEN, allowed, choose
from payouts.web.enrolment import PASSWORD_FAULTS, Enrol, browser_name, grouped, qr_code
from payouts.web.form import Form
from payouts.web.pages import now, pages, service
from schemes import before_body, recovery_code, sign_in
from schemes.body import get_body
from schemes.errors import Refused
from schemes.invitation import Invitation, LinkUsedUp, accept, accept_as_new, link_digest, opened
from schemes.person import Role


class SetUpAccount(Enrol):
    name = StringField(
        "Your name",
        description="As your colleagues know you: it stands beside everything that you do",
        widget=GovTextInput(),
        validators=[DataRequired("Enter your name"), Length(max=100, message="Use at most 100 characters")],
    )
    submit = SubmitField("Set up the account", widget=GovSubmitInput())


class AcceptInvitation(Form):
    submit = SubmitField("Accept the invitation", widget=GovSubmitInput())


def body_of(token: str) -> UUID:
    """The body of a link. Raises LinkUsedUp."""
    with service().transaction(None) as transaction:
        body_id = before_body.body_of_link(transaction, link_digest(token[:200]))
    if body_id is None:
        raise LinkUsedUp
    return body_id


def link_used_up() -> ResponseReturnValue:
    return render_template("people/link_used_up.html"), 410


@pages.route("/invitations/<token>", methods=["GET", "POST"])
@allowed(PUBLIC)
def open_invitation(token: str) -> ResponseReturnValue:
    try:
        body_id = body_of(token)
        with service().transaction(body_id) as transaction:
            invited = opened(transaction, token, at=now())
            body_name = get_body(transaction).name
            known = before_body.person_of_email(transaction, invited.email) is not None
        if known:
            return accept_known(token, body_id, invited, body_name)
        return set_up(token, body_id, invited, body_name)
    except LinkUsedUp:
        return link_used_up()


def accept_known(token: str, body_id: UUID, invited: Invitation, body_name: str) -> ResponseReturnValue:
    """Somebody who has an account proves that it is theirs by signing in."""
    form = AcceptInvitation()
    is_theirs = g.person is not None and g.person.email == invited.email
    if is_theirs and form.validate_on_submit():
        with service().transaction(body_id) as transaction:
            accept(transaction, token, person=g.person, at=now())
            if Role.APPROVER in invited.roles:
                people.tell_of_approver(transaction, service(), g.person.id, at=now())
        choose(body_id)
        flash(f"You work with {body_name} now")
        return redirect(url_for("pages.home" if invited.invited_by else "pages.show_first_payroll"), 303)
    return render_template(
        "people/accept_invitation.html",
        form=form,
        invited=invited,
        body_name=body_name,
        is_theirs=is_theirs,
        here=url_for("pages.open_invitation", token=token),
    )


def set_up(token: str, body_id: UUID, invited: Invitation, body_name: str) -> ResponseReturnValue:
    form = SetUpAccount(data={"name": invited.name})
    secret = form.code_secret(token)
    if form.validate_on_submit() and form.has_code_of(secret):
        try:
            with service().transaction(body_id) as transaction:
                person = accept_as_new(
                    transaction,
                    service().seals.ring,
                    token,
                    name=form.name.data,
                    password=form.password.data,
                    code_secret=secret,
                    at=now(),
                )
                if Role.APPROVER in invited.roles:
                    people.tell_of_approver(transaction, service(), person.id, at=now())
                codes = recovery_code.renew(transaction, person.id, at=now())
                signed_in = sign_in.start_session(
                    transaction, person.id, sign_in.Proof.CODE, browser=browser_name(), at=now()
                )
        except PASSWORD_FAULTS as refused:
            form.refuse_password(refused)
        except LinkUsedUp:
            raise
        except Refused as refused:
            form.refuse(words.sentence(refused))
        else:
            session.clear()
            session[TOKEN] = signed_in.token
            choose(body_id)
            onward = url_for("pages.home" if invited.invited_by else "pages.show_first_payroll")
            title = "Your account is set up"
            return render_template("people/recovery_codes.html", codes=codes, title=title, onward=onward)
    return render_template(
        "people/set_up_account.html",
        form=form,
        invited=invited,
        body_name=body_name,
        qr=qr_code(secret, invited.email, body_name),
        secret=grouped(secret),
    ), form.status
