"""Journals for the finance system: ask for one of a payroll or of a period, and see what was exported."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from uuid import UUID

from flask import Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovRadioInput, GovSubmitInput
from sqlalchemy.orm import Session
from wtforms import RadioField, SelectChoice, SubmitField
from wtforms.validators import InputRequired, Optional

from payouts.exports import codes, export
from payouts.exports.export import Form as FileForm
from payouts.exports.journal import Scope
from payouts.exports.own_profile import ExportProfile, get_profile, own_profiles
from payouts.exports.profile import ProfileName
from payouts.gates.attachment import MEDIA_TYPES, Medium
from payouts.payroll import get_payroll, payroll_of_number
from payouts.web import words
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.export_words import PROFILES
from payouts.web.form import DayField, Form, WholeNumberField
from payouts.web.pages import actor, now, pages, transaction
from schemes.errors import NotAllowed, NotFound, Refused
from schemes.person import names

PAYROLL, PERIOD = "payroll", "period"


class MakeExport(Form):
    of = RadioField(
        "What is exported?",
        description="A period holds what its payrolls hold as well, so take in one or the other",
        widget=GovRadioInput(),
        choices=[
            SelectChoice(PAYROLL, "All that was posted of one payroll"),
            SelectChoice(PERIOD, "All that was posted between two days"),
        ],
        validators=[InputRequired("Choose what is exported")],
    )
    number = WholeNumberField("Payroll number", description="For one payroll", validators=[Optional()])
    first_day = DayField("First day", validators=[Optional()])
    last_day = DayField("Last day", validators=[Optional()])
    profile = RadioField(
        "How does your finance system take it in?",
        widget=GovRadioInput(),
        default=ProfileName.TWO_COLUMNS.value,
    )
    form_of_file = RadioField(
        "File",
        widget=GovRadioInput(),
        choices=[SelectChoice(FileForm.CSV.value, "CSV"), SelectChoice(FileForm.XLSX.value, "Excel (XLSX)")],
        default=FileForm.CSV.value,
    )
    submit = SubmitField("Download the journal", widget=GovSubmitInput())

    def offer(self, own: Sequence[ExportProfile]) -> None:
        """The body's own profiles come first: whoever made one wants it."""
        self.profile.choices = [
            *(SelectChoice(str(one.line_id), one.name) for one in own),
            *(SelectChoice(name.value, words_) for name, words_ in PROFILES.items()),
        ]

    def layout(self, own: Sequence[ExportProfile]) -> ProfileName | ExportProfile:
        chosen = next((one for one in own if str(one.line_id) == self.profile.data), None)
        return chosen or ProfileName(self.profile.data)

    def scope(self, session: Session) -> Scope | None:
        """What was asked for; None where something is missing, which is then said beside its field."""
        if self.of.data == PAYROLL:
            if self.number.data is None or not 0 < self.number.data < 2**31:
                self.refuse("Enter the number of a payroll", self.number)
                return None
            try:
                return Scope(payroll_id=payroll_of_number(session, self.number.data).id)
            except NotFound:
                self.refuse("There is no payroll with this number", self.number)
                return None
        for field in (self.first_day, self.last_day):
            if field.data is None:
                self.refuse("Enter both days", field)
                return None
        if self.last_day.data < self.first_day.data:
            self.refuse("The last day must not be before the first", self.last_day)
            return None
        return Scope(first_day=self.first_day.data, last_day=self.last_day.data)


@pages.route("/exports")
@allowed(ANYONE_SIGNED_IN)
def show_exports() -> ResponseReturnValue:
    return exports_page(MakeExport())


@pages.route("/exports", methods=["POST"])
@allowed(*export.TAKERS)
def make_export() -> ResponseReturnValue:
    form = MakeExport()
    with transaction() as session:
        own = own_profiles(session)
        form.offer(own)
    if form.validate_on_submit():
        written, kind = BytesIO(), FileForm(form.form_of_file.data)
        try:
            with transaction() as session:
                scope = form.scope(session)
                if scope is not None:
                    made = export.export(session, scope, form.layout(own), kind, to=written, by=actor(), at=now())
                    name = name_of(session, made)
        except NotAllowed:
            raise
        except Refused as refused:
            form.refuse(words.sentence(refused))
        else:
            if scope is not None:
                return file_of(made, name, written.getvalue())
    return exports_page(form)


@pages.route("/exports/<uuid:ledger_export_id>/file", methods=["POST"])
@allowed(*export.TAKERS)
def take_export_again(ledger_export_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        made, content = export.take_again(session, ledger_export_id, by=actor(), at=now())
        name = name_of(session, made)
    if content is None:
        flash("This export was made before files were kept. Export it again", "refused")
        return redirect(url_for("pages.show_exports"), 303)
    return file_of(made, name, content)


def name_of(session: Session, made: export.LedgerExport) -> str:
    """Of what it is, and which bytes: two people with one file see that it is one."""
    of = f"{made.first_day}-to-{made.last_day}"
    if made.payroll_id is not None:
        of = f"payroll-{get_payroll(session, made.payroll_id).number}"
    return f"journal-{of}-{made.sha256[:12]}.{made.form.value}"


def file_of(made: export.LedgerExport, name: str, content: bytes) -> Response:
    response = Response(content, mimetype=MEDIA_TYPES[Medium(made.form.value)])
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


def exports_page(form: MakeExport) -> ResponseReturnValue:
    with transaction() as session:
        own, made = own_profiles(session), export.exports(session)
        form.offer(own)
        return render_template(
            "exports/show_exports.html",
            form=form,
            exports=made,
            laid_out={one.id: laid_out(session, one) for one, _ in made},
            missing=codes.missing(session),
            names=names(session),
        ), form.status


def laid_out(session: Session, made: export.LedgerExport) -> str:
    """How an export was laid out, in words."""
    if made.profile is not None:
        return PROFILES[made.profile]
    assert made.profile_id is not None
    used = get_profile(session, made.profile_id)
    return f"{used.name}, version {used.version}"
