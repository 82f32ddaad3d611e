"""What the bank sends, in the browser: send several files at once, and see what each said and what it came to."""

from __future__ import annotations

from io import BytesIO
from uuid import UUID, uuid5

from flask import flash, jsonify, redirect, render_template, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.file import FileRequired, MultipleFileField
from govuk_frontend_wtf.wtforms_widgets import GovFileInput, GovSubmitInput
from werkzeug.datastructures import FileStorage
from wtforms import SubmitField

from payouts.responses import line, response, suspense
from payouts.responses.response import RECEIVERS, ResponseKind, get_response, responses, take_out
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.figures import count, number
from payouts.web.form import Form, MadeField
from payouts.web.pages import actor, id_given, now, number_given, pages, service, transaction
from payouts.web.response_words import SAYS
from schemes.bank_connection import collecting
from schemes.person import names
from schemes.unmasking import UNMASKERS

SHOWN = 50
MOST_FILES = 50


class SendResponses(Form):
    sent_id = MadeField()
    files = MultipleFileField(
        "Files from the bank", widget=GovFileInput(multiple=True), validators=[FileRequired("Choose at least one file")]
    )
    submit = SubmitField("Send the files", widget=GovSubmitInput())


@pages.route("/bank")
@allowed(ANYONE_SIGNED_IN)
def show_responses() -> ResponseReturnValue:
    before = id_given("before")
    with transaction() as session:
        found = responses(session, before=before, limit=SHOWN + 1)
        return render_template(
            "responses/show_responses.html",
            responses=found[:SHOWN],
            next=url_for("pages.show_responses", before=found[SHOWN - 1].id) if len(found) > SHOWN else None,
            first=url_for("pages.show_responses") if before else None,
            folders=len(collecting(session)),
            in_suspense=suspense.open_count(session),
            names=names(session),
        )


@pages.route("/bank/files/new", methods=["GET", "POST"])
@allowed(*RECEIVERS)
def send_responses() -> ResponseReturnValue:
    form = SendResponses()
    if form.validate_on_submit():
        sent = [file for file in form.files.data if file.filename]
        if len(sent) > MOST_FILES:
            form.refuse(f"Send at most {MOST_FILES} files at once", form.files)
        else:
            return redirect(send(form.sent_id.id_of_what_is_made, sent), 303)
    limit = service().settings.upload_limit
    return render_template("responses/send_responses.html", form=form, limit=limit), form.status


def send(sent_id: UUID, sent: list[FileStorage]) -> str:
    """Take the files in, each in a transaction of its own; returns where to look at them."""
    new, known, last = 0, 0, None
    for place, file in enumerate(sent):
        response_id = uuid5(sent_id, str(place))
        with transaction() as session:
            last = response.receive(
                session,
                service().seals,
                response_id=response_id,
                file_name=file.filename or "response.xml",
                content=file.read(),
                by=actor(),
                at=now(),
            )
        new, known = (new + 1, known) if last.id == response_id else (new, known + 1)
    said = [f"{count(new, 'file')} taken in" if new else "", f"{count(known, 'file')} known already" if known else ""]
    flash(", ".join(filter(None, said)))
    if len(sent) == 1 and last is not None:
        return url_for("pages.show_response", response_id=last.id)
    return url_for("pages.show_responses")


@pages.route("/bank/files/<uuid:response_id>/file", methods=["POST"])
@allowed(*UNMASKERS)
def take_response(response_id: UUID) -> ResponseReturnValue:
    """A POST, because it is recorded who took it out. Never opened by the browser itself, whatever it is."""
    with transaction() as session:
        found = get_response(session, response_id)
        content = BytesIO(take_out(session, service().seals, found, by=actor(), at=now()).read())
        name = f"{found.file_name}.kept"
    return send_file(content, mimetype="application/octet-stream", as_attachment=True, download_name=name)


@pages.route("/bank/files/<uuid:response_id>")
@allowed(ANYONE_SIGNED_IN)
def show_response(response_id: UUID) -> ResponseReturnValue:
    after = number_given("after") or 0
    with transaction() as session:
        found = get_response(session, response_id)
        rows = line.rows_of_response(session, response_id, after=after, limit=SHOWN + 1)
        counts = line.counts_of(session, response_id)
        here = url_for("pages.show_response", response_id=response_id)
        waiting = suspense.count_of(session, response_id)
        return render_template(
            "responses/show_response.html",
            response=found,
            state=progress_of(found),
            rows=rows[:SHOWN],
            about_files=[row for row in rows[:SHOWN] if row.line.about_file],
            counts=[
                *([SAYS[says][0], number(counts[says])] for says in SAYS if says in counts),
                *([["Nobody knows whose", number(waiting)]] if waiting else []),
            ],
            waiting=waiting,
            next=f"{here}?after={rows[SHOWN - 1].line.position}" if len(rows) > SHOWN else None,
            first=here if after else None,
            is_correction=found.kind is ResponseKind.AWACS,
            names=names(session),
        )


def progress_of(found: response.Response) -> dict[str, object]:
    of = f" of {number(found.line_count)}" if found.line_count else ""
    return {
        "finished": found.is_over,
        "done": found.lines_done,
        "total": found.line_count,
        "words": f"Matched {count(found.lines_done, 'line')}{of} so far.",
    }


@pages.route("/bank/files/<uuid:response_id>/progress")
@allowed(ANYONE_SIGNED_IN)
def response_progress(response_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        return jsonify(progress_of(get_response(session, response_id)))
