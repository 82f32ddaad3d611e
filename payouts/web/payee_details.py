"""Putting right what the register says of a payee and of those whose money they get; how they are paid; notes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovRadioInput, GovSubmitInput, GovTextInput
from sqlalchemy.orm import Session
from wtforms import RadioField, SelectChoice, StringField, SubmitField
from wtforms.validators import InputRequired, Length, Optional

from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.audit_words import told
from payouts.web.contact_words import SUBJECTS
from payouts.web.contacts import is_done
from payouts.web.form import DayField, Form, MadeField, WordsField
from payouts.web.pages import actor, now, pages, service, transaction
from payouts.web.register_words import COMBINED, PAYMENT_METHODS, told_value
from schemes import payee_details
from schemes.audit import trail
from schemes.errors import NotFound
from schemes.note import WRITERS, write_note
from schemes.payee import EDITORS, PaymentMethod, beneficiaries_of, get_beneficiary, get_payee, is_paid_for
from schemes.person import names
from schemes.revision import revisions_of

TOO_LONG = Length(max=2000, message="Use at most 2,000 characters")
EVENTS = 100


class CorrectPerson(Form):
    name = StringField("Full name", widget=GovTextInput(), validators=[InputRequired("Enter the full name"), TOO_LONG])
    date_of_birth = DayField("Date of birth (optional)", validators=[Optional()])
    reason = WordsField(
        "Why do you change it?",
        missing="Say why you change it",
        hint="For example, a marriage certificate seen on 5 January 2026",
    )
    submit = SubmitField("Save", widget=GovSubmitInput())


class CorrectBeneficiary(CorrectPerson):
    address = WordsField("Home address (optional)", hint="A line each, the postcode last", longest=500)


class SetMethod(Form):
    method = RadioField(
        "How are they paid?",
        widget=GovRadioInput(),
        choices=[SelectChoice(method.value, said[0]) for method, said in PAYMENT_METHODS.items()],
        validators=[InputRequired("Choose how they are paid")],
    )
    reason = WordsField("Why do you change it?", missing="Say why you change it")
    submit = SubmitField("Save", widget=GovSubmitInput())


class SetCombined(Form):
    combined = RadioField(
        "How do they get what a payroll pays for several people?",
        widget=GovRadioInput(),
        choices=[SelectChoice("each", COMBINED[False][0]), SelectChoice("together", COMBINED[True][0])],
        validators=[InputRequired("Choose how they get what a payroll pays for several people")],
    )
    reason = WordsField("Why do you change it?", missing="Say why you change it")
    submit = SubmitField("Save", widget=GovSubmitInput())


class WriteNote(Form):
    note_id = MadeField()
    text = WordsField(
        "Note",
        missing="Write the note",
        hint="Everyone who may see this payee can read it. It can’t be changed later",
        longest=4000,
    )
    submit = SubmitField("Save the note", widget=GovSubmitInput())


@pages.route("/payees/<uuid:payee_id>/correct", methods=["GET", "POST"])
@allowed(*EDITORS)
def correct_payee(payee_id: UUID) -> ResponseReturnValue:
    form = CorrectPerson()
    with transaction() as session:
        payee = get_payee(session, payee_id)
    if request.method == "GET":
        form.name.data, form.date_of_birth.data = payee.name, payee.date_of_birth

    def correct(session: Session) -> None:
        payee_details.correct_payee(
            session,
            service().seals,
            payee_id,
            name=form.name.data,
            date_of_birth=form.date_of_birth.data,
            reason=form.reason.data,
            by=actor(),
            at=now(),
        )

    if form.validate_on_submit() and is_done(form, correct, field=True, reason=form.reason):
        return back_to(payee_id, "You saved the payee’s details")
    return render_template("payees/correct_person.html", form=form, payee=payee, party=payee), form.status


@pages.route("/payees/<uuid:payee_id>/beneficiaries/<uuid:beneficiary_id>/correct", methods=["GET", "POST"])
@allowed(*EDITORS)
def correct_beneficiary(payee_id: UUID, beneficiary_id: UUID) -> ResponseReturnValue:
    form = CorrectBeneficiary()
    with transaction() as session:
        payee, beneficiary = get_payee(session, payee_id), get_beneficiary(session, beneficiary_id)
        if not is_paid_for(session, payee_id, beneficiary_id):
            raise NotFound("beneficiary", beneficiary_id)
    if request.method == "GET":
        form.name.data, form.date_of_birth.data = beneficiary.name, beneficiary.date_of_birth
        form.address.data = beneficiary.address

    def correct(session: Session) -> None:
        payee_details.correct_beneficiary(
            session,
            service().seals,
            payee_id=payee_id,
            beneficiary_id=beneficiary_id,
            name=form.name.data,
            date_of_birth=form.date_of_birth.data,
            address=form.address.data or "",
            reason=form.reason.data,
            by=actor(),
            at=now(),
        )

    if form.validate_on_submit() and is_done(form, correct, field=True, reason=form.reason):
        return back_to(payee_id, "You saved the beneficiary’s details")
    return render_template("payees/correct_person.html", form=form, payee=payee, party=beneficiary), form.status


@pages.route("/payees/<uuid:payee_id>/method", methods=["GET", "POST"])
@allowed(*EDITORS)
def set_method(payee_id: UUID) -> ResponseReturnValue:
    form = SetMethod()
    with transaction() as session:
        payee = get_payee(session, payee_id)
    if request.method == "GET":
        form.method.data = payee.payment_method.value

    def save(session: Session) -> None:
        method = PaymentMethod(form.method.data)
        payee_details.set_payment_method(
            session, service().seals, payee_id, method, reason=form.reason.data, by=actor(), at=now()
        )

    if form.validate_on_submit() and is_done(form, save, reason=form.reason):
        return back_to(payee_id, "You saved how they are paid")
    hints = [{"hint": {"text": said[1]}} for said in PAYMENT_METHODS.values()]
    return render_template("payees/set_method.html", form=form, payee=payee, hints=hints), form.status


@pages.route("/payees/<uuid:payee_id>/combined", methods=["GET", "POST"])
@allowed(*EDITORS)
def set_combined(payee_id: UUID) -> ResponseReturnValue:
    form = SetCombined()
    with transaction() as session:
        payee = get_payee(session, payee_id)
    if request.method == "GET":
        form.combined.data = "together" if payee.payments_combined else "each"

    def save(session: Session) -> None:
        payee_details.set_payments_combined(
            session,
            service().seals,
            payee_id,
            combined=form.combined.data == "together",
            reason=form.reason.data,
            by=actor(),
            at=now(),
        )

    if form.validate_on_submit() and is_done(form, save, reason=form.reason):
        return back_to(payee_id, "You saved how they get payments for several people")
    hints = [{"hint": {"text": said[1]}} for said in COMBINED.values()]
    return render_template("payees/set_combined.html", form=form, payee=payee, hints=hints), form.status


@pages.route("/payees/<uuid:payee_id>/notes", methods=["GET", "POST"])
@allowed(*WRITERS)
def write_a_note(payee_id: UUID) -> ResponseReturnValue:
    form = WriteNote()

    def write(session: Session) -> None:
        write_note(
            session,
            service().seals,
            note_id=form.note_id.id_of_what_is_made,
            payee_id=payee_id,
            text=form.text.data,
            by=actor(),
            at=now(),
        )

    with transaction() as session:
        payee = get_payee(session, payee_id)
    if form.validate_on_submit() and is_done(form, write):
        return back_to(payee_id, "You saved the note")
    return render_template("payees/write_note.html", form=form, payee=payee), form.status


@pages.route("/payees/<uuid:payee_id>/history")
@allowed(ANYONE_SIGNED_IN)
def show_history(payee_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        payee = get_payee(session, payee_id)
        people = names(session)
        whose = {beneficiary.id: beneficiary.name for beneficiary, _ in beneficiaries_of(session, payee)}
        changes: list[dict[str, Any]] = [
            {
                "at": row.revision.revised_at,
                "who": people.get(row.revision.revised_by, "Someone who has left"),
                "what": SUBJECTS[row.revision.subject],
                "whose": whose.get(row.revision.beneficiary_id, "") if row.revision.beneficiary_id else "",
                "before": told_value(row.revision.subject, row.before),
                "after": told_value(row.revision.subject, row.after),
                "reason": row.revision.reason,
            }
            for row in revisions_of(session, service().seals, payee)
        ]
        events = trail(session, subject_id=payee_id, limit=EVENTS)
        return render_template(
            "payees/show_history.html", payee=payee, changes=changes, events=told(events, people), most=EVENTS
        )


def back_to(payee_id: UUID, done: str) -> ResponseReturnValue:
    flash(done)
    return redirect(url_for("pages.show_payee", payee_id=payee_id), 303)
