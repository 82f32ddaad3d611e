"""The words of messages to payees: what counts now, other words previewed with a payee's own data, and proposed."""

from __future__ import annotations

from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovCheckboxesInput, GovSubmitInput, GovTextArea, GovTextInput
from wtforms import SelectChoice, SelectMultipleField, StringField, SubmitField, TextAreaField
from wtforms.validators import InputRequired, Length
from wtforms.validators import Optional as NotNeeded

from payouts.notices import preview, settings, staff_wording, wording
from payouts.notices.connection import Way
from payouts.notices.event import FIELDS, NoticeEvent
from payouts.notices.lint import WordingRefused
from payouts.notices.settings import ALWAYS_TOLD, NoticeSettings, settings_json
from payouts.notices.wording import Place, Wordings
from payouts.notices.words import Words
from payouts.web import words
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.form import Form, MadeField, WholeNumberField, WordsField
from payouts.web.notice_words import (
    EVENTS,
    LANGUAGES,
    SETTINGS_FAULTS,
    STAFF_TEXTS,
    WAYS,
    WHO_IS_TOLD,
    fault_words,
    settings_rows,
)
from payouts.web.pages import actor, now, pages, service, transaction
from schemes.change import ChangeKind, waiting_of
from schemes.errors import FieldsRefused, NotAllowed, NotFound, ReasonNotGiven, Refused
from schemes.payee import Language, payee_of_reference
from schemes.person import Role
from schemes.scheme import get_scheme, schemes_of_body


def reason() -> TextAreaField:
    return WordsField("Why?", hint="Whoever confirms it reads this")


class ProposeWords(Form):
    change_id = MadeField()
    subject = StringField(
        "Subject", widget=GovTextInput(), validators=[Length(max=200, message="Use a shorter subject")]
    )
    body = TextAreaField(
        "Message",
        widget=GovTextArea(),
        validators=[InputRequired("Enter a message"), Length(max=20_000, message="Use a shorter message")],
    )
    payee = StringField(
        "Preview it for this payee (optional)", description="Their reference, like HILF-00001", widget=GovTextInput()
    )
    preview = SubmitField("Preview it", widget=GovSubmitInput())
    reason = reason()
    submit = SubmitField("Propose these words", widget=GovSubmitInput())


class ProposeNoticeSettings(Form):
    change_id = MadeField()
    sender = StringField(
        "Who signs the messages?",
        description="A name that does not say what the money is for, like The payments team",
        widget=GovTextInput(),
    )
    texts_from = WholeNumberField("Texts are sent from (hour)", validators=[InputRequired("Enter an hour")])
    texts_until = WholeNumberField("Texts are sent until (hour)", validators=[InputRequired("Enter an hour")])
    untold = SelectMultipleField(
        "What are payees not told of? (optional)",
        widget=GovCheckboxesInput(),
        choices=[SelectChoice(event.value, EVENTS[event]) for event in NoticeEvent if event not in ALWAYS_TOLD],
        validators=[NotNeeded()],
    )
    reason = reason()
    submit = SubmitField("Propose these settings", widget=GovSubmitInput())


@pages.route("/settings/messages")
@allowed(ANYONE_SIGNED_IN)
def show_messages() -> ResponseReturnValue:
    with transaction() as session:
        return render_template(
            "notices/show_messages.html",
            own={place for place in Wordings(session).own if place.scheme_id is None},
            place=Place,
            events=EVENTS,
            ways=WAYS,
            languages=LANGUAGES,
            settings=settings_rows(settings_json(settings.current(session))),
            waiting=waiting_of(session, ChangeKind.NOTICE_SETTINGS, actor().body_id),
            staff_texts=STAFF_TEXTS,
            who_is_told=WHO_IS_TOLD,
            staff_worded=staff_wording.worded(session),
        )


@pages.route("/settings/messages/<event>/<way>/<language>", methods=["GET", "POST"])
@allowed(*wording.PROPOSERS)
def propose_words(event: str, way: str, language: str) -> ResponseReturnValue:
    place = place_asked(event, way, language)
    with transaction() as session:
        wordings = Wordings(session)
        there, _ = wordings.of(place)
        scheme = get_scheme(session, place.scheme_id) if place.scheme_id else None
        schemes = schemes_of_body(session)
        waiting = waiting_of(session, ChangeKind.NOTICE_WORDING, place.subject_id(actor().body_id))
        versions = [
            row for row in reversed(wordings.every) if Place(row.event, row.way, row.language, row.scheme_id) == place
        ]
    form = ProposeWords(data=there._asdict() if request.method == "GET" else None)
    seen = None
    if form.validate_on_submit():
        typed = Words(form.subject.data or "", (form.body.data or "").replace("\r\n", "\n").strip())
        if form.preview.data:
            seen = previewed(form, place, typed)
        elif is_proposed(form, place, typed):
            flash("You proposed other words. They count once somebody else confirms them")
            return redirect(url_for("pages.decide_change", change_id=form.change_id.id_of_what_is_made), 303)
    return render_template(
        "notices/propose_words.html",
        form=form,
        place=place,
        title=f"{EVENTS[place.event]}: {WAYS[place.way].lower()} in {LANGUAGES[place.language]}",
        fields=sorted(FIELDS[place.event]),
        scheme=scheme,
        schemes=schemes,
        seen=seen,
        waiting=waiting,
        versions=versions,
        fault_words=fault_words,
    ), form.status


def place_asked(event: str, way: str, language: str) -> Place:
    """Which words an address means; 404 where there are none."""
    try:
        scheme = UUID(request.args["scheme"]) if request.args.get("scheme") else None
        place = Place(NoticeEvent(event), Way(way), Language(language), scheme)
    except ValueError:
        abort(404)
    if place.event is NoticeEvent.DETAILS_CHANGED and place.way is Way.LETTER:
        abort(404)
    return place


def previewed(form: ProposeWords, place: Place, typed: Words) -> preview.Preview | None:
    reference = (form.payee.data or "").strip()
    if not reference:
        form.refuse("Enter the reference of a payee", form.payee)
        return None
    try:
        with transaction() as session:
            payee = payee_of_reference(session, reference)
            return preview.preview(session, service(), place, typed, payee, at=now())
    except NotFound:
        form.refuse("There is no payee with this reference", form.payee)
    return None


def is_proposed(form: ProposeWords, place: Place, typed: Words) -> bool:
    try:
        with transaction() as session:
            wording.propose(
                session,
                place,
                typed,
                change_id=form.change_id.id_of_what_is_made,
                reason=form.reason.data or "",
                by=actor(),
                at=now(),
            )
    except (NotAllowed, NotFound):
        raise
    except WordingRefused as refused:
        for fault in refused.faults:
            form.refuse(fault_words(fault), form[fault.place])
    except Refused as refused:
        form.refuse(words.sentence(refused), form.reason if isinstance(refused, ReasonNotGiven) else None)
    return form.status == 200


@pages.route("/settings/messages/rules", methods=["GET", "POST"])
@allowed(Role.ADMINISTRATOR)
def propose_notice_settings() -> ResponseReturnValue:
    with transaction() as session:
        there = settings_json(settings.current(session))
    form = ProposeNoticeSettings(data=there if request.method == "GET" else None)
    if form.validate_on_submit() and are_proposed(form):
        flash("You proposed the change. It counts once somebody else confirms it")
        return redirect(url_for("pages.decide_change", change_id=form.change_id.id_of_what_is_made), 303)
    return render_template("notices/propose_settings.html", form=form), form.status


def are_proposed(form: ProposeNoticeSettings) -> bool:
    wanted = NoticeSettings(
        (form.sender.data or "").strip(),
        form.texts_from.data or 0,
        form.texts_until.data or 0,
        frozenset(NoticeEvent(event) for event in form.untold.data or ()),
    )
    try:
        with transaction() as session:
            settings.propose(
                session,
                wanted,
                change_id=form.change_id.id_of_what_is_made,
                reason=form.reason.data or "",
                by=actor(),
                at=now(),
            )
    except NotAllowed:
        raise
    except FieldsRefused as refused:
        for fault in refused.faults:
            form.refuse(SETTINGS_FAULTS[fault.field], form[fault.field])
    except Refused as refused:
        form.refuse(words.sentence(refused), form.reason if isinstance(refused, ReasonNotGiven) else None)
    return form.status == 200
