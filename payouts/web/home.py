"""Home: what waits for the person who is signed in, what is late or odd, what comes next, and what others did."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from payouts.coming_payrolls import payroll_numbers, to_create
from payouts.last_look import say_seen, since_last_look
from payouts.payroll import payrolls_of_body
from payouts.web.access import ANYONE_SIGNED_IN, EVERY_ROLE, allowed, may_see
from payouts.web.audit_words import told
from payouts.web.deadline_words import time_left
from payouts.web.oddities import oddities
from payouts.web.pages import actor, now, pages, service, transaction
from payouts.web.payroll_words import STATUSES
from payouts.web.waiting import Underway, underway, waiting
from schemes.payee_search import payees_by_reference
from schemes.person import Role, names
from schemes.scheme import schemes_of_body

SHOWN = 10
COMING = 8
DONE = 6
# those to whom something can be given to do: the others read, and their page begins with what there is to read
WORKERS = frozenset(Role) - {Role.AUDITOR, Role.ENQUIRY}


class ComingPayroll(NamedTuple):
    """A payroll that comes next. tag: words and colour. left: the time to the bank's cut-off, empty once it passed."""

    pay_date: date
    scheme: str
    number: int | None
    href: str
    tag: tuple[str, str]
    who: str
    until: datetime
    left: str


@pages.route("/")
@allowed(EVERY_ROLE)
def home() -> ResponseReturnValue:
    with transaction() as session:
        payrolls = underway(session)
        mine, others = waiting(session, payrolls)
        return render_template(
            "home/home.html",
            works=bool(actor().roles & WORKERS),
            mine=mine,
            others=others,
            odd=oddities(session, [one.payroll for one in payrolls]),
            coming=coming_payrolls(session, payrolls),
            since=since_shown(session) if may_see("pages.show_audit") else None,
            payrolls=payrolls_of_body(session, limit=SHOWN),
            is_empty=not payees_by_reference(session, limit=1),
            schemes=schemes_of_body(session),
        )


def coming_payrolls(session: Session, payrolls: Sequence[Underway]) -> list[ComingPayroll]:
    """The next payrolls, made or not, by when their files have to be with the bank."""
    at, schemes = now(), {scheme.id: scheme.name for scheme in schemes_of_body(session)}
    page = "pages.show_payroll" if may_see("pages.show_payroll") else "pages.show_payments"
    made = [
        ComingPayroll(
            payroll.pay_date,
            schemes[payroll.scheme_id],
            payroll.number,
            url_for(page, payroll_id=payroll.id),
            STATUSES[payroll.status],
            "You" if step.mine else " or ".join(step.who) or "The service is at work",
            payroll.deadline_at,
            time_left(payroll.deadline_at, at),
        )
        for payroll, step in payrolls
    ]
    planned = [
        ComingPayroll(
            one.pay_date,
            one.scheme.name,
            None,
            url_for("pages.create_payroll", scheme_id=one.scheme.id)
            if actor().holds(Role.PREPARER, one.scheme.id)
            else "",
            ("Not created yet", "grey"),
            "You" if actor().holds(Role.PREPARER, one.scheme.id) else "A preparer",
            one.deadline_at,
            time_left(one.deadline_at, at),
        )
        for one in to_create(session, service().calendar, at=at)
    ]
    return sorted([*made, *planned], key=lambda one: one.until)[:COMING]


class SinceShown(NamedTuple):
    """What others did since the person last looked. position: what the button of having seen it sends."""

    looked_at: datetime | None
    position: int
    rows: list[tuple[datetime, str, str, str | None]]
    cut: bool


def since_shown(session: Session) -> SinceShown:
    since = since_last_look(session, actor().person_id, at=now(), limit=DONE)
    events = [one.event for one in since.events]
    numbers = payroll_numbers(session, {event.subject_id for event in events if event.subject_type == "payroll"})
    rows = []
    for line, one in zip(told(events, names(session)), since.events, strict=True):
        number = numbers.get(one.event.subject_id)
        of = f" (payroll {number})" if number and "number" not in one.event.facts else ""
        rows.append(
            (line.at, line.who, f"{line.what}{of}{f', and {one.more} more like it' if one.more else ''}", line.href)
        )
    return SinceShown(since.looked_at, since.position, rows, since.cut)


@pages.route("/seen", methods=["POST"])
@allowed(ANYONE_SIGNED_IN)
def say_all_seen() -> ResponseReturnValue:
    """Begin anew after what the page showed, and no later: what came since was not on it."""
    position = request.form.get("position", type=int)
    if position is not None and 0 <= position < 2**63:
        with transaction() as session:
            say_seen(session, position, by=actor(), at=now())
        flash("The next things that others do stand here")
    return redirect(url_for("pages.home"), 303)
