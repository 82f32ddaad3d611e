"""Parallel runs: another system's file beside a payroll, what differs by class, and why each class is right."""

from __future__ import annotations

from uuid import UUID

from flask import abort, flash, jsonify, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.file import FileField, FileRequired
from govuk_frontend_wtf.wtforms_widgets import (
    GovCheckboxesInput,
    GovFileInput,
    GovRadioInput,
    GovSubmitInput,
)
from wtforms import RadioField, SelectChoice, SelectMultipleField, SubmitField

from bacs.comparison import Part
from payouts.parallel_run.comparing import PAGE, rows_on
from payouts.parallel_run.old_file import NEEDED, Column, Columns, ColumnsRefused, guessed
from payouts.parallel_run.parallel_run import (
    BEFORE_PAYMENTS,
    CHOOSABLE,
    COMPARERS,
    DayMeant,
    ParallelRun,
    RunStatus,
    begin,
    explain,
    get_run,
    is_current,
    outcome_of,
    reasons_of,
    runs_of,
    tell_columns,
)
from payouts.payroll import get_payroll
from payouts.web import words
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.figures import count
from payouts.web.file_columns import amounts_field, days_field, places_chosen, with_columns
from payouts.web.file_words import file_sentence
from payouts.web.form import Form, MadeField, WordsField
from payouts.web.pages import actor, now, number_given, pages, service, transaction
from payouts.web.parallel_run_words import COLUMNS
from schemes.errors import FileFault, NotFound, Refused
from schemes.person import READERS, names

DAYS = (
    SelectChoice(DayMeant.PROCESSING_DAY.value, "The day the bank works on it, a working day earlier"),
    SelectChoice(DayMeant.PAY_DATE.value, "The day payees have the money"),
)


class BeginRun(Form):
    run_id = MadeField()
    file = FileField(
        "The old system’s file", widget=GovFileInput(), validators=[FileRequired("Choose the old system’s file")]
    )
    looking_at = SelectMultipleField(
        "What else must be the same?",
        description="Accounts and amounts always are compared",
        widget=GovCheckboxesInput(),
        choices=[
            SelectChoice(Part.REFERENCE.value, "Payment references"),
            SelectChoice(Part.DAY.value, "Dates"),
            SelectChoice(Part.NAME.value, "Names on the accounts"),
        ],
        default=[Part.REFERENCE.value, Part.DAY.value],
    )
    submit = SubmitField("Compare", widget=GovSubmitInput())


class RunColumns(Form):
    """The columns themselves are added for each file, by what they are: `sort_code` and so on."""

    amounts = amounts_field()
    days = days_field()
    day_meant = RadioField(
        "Which day is the date of a payment?",
        widget=GovRadioInput(),
        choices=DAYS,
        default=DayMeant.PROCESSING_DAY.value,
    )
    submit = SubmitField("Compare", widget=GovSubmitInput())

    def columns(self) -> Columns:
        places = places_chosen(self, Column)
        return Columns(places, in_pence=self.amounts.data == "pence", month_first=self.days.data == "month_first")


class ExplainClass(Form):
    reason = WordsField(
        "Why are these differences right?",
        missing="Say why these differences are right",
        hint="Everybody who decides on this payroll reads it",
    )
    submit = SubmitField("Explain them", widget=GovSubmitInput())


def columns_form(run: ParallelRun) -> RunColumns:
    """A form with a choice of the file's columns for each thing that a payment has, as we guess them."""
    return with_columns(RunColumns, run.header, COLUMNS, needed=NEEDED, guess=guessed(run.header).places)


@pages.route("/payrolls/<uuid:payroll_id>/parallel-runs")
@allowed(ANYONE_SIGNED_IN)
def show_parallel_runs(payroll_id: UUID) -> ResponseReturnValue:
    return runs_page(payroll_id, BeginRun())


@pages.route("/payrolls/<uuid:payroll_id>/parallel-runs", methods=["POST"])
@allowed(*COMPARERS)
def begin_parallel_run(payroll_id: UUID) -> ResponseReturnValue:
    form = BeginRun()
    if not form.validate_on_submit():
        return runs_page(payroll_id, form)
    try:
        with transaction() as session:
            begin(
                session,
                service().seals,
                get_payroll(session, payroll_id),
                run_id=form.run_id.id_of_what_is_made,
                file_name=form.file.data.filename or "file",
                content=form.file.data.read(),
                looking_at=frozenset(Part(part) for part in form.looking_at.data if part in CHOOSABLE),
                by=actor(),
                at=now(),
            )
    except NotFound:
        raise
    except Refused as refused:
        form.refuse(words.sentence(refused), form.file)
        return runs_page(payroll_id, form)
    return redirect(url_for("pages.show_parallel_run", parallel_run_id=form.run_id.data), 303)


def runs_page(payroll_id: UUID, form: BeginRun) -> ResponseReturnValue:
    with transaction() as session:
        payroll = get_payroll(session, payroll_id)
        runs = runs_of(session, payroll_id)
        return render_template(
            "parallel_runs/show_parallel_runs.html",
            form=form,
            payroll=payroll,
            runs=[(run, outcome_of(session, run) if run.status is RunStatus.COMPARED else None) for run in runs],
            may_compare=payroll.status not in BEFORE_PAYMENTS
            and any(actor().holds(role, payroll.scheme_id) for role in COMPARERS),
            names=names(session),
        ), form.status


@pages.route("/parallel-runs/<uuid:parallel_run_id>")
@allowed(ANYONE_SIGNED_IN)
def show_parallel_run(parallel_run_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        run = get_run(session, parallel_run_id)
        payroll = get_payroll(session, run.payroll_id)
        compared = run.status is RunStatus.COMPARED
        return render_template(
            "parallel_runs/show_parallel_run.html",
            run=run,
            payroll=payroll,
            state=progress_of(run),
            outcome=outcome_of(session, run) if compared else None,
            is_current=compared and is_current(session, run, payroll),
            reasons=reasons_of(session, parallel_run_id),
            unreadable=file_sentence(FileFault(run.fault["fault"]), run.fault) if run.fault else None,
            may_tell=any(actor().holds(role, payroll.scheme_id) for role in COMPARERS),
            names=names(session),
        )


def progress_of(run: ParallelRun) -> dict[str, object]:
    running = run.status is RunStatus.READING
    return {"finished": not running, "done": 0, "total": 0, "words": "Every payment is held against the payroll."}


@pages.route("/parallel-runs/<uuid:parallel_run_id>/progress")
@allowed(ANYONE_SIGNED_IN)
def parallel_run_progress(parallel_run_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        return jsonify(progress_of(get_run(session, parallel_run_id)))


@pages.route("/parallel-runs/<uuid:parallel_run_id>/columns", methods=["GET", "POST"])
@allowed(*COMPARERS)
def tell_run_columns(parallel_run_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        run = get_run(session, parallel_run_id)
    form = columns_form(run)
    if form.validate_on_submit():
        try:
            with transaction() as session:
                locked = get_run(session, parallel_run_id, lock=True)
                meant = DayMeant(form.day_meant.data)
                tell_columns(session, locked, form.columns(), day_meant=meant, by=actor(), at=now())
        except ColumnsRefused as refused:
            place = [*refused.missing, *refused.twice][-1]
            form.refuse(words.sentence(refused), form[str(place)])
        except NotFound:
            raise
        except Refused as refused:
            form.refuse(words.sentence(refused))
        else:
            return redirect(url_for("pages.show_parallel_run", parallel_run_id=parallel_run_id), 303)
    elif run.status is not RunStatus.ASKING:
        return redirect(url_for("pages.show_parallel_run", parallel_run_id=parallel_run_id), 303)
    columns = [form[column.value] for column in Column]
    return render_template("parallel_runs/tell_run_columns.html", form=form, run=run, columns=columns), form.status


@pages.route("/parallel-runs/<uuid:parallel_run_id>/differences/<difference_class>")
@allowed(*READERS)
def show_run_differences(parallel_run_id: UUID, difference_class: str) -> ResponseReturnValue:
    return differences_page(parallel_run_id, difference_class, ExplainClass())


@pages.route("/parallel-runs/<uuid:parallel_run_id>/differences/<difference_class>", methods=["POST"])
@allowed(*COMPARERS)
def explain_differences(parallel_run_id: UUID, difference_class: str) -> ResponseReturnValue:
    form = ExplainClass()
    if not form.validate_on_submit():
        return differences_page(parallel_run_id, difference_class, form)
    try:
        with transaction() as session:
            run = get_run(session, parallel_run_id, lock=True)
            explain(session, run, difference_class, reason=form.reason.data, by=actor(), at=now())
            explained = count(run.differing[difference_class][0], "payment")
    except NotFound:
        raise
    except Refused as refused:
        form.refuse(words.sentence(refused), form.reason)
        return differences_page(parallel_run_id, difference_class, form)
    flash(f"You explained why {explained} {'differs' if explained.startswith('1 ') else 'differ'}")
    return redirect(url_for("pages.show_parallel_run", parallel_run_id=parallel_run_id), 303)


def differences_page(parallel_run_id: UUID, difference_class: str, form: ExplainClass) -> ResponseReturnValue:
    number = max(number_given("page") or 1, 1)
    with transaction() as session:
        run = get_run(session, parallel_run_id)
        if run.status is not RunStatus.COMPARED or difference_class not in run.differing:
            abort(404)
        found, pence = run.differing[difference_class]
        return render_template(
            "parallel_runs/show_run_differences.html",
            form=form,
            run=run,
            payroll=get_payroll(session, run.payroll_id),
            part=difference_class,
            found=found,
            pence=pence,
            rows=rows_on(session, service().seals, run, difference_class, number),
            number=number,
            pages=-(-found // PAGE),
            reason=reasons_of(session, parallel_run_id).get(difference_class),
            may_explain=any(actor().holds(role) for role in COMPARERS),
            names=names(session),
        ), form.status
