"""Everything about one person: asked for with a reason, then downloaded."""

from __future__ import annotations

from uuid import UUID

from flask import Response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovRadioInput, GovSubmitInput
from wtforms import RadioField, SelectChoice, SubmitField
from wtforms.validators import InputRequired

from payouts import subject_access
from payouts.subject_access import ASKERS, get_access
from payouts.web.access import allowed
from payouts.web.form import Form, MadeField, WordsField
from payouts.web.pages import actor, now, pages, service, transaction
from schemes.errors import ReasonNotGiven
from schemes.payee import Capacity, beneficiaries_of, get_payee
from schemes.person import names

PAYEE = "payee"


class AskForEverything(Form):
    access_id = MadeField()
    concerns = RadioField("About whom?", widget=GovRadioInput(), validators=[InputRequired("Choose whom it is about")])
    reason = WordsField(
        "Why do you need it?",
        missing="Say why you need everything about this person",
        hint="For example: the person asked for it, and who saw their passport",
    )
    submit = SubmitField("Ask for everything", widget=GovSubmitInput())


@pages.route("/payees/<uuid:payee_id>/access/new", methods=["GET", "POST"])
@allowed(*ASKERS)
def ask_for_everything(payee_id: UUID) -> ResponseReturnValue:
    form = AskForEverything()
    with transaction() as session:
        payee = get_payee(session, payee_id)
        others = [b for b, mandate in beneficiaries_of(session, payee) if mandate.capacity is not Capacity.SELF]
    form.concerns.choices = [
        SelectChoice(PAYEE, f"{payee.name} ({payee.reference}), who receives the money"),
        *(SelectChoice(str(b.id), f"{b.name} ({b.reference}), whose money it is") for b in others),
    ]
    if form.validate_on_submit():
        concerns = form.concerns.data
        with form.refusing({ReasonNotGiven: form.reason}):
            with transaction() as session:
                access = subject_access.ask(
                    session,
                    access_id=form.access_id.id_of_what_is_made,
                    payee_id=payee_id,
                    beneficiary_id=None if concerns == PAYEE else UUID(concerns),
                    reason=form.reason.data,
                    by=actor(),
                    at=now(),
                )
            return redirect(url_for("pages.show_access", payee_id=payee_id, access_id=access.id), 303)
    return render_template("subject_access/ask.html", form=form, payee=payee), form.status


@pages.route("/payees/<uuid:payee_id>/access/<uuid:access_id>")
@allowed(*ASKERS)
def show_access(payee_id: UUID, access_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        return render_template(
            "subject_access/show.html",
            payee=get_payee(session, payee_id),
            access=get_access(session, payee_id, access_id),
            names=names(session),
        )


@pages.route("/payees/<uuid:payee_id>/access/<uuid:access_id>/download", methods=["POST"])
@allowed(*ASKERS)
def download_everything(payee_id: UUID, access_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        access = get_access(session, payee_id, access_id)
        content = subject_access.take(session, service().seals, access, by=actor(), at=now())
    response = Response(subject_access.pieces(content), mimetype="application/zip")
    response.call_on_close(content.close)
    response.headers["Content-Disposition"] = f'attachment; filename="everything-{access.asked_at:%Y-%m-%d}.zip"'
    response.headers["Cache-Control"] = "no-store"
    return response
