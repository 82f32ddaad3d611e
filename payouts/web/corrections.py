"""Corrections from the bank: send a report, and see what became of each line."""

from __future__ import annotations

from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.file import FileField, FileRequired
from govuk_frontend_wtf.wtforms_widgets import GovFileInput, GovSubmitInput
from wtforms import SubmitField

from payouts.responses import correction
from payouts.responses.correction import LineOutcome, counts_of, get_report, lines_of, reports
from payouts.web import words
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.correction_words import OUTCOMES
from payouts.web.figures import number
from payouts.web.form import Form, MadeField
from payouts.web.pages import actor, now, number_given, pages, service, transaction
from schemes.errors import NotAllowed, Refused
from schemes.person import Role, names

PAGE = 50
LONGEST_FILE_NAME = 200


class SendReport(Form):
    report_id = MadeField()
    file = FileField("AWACS report", widget=GovFileInput(), validators=[FileRequired("Choose the AWACS report")])
    submit = SubmitField("Read the report", widget=GovSubmitInput())


@pages.route("/bank-corrections")
@allowed(ANYONE_SIGNED_IN)
def show_corrections() -> ResponseReturnValue:
    with transaction() as session:
        return render_template("corrections/show_corrections.html", reports=reports(session), names=names(session))


@pages.route("/bank-corrections/new", methods=["GET", "POST"])
@allowed(Role.PREPARER)
def send_correction_report() -> ResponseReturnValue:
    form = SendReport()
    if form.validate_on_submit():
        try:
            with transaction() as session:
                report = correction.take(
                    session,
                    service(),
                    report_id=form.report_id.id_of_what_is_made,
                    file_name=(form.file.data.filename or "awacs.xml")[:LONGEST_FILE_NAME],
                    content=form.file.data.read(),
                    by=actor(),
                    at=now(),
                )
        except NotAllowed:
            raise
        except Refused as refused:
            form.refuse(words.sentence(refused), form.file)
        else:
            again = report.id != form.report_id.id_of_what_is_made
            read = "The report was read" if report.is_read else "The report is being read. Large ones take some minutes"
            flash("This report was read before. Nothing has changed" if again else read)
            return redirect(url_for("pages.show_correction_report", correction_report_id=report.id), 303)
    return render_template("corrections/send_report.html", form=form), form.status


@pages.route("/bank-corrections/<uuid:correction_report_id>")
@allowed(ANYONE_SIGNED_IN)
def show_correction_report(correction_report_id: UUID) -> ResponseReturnValue:
    after = number_given("after") or 0
    with transaction() as session:
        report = get_report(session, correction_report_id)
        found = lines_of(session, report.id, after=after, limit=PAGE + 1)
        counts = counts_of(session, report.id)
        here = url_for("pages.show_correction_report", correction_report_id=report.id)
        return render_template(
            "corrections/show_report.html",
            report=report,
            lines=found[:PAGE],
            counts=[(OUTCOMES[outcome][0], number(counts[outcome])) for outcome in LineOutcome if outcome in counts],
            next=f"{here}?after={found[PAGE - 1].line.position}" if len(found) > PAGE else None,
            first=here if after else None,
            names=names(session),
        )
