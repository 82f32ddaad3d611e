"""Home: what waits for the person who is signed in, and the last payrolls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import chain
from typing import NamedTuple
from uuid import UUID

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from payouts.gates.can_pay import can_pay_today
from payouts.gates.cover import REVIEWERS, is_insider, reviews_waiting
from payouts.gates.decision import took_part
from payouts.payroll import AT_THE_BANK, PayrollStatus, payrolls_of_body
from payouts.responses import suspense
from payouts.returns import case as returned
from payouts.returns import outcome, recall, telling, trace, tracing
from payouts.web import change_words
from payouts.web.access import EVERY_ROLE, allowed, may_see
from payouts.web.changes import waits_for
from payouts.web.duties import lacking_sentence, scheme_and_amount
from payouts.web.figures import clock, count, day, number, pounds, weekday
from payouts.web.next_step import able, next_step
from payouts.web.pages import actor, now, pages, service, transaction
from payouts.web.words import a_person_with
from schemes import claim, disowned, one_off
from schemes.bank_details import CONFIRMERS, london_day, proposals
from schemes.change import waiting as change_waiting
from schemes.change_applied import EFFECTS
from schemes.hold import reviews_due
from schemes.imports.register_import import ImportStatus, imports_of_body
from schemes.one_off_file import OneOffFileStatus, undecided
from schemes.one_off_payment import waiting as one_offs_waiting
from schemes.payee_search import payees_by_reference
from schemes.person import Role
from schemes.person import names as people_names
from schemes.proposal import waiting_about_awards
from schemes.recovery import CONFIRMERS as CONFIRMERS_OF_RECOVERY
from schemes.recovery import Recovery
from schemes.scheme import schemes_of_body
from schemes.suspension import reviews_due as suspensions_due
from schemes.write_off import WriteOff

SHOWN = 10
LOOKED_AT = 50
OVER = (*AT_THE_BANK, PayrollStatus.CANCELLED)

# the names of the body's people by role, in a scheme
Able = Callable[[UUID], Mapping[Role, tuple[str, ...]]]


class Waiting(NamedTuple):
    """Something that somebody has to do. `by` says until when, `who` who else can do it."""

    name: str
    what: str
    href: str
    by: str = ""
    late: bool = False
    who: str = ""


@pages.route("/")
@allowed(EVERY_ROLE)
def home() -> ResponseReturnValue:
    with transaction() as session:
        mine, others = waiting(session)
        return render_template(
            "home.html",
            mine=mine,
            others=others,
            payrolls=payrolls_of_body(session, limit=SHOWN),
            is_empty=not payees_by_reference(session, limit=1),
            schemes=schemes_of_body(session),
            lacking=[
                (scheme_and_amount(one), lacking_sentence(one.lacking))
                for one in can_pay_today(session, today=london_day(now()))
                if one.lacking
            ],
        )


def waiting(session: Session) -> tuple[list[Waiting], list[Waiting]]:
    """What waits for this person, and what waits for others; the next deadline first. For enquiries nothing waits."""
    mine: list[Waiting] = []
    others: list[Waiting] = []
    if not may_see("pages.show_payroll"):
        return mine, others
    names = cache(lambda scheme_id: able(session, scheme_id))
    for is_mine, item in chain(
        open_payrolls(session, names),
        open_imports(session, names),
        open_proposals(session),
        open_changes(session),
        disowned_changes(session),
        due_reviews(session),
        suspension_reviews(session),
        open_recoveries(session),
        open_write_offs(session),
        open_one_off_files(session),
        open_one_offs(session),
        cover_reviews(session),
        what_came_back(session),
        lines_in_suspense(session),
        returns_to_confirm(session),
        claims_to_confirm(session),
        recalls_without_answer(session),
        traces_due(session),
    ):
        (mine if is_mine else others).append(item)
    return mine, others


# each of these yields what waits, with whether it waits for the person who is signed in
Items = Iterator[tuple[bool, Waiting]]


def open_payrolls(session: Session, names: Able) -> Items:
    still_open = [p for p in payrolls_of_body(session, limit=LOOKED_AT) if p.status not in OVER]
    for payroll in sorted(still_open, key=lambda payroll: payroll.deadline_at):
        step = next_step(session, payroll, actor(), names(payroll.scheme_id))
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


def open_proposals(session: Session) -> Items:
    for account, payee in proposals(session):
        item = Waiting(
            f"Bank details of {payee.name}",
            f"Version {account.version}, proposed on {day(account.proposed_at)}, to be confirmed or rejected.",
            url_for("pages.show_bank_details", payee_id=payee.id),
            who="someone who did not propose them",
        )
        yield may_confirm(account.proposed_by), item


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


def disowned_changes(session: Session) -> Items:
    for account, payee in disowned.waiting(session):
        assert account.disowned_at is not None, "only a change that somebody disowned waits"
        item = Waiting(
            f"Change that {payee.name} says is not theirs",
            f"Version {account.version} of the bank details, to be looked into since {day(account.disowned_at)}.",
            url_for("pages.show_bank_details", payee_id=payee.id),
            who="someone who did not propose it",
        )
        yield may_confirm(account.proposed_by), item


def due_reviews(session: Session) -> Items:
    for hold, payee in reviews_due(session, london_day(now())):
        assert hold.review_on is not None, "only a hold with a review date is due"
        item = Waiting(
            f"Hold on {payee.name}",
            f"To be looked at again since {day(hold.review_on)}.",
            url_for("pages.show_payee", payee_id=payee.id),
            who="someone who did not stop the payments",
        )
        yield may_confirm(hold.placed_by), item


def suspension_reviews(session: Session) -> Items:
    for suspension, beneficiary in suspensions_due(session, london_day(now())):
        assert suspension.review_on is not None, "only a suspension with a review date is due"
        item = Waiting(
            f"Suspended award of {beneficiary.name}",
            f"To be looked at again since {day(suspension.review_on)}.",
            url_for("pages.show_award", award_id=suspension.award_id),
            who="someone who did not suspend it",
        )
        yield may_confirm(suspension.placed_by), item


def open_recoveries(session: Session) -> Items:
    for recovery, beneficiary in waiting_about_awards(session, Recovery):
        item = Waiting(
            f"Recovery from {beneficiary.name}",
            f"{pounds(recovery.total_pence)} to be confirmed or rejected.",
            url_for("pages.decide_recovery", award_id=recovery.award_id, recovery_id=recovery.id),
            who="a finance officer or an approver who did not propose it",
        )
        mine = recovery.proposed_by != actor().person_id and bool(actor().roles.intersection(CONFIRMERS_OF_RECOVERY))
        yield mine, item


def open_write_offs(session: Session) -> Items:
    for write_off, beneficiary in waiting_about_awards(session, WriteOff):
        item = Waiting(
            f"{'End of a recovery from' if write_off.recovery_id else 'Write-off for'} {beneficiary.name}",
            "To be confirmed or rejected.",
            url_for("pages.decide_write_off", award_id=write_off.award_id, write_off_id=write_off.id),
            who="a finance officer or an approver who did not propose it",
        )
        mine = write_off.proposed_by != actor().person_id and bool(actor().roles.intersection(CONFIRMERS_OF_RECOVERY))
        yield mine, item


def open_one_offs(session: Session) -> Items:
    for row in one_offs_waiting(session):
        item = Waiting(
            f"One-off payment for {row.beneficiary.name}",
            f"{pounds(row.one_off.amount_pence)} to be confirmed or rejected.",
            url_for("pages.show_one_off", one_off_id=row.one_off.id),
            who="a finance officer or an approver who did not enter it",
        )
        confirms = any(actor().holds(role, row.scheme.id) for role in one_off.CONFIRMERS)
        yield confirms and row.one_off.proposed_by != actor().person_id, item


def open_one_off_files(session: Session) -> Items:
    for file in undecided(session):
        href = url_for("pages.show_one_off_file", one_off_file_id=file.id)
        mine, payments = file.made_by == actor().person_id, count(file.rows_good, "one-off payment")
        if file.status is OneOffFileStatus.READ:
            item = Waiting(f"File {file.file_name}", f"{payments} to enter or discard.", href, who="whoever sent it")
            yield mine, item
        else:
            who = "a finance officer or an approver who did not send it"
            item = Waiting(f"File {file.file_name}", f"{payments} to be confirmed or rejected.", href, who=who)
            confirms = any(actor().holds(role, file.scheme_id) for role in one_off.CONFIRMERS)
            yield confirms and not mine, item


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


def what_came_back(session: Session) -> Items:
    """Returned payments, until each is put right: one line for them all."""
    count_of, pence, oldest = returned.waiting(session)
    if oldest is None:
        return
    item = Waiting(
        f"{count(count_of, 'payment')} that came back",
        f"{pounds(pence)} is held until somebody puts it right. The oldest came back on {day(oldest)}.",
        url_for("pages.show_returned"),
        who="a preparer or a finance officer",
    )
    yield any(actor().holds(role) for role in returned.WORKERS), item


def returns_to_confirm(session: Session) -> Items:
    """What somebody recorded or proposed about a return, until a second person has seen it."""
    for told in telling.waiting(session):
        item = Waiting(
            "Payment that came back by letter",
            f"Recorded on {day(told.proposed_at)}, to be confirmed or rejected.",
            url_for("pages.decide_told", told_return_id=told.id),
            who="a finance officer or an approver who did not record it",
        )
        mine = told.proposed_by != actor().person_id and any(actor().holds(role) for role in telling.CONFIRMERS)
        yield mine, item
    for made, case in outcome.waiting(session):
        item = Waiting(
            f"{pounds(case.amount_pence)} that came back",
            "What becomes of it is to be confirmed or rejected.",
            url_for("pages.decide_outcome", returned_payment_id=case.id, return_outcome_id=made.id),
            who="a finance officer or an approver who did not propose it",
        )
        confirmers = [role for role in outcome.CONFIRMERS if actor().holds(role, case.scheme_id)]
        yield made.proposed_by != actor().person_id and bool(confirmers), item


def claims_to_confirm(session: Session) -> Items:
    for one in claim.waiting(session):
        item = Waiting(
            "Who receives what is owed to somebody who died",
            f"Proposed on {day(one.proposed_at)}, to be confirmed or rejected.",
            url_for("pages.decide_claim", claim_id=one.id),
            who="a finance officer or an approver who did not propose it",
        )
        mine = one.proposed_by != actor().person_id and any(actor().holds(role) for role in claim.CONFIRMERS)
        yield mine, item


def recalls_without_answer(session: Session) -> Items:
    for one in recall.open_recalls(session):
        late = now() > one.deadline_at
        item = Waiting(
            "Recall that the bank has not answered",
            "The time for it has passed: ask the bank what became of it." if late else "Tell the bank, if nobody has.",
            url_for("pages.show_recall", recall_id=one.id),
            f"{clock(one.deadline_at)}, {day(one.deadline_at)}",
            who="a preparer, a finance officer, an approver or a releaser",
        )
        yield any(actor().holds(role) for role in recall.ASKERS), item


def traces_due(session: Session) -> Items:
    found = trace.waiting(session, today=london_day(now()))
    if found.next_due is not None:
        item = Waiting(
            f"{count(found.traces, 'payment')} that {'is' if found.traces == 1 else 'are'} looked for",
            f"{number(found.late)} of them late." if found.late else "The bank or somebody here has the next step.",
            url_for("pages.show_traces"),
            day(found.next_due),
            bool(found.late),
            "a preparer or a finance officer",
        )
        yield any(actor().holds(role) for role in tracing.WORKERS), item


def lines_in_suspense(session: Session) -> Items:
    lines = suspense.open_count(session)
    if lines:
        item = Waiting(
            f"{count(lines, 'line')} from the bank without a payment",
            "Somebody finds out which payment is meant, and someone else confirms it.",
            url_for("pages.show_suspense"),
            who="a preparer or a finance officer",
        )
        yield any(actor().holds(role) for role in (*suspense.SETTLERS, *suspense.CONFIRMERS)), item


def may_confirm(proposed_by: UUID, scheme_id: UUID | None = None) -> bool:
    return any(actor().holds(role, scheme_id) for role in CONFIRMERS) and proposed_by != actor().person_id
