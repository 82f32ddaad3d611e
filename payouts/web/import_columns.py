"""Files of payees with columns of their own: saying what they are of ours, and the sources that are remembered."""

from __future__ import annotations

from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovSelect, GovSubmitInput, GovTextInput
from wtforms import SelectChoice, SelectField, StringField, SubmitField
from wtforms.validators import Length, Optional

from payouts import registering
from payouts.web import words
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.file_columns import amounts_field, days_field
from payouts.web.file_words import listed
from payouts.web.form import DayField, Form
from payouts.web.import_words import FIELDS, LOOKS
from payouts.web.pages import actor, now, pages, transaction
from schemes.errors import Refused
from schemes.imports import source
from schemes.imports.entry import COLUMNS
from schemes.imports.mapping import ColumnMapping, Look, MappingRefused
from schemes.imports.register_import import ImportStatus, RegisterImport, get_import
from schemes.person import Role, names

LEFT_OUT = SelectChoice("", "Leave this column out")
COLUMN = "column_{}"


class TellColumns(Form):
    """The columns themselves are added for each file: `column_0` and so on."""

    first_day = DayField(
        "First day of the awards",
        description="Only if no column tells it. It counts for every row of the file",
        validators=[Optional()],
    )
    days = days_field()
    amounts = amounts_field()
    source = StringField(
        "Where does the file come from?",
        description="A name for it, such as Care management system. The next file with these columns is read the same "
        "way without asking. Leave empty to be asked again",
        widget=GovTextInput(),
        validators=[Length(max=100, message="Use at most 100 characters")],
    )
    submit = SubmitField("Read the file", widget=GovSubmitInput())

    def mapping(self, header: list[str]) -> ColumnMapping:
        chosen = tuple(self[COLUMN.format(place)].data for place in range(len(header)))
        return ColumnMapping(chosen, self.first_day.data, self.days.data == "month_first", self.amounts.data == "pence")


def form_for(brought: RegisterImport) -> TellColumns:
    """A form with a field for each column of the file, chosen as we guess it."""
    asked = brought.asked or {"header": [], "looks": [], "proposed": []}
    choices = [LEFT_OUT, *(SelectChoice(name, FIELDS[name]) for name in COLUMNS)]
    fields = {
        COLUMN.format(place): SelectField(
            theirs.replace("_", " ").capitalize() or f"Column {place + 1} (no name)",
            description=LOOKS[Look(look)],
            widget=GovSelect(),
            choices=choices,
            default=guess,
        )
        for place, (theirs, look, guess) in enumerate(
            zip(asked["header"], asked["looks"], asked["proposed"], strict=True)
        )
    }
    made: TellColumns = type("TellTheseColumns", (TellColumns,), fields)()
    return made


@pages.route("/imports/<uuid:import_id>/columns", methods=["GET", "POST"])
@allowed(Role.PREPARER)
def tell_columns(import_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        brought = get_import(session, import_id)
    if brought.asked is None or "header" not in brought.asked:
        return redirect(url_for("pages.show_import", import_id=import_id), 303)
    form, header = form_for(brought), brought.asked["header"]
    if form.validate_on_submit():
        try:
            with transaction() as session:
                locked = get_import(session, import_id, lock=True)
                mapping = form.mapping(header)
                registering.tell_columns(session, locked, mapping, source=form.source.data, by=actor(), at=now())
        except MappingRefused as refused:
            refuse(form, refused, mapping)
        except Refused as refused:
            form.refuse(words.sentence(refused))
        else:
            return redirect(url_for("pages.show_import", import_id=import_id), 303)
    elif brought.status is not ImportStatus.ASKING:
        return redirect(url_for("pages.show_import", import_id=import_id), 303)
    columns = [form[COLUMN.format(place)] for place in range(len(header))]
    return render_template("imports/tell_columns.html", form=form, brought=brought, columns=columns), form.status


def refuse(form: TellColumns, refused: MappingRefused, mapping: ColumnMapping) -> None:
    """Say at the first column what is missing, and at each that is chosen twice."""
    if refused.missing:
        missing = listed([FIELDS[name].lower() for name in refused.missing])
        form.refuse(f"Choose which column is the {missing}", form[COLUMN.format(0)])
    for name in refused.twice:
        if name == "start_date" and mapping.columns.count(name) == 1:
            form.refuse("A column tells the start date, so leave this empty", form.first_day)
            continue
        place = max(place for place, given in enumerate(mapping.columns) if given == name)
        form.refuse(f"{FIELDS[name]} is chosen for another column too", form[COLUMN.format(place)])


@pages.route("/imports/sources")
@allowed(ANYONE_SIGNED_IN)
def show_sources() -> ResponseReturnValue:
    with transaction() as session:
        return render_template(
            "imports/show_sources.html", sources=source.sources_of_body(session), names=names(session)
        )


@pages.route("/imports/sources/<uuid:source_id>/forget", methods=["POST"])
@allowed(Role.PREPARER)
def forget_source(source_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        known = source.get_source(session, source_id, lock=True)
        source.forget(session, known, by=actor(), at=now())
    flash(f"The columns of {known.name} are forgotten. The next file with them is asked about")
    return redirect(url_for("pages.show_sources"), 303)
