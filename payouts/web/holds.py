"""Stopping payments to a payee or for a beneficiary, and letting them go on: two people, two pages."""

from __future__ import annotations

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovRadioInput, GovSubmitInput
from wtforms import RadioField, SelectChoice, SubmitField
from wtforms.validators import InputRequired, Optional

from payouts.web import words
from payouts.web.access import allowed
from payouts.web.form import DayField, Form, MadeField, WordsField
from payouts.web.pages import actor, now, pages, transaction
from payouts.web.payee_words import HOLD_CHOICES
from schemes import hold as holds
from schemes.bank_details import london_day
from schemes.errors import NotAllowed, NotFound, ReasonNotGiven, Refused
from schemes.hold import LIFTERS, PLACERS, HoldDate, HoldKind, get_hold
from schemes.payee import beneficiaries_of, get_payee
from schemes.person import names

PAYEE = "payee"


class StopPayments(Form):
    hold_id = MadeField()
    concerns = RadioField(
        "Which payments?", widget=GovRadioInput(), validators=[InputRequired("Choose which payments stop")]
    )
    kind = RadioField(
        "What happened?",
        widget=GovRadioInput(),
        choices=[SelectChoice(kind.value, said[0]) for kind, said in HOLD_CHOICES.items()],
        validators=[InputRequired("Choose what happened")],
    )
    since = DayField("Since when?", validators=[InputRequired("Enter the day it happened")])
    review_on = DayField("When is the hold looked at again?", validators=[Optional()])
    reason = WordsField(
        "Reason", missing="Say why you stop these payments", hint="Whoever looks at this payee can read it"
    )
    submit = SubmitField("Stop the payments", widget=GovSubmitInput())


class LiftHold(Form):
    reason = WordsField("Why may payments go on?", missing="Say why payments may go on")
    submit = SubmitField("Let payments go on", widget=GovSubmitInput())


@pages.route("/payees/<uuid:payee_id>/holds/new", methods=["GET", "POST"])
@allowed(*PLACERS)
def stop_payments(payee_id: UUID) -> ResponseReturnValue:
    form = StopPayments()
    with transaction() as session:
        payee = get_payee(session, payee_id)
        # somebody may have had several mandates for one beneficiary
        beneficiaries = list(dict.fromkeys(b for b, _ in beneficiaries_of(session, payee)))
    form.concerns.choices = [
        SelectChoice(PAYEE, f"All payments to {payee.name}"),
        *(SelectChoice(str(b.id), f"Payments for {b.name} ({b.reference})") for b in beneficiaries),
    ]
    if request.method == "GET":
        form.since.data = london_day(now())
    if form.validate_on_submit() and is_placed(form, payee_id):
        flash("You stopped the payments. A payroll lists them under who is not paid")
        return redirect(url_for("pages.show_payee", payee_id=payee_id), 303)
    hints = [{"hint": {"text": said[1]}} for said in HOLD_CHOICES.values()]
    return render_template("payees/stop_payments.html", form=form, payee=payee, hints=hints), form.status


def is_placed(form: StopPayments, payee_id: UUID) -> bool:
    """Place the hold; what is refused is an error beside its field."""
    concerns = form.concerns.data
    try:
        with transaction() as session:
            holds.place(
                session,
                HoldKind(form.kind.data),
                hold_id=form.hold_id.id_of_what_is_made,
                payee_id=payee_id,
                beneficiary_id=None if concerns == PAYEE else UUID(concerns),
                reason=form.reason.data,
                since=form.since.data,
                review_on=form.review_on.data,
                by=actor(),
                at=now(),
            )
    except holds.HoldDateRefused as refused:
        form.refuse(words.sentence(refused), form.since if refused.why is HoldDate.IN_THE_FUTURE else form.review_on)
    except (NotAllowed, NotFound):
        raise
    except Refused as refused:
        form.refuse(words.sentence(refused), form.reason if isinstance(refused, ReasonNotGiven) else None)
    return form.status == 200


@pages.route("/payees/<uuid:payee_id>/holds/<uuid:hold_id>/lift", methods=["GET", "POST"])
@allowed(*LIFTERS)
def lift_hold(payee_id: UUID, hold_id: UUID) -> ResponseReturnValue:
    form = LiftHold()
    if form.validate_on_submit():
        with form.refusing({ReasonNotGiven: form.reason}):
            with transaction() as session:
                payee, row = get_payee(session, payee_id), get_hold(session, payee_id, hold_id, lock=True)
                holds.lift(session, row.hold, payee, reason=form.reason.data, by=actor(), at=now())
            flash("You let payments go on. They are in the next payroll that is built")
            return redirect(url_for("pages.show_payee", payee_id=payee_id), 303)
    with transaction() as session:
        row = get_hold(session, payee_id, hold_id)
        return render_template(
            "payees/lift_hold.html",
            form=form,
            payee=get_payee(session, payee_id),
            hold=row.hold,
            beneficiary=row.beneficiary,
            names=names(session),
        ), form.status
