"""Entering what a payroll should come to, by the list that it was decided from."""

from __future__ import annotations

from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovSubmitInput, GovTextInput
from wtforms import StringField, SubmitField
from wtforms.validators import InputRequired, Length, NumberRange

from payouts.checks.control_totals import ENTERED_IN
from payouts.checks.control_totals import enter_control_total as enter
from payouts.control_total import control_totals_of
from payouts.payroll import PayrollStatus, get_payroll
from payouts.web import words
from payouts.web.access import allowed
from payouts.web.form import Form, MadeField, PoundsField, WholeNumberField
from payouts.web.pages import actor, now, pages, transaction
from schemes.errors import NotAllowed, NotFound, ReasonNotGiven, Refused
from schemes.person import Role, names

MOST = 10_000_000


class EnterControlTotal(Form):
    total_id = MadeField()
    payment_count = WholeNumberField(
        "How many payments should there be?",
        validators=[
            InputRequired("Enter how many payments there should be"),
            NumberRange(0, MOST, message=f"Enter a number from 0 to {MOST:,}"),
        ],
    )
    total = PoundsField(
        "What should they come to?", validators=[InputRequired("Enter what the payments should come to")]
    )
    source = StringField(
        "Which list says so?",
        description="For example the case system’s list of 20 November, and who gave it to you",
        widget=GovTextInput(),
        validators=[InputRequired("Enter which list says so"), Length(max=200, message="Use at most 200 characters")],
    )
    submit = SubmitField("Compare with the payroll", widget=GovSubmitInput())


@pages.route("/payrolls/<uuid:payroll_id>/control-total", methods=["GET", "POST"])
@allowed(Role.PREPARER, Role.FINANCE)
def enter_control_total(payroll_id: UUID) -> ResponseReturnValue:
    form = EnterControlTotal()
    if form.validate_on_submit() and is_entered(form, payroll_id):
        return redirect(url_for("pages.show_payroll", payroll_id=payroll_id, _anchor="control-total"), 303)
    with transaction() as session:
        payroll = get_payroll(session, payroll_id)
        return render_template(
            "payrolls/enter_control_total.html",
            form=form,
            payroll=payroll,
            may_enter=payroll.status in ENTERED_IN,
            entered=control_totals_of(session, payroll_id),
            names=names(session),
        ), form.status


def is_entered(form: EnterControlTotal, payroll_id: UUID) -> bool:
    try:
        with transaction() as session:
            payroll = get_payroll(session, payroll_id, lock=True)
            entered = enter(
                session,
                payroll,
                total_id=form.total_id.id_of_what_is_made,
                payment_count=form.payment_count.data,
                total_pence=form.total.pence or 0,
                source=form.source.data,
                by=actor(),
                at=now(),
            )
            agrees = (entered.payment_count, entered.total_pence) == (payroll.payment_count, payroll.total_pence)
            is_built = payroll.status is PayrollStatus.CHECKED
    except (NotAllowed, NotFound):
        raise
    except Refused as refused:
        form.refuse(words.sentence(refused), form.source if isinstance(refused, ReasonNotGiven) else None)
        return False
    flash(
        "You entered the control total. It is compared once the payroll is built"
        if not is_built
        else "You entered the control total. The payroll agrees with it to the penny"
        if agrees
        else "You entered the control total. The payroll differs from it: look at the findings"
    )
    return True
