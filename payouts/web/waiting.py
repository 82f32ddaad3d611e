"""What waits for the person who is signed in, and what waits for others: payrolls, files, changes and all the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import chain
from typing import NamedTuple
from uuid import UUID

from flask import url_for
from sqlalchemy.orm import Session

from payouts.coming_payrolls import still_to_send
from payouts.gates.cover import REVIEWERS, is_insider, reviews_waiting
from payouts.gates.decision import took_part
from payouts.gates.query import queries_to
from payouts.payroll import Payroll
from payouts.web import change_words
from payouts.web.access import may_see
from payouts.web.changes import waits_for
from payouts.web.figures import clock, count, day, pounds, weekday
from payouts.web.next_step import NextStep, able, next_step
from payouts.web.pages import actor, now, service
from payouts.web.waiting_item import Items, Waiting, may_confirm
from payouts.web.waiting_money import about_money
from payouts.web.waiting_people import about_people
from payouts.web.words import a_person_with
from schemes.bank_details import london_day
from schemes.change import waiting as change_waiting
from schemes.change_applied import EFFECTS
from schemes.imports.register_import import ImportStatus, imports_of_body
from schemes.person import Role
from schemes.person import names as people_names

SHOWN = 10
LOOKED_AT = 50

# the names of the body's people by role, in a scheme
Able = Callable[[UUID], Mapping[Role, tuple[str, ...]]]


class Underway(NamedTuple):
    """A payroll that has not gone to the bank, with what happens next to it."""

    payroll: Payroll
    step: NextStep


def underway(session: Session) -> list[Underway]:
    """The payrolls that have not gone to the bank, the next deadline first."""
    names = cache(lambda scheme_id: able(session, scheme_id))
    return [
        Underway(payroll, next_step(session, payroll, actor(), names(payroll.scheme_id)))
        for payroll in still_to_send(session, limit=LOOKED_AT)
    ]


def waiting(session: Session, payrolls: Sequence[Underway]) -> tuple[list[Waiting], list[Waiting]]:
    """What waits for this person, and what waits for others: what is late first. For enquiries nothing waits."""
    mine: list[Waiting] = []
    others: list[Waiting] = []
    if not may_see("pages.show_payroll"):
        return mine, others
    names = cache(lambda scheme_id: able(session, scheme_id))
    for is_mine, item in chain(
        open_payrolls(payrolls),
        questions(session),
        open_imports(session, names),
        open_changes(session),
        about_people(session),
        about_money(session),
        cover_reviews(session),
    ):
        (mine if is_mine else others).append(item)
    return sorted(mine, key=lambda item: not item.late), sorted(others, key=lambda item: not item.late)


def open_payrolls(payrolls: Sequence[Underway]) -> Items:
    for payroll, step in payrolls:
        yield (
            step.mine,
            Waiting(
                f"Payroll {payroll.number}, {pounds(payroll.total_pence)} on {weekday(payroll.pay_date)}",
                step.words,
                url_for("pages.show_payroll", payroll_id=payroll.id),
                f"{clock(payroll.deadline_at)}, {day(payroll.input_day)}",
                now() > payroll.deadline_at,
                " or ".join(step.who) or "nobody: the service is at work",
            ),
        )


def questions(session: Session) -> Items:
    """What colleagues asked this person about payrolls."""
    people = people_names(session)
    for query, payroll in queries_to(session, actor().person_id):
        item = Waiting(
            f"Question about payroll {payroll.number}",
            f"{people.get(query.asked_by, 'Somebody')} asks: “{query.question}”",
            url_for("pages.answer_query", payroll_id=payroll.id, query_id=query.id),
        )
        yield True, item


def open_imports(session: Session, names: Able) -> Items:
    for brought in imports_of_body(session):
        name, href = f"File {brought.file_name}", url_for("pages.show_import", import_id=brought.id)
        if brought.status is ImportStatus.ASKING:
            who = " or ".join(names(brought.scheme_id).get(Role.PREPARER, ()))
            yield (
                actor().holds(Role.PREPARER, brought.scheme_id),
                Waiting(name, "It can be read once somebody says how it is meant.", href, who=who),
            )
        elif brought.status is ImportStatus.READ:
            what = f"{count(brought.rows_good, 'good row', 'good rows')} to keep or discard."
            item = Waiting(name, what, href, who=" or ".join(names(brought.scheme_id).get(Role.PREPARER, ())))
            yield actor().holds(Role.PREPARER, brought.scheme_id), item
        elif brought.status is ImportStatus.LANDED:
            what = f"Bank details of {count(brought.rows_good, 'award')} to be confirmed."
            item = Waiting(name, what, href, who="someone who did not send the file")
            yield may_confirm(brought.made_by, brought.scheme_id), item


def open_changes(session: Session) -> Items:
    people = people_names(session)
    for change in change_waiting(session):
        item = Waiting(
            change_words.title(change, people),
            f"A change, proposed on {day(change.proposed_at)}, to be confirmed or rejected.",
            url_for("pages.decide_change", change_id=change.id),
            who=f"{a_person_with(EFFECTS[change.kind].confirmers)} who did not propose it",
        )
        yield waits_for(change), item


def cover_reviews(session: Session) -> Items:
    """Payrolls that two people released: somebody else looks at them."""
    for review, payroll in reviews_waiting(session, limit=SHOWN):
        due = review.due_on(service().calendar)
        outside = not is_insider(session, payroll, actor().person_id, took_part=took_part(session, payroll))
        item = Waiting(
            f"Review of payroll {payroll.number}",
            f"Two people released it on {day(review.released_at)}. Somebody else looks at what was paid"
            + (": the review is late." if due < london_day(now()) else "."),
            url_for("pages.review_payroll", payroll_id=payroll.id),
            f"{day(due)}",
            who="someone who had no part in it",
        )
        yield outside and any(actor().holds(role, payroll.scheme_id) for role in REVIEWERS), item
