"""A payee's bank details: every version, and what people do to one: propose, waive, stop, see it in full."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovRadioInput, GovSubmitInput, GovTextInput
from sqlalchemy.orm import Session
from wtforms import Field, RadioField, SelectChoice, StringField, SubmitField
from wtforms.validators import InputRequired, Length

from payouts import proposing
from payouts.confirmation.meaning import AnswerNeedsReason
from payouts.notices.warning import warnings_of
from payouts.web import words
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.account_fields import account_number_field, sort_code_field
from payouts.web.form import DayField, Form, MadeField, WordsField
from payouts.web.pages import actor, now, pages, service, transaction
from payouts.web.payee_words import CAME_BY, STOPS
from schemes import bank_details
from schemes.account import Account, BankDetails, CameBy, Stopped, accounts_of, get_account, in_use_on, state_on
from schemes.bank_details import CONFIRMERS, london_day
from schemes.call_back import ContactTooNew, call_backs_of
from schemes.errors import NotAllowed, NotFound, ReasonNotGiven, Refused
from schemes.name_policy import number_of
from schemes.payee import get_payee
from schemes.person import Role, names
from schemes.typed_details import DetailsRefused
from schemes.unmasking import UNMASKERS, unmask, unmaskings_of

LONGEST_NAME = 140


class ProposeDetails(Form):
    account_id = MadeField()
    holder_name = StringField(
        "Name on the account",
        description="As the bank knows it. Payments carry this name",
        widget=GovTextInput(),
        validators=[
            InputRequired("Enter the name on the account"),
            Length(max=LONGEST_NAME, message="Use at most 140 characters"),
        ],
    )
    sort_code = sort_code_field()
    account_number = account_number_field()
    roll_number = StringField(
        "Building society roll number (if you have one)",
        description="It stands on the passbook or in the building society’s letters",
        widget=GovTextInput(),
        validators=[Length(max=30, message="A roll number has at most 18 characters")],
    )
    came_by = RadioField(
        "How did the new details reach you?",
        widget=GovRadioInput(),
        choices=[SelectChoice(way.value, said) for way, said in CAME_BY.items() if way is not CameBy.BANK],
        validators=[InputRequired("Choose how the new details reached you")],
    )
    submit = SubmitField("Propose these bank details", widget=GovSubmitInput())


class GiveReason(Form):
    reason = WordsField("Why?", missing="Say why")
    submit = SubmitField("Continue", widget=GovSubmitInput())


class StopDetails(Form):
    stopped_as = RadioField(
        "What happened?",
        widget=GovRadioInput(),
        choices=[SelectChoice(stop.value, said[0]) for stop, said in STOPS.items() if stop is not Stopped.RETURNED],
        validators=[InputRequired("Choose what happened to the account")],
    )
    submit = SubmitField("Stop payments into this account", widget=GovSubmitInput())


class OnDay(Form):
    """Asked by GET: it changes nothing."""

    class Meta:
        csrf = False

    on = DayField("Which account was used on a day?", validators=[InputRequired("Enter a day")])


@pages.route("/payees/<uuid:payee_id>/bank-details")
@allowed(ANYONE_SIGNED_IN)
def show_bank_details(payee_id: UUID) -> ResponseReturnValue:
    asked = OnDay(request.args if "on" in request.args else None)
    known = "on" in request.args and asked.validate()
    with transaction() as session:
        payee = get_payee(session, payee_id)
        accounts = accounts_of(session, payee_id)
        return render_template(
            "payees/show_bank_details.html",
            form=asked,
            payee=payee,
            accounts=accounts,
            states=states_of(session, payee_id, accounts),
            warnings=warnings_of(session, [account.id for account in accounts]),
            calls=call_backs_of(session, payee_id),
            looks=unmaskings_of(session, payee_id),
            versions={account.id: account.version for account in accounts},
            day=asked.on.data if known else None,
            then=in_use_on(session, payee_id, asked.on.data) if known and asked.on.data < FAR else None,
            today=today(),
            names=names(session),
            rules=rules_of(session, accounts),
            may_unmask=bool(actor().roles.intersection(UNMASKERS)),
        ), asked.status


# a day further ahead is beyond what a calendar can add to
FAR = date.max - timedelta(days=2)


def rules_of(session: Session, accounts: Any) -> dict[UUID, int]:
    """The numbers of the rules by which a match confirmed versions: of one payee's at most the first is one."""
    return {each.confirmed_under: number_of(session, each.confirmed_under) for each in accounts if each.confirmed_under}


def states_of(session: Session, payee_id: UUID, accounts: Any) -> dict[UUID, Any]:
    """Where each version is today."""
    in_use = in_use_on(session, payee_id, today())
    return {account.id: state_on(account, in_use, today()) for account in accounts}


def today() -> date:
    return london_day(now())


@pages.route("/payees/<uuid:payee_id>/bank-details/new", methods=["GET", "POST"])
@allowed(Role.PREPARER)
def propose_bank_details(payee_id: UUID) -> ResponseReturnValue:
    form = ProposeDetails()
    if form.validate_on_submit():
        try:
            with transaction() as session:
                proposed = bank_details.propose(
                    session,
                    service().seals,
                    account_id=form.account_id.id_of_what_is_made,
                    payee_id=payee_id,
                    holder_name=form.holder_name.data,
                    sort_code=form.sort_code.data,
                    account_number=form.account_number.data,
                    roll_number=form.roll_number.data or "",
                    came_by=CameBy(form.came_by.data),
                    by=actor(),
                    at=now(),
                )
                proposing.follow_up(service(), session, proposed, by=actor(), at=now())
        except (NotAllowed, NotFound):
            raise
        except DetailsRefused as refused:
            form.refuse(words.sentence(refused), form[refused.field])
        except Refused as refused:
            form.refuse(words.sentence(refused))
        else:
            flash("You proposed new bank details. Someone else calls the payee back and confirms them")
            return redirect(url_for("pages.show_bank_details", payee_id=payee_id), 303)
    with transaction() as session:
        payee = get_payee(session, payee_id)
        return render_template(
            "payees/propose_bank_details.html",
            form=form,
            payee=payee,
            waiting=bank_details.proposal_of(session, payee_id),
        ), form.status


def is_done(form: Form, payee_id: UUID, account_id: UUID, act: Callable[[Session, Account], None]) -> bool:
    """Act on a version under its lock; what is refused is an error of the form, beside the field it is about."""
    try:
        with transaction() as session:
            act(session, get_account(session, payee_id, account_id, lock=True))
    except (NotAllowed, NotFound):
        raise
    except Refused as refused:
        form.refuse(words.sentence(refused), beside(form, refused))
        return False
    return True


def beside(form: Form, refused: Refused) -> Field | None:
    if isinstance(refused, ReasonNotGiven):
        return form["reason"]
    if isinstance(refused, AnswerNeedsReason):
        return form["because"]
    return form["held_since"] if isinstance(refused, ContactTooNew) else None


@pages.route("/payees/<uuid:payee_id>/bank-details/<uuid:account_id>/waive", methods=["GET", "POST"])
@allowed(*CONFIRMERS)
def waive_cooling_off(payee_id: UUID, account_id: UUID) -> ResponseReturnValue:
    form = GiveReason()

    def waive(session: Session, account: Account) -> None:
        bank_details.waive(session, account, reason=form.reason.data, by=actor(), at=now())

    if form.validate_on_submit() and is_done(form, payee_id, account_id, waive):
        flash("You waived the cooling-off. The bank details are used at once")
        return redirect(url_for("pages.show_bank_details", payee_id=payee_id), 303)
    return version_page("payees/waive_cooling_off.html", payee_id, account_id, form)


@pages.route("/payees/<uuid:payee_id>/bank-details/<uuid:account_id>/stop", methods=["GET", "POST"])
@allowed(Role.PREPARER, *CONFIRMERS)
def stop_account(payee_id: UUID, account_id: UUID) -> ResponseReturnValue:
    form = StopDetails()

    def stop(session: Session, account: Account) -> None:
        bank_details.stop(session, account, Stopped(form.stopped_as.data), by=actor(), at=now())

    if form.validate_on_submit() and is_done(form, payee_id, account_id, stop):
        flash("You stopped payments into this account. Nothing is paid into it any more")
        return redirect(url_for("pages.show_bank_details", payee_id=payee_id), 303)
    hints = [{"hint": {"text": said[1]}} for stop, said in STOPS.items() if stop is not Stopped.RETURNED]
    return version_page("payees/stop_account.html", payee_id, account_id, form, hints=hints)


@pages.route("/payees/<uuid:payee_id>/bank-details/<uuid:account_id>/full", methods=["GET", "POST"])
@allowed(*UNMASKERS)
def show_in_full(payee_id: UUID, account_id: UUID) -> ResponseReturnValue:
    """The numbers stand in the answer to the POST only: an address that shows them can't be passed on or come back."""
    form = GiveReason()
    seen: list[BankDetails] = []

    def look(session: Session, account: Account) -> None:
        seen.append(unmask(session, service().seals, account, reason=form.reason.data, by=actor(), at=now()))

    if form.validate_on_submit():
        is_done(form, payee_id, account_id, look)
    return version_page("payees/show_in_full.html", payee_id, account_id, form, details=seen[0] if seen else None)


def version_page(template: str, payee_id: UUID, account_id: UUID, form: Form, **facts: Any) -> ResponseReturnValue:
    """A page about one version, with a form for what can be done to it."""
    with transaction() as session:
        account = get_account(session, payee_id, account_id)
        return render_template(
            template,
            form=form,
            payee=get_payee(session, payee_id),
            account=account,
            state=states_of(session, payee_id, [account])[account.id],
            names=names(session),
            mine=account.proposed_by == actor().person_id,
            **facts,
        ), form.status
