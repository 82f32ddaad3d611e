"""Recovering by instalments what an award was paid too much: two people, two pages."""

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
from payouts.web.form import DayField, Form, MadeField, WordsField
from payouts.web.pages import actor, now, pages, transaction
from schemes import recovery as recoveries
from schemes.amount import read_pence
from schemes.award import get_award, parties_of
from schemes.bank_details import london_day
from schemes.errors import NotAllowed, NotFound, OutOfRange, ReasonNotGiven, Refused
from schemes.person import names
from schemes.recovery import CONFIRMERS, PROPOSERS, get_recovery

SHORT = Length(max=30, message="Use at most 30 characters")
AMOUNT, SHARE = "amount", "share"


class ProposeRecovery(Form):
    recovery_id = MadeField()
    total = StringField(
        "How much in all?",
        description="In pounds and pence, like 120.50",
        widget=GovTextInput(),
        validators=[InputRequired("Enter how much is recovered in all"), SHORT],
    )
    by = RadioField(
        "How much of each payment?",
        widget=GovRadioInput(),
        choices=[
            SelectChoice(AMOUNT, "An amount in pounds"),
            SelectChoice(SHARE, "A share of the payment in per cent"),
        ],
        validators=[InputRequired("Choose how much of each payment is taken")],
    )
    instalment = StringField(
        "The amount, or the share",
        description="Like 25.00 for an amount, or 10 for a share of 10%",
        widget=GovTextInput(),
        validators=[InputRequired("Enter the amount or the share"), SHORT],
    )
    least_left = StringField(
        "What must be left of each payment?",
        description="In pounds and pence. Enter 0 if a whole payment may be taken",
        widget=GovTextInput(),
        validators=[InputRequired("Enter what must be left of each payment"), SHORT],
    )
    from_day = DayField("From which pay date on?", validators=[InputRequired("Enter the first day")])
    reason = WordsField("Why was it paid too much?", missing="Say why you recover this")
    submit = SubmitField("Propose the recovery", widget=GovSubmitInput())

    def money(self, name: str) -> int | None:
        """Pence of a field, or None and an error beside it."""
        found = read_pence(self[name].data or "")
        if found is None:
            self.refuse("Enter an amount in pounds and pence, like 12.50", self[name])
        return found

    def share(self) -> int | None:
        given = (self.instalment.data or "").strip().removesuffix("%").strip()
        if not (given.isascii() and given.isdigit() and 1 <= int(given) <= 100):
            self.refuse("Enter a whole number from 1 to 100", self.instalment)
            return None
        return int(given)


@pages.route("/awards/<uuid:award_id>/recoveries/new", methods=["GET", "POST"])
@allowed(*PROPOSERS)
def propose_recovery(award_id: UUID) -> ResponseReturnValue:
    form = ProposeRecovery()
    if form.validate_on_submit() and is_proposed(form, award_id):
        flash("You proposed a recovery. Nothing is taken before someone else confirms it")
        return redirect(url_for("pages.show_award", award_id=award_id), 303)
    with transaction() as session:
        parties = parties_of(session, award_id)
        overpaid = sum(one.pence for one in overpayments_of(session, award_id))
    if not form.is_submitted():
        form.from_day.data = london_day(now())
        form.total.data = pounds(overpaid)[1:] if overpaid else None
    return render_template(
        "awards/propose_recovery.html", form=form, overpaid=overpaid, **parties._asdict()
    ), form.status


def is_proposed(form: ProposeRecovery, award_id: UUID) -> bool:
    """Propose it; what does not fit is an error beside its field."""
    total, least_left = form.money("total"), form.money("least_left")
    share = form.share() if form.by.data == SHARE else None
    instalment = form.money("instalment") if form.by.data == AMOUNT else None
    if total is None or least_left is None or form.status != 200:
        return False
    try:
        with transaction() as session:
            recoveries.propose(
                session,
                get_award(session, award_id),
                recovery_id=form.recovery_id.id_of_what_is_made,
                total_pence=total,
                instalment_pence=instalment,
                share_percent=share,
                least_left_pence=least_left,
                from_day=form.from_day.data,
                reason=form.reason.data,
                by=actor(),
                at=now(),
            )
    except (NotAllowed, NotFound):
        raise
    except OutOfRange as refused:
        fields = {"the total": form.total, "what is left": form.least_left}
        form.refuse("Enter an amount above £0.00", fields.get(refused.what, form.instalment))
    except Refused as refused:
        form.refuse(words.sentence(refused), form.reason if isinstance(refused, ReasonNotGiven) else None)
    return form.status == 200


@pages.route("/awards/<uuid:award_id>/recoveries/<uuid:recovery_id>", methods=["GET", "POST"])
@allowed(*PROPOSERS, *CONFIRMERS)
def decide_recovery(award_id: UUID, recovery_id: UUID) -> ResponseReturnValue:
    form = decision_on("the recovery")

    def decide(session: Session) -> None:
        award, recovery = get_award(session, award_id), get_recovery(session, award_id, recovery_id, lock=True)
        if form.confirms:
            recoveries.confirm(session, recovery, award, by=actor(), at=now())
        else:
            recoveries.reject(session, recovery, award, reason=form.reason.data or "", by=actor(), at=now())

    if form.validate_on_submit() and is_done(form, decide, reason=form.reason):
        flash(
            "You confirmed the recovery. The next payroll takes the first instalment"
            if form.confirms
            else "You rejected the recovery"
        )
        return redirect(url_for("pages.show_award", award_id=award_id), 303)
    with transaction() as session:
        parties = parties_of(session, award_id)
        recovery = get_recovery(session, award_id, recovery_id)
        return render_template(
            "awards/decide_recovery.html",
            form=form,
            recovery=recovery,
            balance=balances(session, [recovery])[recovery.id],
            names=names(session),
            **parties._asdict(),
        ), form.status
