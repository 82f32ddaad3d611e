"""Suspending an award, and lifting that: two people, two pages."""

from __future__ import annotations

from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovRadioInput, GovSubmitInput
from sqlalchemy.orm import Session
from wtforms import RadioField, SelectChoice, SubmitField
from wtforms.validators import InputRequired, Optional

from payouts.projection import Effect, effect_of
from payouts.web import words
from payouts.web.access import allowed
from payouts.web.form import DayField, Form, MadeField, WordsField
from payouts.web.pages import actor, now, pages, service, transaction
from schemes.award import Award, get_award, parties_of
from schemes.award_version import history_of
from schemes.bank_details import london_day
from schemes.errors import NotAllowed, NotFound, ReasonNotGiven, Refused
from schemes.hold import LIFTERS, PLACERS
from schemes.person import names
from schemes.suspension import SuspensionDay, SuspensionDayRefused, get_suspension, lift, suspend

PAY, DO_NOT_PAY = "pay", "do_not_pay"


class SuspendAward(Form):
    suspension_id = MadeField()
    from_day = DayField("First day that is not due", validators=[InputRequired("Enter the first day")])
    last_day = DayField("Last day that is not due", validators=[Optional()])
    review_on = DayField("When is the suspension looked at again?", validators=[Optional()])
    reason = WordsField("Reason", missing="Say why you suspend this award")
    submit = SubmitField("Suspend the award", widget=GovSubmitInput())


class LiftSuspension(Form):
    arrears = RadioField(
        "What about the days that were suspended?",
        widget=GovRadioInput(),
        choices=[
            SelectChoice(PAY, "They are paid after all"),
            SelectChoice(DO_NOT_PAY, "They are not paid"),
        ],
        validators=[InputRequired("Choose whether the suspended days are paid")],
    )
    reason = WordsField("Why is it lifted?", missing="Say why you lift this suspension")
    submit = SubmitField("Lift the suspension", widget=GovSubmitInput())


def effects_of(session: Session, award: Award, suspension_id: UUID) -> list[tuple[str, Effect]]:
    """What each answer would do to payments: tried, looked at, and taken back."""
    found = get_suspension(session, award.id, suspension_id)
    may_lift = any(actor().holds(role, award.scheme_id) for role in LIFTERS)
    if found.lifted_at is not None or found.placed_by == actor().person_id or not may_lift:
        return []
    before, effects = history_of(session, award), []
    for said, pays in (("if the suspended days are paid", True), ("if they are not paid", False)):
        with session.begin_nested() as trial:
            suspension = get_suspension(session, award.id, suspension_id, lock=True)
            lift(session, suspension, award, pays_arrears=pays, reason="a trial", by=actor(), at=now())
            after = history_of(session, award)
            today, calendar = london_day(now()), service().calendar
            effects.append((said, effect_of(session, calendar, award=award, before=before, after=after, today=today)))
            trial.rollback()
    return effects


HINTS = [
    {"hint": {"text": "The next payroll makes up for periods that were paid meanwhile"}},
    {"hint": {"text": "The award is due again from today"}},
]


@pages.route("/awards/<uuid:award_id>/suspend", methods=["GET", "POST"])
@allowed(*PLACERS)
def suspend_award_page(award_id: UUID) -> ResponseReturnValue:
    form = SuspendAward()
    if form.validate_on_submit():
        try:
            with transaction() as session:
                suspend(
                    session,
                    get_award(session, award_id),
                    suspension_id=form.suspension_id.id_of_what_is_made,
                    from_day=form.from_day.data,
                    last_day=form.last_day.data,
                    review_on=form.review_on.data,
                    reason=form.reason.data,
                    by=actor(),
                    at=now(),
                )
        except (NotAllowed, NotFound):
            raise
        except SuspensionDayRefused as refused:
            wrong = form.last_day if refused.why is SuspensionDay.ENDS_BEFORE_START else form.review_on
            form.refuse(words.sentence(refused), wrong)
        except Refused as refused:
            form.refuse(words.sentence(refused), form.reason if isinstance(refused, ReasonNotGiven) else None)
        else:
            flash("You suspended the award. A second person can lift it")
            return redirect(url_for("pages.show_award", award_id=award_id), 303)
    with transaction() as session:
        parties = parties_of(session, award_id)
    return render_template("awards/suspend_award.html", form=form, **parties._asdict()), form.status


@pages.route("/awards/<uuid:award_id>/suspensions/<uuid:suspension_id>/lift", methods=["GET", "POST"])
@allowed(*LIFTERS)
def lift_suspension_page(award_id: UUID, suspension_id: UUID) -> ResponseReturnValue:
    form = LiftSuspension()
    if form.validate_on_submit():
        with form.refusing({ReasonNotGiven: form.reason}):
            with transaction() as session:
                award = get_award(session, award_id)
                suspension = get_suspension(session, award_id, suspension_id, lock=True)
                pays = form.arrears.data == PAY
                lift(session, suspension, award, pays_arrears=pays, reason=form.reason.data, by=actor(), at=now())
            flash("You lifted the suspension")
            return redirect(url_for("pages.show_award", award_id=award_id), 303)
    with transaction() as session:
        parties = parties_of(session, award_id)
        return render_template(
            "awards/lift_suspension.html",
            form=form,
            hints=HINTS,
            effects=effects_of(session, parties.award, suspension_id),
            suspension=get_suspension(session, award_id, suspension_id),
            names=names(session),
            **parties._asdict(),
        ), form.status
