"""Who is paid instead of somebody who has died, in the browser: proposed on a document, seen by a second person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovRadioInput, GovSubmitInput, GovTextInput
from sqlalchemy.orm import Session
from wtforms import RadioField, SelectChoice, StringField, SubmitField
from wtforms.validators import InputRequired, Length, Optional

from payouts.returns.case import CaseRow, row_of
from payouts.returns.returned import get_case
from payouts.web import words
from payouts.web.access import allowed
from payouts.web.claim_words import DOCUMENTS
from payouts.web.decision_form import Decide, decision_on
from payouts.web.form import DayField, Form, MadeField, WordsField
from payouts.web.pages import actor, now, pages, transaction
from schemes import claim as claims
from schemes.claim import ClaimFault, ClaimRefused, Document, get_claim
from schemes.errors import NotAllowed, NotFound, ReasonNotGiven, Refused
from schemes.payee import Mandate, get_beneficiary, get_payee, payee_of_reference
from schemes.person import names

TOO_LONG = Length(max=1000, message="Use at most 1,000 characters")
BESIDE = {
    ClaimFault.THE_SAME_PAYEE: "reference",
    ClaimFault.NO_MANDATE: "reference",
    ClaimFault.DOCUMENT_MISSING: "document",
    ClaimFault.DAY_MISSING: "document_day",
    ClaimFault.DAY_IN_THE_FUTURE: "document_day",
}


class ProposeClaim(Form):
    claim_id = MadeField()
    reference = StringField(
        "Reference of the payee who receives it now",
        description="They are in the register, with a mandate of their own",
        widget=GovTextInput(),
        validators=[InputRequired("Enter the reference of the payee who receives it now")],
    )
    document = RadioField(
        "Which document shows it?",
        widget=GovRadioInput(),
        choices=[SelectChoice(one.value, said) for one, said in DOCUMENTS.items()],
        validators=[Optional()],
    )
    document_day = DayField("Date of the document", validators=[Optional()])
    reason = WordsField(
        "What did you see, and where is it kept?",
        missing="Say what you saw and where it is kept",
        hint="For example: sealed copy, in the estate’s file. Write no names",
        longest=1000,
    )
    submit = SubmitField("Propose it", widget=GovSubmitInput())

    def day(self) -> date | None:
        given: date | None = self.document_day.data
        return given


@pages.route("/bank/returns/<uuid:returned_payment_id>/claim", methods=["GET", "POST"])
@allowed(*claims.PROPOSERS)
def propose_claim(returned_payment_id: UUID) -> ResponseReturnValue:
    form = ProposeClaim()

    def propose(session: Session) -> None:
        row = row_of(session, get_case(session, returned_payment_id))
        actor().must_be(*claims.PROPOSERS, scheme=row.case.scheme_id)
        try:
            to_payee = payee_of_reference(session, " ".join(form.reference.data.split()))
        except NotFound:
            form.refuse("No payee has this reference. Check it, or add them to the register first", form.reference)
            return
        claims.propose(
            session,
            claim_id=form.claim_id.id_of_what_is_made,
            payee_id=row.payment.payee_id,
            beneficiary_id=row.beneficiary.id,
            to_payee_id=to_payee.id,
            document=Document(form.document.data) if form.document.data else None,
            document_day=form.day(),
            reason=form.reason.data,
            by=actor(),
            at=now(),
        )

    if form.validate_on_submit() and done(form, propose):
        flash("You proposed it. It counts when someone else has seen it too")
        return redirect(url_for("pages.show_return", returned_payment_id=returned_payment_id), 303)
    with transaction() as session:
        row = row_of(session, get_case(session, returned_payment_id))
        facts = {"row": row, "of_estate": of_estate(session, row)}
        return render_template("returns/propose_claim.html", form=form, **facts), form.status


def of_estate(session: Session, row: CaseRow) -> bool | None:
    """Whether it goes to an estate; None where nobody has died, as far as the register knows."""
    try:
        return claims.is_of_estate(session, row.payment.payee_id, row.beneficiary.id)
    except ClaimRefused:
        return None


@pages.route("/claims/<uuid:claim_id>", methods=["GET", "POST"])
@allowed(*claims.CONFIRMERS, *claims.PROPOSERS)
def decide_claim(claim_id: UUID) -> ResponseReturnValue:
    form = decision_on("it")

    def decide(session: Session) -> None:
        claim = get_claim(session, claim_id, lock=True)
        if form.confirms:
            claims.confirm(session, claim, by=actor(), at=now())
        else:
            claims.reject(session, claim, reason=form.reason.data or "", by=actor(), at=now())

    if form.validate_on_submit() and done(form, decide):
        flash("You confirmed it" if form.confirms else "You rejected it. Nothing changes")
        return redirect(url_for("pages.decide_claim", claim_id=claim_id), 303)
    with transaction() as session:
        claim = get_claim(session, claim_id)
        facts = {
            "claim": claim,
            "payee": get_payee(session, claim.payee_id),
            "to_payee": get_payee(session, claim.to_payee_id),
            "beneficiary": get_beneficiary(session, claim.beneficiary_id),
            "mandate": session.get_one(Mandate, (claim.body_id, claim.mandate_id)),
            "names": names(session),
        }
        return render_template("returns/decide_claim.html", form=form, **facts), form.status


def done(form: ProposeClaim | Decide, act: Callable[[Session], None]) -> bool:
    """Whether an act went through; what is refused is told in the form."""
    try:
        with transaction() as session:
            act(session)
    except (NotAllowed, NotFound):
        raise
    except ClaimRefused as refused:
        beside = BESIDE.get(refused.fault)
        form.refuse(words.sentence(refused), form[beside] if beside and isinstance(form, ProposeClaim) else None)
    except Refused as refused:
        form.refuse(words.sentence(refused), form.reason if isinstance(refused, ReasonNotGiven) else None)
    return form.status == 200
