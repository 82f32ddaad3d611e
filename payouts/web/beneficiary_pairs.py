"""Beneficiaries who may be one: a child under both parents, a client under two providers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovSubmitInput
from sqlalchemy import select
from sqlalchemy.orm import Session
from wtforms import SubmitField

from payouts.payment import Payment
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.duplicates import NotSame, address_of, listing
from payouts.web.form import Form, MadeField, WordsField
from payouts.web.pages import actor, now, pages, transaction
from schemes.award import Award
from schemes.database import one_of
from schemes.duplicates import one_beneficiary
from schemes.duplicates.pair import (
    DECIDERS,
    BeneficiaryPair,
    PairStatus,
    get_beneficiary_pair,
    say_not_same,
)
from schemes.errors import ReasonNotGiven
from schemes.payee import Beneficiary, Capacity, Mandate, Payee, get_beneficiary
from schemes.person import names


class OnePerson(Form):
    change_id = MadeField()
    reason = WordsField(
        "How do you know that they are one person?",
        missing="Say how you know that they are one person",
        hint="The second person reads it",
    )
    submit = SubmitField("Propose to take them for one", widget=GovSubmitInput())


class BeneficiarySide(NamedTuple):
    """One beneficiary of a pair, with what is compared."""

    beneficiary: Beneficiary
    address: str | None
    payees: Sequence[tuple[Payee, Mandate]]
    awards: Sequence[Award]
    last_payment: Payment | None


@pages.route("/duplicates/beneficiaries")
@allowed(ANYONE_SIGNED_IN)
def show_beneficiary_pairs() -> ResponseReturnValue:
    return listing(BeneficiaryPair)


@pages.route("/duplicates/beneficiaries/<uuid:beneficiary_pair_id>")
@allowed(ANYONE_SIGNED_IN)
def show_beneficiary_pair(beneficiary_pair_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        pair = get_beneficiary_pair(session, beneficiary_pair_id)
        return render_template(
            "duplicates/show_beneficiary_pair.html",
            pair=pair,
            sides=[side_of(session, each) for each in (pair.first_beneficiary_id, pair.second_beneficiary_id)],
            waiting=one_beneficiary.waiting_change(session, pair),
            names=names(session),
        )


def side_of(session: Session, beneficiary_id: UUID) -> BeneficiarySide:
    beneficiary = get_beneficiary(session, beneficiary_id)
    payees = session.execute(
        select(Payee, Mandate)
        .join(Mandate, (Mandate.body_id == Payee.body_id) & (Mandate.payee_id == Payee.id))
        .where(Mandate.beneficiary_id == beneficiary_id)
        .order_by(Mandate.id.desc())
        .limit(20)
    ).all()
    themselves = next((payee for payee, mandate in payees if mandate.capacity is Capacity.SELF), None)
    awards = session.scalars(select(Award).where(Award.beneficiary_id == beneficiary_id).order_by(Award.id)).all()
    # the payments of a beneficiary are found by whom they were paid to
    paid = select(Payment).where(
        Payment.payee_id == one_of({payee.id for payee, _ in payees}), Payment.beneficiary_id == beneficiary_id
    )
    return BeneficiarySide(
        beneficiary,
        beneficiary.address or (address_of(session, themselves.id) if themselves else None),
        [(payee, mandate) for payee, mandate in payees],
        awards,
        session.scalars(paid.order_by(Payment.id.desc()).limit(1)).first(),
    )


@pages.route("/duplicates/beneficiaries/<uuid:beneficiary_pair_id>/not-same", methods=["GET", "POST"])
@allowed(*DECIDERS)
def say_beneficiaries_not_same(beneficiary_pair_id: UUID) -> ResponseReturnValue:
    form = NotSame()
    if form.validate_on_submit():
        with form.refusing({ReasonNotGiven: form.reason}):
            with transaction() as session:
                pair = get_beneficiary_pair(session, beneficiary_pair_id, lock=True)
                say_not_same(session, pair, reason=form.reason.data, by=actor(), at=now())
            flash("You said that they are two people. They are not listed again unless their records change")
            return redirect(url_for("pages.show_beneficiary_pairs"), 303)
    with transaction() as session:
        pair = get_beneficiary_pair(session, beneficiary_pair_id)
        return render_template(
            "duplicates/say_not_same.html",
            form=form,
            pair=pair,
            others=0,
            back=url_for("pages.show_beneficiary_pair", beneficiary_pair_id=pair.id),
            parties=parties(session, pair),
        ), form.status


@pages.route("/duplicates/beneficiaries/<uuid:beneficiary_pair_id>/one-person", methods=["GET", "POST"])
@allowed(*DECIDERS)
def propose_one_person(beneficiary_pair_id: UUID) -> ResponseReturnValue:
    form = OnePerson()
    if form.validate_on_submit():
        with form.refusing({ReasonNotGiven: form.reason}):
            with transaction() as session:
                proposed = one_beneficiary.propose_one(
                    session,
                    get_beneficiary_pair(session, beneficiary_pair_id, lock=True),
                    change_id=form.change_id.id_of_what_is_made,
                    reason=form.reason.data,
                    by=actor(),
                    at=now(),
                )
            flash("You proposed to take them for one person. Somebody else has to confirm it")
            return redirect(url_for("pages.decide_change", change_id=proposed.id), 303)
    with transaction() as session:
        pair = get_beneficiary_pair(session, beneficiary_pair_id)
        return render_template(
            "duplicates/propose_one_person.html",
            form=form,
            pair=pair,
            parties=parties(session, pair),
            settled=pair.status is not PairStatus.OPEN,
            waiting=one_beneficiary.waiting_change(session, pair),
        ), form.status


def parties(session: Session, pair: BeneficiaryPair) -> list[Beneficiary]:
    return [get_beneficiary(session, each) for each in (pair.first_beneficiary_id, pair.second_beneficiary_id)]
