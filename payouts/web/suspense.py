"""Lines of the bank's without a payment: who they may be about, one person's proposal, a second one's decision."""

from __future__ import annotations

from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovRadioInput, GovSubmitInput, GovTextInput
from wtforms import RadioField, SelectChoice, StringField, SubmitField
from wtforms.validators import InputRequired, Length, Optional

from payouts.responses import by_hand, suspense
from payouts.responses.by_hand import Candidate
from payouts.responses.suspense import CONFIRMERS, SETTLERS, SuspenseStatus, get_row
from payouts.web import words
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.figures import pounds, short_day
from payouts.web.form import Form, WordsField
from payouts.web.pages import actor, id_given, now, pages, transaction
from schemes.errors import NotAllowed, NotFound, ReasonNotGiven, Refused
from schemes.person import names

SHOWN = 50
NOT_OURS, ANOTHER = "none", "another"


class SettleLine(Form):
    payment = RadioField(
        "Which payment is it about?",
        widget=GovRadioInput(),
        validators=[InputRequired("Choose the payment that this line is about, or say that it is none of yours")],
    )
    reference = StringField(
        "Reference of the other payment",
        description="Only for another payment",
        widget=GovTextInput(),
        validators=[Optional(), Length(max=40, message="Use at most 40 characters")],
    )
    reason = WordsField(
        "How do you know?", missing="Say how you know, so that the second person can see it too", longest=1000
    )
    submit = SubmitField("Continue", widget=GovSubmitInput())


class DecideLine(Form):
    decision = RadioField(
        "Your decision",
        widget=GovRadioInput(),
        choices=[SelectChoice("confirm", "Confirm it"), SelectChoice("wait", "It is not right: let the line wait")],
        validators=[InputRequired("Choose what happens")],
    )
    submit = SubmitField("Continue", widget=GovSubmitInput())


@pages.route("/bank/suspense")
@allowed(ANYONE_SIGNED_IN)
def show_suspense() -> ResponseReturnValue:
    after = id_given("after")
    with transaction() as session:
        rows = suspense.rows(session, after=after, limit=SHOWN + 1)
        return render_template(
            "suspense/show_suspense.html",
            rows=rows[:SHOWN],
            next=url_for("pages.show_suspense", after=rows[SHOWN - 1].suspense.id) if len(rows) > SHOWN else None,
            first=url_for("pages.show_suspense") if after else None,
        )


@pages.route("/bank/suspense/<uuid:suspense_id>")
@allowed(ANYONE_SIGNED_IN)
def show_suspense_line(suspense_id: UUID) -> ResponseReturnValue:
    return line_page(suspense_id)


@pages.route("/bank/suspense/<uuid:suspense_id>/settle", methods=["POST"])
@allowed(*SETTLERS, *CONFIRMERS)
def settle_line(suspense_id: UUID) -> ResponseReturnValue:
    return line_page(suspense_id)


def line_page(suspense_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        row = get_row(session, suspense_id)
        found = by_hand.candidates(session, row.line)
        said = by_hand.compared(session, row.line, [row.suspense.payment_id] if row.suspense.payment_id else [])
    form = SettleLine() if row.suspense.status is SuspenseStatus.WAITING else DecideLine()
    if isinstance(form, SettleLine):
        form.payment.choices = [
            *(SelectChoice(str(one.payment.id), told(one)) for one in found),
            SelectChoice(ANOTHER, "Another payment"),
            SelectChoice(NOT_OURS, "None of our payments"),
        ]
    if form.validate_on_submit() and is_done(form, suspense_id):
        return redirect(url_for("pages.show_suspense_line", suspense_id=suspense_id), 303)
    with transaction() as session:
        return render_template(
            "suspense/show_suspense_line.html",
            form=form,
            row=row,
            candidates=found,
            proposed=said[0] if said else None,
            agreeing=agreeing(said[0]) if said else None,
            hints=[{"hint": {"text": agreeing(one)}} for one in found]
            + [
                {"hint": {"text": "Enter its reference below"}},
                {"hint": {"text": "The line stays in the file, and nothing changes"}},
            ],
            may_settle=any(actor().holds(role) for role in SETTLERS),
            may_confirm=any(actor().holds(role) for role in CONFIRMERS),
            names=names(session),
        ), form.status


def told(one: Candidate) -> str:
    return f"{pounds(one.payment.amount_pence)} to {one.payee.name}, {one.payment.reference}"


def agreeing(one: Candidate) -> str:
    """What of a line agrees with a payment, and what does not."""
    parts = {
        "amount": one.same_amount,
        "account": one.same_account,
        "reference": one.same_reference,
        "day": one.same_day,
    }
    same = [what for what, is_same in parts.items() if is_same]
    other = [what for what, is_same in parts.items() if not is_same]
    said = f"Same {', '.join(same)}" if same else "Nothing is the same"
    return (
        f"{said}{'; other ' + ', '.join(other) if other else ''}. "
        f"Payroll {one.payroll.number}, paid on {short_day(one.payroll.pay_date)}"
    )


def is_done(form: Form, suspense_id: UUID) -> bool:
    try:
        with transaction() as session:
            row = get_row(session, suspense_id, lock=True)
            if isinstance(form, SettleLine):
                chosen = None if form.payment.data in (NOT_OURS, ANOTHER) else UUID(form.payment.data)
                if form.payment.data == ANOTHER:
                    named = by_hand.with_reference(session, form.reference.data or "")
                    if len(named) != 1:
                        form.refuse("No payment alone that went to the bank has this reference", form.reference)
                        return False
                    chosen = named[0]
                by_hand.propose(session, row, payment_id=chosen, reason=form.reason.data, by=actor(), at=now())
                flash("You said what the line is about. It counts when someone else confirms it")
            elif isinstance(form, DecideLine) and form.decision.data == "confirm":
                by_hand.confirm(session, row, by=actor(), at=now())
                flash("You confirmed it")
            else:
                by_hand.let_wait(session, row, by=actor(), at=now())
                flash("The line waits again")
    except (NotAllowed, NotFound):
        raise
    except Refused as refused:
        field = form["reason"] if isinstance(refused, ReasonNotGiven) and "reason" in form else None
        form.refuse(words.sentence(refused), field)
    return form.status == 200
