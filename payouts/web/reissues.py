"""Paying again what came back, in the browser: all that is ready, or one payment by name."""

from __future__ import annotations

from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovSubmitInput
from wtforms import SubmitField
from wtforms.validators import InputRequired

from payouts.payroll import PayDateRefused
from payouts.returns.case import row_of
from payouts.returns.reissue import create_reissue, ready_sum
from payouts.returns.returned import get_case
from payouts.web import words
from payouts.web.access import allowed
from payouts.web.form import DayField, Form, MadeField
from payouts.web.pages import actor, id_given, now, pages, service, transaction
from schemes.bank_profile import newest_profile
from schemes.claim import standing_of
from schemes.errors import NotAllowed, NotFound, Refused
from schemes.payee import get_payee
from schemes.period import NoPeriod
from schemes.person import Role
from schemes.scheme import get_scheme


class PayAgain(Form):
    payroll_id = MadeField()
    pay_date = DayField("Pay date", validators=[InputRequired("Enter the day on which they should have the money")])
    submit = SubmitField("Create the payroll", widget=GovSubmitInput())


@pages.route("/schemes/<uuid:scheme_id>/payrolls/new/returned", methods=["GET", "POST"])
@allowed(Role.PREPARER)
def pay_again(scheme_id: UUID) -> ResponseReturnValue:
    form, named = PayAgain(), id_given("payment")
    if form.validate_on_submit():
        made = create(form, scheme_id, named)
        if made is not None:
            return redirect(url_for("pages.show_payroll", payroll_id=made), 303)
    with transaction() as session:
        scheme = get_scheme(session, scheme_id)
        actor().must_be(Role.PREPARER, scheme=scheme_id)
        profile = newest_profile(session, scheme.bank_profile_id)
        earliest = service().calendar.earliest_cycle(now(), profile.cut_off)
        row = row_of(session, get_case(session, named)) if named else None
        claim = standing_of(session, row.payee.id, row.beneficiary.id, day=earliest.entry_day) if row else None
        to_payee = get_payee(session, claim.to_payee_id) if claim else row.payee if row else None
        ready = ready_sum(session, scheme_id, earliest.entry_day)
    if request.method == "GET":
        form.pay_date.data = earliest.entry_day
    facts = {"form": form, "scheme": scheme, "earliest": earliest, "row": row, "ready": ready, "to_payee": to_payee}
    return render_template("returns/pay_again.html", **facts), form.status


def create(form: PayAgain, scheme_id: UUID, named: UUID | None) -> UUID | None:
    try:
        with transaction() as session:
            return create_reissue(
                session,
                service().calendar,
                payroll_id=form.payroll_id.id_of_what_is_made,
                scheme_id=scheme_id,
                named=[named] if named else None,
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
