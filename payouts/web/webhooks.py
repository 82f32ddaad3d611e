"""Webhooks, in the browser: set up by an administrator for a key, tried, paused, resumed, and given a new secret."""

from __future__ import annotations

from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovCheckboxesInput, GovRadioInput, GovSubmitInput, GovTextInput
from sqlalchemy.orm import Session
from wtforms import Field, RadioField, SelectMultipleField, StringField, SubmitField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from payouts.web import webhook_words, words
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.form import Form, MadeField
from payouts.web.one_time_code import code_field, code_is_right, shown_once
from payouts.web.pages import actor, id_given, now, pages, service, transaction
from payouts.webhooks import delivery, replaying, sending, signing
from payouts.webhooks import webhook as operations
from payouts.webhooks.address import LONGEST, AddressRefused
from payouts.webhooks.webhook import (
    LONGEST_DESCRIPTION,
    PayloadKind,
    WebhookFault,
    WebhookRefused,
    get_webhook,
    webhooks_of_body,
)
from schemes.api_key import ApiKey, Scope, keys_of_body
from schemes.errors import NotAllowed, NotFound, Refused
from schemes.person import Role, names

OVERLAPS = {"0": "At once", "24": "After a day", "168": "After 7 days"}
SHOWN = 50


class AddWebhook(Form):
    webhook_id = MadeField()
    secret_id = MadeField()
    key = RadioField(
        "For which API key?",
        description="It is told what this key may read, and ends with it",
        widget=GovRadioInput(),
        validators=[InputRequired("Choose an API key")],
    )
    url = StringField(
        "Address that is told",
        description="Like https://cases.example.org/payouts",
        widget=GovTextInput(),
        validators=[InputRequired("Enter the address"), Length(max=LONGEST, message="This address is too long")],
    )
    description = StringField(
        "What it is for (optional)",
        widget=GovTextInput(),
        validators=[Length(max=LONGEST_DESCRIPTION, message=f"Use at most {LONGEST_DESCRIPTION} characters")],
    )
    events = SelectMultipleField(
        "What is it told about?",
        description="Choose nothing for everything",
        widget=GovCheckboxesInput(),
        choices=[SelectChoice(beginning, said) for beginning, said in webhook_words.EVENTS.items()],
    )
    payload = RadioField(
        "How much is it told?",
        widget=GovRadioInput(),
        choices=[SelectChoice(kind.value, said) for kind, said in webhook_words.PAYLOADS.items()],
        default=PayloadKind.THIN.value,
    )
    code = code_field("sends this out")
    submit = SubmitField("Add the webhook and show me its secret", widget=GovSubmitInput())


class ReplaceSecret(Form):
    secret_id = MadeField()
    overlap = RadioField(
        "When do messages stop carrying a signature by the secret before?",
        description="Leave your system time to change over. Choose at once if somebody else may have it",
        widget=GovRadioInput(),
        choices=[SelectChoice(hours, said) for hours, said in OVERLAPS.items()],
        default="24",
    )
    code = code_field("takes it")
    submit = SubmitField("Show me a new secret", widget=GovSubmitInput())


class ResumeWebhook(Form):
    skip = RadioField(
        "What about the events that it missed?",
        widget=GovRadioInput(),
        choices=[
            SelectChoice("no", "Send them first, in their order"),
            SelectChoice("yes", "Leave them out, and begin with what happens from now on"),
        ],
        default="no",
    )
    submit = SubmitField("Let it go on", widget=GovSubmitInput())


class RemoveWebhook(Form):
    submit = SubmitField("Remove the webhook", widget=GovSubmitInput())


def readers(session: Session) -> list[ApiKey]:
    """The keys that can have webhooks."""
    return [key for key in keys_of_body(session) if key.revoked_at is None and Scope.READ in key.scopes]


@pages.route("/settings/api-keys/webhooks")
@allowed(ANYONE_SIGNED_IN)
def show_webhooks() -> ResponseReturnValue:
    with transaction() as session:
        return render_template(
            "webhooks/show_webhooks.html",
            webhooks=webhooks_of_body(session),
            keys={key.id: key for key in keys_of_body(session)},
            can_add=bool(readers(session)),
        )


@pages.route("/settings/api-keys/webhooks/add", methods=["GET", "POST"])
@allowed(Role.ADMINISTRATOR)
def add_webhook() -> ResponseReturnValue:
    """Set one up and show its secret, once: it is kept sealed."""
    form, written = AddWebhook(), None
    with transaction() as session:
        form.key.choices = [SelectChoice(str(key.id), key.name) for key in readers(session)]
    if form.validate_on_submit() and code_is_right(form):
        written = made_secret(form)
    form.code.data = ""
    facts = {"form": form, "written": written, "demo": service().settings.demo}
    return render_template("webhooks/add_webhook.html", **facts), form.status


def made_secret(form: AddWebhook) -> str | None:
    """The secret of the webhook that the form asks for; None, with the form's errors, where there is none to show."""
    written = None
    try:
        with transaction() as session:
            made = operations.add(
                session,
                webhook_id=form.webhook_id.id_of_what_is_made,
                key_id=UUID(form.key.data),
                url=form.url.data,
                description=form.description.data or "",
                events=form.events.data or (),
                payload=PayloadKind(form.payload.data),
                rules=sending.rules_of(session, service()),
                by=actor(),
                at=now(),
            )
            secret_id = form.secret_id.id_of_what_is_made
            written = signing.take(session, service().seals, made, secret_id=secret_id, by=actor(), at=now())
    except (NotAllowed, NotFound):
        raise
    except Refused as refused:
        form.refuse(words.sentence(refused), field_of(form, refused))
        return None
    if written is None:
        form.refuse("This webhook was added already, and its secret is not shown again. You can replace the secret")
    return written


def field_of(form: AddWebhook, refused: Refused) -> Field | None:
    """Where what was refused was chosen or typed."""
    if isinstance(refused, AddressRefused):
        return form.url
    if not isinstance(refused, WebhookRefused):
        return None
    fields: dict[WebhookFault, Field] = {
        WebhookFault.DESCRIPTION: form.description,
        WebhookFault.EVENTS: form.events,
    }
    return fields.get(refused.fault, form.key)


@pages.route("/settings/api-keys/webhooks/<uuid:webhook_id>")
@allowed(ANYONE_SIGNED_IN)
def show_webhook(webhook_id: UUID) -> ResponseReturnValue:
    before = id_given("before")
    with transaction() as session:
        found = get_webhook(session, webhook_id)
        rows = delivery.deliveries_of(session, found.id, before=before, limit=SHOWN + 1)
        more = len(rows) > SHOWN
        return render_template(
            "webhooks/show_webhook.html",
            webhook=found,
            key=next(key for key in keys_of_body(session) if key.id == found.key_id),
            secrets=[secret for secret in signing.secrets_of(session, found.id) if secret.counts(now())],
            deliveries=rows[:SHOWN],
            next=url_for(".show_webhook", webhook_id=found.id, before=rows[SHOWN - 1].id) if more else None,
            first=url_for("pages.show_webhook", webhook_id=found.id) if before else None,
            names=names(session),
        )


@pages.route("/settings/api-keys/webhooks/<uuid:webhook_id>/secret", methods=["GET", "POST"])
@allowed(Role.ADMINISTRATOR)
def replace_webhook_secret(webhook_id: UUID) -> ResponseReturnValue:
    form = ReplaceSecret()
    with transaction() as session:
        found = get_webhook(session, webhook_id)

    def take(session: Session) -> str | None:
        return signing.take(
            session,
            service().seals,
            get_webhook(session, webhook_id, lock=True),
            secret_id=form.secret_id.id_of_what_is_made,
            overlap_hours=int(form.overlap.data),
            by=actor(),
            at=now(),
        )

    written = shown_once(form, take)
    facts = {"form": form, "webhook": found, "written": written, "demo": service().settings.demo}
    return render_template("webhooks/replace_webhook_secret.html", **facts), form.status


@pages.route("/settings/api-keys/webhooks/<uuid:webhook_id>/resume", methods=["GET", "POST"])
@allowed(Role.ADMINISTRATOR)
def resume_webhook(webhook_id: UUID) -> ResponseReturnValue:
    form = ResumeWebhook()
    with transaction() as session:
        found = get_webhook(session, webhook_id)
    if form.validate_on_submit():
        with form.refusing():
            with transaction() as session:
                webhook = get_webhook(session, webhook_id, lock=True)
                replaying.resume(session, webhook, skip=form.skip.data == "yes", by=actor(), at=now())
            flash("The webhook goes on")
            return redirect(url_for("pages.show_webhook", webhook_id=webhook_id), 303)
    return render_template("webhooks/resume_webhook.html", form=form, webhook=found), form.status


@pages.route("/settings/api-keys/webhooks/<uuid:webhook_id>/remove", methods=["GET", "POST"])
@allowed(Role.ADMINISTRATOR)
def remove_webhook(webhook_id: UUID) -> ResponseReturnValue:
    form = RemoveWebhook()
    with transaction() as session:
        found = get_webhook(session, webhook_id)
    if form.validate_on_submit():
        with transaction() as session:
            operations.remove(session, get_webhook(session, webhook_id, lock=True), by=actor(), at=now())
        flash("You removed the webhook. It is told nothing more")
        return redirect(url_for("pages.show_webhooks"), 303)
    return render_template("webhooks/remove_webhook.html", form=form, webhook=found), form.status
