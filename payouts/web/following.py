"""The public pages of a payment and an award: by the link in a notice, or by a reference and one fact. No account."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from flask import jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovSelect, GovSubmitInput, GovTextInput
from wtforms import SelectField, StringField, SubmitField, ValidationError

from payouts.following import finding, words
from payouts.following.finding import Fact, Slowed, count_wrong_try, must_not_be_slowed, wait_key
from payouts.following.process_id import Followed, Kind, process_id, read_process_id
from payouts.following.progress import AwardProgress, Progress, Stage, award_progress, payment_progress
from payouts.web.access import PUBLIC, allowed
from payouts.web.figures import LONDON, pounds
from payouts.web.form import Form
from payouts.web.pages import actor, now, pages, service
from schemes import before_body
from schemes.body import Body, get_body
from schemes.payee import Language

LONGEST = 40
BY_CODE = {code: language for language, code in words.CODES.items()}
DAY = re.compile(r"(\d{1,2})[ /.-]+(\d{1,2})[ /.-]+(\d{4})")


class FindPayment(Form):
    """Its words are put on by the language of the page."""

    body = SelectField(widget=GovSelect())
    reference = StringField(widget=GovTextInput())
    fact = StringField(widget=GovTextInput())
    submit = SubmitField(widget=GovSubmitInput())

    def speak(self, said: dict[str, str]) -> None:
        self.said = said
        for field, name in ((self.body, "who"), (self.reference, "find_reference"), (self.fact, "find_fact")):
            field.label.text = said[name]
        self.submit.label.text = said["find"]

    def validate_reference(self, field: StringField) -> None:
        if not (field.data or "").strip():
            raise ValidationError(self.said["no_reference"])

    def validate_fact(self, field: StringField) -> None:
        if not (field.data or "").strip():
            raise ValidationError(self.said["no_fact"])


@pages.route("/follow", methods=["GET", "POST"])
@allowed(PUBLIC)
def find_followed() -> ResponseReturnValue:
    """One answer for a wrong reference and a wrong fact, and for one of another body."""
    form = FindPayment()
    form.speak(words.PAGE[language_asked() or Language.ENGLISH])
    with service().transaction(None) as session:
        form.body.choices = [(str(body_id), name) for body_id, name in before_body.public_bodies(session)]
    if len(form.body.choices) == 1:
        form.body.data = form.body.choices[0][0]
    if not form.validate_on_submit():
        return unsigned("follow/find_payment.html", form=form), form.status
    body_id, at = UUID(form.body.data), now()
    reference = finding.written_reference(form.reference.data)[:LONGEST]
    fact = fact_of(form.fact.data[:LONGEST])
    keys = [wait_key("from", request.remote_addr), wait_key("reference", body_id, reference)]
    try:
        with service().transaction(None) as session:
            must_not_be_slowed(session, keys, at)
    except Slowed as slowed:
        return too_many(slowed, at)
    with service().transaction(body_id) as session:
        payment_id = finding.find(session, reference, fact)
    if payment_id is None:
        with service().transaction(None) as session:
            count_wrong_try(session, keys, at)
        form.refuse(form.said["not_found"])
        return unsigned("follow/find_payment.html", form=form), form.status
    found = process_id(service().seals, Followed(Kind.PAYMENT, body_id, payment_id))
    return redirect(url_for("pages.show_followed", process_id=found, language=request.args.get("language")), 303)


def fact_of(typed: str) -> Fact:
    """A day if it reads as one, or else a postcode."""
    day = DAY.fullmatch(typed.strip())
    if day is None:
        return Fact(None, finding.plain(typed))
    try:
        return Fact(date(int(day[3]), int(day[2]), int(day[1])), None)
    except ValueError:
        return Fact(None, None)


@pages.route("/follow/<process_id>")
@allowed(PUBLIC)
def show_followed(process_id: str) -> ResponseReturnValue:
    """The page of a payment or an award. Whatever is wrong with the link, the answer is the same."""
    followed = followed_by(process_id)
    if followed is None:
        return unknown(), 404
    with service().transaction(followed.body_id) as session:
        found = look_up(session, followed)
        if found is None:
            return unknown(), 404
        body = get_body(session)
    language = language_asked() or found.language
    facts = {"body": body, "language": language}
    if isinstance(found, AwardProgress):
        return unsigned("follow/show_award.html", rows=award_rows(found, body, language), **facts)
    return unsigned("follow/show_payment.html", **payment_facts(found, body, language), **facts)


@pages.route("/follow/<process_id>/progress.json")
@allowed(PUBLIC)
def tell_followed(process_id: str) -> ResponseReturnValue:
    """The same for a body's own portal: what the page says and nothing else."""
    followed = followed_by(process_id)
    found = None
    if followed is not None:
        with service().transaction(followed.body_id) as session:
            found = look_up(session, followed)
    if followed is None or found is None:
        return jsonify({"title": "There is no such payment or award"}), 404
    language = language_asked() or found.language
    if isinstance(found, AwardProgress):
        payments = [as_json(one, followed.body_id, language) for one in found.payments]
        return jsonify({"scheme": found.scheme, "payments": payments})
    return jsonify(as_json(found, followed.body_id, language))


def followed_by(written: str) -> Followed | None:
    with service().transaction(None) as session:
        bodies = [body_id for body_id, _, _ in before_body.all_bodies(session)]
    return read_process_id(service().seals, written, bodies)


def look_up(session: Any, followed: Followed) -> Progress | AwardProgress | None:
    today = now().astimezone(LONDON).date()
    if followed.kind is Kind.AWARD:
        return award_progress(session, followed.id, today)
    return payment_progress(session, followed.id, today)


def language_asked() -> Language | None:
    return BY_CODE.get(request.args.get("language", ""))


def unsigned(template: str, **facts: Any) -> str:
    """A page for whoever has no account: the same for staff who look at it while they are signed in."""
    language = facts.pop("language", language_asked() or Language.ENGLISH)
    facts.setdefault("body", None)
    said, code = words.PAGE[language], words.CODES[language]
    return render_template(
        template, person=None, actor=None, bodies=[], language=code, said=said, address=request.path, **facts
    )


def unknown() -> str:
    return unsigned("follow/unknown.html")


def too_many(slowed: Slowed, at: datetime) -> ResponseReturnValue:
    seconds = (slowed.until - at).total_seconds()
    response = make_response(unsigned("follow/slowed.html", minutes=-int(-seconds // 60)), 429)
    response.headers["Retry-After"] = str(max(1, round(seconds)))
    return response


def id_of(payment_id: UUID, body_id: UUID) -> str:
    return process_id(service().seals, Followed(Kind.PAYMENT, body_id, payment_id))


@pages.app_template_filter("payment_process_id")
def process_id_of_payment(payment_id: UUID) -> str:
    return id_of(payment_id, actor().body_id)


@pages.app_template_filter("award_process_id")
def process_id_of_award(award_id: UUID) -> str:
    return process_id(service().seals, Followed(Kind.AWARD, actor().body_id, award_id))


def payment_facts(found: Progress, body: Body, language: Language) -> dict[str, Any]:
    name, happened, following = words.said(found, language)
    return {
        "found": found,
        "name": name,
        "happened": happened,
        "following": following,
        "period": period_of(found, language),
        "pay_day": words.weekday(found.pay_date, language) if found.pay_date else None,
        "again": id_of(found.again_id, body.id) if found.again_id else None,
        "steps": steps_of(found.stage),
        "warned": found.stage in (Stage.APPROVED, Stage.ON_ITS_WAY, Stage.DUE_TODAY, Stage.SHOULD_HAVE_ARRIVED),
    }


STEPS: dict[Stage, tuple[str, str, str]] = {
    Stage.BEING_PREPARED: ("not_yet", "not_yet", "not_yet"),
    Stage.APPROVED: ("done", "not_yet", "not_yet"),
    Stage.ON_ITS_WAY: ("done", "done", "not_yet"),
    Stage.DUE_TODAY: ("done", "done", "expected"),
    Stage.SHOULD_HAVE_ARRIVED: ("done", "done", "expected"),
    Stage.PAID: ("done", "done", "done"),
    Stage.CAME_BACK: ("done", "done", "stopped"),
}
COLOURS = {"done": "green", "expected": "blue", "not_yet": "grey", "stopped": "red"}


def steps_of(stage: Stage) -> list[tuple[str, str, str]]:
    """Of each step how it is called, how far it is, and the colour of that; none for what was not made at all."""
    if stage not in STEPS:
        return []
    steps = zip(("step_approved", "step_sent", "step_arrived"), STEPS[stage], strict=True)
    return [(step, state, COLOURS[state]) for step, state in steps]


def period_of(found: Progress, language: Language) -> str:
    first, last = words.day(found.period_first_day, language), words.day(found.period_last_day, language)
    return first if first == last else words.PAGE[language]["period"].format(first=first, last=last)


def award_rows(found: AwardProgress, body: Body, language: Language) -> dict[str, Any]:
    payments = [
        {
            "name": words.said(one, language)[0],
            "period": period_of(one, language),
            "amount": pounds(one.amount_pence) if one.amount_pence is not None else None,
            "pay_day": words.day(one.pay_date, language) if one.pay_date else None,
            "process_id": id_of(one.payment_id, body.id),
        }
        for one in found.payments
    ]
    return {"scheme": found.scheme, "payments": payments}


def as_json(found: Progress, body_id: UUID, language: Language) -> dict[str, Any]:
    name, happened, following = words.said(found, language)
    return {
        "process_id": id_of(found.payment_id, body_id),
        "stage": found.stage.value,
        "language": words.CODES[language],
        "title": name,
        "what_happened": happened,
        "what_happens_next": following,
        "scheme": found.scheme,
        "period_first_day": found.period_first_day.isoformat(),
        "period_last_day": found.period_last_day.isoformat(),
        "amount_pence": found.amount_pence,
        "pay_date": found.pay_date.isoformat() if found.pay_date else None,
        "account_number_ends": found.account_ends,
        "reference": found.reference,
        "replaced_by": id_of(found.again_id, body_id) if found.again_id else None,
        "read_at": now().astimezone(UTC).isoformat(),
    }
