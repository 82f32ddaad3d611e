"""The page behind the link in a warning, for whoever got it, and the page on which somebody looks into it.

The first has no account behind it. It says the same whatever link is asked for: what it could tell, an old contact of
the payee would learn.
"""

from __future__ import annotations

import hashlib
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovSubmitInput
from sqlalchemy.orm import Session
from wtforms import SubmitField

from payouts.notices import warning
from payouts.web.access import PUBLIC, allowed
from payouts.web.bank_details import GiveReason, is_done, version_page
from payouts.web.form import Form
from payouts.web.pages import actor, now, pages, service
from schemes import before_body, disowned
from schemes.account import Account
from schemes.bank_details import CONFIRMERS
from schemes.sign_in import wait_after

LONGEST_TOKEN = 200


class HoldChange(Form):
    submit = SubmitField("This was not me: hold it", widget=GovSubmitInput())


@pages.route("/not-me/<token>", methods=["GET", "POST"])
@allowed(PUBLIC)
def hold_change(token: str) -> ResponseReturnValue:
    form = HoldChange()
    if not form.validate_on_submit():
        return render_template("disowned/hold_change.html", form=form), form.status
    if is_slowed(token[:LONGEST_TOKEN]):
        return render_template("disowned/slowed.html"), 429
    return redirect(url_for("pages.change_held"), 303)


@pages.route("/not-me")
@allowed(PUBLIC)
def change_held() -> ResponseReturnValue:
    return render_template("disowned/change_held.html")


def is_slowed(token: str) -> bool:
    """Do what the link does. One that nobody was sent does nothing, and whoever tries more of them is slowed down."""
    at = now()
    with service().transaction(None) as session:
        body_id = before_body.body_of_warning(session, warning.link_digest(token))
    if body_id is not None:
        with service().transaction(body_id) as session:
            warning.use_link(session, token, at=at)
        return False
    where = hashlib.sha256(f"link {request.remote_addr}".encode()).digest()
    with service().transaction(None) as session:
        failures, until = before_body.sign_in_wait(session, where)
        if until is not None and at < until:
            return True
        before_body.set_sign_in_wait(session, where, failures + 1, at + wait_after(failures + 1))
    return False


@pages.route("/payees/<uuid:payee_id>/bank-details/<uuid:account_id>/let-go-on", methods=["GET", "POST"])
@allowed(*CONFIRMERS)
def let_change_go_on(payee_id: UUID, account_id: UUID) -> ResponseReturnValue:
    form = GiveReason()

    def look(session: Session, account: Account) -> None:
        disowned.let_go_on(session, account, reason=form.reason.data, by=actor(), at=now())

    if form.validate_on_submit() and is_done(form, payee_id, account_id, look):
        flash("You let the change go on. Someone else confirms it, or it goes on cooling off")
        return redirect(url_for("pages.show_bank_details", payee_id=payee_id), 303)
    return version_page("disowned/let_go_on.html", payee_id, account_id, form)
