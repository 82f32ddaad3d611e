"""How journals are laid out for the finance system: the body's own profiles, seen, proposed and ended."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import (
    GovCheckboxInput,
    GovRadioInput,
    GovSubmitInput,
    GovTextInput,
)
from sqlalchemy.orm import Session
from wtforms import BooleanField, RadioField, SelectChoice, StringField, SubmitField
from wtforms.validators import Length, NumberRange, Optional

from payouts.exports import own_profile
from payouts.exports.profile import (
    LONGEST,
    MOST_COLUMNS,
    PROFILES,
    AmountForm,
    Column,
    DayForm,
    Delimiter,
    JournalField,
    Profile,
    ProfileName,
)
from payouts.web import words
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.export_words import AMOUNTS, DAYS, DELIMITERS, FIELDS
from payouts.web.export_words import PROFILES as PROFILE_WORDS
from payouts.web.form import Form, MadeField, WholeNumberField, WordsField
from payouts.web.pages import actor, now, pages, transaction
from schemes.errors import FieldsRefused, Misfit, NotAllowed, NotFound, ReasonNotGiven, Refused

TOO_LONG = Length(max=LONGEST, message=f"Use at most {LONGEST} characters")
WHAT_LACKS = {
    "columns": "Say where at least one column stands",
    "account": "Give the account, or all codes in one, a place",
    "amount": "Give the amount a place, or both debit and credit",
}


class WhyLayout(Form):
    change_id = MadeField()
    reason = WordsField("Why?", missing="Say why")
    submit = SubmitField("Propose it to a second person", widget=GovSubmitInput())


class LayOut(WhyLayout):
    """The place and the heading of each field are added by `layout_form`."""

    name = StringField("Name", description="Such as the finance system’s", widget=GovTextInput(), validators=[TOO_LONG])
    text = StringField(
        "The text that is the same in each line",
        description="Such as GBP, or the kind of journal. Only if it has a place above",
        widget=GovTextInput(),
        validators=[TOO_LONG],
    )
    day = RadioField(
        "Dates", widget=GovRadioInput(), choices=[SelectChoice(each.name, said) for each, said in DAYS.items()]
    )
    amount = RadioField(
        "Amounts in a CSV",
        widget=GovRadioInput(),
        choices=[SelectChoice(each.name, said) for each, said in AMOUNTS.items()],
    )
    minus = RadioField(
        "In one column of amounts, which have a minus?",
        widget=GovRadioInput(),
        choices=[SelectChoice("credit", "Credits"), SelectChoice("debit", "Debits")],
    )
    delimiter = RadioField(
        "Between the columns of a CSV",
        widget=GovRadioInput(),
        choices=[SelectChoice(each.name, said) for each, said in DELIMITERS.items()],
    )
    headings = BooleanField("The first line has the headings", widget=GovCheckboxInput())
    codes_needed = BooleanField("Refuse a journal where an account code is missing", widget=GovCheckboxInput())

    def profile(self) -> Profile:
        placed = [(self[f"place_{each.value}"].data, each) for each in JournalField]
        return Profile(
            tuple(
                Column(
                    each,
                    self[f"heading_{each.value}"].data or "",
                    (self.text.data or "") if each is JournalField.TEXT else "",
                )
                for place, each in sorted((place, each) for place, each in placed if place)
            ),
            DayForm[self.day.data],
            AmountForm[self.amount.data],
            Delimiter[self.delimiter.data],
            self.minus.data == "credit",
            bool(self.headings.data),
            bool(self.codes_needed.data),
        )

    def places_differ(self) -> bool:
        """Whether no two columns have one place; else that is said beside the second."""
        taken = set()
        for field in (self[f"place_{each.value}"] for each in JournalField):
            if field.data and field.data in taken:
                self.refuse("Another column has this place", field)
                return False
            taken.add(field.data)
        return True

    def refuse_all(self, refused: FieldsRefused) -> None:
        """Say each fault beside its field."""
        for fault in refused.faults:
            if fault.field == "name":
                taken = fault.why is Misfit.TAKEN
                self.refuse("Another layout has this name" if taken else "Enter a name", self.name)
            elif fault.why is Misfit.MISSING:
                place = JournalField.DATE if fault.field == "columns" else JournalField(fault.field)
                self.refuse(WHAT_LACKS[fault.field], self[f"place_{place.value}"])


def layout_form(name: str, like: Profile) -> LayOut:
    """A form that begins as a profile is."""
    places = {column.field: (place, column) for place, column in enumerate(like.columns, start=1)}
    fields: dict[str, Any] = {}
    for each in JournalField:
        place, column = places.get(each, (None, Column(each, "")))
        within = NumberRange(1, MOST_COLUMNS, f"Enter a place from 1 to {MOST_COLUMNS}")
        fields[f"place_{each.value}"] = WholeNumberField(
            f"Place of {FIELDS[each]}", default=place, validators=[Optional(), within]
        )
        fields[f"heading_{each.value}"] = StringField(
            f"Heading of {FIELDS[each]}", widget=GovTextInput(), default=column.heading, validators=[TOO_LONG]
        )
    made: type[LayOut] = type("LayOutOfThis", (LayOut,), fields)
    fixed = next((column.text for column in like.columns if column.field is JournalField.TEXT), "")
    return made(
        data={
            "name": name,
            "text": fixed,
            "day": like.day.name,
            "amount": like.amount.name,
            "minus": "credit" if like.credit_is_negative else "debit",
            "delimiter": like.delimiter.name,
            "headings": like.headings,
            "codes_needed": like.codes_needed,
        }
    )


@pages.route("/exports/profiles")
@allowed(ANYONE_SIGNED_IN)
def show_export_profiles() -> ResponseReturnValue:
    with transaction() as session:
        return render_template(
            "exports/show_profiles.html", own=own_profile.own_profiles(session), bundled=PROFILE_WORDS
        )


@pages.route("/exports/profiles/new", methods=["GET", "POST"])
@allowed(*own_profile.PROPOSERS)
def make_export_profile() -> ResponseReturnValue:
    wanted = request.args.get("like", "")
    like = PROFILES[ProfileName(wanted) if wanted in set(ProfileName) else ProfileName.TWO_COLUMNS]
    return layout_page(None, layout_form("", like))


@pages.route("/exports/profiles/<uuid:export_profile_id>", methods=["GET", "POST"])
@allowed(*own_profile.PROPOSERS)
def change_export_profile(export_profile_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        there = own_profile.get_profile(session, export_profile_id)
        newest = own_profile.newest_of(session, there.line_id) or there
    return layout_page(newest.line_id, layout_form(newest.name, newest.profile))


def layout_page(line_id: UUID | None, form: LayOut) -> ResponseReturnValue:
    if form.validate_on_submit() and form.places_differ():
        made = form.change_id.id_of_what_is_made
        try:
            with transaction() as session:
                own_profile.propose(
                    session,
                    line_id,
                    change_id=made,
                    name=form.name.data or "",
                    profile=form.profile(),
                    reason=form.reason.data,
                    by=actor(),
                    at=now(),
                )
        except FieldsRefused as refused:
            form.refuse_all(refused)
        except (NotAllowed, NotFound):
            raise
        except Refused as refused:
            form.refuse(words.sentence(refused), form.reason if isinstance(refused, ReasonNotGiven) else None)
        else:
            return proposed(made)
    fields = [(each, form[f"place_{each.value}"], form[f"heading_{each.value}"]) for each in JournalField]
    return render_template("exports/lay_out.html", form=form, fields=fields, is_new=line_id is None), form.status


@pages.route("/exports/profiles/<uuid:export_profile_id>/end", methods=["GET", "POST"])
@allowed(*own_profile.PROPOSERS)
def end_export_profile(export_profile_id: UUID) -> ResponseReturnValue:
    form = WhyLayout()
    if form.validate_on_submit():
        made = form.change_id.id_of_what_is_made
        with form.refusing({ReasonNotGiven: form.reason}):
            with transaction() as session:
                propose_end(session, export_profile_id, made, form.reason.data)
            return proposed(made)
    with transaction() as session:
        profile = own_profile.get_profile(session, export_profile_id)
        return render_template("exports/end_profile.html", form=form, profile=profile), form.status


def propose_end(session: Session, profile_id: UUID, change_id: UUID, reason: str) -> None:
    there = own_profile.get_profile(session, profile_id)
    newest = own_profile.newest_of(session, there.line_id) or there
    own_profile.propose(
        session,
        newest.line_id,
        change_id=change_id,
        name=newest.name,
        profile=newest.profile,
        ended=True,
        reason=reason,
        by=actor(),
        at=now(),
    )


def proposed(change_id: UUID) -> ResponseReturnValue:
    flash("You proposed it. It counts once somebody else confirms it")
    return redirect(url_for("pages.decide_change", change_id=change_id), 303)
