"""Bringing payees in from a file: send it, see what was read, keep or discard, and have a second person confirm."""

from __future__ import annotations

from tempfile import SpooledTemporaryFile
from uuid import UUID

from flask import Response, flash, jsonify, redirect, render_template, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.file import FileField, FileRequired
from govuk_frontend_wtf.wtforms_widgets import GovFileInput, GovRadioInput, GovSubmitInput
from sqlalchemy.orm import Session
from wtforms import RadioField, SelectChoice, SubmitField
from wtforms.validators import InputRequired

from payouts import registering
from payouts.tasks.outbox import Task
from payouts.web import import_words, words
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.confirmations import of_import
from payouts.web.figures import count
from payouts.web.file_words import file_sentence
from payouts.web.form import Form, MadeField
from payouts.web.pages import actor, now, number_given, pages, service, transaction
from payouts.web.stopped import cause_of
from schemes import audit
from schemes.errors import FileFault, Refused
from schemes.imports import register_import
from schemes.imports.entry import COLUMNS, REQUIRED
from schemes.imports.refused import MOST_IN_WORKBOOK, mended_rows, refused_csv, refused_rows, refused_xlsx
from schemes.imports.register_import import ImportStatus, RegisterImport, get_import, imports_of_body
from schemes.person import Role, names
from schemes.scheme import get_scheme, schemes_of_body

SHOWN = 50
IN_MEMORY = 16 * 1024 * 1024
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

EXAMPLE = (
    "reference,beneficiary_name,amount,start_date,end_date,payee_reference,payee_name,payee_role,email,account_name,"
    "sort_code,account_number,roll_number\r\n"
    "ILF-00001,Margaret Example,412.50,2026-04-01,,,,,margaret@example.org,M Example,08-99-99,66374958,\r\n"
    "ILF-00002,Owen Example,388.00,2026-04-01,2027-03-31,APP-0001,Siân Example,appointee,sian@example.org,"
    "S Example,10-79-99,88837491,\r\n"
)


class BeginImport(Form):
    import_id = MadeField()
    scheme = RadioField(
        "Which scheme are the awards for?",
        widget=GovRadioInput(),
        validators=[InputRequired("Choose the scheme that the awards are for")],
    )
    file = FileField(
        "CSV file or spreadsheet",
        widget=GovFileInput(),
        validators=[FileRequired("Choose a CSV file or a spreadsheet")],
    )
    submit = SubmitField("Send the file", widget=GovSubmitInput())


class DecideImport(Form):
    decision = RadioField(
        "What do you want to do with the file?",
        widget=GovRadioInput(),
        choices=[
            SelectChoice("whole", "Keep all rows, or none"),
            SelectChoice("keep", "Keep the good rows only"),
            SelectChoice("discard", "Discard the file and keep nothing"),
        ],
        validators=[InputRequired("Choose what to do with the file")],
    )
    submit = SubmitField("Continue", widget=GovSubmitInput())


@pages.route("/imports")
@allowed(ANYONE_SIGNED_IN)
def show_imports() -> ResponseReturnValue:
    with transaction() as session:
        return render_template(
            "imports/show_imports.html",
            imports=imports_of_body(session),
            stopped=registering.stopped_imports(session),
            names=names(session),
        )


@pages.route("/imports/new", methods=["GET", "POST"])
@allowed(Role.PREPARER)
def begin_import() -> ResponseReturnValue:
    form = BeginImport()
    with transaction() as session:
        schemes = schemes_of_body(session)
    form.scheme.choices = [SelectChoice(str(scheme.id), scheme.name) for scheme in schemes]
    if len(schemes) == 1:
        form.scheme.data = str(schemes[0].id)
    if form.validate_on_submit():
        try:
            with transaction() as session:
                registering.begin_import(
                    session,
                    service(),
                    import_id=form.import_id.id_of_what_is_made,
                    scheme_id=UUID(form.scheme.data),
                    file_name=form.file.data.filename or "register.csv",
                    content=form.file.data.read(),
                    by=actor(),
                    at=now(),
                )
        except Refused as refused:
            form.refuse(words.sentence(refused), form.file)
        else:
            return redirect(url_for("pages.show_import", import_id=form.import_id.data), 303)
    return render_template(
        "imports/begin_import.html",
        form=form,
        schemes=schemes,
        columns=[(name, import_words.COLUMN_WORDS[name], name in REQUIRED) for name in COLUMNS],
        limit=service().settings.upload_limit,
    ), form.status


@pages.route("/imports/example.csv")
@allowed(ANYONE_SIGNED_IN)
def download_example() -> ResponseReturnValue:
    return csv_file(EXAMPLE, "example-register.csv")


@pages.route("/imports/<uuid:import_id>")
@allowed(ANYONE_SIGNED_IN)
def show_import(import_id: UUID) -> ResponseReturnValue:
    return import_page(import_id, DecideImport())


def import_page(import_id: UUID, form: DecideImport) -> ResponseReturnValue:
    after = number_given("after") or 0
    with transaction() as session:
        brought = get_import(session, import_id)
        refused = refused_rows(session, import_id, after=after, limit=SHOWN + 1)
        stopped = registering.stopped_work(session, brought)
        return render_template(
            "imports/show_import.html",
            form=form,
            brought=brought,
            scheme=get_scheme(session, brought.scheme_id),
            refused=refused[:SHOWN],
            most_in_workbook=MOST_IN_WORKBOOK,
            next_after=refused[SHOWN - 1].line if len(refused) > SHOWN else None,
            after=after,
            mended=mended_rows(session, import_id, limit=SHOWN) if brought.rows_mended and not after else [],
            unreadable=unreadable(brought),
            state=progress_of(brought, stopped),
            stopped=stopped,
            cause=cause_of(stopped) if stopped else "",
            confirmations=of_import(session, brought),
            names=names(session),
        ), form.status


def unreadable(brought: register_import.RegisterImport) -> str | None:
    if brought.fault is None:
        return None
    # an import of an earlier release may have a fault that is told otherwise now: its text could not be read
    told = brought.fault["fault"]
    return file_sentence(FileFault(told) if told in set(FileFault) else FileFault.NOT_TEXT, brought.fault)


def progress_of(brought: register_import.RegisterImport, stopped: Task | None) -> dict[str, object]:
    """How far the step that runs has come. How many rows a file has is only known once it was read."""
    running = brought.status in (ImportStatus.READING, ImportStatus.LANDING) and stopped is None
    total = brought.rows_good if brought.status is ImportStatus.LANDING else 0
    done = brought.rows_done if running else 0
    pace = import_words.pace(done, total, (now() - brought.step_asked_at).total_seconds()) if running else ""
    step = "Read" if brought.status is ImportStatus.READING else "Wrote"
    return {
        "finished": not running,
        "done": done,
        "total": total,
        "words": f"{step} {count(done, 'row')}{f' of {total:,}' if total else ''} so far.{pace}",
    }


@pages.route("/imports/<uuid:import_id>/progress")
@allowed(ANYONE_SIGNED_IN)
def import_progress(import_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        brought = get_import(session, import_id)
        return jsonify(progress_of(brought, registering.stopped_work(session, brought)))


@pages.route("/imports/<uuid:import_id>/decide", methods=["POST"])
@allowed(Role.PREPARER)
def decide_import(import_id: UUID) -> ResponseReturnValue:
    form = DecideImport()
    if form.validate_on_submit():
        try:
            with transaction() as session:
                brought = get_import(session, import_id, lock=True)
                if form.decision.data in ("whole", "keep"):
                    whole = form.decision.data == "whole"
                    registering.keep_rows(session, brought, whole=whole, by=actor(), at=now())
                else:
                    registering.discard(session, brought, by=actor(), at=now())
        except Refused as refused:
            form.refuse(words.sentence(refused), form.decision)
        else:
            return redirect(url_for("pages.show_import", import_id=import_id), 303)
    return import_page(import_id, form)


@pages.route("/imports/<uuid:import_id>/confirm", methods=["POST"])
@allowed(Role.FINANCE, Role.APPROVER, Role.RELEASER, Role.ADMINISTRATOR)
def confirm_import(import_id: UUID) -> ResponseReturnValue:
    form = DecideImport()
    try:
        with transaction() as session:
            brought = get_import(session, import_id, lock=True)
            confirmed = register_import.confirm(session, service().calendar, brought, by=actor(), at=now())
    except Refused as refused:
        form.refuse(words.sentence(refused))
        return import_page(import_id, form)
    flash(f"You confirmed the bank details of {count(confirmed, 'payee')}")
    return redirect(url_for("pages.show_import", import_id=import_id), 303)


@pages.route("/imports/<uuid:import_id>/refused.csv", methods=["POST"])
@allowed(Role.PREPARER)
def download_refused(import_id: UUID) -> ResponseReturnValue:
    """A POST, because the rows carry bank details in full: who took them out is recorded."""
    with transaction() as session:
        brought = get_import(session, import_id)
        content = "".join(refused_csv(session, service().seals, brought))
        note_download(session, brought)
    return csv_file(content, "refused.csv")


@pages.route("/imports/<uuid:import_id>/refused.xlsx", methods=["POST"])
@allowed(Role.PREPARER)
def download_refused_workbook(import_id: UUID) -> ResponseReturnValue:
    """The same for a spreadsheet program."""
    # Flask closes the file once it is sent
    kept = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115
    with transaction() as session:
        brought = get_import(session, import_id)
        refused_xlsx(session, service().seals, brought, to=kept)
        note_download(session, brought)
    kept.seek(0)
    return send_file(kept, mimetype=XLSX, as_attachment=True, download_name="refused.xlsx")


def note_download(session: Session, brought: RegisterImport) -> None:
    audit.record(
        session, "import.refused_rows_downloaded", by=actor(), about=brought, at=now(), rows=brought.rows_refused
    )


def csv_file(content: str, name: str) -> Response:
    response = Response(content.encode("utf-8-sig"), mimetype="text/csv")
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response
