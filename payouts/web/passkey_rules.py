"""At which gates a body takes a go only when it is signed with a passkey: seeing the rule, and proposing another."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovCheckboxesInput, GovSubmitInput
from wtforms import SelectChoice, SelectMultipleField, SubmitField

from payouts.web import words
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.form import Form, MadeField, WordsField
from payouts.web.pages import actor, now, pages, transaction
from payouts.web.passkey_words import gates_words
from payouts.web.scheme_words import GATES
from schemes import passkey, passkey_rule
from schemes.change import ChangeKind, waiting_of
from schemes.errors import NotAllowed, ReasonNotGiven, Refused
from schemes.gate_rule import DECIDERS, GateKind
from schemes.person import Role, people


class ProposePasskeys(Form):
    change_id = MadeField()
    kinds = SelectMultipleField(
        "At which gates is a go signed with a passkey?",
        description="Choose none to let one-time codes do at every gate",
        widget=GovCheckboxesInput(),
        choices=[SelectChoice(kind.value, name) for kind, name in GATES.items()],
    )
    reason = WordsField("Why?", missing="Say why you propose this change", hint="Whoever confirms it reads this")
    submit = SubmitField("Propose the change", widget=GovSubmitInput())


@pages.route("/settings/passkeys")
@allowed(ANYONE_SIGNED_IN)
def show_passkey_rule() -> ResponseReturnValue:
    with transaction() as session:
        deciders = [(person, roles) for person, roles in people(session) if not set(DECIDERS).isdisjoint(roles)]
        have = passkey.holders(session, [person.id for person, _ in deciders])
        return render_template(
            "settings/show_passkey_rule.html",
            gates=gates_words(passkey_rule.current(session)),
            waiting=waiting_of(session, ChangeKind.PASSKEYS, actor().body_id),
            deciders=[(person.name, roles, person.id in have) for person, roles in deciders],
        )


@pages.route("/settings/passkeys/propose", methods=["GET", "POST"])
@allowed(Role.ADMINISTRATOR)
def propose_passkeys() -> ResponseReturnValue:
    form = ProposePasskeys()
    if request.method == "GET":
        with transaction() as session:
            form.kinds.data = [kind.value for kind in passkey_rule.current(session)]
    if form.validate_on_submit():
        kinds = [GateKind(kind) for kind in form.kinds.data or ()]
        try:
            with transaction() as session:
                change_id, reason = form.change_id.id_of_what_is_made, form.reason.data
                passkey_rule.propose(session, kinds, change_id=change_id, reason=reason, by=actor(), at=now())
        except NotAllowed:
            raise
        except Refused as refused:
            form.refuse(words.sentence(refused), form.reason if isinstance(refused, ReasonNotGiven) else None)
        else:
            flash("You proposed the change. It counts once somebody else confirms it")
            return redirect(url_for("pages.decide_change", change_id=change_id), 303)
    return render_template("settings/propose_passkeys.html", form=form), form.status
