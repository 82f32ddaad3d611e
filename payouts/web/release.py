"""After the last gate: asking for the files, taking them to the bank, and recording that they were submitted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovSubmitInput, GovTextInput
from wtforms import StringField, SubmitField
from wtforms.validators import InputRequired, Length

from payouts.app import Service
from payouts.channels.download import BytesDiffer, SubmittedWhen, download, submission_of
from payouts.channels.download import record_submission as record
from payouts.files import sealing
from payouts.files.payment_file import PaymentFile, files_of, get_file
from payouts.files.segment import blocks_of
from payouts.payroll import get_payroll
from payouts.web import words
from payouts.web.access import allowed
from payouts.web.figures import LONDON
from payouts.web.form import DayField, Form
from payouts.web.pages import actor, now, pages, service, transaction
from schemes.errors import NotFound, NotNow, Refused
from schemes.person import Role


class RecordSubmission(Form):
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


@pages.route("/payrolls/<uuid:payroll_id>/files", methods=["POST"])
@allowed(Role.PREPARER)
def ask_for_files(payroll_id: UUID) -> ResponseReturnValue:
    try:
        with transaction() as session:
            sealing.ask_for_files(session, get_payroll(session, payroll_id, lock=True), by=actor(), at=now())
    except NotFound:
        raise
    except Refused as refused:
        flash(words.sentence(refused), "refused")
    return redirect(url_for("pages.show_payroll", payroll_id=payroll_id), 303)


@pages.route("/payrolls/<uuid:payroll_id>/files/<uuid:file_id>/download", methods=["POST"])
@allowed(Role.RELEASER)
def download_file(payroll_id: UUID, file_id: UUID) -> ResponseReturnValue:
    """A POST, because a download is recorded: it is what a submission can follow."""
    try:
        with transaction() as session:
            payroll = get_payroll(session, payroll_id, lock=True)
            file = download(session, service().seals, payroll, file_id, by=actor(), at=now())
    except (NotNow, BytesDiffer) as refused:
        flash(words.sentence(refused), "refused")
        return redirect(url_for("pages.show_payroll", payroll_id=payroll_id), 303)
    response = Response(content_of(service(), file), mimetype="application/octet-stream")
    response.headers.set("Content-Disposition", "attachment", filename=file.name)
    response.content_length = file.byte_count
    return response


def content_of(given: Service, file: PaymentFile) -> Iterator[bytes]:
    """The file's bytes while they are sent, in a transaction of their own: no server holds a file of millions whole."""
    with given.transaction(file.body_id) as session:
        yield from blocks_of(session, given.seals, get_file(session, file.payroll_id, file.id))


@pages.route("/payrolls/<uuid:payroll_id>/submission", methods=["GET", "POST"])
@allowed(Role.RELEASER)
def record_submission(payroll_id: UUID) -> ResponseReturnValue:
    form = RecordSubmission()
    if request.method == "GET":
        here = now().astimezone(LONDON)
        form.submitted_on.data, form.submitted_time.data = here.date(), f"{here:%H:%M}"
    if form.validate_on_submit():
        submitted_at = form.submitted_at()
        if submitted_at and is_recorded(payroll_id, form, submitted_at):
            flash("You recorded the submission. Payees are now told that their money is on its way")
            return redirect(url_for("pages.show_payroll", payroll_id=payroll_id), 303)
    with transaction() as session:
        payroll = get_payroll(session, payroll_id)
        return render_template(
            "payrolls/record_submission.html",
            form=form,
            payroll=payroll,
            files=files_of(session, payroll_id),
            submission=submission_of(session, payroll_id),
        ), form.status


def is_recorded(payroll_id: UUID, form: RecordSubmission, submitted_at: datetime) -> bool:
    try:
        with transaction() as session:
            record(
                session,
                get_payroll(session, payroll_id, lock=True),
                reference=form.reference.data,
                submitted_at=submitted_at,
                by=actor(),
                at=now(),
            )
    except SubmittedWhen as refused:
        form.refuse(words.sentence(refused), form.submitted_time)
        return False
    except Refused as refused:
        form.refuse(words.sentence(refused))
        return False
    return True
