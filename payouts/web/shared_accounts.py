"""Accounts that many payees have: who they are, and whose the account is, said once for all of them."""

from __future__ import annotations

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovRadioInput, GovSubmitInput
from wtforms import RadioField, SelectChoice, SubmitField
from wtforms.validators import InputRequired

from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.duplicate_words import HOLDERS
from payouts.web.form import Form, WordsField
from payouts.web.pages import actor, id_given, now, pages, transaction
from schemes.duplicates import shared_account
from schemes.duplicates.pair import DECIDERS
from schemes.duplicates.shared_account import Holder, get_shared_account
from schemes.errors import ReasonNotGiven
from schemes.person import names

PAGE = 50
LOOK_AGAIN = "It has to be looked at again"


class Settle(Form):
    holder = RadioField(
        "Whose account is it?",
        widget=GovRadioInput(),
        choices=[
            *(SelectChoice(holder.value, HOLDERS[holder][0]) for holder in Holder if holder is not Holder.UNKNOWN),
            SelectChoice(Holder.UNKNOWN.value, LOOK_AGAIN),
        ],
        validators=[InputRequired("Choose whose account it is")],
    )
    reason = WordsField(
        "How do you know?",
        missing="Say how you know",
        hint="A contract, a letter of the bank, a call. Whoever looks at this account can read it",
    )
    submit = SubmitField("Save", widget=GovSubmitInput())


@pages.route("/duplicates/accounts")
@allowed(ANYONE_SIGNED_IN)
def show_shared_accounts() -> ResponseReturnValue:
    settled, after = request.args.get("show") == "settled", id_given("after")
    with transaction() as session:
        last = get_shared_account(session, after) if after else None
        found = shared_account.shared_accounts(session, settled=settled, after=last, limit=PAGE + 1)
        return render_template(
            "duplicates/show_shared_accounts.html",
            accounts=found[:PAGE],
            examples=shared_account.examples(session, found[:PAGE]),
            settled=settled,
            after=after,
            next_after=found[PAGE - 1].id if len(found) > PAGE else None,
        )


@pages.route("/duplicates/accounts/<uuid:shared_account_id>")
@allowed(ANYONE_SIGNED_IN)
def show_shared_account(shared_account_id: UUID) -> ResponseReturnValue:
    after = id_given("after")
    with transaction() as session:
        shared = get_shared_account(session, shared_account_id)
        found = shared_account.sharers(session, shared, after=after, limit=PAGE + 1)
        return render_template(
            "duplicates/show_shared_account.html",
            shared=shared,
            sharers=found[:PAGE],
            after=after,
            next_after=found[PAGE - 1].payee.id if len(found) > PAGE else None,
            said=shared_account.words_on(session, shared),
            names=names(session),
        )


@pages.route("/duplicates/accounts/<uuid:shared_account_id>/settle", methods=["GET", "POST"])
@allowed(*DECIDERS)
def settle_shared_account(shared_account_id: UUID) -> ResponseReturnValue:
    form = Settle()
    if form.validate_on_submit():
        with form.refusing({ReasonNotGiven: form.reason}):
            with transaction() as session:
                shared = get_shared_account(session, shared_account_id, lock=True)
                holder = Holder(form.holder.data)
                shared_account.say_whose(session, shared, holder, reason=form.reason.data, by=actor(), at=now())
            flash("You said whose account it is")
            return redirect(url_for("pages.show_shared_account", shared_account_id=shared_account_id), 303)
    with transaction() as session:
        shared = get_shared_account(session, shared_account_id)
        return render_template("duplicates/settle_shared_account.html", form=form, shared=shared), form.status
