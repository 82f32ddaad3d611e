"""The way to live on screen: the checklist with its owners, the request that two make, and the operator's answer."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from flask import Flask, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovRadioInput, GovSubmitInput, GovTextInput
from wtforms import RadioField, SelectChoice, StringField, SubmitField
from wtforms.validators import DataRequired, InputRequired, Length

from payouts.first_hour import steps
from payouts.going_live import asking, readiness
from payouts.going_live.asking import RequestState
from payouts.going_live.readiness import SAID, Point, PointRow
from payouts.web import words
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.form import Form, MadeField, WordsField
from payouts.web.going_live_words import GROUPS, POINTS, Told, shown
from payouts.web.pages import actor, now, pages, service, transaction
from schemes.body import get_body
from schemes.body_details import LONGEST_NAME, NameMissing
from schemes.contact_value import ContactRefused
from schemes.errors import NotAllowed, NotFound, Refused
from schemes.person import READERS, Role, names

TOO_LONG = Length(max=readiness.LONGEST, message="Use at most 2,000 characters")


class SeeToPoint(Form):
    owner = RadioField("Who sees to it?", widget=GovRadioInput(), validators=[InputRequired("Choose who sees to it")])
    words = WordsField(
        "What shows that it is so? (optional)",
        hint="Such as who said it, when, and where the papers are. Leave it empty until it is so. Everyone in "
        "your body can read it, and so can whoever decides",
    )
    submit = SubmitField("Save", widget=GovSubmitInput())


class AskToGoLive(Form):
    change_id = MadeField()
    live_name = StringField(
        "What is the live body called?",
        description="It stands on every page and in the messages to payees",
        widget=GovTextInput(),
        validators=[DataRequired("Enter the name"), Length(max=LONGEST_NAME, message="Use a shorter name")],
    )
    contact_email = StringField(
        "To which email address do payees write?",
        widget=GovTextInput(),
        validators=[DataRequired("Enter an email address")],
    )
    reason = WordsField(
        "Why now?", missing="Say why now", hint="The second administrator and whoever decides read this"
    )
    submit = SubmitField("Ask to go live", widget=GovSubmitInput())


class Line(NamedTuple):
    """A point for the page: its row, its words, and how far it is where the service looks it up."""

    row: PointRow
    told: Told
    shown: str
    is_said: bool


class Progress(NamedTuple):
    """How far a sandbox is on its way, for home."""

    done: int
    of: int
    state: RequestState | None


def line(row: PointRow) -> Line:
    return Line(row, POINTS[row.point], shown(row), row.point in SAID)


def way_to_live() -> Progress | None:
    """For home: how far the sandbox is, for its administrators, once its first payroll is over."""
    if not g.body or not g.body.is_sandbox or not actor().holds(Role.ADMINISTRATOR):
        return None
    with transaction() as session:
        if not steps.is_over(session):
            return None
        rows, asked = readiness.checklist(session, service()), asking.newest_request(session)
        state = RequestState.CONFIRMING if asking.waiting_change(session) else None
        state = state or (asking.state_of(session, asked) if asked else None)
        return Progress(sum(row.done for row in rows), len(rows), state)


def register(app: Flask) -> None:
    app.add_template_global(way_to_live)


def must_be_a_sandbox() -> None:
    if not g.body.is_sandbox:
        abort(404)


@pages.route("/go-live")
@allowed(ANYONE_SIGNED_IN)
def show_going_live() -> ResponseReturnValue:
    must_be_a_sandbox()
    with transaction() as session:
        asked, waits = asking.newest_request(session), asking.waiting_change(session)
        rows = {row.point: row for row in readiness.checklist(session, service())}
        return render_template(
            "going_live/show_going_live.html",
            groups=[(heading, [line(rows[point]) for point in points]) for heading, points in GROUPS],
            done=sum(row.done for row in rows.values()),
            of=len(rows),
            orphans=sum(not row.done and row.owner is None for row in rows.values()),
            asked=asked,
            waits=waits,
            state=asking.state_of(session, asked) if asked else None,
            decision=asking.decision_on(session, asked) if asked else None,
            names=names(session),
            may_ask=actor().holds(Role.ADMINISTRATOR),
        )


@pages.route("/go-live/points/<point>", methods=["GET", "POST"])
@allowed(Role.ADMINISTRATOR)
def see_to_point(point: str) -> ResponseReturnValue:
    must_be_a_sandbox()
    if point not in set(Point):
        abort(404)
    about, form = Point(point), SeeToPoint()
    with transaction() as session:
        row = next(row for row in readiness.checklist(session, service()) if row.point is about)
        real = readiness.real_people(session)
    form.owner.choices = [
        SelectChoice(str(person.id), person.name) for person, held in real if {one.role for one in held} & {*READERS}
    ]
    if request.method == "GET":
        form.owner.data = str(row.owner.owner_id) if row.owner else None
        form.words.data = row.word.words if row.word else ""
    if form.validate_on_submit():
        with form.refusing():
            with transaction() as session:
                readiness.give(session, about, UUID(form.owner.data), by=actor(), at=now())
                if about in SAID:
                    readiness.say(session, about, form.words.data or "", by=actor(), at=now())
            flash(f"You saved it: {POINTS[about].name}")
            return redirect(url_for("pages.show_going_live"), 303)
    return render_template("going_live/see_to_point.html", form=form, line=line(row)), form.status


@pages.route("/go-live/ask", methods=["GET", "POST"])
@allowed(Role.ADMINISTRATOR)
def ask_to_go_live() -> ResponseReturnValue:
    must_be_a_sandbox()
    with transaction() as session:
        body = get_body(session)
        form = AskToGoLive(data={"live_name": body.name, "contact_email": body.contact_email})
        left = sum(not row.done for row in readiness.checklist(session, service()))
    if form.validate_on_submit():
        try:
            with transaction() as session:
                asking.propose(
                    session,
                    service(),
                    change_id=form.change_id.id_of_what_is_made,
                    live_name=form.live_name.data or "",
                    contact_email=form.contact_email.data or "",
                    reason=form.reason.data or "",
                    by=actor(),
                    at=now(),
                )
        except (NotAllowed, NotFound):
            raise
        except Refused as refused:
            fields = {NameMissing: form.live_name, ContactRefused: form.contact_email}
            form.refuse(words.sentence(refused), fields.get(type(refused)))
        else:
            flash("You asked. A second administrator confirms it, then whoever runs this installation decides")
            return redirect(url_for("pages.show_going_live"), 303)
    return render_template("going_live/ask_to_go_live.html", form=form, left=left), form.status


@pages.route("/go-live/withdraw", methods=["POST"])
@allowed(Role.ADMINISTRATOR)
def withdraw_going_live() -> ResponseReturnValue:
    try:
        with transaction() as session:
            asking.withdraw(session, by=actor(), at=now())
        flash("You took the request back")
    except (NotAllowed, NotFound):
        raise
    except Refused as refused:
        flash(words.sentence(refused), "refused")
    return redirect(url_for("pages.show_going_live"), 303)
