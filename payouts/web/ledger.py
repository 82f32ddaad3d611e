"""Where the money is: the ledger's balances, the daily control, closing the books, and money that is held."""

from __future__ import annotations

from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovRadioInput, GovSubmitInput
from wtforms import RadioField, SelectChoice, SubmitField
from wtforms.validators import InputRequired

from payouts.ledger import control, held, period
from payouts.ledger.balance import by_scheme, whereabouts
from payouts.ledger.closing import closed_to, closings
from payouts.ledger.control_run import MOST_KEPT, get_run, newest_run, runs
from payouts.ledger.entry import Event
from payouts.statement import posted
from payouts.web import words
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.form import DayField, Form, MadeField, WordsField
from payouts.web.pages import actor, id_given, now, pages, transaction
from schemes.change import ChangeKind, waiting_of
from schemes.errors import NotAllowed, ReasonNotGiven, Refused
from schemes.person import names
from schemes.scheme import schemes_of_body

PAGE = 50


class CloseBooks(Form):
    change_id = MadeField()
    last_day = DayField("Last day that is closed", validators=[InputRequired("Enter the last day that is closed")])
    reason = WordsField(
        "Why?",
        missing="Say why the books are closed",
        hint="Such as the end of a month. Everyone in your body can read it",
    )
    submit = SubmitField("Propose it to a second person", widget=GovSubmitInput())


class EndHeld(Form):
    change_id = MadeField()
    end = RadioField(
        "What happens to the money?",
        widget=GovRadioInput(),
        choices=[
            SelectChoice(Event.RECOVERED.value, "It is owed to nobody any more, and the scheme has it back"),
            SelectChoice(Event.WRITTEN_OFF.value, "It is owed, but nobody is found to pay it to: it is written off"),
        ],
        validators=[InputRequired("Choose what happens to the money")],
    )
    reason = WordsField("Why?", missing="Say why this is right")
    submit = SubmitField("Propose it to a second person", widget=GovSubmitInput())


@pages.route("/ledger")
@allowed(ANYONE_SIGNED_IN)
def show_ledger() -> ResponseReturnValue:
    with transaction() as session:
        found = by_scheme(session)
        return render_template(
            "ledger/show_ledger.html",
            whole=whereabouts(session),
            schemes=[(scheme, found[scheme.id]) for scheme in schemes_of_body(session) if scheme.id in found],
            control=newest_run(session),
            closed_to=closed_to(session),
            suspense=posted.suspense(session),
            bank=[(account, found) for account, found in posted.stands(session).items() if found != posted.Stands()],
        )


@pages.route("/ledger/control")
@allowed(ANYONE_SIGNED_IN)
def show_controls() -> ResponseReturnValue:
    with transaction() as session:
        return render_template("ledger/show_controls.html", runs=runs(session), names=names(session))


@pages.route("/ledger/control", methods=["POST"])
@allowed(*control.ASKERS)
def ask_control() -> ResponseReturnValue:
    with transaction() as session:
        control.ask(session, by=actor(), at=now())
    flash("The control runs now. Load this page again in a moment to see what it found")
    return redirect(url_for("pages.show_controls"), 303)


@pages.route("/ledger/control/<uuid:control_id>")
@allowed(ANYONE_SIGNED_IN)
def show_control(control_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        run = get_run(session, control_id)
        return render_template("ledger/show_control.html", run=run, most=MOST_KEPT, names=names(session))


@pages.route("/ledger/closing", methods=["GET", "POST"])
@allowed(*period.PROPOSERS)
def close_books() -> ResponseReturnValue:
    form = CloseBooks()
    if form.validate_on_submit():
        made = form.change_id.id_of_what_is_made
        try:
            with transaction() as session:
                period.propose(
                    session, form.last_day.data, change_id=made, reason=form.reason.data, by=actor(), at=now()
                )
        except NotAllowed:
            raise
        except Refused as refused:
            beside = {period.ClosingRefused: form.last_day, ReasonNotGiven: form.reason}
            form.refuse(words.sentence(refused), beside.get(type(refused)))
        else:
            return proposed(made)
    with transaction() as session:
        return render_template(
            "ledger/close_books.html",
            form=form,
            closed_to=closed_to(session),
            closings=closings(session),
            where=whereabouts(session),
            suspense=posted.suspense(session),
            control=newest_run(session),
            waiting=waiting_of(session, ChangeKind.LEDGER_CLOSE, actor().body_id),
        ), form.status


@pages.route("/ledger/held")
@allowed(ANYONE_SIGNED_IN)
def show_held() -> ResponseReturnValue:
    after = id_given("after")
    with transaction() as session:
        rows = held.held_payments(session, after=after, limit=PAGE + 1)
        here = url_for("pages.show_held")
        return render_template(
            "ledger/show_held.html",
            rows=rows[:PAGE],
            where=whereabouts(session),
            next=f"{here}?after={rows[PAGE - 1].entry_id}" if len(rows) > PAGE else None,
            first=here if after else None,
        )


@pages.route("/ledger/held/<uuid:payment_id>", methods=["GET", "POST"])
@allowed(*held.PROPOSERS)
def end_held(payment_id: UUID) -> ResponseReturnValue:
    form = EndHeld()
    if form.validate_on_submit():
        made, end = form.change_id.id_of_what_is_made, Event(form.end.data)
        with form.refusing({ReasonNotGiven: form.reason}):
            with transaction() as session:
                held.propose_end(
                    session, payment_id, end, change_id=made, reason=form.reason.data, by=actor(), at=now()
                )
            return proposed(made)
    with transaction() as session:
        try:
            found = held.held_of(session, payment_id)
        except held.NotHeld:
            flash("This payment’s money is not held any more", "refused")
            return redirect(url_for("pages.show_held"), 303)
        if found.case_id is not None:
            return redirect(url_for("pages.propose_outcome", returned_payment_id=found.case_id), 303)
        waiting = waiting_of(session, ChangeKind.HELD_MONEY, payment_id)
        return render_template("ledger/end_held.html", form=form, held=found, waiting=waiting), form.status


def proposed(change_id: UUID) -> ResponseReturnValue:
    flash("You proposed it. It counts once somebody else confirms it")
    return redirect(url_for("pages.decide_change", change_id=change_id), 303)
