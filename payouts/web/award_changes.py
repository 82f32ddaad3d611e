"""Adding, changing and ending awards: typed, then checked beside what it does to payments, then done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovRadioInput, GovSubmitInput, GovTextInput
from sqlalchemy.orm import Session
from wtforms import RadioField, SelectChoice, StringField, SubmitField
from wtforms.validators import InputRequired, Length, Optional

from payouts.projection import Effect, effect_of
from payouts.web import words
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.award_words import said_of
from payouts.web.field_words import fault_sentence
from payouts.web.form import DayField, Form, MadeField, WordsField
from payouts.web.pages import actor, now, pages, service, transaction
from schemes.amount import AmountRule, Inputs, asked_for, read_inputs, units_words
from schemes.amount_rule import rule_on, rules_of
from schemes.award import Award, AwardDayRefused, Parties, add_award, get_award, parties_of
from schemes.award_history import History
from schemes.award_version import change_award, end_award, history_of
from schemes.bank_details import london_day
from schemes.errors import FieldsRefused, NotAllowed, NotFound, ReasonNotGiven, Refused
from schemes.payee import beneficiaries_of, get_payee, payees_for
from schemes.person import Role
from schemes.scheme import get_scheme, schemes_of_body

A_NUMBER = Length(max=30, message="Use at most 30 characters")
CONFIRM, AGAIN = "confirm", "again"


class AwardInputs(Form):
    """What an award brings to its scheme's rule: only the fields that the rule asks for are shown."""

    amount = StringField(
        "Amount for each period",
        description="In pounds and pence, like 120.50",
        widget=GovTextInput(),
        validators=[InputRequired("Enter the amount"), A_NUMBER],
    )
    units = StringField(
        "How many units?",
        widget=GovTextInput(),
        validators=[InputRequired("Enter how many"), A_NUMBER],
    )
    rate = StringField(
        "Rate for each unit",
        description="In pounds and pence, like 14.20",
        widget=GovTextInput(),
        validators=[InputRequired("Enter the rate"), A_NUMBER],
    )

    def ask_for(self, rule: AmountRule) -> None:
        """Leave out what the rule does not ask for."""
        asked = {name.removesuffix("_pence") for name in asked_for(rule)}
        for name in ("amount", "units", "rate"):
            if name not in asked:
                delattr(self, name)
        if "units" in asked:
            self.units.label.text = f"How many {rule.unit} for each period?"

    def inputs(self, rule: AmountRule) -> Inputs | None:
        """What was typed, or None and errors beside the fields."""
        given = {name: self[name].data or "" for name in ("amount", "units", "rate") if name in self}
        try:
            return read_inputs(rule, given)
        except FieldsRefused as refused:
            for fault in refused.faults:
                self.refuse(fault_sentence(fault), self[fault.field])
        return None


class AddAward(AwardInputs):
    award_id = MadeField()
    first_day = DayField("First day", validators=[InputRequired("Enter the first day")])
    last_day = DayField("Last day, if it is known", validators=[Optional()])
    submit = SubmitField("Continue", widget=GovSubmitInput())


class ChangeAward(AwardInputs):
    before_others = ("from_day",)
    version_id = MadeField()
    from_day = DayField("From which day?", validators=[InputRequired("Enter the day from which it changes")])
    last_day = DayField("Last day, if it is known", validators=[Optional()])
    payee = RadioField(
        "Who is paid from then on?", widget=GovRadioInput(), validators=[InputRequired("Choose who is paid")]
    )
    reason = WordsField("Why does it change?", missing="Say why you change this award")
    submit = SubmitField("Continue", widget=GovSubmitInput())

    def show(self, history: History, today: date) -> None:
        """What stands today, to be changed: nobody who changes the amount takes the last day off unseen."""
        self.payee.data = str(history.payee_on(today))
        terms = history.on(today) or history.terms[0]
        self.last_day.data = terms.last_day
        for name, value in inputs_typed(terms.inputs).items():
            if name in self:
                self[name].data = value


def inputs_typed(inputs: Inputs | None) -> dict[str, str]:
    """Inputs as they would be typed."""
    if inputs is None:
        return {}
    given = {"amount": inputs.amount_pence, "rate": inputs.rate_pence}
    typed = {name: f"{pence // 100}.{pence % 100:02d}" for name, pence in given.items() if pence is not None}
    return typed if inputs.units is None else {**typed, "units": units_words(inputs.units)}


class EndAward(Form):
    version_id = MadeField()
    last_day = DayField("What is the last day?", validators=[InputRequired("Enter the last day")])
    reason = WordsField("Why does it end?", missing="Say why you end this award")
    submit = SubmitField("Continue", widget=GovSubmitInput())


class Choice(NamedTuple):
    """Something that a scheme pays, and for whom it could be awarded."""

    words: str
    href: str


@pages.route("/payees/<uuid:payee_id>/awards/new")
@allowed(ANYONE_SIGNED_IN)
def choose_award(payee_id: UUID) -> ResponseReturnValue:
    """For whom, and of what: each choice is a link."""
    with transaction() as session:
        payee = get_payee(session, payee_id)
        offered = [
            (component, scheme)
            for scheme in schemes_of_body(session)
            if actor().holds(Role.PREPARER, scheme.id)
            for component in rules_of(session, scheme.id).definitions[0].components
        ]
        choices = [
            Choice(
                f"{scheme.name}: {component.name} for {beneficiary.name} ({beneficiary.reference})",
                url_for(
                    "pages.add_award_page",
                    payee_id=payee_id,
                    beneficiary_id=beneficiary.id,
                    scheme_id=scheme.id,
                    component=component.code,
                ),
            )
            for beneficiary, _ in beneficiaries_of(session, payee)
            for component, scheme in offered
        ]
    return render_template("awards/choose_award.html", payee=payee, choices=choices)


@pages.route(
    "/payees/<uuid:payee_id>/awards/new/<uuid:beneficiary_id>/<uuid:scheme_id>/<component>", methods=["GET", "POST"]
)
@allowed(Role.PREPARER)
def add_award_page(payee_id: UUID, beneficiary_id: UUID, scheme_id: UUID, component: str) -> ResponseReturnValue:
    form = AddAward()
    with transaction() as session:
        payee, scheme = get_payee(session, payee_id), get_scheme(session, scheme_id)
        beneficiary = next((b for b, _ in beneficiaries_of(session, payee) if b.id == beneficiary_id), None)
        if beneficiary is None:
            raise NotFound("beneficiary", beneficiary_id)
        rule = rule_on(session, scheme_id, component, london_day(now()))
        if rule is None:
            raise NotFound("component", component)
    form.ask_for(rule)

    def act(session: Session) -> Award:
        assert inputs is not None
        return add_award(
            session,
            award_id=form.award_id.id_of_what_is_made,
            scheme_id=scheme_id,
            beneficiary_id=beneficiary_id,
            payee_id=payee_id,
            component=component,
            inputs=inputs,
            first_day=form.first_day.data,
            last_day=form.last_day.data,
            by=actor(),
            at=now(),
        )

    facts: dict[str, Any] = {"payee": payee, "scheme": scheme, "beneficiary": beneficiary}
    if form.validate_on_submit() and step() != AGAIN and (inputs := form.inputs(rule)):
        done = carry_out(form, act, None)
        if isinstance(done, Award):
            flash("You added the award")
            return redirect(url_for("pages.show_award", award_id=done.id), 303)
        if done is not None:
            answers = [
                ("Scheme", scheme.name),
                ("Whose award it is", beneficiary.name),
                ("Who is paid", payee.name),
                ("Each period", said_of(inputs, rule.unit)),
                ("First day", form.first_day.data),
                ("Last day", form.last_day.data or "No end"),
            ]
            return check_page("Check the new award", "Add the award", answers, done, url_for_payee(payee_id), **facts)
    return render_template("awards/add_award.html", form=form, **facts), form.status


def url_for_payee(payee_id: UUID) -> str:
    return url_for("pages.show_payee", payee_id=payee_id)


@pages.route("/awards/<uuid:award_id>/change", methods=["GET", "POST"])
@allowed(Role.PREPARER)
def change_award_page(award_id: UUID) -> ResponseReturnValue:
    form = ChangeAward()
    with transaction() as session:
        parties = parties_of(session, award_id)
        history = history_of(session, parties.award)
        payees = payees_for(session, parties.award.beneficiary_id)
        rule = rule_on(session, parties.award.scheme_id, parties.award.component, london_day(now()))
    if rule is None:
        abort(404)
    form.ask_for(rule)
    form.payee.choices = [SelectChoice(str(payee.id), f"{payee.name} ({payee.reference})") for payee in payees]
    if request.method == "GET":
        form.show(history, london_day(now()))

    def act(session: Session) -> Award:
        award = get_award(session, award_id)
        change_award(
            session,
            award,
            version_id=form.version_id.id_of_what_is_made,
            from_day=form.from_day.data,
            last_day=form.last_day.data,
            inputs=inputs,
            payee_id=UUID(form.payee.data),
            reason=form.reason.data,
            by=actor(),
            at=now(),
        )
        return award

    if form.validate_on_submit() and step() != AGAIN and (inputs := form.inputs(rule)):
        done = carry_out(form, act, history)
        if isinstance(done, Award):
            flash("You changed the award")
            return redirect(url_for("pages.show_award", award_id=award_id), 303)
        if done is not None:
            answers = [
                ("Each period from then on", said_of(inputs, rule.unit)),
                ("From", form.from_day.data),
                ("Last day", form.last_day.data or "No end"),
                ("Who is paid", next(payee.name for payee in payees if str(payee.id) == form.payee.data)),
                ("Why", form.reason.data),
            ]
            return check_award(parties, "Check the change", "Change the award", answers, done)
    return render_template("awards/change_award.html", form=form, **parties._asdict()), form.status


@pages.route("/awards/<uuid:award_id>/end", methods=["GET", "POST"])
@allowed(Role.PREPARER)
def end_award_page(award_id: UUID) -> ResponseReturnValue:
    form = EndAward()
    with transaction() as session:
        parties = parties_of(session, award_id)
        history = history_of(session, parties.award)

    def act(session: Session) -> Award:
        award = get_award(session, award_id)
        end_award(
            session,
            award,
            version_id=form.version_id.id_of_what_is_made,
            last_day=form.last_day.data,
            reason=form.reason.data,
            by=actor(),
            at=now(),
        )
        return award

    if form.validate_on_submit() and step() != AGAIN:
        done = carry_out(form, act, history)
        if isinstance(done, Award):
            flash("You ended the award")
            return redirect(url_for("pages.show_award", award_id=award_id), 303)
        if done is not None:
            answers = [("Last day", form.last_day.data), ("Why", form.reason.data)]
            return check_award(parties, "Check the end of the award", "End the award", answers, done)
    return render_template("awards/end_award.html", form=form, **parties._asdict()), form.status


def step() -> str:
    """Where a person is: typing, asking for the form again, or confirming what was checked."""
    return request.form.get("step", "")


def carry_out(form: Form, act: Callable[[Session], Award], before: History | None) -> Award | Effect | None:
    """Do it, if the person confirmed it; else do it only to see what it does, and take it back.

    None: it was refused, and the form says why.
    """
    try:
        with transaction() as session:
            if step() == CONFIRM:
                return act(session)
            with session.begin_nested() as trial:
                award = act(session)
                effect = effect_of(
                    session,
                    service().calendar,
                    award=award,
                    before=before,
                    after=history_of(session, award),
                    today=london_day(now()),
                )
                trial.rollback()
            return effect
    except (NotAllowed, NotFound):
        raise
    except AwardDayRefused as refused:
        form.refuse(words.sentence(refused), form["last_day"])
    except Refused as refused:
        form.refuse(words.sentence(refused), form["reason"] if isinstance(refused, ReasonNotGiven) else None)
    return None


Answers = list[tuple[str, str | date]]


def check_award(parties: Parties, title: str, confirm: str, answers: Answers, effect: Effect) -> ResponseReturnValue:
    back = url_for("pages.show_award", award_id=parties.award.id)
    return check_page(title, confirm, answers, effect, back, **parties._asdict())


def check_page(
    title: str, confirm: str, answers: Answers, effect: Effect, back: str, **facts: Any
) -> ResponseReturnValue:
    """What was typed and what it does to payments, with the form's own values to be sent again."""
    typed = [(name, value) for name, value in request.form.items(multi=True) if name not in ("csrf_token", "step")]
    return render_template(
        "awards/check_award.html",
        heading=title,
        confirm=confirm,
        answers=answers,
        effect=effect,
        typed=typed,
        back=back,
        **facts,
    )
