"""What a form asks of the columns of somebody else's file, whatever the file is of."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import TypeVar

from govuk_frontend_wtf.wtforms_widgets import GovRadioInput, GovSelect
from wtforms import RadioField, SelectChoice, SelectField

from payouts.web.form import Form

Made = TypeVar("Made", bound=Form)
Column = TypeVar("Column", bound=StrEnum)


def days_field() -> RadioField:
    return RadioField(
        "How are dates written?",
        widget=GovRadioInput(),
        choices=[
            SelectChoice("day_first", "Day first, as in 25/11/2026"),
            SelectChoice("month_first", "Month first, as in 11/25/2026"),
        ],
        default="day_first",
    )


def amounts_field() -> RadioField:
    return RadioField(
        "How are amounts written?",
        widget=GovRadioInput(),
        choices=[
            SelectChoice("pounds", "In pounds, as in 120.50"),
            SelectChoice("pence", "In pence, as in 12050"),
        ],
        default="pounds",
    )


def with_columns(
    form: type[Made],
    header: list[str],
    labels: Mapping[Column, str],
    *,
    needed: Collection[Column],
    guess: Mapping[Column, int],
) -> Made:
    """The form with a choice of the file's columns for each thing that has a label, as we guess them.

    guess: the place in the header of what we believe to know, from 0.
    """
    choices = [
        SelectChoice(str(place), name.replace("_", " ").capitalize() or f"Column {place + 1} (no name)")
        for place, name in enumerate(header)
    ]
    fields = {
        column.value: SelectField(
            label,
            widget=GovSelect(),
            choices=[SelectChoice("", "Choose a column" if column in needed else "It has none"), *choices],
            default=str(guess.get(column, "")),
        )
        for column, label in labels.items()
    }
    made: Made = type(f"{form.__name__}OfThis", (form,), fields)()
    return made


def places_chosen(form: Form, columns: type[Column]) -> dict[Column, int]:
    """The place in the header of each thing that the file has, from 0."""
    return {column: int(form[column.value].data) for column in columns if form[column.value].data}
