"""A scheme's settings for the checks of its payrolls: what they are, and a proposal to change them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovRadioInput, GovSubmitInput
from wtforms import RadioField, SelectChoice, SubmitField
from wtforms.validators import InputRequired

from payouts.web import words
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.bank_details_rules import WholeNumber
from payouts.web.check_settings_words import THRESHOLDS, check_title, settings_rows, weight_words
from payouts.web.form import Form, MadeField, WordsField
from payouts.web.pages import actor, now, pages, transaction
from schemes.change import ChangeKind, waiting_of
from schemes.check_settings import (
    BETWEEN,
    PROPOSERS,
    WEIGHTS,
    Check,
    CheckSettings,
    Weight,
    propose,
    settings_at,
    settings_from,
    settings_json,
)
from schemes.errors import NotAllowed, Refused
from schemes.scheme import get_scheme


def weight_field(check: Check) -> RadioField:
    """What a finding means, from the least that it may be."""
    least = list(Weight).index(WEIGHTS[check].least)
    choices = [SelectChoice(weight.value, weight_words(weight)) for weight in list(Weight)[least:]]
    checks = [InputRequired("Choose what it means")]
    return RadioField(check_title(check), widget=GovRadioInput(), choices=choices, validators=checks)


def threshold_field(name: str) -> WholeNumber:
    least, most = BETWEEN[name]
    label = THRESHOLDS[name] + (" (pence)" if name.endswith("_pence") else "")
    refusal = f"Enter a whole number from {least:,} to {most:,}"
    return WholeNumber(label, least=least, most=most, refusal=refusal)


class ProposedSettings(Form):
    """The fields of the checks and thresholds stand beside these, each by its name."""

    change_id = MadeField()
    reason = WordsField("Why?", missing="Say why you propose this change", longest=1000)
    submit = SubmitField("Propose these settings", widget=GovSubmitInput())

    def settings(self) -> CheckSettings:
        return settings_from(
            {
                "weights": {check.value: self[check.value].data for check in Check},
                "thresholds": {name: self[name].data for name in BETWEEN},
            }
        )


FIELDS: dict[str, Any] = {
    **{check.value: weight_field(check) for check in Check},
    **{name: threshold_field(name) for name in BETWEEN},
}
ProposeSettings: type[ProposedSettings] = type(
    "ProposeSettings", (ProposedSettings,), {**FIELDS, "before_others": tuple(FIELDS)}
)


@pages.route("/schemes/<uuid:scheme_id>/checks")
@allowed(ANYONE_SIGNED_IN)
def show_check_settings(scheme_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        settings = settings_at(session, scheme_id)
        return render_template(
            "checks/show_settings.html",
            scheme=get_scheme(session, scheme_id),
            number=settings.number,
            rows=settings_rows(settings_json(settings)),
            waiting=waiting_of(session, ChangeKind.CHECKS, scheme_id),
        )


@pages.route("/schemes/<uuid:scheme_id>/checks/propose", methods=["GET", "POST"])
@allowed(*PROPOSERS)
def propose_check_settings(scheme_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        scheme, there = get_scheme(session, scheme_id), settings_json(settings_at(session, scheme_id))
    form = ProposeSettings(data={**there["weights"], **there["thresholds"]})
    if form.validate_on_submit():
        try:
            with transaction() as session:
                change_id, reason = form.change_id.id_of_what_is_made, form.reason.data
                propose(session, scheme_id, form.settings(), change_id=change_id, reason=reason, by=actor(), at=now())
        except NotAllowed:
            raise
        except Refused as refused:
            form.refuse(words.sentence(refused))
        else:
            flash("You proposed other settings for the checks. They count once someone else confirms them")
            return redirect(url_for("pages.show_check_settings", scheme_id=scheme_id), 303)
    checks, numbers = [check.value for check in Check], list(BETWEEN)
    return render_template(
        "checks/propose_settings.html", form=form, scheme=scheme, checks=checks, numbers=numbers
    ), form.status
