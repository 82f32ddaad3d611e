"""Taking the evidence of a payroll out: redacted for whoever reads, complete for those who may have the files."""

from __future__ import annotations

from tempfile import SpooledTemporaryFile
from uuid import UUID

from flask import Response, render_template, send_file
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovRadioInput, GovSubmitInput, GovTextInput
from wtforms import RadioField, SelectChoice, StringField, SubmitField
from wtforms.validators import InputRequired

from payouts.evidence.pack import TAKE_COMPLETE, name_of, write_pack
from payouts.payroll import Payroll, get_payroll
from payouts.web import words
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.form import Form
from payouts.web.pages import actor, now, pages, service, transaction
from schemes.errors import NotAllowed, NotFound, ReasonNotGiven, Refused

IN_MEMORY = 16 * 1024 * 1024


class TakeEvidence(Form):
    form = RadioField(
        "What should be in it?",
        widget=GovRadioInput(),
        choices=[
            SelectChoice("redacted", "The decisions and the audit trail, without anybody’s bank details"),
            SelectChoice("complete", "Everything: also the payment files, payments and findings"),
        ],
        validators=[InputRequired("Choose what should be in the evidence")],
    )
    reason = StringField(
        "Why do you need everything?",
        description="Only for everything: names and bank details of all payees leave the service with it",
        widget=GovTextInput(),
    )
    submit = SubmitField("Download the evidence", widget=GovSubmitInput())


@pages.route("/payrolls/<uuid:payroll_id>/evidence")
@allowed(ANYONE_SIGNED_IN)
def show_evidence(payroll_id: UUID) -> ResponseReturnValue:
    return evidence_page(payroll_id, TakeEvidence())


@pages.route("/payrolls/<uuid:payroll_id>/evidence", methods=["POST"])
@allowed(ANYONE_SIGNED_IN)
def take_evidence(payroll_id: UUID) -> ResponseReturnValue:
    """A POST, because it is recorded who took the evidence out."""
    form = TakeEvidence()
    if form.validate_on_submit():
        try:
            return download(payroll_id, redacted=form.form.data == "redacted", reason=form.reason.data or "")
        except (NotFound, NotAllowed):
            raise
        except ReasonNotGiven as refused:
            form.refuse(words.sentence(refused), form.reason)
        except Refused as refused:
            form.refuse(words.sentence(refused))
    return evidence_page(payroll_id, form)


def download(payroll_id: UUID, *, redacted: bool, reason: str) -> Response:
    # a pack of a million payments does not fit into memory; Flask closes the file once it is sent
    archive = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115
    with transaction() as session:
        payroll: Payroll = get_payroll(session, payroll_id)
        write_pack(
            session,
            service().seals,
            service().signer,
            payroll,
            to=archive,
            redacted=redacted,
            reason=reason,
            by=actor(),
            at=now(),
        )
    archive.seek(0)
    return send_file(
        archive,
        mimetype="application/zip",
        as_attachment=True,
        download_name=name_of(payroll, redacted=redacted),
    )


def evidence_page(payroll_id: UUID, form: TakeEvidence) -> ResponseReturnValue:
    with transaction() as session:
        payroll = get_payroll(session, payroll_id)
    if not any(actor().holds(role, payroll.scheme_id) for role in TAKE_COMPLETE):
        form.form.choices = form.form.choices[:1]
        form.form.data = "redacted"
        del form.reason
    return render_template(
        "payrolls/show_evidence.html",
        form=form,
        payroll=payroll,
        public_key=service().signer.public_key,
        name=name_of(payroll, redacted=False),
    ), form.status
