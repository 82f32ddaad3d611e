"""A file of payments from an older system: what it holds, whether it agrees with itself, and how it is taken."""

from __future__ import annotations

from uuid import UUID

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovRadioInput, GovSubmitInput, GovTextInput
from wtforms import RadioField, SelectChoice, StringField, SubmitField
from wtforms.validators import InputRequired

from payouts import registering
from payouts.web import words
from payouts.web.access import allowed
from payouts.web.form import DayField, Form
from payouts.web.pages import actor, now, pages, transaction
from schemes.errors import Refused
from schemes.imports.legacy_file import CreditTerms, TermsRefused
from schemes.imports.register_import import ImportStatus, get_import
from schemes.person import Role


class TellTerms(Form):
    first_day = DayField(
        "First day of the awards",
        description="The first day that you pay for from here, not the day of the file",
        validators=[InputRequired("Enter the first day of the awards")],
    )
    references = RadioField(
        "What are the payees’ references?",
        widget=GovRadioInput(),
        choices=[
            SelectChoice("own", "The payment references of the file"),
            SelectChoice("numbered", "New ones, numbered in the order of the file"),
        ],
        validators=[InputRequired("Choose what the payees’ references are")],
    )
    prefix = StringField(
        "How do new references begin?",
        description="Only for new references. OLD gives OLD-000001, OLD-000002 and so on",
        widget=GovTextInput(),
        default="OLD",
    )
    submit = SubmitField("Read the payments", widget=GovSubmitInput())

    def terms(self) -> CreditTerms:
        """Raises TermsRefused."""
        prefix = self.prefix.data.strip() if self.references.data == "numbered" else ""
        if self.references.data == "numbered" and not prefix:
            raise TermsRefused("prefix")
        return CreditTerms(self.first_day.data, prefix)


@pages.route("/imports/<uuid:import_id>/payments", methods=["GET", "POST"])
@allowed(Role.PREPARER)
def tell_terms(import_id: UUID) -> ResponseReturnValue:
    form = TellTerms()
    here = url_for("pages.show_import", import_id=import_id)
    with transaction() as session:
        brought = get_import(session, import_id)
    if form.validate_on_submit():
        try:
            with transaction() as session:
                locked = get_import(session, import_id, lock=True)
                registering.tell_terms(session, locked, form.terms(), by=actor(), at=now())
        except TermsRefused as refused:
            form.refuse(words.sentence(refused), form.prefix)
        except Refused as refused:
            form.refuse(words.sentence(refused))
        else:
            return redirect(here, 303)
    if brought.asked is None or "credits" not in brought.asked or brought.status is not ImportStatus.ASKING:
        return redirect(here, 303)
    told = brought.asked["credits"]
    if not form.is_submitted():
        form.references.data = "own" if told["own_references"] else "numbered"
    return render_template("imports/tell_terms.html", form=form, brought=brought, credits=told), form.status
