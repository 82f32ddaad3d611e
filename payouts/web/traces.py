"""Traces in the browser: a payment that has not arrived, from the call about it to its end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovRadioInput, GovSubmitInput, GovTextInput
from sqlalchemy import select
from sqlalchemy.orm import Session
from wtforms import RadioField, SelectChoice, StringField, SubmitField
from wtforms.validators import InputRequired, Length, Optional

from payouts.files.payment_file import PaymentFile
from payouts.payment import Payment
from payouts.payroll import Payroll, get_payroll
from payouts.returns import telling, tracing
from payouts.returns.recall import credit_of
from payouts.returns.returned import case_of
from payouts.returns.trace import (
    ToldBy,
    Trace,
    TraceStage,
    TraceWhy,
    get_trace,
    open_traces,
    steps_of,
    waiting,
)
from payouts.returns.tracing import OPENERS, WORKERS, BankAnswer
from payouts.web import words
from payouts.web.access import ANYONE_SIGNED_IN, EVERY_ROLE, allowed, may_see
from payouts.web.form import DayField, Form, MadeField, WordsField
from payouts.web.pages import actor, id_given, now, pages, service, transaction
from payouts.web.trace_words import ANSWERS, TOLD_BY, WHYS, Letter, account_in_full, letter
from schemes.account import Account, in_use_on
from schemes.bank_details import london_day
from schemes.bank_profile import newest_profile
from schemes.errors import NotAllowed, NotFound, ReasonNotGiven, Refused
from schemes.payee import Payee, get_payee
from schemes.person import names
from schemes.typed_details import DetailsRefused
from schemes.unmasking import UNMASKERS

SHOWN = 50


class OpenTrace(Form):
    trace_id = MadeField()
    reference = StringField(
        "Reference of the payment", widget=GovTextInput(), validators=[InputRequired("Enter the payment’s reference")]
    )
    why = RadioField(
        "What is wrong?",
        widget=GovRadioInput(),
        choices=[SelectChoice(one.value, said) for one, said in WHYS.items()],
        validators=[InputRequired("Choose what is wrong")],
    )
    told_by = RadioField(
        "Who says so?",
        widget=GovRadioInput(),
        choices=[SelectChoice(one.value, said) for one, said in TOLD_BY.items()],
        validators=[InputRequired("Choose who says so")],
    )
    told_on = DayField("When did they say it?", validators=[InputRequired("Enter the day on which they said it")])
    said = WordsField(
        "What do they say?", missing="Enter what they say", hint="For example how they looked, and up to which day"
    )
    submit = SubmitField("Look for it", widget=GovSubmitInput())


class CompareAccounts(Form):
    sort_code = StringField("Sort code", widget=GovTextInput(), validators=[Length(max=20)])
    account_number = StringField("Account number", widget=GovTextInput(), validators=[Length(max=20)])
    roll_number = StringField("Roll number (optional)", widget=GovTextInput(), validators=[Length(max=30)])
    words = WordsField("How do they know? (optional)", hint="For example read from a statement, over the phone")
    submit = SubmitField("Compare", widget=GovSubmitInput())


class AskBank(Form):
    reference = StringField(
        "The bank’s reference (optional)", widget=GovTextInput(), validators=[Optional(), Length(max=100)]
    )
    words = WordsField("How was it asked? (optional)", hint="For example by phone, with the name of whom you spoke to")
    submit = SubmitField("The bank was asked", widget=GovSubmitInput())


class RecordAnswer(Form):
    answer = RadioField(
        "What does the bank say?",
        widget=GovRadioInput(),
        choices=[],
        validators=[InputRequired("Choose what the bank says")],
    )
    words = WordsField(
        "Where does it say so?",
        missing="Say where the bank says so",
        hint="For example the date of the letter, or whom you spoke to",
    )
    submit = SubmitField("Record the answer", widget=GovSubmitInput())


class FindIt(Form):
    words = WordsField("Why is it looked for no longer?", missing="Say why it is looked for no longer")
    submit = SubmitField("Look for it no longer", widget=GovSubmitInput())


@pages.route("/bank/traces")
@allowed(ANYONE_SIGNED_IN)
def show_traces() -> ResponseReturnValue:
    after, own = id_given("after"), "mine" in request.args
    mine = 1 if own else None
    today = london_day(now())
    with transaction() as session:
        rows = open_traces(session, after=after, mine=actor().person_id if own else None, limit=SHOWN + 1)
        more = len(rows) > SHOWN
        return render_template(
            "traces/show_traces.html",
            rows=rows[:SHOWN],
            waiting=waiting(session, today=today),
            own=own,
            today=today,
            ages={row.trace.id: (today - london_day(row.trace.opened_at)).days for row in rows},
            next=url_for("pages.show_traces", after=rows[SHOWN - 1].trace.id, mine=mine) if more else None,
            first=url_for("pages.show_traces", mine=mine) if after else None,
            names=names(session),
        )


@pages.route("/payrolls/<uuid:payroll_id>/traces/new", methods=["GET", "POST"])
@allowed(*OPENERS)
def open_trace(payroll_id: UUID) -> ResponseReturnValue:
    form = OpenTrace()

    def begin(session: Session) -> None:
        payroll = get_payroll(session, payroll_id)
        wanted = " ".join(form.reference.data.upper().split())
        found = session.scalars(
            select(Payment).where(Payment.payroll_id == payroll_id, Payment.reference == wanted)
        ).all()
        if len(found) != 1:
            form.refuse("No payment of this payroll has this reference alone. Check it", form.reference)
            return
        tracing.open_trace(
            session,
            service(),
            payroll,
            found[0],
            trace_id=form.trace_id.id_of_what_is_made,
            why=TraceWhy(form.why.data),
            told_by=ToldBy(form.told_by.data),
            told_on=form.told_on.data,
            said=form.said.data,
            by=actor(),
            at=now(),
        )

    if form.validate_on_submit() and done(form, begin):
        flash("It is looked for now. First compare the accounts")
        return to_trace(form.trace_id.id_of_what_is_made)
    if request.method == "GET":
        form.told_on.data = london_day(now())
    with transaction() as session:
        payroll = get_payroll(session, payroll_id)
        return render_template("traces/open_trace.html", form=form, payroll=payroll), form.status


@pages.route("/bank/traces/<uuid:trace_id>")
@allowed(EVERY_ROLE)
def show_trace(trace_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        return trace_page(session, get_trace(session, trace_id))


@pages.route("/bank/traces/<uuid:trace_id>/in-full", methods=["POST"])
@allowed(*UNMASKERS)
def show_trace_in_full(trace_id: UUID) -> ResponseReturnValue:
    """The numbers stand in the answer to the POST only, and that somebody saw them is recorded."""
    with transaction() as session:
        trace = get_trace(session, trace_id)
        return trace_page(session, trace, tracing.in_full(session, service(), trace, by=actor(), at=now()))


def trace_page(session: Session, trace: Trace, full: dict[str, Any] | None = None) -> str:
    payment: Payment = session.get_one(Payment, (trace.body_id, trace.payment_id))
    payroll = get_payroll(session, trace.payroll_id)
    paid: Account = session.get_one(Account, (trace.body_id, payment.account_id))
    today = london_day(now())
    account = f"ending {paid.last_four}" if full is None else account_in_full(full["paid"][1])
    return render_template(
        "traces/show_trace.html",
        trace=trace,
        payment=payment,
        payroll=payroll,
        payee=get_payee(session, trace.payee_id),
        paid=paid,
        held=in_use_on(session, trace.payee_id, today),
        full=full,
        steps=steps_of(session, trace.id),
        told=telling.waiting_of(session, payment.id),
        case=case_of(session, payment.id),
        late=trace.due_on is not None and trace.due_on < today,
        age=(today - london_day(trace.opened_at)).days,
        letter=letter_of(session, trace, payment, payroll, paid.holder_name, account),
        credit=credit_of(session, payment),
        not_theirs=trace.said_account in tracing.ANOTHERS,
        may_work=any(actor().holds(role, trace.scheme_id) for role in WORKERS),
        may_unmask=may_see("pages.show_trace_in_full"),
        names=names(session),
    )


def letter_of(
    session: Session, trace: Trace, payment: Payment, payroll: Payroll, holder_name: str, account: str
) -> Letter | None:
    """The letter that the stage asks for: before the bank was asked, and while it recovers."""
    if trace.stage not in (TraceStage.ASK_BANK, TraceStage.WITH_BANK, TraceStage.RECOVERING):
        return None
    file = session.get(PaymentFile, (payment.body_id, payment.file_id)) if payment.file_id else None
    profile = newest_profile(session, payroll.bank_profile_id)
    misdirected = trace.stage is TraceStage.RECOVERING or trace.said_account in tracing.ANOTHERS
    credit = credit_of(session, payment)
    return letter(payroll, file, profile, credit, holder_name=holder_name, account=account, misdirected=misdirected)


@pages.route("/bank/traces/<uuid:trace_id>/assign", methods=["POST"])
@allowed(*WORKERS)
def assign_trace(trace_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        tracing.take_on(session, get_trace(session, trace_id, lock=True), by=actor(), at=now())
    flash("It is yours now")
    return to_trace(trace_id)


@pages.route("/bank/traces/<uuid:trace_id>/compare", methods=["GET", "POST"])
@allowed(*WORKERS)
def compare_accounts(trace_id: UUID) -> ResponseReturnValue:
    form = CompareAccounts()

    def compare(session: Session, trace: Trace) -> None:
        tracing.compare(
            session,
            service(),
            trace,
            sort_code=form.sort_code.data or "",
            account_number=form.account_number.data or "",
            roll_number=form.roll_number.data or "",
            words=form.words.data or "",
            by=actor(),
            at=now(),
        )

    return step(form, trace_id, compare, "You compared the accounts", "traces/compare.html")


@pages.route("/bank/traces/<uuid:trace_id>/ask", methods=["GET", "POST"])
@allowed(*WORKERS)
def ask_bank(trace_id: UUID) -> ResponseReturnValue:
    form = AskBank()

    def ask(session: Session, trace: Trace) -> None:
        facts = {"reference": form.reference.data or "", "words": form.words.data or ""}
        tracing.ask_bank(session, service(), trace, by=actor(), at=now(), **facts)

    return step(form, trace_id, ask, "You recorded that the bank was asked", "traces/ask.html")


@pages.route("/bank/traces/<uuid:trace_id>/answer", methods=["GET", "POST"])
@allowed(*WORKERS)
def record_answer(trace_id: UUID) -> ResponseReturnValue:
    form = RecordAnswer()
    with transaction() as session:
        possible = tracing.answers_of(session, get_trace(session, trace_id))
    form.answer.choices = [SelectChoice(one.value, ANSWERS[one][0]) for one in possible]

    def record(session: Session, trace: Trace) -> None:
        said = BankAnswer(form.answer.data)
        tracing.answer(session, service(), trace, said, words=form.words.data, by=actor(), at=now())

    hints = [{"hint": {"text": ANSWERS[one][1]}} for one in possible]
    return step(form, trace_id, record, "You recorded the bank’s answer", "traces/answer.html", hints=hints)


@pages.route("/bank/traces/<uuid:trace_id>/found", methods=["GET", "POST"])
@allowed(*WORKERS)
def find_payment(trace_id: UUID) -> ResponseReturnValue:
    form = FindIt()

    def find(session: Session, trace: Trace) -> None:
        tracing.find(session, trace, words=form.words.data, by=actor(), at=now())

    return step(form, trace_id, find, "It is looked for no longer", "traces/found.html")


def step(
    form: Form, trace_id: UUID, act: Callable[[Session, Trace], object], said: str, template: str, **facts: Any
) -> ResponseReturnValue:
    """The form of one step, and what comes of it."""
    if form.validate_on_submit() and done(form, lambda session: act(session, get_trace(session, trace_id, lock=True))):
        flash(said)
        return to_trace(trace_id)
    with transaction() as session:
        trace = get_trace(session, trace_id)
        payment = session.get_one(Payment, (trace.body_id, trace.payment_id))
        payee = session.get_one(Payee, (trace.body_id, trace.payee_id))
        return render_template(template, form=form, trace=trace, payment=payment, payee=payee, **facts), form.status


def done(form: Form, act: Callable[[Session], object]) -> bool:
    """Whether an act went through; what is refused is told in the form."""
    try:
        with transaction() as session:
            act(session)
    except (NotAllowed, NotFound):
        raise
    except Refused as refused:
        beside = None
        if isinstance(refused, DetailsRefused):
            beside = form[refused.field]
        elif isinstance(refused, ReasonNotGiven) and "words" in form:
            beside = form["words"]
        form.refuse(words.sentence(refused), beside)
    return form.status == 200


def to_trace(trace_id: UUID) -> ResponseReturnValue:
    return redirect(url_for("pages.show_trace", trace_id=trace_id), 303)
