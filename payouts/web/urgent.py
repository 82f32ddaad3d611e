"""An urgent payment: creating it for one person, and recording that it was made outside, and that the bank took it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.file import FileField
from govuk_frontend_wtf.wtforms_widgets import GovFileInput, GovRadioInput, GovSubmitInput, GovTextInput
from sqlalchemy import select
from sqlalchemy.orm import Session
from wtforms import Field, RadioField, SelectChoice, StringField, SubmitField
from wtforms.validators import InputRequired, Length

from payouts import urgent
from payouts.channels.made import MadeWhen, attach_to_made, record_made
from payouts.channels.submission import SubmissionReferenceMissing
from payouts.gates.attachment import LARGEST, Attachment, AttachmentRefused
from payouts.payment import payments_of
from payouts.payroll import Payroll, PayrollStatus, get_payroll
from payouts.responses.clearing import record_cleared
from payouts.urgent import NoFasterPaymentsFile, PayMethod, urgent_of
from payouts.web import words
from payouts.web.access import allowed
from payouts.web.figures import LONDON
from payouts.web.form import DayField, Form, MadeField, WordsField
from payouts.web.pages import actor, id_given, now, pages, service, transaction
from payouts.web.payroll_words import METHODS
from schemes.award import Award
from schemes.bank_details import london_day
from schemes.errors import NotAllowed, NotFound, ReasonNotGiven, Refused
from schemes.one_off_payment import OneOff, get_one_off
from schemes.payee import beneficiary_of_reference, get_beneficiary
from schemes.period import NoPeriod
from schemes.person import Role
from schemes.scheme import Scheme, get_scheme
from schemes.scheme_version import newest

SHORT = Length(max=50, message="Use at most 50 characters")


class PayUrgently(Form):
    """The first three are asked for what an award makes due, not for a one-off payment."""

    payroll_id = MadeField()
    beneficiary = StringField(
        "Whose money is it?",
        description="The reference of the beneficiary",
        widget=GovTextInput(),
        validators=[InputRequired("Enter the reference of the beneficiary"), SHORT],
    )
    component = RadioField(
        "What is it?", widget=GovRadioInput(), validators=[InputRequired("Choose what it is")], choices=[]
    )
    about = DayField("Which day is it for?", validators=[InputRequired("Enter a day of the period that it is for")])
    method = RadioField(
        "How is it paid?",
        widget=GovRadioInput(),
        choices=[SelectChoice(method.value, told[0]) for method, told in METHODS.items()],
        validators=[InputRequired("Choose how it is paid")],
    )
    because = WordsField(
        "Why can it not wait?", missing="Say why it can’t wait", hint="Whoever decides at the gates reads this"
    )
    submit = SubmitField("Create the urgent payment", widget=GovSubmitInput())

    def ask_for(self, session: Session, scheme: Scheme, one_off: OneOff | None) -> None:
        """Leave out what need not be asked."""
        components = newest(session, scheme.id).definition.components
        self.component.choices = [SelectChoice(one.code, one.name) for one in components]
        if one_off is not None:
            del self.beneficiary, self.about
        if one_off is not None or len(components) == 1:
            del self.component

    def beside(self, refused: Refused) -> Field | None:
        if isinstance(refused, NoFasterPaymentsFile):
            return self.method
        if isinstance(refused, NoPeriod):
            return self.about
        return self.because if isinstance(refused, ReasonNotGiven) else None


class RecordMade(Form):
    made_by = StringField(
        "Who made the payment?",
        widget=GovTextInput(),
        validators=[InputRequired("Enter who made the payment"), Length(max=100, message="Use at most 100 characters")],
    )
    reference = StringField(
        "The bank’s reference",
        description="The portal shows it once the payment is made",
        widget=GovTextInput(),
        validators=[
            InputRequired("Enter the bank’s reference or the cheque’s number"),
            Length(max=100, message="Use at most 100 characters"),
        ],
    )
    attachment_id = MadeField()
    file = FileField(
        "File that shows it (optional)",
        description="A PDF, a PNG or JPEG image, a CSV file or an Excel workbook without macros. At most 10 megabytes",
        widget=GovFileInput(),
    )
    made_on = DayField("On which day was it made?", validators=[InputRequired("Enter the day")])
    made_time = StringField(
        "At what time?",
        description="London time, for example 14:05",
        widget=GovTextInput(),
        validators=[InputRequired("Enter the time"), SHORT],
    )
    submit = SubmitField("Record the payment", widget=GovSubmitInput())

    def ask_about(self, method: PayMethod) -> None:
        """In the words of how it was made."""
        if method is PayMethod.CHEQUE:
            self.made_by.label.text, self.reference.label.text = "Who drew the cheque?", "Number of the cheque"
            self.reference.description = "As printed on it"
            self.made_on.label.text = "On which day did it leave your office?"

    def made_at(self) -> datetime | None:
        """The instant, or None and an error: for the minute that it is now, the second that it is now."""
        try:
            time = datetime.strptime(self.made_time.data.strip().replace(".", ":"), "%H:%M").time()  # noqa: DTZ007
        except ValueError:
            self.refuse("Enter a time as 14:05", self.made_time)
            return None
        given = datetime.combine(self.made_on.data, time, LONDON).astimezone(UTC)
        here = now()
        return here if given == here.replace(second=0, microsecond=0) else given


class RecordCleared(Form):
    because = WordsField(
        "How do you know?",
        missing="Say how you know that the bank took it",
        hint="For example the statement’s number and the page",
    )
    submit = SubmitField("Record that the bank took it", widget=GovSubmitInput())


@pages.route("/schemes/<uuid:scheme_id>/payrolls/urgent", methods=["GET", "POST"])
@allowed(Role.PREPARER)
def pay_urgently(scheme_id: UUID) -> ResponseReturnValue:
    """`one_off` in the address: the one-off payment that cannot wait."""
    form = PayUrgently()
    with transaction() as session:
        scheme = get_scheme(session, scheme_id)
        actor().must_be(Role.PREPARER, scheme=scheme.id)
        one_off = get_one_off(session, one_off_id) if (one_off_id := id_given("one_off")) else None
        beneficiary = get_beneficiary(session, one_off.beneficiary_id) if one_off else None
        form.ask_for(session, scheme, one_off)
    if request.method == "GET" and "about" in form:
        form.about.data = london_day(now())
    if form.validate_on_submit() and (made := created(form, scheme_id, one_off_id)):
        return redirect(url_for("pages.show_payroll", payroll_id=made), 303)
    facts = {"form": form, "scheme": scheme, "one_off": one_off, "beneficiary": beneficiary}
    hints = [{"hint": {"text": told[1]}} for told in METHODS.values()]
    return render_template("payrolls/pay_urgently.html", hints=hints, **facts), form.status


def created(form: PayUrgently, scheme_id: UUID, one_off_id: UUID | None) -> UUID | None:
    """The payroll that was made, or None: what is refused is an error beside its field."""
    said: dict[str, Any] = {
        "payroll_id": form.payroll_id.id_of_what_is_made,
        "method": PayMethod(form.method.data),
        "because": form.because.data,
        "by": actor(),
        "at": now(),
    }
    try:
        with transaction() as session:
            if one_off_id is not None:
                one_off = get_one_off(session, one_off_id)
                return urgent.pay_one_off(session, service().calendar, one_off, **said).id
            award = award_of(session, form, scheme_id)
            return urgent.pay_award(session, service().calendar, award, about=form.about.data, **said).id
    except NotAllowed:
        raise
    except NotFound as missing:
        what = "Nobody in the register" if missing.kind == "beneficiary" else "Nobody with an award of this"
        form.refuse(f"{what} has this reference", form.beneficiary if "beneficiary" in form else None)
    except Refused as refused:
        form.refuse(words.sentence(refused), form.beside(refused))
    return None


def award_of(session: Session, form: PayUrgently, scheme_id: UUID) -> Award:
    """The award that is meant. Raises NotFound."""
    reference = form.beneficiary.data.strip().upper()
    beneficiary = beneficiary_of_reference(session, reference)
    awards = select(Award).where(Award.scheme_id == scheme_id, Award.beneficiary_id == beneficiary.id)
    if "component" in form:
        awards = awards.where(Award.component == form.component.data)
    award = session.scalars(awards.limit(1)).first()
    if award is None:
        raise NotFound("award", reference)
    return award


@pages.route("/payrolls/<uuid:payroll_id>/made", methods=["GET", "POST"], endpoint="record_made")
@allowed(Role.RELEASER)
def record_that_it_was_made(payroll_id: UUID) -> ResponseReturnValue:
    form = RecordMade()
    with transaction() as session:
        found = urgent_of(session, get_payroll(session, payroll_id))
        if found is not None:
            form.ask_about(found.method)
    if form.validate_on_submit() and (made_at := form.made_at()) and is_recorded(form, payroll_id, made_at):
        flash("You recorded the payment")
        return redirect(url_for("pages.show_payroll", payroll_id=payroll_id), 303)
    with transaction() as session:
        payroll = get_payroll(session, payroll_id)
        found = urgent_of(session, payroll)
        if found is None or found.method.has_file or payroll.status is not PayrollStatus.RELEASED:
            return redirect(url_for("pages.show_payroll", payroll_id=payroll_id), 303)
        shown = urgent_facts(session, payroll)
    if request.method == "GET":
        here = now().astimezone(LONDON)
        form.made_by.data, form.made_on.data, form.made_time.data = actor().name, here.date(), f"{here:%H:%M}"
    return render_template("payrolls/record_made.html", form=form, payroll=payroll, **shown), form.status


def is_recorded(form: RecordMade, payroll_id: UUID, made_at: datetime) -> bool:
    try:
        with transaction() as session:
            payroll = get_payroll(session, payroll_id, lock=True)
            said = {"reference": form.reference.data, "made_by": form.made_by.data, "made_at": made_at}
            attached = kept_file(session, payroll, form)
            record_made(session, payroll, attached=attached, by=actor(), at=now(), **said)
    except (NotAllowed, NotFound):
        raise
    except Refused as refused:
        beside = form.made_time if isinstance(refused, MadeWhen) else None
        beside = form.reference if isinstance(refused, SubmissionReferenceMissing) else beside
        beside = form.file if isinstance(refused, AttachmentRefused) else beside
        form.refuse(words.sentence(refused), beside)
    return form.status == 200


def kept_file(session: Session, payroll: Payroll, form: RecordMade) -> Attachment | None:
    """The file that was chosen, kept. Raises AttachmentRefused, NotNow, NotAllowed."""
    given = form.file.data
    if not given:
        return None
    return attach_to_made(
        session,
        service().seals,
        payroll,
        attachment_id=form.attachment_id.id_of_what_is_made,
        file_name=given.filename or "",
        content=given.read(LARGEST + 1),
        by=actor(),
        at=now(),
    )


@pages.route("/payrolls/<uuid:payroll_id>/cleared", methods=["GET", "POST"], endpoint="record_cleared")
@allowed(Role.FINANCE)
def record_that_the_bank_took_it(payroll_id: UUID) -> ResponseReturnValue:
    form = RecordCleared()
    if form.validate_on_submit():
        with form.refusing({ReasonNotGiven: form.because}):
            with transaction() as session:
                payroll = get_payroll(session, payroll_id, lock=True)
                record_cleared(session, payroll, because=form.because.data, by=actor(), at=now())
            flash("You recorded that the bank took the payment. The payroll is closed")
            return redirect(url_for("pages.show_payroll", payroll_id=payroll_id), 303)
    with transaction() as session:
        payroll = get_payroll(session, payroll_id)
        shown = urgent_facts(session, payroll)
        if shown["urgent"] is None or shown["urgent"].method.has_file:
            return redirect(url_for("pages.show_payroll", payroll_id=payroll_id), 303)
    return render_template("payrolls/record_cleared.html", form=form, payroll=payroll, **shown), form.status


def urgent_facts(session: Session, payroll: Payroll) -> dict[str, Any]:
    """What pages show of an urgent payment: how and why, and to whom; nothing of any other payroll."""
    found = urgent_of(session, payroll)
    rows = payments_of(session, payroll.id, limit=1) if found else []
    return {"urgent": found, "urgent_row": rows[0] if rows else None}
