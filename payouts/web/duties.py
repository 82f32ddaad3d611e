"""Who runs a payroll: the body's pattern of duties, whether its people can run one, cover by two and its reviews."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovRadioInput, GovSubmitInput
from sqlalchemy.orm import Session
from wtforms import RadioField, SelectChoice, SubmitField
from wtforms.validators import InputRequired, Optional

from payouts.gates import cover
from payouts.gates.can_pay import CanPay, can_pay_today, who_can_pay
from payouts.gates.cover import REVIEWERS, is_insider, review_of, reviews_waiting
from payouts.gates.decision import took_part
from payouts.gates.staffing import Staffing
from payouts.payroll import get_payroll
from payouts.web import words
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.change_words import Names
from payouts.web.duty_words import PATTERNS
from payouts.web.figures import pounds
from payouts.web.form import DayField, Form, MadeField, PoundsField, WordsField
from payouts.web.pages import actor, now, pages, service, transaction
from schemes.body import DutyPattern, get_body
from schemes.change import ChangeKind, waiting_of
from schemes.duties import CoverFault, CoverTermsRefused, duties_on, london_day, propose_duties
from schemes.errors import NotAllowed, NotFound, ReasonNotGiven, Refused
from schemes.person import Role, names


class ProposeDuties(Form):
    change_id = MadeField()
    pattern = RadioField(
        "How many people run a payroll?",
        widget=GovRadioInput(),
        choices=[SelectChoice(pattern.value, told[0]) for pattern, told in PATTERNS.items()],
        validators=[InputRequired("Choose how many people run a payroll")],
    )
    until = DayField("Last day of the cover", validators=[Optional()])
    ceiling = PoundsField("Most for one payroll", description="In pounds. Two people can’t pay more than this at once")
    reason = WordsField("Why?", missing="Say why you propose this", hint="Whoever confirms it reads this")
    submit = SubmitField("Propose the change", widget=GovSubmitInput())


class ReviewPayroll(Form):
    found = WordsField(
        "What did you find?",
        missing="Say what you found",
        hint="Say what you compared, and whether each payment is right. If one is not, say which",
    )
    submit = SubmitField("Record the review", widget=GovSubmitInput())


class Answer(NamedTuple):
    """Whether a scheme's payrolls can be run, as a person reads it. `way`: gate and who; `lacking`: who is missing."""

    scheme: str
    can: bool
    way: list[tuple[str, str]]
    lacking: str


@pages.route("/duties")
@allowed(ANYONE_SIGNED_IN)
def show_duties() -> ResponseReturnValue:
    with transaction() as session:
        people = names(session)
        today = london_day(now())
        calendar = service().calendar
        return render_template(
            "duties/show_duties.html",
            duties=duties_on(session, today),
            standing=get_body(session).duty_pattern,
            answers=[answer(found, people) for found in can_pay_today(session, today=today)],
            patterns=[(*told, lacking_under(session, pattern)) for pattern, told in PATTERNS.items()],
            waiting=waiting_of(session, ChangeKind.DUTIES, actor().body_id),
            reviews=[
                (payroll, due, due < today)
                for review, payroll in reviews_waiting(session)
                for due in [review.due_on(calendar)]
            ],
        )


def answer(found: CanPay, people: Names) -> Answer:
    way = told_way(found, found.way, people) if found.way else []
    return Answer(scheme_and_amount(found), found.way is not None, way, lacking_sentence(found.lacking))


def scheme_and_amount(found: CanPay) -> str:
    """The scheme, and the amount from which its gates take more people than below it."""
    return found.scheme.name + (f", from {pounds(found.from_pence)} a pay date" if found.from_pence else "")


def told_way(found: CanPay, way: Staffing, people: Names) -> list[tuple[str, str]]:
    """Who would do what: one way of perhaps many."""
    gates = [
        (post.name, words.listed(people.get(person, "") for person in sorted(way.gates[position])))
        for position, post in enumerate(found.posts, start=1)
    ]
    return [("Builds it", people.get(way.builder, "")), *gates]


def lacking_under(session: Session, pattern: DutyPattern) -> str:
    """Who is missing under a pattern, over all schemes; nothing where every scheme's payrolls can be run."""
    lacking = [one.lacking for one in who_can_pay(session, pattern)]
    return lacking_sentence(sorted(lacking, key=len)[-1] if lacking else ())


def lacking_sentence(lacking: Iterable[Role]) -> str:
    """`an approver and 2 releasers`."""
    return words.listed(
        words.a_person_with([role]) if number == 1 else f"{number} {words.ROLES[role]}s"
        for role, number in Counter(lacking).items()
    )


@pages.route("/duties/propose", methods=["GET", "POST"])
@allowed(Role.ADMINISTRATOR)
def propose_duties_page() -> ResponseReturnValue:
    form = ProposeDuties()
    if form.validate_on_submit() and is_proposed(form):
        flash("You proposed the change. It counts once somebody else confirms it")
        return redirect(url_for("pages.decide_change", change_id=form.change_id.id_of_what_is_made), 303)
    return render_template("duties/propose_duties.html", form=form, patterns=PATTERNS), form.status


def is_proposed(form: ProposeDuties) -> bool:
    try:
        with transaction() as session:
            propose_duties(
                session,
                DutyPattern(form.pattern.data),
                until=form.until.data,
                ceiling_pence=form.ceiling.pence,
                change_id=form.change_id.id_of_what_is_made,
                reason=form.reason.data,
                by=actor(),
                at=now(),
            )
    except CoverTermsRefused as refused:
        field = form.ceiling if refused.fault is CoverFault.CEILING_MISSING else form.until
        form.refuse(words.sentence(refused), field)
    except (NotAllowed, NotFound):
        raise
    except Refused as refused:
        form.refuse(words.sentence(refused), form.reason if isinstance(refused, ReasonNotGiven) else None)
    return form.status == 200


@pages.route("/payrolls/<uuid:payroll_id>/review", methods=["GET", "POST"])
@allowed(*REVIEWERS)
def review_payroll(payroll_id: UUID) -> ResponseReturnValue:
    form = ReviewPayroll()
    with transaction() as session:
        payroll = get_payroll(session, payroll_id)
        if review_of(session, payroll_id) is None:
            return redirect(url_for("pages.show_payroll", payroll_id=payroll_id), 303)
    if form.validate_on_submit():
        with form.refusing({ReasonNotGiven: form.found}):
            with transaction() as session:
                payroll = get_payroll(session, payroll_id, lock=True)
                people = took_part(session, payroll)
                cover.review(session, payroll, found=form.found.data, took_part=people, by=actor(), at=now())
            flash("You reviewed the payroll")
            return redirect(url_for("pages.show_payroll", payroll_id=payroll_id), 303)
    with transaction() as session:
        payroll = get_payroll(session, payroll_id)
        review = review_of(session, payroll_id)
        assert review is not None, "it was there when the page was asked for, and none is ever taken away"
        return render_template(
            "duties/review_payroll.html",
            form=form,
            payroll=payroll,
            review=review,
            due=review.due_on(service().calendar),
            inside=is_insider(session, payroll, actor().person_id, took_part=took_part(session, payroll)),
            names=names(session),
        ), form.status
