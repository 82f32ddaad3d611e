"""What messages to payees are sent through: a body's own GOV.UK Notify, and proposals to change it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import (
    GovCheckboxInput,
    GovPasswordInput,
    GovRadioInput,
    GovSubmitInput,
    GovTextInput,
)
from wtforms import BooleanField, PasswordField, RadioField, SelectChoice, StringField, SubmitField
from wtforms.validators import InputRequired, Length

from payouts.app import NotifyNotSetUp
from payouts.notices import connection
from payouts.notices.connection import (
    KeyKind,
    NotifyTerms,
    NotifyTermsRefused,
    Way,
    connection_of,
    get_connection,
    receipts_token,
    templates_of,
    try_out,
)
from payouts.sandbox.notify_keys import EXAMPLES
from payouts.sandbox.templates import PASS_THROUGH
from payouts.web import words
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.form import Form, MadeField, WordsField
from payouts.web.notify_words import KINDS, trial_words
from payouts.web.pages import actor, now, pages, service, transaction
from schemes import audit
from schemes.change import ChangeKind, waiting_of
from schemes.errors import NotAllowed, ReasonNotGiven, Refused
from schemes.person import Role


class ProposeNotify(Form):
    change_id = MadeField()
    api_key = PasswordField(
        "API key",
        description="As Notify shows it once. Nobody sees it again here",
        widget=GovPasswordInput(),
        validators=[Length(max=300, message="This is longer than any API key")],
    )
    kind = RadioField(
        "What kind of key is it?",
        widget=GovRadioInput(),
        choices=[SelectChoice(kind.value, text) for kind, text in KINDS.items()],
        validators=[InputRequired("Choose the kind of the key")],
    )
    in_trial = BooleanField(
        "My service in GOV.UK Notify is still in trial mode",
        widget=GovCheckboxInput(),
    )
    email_template = StringField(
        "Template for emails (optional)",
        description="The ID of a template whose subject is ((subject)) and whose message is ((body))",
        widget=GovTextInput(),
    )
    text_template = StringField(
        "Template for texts (optional)", description="Its message is ((body))", widget=GovTextInput()
    )
    letter_template = StringField(
        "Template for letters (optional)",
        description="Its heading is ((subject)) and its text is ((body))",
        widget=GovTextInput(),
    )
    new_token = BooleanField(
        "Make a new token for Notify’s receipts",
        description="If somebody else may know the one there is",
        widget=GovCheckboxInput(),
    )
    reason = WordsField("Why?", missing="Say why you propose this change", hint="Whoever confirms it reads this")
    submit = SubmitField("Propose this connection", widget=GovSubmitInput())

    @property
    def terms(self) -> NotifyTerms:
        return NotifyTerms(
            KeyKind(self.kind.data),
            bool(self.in_trial.data),
            **{f"{way}_template": (self[f"{way}_template"].data or "").strip() for way in Way},
        )


@pages.route("/settings/notify")
@allowed(ANYONE_SIGNED_IN)
def show_notify() -> ResponseReturnValue:
    return shown()


def shown(token: str = "") -> ResponseReturnValue:
    with transaction() as session:
        waiting = waiting_of(session, ChangeKind.NOTIFY, actor().body_id)
        proposed = get_connection(session, UUID(waiting.after["connection_id"])) if waiting else None
        return render_template(
            "settings/show_notify.html",
            connection=connection_of(session),
            waiting=waiting,
            proposed=proposed,
            kinds=KINDS,
            trial_words=trial_words,
            receipts_url=f"{service().settings.base_url}/callbacks/notify/{actor().body_id}",
            token=token,
        )


@pages.route("/settings/notify/change", methods=["GET", "POST"])
@allowed(Role.ADMINISTRATOR)
def change_notify() -> ResponseReturnValue:
    with transaction() as session:
        counting = connection_of(session)
    form = ProposeNotify(data=typed_of(counting) if request.method == "GET" and counting else None)
    if form.validate_on_submit() and is_proposed(form):
        flash("You proposed the change. It counts once somebody else confirms it")
        return redirect(url_for("pages.decide_change", change_id=form.change_id.id_of_what_is_made), 303)
    examples = EXAMPLES if g.body.is_sandbox else {}
    return render_template(
        "settings/propose_notify.html",
        form=form,
        connection=counting,
        examples=examples,
        example_templates=PASS_THROUGH,
    ), form.status


def typed_of(counting: connection.NotifyConnection) -> dict[str, Any]:
    templates = {f"{way}_template": template for way, template in templates_of(counting).items()}
    return {"kind": counting.kind.value, "in_trial": counting.in_trial, **templates}


def is_proposed(form: ProposeNotify) -> bool:
    try:
        with transaction() as session:
            connection.propose(
                session,
                service().seals,
                form.terms,
                api_key=form.api_key.data or "",
                new_token=bool(form.new_token.data),
                change_id=form.change_id.id_of_what_is_made,
                reason=form.reason.data or "",
                by=actor(),
                at=now(),
            )
    except NotAllowed:
        raise
    except Refused as refused:
        place = form[refused.field] if isinstance(refused, NotifyTermsRefused) else None
        form.refuse(words.sentence(refused), form.reason if isinstance(refused, ReasonNotGiven) else place)
    return form.status == 200


@pages.post("/settings/notify/try/<uuid:notify_connection_id>")
@allowed(Role.ADMINISTRATOR, Role.APPROVER)
def try_notify(notify_connection_id: UUID) -> ResponseReturnValue:
    try:
        tried = try_out(service(), g.body, notify_connection_id, by=actor())
    except NotifyNotSetUp:
        flash("There is no Notify to be reached from here. Tell the people who run the service", "refused")
    else:
        if tried.trouble:
            flash(f"Notify did not take the message: {tried.trouble}", "refused")
        else:
            flash(f"Notify took a message to {actor().email}")
    return redirect(url_for("pages.show_notify"), 303)


@pages.post("/settings/notify/token")
@allowed(Role.ADMINISTRATOR)
def show_notify_token() -> ResponseReturnValue:
    """A POST: it shows a secret, and the audit trail says to whom."""
    with transaction() as session:
        counting = connection_of(session)
        if counting is None:
            return redirect(url_for("pages.show_notify"), 303)
        token = receipts_token(service().seals, counting)
        audit.record(session, "notify.token_shown", by=actor(), about=counting, at=now())
    return shown(token)
