"""The body's rules for new bank details: what they are, and a proposal to change them, for a second person."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovSubmitInput, GovTextArea, GovTextInput
from wtforms import IntegerField, SubmitField, TextAreaField
from wtforms.validators import InputRequired, NumberRange

from payouts.web import words
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.bank_details import TOO_LONG
from payouts.web.form import Form, MadeField
from payouts.web.pages import actor, now, pages, transaction
from schemes import cooling_off
from schemes.body import MOST_COOLING_OFF_DAYS
from schemes.change import ChangeKind, waiting_of
from schemes.cooling_off import CoolingOff, HighRiskSooner
from schemes.errors import NotAllowed, Refused
from schemes.person import Role
from schemes.risk import RiskReason

NOT_DAYS = f"Enter a number of working days from 0 to {MOST_COOLING_OFF_DAYS}"


class DaysField(IntegerField):
    """A number of working days."""

    def __init__(self, label: str, **kwargs: Any) -> None:
        checks = [InputRequired(NOT_DAYS), NumberRange(0, MOST_COOLING_OFF_DAYS, NOT_DAYS)]
        super().__init__(label, widget=GovTextInput(), validators=checks, **kwargs)

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(NOT_DAYS) from None


class ProposeCoolingOff(Form):
    change_id = MadeField()
    first_days = DaysField("First bank details of a payee", description="There is nothing to steal yet, so mostly 0")
    ordinary_days = DaysField("An ordinary change", description="2 unless your body decided otherwise")
    high_days = DaysField("A change of high risk", description="At least as many as the others")
    reason = TextAreaField(
        "Why?", widget=GovTextArea(), validators=[InputRequired("Say why you propose this change"), TOO_LONG]
    )
    submit = SubmitField("Propose this cooling-off", widget=GovSubmitInput())


@pages.route("/bank-details-rules")
@allowed(ANYONE_SIGNED_IN)
def show_bank_details_rules() -> ResponseReturnValue:
    with transaction() as session:
        return render_template(
            "bank_details_rules/show_rules.html",
            cooling_off=cooling_off.current(session),
            reasons=list(RiskReason),
            waiting=waiting_of(session, ChangeKind.COOLING_OFF, actor().body_id),
        )


@pages.route("/bank-details-rules/cooling-off", methods=["GET", "POST"])
@allowed(Role.ADMINISTRATOR)
def propose_cooling_off() -> ResponseReturnValue:
    with transaction() as session:
        form = ProposeCoolingOff(data=cooling_off.current(session)._asdict())
    if form.validate_on_submit():
        wanted = CoolingOff(form.first_days.data, form.ordinary_days.data, form.high_days.data)
        try:
            with transaction() as session:
                change_id, reason = form.change_id.id_of_what_is_made, form.reason.data
                cooling_off.propose(session, wanted, change_id=change_id, reason=reason, by=actor(), at=now())
        except NotAllowed:
            raise
        except Refused as refused:
            form.refuse(words.sentence(refused), form.high_days if isinstance(refused, HighRiskSooner) else None)
        else:
            flash("You proposed another cooling-off. It counts once someone else confirms it")
            return redirect(url_for("pages.show_bank_details_rules"), 303)
    return render_template("bank_details_rules/propose_cooling_off.html", form=form), form.status
