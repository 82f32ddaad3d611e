"""Creating a payroll that follows another: choosing which, and topping up what a released one has paid."""

from __future__ import annotations

from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovSubmitInput
from wtforms import SubmitField
from wtforms.validators import InputRequired

from payouts.payroll import FOLLOWING, PayDateRefused, PayrollKind, get_payroll
from payouts.redating import first_possible
from payouts.top_up import CAN_FOLLOW, can_be_followed, create_top_up, to_top_up
from payouts.web import words
from payouts.web.access import allowed
from payouts.web.form import DayField, Form, MadeField
from payouts.web.pages import actor, now, pages, service, transaction
from schemes.errors import NotAllowed, NotFound, Refused
from schemes.one_off_payment import WAITING, OneOff, rows_where
from schemes.period import NoPeriod
from schemes.person import Role
from schemes.scheme import get_scheme

SHOWN = 20


class CreateTopUp(Form):
    payroll_id = MadeField()
    pay_date = DayField("Pay date", validators=[InputRequired("Enter the day on which they should have the money")])
    submit = SubmitField("Create the payroll", widget=GovSubmitInput())


@pages.route("/schemes/<uuid:scheme_id>/payrolls/new/following/<following>")
@allowed(Role.PREPARER)
def choose_payroll(scheme_id: UUID, following: str) -> ResponseReturnValue:
    """Which payroll an off-cycle one or a top-up follows: each choice is a link."""
    with transaction() as session:
        scheme = get_scheme(session, scheme_id)
        if following not in FOLLOWING:
            raise NotFound("kind of payroll", following)
        return render_template(
            "payrolls/choose_payroll.html",
            scheme=scheme,
            kind=PayrollKind(following),
            payrolls=can_be_followed(session, scheme_id, PayrollKind(following), limit=SHOWN),
        )


@pages.route("/payrolls/<uuid:payroll_id>/top-up", methods=["GET", "POST"])
@allowed(Role.PREPARER)
def top_up(payroll_id: UUID) -> ResponseReturnValue:
    form = CreateTopUp()
    if form.validate_on_submit():
        made = create(form, payroll_id)
        if made is not None:
            return redirect(url_for("pages.show_payroll", payroll_id=made), 303)
    with transaction() as session:
        payroll = get_payroll(session, payroll_id)
        actor().must_be(Role.PREPARER, scheme=payroll.scheme_id)
        if payroll.status not in CAN_FOLLOW:
            return redirect(url_for("pages.show_payroll", payroll_id=payroll_id), 303)
        [earliest] = first_possible(session, service().calendar, payroll, now=now(), most=1)
        mine = (OneOff.scheme_id == payroll.scheme_id, OneOff.period_first_day == payroll.period_first_day)
        waiting = rows_where(session, WAITING, *mine, OneOff.sequence > 1)
        ready = to_top_up(session, payroll)
    if request.method == "GET":
        form.pay_date.data = earliest.entry_day
    facts = {"form": form, "payroll": payroll, "earliest": earliest, "waiting": waiting, "ready": ready}
    return render_template("payrolls/top_up.html", **facts), form.status


def create(form: CreateTopUp, payroll_id: UUID) -> UUID | None:
    """The payroll that was made, or None: what is refused is an error beside the day."""
    try:
        with transaction() as session:
            return create_top_up(
                session,
                service().calendar,
                payroll_id=form.payroll_id.id_of_what_is_made,
                of=get_payroll(session, payroll_id),
                pay_date=form.pay_date.data,
                by=actor(),
                at=now(),
            ).id
    except (NotAllowed, NotFound):
        raise
    except Refused as refused:
        beside = form.pay_date if isinstance(refused, (PayDateRefused, NoPeriod)) else None
        form.refuse(words.sentence(refused), beside)
    return None
