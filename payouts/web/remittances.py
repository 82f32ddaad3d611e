"""The remittance advice of a payee in one payroll: a page, and a file to send them."""

from __future__ import annotations

import io
from uuid import UUID

from flask import render_template, send_file, url_for
from flask.typing import ResponseReturnValue

from payouts.payment_item import item_for
from payouts.payroll import get_payroll
from payouts.remittance import TAKERS, advice_csv, advice_lines, advice_total
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.pages import actor, id_given, now, pages, transaction
from schemes.payee import get_payee

PAGE = 50


@pages.route("/payrolls/<uuid:payroll_id>/remittances/<uuid:payee_id>")
@allowed(ANYONE_SIGNED_IN)
def show_remittance(payroll_id: UUID, payee_id: UUID) -> ResponseReturnValue:
    after = id_given("after")
    with transaction() as session:
        payroll, payee = get_payroll(session, payroll_id), get_payee(session, payee_id)
        lines = advice_lines(session, payroll, payee, after=after, limit=PAGE + 1)
        count, total_pence = advice_total(session, payroll, payee)
        here = url_for("pages.show_remittance", payroll_id=payroll_id, payee_id=payee_id)
        return render_template(
            "payees/show_remittance.html",
            payroll=payroll,
            payee=payee,
            lines=lines[:PAGE],
            items=item_for(session, payroll_id, payee_id),
            payments=count,
            total_pence=total_pence,
            next=f"{here}?after={lines[PAGE - 1].payment_id}" if len(lines) > PAGE else None,
            first=here if after else None,
        )


@pages.route("/payrolls/<uuid:payroll_id>/remittances/<uuid:payee_id>/file", methods=["POST"])
@allowed(*TAKERS)
def take_remittance(payroll_id: UUID, payee_id: UUID) -> ResponseReturnValue:
    """A POST, because it is recorded who took it out."""
    with transaction() as session:
        payroll, payee = get_payroll(session, payroll_id), get_payee(session, payee_id)
        content = advice_csv(session, payroll, payee, by=actor(), at=now())
    return send_file(
        io.BytesIO(content),
        mimetype="text/csv",
        as_attachment=True,
        download_name=f"remittance-{payroll.number:04d}.csv",
    )
