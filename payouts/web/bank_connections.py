"""How the files of an account to pay from get to the bank, and proposals to change that."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import (
    GovCheckboxInput,
    GovPasswordInput,
    GovRadioInput,
    GovSubmitInput,
    GovTextArea,
    GovTextInput,
)
from wtforms import (
    BooleanField,
    Field,
    PasswordField,
    RadioField,
    SelectChoice,
    StringField,
    SubmitField,
    TextAreaField,
)
from wtforms.validators import InputRequired

from payouts.channels.certificate_warning import FIRST_WARNING
from payouts.web import words
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.channel_words import FAULTS, SIGN_INS
from payouts.web.form import Form, MadeField, WholeNumberField, WordsField
from payouts.web.pages import actor, now, pages, service, transaction
from schemes import bank_connection
from schemes.bank_connection import (
    BankConnection,
    Channel,
    ConnectionFault,
    ConnectionTerms,
    ConnectionTermsRefused,
    SignIn,
    connection_of,
    versions_of,
)
from schemes.bank_profile import newest_profile
from schemes.change import Change, ChangeKind, waiting_of
from schemes.errors import NotAllowed, NotFound, ReasonNotGiven, Refused
from schemes.person import Role
from schemes.ssh_key import plain_key


def reason() -> TextAreaField:
    return WordsField("Why?", hint="Whoever confirms it reads this")


class ProposeConnection(Form):
    change_id = MadeField()
    host = StringField(
        "Server",
        description="As the bank names it, like sftp.bank.example",
        widget=GovTextInput(),
        validators=[InputRequired(FAULTS[ConnectionFault.HOST])],
    )
    port = WholeNumberField("Port", validators=[InputRequired(FAULTS[ConnectionFault.PORT])])
    host_key = TextAreaField(
        "The server’s public key",
        description="From the bank’s letter or site, like ssh-ed25519 AAAA… No other server gets any file",
        widget=GovTextArea(),
        validators=[InputRequired(FAULTS[ConnectionFault.HOST_KEY])],
    )
    username = StringField(
        "User name", widget=GovTextInput(), validators=[InputRequired(FAULTS[ConnectionFault.USERNAME])]
    )
    sign_in = RadioField(
        "How does the service sign in?",
        widget=GovRadioInput(),
        choices=[SelectChoice(each.value, text) for each, text in SIGN_INS.items()],
        validators=[InputRequired("Choose how the service signs in")],
    )
    makes_key = BooleanField(
        "Make a new key", description="The bank has to take in its public half first", widget=GovCheckboxInput()
    )
    password = PasswordField("Password (only if the bank gave you one)", widget=GovPasswordInput())
    outgoing_folder = StringField(
        "Folder for files to pay (optional)", description="As the bank names it, like in", widget=GovTextInput()
    )
    collects = BooleanField("Collect the bank’s answers from the server", widget=GovCheckboxInput())
    incoming_folder = StringField(
        "Folder of answers (optional)", description="As the bank names it, like out", widget=GovTextInput()
    )
    pgp_certificate = TextAreaField(
        "The bank’s OpenPGP certificate (optional)",
        description="If the bank wants its files encrypted. Paste it whole, from its BEGIN line to its END line",
        widget=GovTextArea(),
    )
    signs = BooleanField("Sign each file with the body’s OpenPGP key", widget=GovCheckboxInput())
    opens_answers = BooleanField("The bank encrypts its answers to the body’s OpenPGP key", widget=GovCheckboxInput())
    requires_signature = BooleanField(
        "Believe only answers that the bank signed with the key of its certificate", widget=GovCheckboxInput()
    )
    makes_pgp_key = BooleanField("Make a new OpenPGP key", widget=GovCheckboxInput())
    reason = reason()
    submit = SubmitField("Propose this connection", widget=GovSubmitInput())

    @property
    def terms(self) -> ConnectionTerms:
        return ConnectionTerms(
            Channel.SFTP,
            (self.host.data or "").strip(),
            self.port.data or 0,
            (self.username.data or "").strip(),
            plain_key(self.host_key.data or ""),
            SignIn(self.sign_in.data),
            (self.outgoing_folder.data or "").strip(),
            (self.incoming_folder.data or "").strip(),
            bool(self.collects.data),
            (self.pgp_certificate.data or "").strip().replace("\r\n", "\n"),
            bool(self.signs.data),
            bool(self.opens_answers.data),
            bool(self.requires_signature.data),
        )

    def field_of(self, refused: Refused) -> Field | None:
        """Where what was refused was typed."""
        if isinstance(refused, ConnectionTermsRefused):
            return self[refused.field]
        return self.reason if isinstance(refused, ReasonNotGiven) else None


class ProposeDownload(Form):
    change_id = MadeField()
    reason = reason()
    submit = SubmitField("Propose to download files again", widget=GovSubmitInput())


@pages.route("/bank-profiles/<uuid:bank_profile_id>/connection")
@allowed(ANYONE_SIGNED_IN)
def show_connection(bank_profile_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        profile = newest_profile(session, bank_profile_id)
        return render_template(
            "bank_profiles/show_connection.html",
            profile=profile,
            connection=connection_of(session, profile.line_id),
            versions=versions_of(session, profile.line_id),
            now=now(),
            soon=now() + FIRST_WARNING,
            waiting=waiting_of(session, ChangeKind.BANK_CONNECTION, profile.line_id),
        )


@pages.route("/bank-profiles/<uuid:bank_profile_id>/connection/change", methods=["GET", "POST"])
@allowed(Role.ADMINISTRATOR)
def change_connection(bank_profile_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        profile = newest_profile(session, bank_profile_id)
        connection = connection_of(session, profile.line_id)
    form = ProposeConnection(data=typed_of(connection) if request.method == "GET" else None)
    if form.validate_on_submit():
        proposed = proposal(form, form.terms, profile.line_id, password=form.password.data or "")
        if proposed is not None:
            return shown(proposed)
    return render_template(
        "bank_profiles/propose_connection.html", form=form, profile=profile, connection=connection
    ), form.status


@pages.route("/bank-profiles/<uuid:bank_profile_id>/connection/download", methods=["GET", "POST"])
@allowed(Role.ADMINISTRATOR)
def download_again(bank_profile_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        profile = newest_profile(session, bank_profile_id)
    form = ProposeDownload()
    if form.validate_on_submit():
        proposed = proposal(form, ConnectionTerms(Channel.DOWNLOAD), profile.line_id)
        if proposed is not None:
            return shown(proposed)
    return render_template("bank_profiles/propose_download.html", form=form, profile=profile), form.status


def shown(proposed: Change) -> ResponseReturnValue:
    flash("You proposed the change. It counts once somebody else confirms it")
    return redirect(url_for("pages.decide_change", change_id=proposed.id), 303)


def typed_of(connection: BankConnection | None) -> dict[str, Any]:
    """The version that counts, as somebody would type it; its key or password stays unless another is wanted."""
    if connection is None or connection.channel is Channel.DOWNLOAD:
        return {"port": bank_connection.STANDARD_PORT, "sign_in": SignIn.KEY.value}
    return {**asdict(bank_connection.terms_of(connection)), "sign_in": connection.sign_in.value}


def proposal(
    form: ProposeConnection | ProposeDownload, terms: ConnectionTerms, line_id: UUID, *, password: str = ""
) -> Change | None:
    """What was proposed; None where it was refused, which the form says."""
    try:
        with transaction() as session:
            return bank_connection.propose(
                session,
                service().seals,
                terms,
                password=password,
                makes_key=isinstance(form, ProposeConnection) and bool(form.makes_key.data),
                makes_pgp_key=isinstance(form, ProposeConnection) and bool(form.makes_pgp_key.data),
                change_id=form.change_id.id_of_what_is_made,
                line_id=line_id,
                reason=form.reason.data or "",
                by=actor(),
                at=now(),
            )
    except (NotAllowed, NotFound):
        raise
    except Refused as refused:
        place = form.field_of(refused) if isinstance(form, ProposeConnection) else None
        form.refuse(words.sentence(refused), place or (form.reason if isinstance(refused, ReasonNotGiven) else None))
    return None
