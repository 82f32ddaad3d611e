"""The body's rules for new bank details: what they are, and a proposal to change them, for a second person."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovRadioInput, GovSubmitInput, GovTextInput
from wtforms import IntegerField, RadioField, SelectChoice, SubmitField
from wtforms.validators import InputRequired, NumberRange

from payouts.web import words
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.confirmation_words import MEANINGS, policy_rows
from payouts.web.form import Form, MadeField, WordsField
from payouts.web.pages import actor, now, pages, transaction
from schemes import cooling_off, name_policy
from schemes.body import MOST_COOLING_OFF_DAYS
from schemes.change import ChangeKind, waiting_of
from schemes.cooling_off import CoolingOff, HighRiskSooner
from schemes.errors import NotAllowed, Refused
from schemes.name_policy import LEAST_DAYS, MOST_DAYS, MatchNeedsAsking, Meaning, NamePolicy
from schemes.person import Role
from schemes.risk import RiskReason

NOT_DAYS = f"Enter a number of working days from 0 to {MOST_COOLING_OFF_DAYS}"


class WholeNumber(IntegerField):
    """A whole number from `least` to `most`, refused in plain words."""

    def __init__(self, label: str, *, least: int, most: int, refusal: str, **kwargs: Any) -> None:
        checks = [InputRequired(refusal), NumberRange(least, most, refusal)]
        super().__init__(label, widget=GovTextInput(), validators=checks, **kwargs)
        self.refusal = refusal

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(self.refusal) from None


COOLING_DAYS: dict[str, Any] = {"least": 0, "most": MOST_COOLING_OFF_DAYS, "refusal": NOT_DAYS}
NOT_COUNTED = f"Enter a number of days from {LEAST_DAYS} to {MOST_DAYS}"
MEANING_FIELDS = ("close", "no_match", "switched", "unable", "not_asked")


class ProposeCoolingOff(Form):
    change_id = MadeField()
    first_days = WholeNumber(
        "First bank details of a payee", **COOLING_DAYS, description="There is nothing to steal yet, so mostly 0"
    )
    ordinary_days = WholeNumber(
        "An ordinary change", **COOLING_DAYS, description="2 unless your body decided otherwise"
    )
    high_days = WholeNumber("A change of high risk", **COOLING_DAYS, description="At least as many as the others")
    reason = WordsField("Why?", missing="Say why you propose this change")
    submit = SubmitField("Propose this cooling-off", widget=GovSubmitInput())


class MeaningField(RadioField):
    """What one kind of answer means for use."""

    def __init__(self, label: str, **kwargs: Any) -> None:
        choices = [SelectChoice(meaning.value, said[1]) for meaning, said in MEANINGS.items()]
        checks = [InputRequired("Choose what this answer means")]
        super().__init__(label, widget=GovRadioInput(), choices=choices, validators=checks, **kwargs)


class ProposeNamePolicy(Form):
    change_id = MadeField()
    close = MeaningField("The name is close to the one on the account, or the kind of account differs")
    no_match = MeaningField("The name does not match")
    switched = MeaningField("The account was switched to another bank")
    unable = MeaningField("The bank can’t check the name")
    not_asked = MeaningField("The name was not checked, or too long ago")
    ask_on_entry = RadioField(
        "Is each change checked with the bank when it is proposed?",
        widget=GovRadioInput(),
        choices=[SelectChoice("yes", "Yes"), SelectChoice("no", "No, people ask when they want to")],
        validators=[InputRequired("Choose whether each change is checked")],
    )
    good_for_days = WholeNumber(
        "How many days does an answer count?",
        least=LEAST_DAYS,
        most=MOST_DAYS,
        refusal=NOT_COUNTED,
        description="From 1 to 365. 90 unless your body decided otherwise",
    )
    match_confirms = RadioField(
        "Does a match confirm a payee’s first bank details by itself, where another system proposes them by its key?",
        description="Only where the account holder is the payee’s own name and nothing speaks against it. Nobody else "
        "looks at them then. Changes always wait for a person, and the cooling-off stays",
        widget=GovRadioInput(),
        choices=[SelectChoice("yes", "Yes"), SelectChoice("no", "No, a person confirms them")],
        validators=[InputRequired("Choose whether a match confirms first bank details")],
    )
    reason = WordsField("Why?", missing="Say why you propose this change")
    submit = SubmitField("Propose this policy", widget=GovSubmitInput())

    def policy(self) -> NamePolicy:
        said = {name: Meaning(self[name].data) for name in MEANING_FIELDS}
        return NamePolicy(
            **said,
            ask_on_entry=self.ask_on_entry.data == "yes",
            good_for_days=self.good_for_days.data,
            match_confirms=self.match_confirms.data == "yes",
        )


@pages.route("/bank-details-rules")
@allowed(ANYONE_SIGNED_IN)
def show_bank_details_rules() -> ResponseReturnValue:
    with transaction() as session:
        return render_template(
            "bank_details_rules/show_rules.html",
            cooling_off=cooling_off.current(session),
            reasons=list(RiskReason),
            waiting=waiting_of(session, ChangeKind.COOLING_OFF, actor().body_id),
            policy=policy_rows(name_policy.current(session)),
            waiting_policy=waiting_of(session, ChangeKind.NAME_POLICY, actor().body_id),
        )


@pages.route("/bank-details-rules/cooling-off", methods=["GET", "POST"])
@allowed(Role.ADMINISTRATOR)
def propose_cooling_off() -> ResponseReturnValue:
    with transaction() as session:
        form = ProposeCoolingOff(data=cooling_off.current(session)._asdict())
    if form.validate_on_submit():
        wanted = CoolingOff(form.first_days.data, form.ordinary_days.data, form.high_days.data)
        try:
            with transaction() as session:
                change_id, reason = form.change_id.id_of_what_is_made, form.reason.data
                cooling_off.propose(session, wanted, change_id=change_id, reason=reason, by=actor(), at=now())
        except NotAllowed:
            raise
        except Refused as refused:
            form.refuse(words.sentence(refused), form.high_days if isinstance(refused, HighRiskSooner) else None)
        else:
            flash("You proposed another cooling-off. It counts once someone else confirms it")
            return redirect(url_for("pages.show_bank_details_rules"), 303)
    return render_template("bank_details_rules/propose_cooling_off.html", form=form), form.status


@pages.route("/bank-details-rules/names", methods=["GET", "POST"])
@allowed(Role.ADMINISTRATOR)
def propose_name_policy() -> ResponseReturnValue:
    with transaction() as session:
        now_there = name_policy.facts(session)
    chosen = {name: "yes" if now_there[name] else "no" for name in ("ask_on_entry", "match_confirms")}
    form = ProposeNamePolicy(data={**now_there, **chosen})
    if form.validate_on_submit():
        try:
            with transaction() as session:
                change_id, reason = form.change_id.id_of_what_is_made, form.reason.data
                name_policy.propose(session, form.policy(), change_id=change_id, reason=reason, by=actor(), at=now())
        except NotAllowed:
            raise
        except Refused as refused:
            form.refuse(words.sentence(refused), form.match_confirms if isinstance(refused, MatchNeedsAsking) else None)
        else:
            flash("You proposed another policy. It counts once someone else confirms it")
            return redirect(url_for("pages.show_bank_details_rules"), 303)
    return render_template("bank_details_rules/propose_name_policy.html", form=form, fields=MEANING_FIELDS), form.status
