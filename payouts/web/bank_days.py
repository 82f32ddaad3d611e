"""The sandbox's bank on the payroll's page: letting its next day pass. And asking a real one's folder for answers."""

from __future__ import annotations

from uuid import UUID

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from payouts.channels import collecting
from payouts.payroll import get_payroll
from payouts.responses.response import RECEIVERS
from payouts.sandbox.bank.days import ask_next
from payouts.web import words
from payouts.web.access import allowed
from payouts.web.figures import count
from payouts.web.pages import actor, now, pages, transaction
from schemes.errors import NotAllowed, NotFound, Refused


@pages.route("/payrolls/<uuid:payroll_id>/bank-day", methods=["POST"])
@allowed(*RECEIVERS)
def pass_bank_day(payroll_id: UUID) -> ResponseReturnValue:
    typed = request.form.get("returned", "").strip()
    returned = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 4 else 0
    try:
        with transaction() as session:
            ask_next(session, get_payroll(session, payroll_id, lock=True), returned=returned, by=actor(), at=now())
        flash("The bank’s next day passes. Its answers come in a moment")
    except (NotAllowed, NotFound):
        raise
    except Refused as refused:
        flash(words.sentence(refused), "refused")
    return redirect(url_for("pages.show_payroll", payroll_id=payroll_id) + "#bank-day", 303)


@pages.route("/bank/collect", methods=["POST"])
@allowed(*RECEIVERS)
def collect_answers() -> ResponseReturnValue:
    with transaction() as session:
        folders = collecting.ask_now(session, at=now())
    flash(f"The service looks into {count(folders, 'folder')} for answers of the bank")
    return redirect(url_for("pages.show_responses"), 303)
