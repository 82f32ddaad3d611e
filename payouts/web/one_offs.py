"""One-off payments: entering one, the second person's page, and all of them with where they are."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovRadioInput, GovSubmitInput, GovTextInput
from sqlalchemy import select
from sqlalchemy.orm import Session
from wtforms import Field, RadioField, SelectChoice, StringField, SubmitField
from wtforms.validators import InputRequired, Length

from payouts import one_offs
from payouts.payment import Payment, in_payroll
from payouts.payroll import Payroll, get_payroll
from payouts.web import words
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.form import DayField, Form, MadeField, PoundsField, WordsField
from payouts.web.pages import actor, id_given, now, pages, transaction
from schemes import one_off as one_off_rows
from schemes.bank_details import london_day
from schemes.errors import NotAllowed, NotFound, ReasonNotGiven, Refused
from schemes.one_off import CONFIRMERS, PROPOSERS
from schemes.one_off_file import undecided
from schemes.one_off_look import Wanted
from schemes.one_off_payment import OneOff, OneOffRefused, OneOffRow, get_one_off, rows_where
from schemes.payee import beneficiary_of_reference, get_beneficiary, get_payee, payee_of_reference
from schemes.person import Role, names
from schemes.scheme import Scheme, get_scheme, schemes_of_body
from schemes.scheme_version import newest

PAGE = 50
SHORT = Length(max=50, message="Use at most 50 characters")
CONFIRM, REJECT = "confirm", "reject"


class EnterOneOff(Form):
    one_off_id = MadeField()
    beneficiary = StringField(
        "Whose money is it?",
        description="The reference of the beneficiary",
        widget=GovTextInput(),
        validators=[InputRequired("Enter the reference of the beneficiary"), SHORT],
    )
    payee = StringField(
        "Who receives it?",
        description="The reference of the payee. Leave it empty if only one is paid for them",
        widget=GovTextInput(),
        validators=[SHORT],
    )
    component = RadioField(
        "What is it?", widget=GovRadioInput(), validators=[InputRequired("Choose what it is")], choices=[]
    )
    amount = PoundsField("How much?", validators=[InputRequired("Enter the amount"), SHORT])
    about = DayField("Which day is it for?", validators=[InputRequired("Enter a day that it is for")])
    pay_from = DayField("From which day may it be paid?", validators=[InputRequired("Enter the first day")])
    reason = WordsField(
        "Why is it paid?",
        missing="Say why it is paid",
        hint="The letter, form or decision that it goes by. Whoever confirms and approves it reads this",
    )
    further_because = WordsField(
        "If this is paid for the same period already, why is more paid besides?",
        hint="Leave it empty if nothing else is paid for this",
    )
    submit = SubmitField("Enter the payment", widget=GovSubmitInput())

    def offer(self, session: Session, scheme: Scheme) -> None:
        """Ask what it is where the scheme pays several things."""
        components = newest(session, scheme.id).definition.components
        self.component.choices = [SelectChoice(one.code, one.name) for one in components]
        if len(components) == 1:
            del self.component

    def beside(self, refused: Refused) -> Field | None:
        """The field that a refusal is about."""
        if isinstance(refused, OneOffRefused):
            name = refused.field if refused.field in self else "further_because"
            return self[name]
        if isinstance(refused, NotFound):
            return self.payee if refused.kind == "payee" else self.beneficiary
        return None


class DecideOneOff(Form):
    decision = RadioField(
        "Your decision",
        widget=GovRadioInput(),
        choices=[SelectChoice(CONFIRM, "Confirm it"), SelectChoice(REJECT, "Reject it")],
        validators=[InputRequired("Choose what happens")],
    )
    reason = WordsField("Reason", hint="Needed to reject it")
    submit = SubmitField("Continue", widget=GovSubmitInput())


class WithdrawOneOff(Form):
    reason = WordsField("Why is it not to be paid?", missing="Say why it is not to be paid")
    submit = SubmitField("Withdraw it", widget=GovSubmitInput())


class Shown(NamedTuple):
    """A one-off payment in a list, with where it is in words, and the colour of the tag."""

    row: OneOffRow
    words: str
    colour: str


def where_it_is(one_off: OneOff, payroll: Payroll | None) -> tuple[str, str]:
    if payroll is not None:
        return f"In payroll {payroll.number}", "green"
    if one_off.ended_at:
        # whoever entered it can only take it back: that a payment is wrong is another's word
        rejected = one_off.confirmed_at is None and one_off.ended_by != one_off.proposed_by
        return ("Rejected" if rejected else "Withdrawn"), "grey"
    return ("Waits for a payroll", "blue") if one_off.confirmed_at else ("Waits for a second person", "yellow")


@pages.route("/one-offs")
@allowed(ANYONE_SIGNED_IN)
def show_one_offs() -> ResponseReturnValue:
    """All of them, of one payroll, or to one payee."""
    payroll_id, payee_id, before = id_given("payroll"), id_given("payee"), id_given("before")
    file_id = id_given("file")
    with transaction() as session:
        payroll = get_payroll(session, payroll_id) if payroll_id else None
        payee = get_payee(session, payee_id) if payee_id else None
        which = [OneOff.payee_id == payee_id] if payee_id else []
        if file_id:
            which.append(OneOff.file_id == file_id)
        if payroll_id:
            which.append(OneOff.id.in_(select(Payment.one_off_id).where(in_payroll(payroll_id))))
        rows = rows_where(session, *which, before=before, limit=PAGE + 1)
        paid = one_offs.payrolls_of(session, [row.one_off.id for row in rows])
        return render_template(
            "one_offs/show_one_offs.html",
            shown=[Shown(row, *where_it_is(row.one_off, paid.get(row.one_off.id))) for row in rows[:PAGE]],
            payroll=payroll,
            payee=payee,
            schemes=schemes_of_body(session),
            files=undecided(session),
            filters={"payroll": payroll_id, "payee": payee_id, "file": file_id},
            next_before=rows[PAGE - 1].one_off.id if len(rows) > PAGE else None,
            before=before,
        )


@pages.route("/schemes/<uuid:scheme_id>/one-offs/new", methods=["GET", "POST"])
@allowed(*PROPOSERS)
def enter_one_off(scheme_id: UUID) -> ResponseReturnValue:
    """`payroll` in the address: one whose period it is for; `payee`: who receives it."""
    form = EnterOneOff()
    with transaction() as session:
        scheme = get_scheme(session, scheme_id)
        actor().must_be(*PROPOSERS, scheme=scheme.id)
        form.offer(session, scheme)
        of = get_payroll(session, payroll_id) if (payroll_id := id_given("payroll")) else None
        if request.method == "GET":
            today = london_day(now())
            form.about.data = of.period_first_day if of else today
            form.pay_from.data = today
    if form.validate_on_submit() and (made := entered(form, scheme_id)):
        flash("You entered the payment. It can be paid once someone else confirms it")
        return redirect(url_for("pages.show_one_off", one_off_id=made), 303)
    return render_template("one_offs/enter_one_off.html", form=form, scheme=scheme, of=of), form.status


def entered(form: EnterOneOff, scheme_id: UUID) -> UUID | None:
    """The id of what was entered, or None: what is refused is an error beside its field."""
    try:
        with transaction() as session:
            payee = (form.payee.data or "").strip().upper()
            wanted = Wanted(
                scheme_id=scheme_id,
                beneficiary_id=beneficiary_of_reference(session, form.beneficiary.data.strip().upper()).id,
                payee_id=payee_of_reference(session, payee).id if payee else None,
                component=form.component.data if "component" in form else None,
                amount_pence=form.amount.pence or 0,
                about=form.about.data,
                pay_from=form.pay_from.data,
                reason=form.reason.data,
                further_because=form.further_because.data or "",
            )
            made = one_off_rows.propose(
                session, wanted, one_off_id=form.one_off_id.id_of_what_is_made, by=actor(), at=now()
            )
            return made.id
    except NotAllowed:
        raise
    except NotFound as missing:
        form.refuse("Nobody in the register has this reference", form.beside(missing))
    except Refused as refused:
        form.refuse(words.sentence(refused), form.beside(refused))
    return None


@pages.route("/one-offs/<uuid:one_off_id>")
@allowed(ANYONE_SIGNED_IN)
def show_one_off(one_off_id: UUID) -> ResponseReturnValue:
    return page_of(one_off_id, DecideOneOff())


@pages.route("/one-offs/<uuid:one_off_id>/decide", methods=["POST"])
@allowed(*CONFIRMERS)
def decide_one_off(one_off_id: UUID) -> ResponseReturnValue:
    """The second person's word, from the page that shows it."""
    form = DecideOneOff()
    if form.validate_on_submit() and is_decided(form, one_off_id):
        flash("You confirmed it" if form.decision.data == CONFIRM else "You rejected it. Nothing is paid")
        return redirect(url_for("pages.show_one_off", one_off_id=one_off_id), 303)
    return page_of(one_off_id, form)


def page_of(one_off_id: UUID, form: DecideOneOff) -> ResponseReturnValue:
    with transaction() as session:
        one_off = get_one_off(session, one_off_id)
        found = one_offs.payment_of(session, one_off_id)
        live = one_offs.payrolls_of(session, [one_off_id]).get(one_off_id)
        components = newest(session, one_off.scheme_id).definition.components
        confirms = any(actor().holds(role, one_off.scheme_id) for role in CONFIRMERS)
        enters = any(actor().holds(role, one_off.scheme_id) for role in (*PROPOSERS, *CONFIRMERS))
        return render_template(
            "one_offs/show_one_off.html",
            form=form,
            one_off=one_off,
            scheme=get_scheme(session, one_off.scheme_id),
            beneficiary=get_beneficiary(session, one_off.beneficiary_id),
            payee=get_payee(session, one_off.payee_id),
            component=next((one.name for one in components if one.code == one_off.component), one_off.component),
            where=where_it_is(one_off, live),
            payroll=found[1] if found else None,
            payment=found[0] if found else None,
            may_decide=one_off.is_waiting and confirms and one_off.proposed_by != actor().person_id,
            may_pay_today=bool(one_off.confirmed_at and not one_off.ended_at and live is None)
            and one_off.pay_from <= london_day(now())
            and actor().holds(Role.PREPARER, one_off.scheme_id),
            may_withdraw=not one_off.ended_at and live is None and enters,
            names=names(session),
        ), form.status


def is_decided(form: DecideOneOff, one_off_id: UUID) -> bool:
    with form.refusing({ReasonNotGiven: form.reason}), transaction() as session:
        one_off = get_one_off(session, one_off_id, lock=True)
        if form.decision.data == CONFIRM:
            one_off_rows.confirm(session, one_off, by=actor(), at=now())
        else:
            one_off_rows.reject(session, one_off, reason=form.reason.data or "", by=actor(), at=now())
    return form.status == 200


@pages.route("/one-offs/<uuid:one_off_id>/withdraw", methods=["GET", "POST"])
@allowed(*PROPOSERS, *CONFIRMERS)
def withdraw_one_off(one_off_id: UUID) -> ResponseReturnValue:
    form = WithdrawOneOff()
    if form.validate_on_submit() and is_withdrawn(form, one_off_id):
        flash("You withdrew it. Nothing is paid")
        return redirect(url_for("pages.show_one_off", one_off_id=one_off_id), 303)
    with transaction() as session:
        one_off = get_one_off(session, one_off_id)
        beneficiary = get_beneficiary(session, one_off.beneficiary_id)
        return render_template(
            "one_offs/withdraw_one_off.html", form=form, one_off=one_off, beneficiary=beneficiary
        ), form.status


def is_withdrawn(form: WithdrawOneOff, one_off_id: UUID) -> bool:
    with form.refusing({ReasonNotGiven: form.reason}), transaction() as session:
        one_off = get_one_off(session, one_off_id, lock=True)
        one_offs.withdraw(session, one_off, reason=form.reason.data, by=actor(), at=now())
    return form.status == 200
