"""A person's own passkeys: seeing them, adding one with password and code, and removing one."""

from __future__ import annotations

from uuid import UUID

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovSubmitInput, GovTextInput
from wtforms import HiddenField, StringField, SubmitField
from wtforms.validators import InputRequired, Length

from payouts.notices.words import plain
from payouts.people import tell_of_passkey
from payouts.web import words
from payouts.web.access import EVERY_ROLE, allowed
from payouts.web.account import WRONG, Confirmed, refuse_slowed
from payouts.web.form import Form, MadeField
from payouts.web.pages import actor, now, pages, service, transaction
from schemes import audit, passkey, sign_in
from schemes.errors import NotFound, Refused, SignInSlowed
from schemes.passkey import LONGEST_NAME
from schemes.person import Person


class AddPasskey(Confirmed):
    name = StringField(
        "Name of the passkey",
        description="So that you know it again, like “Blue key” or “Laptop at work”",
        widget=GovTextInput(),
        validators=[
            InputRequired("Enter a name for the passkey"),
            Length(max=LONGEST_NAME, message=f"Use at most {LONGEST_NAME} characters"),
        ],
    )
    submit = SubmitField("Continue", widget=GovSubmitInput())


class MakePasskey(Form):
    """What the browser's answer travels in."""

    passkey_id = MadeField()
    name = HiddenField()
    answer = HiddenField()


class RemovePasskey(Confirmed):
    submit = SubmitField("Remove the passkey", widget=GovSubmitInput())


@pages.route("/account/passkeys")
@allowed(EVERY_ROLE)
def show_passkeys() -> ResponseReturnValue:
    with transaction() as session:
        return render_template(
            "account/show_passkeys.html", passkeys=passkey.live_passkeys(session, actor().person_id), now=now()
        )


@pages.route("/account/passkeys/new", methods=["GET", "POST"])
@allowed(EVERY_ROLE)
def add_passkey() -> ResponseReturnValue:
    form = AddPasskey()
    if form.validate_on_submit():
        options = options_for(form)
        if options is not None:
            made = MakePasskey(formdata=None, name=form.name.data)
            return render_template("account/make_passkey.html", form=made, options=options)
    return render_template("account/add_passkey.html", form=form), form.status


def options_for(form: AddPasskey) -> str | None:
    """What the browser needs, or None and an error of the form."""
    if not is_really(form):
        return None
    try:
        with transaction() as session:
            person, site = session.get_one(Person, actor().person_id), service().passkey_site
            return passkey.ask_for_new(session, site, person.id, email=person.email, name=person.name, at=now())
    except Refused as refused:
        form.refuse(words.sentence(refused))
        return None


def is_really(form: Confirmed) -> bool:
    """Whether password and code are right, committed either way."""
    ring, person_id = service().seals.ring, actor().person_id
    try:
        with transaction() as session:
            right = sign_in.is_confirmed(
                session, ring, person_id, password=form.password.data, code=form.code.data, at=now()
            )
    except SignInSlowed as slowed:
        refuse_slowed(form, slowed)
        return False
    if not right:
        form.refuse(WRONG, form.password)
    return right


@pages.route("/account/passkeys/made", methods=["POST"])
@allowed(EVERY_ROLE)
def keep_passkey() -> ResponseReturnValue:
    form = MakePasskey()
    if not form.validate():
        abort(400)
    at = now()
    try:
        with transaction() as session:
            person, site = session.get_one(Person, actor().person_id), service().passkey_site
            added = passkey.add(
                session,
                site,
                person.id,
                passkey_id=form.passkey_id.id_of_what_is_made,
                name=form.name.data or "",
                answer=form.answer.data or "",
                at=at,
            )
            # a form that is sent twice has told them already
            if added.made_at == at:
                audit.record(session, "person.passkey_added", by=actor(), about=person, at=at, passkey=str(added.id))
                tell_of_passkey(session, service(), person.id, f"A passkey, “{plain(added.name)}”, was added", at=at)
    except Refused as refused:
        again = AddPasskey(formdata=None, name=form.name.data)
        again.refuse(words.sentence(refused))
        return render_template("account/add_passkey.html", form=again), again.status
    flash("You added the passkey. It signs decisions after 24 hours")
    return redirect(url_for("pages.show_passkeys"), 303)


@pages.route("/account/passkeys/<uuid:passkey_id>/remove", methods=["GET", "POST"])
@allowed(EVERY_ROLE)
def remove_passkey(passkey_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        mine = passkey.live_passkeys(session, actor().person_id)
    found = next((one for one in mine if one.id == passkey_id), None)
    if found is None:
        raise NotFound("passkey", passkey_id)
    form = RemovePasskey()
    if form.validate_on_submit() and is_really(form):
        with transaction() as session:
            person = session.get_one(Person, actor().person_id)
            if passkey.remove(session, person.id, passkey_id, at=now()):
                audit.record(
                    session, "person.passkey_removed", by=actor(), about=person, at=now(), passkey=str(passkey_id)
                )
                tell_of_passkey(
                    session, service(), person.id, f"A passkey, “{plain(found.name)}”, was removed", at=now()
                )
        flash(f"You removed the passkey {found.name}")
        return redirect(url_for("pages.show_passkeys"), 303)
    return render_template("account/remove_passkey.html", form=form, passkey=found), form.status
