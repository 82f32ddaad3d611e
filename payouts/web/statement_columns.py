"""What the columns of a bank's own table are: told by a person, who sees how its rows are read before they are."""

from __future__ import annotations

from uuid import UUID

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovCheckboxInput, GovRadioInput, GovSubmitInput
from wtforms import BooleanField, HiddenField, RadioField, SelectChoice, SubmitField

from payouts.statement import statement
from payouts.statement.statement import FileStatus, StatementFile
from payouts.statement.table import BadRow, Column, Columns, ColumnsWrong, TableRow, guessed
from payouts.web import words
from payouts.web.access import allowed
from payouts.web.file_columns import days_field, places_chosen, with_columns
from payouts.web.form import Form
from payouts.web.pages import actor, now, pages, service, transaction
from payouts.web.statement_words import COLUMNS
from schemes.errors import FileRefused, NotAllowed, NotFound, Refused

NEEDED = (Column.DAY, Column.DESCRIPTION)
SHOWN = 5
LOOKED, CHANGE = "looked", "change"


class StatementColumns(Form):
    """The columns themselves are added for each file, by what they are. step: what to do with them, on the way back."""

    days = days_field()
    amounts = RadioField(
        "How are amounts written?",
        widget=GovRadioInput(),
        choices=[
            SelectChoice("point", "With a point before the pence, as in 1,234.56"),
            SelectChoice("comma", "With a comma before the pence, as in 1.234,56"),
        ],
        default="point",
    )
    in_is_negative = BooleanField("In the one column of amounts, a minus is money in", widget=GovCheckboxInput())
    step = HiddenField(default="")
    submit = SubmitField("Continue", widget=GovSubmitInput())

    def columns(self) -> Columns:
        return Columns(
            places_chosen(self, Column),
            month_first=self.days.data == "month_first",
            in_is_negative=bool(self.in_is_negative.data),
            decimal_comma=self.amounts.data == "comma",
        )

    def told(self, step: str) -> dict[str, str]:
        """What was chosen, to be sent once more."""
        chosen = {column.value: self[column.value].data for column in Column}
        chosen |= {"days": self.days.data, "amounts": self.amounts.data, "step": step}
        return chosen | ({"in_is_negative": "y"} if self.in_is_negative.data else {})


def columns_form(file: StatementFile) -> StatementColumns:
    """A form with a choice of the file's columns for each thing that an entry has, as we guess them."""
    header = file.header or []
    return with_columns(StatementColumns, header, COLUMNS, needed=NEEDED, guess=guessed(header).places)


@pages.route("/statements/<uuid:statement_file_id>/columns", methods=["GET", "POST"])
@allowed(*statement.RECEIVERS)
def tell_statement_columns(statement_file_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        file = statement.get_file(session, statement_file_id)
    form = columns_form(file)
    back = redirect(url_for("pages.show_statement", statement_file_id=statement_file_id), 303)
    if form.validate_on_submit() and form.step.data != CHANGE:
        rows = read_so(form, statement_file_id)
        if rows is not None and form.step.data == LOOKED:
            return back
        if rows is not None:
            return looked_at(form, file, rows)
    elif file.status is not FileStatus.ASKING:
        return back
    columns = [form[column.value] for column in Column]
    return render_template("statements/tell_columns.html", form=form, file=file, columns=columns), form.status


def read_so(form: StatementColumns, statement_file_id: UUID) -> list[TableRow] | None:
    """The first rows as they are read by what was told, which counts once they were looked at; None if refused."""
    try:
        with transaction() as session:
            file = statement.get_file(session, statement_file_id, lock=True)
            if form.step.data == LOOKED:
                statement.tell_columns(session, file, form.columns(), by=actor(), at=now())
                return []
            return statement.first_rows(session, service().seals, file, form.columns(), by=actor())
    except ColumnsWrong as refused:
        place = [*refused.missing, *refused.twice, Column.AMOUNT][0]
        form.refuse(words.sentence(refused), form[place.value])
    except BadRow as bad:
        form.refuse(words_of(bad), form[bad.column.value])
    except (FileRefused, NotAllowed, NotFound):
        raise
    except Refused as refused:
        form.refuse(words.sentence(refused))
    return None


def words_of(bad: BadRow) -> str:
    what = "date" if bad.column is Column.DAY else "way" if bad.column is Column.SIDE else "amount"
    return (
        f"In line {bad.line} of the file “{bad.found[:40]}” can’t be read as {'a' if what != 'amount' else 'an'} {what}"
    )


def looked_at(form: StatementColumns, file: StatementFile, rows: list[TableRow]) -> str:
    came, went = [row.pence for row in rows if row.pence > 0], [-row.pence for row in rows if row.pence < 0]
    return render_template(
        "statements/check_columns.html",
        file=file,
        rows=rows[:SHOWN],
        looked_at=len(rows),
        first_day=min((row.day for row in rows), default=None),
        last_day=max((row.day for row in rows), default=None),
        came=(len(came), sum(came)),
        went=(len(went), sum(went)),
        looked=form.told(LOOKED),
        change=form.told(CHANGE),
    )
