"""The second person's page about changed bank details: the risk, the call back, and the decision."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovRadioInput, GovSubmitInput, GovTextInput
from sqlalchemy.orm import Session
from wtforms import RadioField, SelectChoice, StringField, SubmitField
from wtforms.validators import InputRequired, Length, Optional

from payouts.confirmation.meaning import meaning_of, must_be_usable, standing_of
from payouts.confirmation.risk import at_the_bank
from payouts.notices.warning import left_to_people, warnings_of
from payouts.web.access import allowed
from payouts.web.bank_details import LONGEST_NAME, is_done, states_of, today, version_page
from payouts.web.confirmations import Version, versions
from payouts.web.figures import weekday
from payouts.web.form import DayField, Form, WordsField
from payouts.web.pages import actor, now, pages, service, transaction
from schemes import bank_details, cooling_off, risk
from schemes.account import Account, get_account
from schemes.bank_details import CONFIRMERS
from schemes.call_back import Call
from schemes.name_policy import Meaning, policy_at
from schemes.payee import get_payee
from schemes.person import Role
from schemes.safe_contact import newest_mark

CONFIRM, CONFIRM_URGENT, REJECT = "confirm", "urgent", "reject"


class DecideDetails(Form):
    spoke_to = StringField(
        "Who did you speak to?",
        widget=GovTextInput(),
        validators=[Length(max=LONGEST_NAME, message="Use at most 140 characters")],
    )
    contact = StringField(
        "On which contact did you reach them?",
        description="For example the phone number from the first application form. Never one from the message that "
        "brought the new details",
        widget=GovTextInput(),
        validators=[Length(max=254, message="Use at most 254 characters")],
    )
    held_since = DayField("Since when do you hold this contact?", validators=[Optional()])
    decision = RadioField(
        "Your decision", widget=GovRadioInput(), validators=[InputRequired("Choose what happens to the change")]
    )
    reason = WordsField("Reason", hint="Needed to reject, or to use the details at once")
    because = WordsField(
        "Why are the bank details right, whatever the bank said?",
        hint="Needed to confirm. For example that you saw a statement of the account",
    )
    submit = SubmitField("Continue", widget=GovSubmitInput())

    def call(self) -> Call | None:
        """What was said of the call, or None and errors beside the fields."""
        for field, missing in (
            (self.spoke_to, "Enter who you spoke to"),
            (self.contact, "Enter the contact on which you reached them"),
            (self.held_since, "Enter the day since which you hold this contact"),
        ):
            if not field.data and not field.errors:
                self.refuse(missing, field)
        if self.status != 200:
            return None
        return Call(self.spoke_to.data, self.contact.data, self.held_since.data)


@pages.route("/payees/<uuid:payee_id>/bank-details/<uuid:account_id>/decide", methods=["GET", "POST"])
@allowed(Role.PREPARER, *CONFIRMERS)
def decide_bank_details(payee_id: UUID, account_id: UUID) -> ResponseReturnValue:
    form = DecideDetails()
    with transaction() as session:
        account = get_account(session, payee_id, account_id)
        mine = account.proposed_by == actor().person_id
        found = risk.assess(session, account, at_the_bank=at_the_bank(session, account), at=now())
        days = cooling_off.current(session).days(found.risk)
        meaning = meaning_of(standing_of(session, account), policy_at(session, now()), now())
    confirms = bool(actor().roles.intersection(CONFIRMERS)) and not mine
    if not confirms and not mine:
        actor().must_be(*CONFIRMERS)
    may_be_confirmed = confirms and meaning is not Meaning.BLOCK and not account.is_disowned
    form.decision.choices = choices(confirms=may_be_confirmed, mine=mine, cools=days > 0)
    if form.validate_on_submit() and is_decided(form, payee_id, account_id, calls=found.changes):
        flash(DECIDED[form.decision.data])
        return redirect(url_for("pages.show_bank_details", payee_id=payee_id), 303)
    hint = "Used from now on"
    if days:
        hint = f"Used for files that leave on or after {weekday(service().calendar.add_working_days(today(), days))}"
    return version_page(
        "payees/decide_bank_details.html",
        payee_id,
        account_id,
        form,
        found=found,
        days=days,
        confirms=confirms,
        answer=answer_of(payee_id, account_id),
        told=told_contacts(payee_id, account_id),
        meaning=meaning,
        may_be_confirmed=may_be_confirmed,
        confirm_hint=hint,
    )


def told_contacts(payee_id: UUID, account_id: UUID) -> dict[str, Any]:
    """Which contacts were told of the change, and which are left for a person to tell."""
    with transaction() as session:
        account = get_account(session, payee_id, account_id)
        written = warnings_of(session, [account_id]).get(account_id, [])
        return {
            "written": written,
            "left": left_to_people(session, account, at=now()),
            "silenced": get_payee(session, payee_id).safe_contact,
            "mark": newest_mark(session, payee_id),
        }


def answer_of(payee_id: UUID, account_id: UUID) -> Version | None:
    """What the page says of the bank's answer about the version."""
    with transaction() as session:
        account = get_account(session, payee_id, account_id)
        return next(iter(versions(session, [account], states_of(session, payee_id, [account]))), None)


DECIDED = {
    CONFIRM: "You confirmed the bank details",
    CONFIRM_URGENT: "You confirmed the bank details. They are used at once",
    REJECT: "You rejected the bank details. Nothing is paid into this account",
}


def choices(*, confirms: bool, mine: bool, cools: bool) -> list[SelectChoice]:
    offered = [SelectChoice(CONFIRM, "Confirm the bank details")] if confirms else []
    if confirms and cools:
        offered.append(SelectChoice(CONFIRM_URGENT, "Confirm them and use them at once"))
    return [*offered, SelectChoice(REJECT, "Withdraw them" if mine else "Reject them")]


def is_decided(form: DecideDetails, payee_id: UUID, account_id: UUID, *, calls: bool) -> bool:
    """Carry the decision out; if it can't be, the reason is an error of the form."""
    reason = form.reason.data or ""
    rejects = form.decision.data == REJECT
    call = form.call() if calls and not rejects else None
    if form.status != 200:
        return False
    urgent = reason if form.decision.data == CONFIRM_URGENT else None

    def decide(session: Session, account: Account) -> None:
        if rejects:
            bank_details.reject(session, account, reason=reason, by=actor(), at=now())
        else:
            bank_details.confirm(
                session,
                service().calendar,
                account,
                call=call,
                at_the_bank=at_the_bank(session, account),
                because=must_be_usable(session, account, reason=form.because.data or "", at=now()),
                waive_because=urgent,
                by=actor(),
                at=now(),
            )

    return is_done(form, payee_id, account_id, decide)
