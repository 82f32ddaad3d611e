"""A scheme or its next version, written on screen: a list of tasks, a page each, then proposed to a second person."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovRadioInput, GovSubmitInput
from sqlalchemy.orm import Session
from wtforms import RadioField, SelectChoice, SubmitField
from wtforms.validators import InputRequired

from payouts.web import change_words, words
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.field_words import fault_sentence
from payouts.web.form import DayField, Form, MadeField, WordsField
from payouts.web.pages import actor, now, pages, transaction
from payouts.web.scheme_forms import SECTIONS, PaysFrom, Section
from payouts.web.scheme_pays_forms import PLACED
from payouts.web.scheme_words import STARTS, finance_words, gate_words, rule_words
from schemes import scheme_draft
from schemes.amount import AmountKind
from schemes.bank_details import london_day
from schemes.bank_profile import bank_profiles, newest_profile
from schemes.change import ChangeKind, waiting_of
from schemes.database import new_id
from schemes.definition import Definition, faults_of, successor_faults
from schemes.errors import FieldFault, NotAllowed, NotFound, ReasonNotGiven, Refused
from schemes.period import NoPeriod, period_of
from schemes.scheme import get_scheme
from schemes.scheme_change import PROPOSERS, FromDayRefused, facts, facts_now
from schemes.scheme_draft import SchemeDraft, get_draft, is_open
from schemes.scheme_version import newest, versions_of
from schemes.starting_point import StartingPoint, begin_from


class BeginScheme(Form):
    draft_id = MadeField()
    start = RadioField(
        "What is the new scheme most like?",
        widget=GovRadioInput(),
        choices=[SelectChoice(point.value, said[0]) for point, said in STARTS.items()],
        validators=[InputRequired("Choose what the scheme is most like")],
    )
    submit = SubmitField("Go on", widget=GovSubmitInput())


class ProposeScheme(Form):
    change_id = MadeField()
    effective_from = DayField(
        "From which day does it count?", validators=[InputRequired("Enter the day from which it counts")]
    )
    reason = WordsField("Why?", missing="Say why", hint="Everyone in your body can read it")
    submit = SubmitField("Propose it to a second person", widget=GovSubmitInput())


class Task(NamedTuple):
    """A line of the task list. part: the page's part of the address; said: nothing where nothing was answered yet.

    prefixes: of the fields that it asks for.
    """

    name: str
    part: str
    said: str
    fault: str | None
    prefixes: tuple[str, ...]


@pages.route("/schemes/new", methods=["GET", "POST"])
@allowed(*PROPOSERS)
def begin_scheme() -> ResponseReturnValue:
    form = BeginScheme()
    with transaction() as session:
        profile = next(iter(bank_profiles(session)), None)
    if profile and form.validate_on_submit():
        point, today = StartingPoint(form.start.data), london_day(now())
        first_day = next_monday(today) if point is StartingPoint.WEEKLY_HOURS else next_month(today)
        definition = begin_from(point, first_day=first_day, bank_profile_id=profile.line_id)
        with transaction() as session:
            draft = scheme_draft.begin(
                session,
                definition,
                draft_id=form.draft_id.id_of_what_is_made,
                scheme_id=new_id(),
                by=actor(),
                at=now(),
            )
        return redirect(url_for("pages.show_scheme_draft", scheme_draft_id=draft.id), 303)
    hints = [{"hint": {"text": said[1]}} for said in STARTS.values()]
    return render_template("schemes/begin_scheme.html", form=form, hints=hints, profile=profile), form.status


def next_monday(day: date) -> date:
    return day + timedelta(days=7 - day.weekday())


def next_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)


@pages.route("/schemes/<uuid:scheme_id>/draft", methods=["POST"])
@allowed(*PROPOSERS)
def begin_version(scheme_id: UUID) -> ResponseReturnValue:
    """A draft of the next version, which says what the newest does; the one that is open, if there is one."""
    with transaction() as session:
        get_scheme(session, scheme_id)
        drafts = scheme_draft.open_drafts(session, scheme_id)
        if drafts:
            draft_id = drafts[0].id
        else:
            definition = newest(session, scheme_id).definition
            draft_id = scheme_draft.begin(
                session, definition, draft_id=new_id(), scheme_id=scheme_id, by=actor(), at=now()
            ).id
    return redirect(url_for("pages.show_scheme_draft", scheme_draft_id=draft_id), 303)


@pages.route("/schemes/drafts/<uuid:scheme_draft_id>")
@allowed(ANYONE_SIGNED_IN)
def show_scheme_draft(scheme_draft_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        draft = get_draft(session, scheme_draft_id)
        definition = draft.definition
        return render_template(
            "schemes/show_draft.html",
            draft=draft,
            definition=definition,
            groups=groups(session, definition, all_faults(session, draft, definition)),
            is_open=is_open(session, draft),
            may_write=bool(actor().roles.intersection(PROPOSERS)),
            is_new=not versions_of(session, draft.scheme_id),
        )


def all_faults(session: Session, draft: SchemeDraft, definition: Definition) -> list[FieldFault]:
    """What keeps the draft from being proposed, as a successor of the newest version too."""
    versions = versions_of(session, draft.scheme_id)
    follows = successor_faults(versions[0].definition, definition) if versions else []
    return [*faults_of(definition), *follows]


def groups(session: Session, definition: Definition, faults: list[FieldFault]) -> list[tuple[str, list[Task]]]:
    """The pages of a draft, as groups of tasks with what each says now."""
    said = change_words.definition_rows(definition, words.ROLES)
    profile = newest_profile(session, definition.bank_profile_id)

    def task(name: str, part: str, says: str, *prefixes: str) -> Task:
        wrong = (fault_sentence(fault) for fault in faults if fault.field.startswith(prefixes))
        return Task(name, part, says, next(wrong, None), prefixes)

    scheme = [
        task("Name, code and purpose", "about", definition.name, "code", "name", "pays_for"),
        task("How often it pays", "periods", said["Periods"], "schedule.first_day", "schedule.listed"),
        task("When each period is paid", "pay-day", said["Pay day"], "schedule.pay"),
    ]
    pays = []
    for place, component in enumerate(definition.components):
        at = f"components.{place}"
        tested = [f"examples.{n}." for n, each in enumerate(definition.examples) if each.component == component.code]
        pays += [
            task(component.name, f"pays-{place}", component.code, f"{at}.code", f"{at}.name"),
            task(f"{component.name}: the amount", f"amount-{place}", rule_words(component.rule), f"{at}.rule"),
            task(f"{component.name}: worked examples", f"examples-{place}", f"{len(tested)} kept", *(tested or ("-",))),
            task(f"{component.name}: finance codes", f"codes-{place}", finance_words(component), f"{at}.finance"),
        ]
    rules = [
        task("Limits", "limits", said["Most for one payment"] + " a payment", "payment_limit", "payroll_limit"),
        task("On the payee’s bank statement", "reference", said["On the payee’s statement"], "reference"),
        task("The account that it pays from", "account", profile.name, "bank_profile"),
        *(
            task(f"Gate {place + 1}, {gate.name}", f"gate-{place}", gate_words(gate, words.ROLES), f"gates.{place}.")
            for place, gate in enumerate(definition.gates)
        ),
    ]
    return [("The scheme", scheme), ("What it pays", pays), ("Rules", rules)]


def untold(faults: list[FieldFault], tasks: list[Task]) -> list[str]:
    """What is wrong besides what is put right on a page of the task list, where each names one fault at a time."""
    pages = tuple(prefix for task in tasks for prefix in task.prefixes)
    return [fault_sentence(fault) for fault in faults if not fault.field.startswith(pages)]


def section_of(definition: Definition, part: str) -> tuple[type[Section], int]:
    """The form of a page and its place. Raises NotFound for a page that the draft does not have."""
    if part in SECTIONS:
        return SECTIONS[part], 0
    name, _, number = part.rpartition("-")
    place = int(number) if number.isdecimal() and len(number) < 3 else -1
    most = len(definition.gates) if name == "gate" else len(definition.components) + (name == "pays")
    if name not in PLACED or not 0 <= place < most:
        raise NotFound("page", part)
    return PLACED[name], place


@pages.route("/schemes/drafts/<uuid:scheme_draft_id>/<part>", methods=["GET", "POST"])
@allowed(*PROPOSERS)
def edit_scheme_draft(scheme_draft_id: UUID, part: str) -> ResponseReturnValue:
    with transaction() as session:
        draft = get_draft(session, scheme_draft_id)
        definition = draft.definition
        kind, place = section_of(definition, part)
        form = kind()
        if isinstance(form, PaysFrom):
            profiles = bank_profiles(session)
            form.profile.choices = [
                SelectChoice(str(each.id), f"{each.name}, ending {each.last_four}") for each in profiles
            ]
        is_new = not versions_of(session, draft.scheme_id)
    if request.method == "GET":
        form.show(definition, place)
    elif form.validate_on_submit() and is_written(form, scheme_draft_id, place):
        onward = f"amount-{place}" if part.startswith("pays-") else None
        if onward:
            return redirect(url_for("pages.edit_scheme_draft", scheme_draft_id=draft.id, part=onward), 303)
        return redirect(url_for("pages.show_scheme_draft", scheme_draft_id=draft.id), 303)
    component = definition.components[place] if place < len(definition.components) else None
    return render_template(
        "schemes/edit_draft.html",
        form=form,
        draft=draft,
        definition=definition,
        component=component if part.partition("-")[0] in ("pays", "amount", "codes") else None,
        kinds=AmountKind,
        is_new=is_new,
    ), form.status


def is_written(form: Section, scheme_draft_id: UUID, place: int) -> bool:
    """Keep what was entered; what does not fit is an error beside its field."""
    with form.refusing(), transaction() as session:
        draft = get_draft(session, scheme_draft_id, lock=True)
        made = form.is_made(draft.definition, place)
        if made is not None:
            scheme_draft.write(session, draft, made, by=actor(), at=now())
    return form.status == 200


@pages.route("/schemes/drafts/<uuid:scheme_draft_id>/discard", methods=["POST"])
@allowed(*PROPOSERS)
def discard_scheme_draft(scheme_draft_id: UUID) -> ResponseReturnValue:
    try:
        with transaction() as session:
            draft = get_draft(session, scheme_draft_id, lock=True)
            scheme_draft.discard(session, draft, by=actor(), at=now())
    except (NotAllowed, NotFound):
        raise
    except Refused as refused:
        flash(words.sentence(refused), "refused")
        return redirect(url_for("pages.show_scheme_draft", scheme_draft_id=scheme_draft_id), 303)
    flash("You discarded the draft")
    return redirect(url_for("pages.show_schemes"), 303)


@pages.route("/schemes/drafts/<uuid:scheme_draft_id>/propose", methods=["GET", "POST"])
@allowed(*PROPOSERS)
def propose_scheme_draft(scheme_draft_id: UUID) -> ResponseReturnValue:
    """Check your answers: what changes, then from when and why."""
    form = ProposeScheme()
    if form.validate_on_submit() and is_proposed(form, scheme_draft_id):
        flash("You proposed the scheme. Someone else has to confirm it before it counts")
        return redirect(url_for("pages.decide_change", change_id=form.change_id.id_of_what_is_made), 303)
    with transaction() as session:
        draft = get_draft(session, scheme_draft_id)
        definition = draft.definition
        faults = all_faults(session, draft, definition)
        to_do = [task for _, tasks in groups(session, definition, faults) for task in tasks if task.fault]
        if request.method == "GET":
            form.effective_from.data = first_day_of(session, draft, definition)
        before, after = facts_now(session, draft.scheme_id), {}
        if not faults:
            after = facts(session, definition, form.effective_from.data or definition.schedule.first_day)
        return render_template(
            "schemes/propose_draft.html",
            form=form,
            draft=draft,
            definition=definition,
            tasks=to_do,
            faults=untold(faults, to_do),
            rows=change_words.scheme_differences(before, after) if after else [],
            is_new=not before,
            is_open=is_open(session, draft),
            waiting=waiting_of(session, ChangeKind.SCHEME, draft.scheme_id),
        ), form.status


def first_day_of(session: Session, draft: SchemeDraft, definition: Definition) -> date:
    """The day to suggest: the first of a new scheme; for a new version, when the next period begins."""
    if not versions_of(session, draft.scheme_id):
        return definition.schedule.first_day
    today = london_day(now())
    try:
        return period_of(definition.schedule, today).last_day + timedelta(days=1)
    except NoPeriod:
        later = [each.period.first_day for each in definition.schedule.listed if each.period.first_day > today]
        return min(later, default=today)


def is_proposed(form: ProposeScheme, scheme_draft_id: UUID) -> bool:
    """Propose it; what is refused is an error beside its field."""
    try:
        with transaction() as session:
            scheme_draft.propose_draft(
                session,
                get_draft(session, scheme_draft_id, lock=True),
                change_id=form.change_id.id_of_what_is_made,
                effective_from=form.effective_from.data,
                reason=form.reason.data,
                by=actor(),
                at=now(),
            )
    except (NotAllowed, NotFound):
        raise
    except Refused as refused:
        about_day = isinstance(refused, FromDayRefused)
        beside = form.reason if isinstance(refused, ReasonNotGiven) else form.effective_from if about_day else None
        form.refuse(words.sentence(refused), beside)
    return form.status == 200
