"""Who is away, and who decides at gates for them: handed over by themselves, or appointed by two others."""

from __future__ import annotations

from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovRadioInput, GovSubmitInput
from sqlalchemy.orm import Session
from wtforms import RadioField, SelectChoice, SubmitField
from wtforms.validators import InputRequired, Length

from payouts import people
from payouts.web import words
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.form import DayField, Form, MadeField, WordsField
from payouts.web.pages import actor, now, pages, service, transaction
from payouts.web.people_words import role_words
from schemes import delegation
from schemes.change import ChangeKind, waiting
from schemes.delegation import APPOINTERS, DelegationFault, DelegationRefused
from schemes.duties import london_day
from schemes.errors import NotAllowed, NotFound, ReasonNotGiven, Refused
from schemes.gate_rule import DECIDERS
from schemes.person import Role, names
from schemes.person import people as people_of_body

TOO_LONG = Length(max=2000, message="Use at most 2,000 characters")


class StandIn(Form):
    """What both forms ask."""

    made_id = MadeField()
    delegate = RadioField(
        "Who decides instead?", widget=GovRadioInput(), validators=[InputRequired("Choose who decides instead")]
    )
    first_day = DayField("First day", validators=[InputRequired("Enter the first day")])
    last_day = DayField("Last day", validators=[InputRequired("Enter the last day")])
    reason = WordsField(
        "Why?", missing="Say why", hint="Such as leave or illness, in general words. Everyone in your body can read it"
    )

    def refuse_for(self, refused: Refused) -> None:
        beside = None
        if isinstance(refused, DelegationRefused):
            days = (DelegationFault.ENDS_BEFORE_IT_BEGINS, DelegationFault.OVER, DelegationFault.TOO_LONG)
            beside = self.last_day if refused.fault in days else self.delegate
        self.refuse(words.sentence(refused), self.reason if isinstance(refused, ReasonNotGiven) else beside)


class HandOver(StandIn):
    submit = SubmitField("Hand your decisions over", widget=GovSubmitInput())


class AppointCover(StandIn):
    before_others = ("person",)
    person = RadioField("Who is away?", widget=GovRadioInput(), validators=[InputRequired("Choose who is away")])
    submit = SubmitField("Propose it to a second person", widget=GovSubmitInput())


def deciders(session: Session, roles_of: frozenset[Role] = frozenset(DECIDERS)) -> list[SelectChoice]:
    """Those others who decide at gates in one of these roles, with all of theirs."""
    return [
        SelectChoice(str(person.id), f"{person.name} ({role_words({role.value: [] for role in roles})})")
        for person, roles in people_of_body(session)
        if person.id != actor().person_id and roles_of.intersection(roles, DECIDERS)
    ]


@pages.route("/absences")
@allowed(ANYONE_SIGNED_IN)
def show_absences() -> ResponseReturnValue:
    today = london_day(now())
    with transaction() as session:
        return render_template(
            "people/show_absences.html",
            delegations=delegation.ahead(session, today),
            today=today,
            names=names(session),
            waiting=[change for change in waiting(session) if change.kind is ChangeKind.DELEGATION],
        )


@pages.route("/absences/hand-over", methods=["GET", "POST"])
@allowed(*DECIDERS)
def hand_over() -> ResponseReturnValue:
    # one instant: a delegation that was made at another is taken for one that was told before
    form, at = HandOver(), now()
    with transaction() as session:
        form.delegate.choices = deciders(session, actor().roles)
    if form.validate_on_submit():
        try:
            with transaction() as session:
                made = delegation.hand_over(
                    session,
                    delegation_id=form.made_id.id_of_what_is_made,
                    delegate_id=UUID(form.delegate.data),
                    first_day=form.first_day.data,
                    last_day=form.last_day.data,
                    reason=form.reason.data,
                    by=actor(),
                    at=at,
                )
                people.tell_of_delegation(session, service(), made, at=at)
        except (NotAllowed, NotFound):
            raise
        except Refused as refused:
            form.refuse_for(refused)
        else:
            flash("You handed your decisions over. Both of you are told by email")
            return redirect(url_for("pages.show_absences"), 303)
    return render_template("people/hand_over.html", form=form, today=london_day(at)), form.status


@pages.route("/absences/appoint", methods=["GET", "POST"])
@allowed(*APPOINTERS)
def appoint_cover() -> ResponseReturnValue:
    form = AppointCover()
    with transaction() as session:
        form.person.choices = form.delegate.choices = deciders(session)
    if form.validate_on_submit():
        try:
            with transaction() as session:
                delegation.propose(
                    session,
                    change_id=form.made_id.id_of_what_is_made,
                    person_id=UUID(form.person.data),
                    delegate_id=UUID(form.delegate.data),
                    first_day=form.first_day.data,
                    last_day=form.last_day.data,
                    reason=form.reason.data,
                    by=actor(),
                    at=now(),
                )
        except (NotAllowed, NotFound):
            raise
        except Refused as refused:
            form.refuse_for(refused)
        else:
            flash("You proposed it. It counts once somebody else confirms it")
            return redirect(url_for("pages.decide_change", change_id=form.made_id.id_of_what_is_made), 303)
    return render_template("people/appoint_cover.html", form=form, today=london_day(now())), form.status


@pages.route("/absences/<uuid:delegation_id>/end", methods=["POST"])
@allowed(*DECIDERS, *APPOINTERS)
def end_delegation(delegation_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        delegation.end(session, delegation_id, by=actor(), at=now())
    flash("It ended. Each decides for themselves again")
    return redirect(url_for("pages.show_absences"), 303)
