"""API keys: listed, proposed to a second person, their secrets taken and replaced, and revoked by one."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import (
    GovCheckboxesInput,
    GovRadioInput,
    GovSubmitInput,
    GovTextArea,
    GovTextInput,
)
from sqlalchemy.orm import Session
from wtforms import Field, RadioField, SelectChoice, SelectMultipleField, StringField, SubmitField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from payouts.web import api_key_words, words
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.form import Form, MadeField, WordsField
from payouts.web.one_time_code import code_field, shown_once
from payouts.web.pages import actor, now, pages, service, transaction
from schemes import api_key, api_secret
from schemes.api_key import LONGEST_NAME, ApiKey, KeyFault, KeyKind, KeyRefused, Scope, get_key, keys_of_body
from schemes.api_secret import ApiSecret, secrets_of, secrets_of_body
from schemes.body import get_body
from schemes.change import ChangeKind, waiting
from schemes.errors import NotAllowed, NotFound, ReasonNotGiven, Refused
from schemes.person import Role, names
from schemes.scheme import schemes_of_body

OVERLAPS = {"0": "At once", "1": "After 1 day", "7": "After 7 days", "30": "After 30 days"}
KINDS_OF_LIVE = (KeyKind.TEAM, KeyKind.LIVE)


class ProposeKey(Form):
    key_id = MadeField()
    name = StringField(
        "Name",
        description="The system that uses it, such as Case management. The audit trail shows it",
        widget=GovTextInput(),
        validators=[
            InputRequired(api_key_words.FAULTS[KeyFault.NAME]),
            Length(max=LONGEST_NAME, message=api_key_words.FAULTS[KeyFault.NAME]),
        ],
    )
    kind = RadioField("Kind", widget=GovRadioInput(), validators=[InputRequired("Choose the kind of the key")])
    scopes = SelectMultipleField(
        "What may it do?",
        description="Nothing that it proposes is paid without the people who approve",
        widget=GovCheckboxesInput(),
        choices=[SelectChoice(scope.value, words) for scope, words in api_key_words.SCOPES.items()],
        validators=[InputRequired(api_key_words.FAULTS[KeyFault.NO_SCOPE])],
    )
    schemes = SelectMultipleField(
        "For which schemes? (optional)",
        description="Leave all empty for every scheme, also those to come",
        widget=GovCheckboxesInput(),
        validators=[Optional()],
    )
    payees = TextAreaField(
        "Payees of a team key (optional)",
        description="Their references, one on a line. Only for a key of the kind team",
        widget=GovTextArea(),
        validators=[Length(max=5000, message=api_key_words.FAULTS[KeyFault.TEAM_PAYEES])],
    )
    networks = TextAreaField(
        "Networks that it may be used from (optional)",
        description="One on a line, like 192.0.2.0/24. Leave it empty for all",
        widget=GovTextArea(),
        validators=[Length(max=2000, message=api_key_words.FAULTS[KeyFault.NETWORK])],
    )
    reason = WordsField("Why?", missing="Say why you propose this key", hint="Whoever confirms it reads this")
    submit = SubmitField("Propose the key", widget=GovSubmitInput())


class TakeSecret(Form):
    secret_id = MadeField()
    overlap = RadioField(
        "When do the secrets taken before stop working?",
        description="Leave your system time to change over. Choose at once if somebody else may have one",
        widget=GovRadioInput(),
        choices=[SelectChoice(days, words) for days, words in OVERLAPS.items()],
        default="0",
    )
    code = code_field("takes it")
    submit = SubmitField("Show me a new secret", widget=GovSubmitInput())


class RevokeKey(Form):
    submit = SubmitField("Revoke the key", widget=GovSubmitInput())


class Line(NamedTuple):
    """A key in the list. `last_used_at`: of any of its secrets; `working`: how many secrets work now."""

    key: ApiKey
    last_used_at: datetime | None
    working: int


@pages.route("/settings/api-keys")
@allowed(ANYONE_SIGNED_IN)
def show_api_keys() -> ResponseReturnValue:
    with transaction() as session:
        secrets = secrets_of_body(session)
        return render_template(
            "api_keys/show_api_keys.html",
            lines=[line(key, secrets.get(key.id, [])) for key in keys_of_body(session)],
            waiting=[change for change in waiting(session) if change.kind is ChangeKind.API_KEY],
        )


def line(key: ApiKey, secrets: list[ApiSecret]) -> Line:
    used = [secret.last_used_at for secret in secrets if secret.last_used_at]
    return Line(key, max(used, default=None), sum(1 for secret in secrets if secret.works(now())))


@pages.route("/settings/api-keys/propose", methods=["GET", "POST"])
@allowed(Role.ADMINISTRATOR)
def propose_api_key() -> ResponseReturnValue:
    form = ProposeKey()
    with transaction() as session:
        sandbox = get_body(session).is_sandbox
        form.schemes.choices = [SelectChoice(one.code, one.name) for one in schemes_of_body(session)]
    if sandbox:
        # there is nothing to choose
        del form.kind
    else:
        form.kind.choices = [SelectChoice(kind.value, api_key_words.KINDS[kind]) for kind in KINDS_OF_LIVE]
    if form.validate_on_submit() and is_proposed(form):
        flash("You proposed the key. It can be used once somebody else confirms it")
        return redirect(url_for("pages.decide_change", change_id=form.key_id.id_of_what_is_made), 303)
    return render_template("api_keys/propose_api_key.html", form=form, sandbox=sandbox), form.status


def is_proposed(form: ProposeKey) -> bool:
    try:
        with transaction() as session:
            api_key.propose(
                session,
                key_id=form.key_id.id_of_what_is_made,
                name=form.name.data,
                kind=KeyKind(form.kind.data) if form.kind else KeyKind.TEST,
                scopes=[Scope(scope) for scope in form.scopes.data],
                schemes=form.schemes.data or (),
                networks=(form.networks.data or "").split(),
                payees=(form.payees.data or "").split(),
                reason=form.reason.data,
                by=actor(),
                at=now(),
            )
    except (NotAllowed, NotFound):
        raise
    except Refused as refused:
        form.refuse(words.sentence(refused), field_of(form, refused))
    return form.status == 200


def field_of(form: ProposeKey, refused: Refused) -> Field | None:
    """Where what was refused was chosen or typed."""
    if isinstance(refused, ReasonNotGiven):
        return form.reason
    if not isinstance(refused, KeyRefused):
        return None
    fields: dict[KeyFault, Field] = {
        KeyFault.NAME: form.name,
        KeyFault.NAME_TAKEN: form.name,
        KeyFault.NETWORK: form.networks,
        KeyFault.TEAM_PAYEES: form.payees,
    }
    return fields.get(refused.fault, form.scopes)


@pages.route("/settings/api-keys/<uuid:api_key_id>")
@allowed(ANYONE_SIGNED_IN)
def show_api_key(api_key_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        key = get_key(session, api_key_id)
        codes = {str(scheme.id): scheme.code for scheme in schemes_of_body(session)}
        facts = {"name": key.name, "kind": key.kind, "scopes": key.scopes, "networks": key.networks}
        facts |= {"schemes": [codes[one] for one in key.schemes], "payees": key.payees}
        return render_template(
            "api_keys/show_api_key.html",
            key=key,
            rows=list(api_key_words.key_rows(facts).items()),
            secrets=[(secret, secret.works(now())) for secret in secrets_of(session, key.id)],
            names=names(session),
        )


@pages.route("/settings/api-keys/<uuid:api_key_id>/secret", methods=["GET", "POST"])
@allowed(Role.ADMINISTRATOR)
def take_api_secret(api_key_id: UUID) -> ResponseReturnValue:
    """Show a new secret, once: only its digest is kept."""
    form = TakeSecret()
    with transaction() as session:
        key = get_key(session, api_key_id)
        renewed = bool(secrets_of(session, key.id))

    def take(session: Session) -> str | None:
        return api_secret.take(
            session,
            service().seals,
            get_key(session, api_key_id, lock=True),
            secret_id=form.secret_id.id_of_what_is_made,
            overlap_days=int(form.overlap.data),
            by=actor(),
            at=now(),
        )

    written = shown_once(form, take)
    facts = {"form": form, "key": key, "renewed": renewed, "written": written, "demo": service().settings.demo}
    return render_template("api_keys/take_api_secret.html", **facts), form.status


@pages.route("/settings/api-keys/<uuid:api_key_id>/revoke", methods=["GET", "POST"])
@allowed(Role.ADMINISTRATOR)
def revoke_api_key(api_key_id: UUID) -> ResponseReturnValue:
    form = RevokeKey()
    with transaction() as session:
        key = get_key(session, api_key_id)
    if form.validate_on_submit():
        with transaction() as session:
            api_key.revoke(session, get_key(session, api_key_id, lock=True), by=actor(), at=now())
        flash("You revoked the key. It works no more")
        return redirect(url_for("pages.show_api_keys"), 303)
    return render_template("api_keys/revoke_api_key.html", form=form, key=key), form.status
