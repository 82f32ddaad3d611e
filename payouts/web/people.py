"""The people of a body: who they are, what they may do, who is invited; and an administrator's proposals about them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import (
    GovCheckboxesInput,
    GovRadioInput,
    GovSubmitInput,
    GovTextInput,
)
from sqlalchemy.orm import Session
from wtforms import RadioField, SelectChoice, SelectMultipleField, StringField, SubmitField
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from payouts import people as coming_and_going
from payouts.web import words
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.form import Form, MadeField, WordsField
from payouts.web.pages import actor, now, pages, service, transaction
from payouts.web.people_words import ROLE_HINTS, ROLES, role_words
from schemes import before_body, credential_reset, invitation, role_change
from schemes.change import Change, waiting
from schemes.change import ChangeKind as Kind
from schemes.errors import NotAddressed, NotAllowed, NotFound, ReasonNotGiven, Refused
from schemes.invitation import Invitation, InvitedAlready, MemberAlready
from schemes.person import PER_SCHEME, Person, Role, names
from schemes.role_change import NoRole, Roles, member, roles_of
from schemes.scheme import schemes_of_body

ALL, SOME = "all", "some"
OF_PEOPLE = (Kind.INVITATION, Kind.ROLES, Kind.CREDENTIALS)


class Because(Form):
    reason = WordsField("Why?", missing="Say why you propose this", hint="The second person reads this")


class ChooseRoles(Because):
    """Roles, and the schemes of those that can be for some only."""

    roles = SelectMultipleField(
        "Roles",
        widget=GovCheckboxesInput(),
        choices=[SelectChoice(role.value, name.capitalize()) for role, name in ROLES.items()],
        validators=[InputRequired("Choose at least one role")],
    )
    reach = RadioField(
        "For which schemes?",
        description="It concerns preparers, finance officers, approvers and releasers",
        widget=GovRadioInput(),
        choices=[SelectChoice(ALL, "All schemes, also those to come"), SelectChoice(SOME, "Some schemes only")],
        default=ALL,
        validators=[InputRequired("Choose for which schemes")],
    )
    schemes = SelectMultipleField("Which schemes?", widget=GovCheckboxesInput(), validators=[Optional()])

    def chosen(self) -> Roles:
        """The roles as a proposal has them; an error where schemes are missing."""
        codes = list(self.schemes.data or []) if self.reach.data == SOME else []
        if self.reach.data == SOME and not codes:
            self.refuse("Choose the schemes", self.schemes)
        return {role: codes if Role(role) in PER_SCHEME else [] for role in self.roles.data}

    def show(self, roles: Roles) -> None:
        """Begin with what somebody holds now."""
        codes = sorted({code for named in roles.values() for code in named})
        self.roles.data, self.reach.data, self.schemes.data = list(roles), SOME if codes else ALL, codes


class InviteSomebody(ChooseRoles):
    before_others = ("name", "email", "roles", "reach", "schemes")
    invitation_id = MadeField()
    name = StringField(
        "Name",
        widget=GovTextInput(),
        validators=[DataRequired("Enter their name"), Length(max=100, message="Use at most 100 characters")],
    )
    email = StringField(
        "Email address",
        description="The link goes there",
        widget=GovTextInput(),
        validators=[DataRequired("Enter their email address"), Length(max=254, message="Use at most 254 characters")],
    )
    submit = SubmitField("Propose the invitation", widget=GovSubmitInput())


class ChangeRoles(ChooseRoles):
    before_others = ("roles", "reach", "schemes")
    change_id = MadeField()
    submit = SubmitField("Propose the change", widget=GovSubmitInput())


class ResetCredentials(Because):
    change_id = MadeField()
    submit = SubmitField("Propose the reset", widget=GovSubmitInput())


class RemovePerson(Form):
    submit = SubmitField("Remove this person", widget=GovSubmitInput())


class Row(NamedTuple):
    """Somebody in the list. decides_from: the time before which they decide at no gate, while it lies ahead."""

    person: Person
    roles: str
    last_sign_in: datetime | None
    decides_from: datetime | None


@pages.route("/people")
@allowed(ANYONE_SIGNED_IN)
def show_people() -> ResponseReturnValue:
    with transaction() as session:
        invitations = invitation.invitations_of(session)
        return render_template(
            "people/show_people.html",
            rows=rows(session),
            invitations=[(one, one.state(now())) for one in invitations],
            waiting=[change for change in waiting(session) if change.kind in OF_PEOPLE],
            names=names(session),
        )


def rows(session: Session) -> list[Row]:
    found = role_change.roles_of_all(session)
    signed_in = before_body.last_sign_ins(session, [person.id for person, _, _ in found])
    return [
        Row(
            person,
            role_words(roles),
            signed_in.get(person.id),
            later if later and later > now() else None,
        )
        for person, roles, later in found
    ]


def proposed(form: Form, propose: Callable[[Session], Change], place: dict[type[Refused], Any]) -> bool:
    """Make a proposal; what is refused is an error beside its field. place: the field of each refusal."""
    try:
        with transaction() as session:
            propose(session)
    except (NotAllowed, NotFound):
        raise
    except Refused as refused:
        form.refuse(words.sentence(refused), place.get(type(refused)))
        return False
    flash("You proposed this. It takes effect when an administrator or approver other than you confirms it")
    return True


@pages.route("/people/invite", methods=["GET", "POST"])
@allowed(Role.ADMINISTRATOR)
def invite() -> ResponseReturnValue:
    form = InviteSomebody()
    name_schemes(form)
    if form.validate_on_submit():
        roles = form.chosen()
        places = {
            NotAddressed: form.email,
            MemberAlready: form.email,
            InvitedAlready: form.email,
            NoRole: form.roles,
            ReasonNotGiven: form.reason,
        }
        if form.status == 200 and proposed(
            form,
            lambda session: invitation.propose_invitation(
                session,
                invitation_id=form.invitation_id.id_of_what_is_made,
                email=form.email.data,
                name=form.name.data,
                roles=roles,
                reason=form.reason.data,
                by=actor(),
                at=now(),
            ),
            places,
        ):
            return redirect(url_for("pages.show_people"), 303)
    return render_template("people/invite.html", form=form, hints=role_hints()), form.status


@pages.route("/people/<uuid:person_id>/roles", methods=["GET", "POST"])
@allowed(Role.ADMINISTRATOR)
def change_roles(person_id: UUID) -> ResponseReturnValue:
    form = ChangeRoles()
    name_schemes(form)
    with transaction() as session:
        person = member(session, person_id)
        held = roles_of(session, person_id)["roles"]
    if request.method == "GET":
        form.show(held)
    if form.validate_on_submit():
        roles = form.chosen()
        if form.status == 200 and proposed(
            form,
            lambda session: role_change.propose_roles(
                session,
                person_id,
                roles,
                change_id=form.change_id.id_of_what_is_made,
                reason=form.reason.data,
                by=actor(),
                at=now(),
            ),
            {NoRole: form.roles, ReasonNotGiven: form.reason},
        ):
            return redirect(url_for("pages.show_people"), 303)
    return render_template(
        "people/change_roles.html", form=form, concerned=person, held=held, hints=role_hints()
    ), form.status


@pages.route("/people/<uuid:person_id>/reset", methods=["GET", "POST"])
@allowed(Role.ADMINISTRATOR)
def reset_credentials(person_id: UUID) -> ResponseReturnValue:
    form = ResetCredentials()
    with transaction() as session:
        person = member(session, person_id)
    if form.validate_on_submit() and proposed(
        form,
        lambda session: credential_reset.propose_reset(
            session,
            person_id,
            change_id=form.change_id.id_of_what_is_made,
            reason=form.reason.data,
            by=actor(),
            at=now(),
        ),
        {ReasonNotGiven: form.reason},
    ):
        return redirect(url_for("pages.show_people"), 303)
    return render_template("people/reset_credentials.html", form=form, concerned=person), form.status


@pages.route("/people/<uuid:person_id>/remove", methods=["GET", "POST"])
@allowed(Role.ADMINISTRATOR)
def remove_person(person_id: UUID) -> ResponseReturnValue:
    form = RemovePerson()
    with transaction() as session:
        person = member(session, person_id)
    if form.validate_on_submit():
        with form.refusing():
            with transaction() as session:
                role_change.remove(session, person_id, by=actor(), at=now())
            flash(f"You removed {person.name}. They are signed out everywhere")
            return redirect(url_for("pages.show_people"), 303)
    return render_template("people/remove_person.html", form=form, concerned=person), form.status


@pages.route("/people/invitations/<uuid:invitation_id>/send", methods=["POST"])
@allowed(Role.ADMINISTRATOR)
def send_again(invitation_id: UUID) -> ResponseReturnValue:
    """Only what was confirmed is sent, so sending it again needs no second person."""
    return with_invitation(
        invitation_id,
        lambda session, invited: coming_and_going.send_again(session, service(), invited, by=actor(), at=now()),
        "You sent the invitation again. The link before it works no more",
    )


@pages.route("/people/invitations/<uuid:invitation_id>/withdraw", methods=["POST"])
@allowed(Role.ADMINISTRATOR)
def withdraw_invitation(invitation_id: UUID) -> ResponseReturnValue:
    return with_invitation(
        invitation_id,
        lambda session, invited: invitation.withdraw(session, invited, by=actor(), at=now()),
        "You withdrew the invitation. Its link works no more",
    )


def with_invitation(invitation_id: UUID, act: Callable[[Session, Invitation], None], done: str) -> ResponseReturnValue:
    try:
        with transaction() as session:
            act(session, invitation.get_invitation(session, invitation_id, lock=True))
    except (NotAllowed, NotFound):
        raise
    except Refused as refused:
        flash(words.sentence(refused), "refused")
    else:
        flash(done)
    return redirect(url_for("pages.show_people"), 303)


def name_schemes(form: ChooseRoles) -> None:
    with transaction() as session:
        form.schemes.choices = [SelectChoice(one.code, f"{one.name} ({one.code})") for one in schemes_of_body(session)]


def role_hints() -> list[dict[str, Any]]:
    return [{"hint": {"text": ROLE_HINTS[role]}} for role in ROLES]
