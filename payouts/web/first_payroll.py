"""The first payroll of a body, as a list of tasks that says what comes next and who does it."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from flask import Flask, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovRadioInput, GovSubmitInput
from sqlalchemy.orm import Session
from wtforms import RadioField, SelectChoice, SubmitField
from wtforms.validators import InputRequired

from payouts.first_hour import made_up, practice, steps
from payouts.first_hour.steps import State, Step, StepRow
from payouts.web import words
from payouts.web.access import ANYONE_SIGNED_IN, allowed, may_see
from payouts.web.first_payroll_words import GROUPS, STATES, TASKS
from payouts.web.form import Form, MadeField
from payouts.web.pages import actor, now, pages, service, transaction
from payouts.web.words import a_person_with
from schemes import before_body
from schemes.before_body import SignInPerson
from schemes.body import get_body
from schemes.errors import NotAllowed, NotFound, Refused
from schemes.person import Role, people
from schemes.scheme import schemes_of_body
from schemes.scheme_change import PROPOSERS


class Task(NamedTuple):
    """A line of the list. href: none where it is not this person's, or cannot start yet."""

    name: str
    hint: str
    status: str
    colour: str
    href: str


class Next(NamedTuple):
    """What comes next. mine: whether the person who looks does it. stand_in: a practice colleague who would."""

    name: str
    words: str
    who: str
    href: str
    mine: bool
    stand_in: tuple[UUID, str] | None


class Progress(NamedTuple):
    """How far a body's first payroll has come, for its own page and for home."""

    done: int
    of: int
    next: Next | None
    rows: list[StepRow]


class BringMadeUp(Form):
    import_id = MadeField()
    scheme = RadioField(
        "Which scheme shall pay them?", widget=GovRadioInput(), validators=[InputRequired("Choose the scheme")]
    )
    people = RadioField(
        "How many made-up people?",
        widget=GovRadioInput(),
        choices=[SelectChoice(str(size), f"{size:,}") for size in made_up.SIZES],
        default=str(made_up.SIZES[0]),
        validators=[InputRequired("Choose how many")],
    )
    submit = SubmitField("Bring them in", widget=GovSubmitInput())


class MadeUpScheme(Form):
    draft_id = MadeField()


def progress(session: Session) -> Progress:
    """How far the first payroll has come, and what comes next for whom."""
    rows = steps.steps(session)
    row = steps.next_of(rows)
    done = sum(row.state is State.DONE for row in rows)
    return Progress(done, len(rows), next_step(session, row) if row else None, rows)


def next_step(session: Session, row: StepRow) -> Next:
    told = TASKS[row.step]
    mine = row.not_by != actor().person_id and any(actor().holds(role) for role in row.roles)
    stand_in = None
    if not mine and get_body(session).is_sandbox:
        playing = {person.id: (person.id, person.name) for person, _ in practice_people(session)}
        able = [person.id for person, roles in people(session) if set(roles).intersection(row.roles)]
        held = [person_id for person_id in able if person_id != row.not_by]
        stand_in = next((playing[person_id] for person_id in held if person_id in playing), None)
    who = a_person_with(row.roles) if row.roles else ""
    who += " who did not begin it" if row.not_by else ""
    return Next(told.name, told.begun if row.state is State.BEGUN else told.hint, who, href_of(row), mine, stand_in)


def practice_people(session: Session) -> list[tuple[SignInPerson, int]]:
    return before_body.practice_people(session, actor().body_id)


def href_of(row: StepRow) -> str:
    """The page on which a step is done, or was."""
    match row.kind if row.about else "":
        case "scheme":
            return url_for("pages.show_scheme", scheme_id=row.about)
        case "change":
            return url_for("pages.decide_change", change_id=row.about)
        case "draft":
            return url_for("pages.show_scheme_draft", scheme_draft_id=row.about)
        case "import":
            return url_for("pages.show_import", import_id=row.about)
        case "payroll":
            return url_for("pages.show_payroll", payroll_id=row.about)
        case "new":
            return url_for("pages.create_payroll", scheme_id=row.about)
    return url_for(TASKS[row.step].endpoint)


def first_payroll() -> Progress | None:
    """For home: how far it has come, until the bank has answered, for those who can look at it."""
    if not may_see("pages.show_first_payroll"):
        return None
    with transaction() as session:
        return None if steps.is_over(session) else progress(session)


def register(app: Flask) -> None:
    app.add_template_global(first_payroll)


@pages.route("/first-payroll")
@allowed(ANYONE_SIGNED_IN)
def show_first_payroll() -> ResponseReturnValue:
    with transaction() as session:
        found = progress(session)
        by_step = {row.step: row for row in found.rows}
        body = get_body(session)
        schemes = schemes_of_body(session)
        return render_template(
            "first_hour/show_first_payroll.html",
            progress=found,
            groups=[(heading, [task(by_step[step]) for step in listed]) for heading, listed in GROUPS],
            can_set_up=body.is_sandbox
            and actor().holds(Role.ADMINISTRATOR)
            and by_step[Step.PEOPLE].state is not State.DONE
            and not practice_people(session),
            can_write_scheme=body.is_sandbox
            and by_step[Step.SCHEME].state is State.NEXT
            and any(actor().holds(role) for role in PROPOSERS),
            can_fill=body.is_sandbox and by_step[Step.PAYEES].state is State.NEXT and actor().holds(Role.PREPARER),
            scheme=schemes[0] if schemes else None,
            form=MadeUpScheme(),
            payroll_id=by_step[Step.BANK].about if found.next is None else None,
        )


def task(row: StepRow) -> Task:
    told, (status, colour) = TASKS[row.step], STATES[row.state]
    leads = row.state is not State.LATER and (row.about is not None or may_see(told.endpoint))
    hint = {State.DONE: told.done, State.BEGUN: told.begun}.get(row.state, told.hint)
    return Task(told.name, hint, status, colour, href_of(row) if leads else "")


@pages.route("/first-payroll/scheme", methods=["POST"])
@allowed(*PROPOSERS)
def write_example_scheme() -> ResponseReturnValue:
    """A draft of a scheme that is filled in already."""
    form = MadeUpScheme()
    if not form.validate_on_submit():
        return redirect(url_for("pages.show_first_payroll"), 303)
    try:
        with transaction() as session:
            draft = made_up.begin_example_scheme(
                session, draft_id=form.draft_id.id_of_what_is_made, by=actor(), at=now()
            )
    except (NotAllowed, NotFound):
        raise
    except Refused as refused:
        flash(words.sentence(refused), "refused")
        return redirect(url_for("pages.show_first_payroll"), 303)
    return redirect(url_for("pages.show_scheme_draft", scheme_draft_id=draft.id), 303)


@pages.route("/first-payroll/payees", methods=["GET", "POST"])
@allowed(Role.PREPARER)
def bring_made_up_payees() -> ResponseReturnValue:
    form = BringMadeUp()
    with transaction() as session:
        practice.must_be_sandbox(session)
        schemes = schemes_of_body(session)
    form.scheme.choices = [SelectChoice(str(scheme.id), scheme.name) for scheme in schemes]
    if len(schemes) == 1:
        form.scheme.data = str(schemes[0].id)
    if form.validate_on_submit():
        with form.refusing():
            with transaction() as session:
                made_up.bring_in_made_up_payees(
                    session,
                    service(),
                    import_id=form.import_id.id_of_what_is_made,
                    scheme_id=UUID(form.scheme.data),
                    people=int(form.people.data),
                    by=actor(),
                    at=now(),
                )
            return redirect(url_for("pages.show_import", import_id=form.import_id.data), 303)
    return render_template("first_hour/bring_made_up_payees.html", form=form, schemes=schemes), form.status
