"""The mandates of a payee: in what capacity, for whom and until when they are paid; a new one, and its end."""

from __future__ import annotations

from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovRadioInput, GovSubmitInput, GovTextInput
from sqlalchemy.orm import Session
from wtforms import RadioField, SelectChoice, StringField, SubmitField
from wtforms.validators import InputRequired, Length, Optional

from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.contacts import is_done
from payouts.web.form import DayField, Form, MadeField, WordsField
from payouts.web.pages import actor, now, pages, transaction
from payouts.web.words import CAPACITIES
from schemes import mandate as mandates
from schemes.bank_details import london_day
from schemes.mandate import beneficiary_of, get_mandate
from schemes.new_payee import beneficiary_named
from schemes.payee import EDITORS, Capacity, beneficiaries_of, get_payee
from schemes.person import names

TOO_LONG = Length(max=2000, message="Use at most 2,000 characters")


class GiveMandate(Form):
    mandate_id = MadeField()
    beneficiary_reference = StringField(
        "Reference of the beneficiary",
        description="A beneficiary who is in the register",
        widget=GovTextInput(),
        validators=[InputRequired("Enter the reference of the beneficiary"), TOO_LONG],
    )
    capacity = RadioField(
        "In what capacity do they receive the money?",
        widget=GovRadioInput(),
        choices=[SelectChoice(value.value, said) for value, said in CAPACITIES.items()],
        validators=[InputRequired("Choose the capacity")],
    )
    evidence = WordsField(
        "What allows them to receive the money?",
        hint="For example, a letter of appointment or a court order, and who saw it",
    )
    evidence_reference = StringField(
        "Reference of the evidence (optional)", widget=GovTextInput(), validators=[TOO_LONG]
    )
    first_day = DayField("From which day? (optional)", validators=[Optional()])
    last_day = DayField("To which day? (optional)", validators=[Optional()])
    submit = SubmitField("Save the mandate", widget=GovSubmitInput())


class EndMandate(Form):
    last_day = DayField("What is its last day?", validators=[InputRequired("Enter its last day")])
    reason = WordsField("Why does it end?", missing="Say why it ends")
    submit = SubmitField("End the mandate", widget=GovSubmitInput())


@pages.route("/payees/<uuid:payee_id>/mandates")
@allowed(ANYONE_SIGNED_IN)
def show_mandates(payee_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        payee = get_payee(session, payee_id)
        return render_template(
            "payees/show_mandates.html",
            payee=payee,
            rows=beneficiaries_of(session, payee, limit=500),
            today=london_day(now()),
            names=names(session),
        )


@pages.route("/payees/<uuid:payee_id>/mandates/new", methods=["GET", "POST"])
@allowed(*EDITORS)
def give_mandate(payee_id: UUID) -> ResponseReturnValue:
    form = GiveMandate()
    with transaction() as session:
        payee = get_payee(session, payee_id)

    def give(session: Session) -> None:
        mandates.give_mandate(
            session,
            mandate_id=form.mandate_id.id_of_what_is_made,
            payee_id=payee_id,
            beneficiary_id=beneficiary_named(session, form.beneficiary_reference.data).id,
            capacity=Capacity(form.capacity.data),
            first_day=form.first_day.data,
            last_day=form.last_day.data,
            evidence=form.evidence.data or "",
            evidence_reference=form.evidence_reference.data or "",
            by=actor(),
            at=now(),
        )

    if form.validate_on_submit() and is_done(form, give, field=True):
        return back_to_mandates(payee_id, "You saved the mandate")
    return render_template("payees/give_mandate.html", form=form, payee=payee), form.status


@pages.route("/payees/<uuid:payee_id>/mandates/<uuid:mandate_id>/end", methods=["GET", "POST"])
@allowed(*EDITORS)
def end_mandate(payee_id: UUID, mandate_id: UUID) -> ResponseReturnValue:
    form = EndMandate()
    with transaction() as session:
        payee = get_payee(session, payee_id)
        mandate = get_mandate(session, payee_id, mandate_id)
        beneficiary = beneficiary_of(session, mandate)

    def end(session: Session) -> None:
        mandates.end_mandate(
            session,
            payee_id=payee_id,
            mandate_id=mandate_id,
            last_day=form.last_day.data,
            because=form.reason.data,
            by=actor(),
            at=now(),
        )

    if form.validate_on_submit() and is_done(form, end, field=True, reason=form.reason):
        return back_to_mandates(payee_id, "The mandate ends on the day that you gave")
    return render_template(
        "payees/end_mandate.html", form=form, payee=payee, mandate=mandate, beneficiary=beneficiary
    ), form.status


def back_to_mandates(payee_id: UUID, done: str) -> ResponseReturnValue:
    flash(done)
    return redirect(url_for("pages.show_mandates", payee_id=payee_id), 303)
