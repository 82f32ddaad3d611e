"""Asking a colleague about a sealed payroll, and answering."""

from __future__ import annotations

from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovRadioInput, GovSubmitInput
from wtforms import RadioField, SelectChoice, SubmitField
from wtforms.validators import InputRequired

from payouts.gates.query import ANSWERERS, ask, colleagues, get_query, reply
from payouts.payroll import PayrollStatus, get_payroll
from payouts.web.access import allowed
from payouts.web.form import Form, MadeField, WordsField
from payouts.web.pages import actor, now, pages, service, transaction
from payouts.web.words import role_names
from schemes.gate_rule import DECIDERS
from schemes.person import names, people


class AskColleague(Form):
    query_id = MadeField()
    of = RadioField("Who do you ask?", widget=GovRadioInput(), validators=[InputRequired("Choose who you ask")])
    question = WordsField(
        "Your question", missing="Enter your question", hint="It is kept with the payroll. Do not enter bank details"
    )
    submit = SubmitField("Ask", widget=GovSubmitInput())


class AnswerQuery(Form):
    answer = WordsField(
        "Your answer",
        missing="Enter your answer",
        hint="Everyone who decides on the payroll can read it. It can’t be changed later",
    )
    submit = SubmitField("Send the answer", widget=GovSubmitInput())


@pages.route("/payrolls/<uuid:payroll_id>/queries/new", methods=["GET", "POST"])
@allowed(*DECIDERS)
def ask_colleague(payroll_id: UUID) -> ResponseReturnValue:
    form = AskColleague()
    with transaction() as session:
        payroll = get_payroll(session, payroll_id)
        actor().must_be(*DECIDERS, scheme=payroll.scheme_id)
        if payroll.status is not PayrollStatus.SEALED:
            return redirect(url_for("pages.show_payroll", payroll_id=payroll_id), 303)
        roles = {person.id: held for person, held in people(session, scheme_id=payroll.scheme_id)}
        asked = colleagues(session, payroll, actor())
    form.of.choices = [
        SelectChoice(str(person.id), f"{person.name} ({role_names(roles[person.id])})") for person in asked
    ]
    if form.validate_on_submit():
        with form.refusing():
            with transaction() as session:
                payroll, query_id = get_payroll(session, payroll_id, lock=True), form.query_id.id_of_what_is_made
                of, question = UUID(form.of.data), form.question.data
                ask(session, service(), payroll, query_id=query_id, of=of, question=question, by=actor(), at=now())
            flash("You asked. They are told by email, and the answer will stand here")
            return redirect(url_for("pages.show_payroll", payroll_id=payroll_id) + "#queries", 303)
    return render_template("payrolls/ask_colleague.html", form=form, payroll=payroll), form.status


@pages.route("/payrolls/<uuid:payroll_id>/queries/<uuid:query_id>", methods=["GET", "POST"])
@allowed(*ANSWERERS)
def answer_query(payroll_id: UUID, query_id: UUID) -> ResponseReturnValue:
    form = AnswerQuery()
    if form.validate_on_submit():
        with form.refusing():
            with transaction() as session:
                payroll, query = get_payroll(session, payroll_id), get_query(session, payroll_id, query_id, lock=True)
                reply(session, service(), payroll, query, answer=form.answer.data, by=actor(), at=now())
            flash("You answered. Whoever asked is told by email")
            return redirect(url_for("pages.show_payroll", payroll_id=payroll_id) + "#queries", 303)
    with transaction() as session:
        payroll, query = get_payroll(session, payroll_id), get_query(session, payroll_id, query_id)
        facts = {"form": form, "payroll": payroll, "query": query, "names": names(session)}
        return render_template("payrolls/answer_query.html", **facts), form.status
