"""Rules of what entries of a statement are: seen, proposed, and ended by two people."""

from __future__ import annotations

from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovRadioInput, GovSubmitInput, GovTextInput
from wtforms import RadioField, SelectChoice, StringField, SubmitField
from wtforms.validators import InputRequired, Length

from payouts.statement import rule
from payouts.statement.entry import Match
from payouts.web import words
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.form import Form, MadeField, WordsField
from payouts.web.pages import actor, now, pages, transaction
from payouts.web.statement_words import MATCHES
from schemes.errors import NotAllowed, ReasonNotGiven, Refused

TOO_LONG = Length(max=rule.LONGEST, message=f"Use at most {rule.LONGEST} characters")


class WhyRule(Form):
    change_id = MadeField()
    reason = WordsField("Why?", missing="Say why")
    submit = SubmitField("Propose it to a second person", widget=GovSubmitInput())


class MakeRule(WhyRule):
    before_others = ("way", "words", "code", "what")
    way = RadioField(
        "Which entries?",
        widget=GovRadioInput(),
        choices=[SelectChoice("out", "Money that goes out"), SelectChoice("in", "Money that comes in")],
        validators=[InputRequired("Choose whether the money comes in or goes out")],
    )
    words = StringField(
        "Words that the bank writes",
        description="Whole words in this order, such as MONTHLY ACCOUNT FEE. Capitals make no difference",
        widget=GovTextInput(),
        validators=[TOO_LONG],
    )
    code = StringField(
        "Type of transaction",
        description="The bank’s own code, such as INT. Leave it empty for any",
        widget=GovTextInput(),
        validators=[TOO_LONG],
    )
    what = RadioField(
        "What are they?",
        widget=GovRadioInput(),
        choices=[SelectChoice(match.value, MATCHES[match]) for match in rule.BY_RULE],
        validators=[InputRequired("Choose what they are")],
    )


@pages.route("/statements/rules")
@allowed(ANYONE_SIGNED_IN)
def show_bank_rules() -> ResponseReturnValue:
    with transaction() as session:
        return render_template("statements/show_rules.html", rules=rule.rules(session))


@pages.route("/statements/rules/new", methods=["GET", "POST"])
@allowed(*rule.PROPOSERS)
def make_bank_rule() -> ResponseReturnValue:
    form = MakeRule()
    if form.validate_on_submit():
        made = form.change_id.id_of_what_is_made
        try:
            with transaction() as session:
                rule.propose(
                    session,
                    change_id=made,
                    is_credit=form.way.data == "in",
                    words=form.words.data or "",
                    code=form.code.data or "",
                    match=Match(form.what.data),
                    reason=form.reason.data,
                    by=actor(),
                    at=now(),
                )
        except NotAllowed:
            raise
        except Refused as refused:
            beside = {rule.RuleSaysNothing: form.words, ReasonNotGiven: form.reason}
            form.refuse(words.sentence(refused), beside.get(type(refused)))
        else:
            return proposed(made)
    return render_template("statements/make_rule.html", form=form), form.status


@pages.route("/statements/rules/<uuid:bank_rule_id>/end", methods=["GET", "POST"])
@allowed(*rule.PROPOSERS)
def end_bank_rule(bank_rule_id: UUID) -> ResponseReturnValue:
    form = WhyRule()
    if form.validate_on_submit():
        made = form.change_id.id_of_what_is_made
        with form.refusing({ReasonNotGiven: form.reason}):
            with transaction() as session:
                rule.propose_end(session, bank_rule_id, change_id=made, reason=form.reason.data, by=actor(), at=now())
            return proposed(made)
    with transaction() as session:
        return render_template("statements/end_rule.html", form=form, rule=rule.get_rule(session, bank_rule_id)), (
            form.status
        )


def proposed(change_id: UUID) -> ResponseReturnValue:
    flash("You proposed it. It counts once somebody else confirms it")
    return redirect(url_for("pages.decide_change", change_id=change_id), 303)
