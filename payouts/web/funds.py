"""The money on an account for the days that payrolls draw on it: shown, and recorded by finance."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovRadioInput, GovSubmitInput, GovTextInput
from sqlalchemy.orm import Session
from wtforms import Field, RadioField, SelectChoice, StringField, SubmitField
from wtforms.validators import InputRequired, Length, Optional

from payouts.checks.funds import FundsDayPassed, record_funds
from payouts.funds import Funds, funds_ahead, funds_for, newest_of_days
from payouts.payroll import Payroll, PayrollStatus
from payouts.web import words
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.form import DayField, Form, MadeField, PoundsField
from payouts.web.pages import actor, now, pages, transaction
from schemes.bank_profile import newest_profile
from schemes.duties import london_day
from schemes.errors import NotAllowed, NotFound, ReasonNotGiven, Refused
from schemes.person import Role, names

ONE_DAY, EACH_DAY = "one", "each"
BEFORE_RELEASE = (PayrollStatus.CHECKED, PayrollStatus.SEALING, PayrollStatus.SEALED)


class RecordFunds(Form):
    funds_id = MadeField()
    which = RadioField(
        "For which day?",
        widget=GovRadioInput(),
        choices=[
            SelectChoice(ONE_DAY, "For one day"),
            SelectChoice(EACH_DAY, "For each day for which nothing else is recorded"),
        ],
        default=ONE_DAY,
    )
    day = DayField("Day on which payees have the money", validators=[Optional()])
    amount = PoundsField(
        "Money available",
        description="For everything that is paid from this account on that day, before any of it is taken",
        validators=[InputRequired("Enter the money that is available")],
    )
    seen_in = StringField(
        "Where did you see it?",
        description="For example the treasury’s forecast of this morning, or the bank’s site",
        widget=GovTextInput(),
        validators=[InputRequired("Enter where you saw it"), Length(max=200, message="Use at most 200 characters")],
    )
    submit = SubmitField("Record the money", widget=GovSubmitInput())

    def chosen_day(self) -> date | None:
        return self.day.data if self.which.data == ONE_DAY else None

    def is_complete(self) -> bool:
        if self.which.data == ONE_DAY and self.day.data is None and not self.day.errors:
            self.refuse("Enter the day", self.day)
        if self.amount.pence is None and not self.amount.errors:
            self.refuse("Enter an amount in pounds, like 1,250 or 1250.50", self.amount)
        return self.status == 200

    def beside(self, refused: Refused) -> Field | None:
        if isinstance(refused, FundsDayPassed):
            return self.day
        return self.seen_in if isinstance(refused, ReasonNotGiven) else None


@pages.route("/bank-profiles/<uuid:bank_profile_id>/funds")
@allowed(ANYONE_SIGNED_IN)
def show_funds(bank_profile_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        profile = newest_profile(session, bank_profile_id)
        return render_template(
            "bank_profiles/show_funds.html",
            profile=profile,
            days=funds_ahead(session, profile, since=london_day(now())),
            each_day=newest_of_days(session, profile.line_id, []).get(None),
            names=names(session),
        )


@pages.route("/bank-profiles/<uuid:bank_profile_id>/funds/record", methods=["GET", "POST"], endpoint="record_funds")
@allowed(Role.FINANCE)
def enter_funds(bank_profile_id: UUID) -> ResponseReturnValue:
    """`day` in the address: the one that somebody came for."""
    form = RecordFunds()
    with transaction() as session:
        profile = newest_profile(session, bank_profile_id)
    if request.method == "GET":
        form.day.data = day_given()
    if form.validate_on_submit() and form.is_complete() and is_recorded(form, profile.line_id):
        flash("You recorded the money that is available")
        return redirect(url_for("pages.show_funds", bank_profile_id=profile.line_id), 303)
    return render_template("bank_profiles/record_funds.html", form=form, profile=profile), form.status


def day_given() -> date | None:
    try:
        return date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        return None


def is_recorded(form: RecordFunds, line_id: UUID) -> bool:
    try:
        with transaction() as session:
            record_funds(
                session,
                funds_id=form.funds_id.id_of_what_is_made,
                bank_profile_id=line_id,
                day=form.chosen_day(),
                available_pence=form.amount.pence or 0,
                seen_in=form.seen_in.data,
                by=actor(),
                at=now(),
            )
    except (NotAllowed, NotFound):
        raise
    except Refused as refused:
        form.refuse(words.sentence(refused), form.beside(refused))
        return False
    return True


def funds_shown(session: Session, payroll: Payroll) -> Funds | None:
    """What a payroll's own page tells of the money on its account, while that can still keep it from release."""
    return funds_for(session, payroll) if payroll.status in BEFORE_RELEASE else None
