"""What becomes of a returned pound that is not paid again, and returns told by letter: both take two people."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovRadioInput, GovSubmitInput, GovTextInput
from sqlalchemy import select
from sqlalchemy.orm import Session
from wtforms import RadioField, SelectChoice, StringField, SubmitField
from wtforms.validators import InputRequired, Length, Optional

from payouts.payment import GONE_OUT, Payment
from payouts.payroll import get_payroll
from payouts.responses import by_hand
from payouts.returns import outcome, telling
from payouts.returns.case import row_of
from payouts.returns.outcome import Outcome, ReviewDayRefused, get_outcome
from payouts.returns.reason import Reason
from payouts.returns.recall import credit_of
from payouts.returns.returned import get_case
from payouts.returns.telling import get_told
from payouts.web import words
from payouts.web.access import allowed
from payouts.web.decision_form import Decide, decision_on
from payouts.web.form import DayField, Form, MadeField, WordsField
from payouts.web.pages import actor, now, pages, transaction
from payouts.web.return_words import OUTCOMES, REASONS
from schemes.errors import NotAllowed, NotFound, ReasonNotGiven, Refused
from schemes.payee import Payee
from schemes.person import names

TOO_LONG = Length(max=1000, message="Use at most 1,000 characters")


class ProposeOutcome(Form):
    outcome_id = MadeField()
    outcome = RadioField(
        "What becomes of the money?",
        widget=GovRadioInput(),
        choices=[SelectChoice(one.value, said[0]) for one, said in OUTCOMES.items()],
        validators=[InputRequired("Choose what becomes of the money")],
    )
    review_on = DayField("When is it looked at again?", validators=[Optional()])
    reason = WordsField("Why?", missing="Say why", longest=1000)
    submit = SubmitField("Propose it", widget=GovSubmitInput())


class TellReturn(Form):
    told_id = MadeField()
    reference = StringField(
        "Reference of the payment", widget=GovTextInput(), validators=[InputRequired("Enter the payment’s reference")]
    )
    why = RadioField(
        "Why did it come back?",
        widget=GovRadioInput(),
        choices=[SelectChoice(one.value, said[0]) for one, said in REASONS.items()],
        validators=[InputRequired("Choose why it came back")],
    )
    reason = WordsField(
        "Where does the bank say so?",
        missing="Say where the bank says so",
        hint="For example the date of the letter, or the page of the bank’s portal",
        longest=1000,
    )
    submit = SubmitField("Record it", widget=GovSubmitInput())


@pages.route("/bank/returns/<uuid:returned_payment_id>/outcome", methods=["GET", "POST"])
@allowed(*outcome.PROPOSERS)
def propose_outcome(returned_payment_id: UUID) -> ResponseReturnValue:
    form = ProposeOutcome()

    def propose(session: Session) -> None:
        outcome.propose(
            session,
            get_case(session, returned_payment_id, lock=True),
            outcome_id=form.outcome_id.id_of_what_is_made,
            outcome=Outcome(form.outcome.data),
            reason=form.reason.data,
            review_on=form.review_on.data,
            by=actor(),
            at=now(),
        )

    if form.validate_on_submit() and done(form, propose):
        flash("You proposed it. It counts when someone else confirms it")
        return redirect(url_for("pages.show_return", returned_payment_id=returned_payment_id), 303)
    with transaction() as session:
        row = row_of(session, get_case(session, returned_payment_id))
        hints = [{"hint": {"text": said[1]}} for said in OUTCOMES.values()]
        return render_template("returns/propose_outcome.html", form=form, row=row, hints=hints), form.status


@pages.route("/bank/returns/<uuid:returned_payment_id>/outcomes/<uuid:return_outcome_id>", methods=["GET", "POST"])
@allowed(*outcome.CONFIRMERS, *outcome.PROPOSERS)
def decide_outcome(returned_payment_id: UUID, return_outcome_id: UUID) -> ResponseReturnValue:
    form = decision_on("it")

    def decide(session: Session) -> None:
        case = get_case(session, returned_payment_id, lock=True)
        made = get_outcome(session, case, return_outcome_id, lock=True)
        if form.confirms:
            outcome.confirm(session, case, made, by=actor(), at=now())
        else:
            outcome.reject(session, case, made, reason=form.reason.data or "", by=actor(), at=now())

    if form.validate_on_submit() and done(form, decide):
        flash("You confirmed it" if form.confirms else "You rejected it. Nothing changes")
        return redirect(url_for("pages.show_return", returned_payment_id=returned_payment_id), 303)
    with transaction() as session:
        case = get_case(session, returned_payment_id)
        made = get_outcome(session, case, return_outcome_id)
        facts = {"row": row_of(session, case), "made": made, "names": names(session)}
        return render_template("returns/decide_outcome.html", form=form, **facts), form.status


@pages.route("/payrolls/<uuid:payroll_id>/returned/new", methods=["GET", "POST"])
@allowed(*telling.TELLERS)
def tell_return(payroll_id: UUID) -> ResponseReturnValue:
    form = TellReturn()

    def tell(session: Session) -> None:
        wanted = " ".join(form.reference.data.upper().split())
        found = session.scalars(
            select(Payment).where(Payment.payroll_id == payroll_id, Payment.reference == wanted)
        ).all()
        if len(found) != 1:
            form.refuse("No payment of this payroll has this reference alone. Check it", form.reference)
            return
        facts = {"why": Reason(form.why.data), "reason": form.reason.data}
        telling.tell(session, found[0], told_id=form.told_id.id_of_what_is_made, by=actor(), at=now(), **facts)

    if form.validate_on_submit() and done(form, tell):
        flash("You recorded it. It counts when someone else confirms it")
        return redirect(url_for("pages.decide_told", told_return_id=form.told_id.data), 303)
    with transaction() as session:
        payroll = get_payroll(session, payroll_id)
        return render_template("returns/tell_return.html", form=form, payroll=payroll), form.status


@pages.route("/bank/told/<uuid:told_return_id>", methods=["GET", "POST"])
@allowed(*telling.TELLERS, *telling.CONFIRMERS)
def decide_told(told_return_id: UUID) -> ResponseReturnValue:
    form = decision_on("that it came back")

    def decide(session: Session) -> None:
        told = get_told(session, told_return_id, lock=True)
        if form.confirms:
            by_hand.confirm_told(session, told, by=actor(), at=now())
        else:
            telling.reject(session, told, reason=form.reason.data or "", by=actor(), at=now())

    if form.validate_on_submit() and done(form, decide):
        flash("You confirmed it" if form.confirms else "You rejected it. Nothing changes")
        return redirect(url_for("pages.decide_told", told_return_id=told_return_id), 303)
    with transaction() as session:
        told = get_told(session, told_return_id)
        payment = session.get_one(Payment, (told.body_id, told.payment_id))
        facts = {
            "told": told,
            "payment": payment,
            "payee": session.get_one(Payee, (told.body_id, payment.payee_id)),
            "is_out": payment.status in GONE_OUT,
            "credit": credit_of(session, payment),
            "names": names(session),
        }
        return render_template("returns/decide_told.html", form=form, **facts), form.status


def done(form: ProposeOutcome | TellReturn | Decide, act: Callable[[Session], None]) -> bool:
    """Whether an act went through; what is refused is told in the form."""
    try:
        with transaction() as session:
            act(session)
    except (NotAllowed, NotFound):
        raise
    except Refused as refused:
        field = "review_on" if isinstance(refused, ReviewDayRefused) else "reason"
        beside = form[field] if isinstance(refused, (ReasonNotGiven, ReviewDayRefused)) else None
        form.refuse(words.sentence(refused), beside)
    return form.status == 200
