"""How a payee is reached: their contacts, which of them are safe, and how they want to be written to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
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
from wtforms import Field, RadioField, SelectChoice, SelectMultipleField, StringField, SubmitField
from wtforms.validators import InputRequired, Length

from payouts.web import words
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.contact_words import CHANNELS, FORMATS, LANGUAGES
from payouts.web.form import Form, MadeField, WordsField
from payouts.web.pages import actor, now, pages, service, transaction
from schemes import contact as contacts
from schemes import safe_contact_change
from schemes.change import ChangeKind, waiting_of
from schemes.contact import contacts_of, get_contact, may_be_used
from schemes.contact_value import Channel, ContactRefused
from schemes.errors import NotAllowed, NotFound, ReasonNotGiven, Refused
from schemes.mandate import MandateRefused
from schemes.payee import EDITORS, Format, Language, get_payee
from schemes.payee_details import PersonRefused
from schemes.person import names
from schemes.preference import Preference, preference_of, set_preference

TOO_LONG = Length(max=2000, message="Use at most 2,000 characters")
MARKED, FREE = "marked", "free"
NO_CHANNEL = "none"


class AddContact(Form):
    contact_id = MadeField()
    channel = RadioField(
        "How can they be reached?",
        widget=GovRadioInput(),
        choices=[
            SelectChoice(Channel.EMAIL.value, "Email"),
            SelectChoice(Channel.TEXT.value, "Mobile phone"),
            SelectChoice(Channel.PHONE.value, "Landline"),
            SelectChoice(Channel.LETTER.value, "Post"),
        ],
        validators=[InputRequired("Choose how they can be reached")],
    )
    email = StringField("Email address", widget=GovTextInput(), validators=[TOO_LONG])
    text = StringField("Mobile number", widget=GovTextInput(), validators=[TOO_LONG])
    phone = StringField("Phone number", widget=GovTextInput(), validators=[TOO_LONG])
    letter = WordsField("Address", hint="A line for each part, the postcode last")
    because = WordsField(
        "Where does it come from?",
        missing="Say where this contact comes from",
        hint="For example, the application form of 5 January 2026. Whoever calls the payee back can read it",
    )
    submit = SubmitField("Save the contact", widget=GovSubmitInput())


class EndContact(Form):
    because = WordsField("Why is it no longer used?", missing="Say why this contact is no longer used")
    submit = SubmitField("Stop using this contact", widget=GovSubmitInput())


class MarkSafe(Form):
    change_id = MadeField()
    marked = RadioField(
        "May this person be reached by every contact?",
        widget=GovRadioInput(),
        choices=[
            SelectChoice(FREE, "Yes, by every contact"),
            SelectChoice(MARKED, "No, only by the safe contacts"),
        ],
        validators=[InputRequired("Choose how this person may be reached")],
    )
    safe = SelectMultipleField("Which contacts are safe?", widget=GovCheckboxesInput())
    reason = WordsField(
        "Reason",
        missing="Say why",
        hint="Whoever looks at this payee can read it. Don’t describe what happened to them",
    )
    submit = SubmitField("Propose this", widget=GovSubmitInput())


class SetPreference(Form):
    channel = RadioField(
        "How do they want to hear from you first?",
        widget=GovRadioInput(),
        choices=[
            *(SelectChoice(channel.value, said) for channel, said in CHANNELS.items()),
            SelectChoice(NO_CHANNEL, "They have not said"),
        ],
        validators=[InputRequired("Choose how they want to hear from you")],
    )
    format = RadioField(
        "Which format do they need?",
        widget=GovRadioInput(),
        choices=[SelectChoice(value.value, said) for value, said in FORMATS.items()],
        validators=[InputRequired("Choose a format")],
    )
    language = RadioField(
        "Which language?",
        widget=GovRadioInput(),
        choices=[SelectChoice(value.value, said) for value, said in LANGUAGES.items()],
        validators=[InputRequired("Choose a language")],
    )
    submit = SubmitField("Save", widget=GovSubmitInput())

    def wanted(self) -> Preference:
        channel = None if self.channel.data == NO_CHANNEL else Channel(self.channel.data)
        return Preference(channel, Format(self.format.data), Language(self.language.data))


@pages.route("/payees/<uuid:payee_id>/contacts")
@allowed(ANYONE_SIGNED_IN)
def show_contacts(payee_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        payee = get_payee(session, payee_id)
        known = contacts_of(session, payee_id)
        return render_template(
            "payees/show_contacts.html",
            payee=payee,
            live=[contact for contact in known if contact.ended_at is None],
            ended=[contact for contact in known if contact.ended_at is not None],
            usable={contact.id for contact in known if may_be_used(payee, contact)},
            waiting=waiting_of(session, ChangeKind.SAFE_CONTACT, payee_id),
            names=names(session),
        )


@pages.route("/payees/<uuid:payee_id>/contacts/new", methods=["GET", "POST"])
@allowed(*EDITORS)
def add_contact(payee_id: UUID) -> ResponseReturnValue:
    form = AddContact()

    def add(session: Session) -> None:
        contacts.add_contact(
            session,
            contact_id=form.contact_id.id_of_what_is_made,
            payee_id=payee_id,
            channel=Channel(form.channel.data),
            typed=form[form.channel.data].data or "",
            because=form.because.data,
            by=actor(),
            at=now(),
        )

    if form.validate_on_submit() and is_done(form, add, about=lambda: form[form.channel.data], reason=form.because):
        return back_to_contacts(payee_id, "You saved the contact")
    return contact_page("payees/add_contact.html", payee_id, form)


@pages.route("/payees/<uuid:payee_id>/contacts/<uuid:contact_id>/end", methods=["GET", "POST"])
@allowed(*EDITORS)
def end_contact(payee_id: UUID, contact_id: UUID) -> ResponseReturnValue:
    form = EndContact()
    with transaction() as session:
        contact = get_contact(session, payee_id, contact_id)

    def end(session: Session) -> None:
        contacts.end_contact(
            session, payee_id=payee_id, contact_id=contact_id, because=form.because.data, by=actor(), at=now()
        )

    if form.validate_on_submit() and is_done(form, end, reason=form.because):
        return back_to_contacts(payee_id, "The contact is no longer used")
    return contact_page("payees/end_contact.html", payee_id, form, contact=contact)


@pages.route("/payees/<uuid:payee_id>/contacts/safe", methods=["GET", "POST"])
@allowed(*EDITORS)
def mark_safe_contact(payee_id: UUID) -> ResponseReturnValue:
    form = MarkSafe()
    with transaction() as session:
        payee = get_payee(session, payee_id)
        live = [contact for contact in contacts_of(session, payee_id) if contact.ended_at is None]
    form.safe.choices = [
        SelectChoice(str(contact.id), f"{CHANNELS[contact.channel]}: {contact.value.replace(chr(10), ', ')}")
        for contact in live
    ]
    if request.method == "GET":
        form.marked.data = MARKED if payee.safe_contact else FREE
        form.safe.data = [str(contact.id) for contact in live if contact.is_safe]

    def mark(session: Session) -> None:
        safe_contact_change.propose(
            session,
            payee_id,
            change_id=form.change_id.id_of_what_is_made,
            marked=form.marked.data == MARKED,
            contact_ids={UUID(chosen) for chosen in form.safe.data},
            reason=form.reason.data,
            by=actor(),
            at=now(),
        )

    if form.validate_on_submit() and is_done(form, mark, reason=form.reason):
        return back_to_contacts(
            payee_id, "You proposed how this person may be reached. It counts once someone else confirms it"
        )
    return contact_page("payees/mark_safe_contact.html", payee_id, form)


@pages.route("/payees/<uuid:payee_id>/preference", methods=["GET", "POST"])
@allowed(*EDITORS)
def prefer(payee_id: UUID) -> ResponseReturnValue:
    form = SetPreference()
    if request.method == "GET":
        with transaction() as session:
            there = preference_of(get_payee(session, payee_id))
        form.channel.data = there.channel.value if there.channel else NO_CHANNEL
        form.format.data, form.language.data = there.format.value, there.language.value

    def save(session: Session) -> None:
        set_preference(session, service().seals, payee_id, form.wanted(), reason="", by=actor(), at=now())

    if form.validate_on_submit() and is_done(form, save):
        return back_to_contacts(payee_id, "You saved how they want to be written to")
    return contact_page("payees/set_preference.html", payee_id, form)


def is_done(
    form: Form,
    act: Callable[[Session], None],
    *,
    about: Callable[[], Field] | None = None,
    field: bool = False,
    reason: Field | None = None,
) -> bool:
    """Act in a transaction; what is refused is an error beside the reason, or beside the field that it is about.

    field: what is refused names its field, by the name that it has in the form.
    """
    try:
        with transaction() as session:
            act(session)
    except (NotAllowed, NotFound):
        raise
    except ReasonNotGiven as refused:
        form.refuse(words.sentence(refused), reason)
    except Refused as refused:
        named = form[refused.field] if field and isinstance(refused, PersonRefused | MandateRefused) else None
        if field and isinstance(refused, ContactRefused) and "address" in form:
            named = form["address"]
        form.refuse(words.sentence(refused), about() if about else named)
    return form.status == 200


def back_to_contacts(payee_id: UUID, done: str) -> ResponseReturnValue:
    flash(done)
    return redirect(url_for("pages.show_contacts", payee_id=payee_id), 303)


def contact_page(template: str, payee_id: UUID, form: Form, **facts: Any) -> ResponseReturnValue:
    with transaction() as session:
        return render_template(template, form=form, payee=get_payee(session, payee_id), **facts), form.status
