"""What a payee will be paid in the next twelve months, all awards together."""

from __future__ import annotations

from uuid import UUID

from flask import render_template
from flask.typing import ResponseReturnValue

from payouts.projected_payee import ahead_of
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.award_plot import bars_of
from payouts.web.pages import now, pages, service, transaction
from schemes.bank_details import london_day
from schemes.payee import get_payee


@pages.route("/payees/<uuid:payee_id>/ahead")
@allowed(ANYONE_SIGNED_IN)
def show_ahead(payee_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        payee = get_payee(session, payee_id)
        ahead = ahead_of(session, payee, service().calendar, london_day(now()))
        plot = bars_of([(f"{month:%b}", pence) for month, pence in ahead.months])
        return render_template("payees/show_ahead.html", payee=payee, ahead=ahead, plot=plot)
