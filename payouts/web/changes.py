"""Changes that take two people: what waits, what was decided, and the second person's page."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovRadioInput, GovSubmitInput
from sqlalchemy.orm import Session
from wtforms import RadioField, SelectChoice, SubmitField
from wtforms.validators import InputRequired

from bacs.account import format_sort_code
from payouts.every_effect import EFFECTS
from payouts.people import confirm as confirm_change
from payouts.web import change_words, words
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.change_words import Names
from payouts.web.figures import pounds
from payouts.web.form import Form, WordsField
from payouts.web.one_time_code import code_field, code_is_right
from payouts.web.pages import actor, id_given, now, pages, service, transaction
from schemes import change_applied
from schemes.bank_profile import OriginatingAccount
from schemes.bank_profile_change import CONFIRMERS as CONFIRMERS_OF_PROFILE
from schemes.bank_profile_change import see_account
from schemes.change import Change, ChangeKind, decided, get_change, waiting
from schemes.errors import ReasonNotGiven
from schemes.person import names
from schemes.proposal import waiting_about_awards
from schemes.recovery import Recovery
from schemes.write_off import WriteOff

PAGE = 50
CONFIRM, REJECT = "confirm", "reject"
GONE = "Someone who has left"


class DecideChange(Form):
    decision = RadioField(
        "Your decision", widget=GovRadioInput(), validators=[InputRequired("Choose what happens to the change")]
    )
    reason = WordsField("Reason", hint="Needed if you reject it. Everyone in your body can read it")
    code = code_field(when="Needed if you confirm it. ")
    submit = SubmitField("Save the decision", widget=GovSubmitInput())


class Line(NamedTuple):
    """A change in a list. `outcome` is what became of it, `who` did that."""

    change: Change
    title: str
    proposer: str
    outcome: str = ""
    who: str = ""


@pages.route("/changes")
@allowed(ANYONE_SIGNED_IN)
def show_changes() -> ResponseReturnValue:
    """Those that wait on the first page; those decided, page by page."""
    before_id = id_given("before")
    with transaction() as session:
        people = names(session)
        before = get_change(session, before_id) if before_id else None
        over = decided(session, before=before, limit=PAGE + 1)
        return render_template(
            "changes/show_changes.html",
            waiting=[] if before else [line(change, people) for change in waiting(session)],
            money=[] if before else money_waiting(session, people),
            decided=[line(change, people) for change in over[:PAGE]],
            next=url_for("pages.show_changes", before=over[PAGE - 1].id) if len(over) > PAGE else None,
            first=url_for("pages.show_changes") if before else None,
        )


@pages.route("/changes/<uuid:change_id>/account", methods=["POST"])
@allowed(*CONFIRMERS_OF_PROFILE)
def see_proposed_account(change_id: UUID) -> ResponseReturnValue:
    """A POST, because it is recorded who saw the whole number."""
    with transaction() as session:
        change = get_change(session, change_id)
        account = see_account(session, service().seals, change, by=actor(), at=now())
        return decide_page(session, change, form_for(change), account=account)


def line(change: Change, people: Names) -> Line:
    title, proposer = change_words.title(change, people), people.get(change.proposed_by, GONE)
    if change.confirmed_by:
        return Line(change, title, proposer, "Confirmed", people.get(change.confirmed_by, GONE))
    if change.rejected_by == change.proposed_by:
        return Line(change, title, proposer, "Withdrawn", proposer)
    if change.rejected_by:
        return Line(change, title, proposer, "Rejected", people.get(change.rejected_by, GONE))
    return Line(change, title, proposer)


class MoneyLine(NamedTuple):
    """A recovery, its end, or a write-off that waits for a second person: proposed on an award's page."""

    title: str
    href: str
    proposed: str
    at: datetime
    reason: str


def money_waiting(session: Session, people: Names) -> list[MoneyLine]:
    """What two people agree about an award's money, oldest first."""
    lines = [
        MoneyLine(
            f"Recover {pounds(one.total_pence)} from {beneficiary.name}",
            url_for("pages.decide_recovery", award_id=one.award_id, recovery_id=one.id),
            people.get(one.proposed_by, GONE),
            one.proposed_at,
            one.reason,
        )
        for one, beneficiary in waiting_about_awards(session, Recovery, limit=PAGE)
    ]
    lines += [
        MoneyLine(
            ("End a recovery from " if one.recovery_id else f"Write off {pounds(one.pence or 0)} for ")
            + beneficiary.name,
            url_for("pages.decide_write_off", award_id=one.award_id, write_off_id=one.id),
            people.get(one.proposed_by, GONE),
            one.proposed_at,
            one.reason,
        )
        for one, beneficiary in waiting_about_awards(session, WriteOff, limit=PAGE)
    ]
    return sorted(lines, key=lambda line: line.at)


def waits_for(change: Change) -> bool:
    """Whether the person who is signed in may confirm it."""
    return bool(actor().roles.intersection(EFFECTS[change.kind].confirmers)) and change.proposed_by != actor().person_id


@pages.route("/changes/<uuid:change_id>", methods=["GET", "POST"])
@allowed(ANYONE_SIGNED_IN)
def decide_change(change_id: UUID) -> ResponseReturnValue:
    """Anybody may read it; who may decide is the kind's own rule."""
    with transaction() as session:
        change = get_change(session, change_id)
    form, mine = form_for(change), change.proposed_by == actor().person_id
    if form.validate_on_submit() and is_decided(form, change_id):
        done = "You confirmed the change"
        if form.decision.data == REJECT:
            done = "You withdrew the change" if mine else "You rejected the change"
        flash(done)
        return redirect(url_for("pages.show_changes"), 303)
    # a code is never shown again, and works only once
    form.code.data = ""
    with transaction() as session:
        return decide_page(session, get_change(session, change_id), form), form.status


def form_for(change: Change) -> DecideChange:
    """The form with what this person may choose."""
    form, mine = DecideChange(), change.proposed_by == actor().person_id
    form.decision.choices = [
        *([] if mine else [SelectChoice(CONFIRM, "Confirm the change")]),
        SelectChoice(REJECT, "Withdraw the change" if mine else "Reject the change"),
    ]
    return form


def is_decided(form: DecideChange, change_id: UUID) -> bool:
    """Confirm or reject; what is refused is an error of the form."""
    if form.decision.data == CONFIRM and not may_confirm(form, change_id):
        return False
    with form.refusing({ReasonNotGiven: form.reason}), transaction() as session:
        change = get_change(session, change_id, lock=True)
        if form.decision.data == CONFIRM:
            confirm_change(session, service(), change, by=actor(), at=now())
        else:
            change_applied.reject(session, change, reason=form.reason.data or "", by=actor(), at=now())
    return form.status == 200


def may_confirm(form: DecideChange, change_id: UUID) -> bool:
    """Whether it is really somebody who may. Whoever confirmed it before is not asked again: the form came twice."""
    with transaction() as session:
        change = get_change(session, change_id)
        actor().must_be(*EFFECTS[change.kind].confirmers)
    return change.confirmed_by == actor().person_id or code_is_right(form)


def decide_page(
    session: Session, change: Change, form: DecideChange, *, account: OriginatingAccount | None = None
) -> str:
    people = names(session)
    mine = change.proposed_by == actor().person_id
    return render_template(
        "changes/decide_change.html",
        form=form,
        line=line(change, people),
        change=change,
        rows=change_words.rows(change, people),
        effect=change_words.effect(change),
        page=change_words.KINDS[change.kind].page(change),
        mine=mine,
        account=[format_sort_code(account.sort_code), account.account_number] if account else None,
        shows_account=change.kind is ChangeKind.BANK_PROFILE and not change.after["same_account"],
        demo=service().settings.demo,
        may_decide=change.is_waiting and (mine or waits_for(change)),
        confirmers=words.a_person_with(EFFECTS[change.kind].confirmers),
    )
