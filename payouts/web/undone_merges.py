"""Undoing what was wrong: two payees that were merged, or two beneficiaries taken for one, are two people after all."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovSubmitInput
from sqlalchemy.orm import Session
from wtforms import SubmitField

from payouts.web.access import allowed
from payouts.web.form import Form, MadeField, WordsField
from payouts.web.pages import actor, now, pages, transaction
from schemes.change import Change
from schemes.duplicates import one_beneficiary, unmerge
from schemes.duplicates.pair import DECIDERS, PairStatus, get_beneficiary_pair, get_pair
from schemes.errors import ReasonNotGiven
from schemes.payee import get_beneficiary, get_payee


class TwoPeople(Form):
    change_id = MadeField()
    reason = WordsField(
        "How do you know that they are two people?",
        missing="Say how you know that they are two people",
        hint="The second person reads it, and it stays with the pair",
    )
    submit = SubmitField("Propose to undo it", widget=GovSubmitInput())


@pages.route("/duplicates/<uuid:pair_id>/undo", methods=["GET", "POST"])
@allowed(*DECIDERS)
def undo_merge(pair_id: UUID) -> ResponseReturnValue:
    def propose(session: Session, form: TwoPeople) -> Change:
        return unmerge.propose(
            session,
            get_pair(session, pair_id, lock=True),
            change_id=form.change_id.id_of_what_is_made,
            reason=form.reason.data,
            by=actor(),
            at=now(),
        )

    def shown(session: Session) -> dict[str, object]:
        pair = get_pair(session, pair_id)
        return {
            "of_payees": True,
            "merged": pair.status is PairStatus.MERGED,
            "parties": [get_payee(session, each) for each in (pair.first_payee_id, pair.second_payee_id)],
            "waiting": unmerge.waiting_unmerge(session, pair),
            "back": url_for("pages.show_pair", pair_id=pair_id),
        }

    return undo(propose, shown)


@pages.route("/duplicates/beneficiaries/<uuid:beneficiary_pair_id>/undo", methods=["GET", "POST"])
@allowed(*DECIDERS)
def undo_one_person(beneficiary_pair_id: UUID) -> ResponseReturnValue:
    def propose(session: Session, form: TwoPeople) -> Change:
        return one_beneficiary.propose_two(
            session,
            get_beneficiary_pair(session, beneficiary_pair_id, lock=True),
            change_id=form.change_id.id_of_what_is_made,
            reason=form.reason.data,
            by=actor(),
            at=now(),
        )

    def shown(session: Session) -> dict[str, object]:
        pair = get_beneficiary_pair(session, beneficiary_pair_id)
        ids = (pair.first_beneficiary_id, pair.second_beneficiary_id)
        return {
            "of_payees": False,
            "merged": pair.status is PairStatus.MERGED,
            "parties": [get_beneficiary(session, each) for each in ids],
            "waiting": one_beneficiary.waiting_change(session, pair),
            "back": url_for("pages.show_beneficiary_pair", beneficiary_pair_id=beneficiary_pair_id),
        }

    return undo(propose, shown)


def undo(
    propose: Callable[[Session, TwoPeople], Change], shown: Callable[[Session], dict[str, object]]
) -> ResponseReturnValue:
    form = TwoPeople()
    if form.validate_on_submit():
        with form.refusing({ReasonNotGiven: form.reason}):
            with transaction() as session:
                proposed = propose(session, form)
            flash("You proposed to undo it. Somebody else has to confirm it")
            return redirect(url_for("pages.decide_change", change_id=proposed.id), 303)
    with transaction() as session:
        return render_template("duplicates/undo_merge.html", form=form, **shown(session)), form.status
