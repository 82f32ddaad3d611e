"""Payees who may be one: the list, and two of them side by side. The list is that of beneficiaries too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovCheckboxesInput, GovRadioInput, GovSubmitInput
from sqlalchemy.orm import Session
from wtforms import RadioField, SelectChoice, SelectMultipleField, SubmitField
from wtforms.validators import InputRequired

from payouts import matching
from payouts.payment import Payment, payments_to
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.figures import count, day
from payouts.web.form import Form, MadeField, WordsField
from payouts.web.pages import actor, id_given, now, pages, transaction
from schemes.account import Account, accounts_of
from schemes.award import Award
from schemes.award_version import awards_paid_to
from schemes.contact import contacts_of
from schemes.duplicates import merge as merging
from schemes.duplicates import pair as duplicates
from schemes.duplicates import unmerge
from schemes.duplicates.likeness import Likelihood
from schemes.duplicates.pair import (
    DECIDERS,
    AnyPair,
    BeneficiaryPair,
    DuplicatePair,
    PairRow,
    PairStatus,
    get_pair,
    pairs_of_beneficiaries,
)
from schemes.duplicates.search import SEARCHERS, Scope, latest_search
from schemes.duplicates.shared_account import same_account, settle_account, shared_accounts
from schemes.errors import ReasonNotGiven
from schemes.payee import Beneficiary, Mandate, Payee, beneficiaries_of, get_payee
from schemes.person import names

PAGE = 50
# what the list shows, by the word in its address
VIEWS: dict[str, tuple[PairStatus, Likelihood | None]] = {
    "likely": (PairStatus.OPEN, Likelihood.LIKELY),
    "possible": (PairStatus.OPEN, Likelihood.POSSIBLE),
    "settled": (PairStatus.NOT_SAME, None),
    "merged": (PairStatus.MERGED, None),
}


class Search(Form):
    search_id = MadeField()
    submit = SubmitField("Look through the whole register", widget=GovSubmitInput())


WHOLE = SelectChoice("whole", "Nobody who shares this account is the same person as another of them")


class NotSame(Form):
    reason = WordsField(
        "How do you know that they are two people?",
        missing="Say how you know that they are two people",
        hint="Whoever looks at this pair can read it",
    )
    whole = SelectMultipleField("The others of this account", widget=GovCheckboxesInput(), choices=[WHOLE])
    submit = SubmitField("They are two people", widget=GovSubmitInput())


class Merge(Form):
    change_id = MadeField()
    kept = RadioField(
        "Which record stays?", widget=GovRadioInput(), validators=[InputRequired("Choose which record stays")]
    )
    reason = WordsField(
        "How do you know that they are one person?",
        missing="Say how you know that they are one person",
        hint="The second person reads it",
    )
    submit = SubmitField("Propose to merge them", widget=GovSubmitInput())


class Side(NamedTuple):
    """One payee of a pair, with what is compared."""

    payee: Payee
    account: Account | None
    address: str | None
    beneficiaries: list[tuple[Beneficiary, Mandate]]
    awards: list[Award]
    last_payment: Payment | None


def address_of(session: Session, payee_id: UUID) -> str | None:
    """Where a payee lives, as far as their contacts tell."""
    contacts = contacts_of(session, payee_id)
    return next((contact.value for contact in contacts if contact.postcode and not contact.ended_at), None)


class OfPayee(NamedTuple):
    """What a payee's own page tells: who stays of two that were merged, who was merged here, and who may be the same.

    stays is None unless the payee was merged into another.
    """

    stays: Payee | None
    merged: Sequence[Payee]
    pairs: list[PairRow[DuplicatePair]]
    beneficiaries: list[PairRow[BeneficiaryPair]]


def of_payee(session: Session, payee: Payee, beneficiaries: Sequence[Beneficiary]) -> OfPayee:
    """beneficiaries: those whose money the payee receives."""
    theirs = pairs_of_beneficiaries(session, [beneficiary.id for beneficiary in beneficiaries])
    return OfPayee(
        get_payee(session, payee.merged_into) if payee.merged_into else None,
        merging.merged_into(session, payee.id),
        [row for row in duplicates.pairs_of(session, payee.id) if row.pair.status is PairStatus.OPEN],
        [row for row in theirs if row.pair.status in (PairStatus.OPEN, PairStatus.MERGED)],
    )


@pages.route("/duplicates")
@allowed(ANYONE_SIGNED_IN)
def show_duplicates() -> ResponseReturnValue:
    return listing(DuplicatePair)


def listing(kind: type[AnyPair]) -> ResponseReturnValue:
    """The pairs of payees, or of beneficiaries, that the address asks for."""
    view = request.args.get("show", "likely")
    status, likelihood = VIEWS.get(view, VIEWS["likely"])
    after = id_given("after")
    with transaction() as session:
        found = duplicates.pairs_in(session, kind, status=status, likelihood=likelihood, after=after, limit=PAGE + 1)
        return render_template(
            "duplicates/show_duplicates.html",
            of_payees=kind is DuplicatePair,
            view=view if view in VIEWS else "likely",
            pairs=found[:PAGE],
            next_after=found[PAGE - 1].pair.id if len(found) > PAGE else None,
            after=after,
            counts=duplicates.open_counts(session, kind),
            others={
                DuplicatePair: sum(duplicates.open_counts(session, BeneficiaryPair).values()),
                BeneficiaryPair: sum(duplicates.open_counts(session, DuplicatePair).values()),
            }[kind],
            accounts=len(shared_accounts(session, limit=PAGE)),
            search=latest_search(session),
            form=Search(),
            names=names(session),
        )


@pages.route("/duplicates/search", methods=["POST"])
@allowed(*SEARCHERS)
def search_duplicates() -> ResponseReturnValue:
    form = Search()
    if form.validate_on_submit():
        with transaction() as session:
            search_id = form.search_id.id_of_what_is_made
            matching.ask(session, Scope.REGISTER, search_id=search_id, by=actor(), at=now())
        flash("The service is looking through the register. Load this page again to see what it finds")
    return redirect(url_for("pages.show_duplicates"), 303)


@pages.route("/duplicates/<uuid:pair_id>")
@allowed(ANYONE_SIGNED_IN)
def show_pair(pair_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        pair = get_pair(session, pair_id)
        return render_template(
            "duplicates/show_pair.html",
            pair=pair,
            sides=[side_of(session, pair.first_payee_id), side_of(session, pair.second_payee_id)],
            merge=merging.waiting_merge(session, pair),
            undoing=unmerge.waiting_unmerge(session, pair),
            names=names(session),
        )


def side_of(session: Session, payee_id: UUID) -> Side:
    payee = get_payee(session, payee_id)
    standing = [account for account in accounts_of(session, payee_id) if account.rejected_at is None]
    payments = payments_to(session, payee_id, limit=1)
    return Side(
        payee,
        standing[0] if standing else None,
        address_of(session, payee_id),
        beneficiaries_of(session, payee),
        list(awards_paid_to(session, payee_id)),
        payments[0] if payments else None,
    )


@pages.route("/duplicates/<uuid:pair_id>/not-same", methods=["GET", "POST"])
@allowed(*DECIDERS)
def say_not_same(pair_id: UUID) -> ResponseReturnValue:
    form = NotSame()
    if form.validate_on_submit():
        with form.refusing({ReasonNotGiven: form.reason}):
            with transaction() as session:
                pair = get_pair(session, pair_id, lock=True)
                settle = settle_account if form.whole.data else duplicates.say_not_same
                settle(session, pair, reason=form.reason.data, by=actor(), at=now())
            flash("You said that they are two people. They are not listed again unless their records change")
            return redirect(url_for("pages.show_duplicates"), 303)
    with transaction() as session:
        pair = get_pair(session, pair_id)
        return render_template(
            "duplicates/say_not_same.html",
            form=form,
            pair=pair,
            others=len(same_account(session, pair)),
            back=url_for("pages.show_pair", pair_id=pair.id),
            parties=[get_payee(session, pair.first_payee_id), get_payee(session, pair.second_payee_id)],
        ), form.status


@pages.route("/duplicates/<uuid:pair_id>/merge", methods=["GET", "POST"])
@allowed(*DECIDERS)
def propose_merge(pair_id: UUID) -> ResponseReturnValue:
    form = Merge()
    with transaction() as session:
        pair = get_pair(session, pair_id)
        sides = [side_of(session, pair.first_payee_id), side_of(session, pair.second_payee_id)]
        waiting = merging.waiting_merge(session, pair)
    form.kept.choices = [
        SelectChoice(str(side.payee.id), f"{side.payee.name} ({side.payee.reference})") for side in sides
    ]
    if form.validate_on_submit():
        with form.refusing({ReasonNotGiven: form.reason}):
            with transaction() as session:
                proposed = merging.propose(
                    session,
                    get_pair(session, pair_id, lock=True),
                    change_id=form.change_id.id_of_what_is_made,
                    kept_id=UUID(form.kept.data),
                    reason=form.reason.data,
                    by=actor(),
                    at=now(),
                )
            flash("You proposed to merge them. Somebody else has to confirm it")
            return redirect(url_for("pages.decide_change", change_id=proposed.id), 303)
    hints = [{"hint": {"text": hint_of(side)}} for side in sides]
    return render_template(
        "duplicates/propose_merge.html", form=form, pair=pair, sides=sides, hints=hints, waiting=waiting
    ), form.status


def hint_of(side: Side) -> str:
    account = f"Account ending {side.account.last_four}" if side.account else "No bank account"
    return f"{account}. {count(len(side.awards), 'award')}. In the register since {day(side.payee.made_at)}"
