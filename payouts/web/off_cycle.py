"""Creating an off-cycle payroll: for some or all of those whom another payroll left out."""

from __future__ import annotations

from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovRadioInput, GovSubmitInput
from wtforms import RadioField, SelectChoice, SubmitField
from wtforms.validators import InputRequired

from payouts.off_cycle import NotLeftOut, create_off_cycle
from payouts.payment import unpaid_counts
from payouts.payroll import PayDateRefused, PayrollStatus, get_payroll
from payouts.redating import first_possible
from payouts.web import words
from payouts.web.access import allowed
from payouts.web.form import DayField, Form, MadeField, WordsField
from payouts.web.pages import actor, now, pages, service, transaction
from schemes.errors import NotAllowed, NotFound, Refused
from schemes.period import NoPeriod
from schemes.person import Role

EVERYONE, NAMED = "everyone", "named"


class CreateOffCycle(Form):
    payroll_id = MadeField()
    who = RadioField(
        "Who is it for?",
        widget=GovRadioInput(),
        choices=[
            SelectChoice(EVERYONE, "Everyone whose reason has gone"),
            SelectChoice(NAMED, "Only the people I name"),
        ],
        validators=[InputRequired("Choose who it is for")],
    )
    references = WordsField(
        "References", hint="Needed if you name people: the reference of each, on a line of its own", longest=20_000
    )
    pay_date = DayField("Pay date", validators=[InputRequired("Enter the day on which they should have the money")])
    submit = SubmitField("Create the payroll", widget=GovSubmitInput())

    def named(self) -> list[str] | None:
        return (self.references.data or "").split() if self.who.data == NAMED else None


@pages.route("/payrolls/<uuid:payroll_id>/off-cycle", methods=["GET", "POST"])
@allowed(Role.PREPARER)
def pay_left_out(payroll_id: UUID) -> ResponseReturnValue:
    form = CreateOffCycle()
    if form.validate_on_submit():
        made = create(form, payroll_id)
        if made is not None:
            return redirect(url_for("pages.show_payroll", payroll_id=made), 303)
    with transaction() as session:
        payroll = get_payroll(session, payroll_id)
        actor().must_be(Role.PREPARER, scheme=payroll.scheme_id)
        if payroll.status in (PayrollStatus.BUILDING, PayrollStatus.CANCELLED):
            return redirect(url_for("pages.show_payroll", payroll_id=payroll_id), 303)
        [earliest] = first_possible(session, service().calendar, payroll, now=now(), most=1)
        unpaid = unpaid_counts(session, payroll_id)
    if request.method == "GET":
        form.pay_date.data = earliest.entry_day
    facts = {"form": form, "payroll": payroll, "unpaid": unpaid, "earliest": earliest}
    return render_template("payrolls/off_cycle.html", **facts), form.status


def create(form: CreateOffCycle, payroll_id: UUID) -> UUID | None:
    """The payroll that was made, or None: what is refused is an error beside its field."""
    try:
        with transaction() as session:
            return create_off_cycle(
                session,
                service().calendar,
                payroll_id=form.payroll_id.id_of_what_is_made,
                of=get_payroll(session, payroll_id),
                references=form.named(),
                pay_date=form.pay_date.data,
                by=actor(),
                at=now(),
            ).id
    except (NotAllowed, NotFound):
        raise
    except (PayDateRefused, NoPeriod) as refused:
        form.refuse(words.sentence(refused), form.pay_date)
    except Refused as refused:
        beside = form.references if isinstance(refused, NotLeftOut) else form.who
        form.refuse(words.sentence(refused), beside)
    return None
