"""A refused row as a form: its fields, what is wrong with each, and saved, read again by the same rules."""

from __future__ import annotations

from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovSubmitInput, GovTextInput
from wtforms import StringField, SubmitField

from payouts.web import words
from payouts.web.access import allowed
from payouts.web.form import Form
from payouts.web.import_words import COLUMN_WORDS, FIELDS, to_do, wrong
from payouts.web.pages import actor, now, pages, service, transaction
from schemes.errors import Refused
from schemes.imports.cells import SEALED
from schemes.imports.correction import correct, get_row, values_of
from schemes.imports.entry import COLUMNS, REQUIRED, Outcome
from schemes.imports.register_import import ImportRow, ImportStatus, get_import
from schemes.person import Role


class CorrectRow(Form):
    """The columns are added below: one text each."""

    submit = SubmitField("Save and read again", widget=GovSubmitInput())


for name in COLUMNS:
    optional = "" if name in REQUIRED else " (optional)"
    field = StringField(f"{FIELDS[name]}{optional}", description=COLUMN_WORDS[name], widget=GovTextInput())
    setattr(CorrectRow, name, field)


@pages.route("/imports/<uuid:import_id>/rows/<int:line>", methods=["GET", "POST"])
@allowed(Role.PREPARER)
def correct_row(import_id: UUID, line: int) -> ResponseReturnValue:
    form = CorrectRow()
    here = url_for("pages.show_import", import_id=import_id)
    if form.validate_on_submit():
        try:
            with transaction() as session:
                brought = get_import(session, import_id, lock=True)
                typed = {name: form[name].data or "" for name in COLUMNS}
                outcome = correct(session, service().seals, brought, line, typed, by=actor(), at=now())
        except Refused as refused:
            form.refuse(words.sentence(refused))
        else:
            if outcome is not Outcome.REFUSED:
                there = outcome is Outcome.UNCHANGED
                flash(f"Line {line:,} is {'in the register already' if there else 'good now'}")
                return redirect(here, 303)
    with transaction() as session:
        brought = get_import(session, import_id)
        row = get_row(session, brought, line)
        if row.outcome is not Outcome.REFUSED or brought.status is not ImportStatus.READ:
            return redirect(here, 303)
        values = values_of(session, service().seals, brought, row)
    hints = fill(form, row, values)
    return render_template(
        "imports/correct_row.html", form=form, brought=brought, row=row, hints=hints, columns=COLUMNS
    ), form.status if form.is_submitted() else 200


def fill(form: CorrectRow, row: ImportRow, values: dict[str, str]) -> dict[str, str]:
    """Put what stands in the row into the form, and what is wrong beside it; returns each field's hint.

    Account and roll numbers are never shown in full: left empty, they stay.
    """
    hints = dict(COLUMN_WORDS)
    for name in COLUMNS:
        kept = values.get(name, "").strip()
        if not form.is_submitted():
            form[name].data = "" if name in SEALED else kept
        if name in SEALED and kept:
            hints[name] = f"{COLUMN_WORDS[name]}. The row has one ending {kept[-4:]}: leave empty to keep it"
    for fault in row.faults:
        told = f"{wrong(fault)}. {to_do(fault)}"
        form.refuse(told, form[fault["field"]] if fault["field"] in COLUMNS else None)
    return hints
