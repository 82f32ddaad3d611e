"""Recalls in the browser: asking the bank to take a file or a payment back, the letter to it, and its answer."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovRadioInput, GovSubmitInput, GovTextInput
from sqlalchemy import select
from sqlalchemy.orm import Session
from wtforms import RadioField, SelectChoice, StringField, SubmitField
from wtforms.validators import InputRequired, Optional

from payouts.files.payment_file import get_file
from payouts.payment import Payment
from payouts.payroll import get_payroll
from payouts.returns import recall as recalls
from payouts.returns.recall import ASKERS, Recall, deadline_of, get_recall
from payouts.returns.returned import case_of
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.form import Form, MadeField, WordsField
from payouts.web.pages import actor, now, pages, transaction
from schemes.account import Account
from schemes.bank_profile import BankProfile
from schemes.errors import ReasonNotGiven
from schemes.payee import Payee
from schemes.person import names

ONE, WHOLE = "payment", "file"


class AskBack(Form):
    recall_id = MadeField()
    what = RadioField(
        "What do you want back?",
        widget=GovRadioInput(),
        choices=[SelectChoice(ONE, "One payment"), SelectChoice(WHOLE, "The whole file")],
        validators=[InputRequired("Choose whether you want one payment back or the whole file")],
    )
    reference = StringField(
        "Reference of the payment", description="For one payment", widget=GovTextInput(), validators=[Optional()]
    )
    reason = WordsField("Why?", missing="Say why you want it back", longest=1000)
    submit = SubmitField("Record the recall", widget=GovSubmitInput())


class BankRefused(Form):
    answer = WordsField("What did the bank say?", missing="Enter what the bank said", longest=1000)
    submit = SubmitField("The bank refused it", widget=GovSubmitInput())


@pages.route("/payrolls/<uuid:payroll_id>/files/<uuid:file_id>/recall", methods=["GET", "POST"])
@allowed(*ASKERS)
def ask_back(payroll_id: UUID, file_id: UUID) -> ResponseReturnValue:
    form = AskBack()

    def ask(session: Session) -> None:
        payroll = get_payroll(session, payroll_id, lock=True)
        wanted, payment_id = " ".join((form.reference.data or "").upper().split()), None
        if bool(wanted) is (form.what.data == WHOLE):
            form.refuse(
                "Enter the reference of the payment" if not wanted else "Leave it empty to have the whole file back",
                form.reference,
            )
            return
        if wanted:
            mine = (Payment.payroll_id == payroll_id, Payment.file_id == file_id, Payment.reference == wanted)
            found = session.scalars(select(Payment.id).where(*mine)).all()
            if len(found) != 1:
                form.refuse("No payment of this file has this reference alone. Check it", form.reference)
                return
            payment_id = found[0]
        facts = {"file_id": file_id, "payment_id": payment_id, "reason": form.reason.data}
        recalls.ask(session, payroll, recall_id=form.recall_id.id_of_what_is_made, by=actor(), at=now(), **facts)

    if form.validate_on_submit() and done(form, "reason", ask):
        flash("You recorded the recall. Now tell your bank, with the words below")
        return redirect(url_for("pages.show_recall", recall_id=form.recall_id.data), 303)
    with transaction() as session:
        payroll = get_payroll(session, payroll_id)
        facts = {
            "payroll": payroll,
            "file": get_file(session, payroll_id, file_id),
            "of_file": deadline_of(session, payroll, whole_file=True),
            "of_payment": deadline_of(session, payroll, whole_file=False),
            "now": now(),
        }
        return render_template("recalls/ask_back.html", form=form, **facts), form.status


@pages.route("/bank/recalls/<uuid:recall_id>")
@allowed(ANYONE_SIGNED_IN)
def show_recall(recall_id: UUID) -> ResponseReturnValue:
    return recall_page(recall_id, BankRefused())


@pages.route("/bank/recalls/<uuid:recall_id>/refused", methods=["POST"])
@allowed(*ASKERS)
def refuse_recall(recall_id: UUID) -> ResponseReturnValue:
    form = BankRefused()

    def refuse(session: Session) -> None:
        recall = get_recall(session, recall_id, lock=True)
        payroll = get_payroll(session, recall.payroll_id)
        recalls.refuse(session, recall, payroll, answer=form.answer.data, by=actor(), at=now())

    if form.validate_on_submit() and done(form, "answer", refuse):
        flash("You recorded that the bank refused it. The payment stays on its way")
        return redirect(url_for("pages.show_recall", recall_id=recall_id), 303)
    return recall_page(recall_id, form)


def recall_page(recall_id: UUID, form: BankRefused) -> ResponseReturnValue:
    with transaction() as session:
        recall = get_recall(session, recall_id)
        payroll = get_payroll(session, recall.payroll_id)
        facts = {
            "recall": recall,
            "payroll": payroll,
            "profile": session.get_one(BankProfile, (recall.body_id, payroll.bank_profile_id)),
            "file": get_file(session, payroll.id, recall.file_id),
            "late": now() > recall.deadline_at,
            "may_answer": any(actor().holds(role, payroll.scheme_id) for role in ASKERS),
            "names": names(session),
            **payment_facts(session, recall),
        }
        return render_template("recalls/show_recall.html", form=form, **facts), form.status


def payment_facts(session: Session, recall: Recall) -> dict[str, object]:
    if recall.payment_id is None:
        return {"payment": None, "payee": None, "account": None, "credit": None, "case": None}
    payment = session.get_one(Payment, (recall.body_id, recall.payment_id))
    return {
        "payment": payment,
        "credit": recalls.credit_of(session, payment),
        "case": case_of(session, payment.id),
        "payee": session.get_one(Payee, (recall.body_id, payment.payee_id)),
        "account": session.get_one(Account, (recall.body_id, payment.account_id)),
    }


def done(form: AskBack | BankRefused, reason: str, act: Callable[[Session], None]) -> bool:
    """Whether an act went through; what is refused is told in the form."""
    with form.refusing({ReasonNotGiven: form[reason]}), transaction() as session:
        act(session)
    return form.status == 200
