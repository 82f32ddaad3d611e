"""Ending a recovery, or writing off what was paid too much: one person's page, and the second person's."""

from __future__ import annotations

from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovRadioInput, GovSubmitInput, GovTextInput
from sqlalchemy.orm import Session
from wtforms import RadioField, SelectChoice, StringField, SubmitField
from wtforms.validators import InputRequired, Length

from payouts.payment_part import overpayments_of
from payouts.recovering import balances
from payouts.web import words
from payouts.web.access import allowed
from payouts.web.contacts import is_done
from payouts.web.decision_form import decision_on
from payouts.web.figures import pounds
from payouts.web.form import Form, MadeField, WordsField
from payouts.web.pages import actor, now, pages, transaction
from schemes import write_off as write_offs
from schemes.amount import read_pence
from schemes.award import get_award, parties_of
from schemes.errors import NotAllowed, NotFound, OutOfRange, ReasonNotGiven, Refused
from schemes.person import names
from schemes.recovery import CONFIRMERS, PROPOSERS, Recovery, get_recovery, recoveries_of
from schemes.write_off import Ending, get_write_off

SHORT = Length(max=30, message="Use at most 30 characters")


class EndRecovery(Form):
    write_off_id = MadeField()
    kind = RadioField(
        "What happens to what is left?",
        widget=GovRadioInput(),
        choices=[
            SelectChoice(Ending.STOP.value, "It is still owed, and got back in another way"),
            SelectChoice(Ending.WRITE_OFF.value, "It is written off"),
        ],
        validators=[InputRequired("Choose what happens to what is left")],
    )
    reason = WordsField("Why does the recovery end?", missing="Say why the recovery ends")
    submit = SubmitField("Propose the end of the recovery", widget=GovSubmitInput())


class WriteItOff(Form):
    write_off_id = MadeField()
    amount = StringField(
        "How much is written off?",
        description="In pounds and pence, like 120.50",
        widget=GovTextInput(),
        validators=[
            InputRequired("Enter how much is written off"),
            Length(max=30, message="Use at most 30 characters"),
        ],
    )
    reason = WordsField("Why is it written off?", missing="Say why it is written off")
    submit = SubmitField("Propose to write it off", widget=GovSubmitInput())


HINTS = [
    {"hint": {"text": "No payment is reduced any more. You ask for the money by an invoice, for example"}},
    {"hint": {"text": "The body gives it up. It stays expenditure of the scheme, as it was booked when it was paid"}},
]


@pages.route("/awards/<uuid:award_id>/recoveries/<uuid:recovery_id>/end", methods=["GET", "POST"])
@allowed(*PROPOSERS)
def end_recovery(award_id: UUID, recovery_id: UUID) -> ResponseReturnValue:
    form = EndRecovery()
    if form.validate_on_submit() and is_proposed(form, award_id, recovery_id):
        flash("You proposed to end the recovery. It goes on until someone else confirms that")
        return redirect(url_for("pages.show_award", award_id=award_id), 303)
    with transaction() as session:
        recovery = get_recovery(session, award_id, recovery_id)
        return render_template(
            "awards/end_recovery.html",
            form=form,
            hints=HINTS,
            recovery=recovery,
            balance=balances(session, [recovery])[recovery.id],
            **parties_of(session, award_id)._asdict(),
        ), form.status


@pages.route("/awards/<uuid:award_id>/write-offs/new", methods=["GET", "POST"])
@allowed(*PROPOSERS)
def write_off_award(award_id: UUID) -> ResponseReturnValue:
    form = WriteItOff()
    if form.validate_on_submit() and is_proposed(form, award_id, None):
        flash("You proposed a write-off. It counts when someone else confirms it")
        return redirect(url_for("pages.show_award", award_id=award_id), 303)
    with transaction() as session:
        overpaid = sum(one.pence for one in overpayments_of(session, award_id))
        parties = parties_of(session, award_id)
    if not form.is_submitted() and overpaid:
        form.amount.data = pounds(overpaid)[1:]
    return render_template("awards/write_off.html", form=form, overpaid=overpaid, **parties._asdict()), form.status


def is_proposed(form: EndRecovery | WriteItOff, award_id: UUID, recovery_id: UUID | None) -> bool:
    pence = None
    if isinstance(form, WriteItOff):
        pence = read_pence(form.amount.data or "")
        if pence is None:
            form.refuse("Enter an amount in pounds and pence, like 12.50", form.amount)
            return False
    try:
        with transaction() as session:
            write_offs.propose(
                session,
                get_award(session, award_id),
                write_off_id=form.write_off_id.id_of_what_is_made,
                recovery=get_recovery(session, award_id, recovery_id, lock=True) if recovery_id else None,
                kind=Ending(form.kind.data) if isinstance(form, EndRecovery) else Ending.WRITE_OFF,
                pence=pence,
                reason=form.reason.data,
                by=actor(),
                at=now(),
            )
    except (NotAllowed, NotFound):
        raise
    except OutOfRange:
        form.refuse("Enter an amount above £0.00", form["amount"])
    except Refused as refused:
        form.refuse(words.sentence(refused), form.reason if isinstance(refused, ReasonNotGiven) else None)
    return form.status == 200


@pages.route("/awards/<uuid:award_id>/write-offs/<uuid:write_off_id>", methods=["GET", "POST"])
@allowed(*PROPOSERS, *CONFIRMERS)
def decide_write_off(award_id: UUID, write_off_id: UUID) -> ResponseReturnValue:
    form = decision_on("it")

    def decide(session: Session) -> None:
        award, write_off = get_award(session, award_id), get_write_off(session, award_id, write_off_id, lock=True)
        if form.confirms:
            write_offs.confirm(session, write_off, award, by=actor(), at=now())
        else:
            write_offs.reject(session, write_off, award, reason=form.reason.data or "", by=actor(), at=now())

    if form.validate_on_submit() and is_done(form, decide, reason=form.reason):
        flash("You confirmed it" if form.confirms else "You rejected it. Nothing changes")
        return redirect(url_for("pages.show_award", award_id=award_id), 303)
    with transaction() as session:
        write_off = get_write_off(session, award_id, write_off_id)
        recovery = recovery_of(session, award_id, write_off.recovery_id)
        return render_template(
            "awards/decide_write_off.html",
            form=form,
            write_off=write_off,
            recovery=recovery,
            balance=balances(session, [recovery])[recovery.id] if recovery else None,
            overpaid=sum(one.pence for one in overpayments_of(session, award_id)),
            names=names(session),
            **parties_of(session, award_id)._asdict(),
        ), form.status


def recovery_of(session: Session, award_id: UUID, recovery_id: UUID | None) -> Recovery | None:
    return next((one for one in recoveries_of(session, award_id) if one.id == recovery_id), None)
