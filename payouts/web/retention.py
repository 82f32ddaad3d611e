"""What is kept how long and why, who is due to be erased, and the proposal to erase somebody."""

from __future__ import annotations

from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovSubmitInput
from wtforms import SubmitField

from bacs.calendar import LONDON
from payouts import erasure
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.form import Form, MadeField, WordsField
from payouts.web.pages import actor, id_given, now, pages, transaction
from payouts.web.retention_words import KEPT
from schemes.body import get_body
from schemes.change import ChangeKind, waiting_of
from schemes.errors import ReasonNotGiven
from schemes.hold import restricted
from schemes.payee import get_payee
from schemes.retention import first_day_kept

PAGE = 50


class ProposeErasure(Form):
    change_id = MadeField()
    reason = WordsField(
        "Why may this payee be erased?",
        missing="Say why this payee may be erased",
        hint="The second person reads it. Don’t enter a name: it is kept for good",
    )
    submit = SubmitField("Propose to erase this payee", widget=GovSubmitInput())


@pages.route("/retention")
@allowed(ANYONE_SIGNED_IN)
def show_retention() -> ResponseReturnValue:
    after = id_given("after")
    with transaction() as session:
        years = get_body(session).retention_years
        found = erasure.due(session, after=after, limit=PAGE + 1)
        return render_template(
            "retention/show_retention.html",
            kept=[kind._replace(how_long=kind.how_long.format(years=years)) for kind in KEPT],
            years=years,
            first_day=first_day_kept(now().astimezone(LONDON).date(), years),
            due=found[:PAGE],
            next_after=found[PAGE - 1].due.id if len(found) > PAGE else None,
            after=after,
            total=erasure.due_count(session),
            restricted=restricted(session),
        )


@pages.route("/payees/<uuid:payee_id>/erasure", methods=["GET", "POST"])
@allowed(*erasure.PROPOSERS)
def propose_erasure(payee_id: UUID) -> ResponseReturnValue:
    form = ProposeErasure()
    if form.validate_on_submit():
        with form.refusing({ReasonNotGiven: form.reason}):
            with transaction() as session:
                proposed = erasure.propose(
                    session,
                    change_id=form.change_id.id_of_what_is_made,
                    payee_id=payee_id,
                    reason=form.reason.data,
                    by=actor(),
                    at=now(),
                )
            flash("You proposed to erase this payee. Somebody else has to confirm it")
            return redirect(url_for("pages.decide_change", change_id=proposed.id), 303)
    with transaction() as session:
        return render_template(
            "retention/propose_erasure.html",
            form=form,
            payee=get_payee(session, payee_id),
            waiting=waiting_of(session, ChangeKind.ERASURE, payee_id),
        ), form.status
