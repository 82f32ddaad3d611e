"""Recording that a payroll's files were submitted: all at once, or each as it was sent."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovCheckboxesInput, GovSubmitInput, GovTextInput
from sqlalchemy.orm import Session
from wtforms import SelectChoice, SelectMultipleField, StringField, SubmitField
from wtforms.validators import InputRequired, Length

from payouts.channels.submission import NoFileChosen, SubmittedWhen, files_to_submit, submissions_of
from payouts.channels.submission import record_submission as record
from payouts.files.file_check import last_checks
from payouts.files.payment_file import files_of
from payouts.payroll import PayrollStatus, get_payroll
from payouts.web import words
from payouts.web.access import allowed
from payouts.web.figures import LONDON, count, pounds
from payouts.web.form import DayField, Form
from payouts.web.pages import actor, now, pages, transaction
from schemes.errors import NotFound, Refused
from schemes.person import Role, names


class RecordSubmission(Form):
    """`files` is asked only where several are left."""

    files = SelectMultipleField("Which files were sent?", widget=GovCheckboxesInput())
    reference = StringField(
        "Reference of the submission",
        description="Your Bacs software shows it after sending, often as “submission reference” or “serial number”",
        widget=GovTextInput(),
        validators=[
            InputRequired("Enter the reference of the submission"),
            Length(max=100, message="Use at most 100 characters"),
        ],
    )
    submitted_on = DayField("On which day was it sent?", validators=[InputRequired("Enter the day it was sent")])
    submitted_time = StringField(
        "At what time?",
        description="London time, for example 14:05",
        widget=GovTextInput(),
        validators=[InputRequired("Enter the time it was sent")],
    )
    submit = SubmitField("Record the submission", widget=GovSubmitInput())

    def submitted_at(self) -> datetime | None:
        """The instant, or None and an error: for the minute that it is now, the second that it is now."""
        try:
            time = datetime.strptime(self.submitted_time.data.strip().replace(".", ":"), "%H:%M").time()  # noqa: DTZ007
        except ValueError:
            self.refuse("Enter a time as 14:05", self.submitted_time)
            return None
        return datetime.combine(self.submitted_on.data, time, LONDON).astimezone(UTC)

    def offer(self, session: Session, payroll_id: UUID) -> None:
        """Ask which files, where there are several left."""
        left = files_to_submit(session, payroll_id)
        if len(left) < 2:
            del self.files
            return
        self.files.choices = [
            SelectChoice(
                str(file.id), f"{file.name}: {count(file.payment_count, 'payment')}, {pounds(file.total_pence)}"
            )
            for file in left
        ]

    def chosen(self) -> list[UUID] | None:
        """The files that were chosen, or None for the only one."""
        return [UUID(file_id) for file_id in self.files.data] if self.files else None


@pages.route("/payrolls/<uuid:payroll_id>/submission", methods=["GET", "POST"])
@allowed(Role.RELEASER)
def record_submission(payroll_id: UUID) -> ResponseReturnValue:
    form = RecordSubmission()
    with transaction() as session:
        form.offer(session, payroll_id)
    if request.method == "GET":
        here = now().astimezone(LONDON)
        form.submitted_on.data, form.submitted_time.data = here.date(), f"{here:%H:%M}"
    if form.validate_on_submit():
        submitted_at = form.submitted_at()
        if submitted_at and is_recorded(payroll_id, form, submitted_at):
            return say_what_is_left(payroll_id)
    with transaction() as session:
        return render_template(
            "payrolls/record_submission.html",
            form=form,
            payroll=get_payroll(session, payroll_id),
            files=files_of(session, payroll_id),
            submissions=submissions_of(session, payroll_id),
            checks=last_checks(session, payroll_id),
            names=names(session),
        ), form.status


def say_what_is_left(payroll_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        left = len(files_to_submit(session, payroll_id))
        is_done = get_payroll(session, payroll_id).status is not PayrollStatus.RELEASED
    flash(
        "You recorded the submission. Payees are now told that their money is on its way"
        if is_done
        else f"You recorded the submission. {count(left, 'file is', 'files are')} left"
    )
    return redirect(url_for("pages.show_payroll", payroll_id=payroll_id), 303)


def is_recorded(payroll_id: UUID, form: RecordSubmission, submitted_at: datetime) -> bool:
    try:
        with transaction() as session:
            record(
                session,
                get_payroll(session, payroll_id, lock=True),
                file_ids=form.chosen(),
                reference=form.reference.data,
                submitted_at=submitted_at,
                by=actor(),
                at=now(),
            )
    except NotFound:
        raise
    except SubmittedWhen as refused:
        form.refuse(words.sentence(refused), form.submitted_time)
        return False
    except NoFileChosen as refused:
        form.refuse(words.sentence(refused), form.files)
        return False
    except Refused as refused:
        form.refuse(words.sentence(refused))
        return False
    return True
