"""Reports: payments over time, what arrived and when, what came back, what it cost. The address says which days."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from flask import Flask, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovRadioInput, GovSelect, GovSubmitInput
from sqlalchemy.orm import Session
from wtforms import RadioField, SelectChoice, SelectField, SubmitField
from wtforms.validators import InputRequired

from payouts.reports import tables
from payouts.reports.cost import CHANNELS, SETTERS, costs_of, set_cost
from payouts.reports.figures import Report, report
from payouts.reports.outstanding import outstanding
from payouts.reports.period import Against, Days, DaysRefused, months_before
from payouts.reports.tables import Kind, Table, channel_words
from payouts.reports.written import WRITERS
from payouts.web import words
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.figures import day, number, pounds
from payouts.web.form import DayField, Form, PoundsField
from payouts.web.pages import actor, now, pages, transaction
from schemes.duties import london_day
from schemes.errors import NotFound
from schemes.scheme import schemes_of_body

MONTHS = 12
AGAINST = {
    Against.PERIOD_BEFORE: "The days right before",
    Against.YEAR_BEFORE: "The same days of the year before",
    Against.NOTHING: "Nothing",
}


class ChooseReport(Form):
    """Sent by GET: it changes nothing, and its address can be kept and passed on."""

    first = DayField("First pay date")
    last = DayField("Last pay date")
    against = RadioField(
        "Held against",
        widget=GovRadioInput(),
        choices=[SelectChoice(key.value, said) for key, said in AGAINST.items()],
    )
    scheme = SelectField("Scheme", widget=GovSelect())
    submit = SubmitField("Show the report", widget=GovSubmitInput())


class SetCost(Form):
    channel = RadioField(
        "Channel",
        widget=GovRadioInput(),
        choices=[SelectChoice(channel, channel_words(channel)) for channel in CHANNELS],
        validators=[InputRequired("Choose a channel")],
    )
    pounds = PoundsField(
        "What 100 payments cost",
        description="In pounds: for 4.5 pence a payment, enter 4.50",
        validators=[InputRequired("Enter what 100 payments cost, in pounds")],
    )
    from_day = DayField("From which day?", validators=[InputRequired("Enter from which day it counts")])
    submit = SubmitField("Save the cost", widget=GovSubmitInput())


class Chosen(NamedTuple):
    """What a report is of."""

    days: Days
    against: Against
    scheme_id: UUID | None

    @property
    def schemes(self) -> tuple[UUID, ...]:
        """The one that was chosen; none for all of them."""
        return (self.scheme_id,) if self.scheme_id else ()

    def query(self) -> dict[str, Any]:
        """The address's query that asks for the same."""
        first, last = ([f"{one.day}", f"{one.month}", f"{one.year}"] for one in self.days)
        scheme = str(self.scheme_id) if self.scheme_id else ""
        return {"first": first, "last": last, "against": self.against.value, "scheme": scheme}


def last_months(today: date) -> Days:
    """The month of today and those before it, a year in all."""
    first = months_before(today.replace(day=1), MONTHS - 1)
    return Days(first, (today.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1))


def asked(form: ChooseReport, today: date) -> Chosen:
    """What the form asks for; what is wrong is said beside its field, and the last twelve months are shown."""
    usual = Chosen(last_months(today), Against.PERIOD_BEFORE, None)
    if "first" not in request.args:
        form.first.data, form.last.data = usual.days
        form.against.data, form.scheme.data = usual.against.value, ""
        return usual
    for field in (form.first, form.last):
        if field.data is None and not field.errors:
            form.refuse("Enter a real date, as day, month and year", field)
    if not form.validate() or form.status != 200:
        return usual
    days = Days(form.first.data, form.last.data)
    try:
        days.must_fit()
    except DaysRefused as refused:
        form.refuse(words.sentence(refused), form.last)
        return usual
    return Chosen(days, Against(form.against.data), UUID(form.scheme.data) if form.scheme.data else None)


def chosen_form(session: Session) -> ChooseReport:
    form = ChooseReport(request.args, meta={"csrf": False})
    form.scheme.choices = [("", "All schemes"), *((str(one.id), one.name) for one in schemes_of_body(session))]
    return form


@pages.route("/reports")
@allowed(ANYONE_SIGNED_IN)
def show_report() -> ResponseReturnValue:
    today = london_day(now())
    with transaction() as session:
        form = chosen_form(session)
        chosen = asked(form, today)
        current, before, shown = read(session, chosen, today)
        return render_template(
            "reports/show_report.html",
            form=form,
            days=chosen.days,
            days_before=before.days if before else None,
            against=AGAINST[chosen.against],
            total=current.total,
            then=before.total if before else None,
            cost=current.cost,
            shown=shown,
            plots=plots(current, before),
            query=chosen.query(),
        ), form.status


@pages.route("/reports/<table_name>.<ending>")
@allowed(ANYONE_SIGNED_IN)
def take_report(table_name: str, ending: str) -> ResponseReturnValue:
    """One table as a file. It holds sums and no person's data, so taking it is no event."""
    today = london_day(now())
    with transaction() as session:
        form = chosen_form(session)
        chosen = asked(form, today)
        shown = {table.name: table for table in read(session, chosen, today)[2]}
    if table_name not in shown or ending not in WRITERS or form.status != 200:
        raise NotFound("report", f"{table_name}.{ending}")
    write, media_type = WRITERS[ending]
    file_name = f"{table_name}-{chosen.days.first}-{chosen.days.last}.{ending}"
    disposition = {"Content-Disposition": f'attachment; filename="{file_name}"'}
    return Response(write(shown[table_name]), mimetype=media_type, headers=disposition)


def read(session: Session, chosen: Chosen, today: date) -> tuple[Report, Report | None, list[Table]]:
    """The figures of the chosen days, those that they are held against, and every table."""
    names = [(one.id, one.name) for one in schemes_of_body(session)]
    current = report(session, chosen.days, schemes=chosen.schemes)
    earlier = chosen.days.before(chosen.against)
    before = report(session, earlier, schemes=chosen.schemes) if earlier else None
    return (
        current,
        before,
        [
            tables.over_time(current, before),
            tables.on_time(current, before),
            tables.by_scheme(current, names),
            tables.by_channel(current, before),
            tables.not_arrived(outstanding(session, today, scheme_id=chosen.scheme_id)),
            tables.since_first(report(session, schemes=chosen.schemes), names),
        ],
    )


def plots(current: Report, before: Report | None) -> list[dict[str, Any]]:
    """What the plots draw: the same figures as the table over time."""
    steps = [step_words(step, by_day=current.days.by_day if current.days else False) for step in current.steps]
    then = list(before.steps.values())[: len(steps)] if before else []
    return [
        {
            "id": "plot-released",
            "title": "Released, in pounds",
            "unit": "£",
            "labels": steps,
            "now": [one.released.pence / 100 for one in current.steps.values()],
            "then": [one.released.pence / 100 for one in then],
        },
        {
            "id": "plot-came-back",
            "title": "Payments that came back",
            "unit": "",
            "labels": steps,
            "now": [one.came_back.payments for one in current.steps.values()],
            "then": [one.came_back.payments for one in then],
        },
    ]


@pages.route("/reports/costs")
@allowed(ANYONE_SIGNED_IN)
def show_costs() -> ResponseReturnValue:
    return costs_page(SetCost())


@pages.route("/reports/costs", methods=["POST"])
@allowed(*SETTERS)
def save_cost() -> ResponseReturnValue:
    form = SetCost()
    if not form.validate_on_submit():
        return costs_page(form)
    assert form.pounds.pence is not None, "the field asks for an amount"
    cost = {"channel": form.channel.data, "from_day": form.from_day.data, "pence_a_hundred": form.pounds.pence}
    with transaction() as session:
        set_cost(session, **cost, by=actor(), at=now())
    flash("You saved what payments cost")
    return redirect(url_for("pages.show_costs"), 303)


def costs_page(form: SetCost) -> ResponseReturnValue:
    able = bool(actor().roles.intersection(SETTERS))
    with transaction() as session:
        return render_template("reports/show_costs.html", form=form, able=able, costs=costs_of(session)), form.status


def step_words(step: date, *, by_day: bool) -> str:
    return f"{step.day} {step:%b}" if by_day else f"{step:%b %Y}"


def share(value: float | None) -> str:
    """`97.5%`."""
    return "–" if value is None else f"{value * 100:.1f}%".replace(".0%", "%")


def cell(value: tables.Cell, kind: Kind, by_day: bool = True) -> str:
    """A cell of a report's table as a person reads it."""
    if value is None:
        return "–"
    match kind:
        case Kind.PENCE:
            return pounds(int(value))  # type: ignore[arg-type]
        case Kind.HUNDREDTHS:
            return f"{int(value) / 100:.2f}p"  # type: ignore[arg-type]
        case Kind.SHARE:
            return share(float(value))  # type: ignore[arg-type]
        case Kind.COUNT:
            return number(int(value))  # type: ignore[arg-type]
        case Kind.STEP:
            assert isinstance(value, date)
            return day(value) if by_day else f"{value:%B %Y}"
    return str(value)


def heads(columns: tuple[tables.Column, ...]) -> list[str | list[str]]:
    """Headings as the macro of tables takes them."""
    return [one.words if one.kind in (Kind.WORDS, Kind.STEP) else [one.words, "numeric"] for one in columns]


def register(app: Flask) -> None:
    app.add_template_filter(cell, "report_cell")
    app.add_template_filter(heads, "report_heads")
    app.add_template_filter(share, "share")
    app.add_template_filter(channel_words)
