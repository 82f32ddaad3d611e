"""Moving a payroll to another pay date, and taking a sealed one back: its preparer's two ways when a day goes wrong."""

from __future__ import annotations

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovSubmitInput
from wtforms import SubmitField
from wtforms.validators import InputRequired, Length

from payouts.gates.voiding import Move
from payouts.payroll import PayDateRefused, PayrollStatus, get_payroll
from payouts.redating import first_possible, profile_of, re_date
from payouts.reopening import reopen
from payouts.web import words
from payouts.web.access import allowed
from payouts.web.figures import weekday
from payouts.web.form import DayField, Form, MadeField, WordsField
from payouts.web.pages import actor, now, pages, service, transaction
from payouts.web.taking_out import voided_by
from schemes.change import NothingToChange
from schemes.errors import NotAllowed, NotFound, ReasonNotGiven, Refused
from schemes.person import Role, names

TOO_LONG = Length(max=1000, message="Use at most 1,000 characters")
SHOWN = 5


class ReDate(Form):
    amendment_id = MadeField()
    pay_date = DayField("New pay date", validators=[InputRequired("Enter the new pay date")])
    reason = WordsField(
        "Why does the pay date move?",
        missing="Say why the pay date moves",
        hint="Whoever decides on the payroll reads it",
        longest=1000,
    )
    submit = SubmitField("Move the pay date", widget=GovSubmitInput())


class Reopen(Form):
    amendment_id = MadeField()
    reason = WordsField(
        "Why do you reopen it?",
        missing="Say why you reopen it",
        hint="Whoever decided on the payroll reads it",
        longest=1000,
    )
    submit = SubmitField("Reopen the payroll", widget=GovSubmitInput())


@pages.route("/payrolls/<uuid:payroll_id>/pay-date", methods=["GET", "POST"])
@allowed(Role.PREPARER)
def move_pay_date(payroll_id: UUID) -> ResponseReturnValue:
    form = ReDate()
    if form.validate_on_submit() and is_moved(form, payroll_id):
        flash(f"You moved the pay date to {weekday(form.pay_date.data)}")
        return redirect(url_for("pages.show_payroll", payroll_id=payroll_id), 303)
    with transaction() as session:
        payroll = get_payroll(session, payroll_id)
        actor().must_be(Role.PREPARER, scheme=payroll.scheme_id)
        if payroll.status not in (PayrollStatus.CHECKED, PayrollStatus.SEALED) and not form.errors:
            return redirect(url_for("pages.show_payroll", payroll_id=payroll_id), 303)
        possible = first_possible(session, service().calendar, payroll, now=now(), most=SHOWN)
        profile = profile_of(session, payroll)
        if request.method == "GET":
            form.pay_date.data = possible[0].entry_day
        return render_template(
            "payrolls/move_pay_date.html",
            form=form,
            payroll=payroll,
            possible=[(cycle, service().calendar.deadline(cycle.entry_day, profile.cut_off)) for cycle in possible],
            void=voided_by(session, payroll, Move.RE_DATE),
            names=names(session),
        ), form.status


def is_moved(form: ReDate, payroll_id: UUID) -> bool:
    """Move the day; what is refused is an error beside its field."""
    try:
        with transaction() as session:
            re_date(
                session,
                service().calendar,
                get_payroll(session, payroll_id, lock=True),
                amendment_id=form.amendment_id.id_of_what_is_made,
                pay_date=form.pay_date.data,
                reason=form.reason.data,
                by=actor(),
                at=now(),
            )
    except (NotAllowed, NotFound):
        raise
    except (PayDateRefused, NothingToChange) as refused:
        form.refuse(words.sentence(refused), form.pay_date)
    except Refused as refused:
        form.refuse(words.sentence(refused), form.reason if isinstance(refused, ReasonNotGiven) else None)
    return form.status == 200


@pages.route("/payrolls/<uuid:payroll_id>/reopen", methods=["GET", "POST"])
@allowed(Role.PREPARER)
def reopen_payroll(payroll_id: UUID) -> ResponseReturnValue:
    form = Reopen()
    if form.validate_on_submit():
        with form.refusing({ReasonNotGiven: form.reason}):
            with transaction() as session:
                payroll, reason = get_payroll(session, payroll_id, lock=True), form.reason.data
                made = form.amendment_id.id_of_what_is_made
                reopen(session, payroll, amendment_id=made, reason=reason, by=actor(), at=now())
            flash("You reopened the payroll. Every decision is void")
            return redirect(url_for("pages.show_payroll", payroll_id=payroll_id), 303)
    with transaction() as session:
        payroll = get_payroll(session, payroll_id)
        actor().must_be(Role.PREPARER, scheme=payroll.scheme_id)
        if payroll.status is not PayrollStatus.SEALED and not form.errors:
            return redirect(url_for("pages.show_payroll", payroll_id=payroll_id), 303)
        void, people = voided_by(session, payroll, Move.REOPEN), names(session)
        facts = {"form": form, "payroll": payroll, "void": void, "names": people}
        return render_template("payrolls/reopen.html", **facts), form.status
