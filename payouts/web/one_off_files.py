"""A file of one-off payments: send it, see what was read, enter or discard it, and have a second person confirm."""

from __future__ import annotations

from uuid import UUID

from flask import Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.file import FileField, FileRequired
from govuk_frontend_wtf.wtforms_widgets import GovFileInput, GovRadioInput, GovSubmitInput
from wtforms import RadioField, SelectChoice, SubmitField
from wtforms.validators import InputRequired

from payouts.web import one_off_words
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.decision_form import Decide, decision_on
from payouts.web.figures import count
from payouts.web.form import Form, MadeField
from payouts.web.pages import actor, now, pages, service, transaction
from schemes import one_off_file
from schemes.errors import ReasonNotGiven, Refused
from schemes.imports.one_off_rows import COLUMNS, REQUIRED
from schemes.one_off import CONFIRMERS, PROPOSERS
from schemes.one_off_file import OneOffFileStatus, get_file
from schemes.person import names
from schemes.scheme import get_scheme

WHOLE, GOOD, DISCARD = "whole", "good", "discard"
EXAMPLE = (
    "reference,amount,about,pay_from,reason,further_because,sequence\r\n"
    "ILF-00001,120.00,2026-12-01,2026-12-01,Panel decision of 20 November: winter grant,Besides the monthly award,2\r\n"
    "ILF-00002,85.50,01/12/2026,,Refund of travel to the assessment,Besides the monthly award,2\r\n"
)


class SendFile(Form):
    file_id = MadeField()
    file = FileField(
        "CSV file or spreadsheet",
        widget=GovFileInput(),
        validators=[FileRequired("Choose a CSV file or a spreadsheet")],
    )
    submit = SubmitField("Send the file", widget=GovSubmitInput())


class DecideFile(Form):
    decision = RadioField(
        "What do you want to do with the file?",
        widget=GovRadioInput(),
        choices=[
            SelectChoice(WHOLE, "Enter all rows, or none"),
            SelectChoice(GOOD, "Enter the good rows only"),
            SelectChoice(DISCARD, "Discard the file and enter nothing"),
        ],
        validators=[InputRequired("Choose what to do with the file")],
    )
    submit = SubmitField("Continue", widget=GovSubmitInput())


@pages.route("/schemes/<uuid:scheme_id>/one-offs/files/new", methods=["GET", "POST"])
@allowed(*PROPOSERS)
def send_one_off_file(scheme_id: UUID) -> ResponseReturnValue:
    form = SendFile()
    with transaction() as session:
        scheme = get_scheme(session, scheme_id)
        actor().must_be(*PROPOSERS, scheme=scheme.id)
    if form.validate_on_submit() and (made := sent(form, scheme_id)):
        return redirect(url_for("pages.show_one_off_file", one_off_file_id=made), 303)
    columns = [(name, one_off_words.COLUMN_WORDS[name], name in REQUIRED) for name in COLUMNS]
    limit = service().settings.upload_limit
    facts = {"form": form, "scheme": scheme, "columns": columns, "limit": limit}
    return render_template("one_offs/send_file.html", **facts), form.status


def sent(form: SendFile, scheme_id: UUID) -> UUID | None:
    """The id of the file that was taken in, or None: what is refused is an error beside its field."""
    with form.refusing({Refused: form.file}), transaction() as session:
        return one_off_file.begin(
            session,
            service().seals,
            file_id=form.file_id.id_of_what_is_made,
            scheme_id=scheme_id,
            file_name=form.file.data.filename or "one-off-payments.csv",
            content=form.file.data.read(),
            by=actor(),
            at=now(),
        ).id
    return None


@pages.route("/one-offs/example.csv")
@allowed(ANYONE_SIGNED_IN)
def one_off_example() -> ResponseReturnValue:
    headers = {"Content-Disposition": "attachment; filename=example-one-off-payments.csv"}
    return Response(EXAMPLE, mimetype="text/csv", headers=headers)


@pages.route("/one-offs/files/<uuid:one_off_file_id>")
@allowed(ANYONE_SIGNED_IN)
def show_one_off_file(one_off_file_id: UUID) -> ResponseReturnValue:
    return file_page(one_off_file_id, DecideFile(), decision_on("them"))


def file_page(file_id: UUID, enter: DecideFile, confirm: Decide) -> ResponseReturnValue:
    with transaction() as session:
        file = get_file(session, file_id)
        confirms = any(actor().holds(role, file.scheme_id) for role in CONFIRMERS)
        enters = any(actor().holds(role, file.scheme_id) for role in PROPOSERS)
        mine = file.made_by == actor().person_id
        return render_template(
            "one_offs/show_file.html",
            file=file,
            scheme=get_scheme(session, file.scheme_id),
            enter=enter if file.status is OneOffFileStatus.READ and enters else None,
            confirm=confirm if file.status is OneOffFileStatus.ENTERED and confirms and not mine else None,
            form=enter if file.status is OneOffFileStatus.READ else confirm,
            names=names(session),
        ), enter.status if enter.status != 200 else confirm.status


@pages.route("/one-offs/files/<uuid:one_off_file_id>/enter", methods=["POST"])
@allowed(*PROPOSERS)
def enter_one_off_file(one_off_file_id: UUID) -> ResponseReturnValue:
    form = DecideFile()
    if form.validate_on_submit() and (done := is_entered(form, one_off_file_id)):
        flash(done)
        return redirect(url_for("pages.show_one_off_file", one_off_file_id=one_off_file_id), 303)
    return file_page(one_off_file_id, form, decision_on("them"))


def is_entered(form: DecideFile, file_id: UUID) -> str:
    """What was done, in words; nothing where it was refused."""
    with form.refusing(), transaction() as session:
        file = get_file(session, file_id, lock=True)
        if form.decision.data == DISCARD:
            one_off_file.discard(session, file, by=actor(), at=now())
            return "You discarded the file. Nothing of it is paid"
        whole = form.decision.data == WHOLE
        entered = one_off_file.enter(session, service().seals, file, whole=whole, by=actor(), at=now())
        return f"{count(entered, 'payment is', 'payments are')} entered. Someone else must confirm them"
    return ""


@pages.route("/one-offs/files/<uuid:one_off_file_id>/decide", methods=["POST"])
@allowed(*CONFIRMERS)
def decide_one_off_file(one_off_file_id: UUID) -> ResponseReturnValue:
    """The second person's word."""
    form = decision_on("them")
    if form.validate_on_submit() and (done := is_decided(form, one_off_file_id)):
        flash(done)
        return redirect(url_for("pages.show_one_off_file", one_off_file_id=one_off_file_id), 303)
    return file_page(one_off_file_id, DecideFile(), form)


def is_decided(form: Decide, file_id: UUID) -> str:
    with form.refusing({ReasonNotGiven: form.reason}), transaction() as session:
        file = get_file(session, file_id, lock=True)
        if form.confirms:
            confirmed = one_off_file.confirm(session, file, by=actor(), at=now())
            return f"You confirmed {count(confirmed, 'payment')}. The next payroll pays them"
        one_off_file.reject(session, file, reason=form.reason.data or "", by=actor(), at=now())
        return "You rejected them. Nothing is paid"
    return ""
